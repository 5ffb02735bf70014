"""Finding passages by their exact words while they are typed; no model is needed."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar, cast

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import Screen
from textual.widgets import Footer, Input

from twin_app.errors import TwinError
from ui import wording
from ui.widgets.rows import Detail, Parts, Rows

if TYPE_CHECKING:
    from ui.app import TwinApp

Record = Mapping[str, Any]
PAUSE_S = 0.12  # of typing, before the words are looked for
LIMIT = 100
HINT = 'Type words to find the passages that have them all.\n"in quotes" finds them in this order.'


class Find(Screen[None]):
    AUTO_FOCUS = "#words"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "Back", id="find.back"),
        Binding("slash", "words", "Words", id="find.words"),
        Binding("y", "copy", "Copy quote", id="find.copy"),
    ]

    @property
    def twin(self) -> TwinApp:
        return cast("TwinApp", self.app)

    def compose(self) -> ComposeResult:
        yield Input(id="words", placeholder="words to find in all of memory")
        yield Rows(self._draw, lambda record: (record["document"], record["quote"]), empty=HINT, id="passages")
        yield Detail(id="passage-detail")
        yield Footer(show_command_palette=False, compact=True)

    @on(Input.Changed, "#words")
    def _changed(self, event: Input.Changed) -> None:
        self.search(event.value.strip())

    @work(exclusive=True, group="search")
    async def search(self, words: str) -> None:
        rows = self.query_one(Rows)
        if not words:
            rows.show([], empty=HINT)
            return
        await asyncio.sleep(PAUSE_S)
        try:
            found = await self.twin.memory.call("search", {"words": words, "limit": LIMIT})
        except TwinError as error:
            rows.show([], empty=f"✗ {error}")
            return
        rows.cursor = 0
        rows.show(found["passages"], empty="No passage has these words.")

    def _draw(self, record: Record, width: int) -> Parts:
        room = min(32, max(12, width // 3))
        name = wording.shorten(wording.name_of(record), room)
        return [
            (name.ljust(room + len(name) - wording.cell_len(name)), "accent"),
            ("  ", "text"),
            (wording.one_line(str(record["quote"])), "text"),
        ]

    @on(Rows.Moved)
    def _detail(self, event: Rows.Moved) -> None:
        record = event.record
        if record is None:
            self.query_one(Detail).show([("", "text")])
            return
        head = [
            (wording.name_of(record), "strong"),
            (f"  {wording.place(record)}", "muted"),
            (f"  {wording.remark(record)}", "warning"),
        ]
        self.query_one(Detail).show(head, [(wording.one_line(str(record["quote"])), "text")])

    @on(Input.Submitted, "#words")
    def _to_list(self) -> None:
        if self.query_one(Rows).records:
            self.query_one(Rows).focus()

    @on(Rows.Chosen)
    def _open(self, event: Rows.Chosen) -> None:
        from ui.screens.viewer import Viewer

        rows = self.query_one(Rows)
        self.app.push_screen(Viewer(rows.records, rows.cursor))

    def action_leave(self) -> None:
        """From the list to the words, from there back."""
        if self.query_one(Rows).has_focus:
            self.query_one("#words").focus()
        else:
            self.dismiss()

    def action_words(self) -> None:
        self.query_one("#words").focus()

    def action_copy(self) -> None:
        if (record := self.query_one(Rows).record) is not None:
            self.twin.copy(str(record["quote"]), "the quote")
