"""Where the words of a text stand in their file: from a span of the text to lines, kept with each document.

Knows no kind of file. A line is a line of the file on disk, 1-based; in kinds without lines (docx, epub) it is
the number of a paragraph.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from typing import Protocol

from ingest.text import Lines
from ingest.types import Document, Mark


class Places(Protocol):
    """The lines of a text's words."""

    def span(self, start: int, end: int) -> tuple[int, int]:
        """The first and last line of the characters in [start, end), which are not none."""
        ...

    def marks(self, start: int, end: int) -> tuple[Mark, ...]:
        """The marks for [start, end), offsets counted from `start`."""
        ...


class Marks:
    """Places as marks: what follows an offset stands on lines `first` to `last`, up to the next mark."""

    def __init__(self) -> None:
        self._offsets: list[int] = []
        self._lines: list[tuple[int, int]] = []

    def __bool__(self) -> bool:
        return bool(self._lines)

    def add(self, offset: int, first: int, last: int | None = None) -> None:
        """The next mark; offsets never step back."""
        lines = (first, first if last is None else last)
        if not self._lines or self._lines[-1] != lines:
            self._offsets.append(offset)
            self._lines.append(lines)

    def span(self, start: int, end: int) -> tuple[int, int]:
        lines = self._lines[slice(*self._touched(start, end))]
        return min(first for first, _ in lines), max(last for _, last in lines)

    def marks(self, start: int, end: int) -> tuple[Mark, ...]:
        first, until = self._touched(start, end)
        return tuple(
            (max(0, offset - start), *lines)
            for offset, lines in zip(self._offsets[first:until], self._lines[first:until], strict=True)
        )

    def _touched(self, start: int, end: int) -> tuple[int, int]:
        """The range of marks that hold for [start, end)."""
        first = max(0, bisect_right(self._offsets, start) - 1)
        return first, max(first + 1, bisect_left(self._offsets, end))


def everywhere(lines: tuple[int, int]) -> Marks:
    """The same lines for every span: a message's object, an encoded mail."""
    marks = Marks()
    marks.add(0, *lines)
    return marks


def locate(places: Places | None, text: str, start: int, end: int) -> tuple[int | None, int | None, tuple[Mark, ...]]:
    """`line_start`, `line_end` and `lines` of the document text[start:end].

    No marks are kept where they go without saying: one for each line of the document, or one for all of it.
    """
    if places is None:
        return None, None, ()
    first, last = places.span(start, end)
    marks = places.marks(start, end)
    begins = Lines(text[start:end]).starts
    by_line = tuple((offset, first + i, first + i) for i, offset in enumerate(begins))
    counts = len(begins) == last - first + 1
    if marks == by_line or (marks == ((0, first, last),) and not counts):
        marks = ()
    return first, last, marks


def lines_of(document: Document, start: int, end: int) -> tuple[int | None, int | None]:
    """The first and last line of a document's characters [start, end), as near as they are known."""
    first, last = document.line_start, document.line_end
    if first is None or last is None or start >= end:
        return first, last
    if document.lines:
        marks = Marks()
        for mark in document.lines:
            marks.add(*mark)
        return marks.span(start, end)
    lines = Lines(document.text)
    if len(lines.starts) != last - first + 1:
        return first, last  # where in them is not known
    above, below = lines.span(start, end)
    return first + above - 1, first + below - 1
