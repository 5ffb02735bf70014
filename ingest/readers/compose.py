"""From a text and its sections to documents with places; shared by every reader of continuous text."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from ingest.context import Budget
from ingest.places import Marks, Places, locate
from ingest.split import Block, split
from ingest.types import Document, Message

HEADING_CHARACTERS = 300  # a longer heading is a paragraph in disguise, and is kept with every document
_STRETCH = 65_536  # characters of an extracted text that are held at a time


@dataclass(frozen=True, slots=True)
class Section:
    """A part of a text that no document crosses."""

    headings: tuple[str, ...]
    blocks: Iterable[Block]
    date: str | None = None  # where it has one of its own, as the days of a diary
    note: str = ""  # second line of the context: tags, properties


@dataclass(frozen=True, slots=True)
class Origin:
    """What all documents of a text have in common. `offset`: where the text begins in the extracted text."""

    title: str
    date: str | None = None
    page: int | None = None
    lines: Places | None = None
    offset: int = 0
    file: str = ""  # what the file's name says beyond the title

    @property
    def name(self) -> str:
        """The title, with the file's name beside it where that says more."""
        return f"{self.title} ({self.file})" if self.file else self.title


def compose(text: str, sections: Iterable[Section], origin: Origin, budget: Budget) -> Iterator[Document]:
    """The documents of `text`, streamed in order."""
    for section in sections:
        date = section.date or origin.date
        context = budget.context((origin.name, *section.headings), date=date, note=section.note)
        room = budget.text_room(context)
        for start, end in split(text, section.blocks, measure=budget.measure, budget=room):
            first, last, marks = locate(origin.lines, text, start, end)
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
                lines=marks,
                date=date,
            )


Row = tuple[str, int | None, int | None]
"""A line of an extracted text, with the first and last line of the file it comes from; None where there are none."""


@dataclass(frozen=True, slots=True)
class Entry:
    """Rows that belong together, and stay so where they fit: a record, an event, a paragraph."""

    rows: Sequence[Row]
    headings: tuple[str, ...] = ()
    date: str | None = None
    by_line: bool = True


def compose_entries(
    entries: Iterable[Entry], origin: Origin, budget: Budget, *, gap: str = "\n", apart: bool = False
) -> Iterator[Document]:
    """The documents of a text that is given entry by entry, in bounded memory; `apart`: no two share a document.

    The text is the rows, a line each, with `gap` between entries; its places are those of the rows.
    """
    stretch: list[Entry] = []
    size, offset = 0, origin.offset
    for entry in entries:
        stretch.append(entry)
        size += sum(len(text) + 1 for text, _, _ in entry.rows)
        if size >= _STRETCH:
            offset += yield from _compose_stretch(stretch, replace(origin, offset=offset), budget, gap, apart)
            stretch, size = [], 0
    yield from _compose_stretch(stretch, replace(origin, offset=offset), budget, gap, apart)


def _compose_stretch(
    entries: list[Entry], origin: Origin, budget: Budget, gap: str, apart: bool
) -> Generator[Document, None, int]:
    """Returns the length of the text, the gap after it included."""
    parts: list[str] = []
    marks = Marks()
    sections: list[Section] = []
    blocks: list[Block] = []
    length = 0
    for i, entry in enumerate(entries):
        if i == 0 or apart or (entry.headings, entry.date) != (entries[i - 1].headings, entries[i - 1].date):
            blocks = []
            sections.append(Section(entry.headings, blocks, entry.date))
        start = length
        for text, first, last in entry.rows:
            if first is not None:
                marks.add(length, first, last)
            parts.append(text + "\n")
            length += len(text) + 1
        blocks.append(Block(start, length, entry.by_line))
        parts.append(gap[1:])
        length += len(gap) - 1
    yield from compose("".join(parts), sections, replace(origin, lines=marks if marks else None), budget)
    return length


def compose_message(
    text: str,
    message: Message,
    blocks: Iterable[Block],
    *,
    context: str,
    title: str,
    headings: tuple[str, ...] = (),
    offset: int,
    lines: Places | None,
    budget: Budget,
) -> Iterator[Document]:
    """The documents of one message or mail: one, or several when it is long."""
    room = budget.text_room(context)
    for start, end in split(text, blocks, measure=budget.measure, budget=room):
        first, last, marks = locate(lines, text, start, end)
        yield Document(
            text=text[start:end],
            context=context,
            title=title,
            headings=headings,
            char_start=offset + start,
            char_end=offset + end,
            line_start=first,
            line_end=last,
            lines=marks,
            messages=((0, message),),
            date=message.time,
        )
