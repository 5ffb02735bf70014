"""The row of a table that has the most or the least: "When was my blood pressure highest?", "What is my most expensive
subscription?".

A table answers where it has every thing that the question names: another row is a wrong answer that looks like a right
one. What a column comes to is not told: what may be added, and what not, a table does not say (docs/log.md)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

from engine.answering.files import Files, Told
from engine.answering.questions.question import Question
from engine.answering.rows import has, rows_of, rows_told, tables_in
from engine.answering.texts.tables import Row, Table, time_of
from engine.answering.words.grammar import LONGEST, MONTHS
from engine.answering.words.quantities import quantities
from engine.answering.words.related import known, themselves
from engine.answering.words.stems import STOP, WORD, plain, stem, stems_of

_NOT_AT = r"(?<!\bat )(?<!\bat the )"
_MORE = re.compile(
    r"\b(?:(?P<length>longest|farthest|furthest)|(?P<money>most expensive|dearest|priciest|costliest)"
    r"|(?P<weight>heaviest)|(?P<heat>hottest|warmest)|(?P<mark>best|highest.rated)"
    rf"|(?P<any>highest|greatest|biggest|largest|{_NOT_AT}(?P<amount>most)\b(?!(?<!\bthe most)\W*\Z"
    r"| (?:of|people|weeks?|days?|months|years|times?|mornings?|evenings?|nights?)\b)))\b",
    re.I,
)
_LESS = re.compile(
    r"\b(?:(?P<length>shortest)|(?P<money>cheapest|least expensive)|(?P<weight>lightest)|(?P<heat>coldest|coolest)"
    r"|(?P<mark>worst)"
    rf"|(?P<any>lowest|smallest|{_NOT_AT}(?P<amount>least|fewest)\b(?!(?<!\bthe least)\W*\Z)))\b",
    re.I,
)
_ASKS = re.compile(
    r"\W*(?:(?:and|so|but) )?(?:(?:on|in|at|to|for|with) )?(?P<asks>what|which|when|who|where"
    r"|how (?:much|many|long|far|high|low|big|heavy|hot|cold|warm|large|small))\b"
    r"(?!.*\b(?:when|where|why|who|how)\b)",
    re.I,
)
_BEYOND = re.compile(  # rows that are counted off or left out, of a span, or together; what may or should be
    r"\b(?:second|third|fourth|next|last|first|latest|previous|not|\w+n['’]t|without|except|excluding|other|apart|besides"
    r"|but|between|since|until|till|before|after|by|from|per|each|every|average|mean|total|altogether|sum|change\w*|can"
    r"|could|should|would|(?-i:may)|might|must|will|when do(?:es)?|day of the week)\b",
    re.I,
)
_WHAT_IS = re.compile(r"\W*(?:(?:and|so|but) )?what(?:['’]s| is| was| are| were)\b", re.I)
_A_DAY = re.compile(r"\b(?:which|what) (day|date|month|year)\b", re.I)
_THING = re.compile(r"\b(?:which|what|whose) (?:of (?:the|my|our) )?([a-z]+)\b", re.I)
_SORTS: Mapping[str, tuple[str, frozenset[str]]] = {  # of quantities, and what their columns are called
    "length": (r"length|time", frozenset(stems_of("km mile miles distance length duration min minutes hours time"))),
    "time": (r"time", frozenset(stems_of("duration min minutes hours time"))),
    "money": (r"money.*", frozenset(stems_of("price cost amount paid fee rent premium charge eur usd gbp sek"))),
    "weight": (r"weight", frozenset(stems_of("weight kg kilos grams"))),
    "heat": (r"heat.*", frozenset(stems_of("temperature temp degrees celsius"))),
    "mark": (r"(?!)", frozenset(stems_of("mark marks score rating stars vote votes points"))),
    "any": (r".*", frozenset()),
}
_OF_UNIT = {  # what a column called by its unit measures
    unit: stems_of(of)
    for unit, of in (
        ("kwh", "electricity power energy"),
        ("km", "distance"),
        ("kg", "weight"),
        ("bpm", "pulse heart rate"),
    )
}
_MONEY = frozenset(stems_of("price cost pay spend fee rent bill premium"))
_TAKES = re.compile(r"\b(?:took|takes?|lasts?|lasted|minutes|hours)\b", re.I)
_PERIOD = re.compile(r"\b(week|month|quarter|year|annual)(?:ly)?\b", re.I)
_NO_MEASURE = frozenset(
    stems_of("id nr no number zip postcode phone mobile code year since born place rank position grade")
)
_UNSAID = frozenset(  # of what need not stand in a table
    stems_of("log list table record records file sheet diary entry note notes column row day date month year week time")
    + stems_of("pay cost spend buy price much many long far high low big heavy hot cold warm fast large small get have")
)
UNTOLD = 0.1  # where it is, and no row says it: "At which shop did I spend the most?"
MOST_ALIKE = 3  # rows that have as much


@dataclass(frozen=True, slots=True)
class _Asked:
    sort: str
    sign: int
    of_all: bool  # "the most": may be the sum of several rows
    named: frozenset[str]  # stems of what a table has to have

    @classmethod
    def of(cls, question: Question) -> _Asked | None:
        text = question.text[:LONGEST]
        found = [(match, sign) for sign, form in ((1, _MORE), (-1, _LESS)) for match in form.finditer(text)]
        if len(found) != 1 or question.is_yes_no or _ASKS.match(text) is None:
            return None
        (match, sign), (begin, end) = found[0], found[0][0].span()
        rest = f"{text[:begin]} {text[end:]}"
        if _BEYOND.search(rest) is not None:
            return None
        timed = frozenset[str]().union(*(stems for _, stems in question.times))
        words = (plain(word.group().lower()) for word in WORD.finditer(rest))
        named = frozenset(stem(word) for word in words if word not in STOP) - _UNSAID - timed
        sort = next(name for name in _SORTS if match.groupdict().get(name))
        if sort == "any" and not _MONEY.isdisjoint(question.stems):
            sort = "money"
        if sort == "length" and _TAKES.search(rest) is not None:
            sort = "time"
        return cls(sort, sign, match["amount"] is not None, named) if named else None


def extreme_of(files: Files) -> Told | None:
    """Out of the table that has all that is named; None where no such thing is asked, or no table has it, or two
    have."""
    asked = _Asked.of(files.question)
    if asked is None:
        return None
    found = {
        told.quoted.text: told
        for table in tables_in(files)
        if (told := _of_table(files.question, asked, table)) is not None
    }
    return next(iter(found.values())) if len(found) == 1 else None


def _of_table(question: Question, asked: _Asked, table: Table) -> Told | None:
    names = stems_of(" ".join([table.context, *table.columns]))
    names += [of for unit, all_of in _OF_UNIT.items() if unit in names for of in all_of]
    titled = themselves(known(names, asked.named))
    rows = rows_of(question, table, asked.named - titled)
    column = _column(table, asked)
    if not rows or column is None:
        return None
    values = table.values[column]
    extreme = max((asked.sign * values[at] for at in rows if at in values), default=None)
    best = [at for at in rows if at in values and asked.sign * values[at] == extreme]
    if not 0 < len(best) <= MOST_ALIKE:
        return None
    told = _answering(question, table, column)
    if asked.of_all and told != column and (told is None or _repeats(question, table, rows, told)):
        return rows_told([table.rows[at] for at in best], "", UNTOLD)  # the most may be that of several rows together
    cells = [_written(question, table, table.rows[at], told, column) for at in best] if told is not None else []
    return rows_told([table.rows[at] for at in best], " and ".join(dict.fromkeys(filter(None, cells))))


def _column(table: Table, asked: _Asked) -> str | None:
    """The column of quantities that is named, or that is of this sort; of any sort the first that counts something, and
    does not only rise, as the readings of a meter do. None as well where the one that would be it cannot be read."""
    form, names = _SORTS[asked.sort]
    named = [one for one in table.columns if not asked.named.isdisjoint(themselves(known(stems_of(one), asked.named)))]
    called = [one for one in table.columns if one != table.days and not names.isdisjoint(stems_of(one))]
    if {"min", "max"} <= {one.lower() for one in table.columns} or not table.unread.isdisjoint([*named, *called]):
        return None
    if asked.sort == "money" and len({m.lower() for row in table.rows for m in _PERIOD.findall(row.text)}) > 1:
        return None  # 14 a month is more than 120 a year
    fitting = [
        one
        for one, of in table.sorts.items()
        if _NO_MEASURE.isdisjoint(stems_of(one)) and (one in called or re.fullmatch(form, of) is not None)
    ]
    told = [one for one in fitting if one in named or asked.sort != "any" or not _rises(table, one)]
    return next((one for one in told if one in named), next(iter(told), None))


def _rises(table: Table, column: str) -> bool:
    values = list(table.values[column].values())
    return all(a <= b for a, b in pairwise(values)) or all(a >= b for a, b in pairwise(values))


def _answering(question: Question, table: Table, column: str) -> str | None:
    """The column that holds what is asked for; None where that is not plain, and the row is all there is to show."""
    text = question.text[:LONGEST]
    match, is_what = _ASKS.match(text), _WHAT_IS.match(text) is not None
    asks = match["asks"].lower() if match is not None else ""
    others = [one for one in table.columns if one != column]
    named = [one for one in others if has(one, question.stems)]
    told = [one for one in named if not has(one, stems_of(table.context))] or named
    if asks == "when" or _A_DAY.search(text) is not None:
        days = [one for one in told if one in table.day_columns] or list(table.day_columns)
        return days[0] if len(days) == 1 else None
    is_money = question.kind is not None and question.kind.name == "money" and asks == "what"
    if asks.startswith("how") or is_money or (is_what and has(column, question.stems)):
        is_of_both = asks == "how long" and any(not _SORTS["time"][1].isdisjoint(stems_of(one)) for one in others)
        return column if not is_of_both else None
    if (thing := _THING.search(text)) is not None and (of := [one for one in others if has(one, stems_of(thing[1]))]):
        return of[0]
    if told:
        return told[0] if len(told) == 1 else None
    if asks in ("what", "which") and table.columns[0] in table.words:
        return table.columns[0]
    if asks == "which":
        return table.days
    return column if is_what else None


def _repeats(question: Question, table: Table, rows: list[int], told: str) -> bool:
    cells = [table.rows[at].cells.get(told, "") for at in rows]
    if told == table.days and _longer_than_a_day(question):
        cells = [time.first[:-3] for cell in cells if (time := time_of(cell)) is not None]
    return len(set(cells)) < len(cells)


def _longer_than_a_day(question: Question) -> str:
    """`month` or `year`, where that is asked for."""
    asked = _A_DAY.search(question.text[:LONGEST])
    return asked[1].lower() if asked is not None and asked[1].lower() in ("month", "year") else ""


def _written(question: Question, table: Table, row: Row, told: str, column: str) -> str:
    """What a cell says: a lone number with its column's unit, "18.1 km"; of a day the month where that is asked for."""
    cell = row.cells.get(told, "")
    is_bare = told == column and not table.sorts[column]
    if is_bare and any(one.of not in ("", "time") for one in quantities(f"2 {column}")):
        return f"{cell} {column}"
    span = _longer_than_a_day(question) if told in table.day_columns else ""
    time = time_of(cell) if span else None
    if time is None:
        return cell
    *year, month, _ = time.first.split("-")
    return " ".join(year if year and span == "year" else [MONTHS[int(month) - 1], *year])
