"""Rows of a file's tables, cells by the names of their columns.

Of csv as it is read ("date: 2025-04-15; pulse: 84"), of Markdown ("| date | km |"), and of logs whose lines begin with
a day and go on with amounts ("28 July: 7.1 h, fine"). A table of which one row, or one cell of a column, cannot be read
is none, or has no such column: what has the most would be of the rest."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from engine.answering.texts.surroundings import table_headers
from engine.answering.words.quantities import quantities, written
from engine.answering.words.stems import stems_of
from engine.answering.words.times import Time, times_in
from engine.library import Passage

LEAST = 3  # rows of a table
_PLACES = 100_000  # of sentences in a document, at most
DAY = "day"  # the column of a log's days
WORDS = 4  # of a cell that is a day, at most
_CELL = re.compile(r"(?P<column>[^:;|]{1,60}): (?P<value>[^;]*)(?:; |\Z)")
_BAR = re.compile(r"(?<!\\)\|")
_RULE = re.compile(r"\|?[\s:|-]+\Z")
_EMPHASIS = re.compile(r"\*\*|__|`")
_BARE = re.compile(
    r"[-−+]?(?:\d{1,12}(?:[.,]\d{1,6})?|\d{1,3}(?:,\d{3})+\.\d{1,6}|\d{1,3}(?:\.\d{3})+,\d\d"
    r"|\d{1,3}(?:[.,’ ]\d{3}){1,4})"
)
_THOUSANDS = re.compile(r"[-−+]?\d{1,3}(?:[.,’ ]\d{3})+")
_SEPARATED = re.compile(r"\d[.,’ ]\d")
_STARS = re.compile(r"[★⭐]+[☆✩]*")
_NOTHING = re.compile(r"\W*\Z|n/?a\Z", re.I)
_TOTAL = frozenset(stems_of("total subtotal sum altogether average mean balance summe gesamt summa totalt"))


@dataclass(frozen=True, slots=True)
class Row:
    passage: Passage
    start: int
    end: int
    cells: Mapping[str, str]  # those that are empty left out

    @property
    def text(self) -> str:
        return self.passage.text[self.start : self.end]


@dataclass(frozen=True, slots=True)
class Table:
    context: str  # of its documents: title and headings
    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    sorts: Mapping[str, str]  # of the columns of quantities: what they measure
    values: Mapping[str, Mapping[int, float]]  # of these columns, by row
    day_columns: tuple[str, ...]  # of days, months or years
    unread: frozenset[str]  # columns of amounts, some of which cannot be read

    @property
    def days(self) -> str | None:
        return next(iter(self.day_columns), None)

    @property
    def words(self) -> list[str]:
        """The columns of neither."""
        return [column for column in self.columns if column and column not in {*self.sorts, *self.day_columns}]


@dataclass(slots=True)
class _Rows:
    columns: list[str]  # as a row of names has them; [] where every row names its own
    rows: list[Row]
    is_whole: bool = True  # every row could be read


_Found = dict[tuple[str, int], _Rows]  # by headings, and where the table begins


def tables_of(parts: Sequence[Passage]) -> list[Table]:
    """Of a file's parts, in order. Rows under the same headings, with the same columns or some of them, are one table;
    those behind another row of names are another. Without rows of totals."""
    found: _Found = {}
    for part in parts:
        _read_named(part, found)
        _read_logged(part, found)
        _read_ruled(part, found)
    return [_table(context, held.rows) for (context, _), held in found.items() if held.is_whole and held.rows]


def is_nothing(cell: str) -> bool:
    """Whether a cell says nothing: "-", "n/a", "?"."""
    return _NOTHING.match(cell) is not None


def time_of(cell: str) -> Time | None:
    """The day, month or year that a cell says, and little else."""
    cell = cell.strip()
    times = times_in(cell) or times_in(f"in {cell}")
    return times[0] if times and len(cell.split()) <= WORDS else None


def _table(context: str, rows: Sequence[Row]) -> Table:
    columns = tuple(dict.fromkeys(column for row in rows for column in row.cells))
    rows = [row for row in rows if _TOTAL.isdisjoint(stems_of(next(iter(row.cells.values()), "")))]
    sorts, values, days, unread = dict[str, str](), dict[str, Mapping[int, float]](), list[str](), set[str]()
    for column in columns:
        cells = {at: cell for at, row in enumerate(rows) if not is_nothing(cell := row.cells.get(column, ""))}
        if len(cells) >= LEAST and all(time_of(cell) is not None for cell in cells.values()):
            days.append(column)
        elif len(cells) >= LEAST and (read := _amounts(list(cells.values()))) is not None:
            sorts[column] = read[0]
            values[column] = dict(zip(cells, read[1], strict=True))
        elif 2 * sum(any(c.isdigit() for c in cell) for cell in cells.values()) >= len(cells) > 0:
            unread.add(column)
    return Table(context, columns, tuple(rows), sorts, values, tuple(days), frozenset(unread))


def _amounts(cells: Sequence[str]) -> tuple[str, list[float]] | None:
    """What a column's cells measure, and how much each; None where one of them says something else."""
    bare = [cell.strip() for cell in cells]
    if all(_BARE.fullmatch(cell) for cell in bare):
        separated = [cell for cell in bare if _SEPARATED.search(cell)]
        if separated and all(_THOUSANDS.fullmatch(cell) for cell in separated):
            bare = [re.sub(r"[.,’ ]", "", cell) for cell in bare]
        return "", [written(cell.lstrip("-−+")) * (-1 if cell[0] in "-−" else 1) for cell in bare]
    read = [_amount(cell) for cell in bare]
    sorts = {one[0] for one in read if one is not None}
    return (sorts.pop(), [one[1] for one in read if one is not None]) if len(sorts) == 1 and None not in read else None


