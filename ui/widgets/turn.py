"""One question and its answer: the hop trail, the streamed Markdown, the verdict, and the citations beside it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from textual.app import ComposeResult
from textual.containers import Container, Vertical
from textual.content import Content
from textual.widgets import Static

from ui import wording
from ui.widgets.citation import Citation
from ui.widgets.trail import Trail

if TYPE_CHECKING:
    from textual.widgets import Markdown
    from textual.widgets.markdown import MarkdownStream

Record = Mapping[str, Any]


class Turn(Vertical, can_focus=True):
    """Either being answered (no `result`) or told again from memory. Nothing may be added to one that was removed."""

    def __init__(self, question: str, result: Record | None = None) -> None:
        super().__init__()
        self.question = question
        self.result = result
        self.said = ""  # as streamed, or as saved
        self.trail = Trail(list(result.get("hops", ())) if result else [], working=result is None)
        self._column, self._beside = Vertical(classes="said"), Vertical(classes="citations")
        self._answer: Markdown | None = None
        self._stream: MarkdownStream | None = None

    def compose(self) -> ComposeResult:
        question = Content.assemble(("› ", "bold $accent"), (wording.clean(self.question), "bold"))
        yield Static(question, classes="question", markup=False)
        yield self.trail
        with Container(classes="columns"):
            yield self._column
            yield self._beside

    async def on_mount(self) -> None:
        if self.result is not None:
            await self.write(str(self.result.get("answer") or ""))
            await self._close()
            await self._conclude(self.result)

    @property
    def citations(self) -> list[Record]:
        """What the numbers beside it stand for."""
        if self.result is None:
            return []
        return list(self.result.get("citations") or self.result.get("nearest") or ())

    @property
    def said_height(self) -> int:
        """Lines from the question to the end of the answer; citations under it not counted."""
        return int(self.query_one(".columns").virtual_region.y + self._column.virtual_region.bottom)

    def with_sources(self) -> str:
        """The answer and its citations, as text for elsewhere."""
        sources = [f"[{r['n']}] “{r['quote']}” — {r['source']} {wording.place(r)}".rstrip() for r in self.citations]
        return wording.clean("\n".join([self.said, "", *sources]))

    async def write(self, delta: str) -> None:
        """More of the answer. A link in it opens nothing: the words may be a document's."""
        if not delta:
            return
        if self._answer is None:
            from textual.widgets import Markdown

            self._answer = Markdown(open_links=False, classes="answer")
            await self._column.mount(self._answer, before=0)
        if self._stream is None:
            self._stream = self._answer.get_stream(self._answer)
        text = wording.clean(delta)
        self.said += text
        await self._stream.write(wording.line_by_line(text))

    async def finish(self, result: Record) -> None:
        """The whole object that the owner gave, after everything that was streamed of it."""
        self.result = result
        whole = wording.clean(str(result["answer"]))
        if whole.startswith(self.said):
            await self.write(whole[len(self.said) :])
        await self._close()
        if whole != self.said and self._answer is not None:  # the model took something back
            self.said = whole
            await self._answer.update(wording.line_by_line(whole))
        self.trail.done(list(result["hops"]))
        await self._conclude(result)

    async def end(self, words: str, tone: str) -> None:
        """No result came: stopped by the person, or an error that says what to do."""
        await self._close()
        self.trail.done(self.trail.hops)
        await self._note(Content.assemble((words, wording.style(tone))))

    async def _close(self) -> None:
        if self._stream is not None:
            await self._stream.stop()
            self._stream = None

    async def _conclude(self, result: Record) -> None:
        self.trail.display = bool(result.get("hops"))
        if result.get("forgotten"):
            await self._note(Content("The sources of this answer were forgotten, and its words with them."))
        elif not result.get("grounded"):
            await self._note(Content(wording.nothing(result)))
        words, tone = wording.verdict(result)
        parts = [(words, wording.style(tone))]
        if "coverage" in result:
            parts.append((f" · {wording.coverage(result)}", "$foreground-muted"))
        await self._note(Content.assemble(*parts))
        if lost := result.get("lost"):
            numbers = ", ".join(f"[{number}]" for number in lost)
            await self._note(Content.assemble((f"! {numbers} left memory since this was answered", "$text-warning")))
        if not result.get("grounded") and result.get("nearest"):
            await self._beside.mount(Static("What came closest", classes="heading", markup=False))
        await self._beside.mount(*(Citation(record) for record in self.citations))

    async def _note(self, text: Content) -> None:
        await self._column.mount(Static(text, classes="verdict"))
