"""What readers give: documents with their exact place in the source, and the reasons for what stayed unread.

Every other module of ingest, and the catalog, shares these types; this file imports nothing of ours.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

Measure = Callable[[str], int]
"""Length of a text in tokens of the model; injected, so that ingest knows no tokenizer."""


Mark = tuple[int, int, int]
"""(offset, first, last): from the offset on, up to the next mark, a text stands on these lines of the file."""


@dataclass(frozen=True, slots=True)
class Message:
    """A message of a chat or mail. `time` is ISO 8601 or None; `index` counts from 0 in its source."""

    author: str
    time: str | None
    index: int


@dataclass(frozen=True, slots=True)
class Document:
    """One piece of a source, as large as the model takes. `text` is the source's own words, unchanged."""

    text: str  # an exact slice [char_start, char_end) of the source's (extracted) text
    context: str  # put before the text for encoding: title, heading path, date, speaker; "" if none
    title: str  # of the source (front matter, subject, chat name) or the file's name
    headings: tuple[str, ...]
    char_start: int
    char_end: int
    page: int | None = None  # 1-based (PDF)
    line_start: int | None = None  # 1-based, inclusive, in the file on disk; docx, epub: the paragraph's number
    line_end: int | None = None  # None for PDF (it has pages) and for members of archives
    lines: tuple[Mark, ...] = ()  # where they are not simply those of the text or one for all of it (places.py)
    messages: tuple[tuple[int, Message], ...] = ()  # (offset in text where the message begins, message)
    date: str | None = None  # ISO 8601; None = the caller uses the file's mtime


@dataclass(slots=True)
class Reading:
    """What a reader gives. `unreadable` is filled while `documents` is iterated: "page 3: no text in it"."""

    kind: str  # the name of the reader: "markdown", "mail", "csv"; of an archive, the first export's in it
    documents: Iterator[Document]
    unreadable: list[str] = field(default_factory=list)


class Unreadable(Exception):
    """The source cannot be read; str(e) is the reason shown to the person, with what to do."""


class Empty(Unreadable):
    """The source holds nothing but white space."""
