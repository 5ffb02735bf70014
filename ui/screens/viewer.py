"""The source viewer: a cited source at the cited place, as memory read it, and the way to the next citation."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, cast

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Footer, Input, Static

from twin_app.errors import TwinError
from ui import launching, wording
from ui.widgets.fitted import Shortened
from ui.widgets.passage import Passage, Span

if TYPE_CHECKING:
    from ui.app import TwinApp

Record = Mapping[str, Any]


class More(Static, can_focus=True):
    """Documents before or behind those that are shown."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter", "load", "Show them", show=False, id="viewer.more")]

    def on_click(self) -> None:
        self.action_load()

    def action_load(self) -> None:
        cast("Viewer", self.screen).load_more(later=self.has_class("later"))


class Viewer(Screen[None]):
    """`records` are citations, search results, or one `{"source": path}`; `position` is the one to begin with."""

    AUTO_FOCUS = "#pages"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q", "back", "Back", id="viewer.back"),
        Binding("right", "step(1)", "Next", tooltip="Next citation", priority=True, id="viewer.next"),
        Binding("left", "step(-1)", "Previous citation", show=False, priority=True, id="viewer.previous"),
        Binding("right_square_bracket", "step(1)", show=False),
        Binding("left_square_bracket", "step(-1)", show=False),
        Binding("f3", "page_through", "Read in $PAGER", show=False, id="viewer.pager"),
        Binding("e", "edit", "Edit", tooltip="Open in $EDITOR at the line", id="viewer.edit"),
        Binding("f4", "edit", "Open in $EDITOR", show=False, id="viewer.editor"),
        Binding("o", "open", "Open", tooltip="Open with the desktop's viewer", id="viewer.open"),
        Binding("y", "copy", "Copy quote", id="viewer.copy"),
        Binding("slash", "find", "Find", id="viewer.find"),
        Binding("n", "found(1)", "Next match", show=False, id="viewer.next_match"),
        Binding("N", "found(-1)", "Previous match", show=False, id="viewer.previous_match"),
        Binding("j,down", "scroll(1)", "Down", show=False, id="viewer.down"),
        Binding("k,up", "scroll(-1)", "Up", show=False, id="viewer.up"),
        Binding("g,home", "end(-1)", "To the top", show=False, id="viewer.top"),
        Binding("G,end", "end(1)", "To the end", show=False, id="viewer.end"),
        Binding("space", "page(1)", "Page down", show=False, id="viewer.page_down"),
        Binding("b", "page(-1)", "Page up", show=False, id="viewer.page_up"),
        *(Binding(str(d), f"go({d})", f"Citation {d}", show=False, id=f"viewer.cite{d}") for d in range(1, 10)),
    ]

    def __init__(self, records: Sequence[Record], position: int = 0) -> None:
        super().__init__()
        self.records = list(records)
        self.position = position
        self._found: list[tuple[Passage, Span]] = []
        self._at = -1

    @property
    def twin(self) -> TwinApp:
        return cast("TwinApp", self.app)

    @property
    def record(self) -> Record:
        return self.records[self.position]

    @property
    def pages(self) -> VerticalScroll:
        return self.query_one("#pages", VerticalScroll)

    @property
    def passages(self) -> list[Passage]:
        return list(self.query(Passage))

    def compose(self) -> ComposeResult:
        with Vertical(id="source"):
            yield Shortened("", id="path", classes="title")
            yield Static(id="where", markup=False)
        yield VerticalScroll(id="pages")
        yield Input(id="find", placeholder="Find in this source", classes="hidden")
        yield Footer(show_command_palette=False, compact=True)

    def on_mount(self) -> None:
        self.load()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """With one record there is no next one to offer; in the line for finding the arrows move its cursor."""
        return action != "step" or (len(self.records) > 1 and not isinstance(self.focused, Input))

    @work(exclusive=True, group="load")
    async def load(self) -> None:
        """Show the record at the present position."""
        record = self.record
        self.query_one(Shortened).show(wording.tilde(str(record["source"])))
        self._say([("reading from memory…", "$foreground-muted")])
        params = {"source": record["source"], "document": record.get("document")}
        try:
            found = await self.twin.memory.call("source", params)
        except TwinError as error:
            await self._show_quote_alone(record, str(error))
            return
        async with self.batch():
            await self.pages.remove_children()
            await self._put(found["documents"], found["earlier"], found["later"])
        self._describe(record, found)
        self._found, self._at = [], -1
        for passage in self.passages:
            if passage.record["document"] == found["document"]:
                passage.add_class("cited")
                passage.quote(str(record.get("quote") or ""))
                self.call_after_refresh(self._bring, passage, passage.quoted_at)

    async def _put(self, documents: Sequence[Record], earlier: int, later: int) -> None:
        made: list[Static] = [self._passage(document) for document in documents]
        if earlier:
            made.insert(0, More(f"▴ {wording.count(earlier, 'earlier document')}", classes="earlier", markup=False))
        if later:
            made.append(More(f"▾ {wording.count(later, 'later document')}", classes="later", markup=False))
        await self.pages.mount(*made)

    def _passage(self, document: Record) -> Passage:
        parts = [wording.place(document), *([] if document["encoded"] else ["not yet encoded"])]
        return Passage(document, heading=" · ".join(part for part in parts if part))

    async def _show_quote_alone(self, record: Record, why: str) -> None:
        """The source is not in memory any more: what the answer quoted is all that is left."""
        await self.pages.remove_children()
        if quote := str(record.get("quote") or ""):
            left = {**record, "text": quote, "encoded": True}
            passage = Passage(left, heading=wording.place(record))
            await self.pages.mount(passage)
            passage.add_class("cited")
        self._say([(f"! {why}", "$text-warning")])

    def _describe(self, record: Record, found: Record) -> None:
        parts: list[tuple[str, str]] = []
        if len(self.records) > 1:
            parts.append(
                (f"[{record.get('n', self.position + 1)}] {self.position + 1} of {len(self.records)}", "$accent")
            )
        parts += [(text, "$foreground-muted") for text in (wording.place(record), str(found["kind"])) if text]
        if remark := wording.SINCE.get(str(found["since"])):
            parts.append((f"! {remark}: shown as it was read", "$text-warning"))
        if record.get("document") and not found["document"]:
            parts.append(("! what was cited is no longer in memory", "$text-warning"))
        self._say(parts)

    def _say(self, parts: Sequence[tuple[str, str]]) -> None:
        self.query_one("#where", Static).update(Content(" · ").join(Content.assemble(part) for part in parts))

    def _bring(self, passage: Passage, character: int) -> None:
        """Scroll so that a character of a passage stands in the upper third."""
        line = passage.virtual_region.y + passage.line_of(character)
        self.pages.scroll_to(y=max(0, line - self.pages.size.height // 3), animate=False)

    @work(exclusive=True, group="load")
    async def load_more(self, *, later: bool) -> None:
        """More documents at one end; what is read stays where it is."""
        edge = self.passages[-1 if later else 0].record["document"]
        params = {"document": edge, "before": 0 if later else 80, "after": 80 if later else 0}
        try:
            found = await self.twin.memory.call("source", params)
        except TwinError as error:
            self.twin.report(str(error))
            return
        button = self.query_one(".later" if later else ".earlier", More)
        shown = {passage.record["document"] for passage in self.passages}
        made = [self._passage(record) for record in found["documents"] if record["document"] not in shown]
        left = found["later" if later else "earlier"]
        height = self.pages.virtual_size.height
        if later:
            await self.pages.mount(*made, before=button)
        else:
            await self.pages.mount(*made, after=button)
            self.call_after_refresh(
                lambda: self.pages.scroll_relative(y=self.pages.virtual_size.height - height, animate=False)
            )
        if left:
            button.update(
                f"{'▾' if later else '▴'} {wording.count(left, 'later document' if later else 'earlier document')}"
            )
        else:
            await button.remove()

    def action_back(self) -> None:
        if self.query_one("#find").has_class("hidden"):
            self.dismiss()
        else:
            self._close_find()

    def action_step(self, step: int) -> None:
        self.position = (self.position + step) % len(self.records)
        self.load()

    def action_go(self, number: int) -> None:
        for position, record in enumerate(self.records):
            if record.get("n") == number:
                self.position = position
                self.load()

    def action_scroll(self, lines: int) -> None:
        self.pages.scroll_relative(y=lines, animate=False)

    def action_page(self, pages: int) -> None:
        self.pages.scroll_relative(y=pages * max(1, self.pages.size.height - 2), animate=False)

    def action_end(self, end: int) -> None:
        (self.pages.scroll_end if end > 0 else self.pages.scroll_home)(animate=False)

    def action_copy(self) -> None:
        quote = str(self.record.get("quote") or "")
        text = quote or "\n\n".join(passage.text for passage in self.passages)
        self.twin.copy(text, "the quote" if quote else "what is shown of the source")

    def action_open(self) -> None:
        try:
            name = launching.open_source(self.app, self.record, self.twin.sourced.settings.opener)
        except TwinError as error:
            self.twin.report(str(error))
        else:
            self.notify(f"opened with {name}", timeout=3, markup=False)

    def action_edit(self) -> None:
        try:
            launching.edit_source(self.app, self.record)
        except TwinError as error:
            self.twin.report(str(error))

    def action_page_through(self) -> None:
        try:
            launching.show_text(self.app, "\n\n".join(passage.text for passage in self.passages))
        except TwinError as error:
            self.twin.report(str(error))

    def action_find(self) -> None:
        find = self.query_one("#find", Input)
        find.remove_class("hidden")
        find.focus()

    def _close_find(self) -> None:
        self.query_one("#find").add_class("hidden")
        self.pages.focus()

    @on(Input.Submitted, "#find")
    def _look_for(self, event: Input.Submitted) -> None:
        """Every place of the words in what is loaded, whatever their case."""
        event.stop()
        self._close_find()
        words = event.value.strip()
        pattern = re.compile(re.escape(words), re.IGNORECASE) if words else None
        self._found = []
        for passage in self.passages:
            spans = [match.span() for match in pattern.finditer(passage.text)] if pattern else []
            passage.find(spans, None)
            self._found += [(passage, span) for span in spans]
        self._at = -1
        if self._found:
            self.action_found(1)
        elif words:
            more = "; more of this source is not loaded" if self.query(More) else ""
            self.notify(f"“{words}” does not stand here{more}", timeout=4, markup=False)

    def action_found(self, step: int) -> None:
        if not self._found:
            return
        last = self._found[self._at][0] if self._at >= 0 else None
        self._at = (self._at + step) % len(self._found)
        passage, span = self._found[self._at]
        for one in {passage, last or passage}:
            one.find([s for p, s in self._found if p is one], span if one is passage else None)
        self._bring(passage, span[0])
