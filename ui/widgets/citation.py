"""One numbered citation beside an answer: which source, where in it, and its words; opens at a click or its digit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from textual.binding import Binding, BindingType
from textual.content import Content
from textual.message import Message

from ui import wording
from ui.widgets.fitted import Fitted

QUOTE_LINES = 3
INDENT = 4  # cells, under the number


class Citation(Fitted, can_focus=True):
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter,o", "open", "Open the source", show=False, id="citation.open"),
    ]

    @dataclass
    class Opened(Message):
        citation: Citation

    def __init__(self, record: Mapping[str, Any]) -> None:
        super().__init__()
        self.record = record

    def on_click(self) -> None:
        self.action_open()

    def action_open(self) -> None:
        self.post_message(self.Opened(self))

    def lines(self, width: int) -> list[Content]:
        record, inner = self.record, max(8, width - INDENT)
        gap = " " * INDENT
        number = f"[{record['n']}]".ljust(INDENT)
        lines = [Content.assemble((number, "bold $accent"), (wording.shorten(wording.name_of(record), inner), "bold"))]
        if place := wording.place(record):
            lines.append(Content.assemble(gap, (wording.shorten(place, inner), "$foreground-muted")))
        quote = Content(f"“{wording.one_line(str(record['quote']))}”").wrap(inner)
        if len(quote) > QUOTE_LINES:
            last = quote[QUOTE_LINES - 1].plain.rstrip()
            quote = [
                *quote[: QUOTE_LINES - 1],
                Content(wording.set_cell_size(last, min(inner - 2, wording.cell_len(last))).rstrip() + "…”"),
            ]
        lines += [Content.assemble(gap, line) for line in quote]
        others = len(record.get("also_in") or ())
        for text in (wording.remark(record), f"also in {wording.count(others, 'other source')}" if others else ""):
            if text:
                lines += [
                    Content.assemble(gap, line.stylize("$text-warning")) for line in Content(f"! {text}").wrap(inner)
                ]
        return lines
