"""The row of a table that has the most or the least, and what a column comes to: "When was my blood pressure highest?",
"What is my most expensive subscription?", "How far did I run in June altogether?"."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from engine.answering.files import Files, Told
from engine.answering.grammar import LONGEST, MONTHS
from engine.answering.quantities import quantities, written
from engine.answering.question import Question
from engine.answering.quote import Quoted, share, shown
from engine.answering.related import hints, known, themselves
from engine.answering.sentences import Scored
from engine.answering.stems import stem, stems_of
from engine.answering.tables import Row, Table, quantity, tables_of
from engine.answering.times import times_in
from engine.answering.verbs import VERBS

_NOT_AT = r"(?<!\bat )(?<!\bat the )"
_MORE = re.compile(
    r"\b(?:(?P<length>longest|farthest|furthest)|(?P<money>most expensive|dearest|priciest|costliest)"
    r"|(?P<weight>heaviest)|(?P<heat>hottest|warmest)|(?P<mark>best|highest.rated)"
    rf"|(?P<any>highest|greatest|biggest|largest|maximum|{_NOT_AT}most(?! (?:of|people|common|\w+ly|likely|often|recent"
    r"|important|popular|useful)\b)(?!(?<!\bthe most)\W*\Z)))\b",
    re.I,
)
_LESS = re.compile(
    r"\b(?:(?P<length>shortest)|(?P<money>cheapest|least expensive)|(?P<weight>lightest)|(?P<heat>coldest|coolest)"
    rf"|(?P<mark>worst)|(?P<any>lowest|smallest|fewest|minimum"
    rf"|{_NOT_AT}least(?! (?:\w+ly|likely|often)\b)(?!(?<!\bthe least)\W*\Z)))\b",
    re.I,
)
_SUM = re.compile(r"\b(?:in total|altogether|in all|all told|overall|total|sum of|adds? up to|combined)\b", re.I)
_MEAN = re.compile(r"\b(?:on average|average|mean(?= [a-z]+\W*\Z))\b", re.I)
_ASKS = re.compile(
    r"\W*(?:(?:and|so|but) )?(?:(?:on|in|at|to|for|with) )?(?:what|which|when|who|whose|where"
    r"|how (?:much|many|long|far|high|low|old|big|heavy|hot|cold|warm|fast|large|small))\b",
    re.I,
)
_ASKS_A_DAY = re.compile(r"\bwhen\b|\b(?:which|what) (?:day|date|month|year|week)\b", re.I)
_ASKS_A_VALUE = re.compile(r"\bhow (?:much|many|long|far|high|low|big|heavy|hot|cold|warm|large|small)\b", re.I)
_ASKS_A_MONTH = re.compile(r"\b(?:which|what) (?:month|year)\b", re.I)
_WHICH = re.compile(r"\W*(?:(?:on|in|at) )?which\b", re.I)
_THING = re.compile(r"\b(?:which|what) (?P<thing>[a-z]+)\b", re.I)
_SORTS: Mapping[str, tuple[str, frozenset[str]]] = {  # of quantities, and what their columns are called
    "length": (
        r"length|time",
        frozenset(map(stem, "km mile miles distance length duration min minutes hours time".split())),
    ),
    "money": (
        r"money.*",
        frozenset(map(stem, "price cost amount paid fee rent premium charge eur usd gbp sek".split())),
    ),
    "weight": (r"weight", frozenset(map(stem, "weight kg kilos grams".split()))),
    "heat": (r"heat.*", frozenset(map(stem, "temperature temp degrees celsius".split()))),
    "mark": (r"(?!)", frozenset(map(stem, "mark score rating stars vote votes points grade".split()))),
    "any": (r".*", frozenset()),
}
_OF_KIND = {"money": "money", "distance": "length", "duration": "length"}
_OF_TABLES = frozenset(map(stem, "log list table record records file sheet diary entry note notes column row".split()))
_TOTAL = frozenset(map(stem, "total sum average altogether".split()))
_EXTREME = frozenset(  # which say how it is measured, not what
    map(stem, "longest farthest furthest shortest expensive dearest priciest costliest cheapest heaviest lightest"
        " hottest warmest coldest coolest best worst highest rated greatest biggest largest maximum most lowest"
        " smallest fewest minimum least average mean much many long far high low big heavy hot cold warm large"
        " small".split())
)  # fmt: skip
LEAST = 0.6  # share of what is named that a file's title, its table's columns and rows have to have
LIGHT = 0.3  # of a verb's weight that counts: "use" and "run" are said of anything
SURE = 0.6  # that this table is meant
_DIGITS = re.compile(r"\d(?:[\d.,’' ]*\d)?")
MOST_ALIKE = 3  # rows that have as much


@dataclass(frozen=True, slots=True)
class _Asked:
    sort: str
    sign: int  # of the extreme; 0 of a sum or a mean
    is_mean: bool

    @classmethod
    def of(cls, question: Question) -> _Asked | None:
        text = question.text[:LONGEST]
        if _ASKS.match(text) is None or question.is_yes_no:
            return None
        more, less = list(_MORE.finditer(text)), list(_LESS.finditer(text))
        if len(more) + len(less) == 1:
            match = (more or less)[0]
            return cls(str(match.lastgroup), 1 if more else -1, is_mean=False)
        kind = question.kind.name if question.kind is not None else ""
        is_mean = _MEAN.search(text) is not None
        if more or less or not (is_mean or _SUM.search(text)):
            return None
        return cls(_OF_KIND.get(kind, "any"), 0, is_mean)


@dataclass(frozen=True, slots=True)
class _Found:
    share: float
    lead: float
    table: Table
    rows: tuple[Row, ...]  # of which is asked
    column: str


def extreme_of(files: Files) -> Told | None:
    """Out of the table that is named best; None where no such thing is asked, or no table has it."""
    question = files.question
    asked = _Asked.of(question)
    if asked is None:
        return None
    timed = frozenset[str]().union(*(stems for _, stems in question.times))
    left_out = _EXTREME | _OF_TABLES | question.kind_stems | timed | (frozenset[str]() if asked.sign else _TOTAL)
    named = {s: weight * (LIGHT if s in VERBS else 1.0) for s, weight in files.weights.items() if s not in left_out}
    if not named:
        return None
    found = max(_tables(files, asked, named), key=lambda one: (one.share, one.lead), default=None)
    if found is None:
        return None
    return _extreme(question, asked, found) if asked.sign else _sum(asked, found)


def _tables(files: Files, asked: _Asked, named: Mapping[str, float]) -> Iterator[_Found]:
    """Those that have enough of what is named, and such a column. named: weights of stems."""
    seen = set[tuple[str, str | None]]()
    for part in sorted(files.passages.values(), key=lambda one: -files.lead(one)):
        if (part.title, part.date) in seen or not any(tables_of([part])):
            continue
        seen.add((part.title, part.date))
        for table in tables_of(files.of(part)):
            held = known(stems_of(" ".join([part.context, *table.columns])), named)
            rows, own = _rows(files.question, table, frozenset(named) - themselves(held))
            if not rows or (files.question.times and table.days is None and not files.question.timed(part.context)):
                continue
            told = share(themselves(held) | hints(held) | own, named)
            column = _column(table, asked.sort, {s: w for s, w in files.weights.items() if s not in _EXTREME})
            if told >= LEAST and column is not None:
                yield _Found(told, files.lead(part), table, rows, column)


def _rows(question: Question, table: Table, others: frozenset[str]) -> tuple[tuple[Row, ...], frozenset[str]]:
    """The rows of which is asked: of the times that are named, with what is named and not every row has; and that.
    others: stems that neither title nor columns have."""
    rows = [row for row in table.rows if _TOTAL.isdisjoint(stems_of(row.cells.get(table.labels or "", "")))]
    if question.times and (days := table.days) is not None:
        rows = [row for row in rows if _is_of(question, row.cells.get(days, ""))]
    held = [themselves(known(stems_of(" ".join(row.cells.values())), others)) for row in rows]
    own = frozenset[str]().union(*held)
    return tuple(row for row, stems in zip(rows, held, strict=True) if own <= stems), own


def _is_of(question: Question, cell: str) -> bool:
    named = times_in(cell) or times_in(f"in {cell}")
    return any(time.covers(one) for time, _ in question.times for one in named[:1])


def _column(table: Table, sort: str, weights: Mapping[str, float]) -> str | None:
    """The column of quantities that is named, or that is of this sort; of any sort the first that does not only rise,
    as the readings of a meter do."""
    form, names = _SORTS[sort]
    found = {column: amounts for column in table.columns if (amounts := table.quantities(column))}
    fitting = [
        column
        for column, amounts in found.items()
        if re.fullmatch(form, amounts[0][1].of) or not names.isdisjoint(stems_of(column))
    ]
    told = {column: share(themselves(known(stems_of(column), weights)), weights) for column in fitting}
    if told and (best := max(told, key=lambda column: told[column])) and told[best] > 0:
        return best
    for column in fitting:
        values = [amount.value for _, amount in found[column]]
        if sort != "any" or not (all(a < b for a, b in pairwise(values)) or all(a > b for a, b in pairwise(values))):
            return column
    return None


def _extreme(question: Question, asked: _Asked, found: _Found) -> Told | None:
    values = [(row, amount.value) for row, amount in found.table.quantities(found.column) if row in found.rows]
    if not values:
        return None
    extreme = max(asked.sign * value for _, value in values)
    rows = [row for row, value in values if asked.sign * value == extreme]
    if len(rows) > MOST_ALIKE:
        return None
    column = _answering(question, found)
    cells = [_with_unit(row.cells.get(column, ""), column) for row in rows]
    if (span := _ASKS_A_MONTH.search(question.text[:LONGEST])) is not None and column == found.table.days:
        cells = [_month(cell, of_year=span.group().endswith("r")) for cell in cells]
    short = " and ".join(dict.fromkeys(filter(None, cells)))
    return _told(rows, short)


def _answering(question: Question, found: _Found) -> str:
    """The column that holds what is asked for: a day, a value, a thing that is named, or what each row is."""
    text, table = question.text[:LONGEST], found.table
    if _ASKS_A_DAY.search(text) is not None and table.days is not None:
        return table.days
    if _ASKS_A_VALUE.search(text) is not None:
        return found.column
    thing = _THING.search(text)
    for column in table.columns:
        if thing is not None and stem(thing["thing"].lower()) in stems_of(column):
            return column
    if table.labels is not None and table.labels == table.columns[0]:
        return table.labels
    return table.days if _WHICH.match(text) is not None and table.days is not None else found.column


def _sum(asked: _Asked, found: _Found) -> Told | None:
    """What the rows come to, where no row of the file says so itself."""
    amounts = [(row, amount) for row, amount in found.table.quantities(found.column) if row in found.rows]
    has_total = any(not _TOTAL.isdisjoint(stems_of(row.text)) for row in found.table.rows)
    if has_total or len(amounts) < 2:
        return None
    cells = [row.cells[found.column] for row, _ in amounts]
    values = [_number(cell) for cell in cells]
    places = max(len(text.partition(".")[2]) for _, text in values)
    total = sum(value for value, _ in values) / (len(values) if asked.is_mean else 1)
    shown_as = f"{total:,.{min(2, places + asked.is_mean)}f}"
    return _told([row for row, _ in amounts], _with_unit(cells[0].replace(values[0][1], shown_as, 1), found.column))


def _number(cell: str) -> tuple[float, str]:
    """Its number, in the unit it is written in, and how it is written."""
    match = _DIGITS.search(cell)
    return (written(match.group()), match.group()) if match is not None else (0.0, "")


def _with_unit(cell: str, column: str) -> str:
    """A lone number with its column's name, where that is a unit: "18.1 km"."""
    amount = quantity(cell)
    is_unit = amount is not None and not amount.of and any(one.of for one in quantities(f"2 {column}"))
    return f"{cell} {column}" if is_unit else cell


def _month(cell: str, *, of_year: bool) -> str:
    """The month or the year that a day is of; the cell where that is not told."""
    time = next(iter(times_in(cell) or times_in(f"in {cell}")), None)
    if time is None:
        return cell
    *year, month, _ = time.first.split("-")
    return " ".join(year if of_year and year else [MONTHS[int(month) - 1], *year])


def _told(rows: Sequence[Row], short: str) -> Told:
    lines = [Scored(row.passage.document, row.start, row.end, row.text, SURE, frozenset(), frozenset()) for row in rows]
    return Told(Quoted(tuple(lines), SURE, tuple(shown(lines)), is_whole=True), short)
