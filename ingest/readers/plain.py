"""Plain text in any encoding: paragraphs; a line that says nothing but which day it is heads what follows, as in
diaries and chats that were copied out."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ingest import dates
from ingest.context import Budget
from ingest.limits import Limits
from ingest.readers.compose import Origin, Section, compose
from ingest.readers.source import Reader, Source
from ingest.sentences import paragraphs
from ingest.split import Block
from ingest.text import Lines, is_text
from ingest.types import Reading

_LINE = re.compile(r"^[^\n]{4,64}$", re.MULTILINE)
_APART = re.compile(r"\A\s*\Z|\n[^\S\n]*\n\Z")
_SAYS_SO = re.compile(r"\W*(?:mon|tue|wed|thu|fri|sat|sun)|[#=*_-]{2}", re.I)  # a weekday, or marks of a heading
_LETTERHEAD = 400  # characters before a date that belong to what follows
_DIGIT = re.compile(r"\d")
_DECORATION = " \t\r#=*_-–—[]():"


def _recognises(name: str, head: bytes) -> bool:
    return is_text(head)


def read(source: Source, budget: Budget, limits: Limits) -> Reading:
    text = source.text()
    origin = Origin(title=source.stem, date=dates.from_name(source.name), lines=Lines(text))
    return Reading("text", compose(text, _days(text), origin, budget))


class Paragraphs:
    """The paragraphs of a text, or of its part [start, end), as blocks, found while they are asked for."""

    def __init__(self, text: str, start: int = 0, end: int | None = None) -> None:
        self._text, self._start, self._end = text, start, end

    def __iter__(self) -> Iterator[Block]:
        return (Block(start, end) for start, end in paragraphs(self._text, self._start, self._end))


def _days(text: str) -> Iterator[Section]:
    """The text as one section, or what stands before its first day's line, where that is no mere letterhead, and a
    section a day. Of lines that name days one behind the other, which are a list, the last one heads what follows."""
    start, behind, heading, day = 0, 0, tuple[str, ...](), None
    for match in _LINE.finditer(text):
        found = dates.of_line(match.group()) if _DIGIT.search(match.group()) else None
        if found is None or not _opens(text, match) or not text[match.end() :].strip():
            continue
        least = 0 if day is not None else _LETTERHEAD
        if match.start() - start > least and text[behind : match.start()].strip():
            yield Section(heading, Paragraphs(text, start, match.start()), day)
            start = match.start()
        heading, day, behind = (match.group().strip(_DECORATION),), found, match.end()
    yield Section(heading, Paragraphs(text, start), day)


def _opens(text: str, line: re.Match[str]) -> bool:
    """Whether a line with a day heads something: it stands apart, names its weekday, or is marked as a heading; a day
    in the middle of a form or a wrapped sentence does not."""
    before = text[max(0, line.start() - 80) : line.start()]
    is_apart = (
        line.start() == 0
        or _APART.search(before) is not None
        or dates.of_line(before.rsplit("\n", 2)[-2:][0]) is not None
    )
    return (is_apart and not line.group().strip().isdigit()) or _SAYS_SO.match(line.group()) is not None


READER = Reader("text", "text_bytes", _recognises, read)
