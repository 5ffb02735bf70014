"""Chat: a conversation with memory, its citations beside each answer, and the prompt."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any, ClassVar

from textual import events, on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import Button
from textual.worker import Worker

from twin_app.errors import TwinError
from ui import launching
from ui.screens.base import Section
from ui.widgets.citation import Citation
from ui.widgets.prompt import Prompt
from ui.widgets.trail import Trail
from ui.widgets.transcript import Transcript
from ui.widgets.turn import Turn
from ui.widgets.welcome import Ready, Welcome, samples

DIGITS = "123456789"
RECALLED = 100  # conversations
Record = Mapping[str, Any]


class Chat(Section):
    SECTION = "chat"
    AUTO_FOCUS = "#prompt"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "stop", "Stop", tooltip="Stop the answer", id="chat.stop"),
        Binding("escape", "leave", "Answers", tooltip="To the answers, and back", id="chat.leave"),
        Binding("f3", "page_through", "Read the answer in $PAGER", show=False, id="chat.pager"),
        Binding("j", "turn(1)", "Next answer", show=False, id="chat.next"),
        Binding("k", "turn(-1)", "Previous answer", show=False, id="chat.previous"),
        Binding("g", "scroll_home", "To the top", show=False, id="chat.top"),
        Binding("G", "scroll_end", "To the end", show=False, id="chat.end"),
        Binding("pageup", "page(-1)", "Scroll up", show=False, priority=True, id="chat.up"),
        Binding("pagedown", "page(1)", "Scroll down", show=False, priority=True, id="chat.down"),
        Binding("y", "copy(False)", "Copy answer", id="chat.copy"),
        Binding("Y", "copy(True)", "Copy answer with sources", show=False, id="chat.copy_sources"),
        Binding("i", "focus_prompt", "Ask", id="chat.ask"),
        Binding("r", "again", "Ask again", show=False, id="chat.again"),
        Binding("slash", "app.find", "Find", id="chat.find"),
        *(Binding(d, f"cite({d})", f"Open citation {d}", show=False, id=f"chat.cite{d}") for d in DIGITS),
    ]

    def __init__(self) -> None:
        super().__init__()
        self.conversation: int | None = None
        self._knows_history = False
        # Held, not looked up: memory may be heard of before the screen is wholly there.
        self.transcript, self.prompt = Transcript(id="transcript"), Prompt(id="prompt")
        self._welcome, self._ready = Welcome(has_samples=samples() is not None), Ready()
        self._asking: Worker[None] | None = None

    def body(self) -> ComposeResult:
        with self.transcript:
            yield self._welcome
            yield self._ready
        yield self.prompt

    def show_pulse(self) -> None:
        """An empty memory is greeted; as soon as there is anything to ask, the greeting goes."""
        super().show_pulse()
        if not self._knows_history and self.twin.pulse.now:
            self._knows_history = True
            self._recall()
        self._greet()

    def _greet(self) -> None:
        """As long as no answer is here; only what is known of memory is said."""
        pulse, welcome, ready = self.twin.pulse, self._welcome, self._ready
        bare = not self.turns and bool(pulse.now)
        ready.display = bare and not pulse.is_empty
        if ready.display:
            ready.show(pulse.totals, pulse.now["queued"])
        was_shown, welcome.display = welcome.display, bare and pulse.is_empty
        if welcome.display and not was_shown and not self.prompt.text:
            welcome.call_after_refresh(welcome.focus_first)

    def on_key(self, event: events.Key) -> None:
        """Whoever begins to type at the greeting's buttons means the prompt."""
        if isinstance(self.focused, Button) and event.is_printable and event.character not in (None, " "):
            self.prompt.focus()
            self.prompt.insert(str(event.character))
            event.stop()

    @on(Welcome.Wanted)
    def _begin_with(self, event: Welcome.Wanted) -> None:
        self.prompt.focus()
        if event.what == "samples" and (folder := samples()) is not None:
            self.twin.add(str(folder), watch=False)
        else:
            self.twin.action_add()

    @work(group="history")
    async def _recall(self) -> None:
        """What earlier conversations began with, for the arrows of the prompt."""
        with suppress(TwinError):  # then only those of this run are there
            found = await self.twin.memory.call("conversations", {"limit": RECALLED})
            self.prompt.remember(str(row["title"]) for row in reversed(found["conversations"]) if not row["named"])

    def begin(self) -> None:
        """A new conversation."""
        self.stop()
        self.conversation = None
        self._clear()
        self._offer_citations([])
        self.prompt.focus()

    @work(exclusive=True, group="load")
    async def _clear(self) -> None:
        await self.transcript.remove_children(Turn)
        self._greet()

    def load(self, number: int) -> None:
        """Go on with a conversation that was saved."""
        self.stop()
        self._load(number)

    @work(exclusive=True, group="load")
    async def _load(self, number: int) -> None:
        try:
            found = await self.twin.memory.call("conversation", {"conversation": number})
        except TwinError as error:
            self.twin.report(str(error))
            return
        self.conversation = number
        await self.transcript.remove_children(Turn)
        turns = [Turn(str(answer["question"]), answer) for answer in found["answers"]]
        await self.transcript.mount_all(turns)
        self._greet()
        if turns:
            self.transcript.follow(turns[-1])
        self.prompt.remember(turn.question for turn in turns)
        self._offer_citations(turns[-1].citations if turns else [])
        self.prompt.focus()

    @property
    def turns(self) -> list[Turn]:
        return list(self.query(Turn))

    @property
    def turn(self) -> Turn | None:
        """The answer that has the focus, in one of its parts; else the last."""
        node = self.focused
        if node is not None:
            for ancestor in node.ancestors_with_self:
                if isinstance(ancestor, Turn):
                    return ancestor
        return self.turns[-1] if self.turns else None

    @on(Prompt.Sent)
    def _sent(self, event: Prompt.Sent) -> None:
        self.ask(event.text)

    def ask(self, question: str) -> None:
        """Ask, in this conversation; a question under way is stopped first."""
        self._asking = self._ask(question)
        self.refresh_bindings()

    def on_worker_state_changed(self) -> None:
        self.refresh_bindings()

    @work(exclusive=True, group="ask")
    async def _ask(self, question: str) -> None:
        turn = Turn(question)
        self._offer_citations([])
        await self.transcript.mount(turn)
        self._greet()
        self.transcript.follow(turn)
        params = {"question": question, "conversation": self.conversation}
        try:
            async for message in self.twin.memory.events("ask", params):
                if not turn.is_attached:  # another conversation was begun
                    return
                if "result" in message:
                    await turn.finish(message["result"])
                elif message["event"] == "hop":
                    turn.trail.add(message)
                elif message["event"] == "text":
                    await turn.write(str(message["delta"]))
                elif message["event"] == "saved":
                    self.conversation = int(message["conversation"])
        except TwinError as error:
            if turn.is_attached:
                await turn.end(f"✗ {error}", "error")
        finally:
            if turn.is_attached and turn.trail.working:
                await turn.end("stopped", "muted")
        self._offer_citations(turn.citations)

    def _offer_citations(self, records: Sequence[Record]) -> None:
        """The digits that open something from the empty prompt."""
        numbers = "".join(str(record["n"]) for record in records if record["n"] < 10)
        self.prompt.shortcuts = "/" + numbers
        span = numbers if len(numbers) < 2 else f"{numbers[0]}–{numbers[-1]}"
        opens = f"     {span} opens a source" if numbers else ""
        self.prompt.placeholder = f"Ask your memory{opens}"

    @on(Prompt.Shortcut)
    def _shortcut(self, event: Prompt.Shortcut) -> None:
        if event.key == "/":
            self.twin.action_find()
        else:
            self.action_cite(int(event.key))

    @on(Trail.Unfolded)
    @work(group="names")
    async def _name_documents(self, event: Trail.Unfolded) -> None:
        try:
            found = await self.twin.memory.call("places", {"documents": event.documents})
        except TwinError:  # the trail then shows the documents' ids
            return
        event.trail.learn(found["places"])

    @on(Prompt.Edited)
    def _edit(self) -> None:
        try:
            self.prompt.text = launching.edit_text(self.app, self.prompt.text)
        except TwinError as error:
            self.twin.report(str(error))

    @on(Citation.Opened)
    def _open(self, event: Citation.Opened) -> None:
        turn = next(node for node in event.citation.ancestors if isinstance(node, Turn))
        self._view(turn.citations, turn.citations.index(event.citation.record))

    def action_cite(self, number: int) -> None:
        records = self.turn.citations if self.turn else []
        for position, record in enumerate(records):
            if record["n"] == number:
                self._view(records, position)

    def _view(self, records: Sequence[Record], position: int) -> None:
        from ui.screens.viewer import Viewer

        self.app.push_screen(Viewer(records, position))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Only what can be done now is offered."""
        if action in ("stop", "leave"):
            return self.is_asking == (action == "stop")
        return bool(self.turns) or action not in ("copy", "again", "cite", "turn", "page_through")

    @property
    def is_asking(self) -> bool:
        return self._asking is not None and self._asking.is_running

    def stop(self) -> bool:
        """Give up the answer under way, if there is one."""
        if self._asking is None or not self._asking.is_running:
            return False
        self._asking.cancel()
        return True

    def action_stop(self) -> None:
        self.stop()

    def action_leave(self) -> None:
        if self.prompt.has_focus and self.turns:
            self.turns[-1].focus()
        else:
            self.prompt.focus()

    def action_turn(self, step: int) -> None:
        if (here := self.turn) is None:
            return
        position = max(0, min(len(self.turns) - 1, self.turns.index(here) + step))
        self.turns[position].focus()

    def action_focus_prompt(self) -> None:
        self.prompt.focus()

    def action_page(self, step: int) -> None:
        self.transcript.leave()
        self.transcript.scroll_relative(y=step * max(1, self.transcript.size.height - 2), animate=False)

    def action_scroll_home(self) -> None:
        self.transcript.leave()
        self.transcript.scroll_home(animate=False)

    def action_scroll_end(self) -> None:
        self.transcript.scroll_end(animate=False)

    def action_again(self) -> None:
        if self.turn is not None:
            self.ask(self.turn.question)

    def action_copy(self, with_sources: bool) -> None:
        turn = self.turn
        if turn is None or not turn.said:
            return
        text = turn.with_sources() if with_sources else turn.said
        self.twin.copy(text, "the answer with its sources" if with_sources else "the answer")

    def action_page_through(self) -> None:
        if self.turn is not None:
            try:
                launching.show_text(self.app, f"{self.turn.question}\n\n{self.turn.with_sources()}")
            except TwinError as error:
                self.twin.report(str(error))
