"""Rows of a file's tables, cells by the names of their columns.

Of csv as it is read ("date: 2025-04-15; pulse: 84"), of Markdown ("| date | km |"), and of logs whose lines begin with
a day and give the same units ("28 July: 7.1 h, fine")."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from engine.answering.quantities import Quantity, quantities
from engine.answering.surroundings import table_headers
from engine.answering.times import times_in
from engine.library import Passage

LEAST = 3  # rows of a table
MOSTLY = 0.8  # of a column's cells that say of which sort it is
DAY = "day"  # the column of a log's days
_CELL = re.compile(r"(?P<column>[^:;|]{1,60}): (?P<value>[^;]*)(?:; |\Z)")
_RULE = re.compile(r"\|?[\s:|-]+\Z")
_EMPHASIS = re.compile(r"[*_`]+")
_BARE = re.compile(r"[-−+]?\d+(?:[.,]\d+)?")
_STARS = re.compile(r"(?:★|⭐|\*)+☆*")
_LINE = re.compile(r"\W*(?:[-*] )?")
WORDS = 4  # of a cell that is a quantity, or a day


@dataclass(frozen=True, slots=True)
class Row:
    passage: Passage
    start: int
    end: int
    cells: Mapping[str, str]

    @property
    def text(self) -> str:
        return self.passage.text[self.start : self.end]


@dataclass(frozen=True, slots=True)
class Table:
    columns: tuple[str, ...]
    rows: tuple[Row, ...]

    def quantities(self, column: str) -> list[tuple[Row, Quantity]]:
        """Of the rows that have one there; [] where the column's cells are of several sorts, days or words."""
        held = [(row, row.cells[column]) for row in self.rows if column in row.cells]
        found = [(row, amount) for row, cell in held if (amount := quantity(cell)) is not None]
        is_of_one_sort = len({amount.of for _, amount in found}) == 1
        return found if is_of_one_sort and len(found) >= MOSTLY * len(held) else []

    @property
    def days(self) -> str | None:
        """The column of days, months or years."""
        return next((column for column in self.columns if self._has_days(column)), None)

    @property
    def labels(self) -> str | None:
        """The first column of words, which says what each row is."""
        return next((c for c in self.columns if not self._has_days(c) and not self.quantities(c)), None)

    def _has_days(self, column: str) -> bool:
        cells = [row.cells[column] for row in self.rows if column in row.cells]
        return sum(is_a_day(cell) for cell in cells) >= max(1.0, MOSTLY * len(cells))


def tables_of(parts: Sequence[Passage]) -> list[Table]:
    """Of a file's parts, in order: rows with the same columns are one table."""
    found: dict[tuple[str, ...], list[Row]] = {}
    for row in (row for part in parts for rows in (_named(part), _ruled(part), _logged(part)) for row in rows):
        columns = tuple(row.cells)
        fitting = next((held for held in found if set(columns) <= set(held)), None)
        wider = next((held for held in found if set(held) <= set(columns)), None)
        if fitting is None and wider is not None:  # an empty cell of a csv's row is left out
            found[columns] = found.pop(wider)
        found.setdefault(fitting or columns, []).append(row)
    return [Table(columns, tuple(rows)) for columns, rows in found.items() if len(rows) >= LEAST]


def quantity(cell: str) -> Quantity | None:
    """Of a cell that holds one and little else; marks in stars count as numbers."""
    cell = cell.strip()
    if _BARE.fullmatch(cell):
        return Quantity(float(cell.replace("−", "-").replace(",", ".")), "", (0, len(cell)))
    if _STARS.fullmatch(cell):
        return Quantity(float(sum(mark in "★⭐*" for mark in cell)), "", (0, len(cell)))
    if len(cell.split()) > WORDS or is_a_day(cell):
        return None
    found = list(quantities(cell))
    return (
        found[0] if len(found) == 1 and not re.search(r"\d", cell[: found[0].at[0]] + cell[found[0].at[1] :]) else None
    )


def is_a_day(cell: str) -> bool:
    """Or a month; of a cell that says little else."""
    cell = cell.strip()
    times = times_in(cell) or times_in(f"in {cell}")
    return bool(times) and len(cell.split()) <= WORDS


def _named(part: Passage) -> Iterator[Row]:
    for start, end in part.sentences:
        text = part.text[start:end]
        cells = list(_CELL.finditer(text))
        if len(cells) > 1 and cells[0].start() == 0 and all(one.end() == two.start() for one, two in pairwise(cells)):
            yield Row(part, start, end, {one["column"].strip(): one["value"].strip() for one in cells})


def _ruled(part: Passage) -> Iterator[Row]:
    for (start, end), header in zip(part.sentences, table_headers(part.text, part.sentences), strict=True):
        text = part.text[start:end]
        if header is None or _RULE.match(text):
            continue
        first, last = part.sentences[header]
        columns, cells = _cells(part.text[first:last]), _cells(text)
        if 1 < len(columns) == len(cells):
            yield Row(part, start, end, {c: cell for c, cell in zip(columns, cells, strict=True) if c and cell})


def _cells(row: str) -> list[str]:
    return [_EMPHASIS.sub("", cell).strip() for cell in row.strip().strip("|").split("|")]


def _logged(part: Passage) -> Iterator[Row]:
    for start, end in part.sentences:
        text = part.text[start:end]
        if "|" in text or not (times := times_in(text)) or not times[0].is_day:
            continue
        begin, behind = times[0].at
        if _LINE.fullmatch(text[:begin]) is None:
            continue
        rest = text[behind:]
        amounts = {one.of: rest[slice(*one.at)] for one in quantities(rest) if one.of}
        if amounts:
            yield Row(part, start, end, {DAY: text[begin:behind], **amounts})
