"""One document of a source, as it was read: where it stands, then its words, with what is marked in them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from textual.content import Content
from textual.widgets import Static

from ui import wording

Span = tuple[int, int]  # of characters, [start, end)
QUOTED = "bold $text-accent on $accent-muted"
FOUND = "$text-warning on $warning-muted"
FOUND_HERE = "bold reverse $text-warning"


class Passage(Static):
    """The words are shown as they are: nothing in them is markup."""

    def __init__(self, record: Mapping[str, Any], *, heading: str) -> None:
        super().__init__(markup=False)
        self.record = record
        self.text = wording.clean(str(record["text"])).rstrip()
        self._heading = heading
        self._quotes: Sequence[Span] = ()
        self._finds: Sequence[Span] = ()
        self._here: Span | None = None

    def on_mount(self) -> None:
        self._show()

    def quote(self, quote: str) -> None:
        """Marks the passage as cited, and the quoted words in it; "" takes the mark away."""
        text = wording.clean(quote).strip()
        start = self.text.find(text) if text else -1
        self._quotes = [(start, start + len(text))] if start >= 0 else []
        self._show()

    def find(self, finds: Sequence[Span], here: Span | None) -> None:
        """Marks what was looked for, and which of it the person is at."""
        self._finds, self._here = finds, here
        self._show()

    def line_of(self, start: int) -> int:
        """The line on the screen, counted from the passage's top, where character `start` stands."""
        width = max(1, self.content_size.width)
        above = Content(self.text[:start]).wrap(width)
        return (1 if self._heading else 0) + max(0, len(above) - 1)

    @property
    def quoted_at(self) -> int:
        return self._quotes[0][0] if self._quotes else 0

    def _show(self) -> None:
        body = Content(self.text)
        for spans, style in ((self._quotes, QUOTED), (self._finds, FOUND), ([self._here or (0, 0)], FOUND_HERE)):
            for start, end in spans:
                body = body.stylize(style, start, end) if end > start else body
        head = Content.assemble((self._heading, "$foreground-muted"), "\n") if self._heading else Content("")
        self.update(head + body)
