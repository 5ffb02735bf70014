"""From a text and its sections to documents with places; shared by every reader of continuous text."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from ingest.context import Budget
from ingest.split import Block, split
from ingest.types import Document, Message

HEADING_CHARACTERS = 300  # a longer heading is a paragraph in disguise, and is kept with every document


Places = Callable[[int, int], tuple[int, int]]
"""From a span of a text to the lines of the file it stands on: (start, end) gives (first, last), 1-based."""


def everywhere(lines: tuple[int, int]) -> Places:
    """The same lines for every span: a message's object, an encoded mail."""
    return lambda start, end: lines


def below(above: int, places: Places) -> Places:
    """The lines of a text that has `above` lines of the file before it."""

    def shifted(start: int, end: int) -> tuple[int, int]:
        first, last = places(start, end)
        return above + first, above + last

    return shifted


@dataclass(frozen=True, slots=True)
class Section:
    """A part of a text that no document crosses."""

    headings: tuple[str, ...]
    blocks: Iterable[Block]
    date: str | None = None  # where it has one of its own, as the days of a diary


@dataclass(frozen=True, slots=True)
class Origin:
    """What all documents of a text have in common. `offset`: where the text begins in the extracted text."""

    title: str
    date: str | None = None
    page: int | None = None
    lines: Places | None = None
    offset: int = 0


def compose(text: str, sections: Iterable[Section], origin: Origin, budget: Budget) -> Iterator[Document]:
    """The documents of `text`, streamed in order."""
    for section in sections:
        date = section.date or origin.date
        context = budget.context((origin.title, *section.headings), date=date)
        room = budget.text_room(context)
        for start, end in split(text, section.blocks, measure=budget.measure, budget=room):
            first, last = origin.lines(start, end) if origin.lines else (None, None)
            yield Document(
                text=text[start:end],
                context=context,
                title=origin.title,
                headings=section.headings,
                char_start=origin.offset + start,
                char_end=origin.offset + end,
                page=origin.page,
                line_start=first,
                line_end=last,
                date=date,
            )


def compose_message(
    text: str,
    message: Message,
    blocks: Iterable[Block],
    *,
    context: str,
    title: str,
    headings: tuple[str, ...] = (),
    offset: int,
    lines: Places,
    budget: Budget,
) -> Iterator[Document]:
    """The documents of one message or mail: one, or several when it is long."""
    room = budget.text_room(context)
    for start, end in split(text, blocks, measure=budget.measure, budget=room):
        first, last = lines(start, end)
        yield Document(
            text=text[start:end],
            context=context,
            title=title,
            headings=headings,
            char_start=offset + start,
            char_end=offset + end,
            line_start=first,
            line_end=last,
            messages=((0, message),),
            date=message.time,
        )
