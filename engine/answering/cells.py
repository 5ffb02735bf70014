"""The cell of a table's row that a question asks for: "Where did I buy the headphones?" of a list of purchases, "What
was the water meter at the end of October?" of readings.

A row answers where it is the only one, of all tables that are open, that has every thing and every time which the
question names, or the last of those where the last is asked for. What was bought on a day, when, and for how much is
told by a few rows as well; what they come to is not (rows.py)."""

from __future__ import annotations

import re

from engine.answering.evidence.last import asks_the_last
from engine.answering.files import Files, Told
from engine.answering.questions.question import Question
from engine.answering.rows import UNSAID, has, rows_of, rows_told, tables_in
from engine.answering.texts.tables import Table, time_of
from engine.answering.words.grammar import LONGEST
from engine.answering.words.related import known, themselves
from engine.answering.words.stems import stems_of

_BOUGHT = r"(?:buy|bought|order(?:ed)?|purchased?|get|pay for)\b"
_FORMS = [
    (form, re.compile(rf"\W*(?:(?:and|so|but) )?{pattern}", re.I))
    for form, pattern in (
        ("where", rf"(?:where|(?:in|at) (?:which|what) (?:shop|store)) (?:did|have|had) (?:I|we) (?:\w+ )?{_BOUGHT}"),
        ("bought", rf"what (?:all )?(?:did|have|had) (?:I|we) (?:\w+ )?{_BOUGHT}"),
        ("price", r"how much (?:did|was|were|is|are|do|does|have)\b"),
        ("price", r"what (?:(?:did|does) .*\bcosts?\b|did (?:I|we) (?:pay|spend)\b|(?:is|was) the price\b)"),
        ("when", r"(?:when|on (?:which|what) day) (?:did|was|were|have)\b"),
        ("named", r"what(?:['’]s| is| was| were| are)\b"),
    )
]
_OTHERWISE = re.compile(
    r"\b(?:not|never|\w+n['’]t|without|except|other|besides|total|altogether|average|sum|per|each|every|since|until|till"
    r"|between|from|before|after|more|less|than|change\w*|difference|usually|again|why|how (?!much\b)\w+)\b",
    re.I,
)
_SHOPS = frozenset(stems_of("shop store merchant seller vendor supplier payee retailer"))
_ITEMS = frozenset(stems_of("item what product article description purchase thing"))
_PRICES = frozenset(stems_of("price cost amount paid"))
_SAID = UNSAID | frozenset(
    stems_of(
        "order purchase shop store last latest recent reading meter value figure entry end beginning start total number"
    )
)
_ROW = re.compile(r"[^:;|\n]{1,60}: [^;\n]*; |\s*\|")
_SPENT = re.compile(rf"\bdid (?:I|we) (?:\w+ )?(?:spend|pay|{_BOUGHT})", re.I)
MOST = 6  # rows that tell it together


def cell_of(files: Files) -> Told | None:
    """Out of the only row that has all that is named; None where no such thing is asked, or two tables have one."""
    question = files.question
    text = question.text[:LONGEST]
    forms = [form for form, pattern in _FORMS if pattern.match(text) is not None]
    is_last = asks_the_last(question)
    if not forms or _OTHERWISE.search(text) is not None or (question.asks_now and not is_last):
        return None
    rows = [part for part in files.passages.values() if any(_ROW.match(part.text, a, b) for a, b in part.sentences)]
    if not rows:
        return None
    found = {
        told.quoted.text: told
        for table in tables_in(files)
        if (told := _of_table(question, forms[0], table, is_last)) is not None
    }
    return next(iter(found.values())) if len(found) == 1 else None


def _of_table(question: Question, form: str, table: Table, is_last: bool) -> Told | None:
    timed = frozenset[str]().union(*(stems for _, stems in question.times))
    asked = frozenset(question.stems) - timed
    column = _column(asked, form, table)
    if column is None or len(table.rows) < 2:
        return None
    names = stems_of(" ".join([table.context, *table.columns]))
    named = asked - _SAID
    others = named - themselves(known(names, named))
    if not (others or question.times or is_last):
        return None
    rows = [at for at in rows_of(question, table, others) if table.rows[at].cells.get(column)]
    if is_last:
        days = {at: time.first for at in rows if (time := time_of(table.rows[at].cells.get(table.days or "", "")))}
        rows = [max(days, key=lambda at: days[at])] if days and len(days) == len(rows) else []
    is_of_several = form != "named" and _SPENT.search(question.text[:LONGEST]) is not None
    if not 0 < len(rows) <= (MOST if is_of_several else 1):
        return None
    cells = [table.rows[at].cells[column] for at in rows]
    short = "" if form == "price" and len(rows) > 1 else ", ".join(dict.fromkeys(cells))
    return rows_told([table.rows[at] for at in rows], short)


def _column(asked: frozenset[str], form: str, table: Table) -> str | None:
    """The only column that may hold what is asked for."""
    if form == "when":
        found = list(table.day_columns)
    elif form == "price":
        found = [one for one in table.columns if table.sorts.get(one, "-").startswith("money")]
        found = found or [one for one in table.sorts if has(one, _PRICES)]
    elif form == "named":
        found = [one for one in table.columns if one not in table.day_columns and has(one, asked)]
    else:
        found = [one for one in table.words if has(one, _SHOPS if form == "where" else _ITEMS)]
    return found[0] if len(found) == 1 else None