def _amount(cell: str) -> tuple[str, float] | None:
    """Of a cell that is one quantity, its unit behind or before it; one that nobody knows counts by its name."""
    if _STARS.fullmatch(cell):
        return "stars", float(len(cell.rstrip("☆✩")))
    found = list(quantities(cell))
    if len(found) != 1:
        return None
    begin, end = found[0].at
    before, behind = cell[:begin].strip(), cell[end:].strip()
    if before or re.search(r"\d|\s", behind):
        return None
    return f"{found[0].of} {behind.lower()}".strip(), found[0].value


_OF_CSV, _OF_LOGS = -1, -2  # places of their tables; of one that is drawn, of its row of names


def _read_named(part: Passage, found: _Found) -> None:
    """Rows of a csv; a line among them that looks like one and cannot be read breaks it."""
    for start, end in part.sentences:
        text = part.text[start:end]
        cells = list(_CELL.finditer(text))
        if len(cells) < 2 or cells[0].start():
            continue
        held = found.setdefault((part.context, _OF_CSV), _Rows([], []))
        row = {one["column"].strip(): one["value"].strip() for one in cells}
        is_read = all(one.end() == two.start() for one, two in pairwise(cells)) and cells[-1].end() == len(text)
        held.is_whole &= is_read and len(row) == len(cells)
        held.rows.append(Row(part, start, end, row))


def _read_logged(part: Passage, found: _Found) -> None:
    """Lines of a day, its amounts, and words behind them; two amounts of a sort in a line break it: "3 kg tomatoes, 1
    kg beans"."""
    for start, end in part.sentences:
        text = part.text[start:end]
        day = next(iter(times_in(text)), None)
        if "|" in text or day is None or not day.is_day or re.search(r"\w", text[: day.at[0]]):
            continue
        rest, told, place = text[day.at[1] :], list[tuple[str, str]](), 0
        for amount in quantities(rest):
            if re.search(r"\w", rest[place : amount.at[0]]) or not amount.of:
                break
            told.append((amount.of, rest[slice(*amount.at)]))
            place = amount.at[1]
        if told:
            held = found.setdefault((part.context, _OF_LOGS), _Rows([], []))
            sorts = [amount.of for amount in quantities(rest)]
            held.is_whole &= all(sorts.count(of) == 1 for of, _ in told)
            words = rest[place:].strip(" ,;.–-")
            cells = {DAY: text[slice(*day.at)], **dict(told), **({"": words} if words else {})}
            held.rows.append(Row(part, start, end, cells))


def _read_ruled(part: Passage, found: _Found) -> None:
    """Rows drawn with bars, behind a row of names; a part that begins within a table goes on with it. A row of another
    length breaks it."""
    drawn = [held for (context, place), held in found.items() if context == part.context and place >= 0]
    held = drawn[-1] if drawn else None
    headers = table_headers(part.text, part.sentences)
    for at, ((start, end), header) in enumerate(zip(part.sentences, headers, strict=True)):
        text = part.text[start:end]
        if (header is None and not text.lstrip().startswith("|") and " | " not in text) or _RULE.match(text):
            continue
        cells = _cells(text)
        if header is None and not any(time_of(cell) or _amounts([cell]) for cell in cells if not is_nothing(cell)):
            is_whole = len(set(cells)) == len(cells)
            held = found[part.context, part.document * _PLACES + at] = _Rows(cells, [], is_whole)
        elif held is not None:
            held.is_whole &= len(cells) == len(held.columns)
            row = {column: cell for column, cell in zip(held.columns, cells, strict=False) if cell}
            held.rows.append(Row(part, start, end, row))


def _cells(row: str) -> list[str]:
    cells = _BAR.split(_EMPHASIS.sub("", row.strip()))
    cells = cells[1:] if not cells[0].strip() else cells
    return [cell.strip() for cell in (cells[:-1] if cells and not cells[-1].strip() else cells)]
