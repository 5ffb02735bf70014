"""Plain text in any encoding: paragraphs, no headings."""

from __future__ import annotations

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


def _recognises(name: str, head: bytes) -> bool:
    return is_text(head)


def read(source: Source, budget: Budget, limits: Limits) -> Reading:
    text = source.text()
    origin = Origin(title=source.stem, date=dates.from_name(source.name), lines=Lines(text))
    return Reading("text", compose(text, [Section((), Paragraphs(text))], origin, budget))


class Paragraphs:
    """The paragraphs of a text as blocks, found while they are asked for."""

    def __init__(self, text: str) -> None:
        self._text = text

    def __iter__(self) -> Iterator[Block]:
        return (Block(start, end) for start, end in paragraphs(self._text))


READER = Reader("text", "text_bytes", _recognises, read)
