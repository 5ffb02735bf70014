"""A list of any length, of which only what is in sight is drawn, and what there is to say of the one at its cursor."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from rich.segment import Segment
from rich.style import Style
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.events import Click
from textual.geometry import Region, Size
from textual.message import Message
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.widgets import Static

from ui import wording

Record = Mapping[str, Any]
Parts = Sequence[tuple[str, str]]  # (text, tone); a tone is one of TONES
TONES = ("text", "muted", "accent", "success", "warning", "error", "strong")


class Rows(ScrollView, can_focus=True):
    """`draw` gives one record's parts for a width; `key` tells records apart when the list changes.

    In a `live` list, whose newest record is the first, a cursor at the top stays there.
    """

    COMPONENT_CLASSES: ClassVar[set[str]] = {*(f"rows--{tone}" for tone in TONES), "rows--cursor", "rows--blurred"}
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j,down", "move(1)", "Down", show=False, id="list.down"),
        Binding("k,up", "move(-1)", "Up", show=False, id="list.up"),
        Binding("g,home", "edge(-1)", "First", show=False, id="list.first"),
        Binding("G,end", "edge(1)", "Last", show=False, id="list.last"),
        Binding("pagedown,ctrl+d", "page(1)", "Page down", show=False, id="list.page_down"),
        Binding("pageup,ctrl+u", "page(-1)", "Page up", show=False, id="list.page_up"),
        Binding("enter", "choose", "Open", show=False, id="list.open"),
    ]
    cursor: reactive[int] = reactive(0)

    @dataclass
    class Chosen(Message):
        rows: Rows
        record: Record

        @property
        def control(self) -> Rows:
            return self.rows

    @dataclass
    class Moved(Message):
        """The cursor is at another record, or at none."""

        rows: Rows
        record: Record | None

        @property
        def control(self) -> Rows:
            return self.rows

    def __init__(
        self,
        draw: Callable[[Record, int], Parts],
        key: Callable[[Record], object],
        *,
        empty: str,
        id: str,
        live: bool = False,
    ) -> None:
        super().__init__(id=id)
        self._draw, self._key, self._empty, self._live = draw, key, empty, live
        self.records: Sequence[Record] = ()

    @property
    def record(self) -> Record | None:
        """The one at the cursor."""
        return self.records[self.cursor] if self.cursor < len(self.records) else None

    def show(self, records: Sequence[Record], *, empty: str | None = None) -> None:
        """Another list; the cursor stays at the record it is at, if that is still there."""
        is_at_top = self._live and self.cursor == 0
        at = self._key(self.record) if self.record is not None and not is_at_top else None
        self.records = records
        if empty is not None:
            self._empty = empty
        self.virtual_size = Size(0, len(records))
        position = next((n for n, record in enumerate(records) if self._key(record) == at), None)
        self.cursor = position if position is not None else min(self.cursor, max(0, len(records) - 1))
        self.refresh()
        self.post_message(self.Moved(self, self.record))

    def watch_cursor(self) -> None:
        self.scroll_to_region(Region(0, self.cursor, 1, 1), animate=False, force=True)
        self.refresh()
        self.post_message(self.Moved(self, self.record))

    def action_move(self, step: int) -> None:
        self.cursor = max(0, min(len(self.records) - 1, self.cursor + step))

    def action_edge(self, edge: int) -> None:
        self.cursor = max(0, len(self.records) - 1) if edge > 0 else 0

    def action_page(self, step: int) -> None:
        self.action_move(step * max(1, self.size.height - 1))

    def action_choose(self) -> None:
        if self.record is not None:
            self.post_message(self.Chosen(self, self.record))

    def on_click(self, event: Click) -> None:
        """The first click goes there, another one opens it."""
        line = event.y + self.scroll_offset.y
        if not 0 <= line < len(self.records):
            return
        if line == self.cursor or event.chain > 1:
            self.cursor = line
            self.action_choose()
        self.cursor = line

    def render_line(self, y: int) -> Strip:
        width = self.size.width
        line = y + self.scroll_offset.y
        if not self.records:
            return self._empty_line(y, width)
        if line >= len(self.records):
            return Strip.blank(width, self.rich_style)
        is_here = line == self.cursor
        base = self.rich_style
        if is_here:
            base += self.get_component_rich_style("rows--cursor" if self.has_focus else "rows--blurred")
        segments = [Segment("▌ " if is_here else "  ", base + self._tone("accent"))]
        segments += [Segment(text, base + self._tone(tone)) for text, tone in self._draw(self.records[line], width - 3)]
        return Strip(segments).adjust_cell_length(width, base)

    def _empty_line(self, y: int, width: int) -> Strip:
        lines = ["", *self._empty.split("\n")]
        text = f"  {lines[y]}" if y < len(lines) else ""
        return Strip([Segment(text, self.rich_style + self._tone("muted"))]).adjust_cell_length(width, self.rich_style)

    def _tone(self, tone: str) -> Style:
        """The tone's colour and weight; the background is the row's."""
        styles = self.get_component_styles(f"rows--{tone}")
        color = self.background_colors[1] + styles.color  # a muted colour is a translucent one
        return Style(color=color.rich_color, bold=bool(styles.text_style.bold))


class Detail(Static):
    """Lines under a list."""

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id, classes="detail", markup=False)

    def show(self, *lines: Sequence[tuple[str, str]]) -> None:
        """Lines of (text, tone); tones as in rows.py, "text" for the plain one."""
        made = [Content.assemble(*((text, wording.style(tone)) for text, tone in line)) for line in lines]
        self.update(Content("\n").join(made))
