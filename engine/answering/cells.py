"""The cell of a table's row that a question asks for: "Where did I buy the headphones?" of a list of purchases, "What
was the water meter at the end of October?" of readings.

A wrong cell is a wrong answer that looks right. So the table has to be one of purchases, by its columns, of nobody
else; a row has to have every word that the question has beyond its form, the thing as a thing and not before another
("laptop" is no laptop bag); and what was sent back, is still to come or of somebody else answers nothing."""

from __future__ import annotations

import re
from datetime import date

from engine.answering.evidence.last import asks_the_last
from engine.answering.files import Files, Told
from engine.answering.questions.kinds import MONEY
from engine.answering.questions.question import Question
from engine.answering.rows import has, rows_of, rows_told, tables_in
from engine.answering.texts.plans import DAY
from engine.answering.texts.tables import Row, Table, is_nothing, time_of
from engine.answering.words.grammar import LONGEST
from engine.answering.words.stems import STOP, stems_of

_BOUGHT = r"(?:buy|bought|order(?:ed)?|purchased?)\b"
_I = r"(?:I|we) (?:last )?"
_FORMS = [
    (form, re.compile(rf"\W*(?:(?:and|so|but) )?{pattern}", re.I))
    for form, pattern in (
        ("where", rf"(?:where|(?:in|at) (?:which|what) (?:shop|store)) (?:did|have|had) {_I}{_BOUGHT}"),
        ("bought", rf"what (?:all )?(?:did|have|had) {_I}{_BOUGHT}"),
        ("when", rf"(?:when|on (?:which|what) day) (?:did|have|had) {_I}{_BOUGHT}"),
        ("price", rf"(?:how much|what) did {_I}(?:pay for|spend)\b"),
        ("price", r"(?:how much|what) (?:did|does) .{1,60}\bcost\W*\Z|how much (?:was|were) |what was the price of "),
        ("reading", r"what(?:['’]s| is| are| was| were) (?:the |my |our )"),
    )
]
_OTHERWISE = re.compile(
    r"\b(?:no|not|never|\w+n['’]t|without|except|other|besides|total|altogether|average|sum|per|each|every|since|until"
    r"|till|between|before|after|more|less|than|chang\w*|difference|usually|again|why|want\w*|ha(?:ve|d) to|only"
    r"|(?<!the )most|least|best|worst|over|under|but|with|share|it|back|return\w*|he|she|they|his|her|their|you|your"
    r"|him|them|an? (?:year|month|week|day|lit(?:re|er)|kilo|hour)|yearly|monthly|weekly|how (?!much\b)\w+)\b",
    re.I,
)
_AT = re.compile(r"\b(?:at|from|in) (?P<shop>\w[^?]*)", re.I)
_SHOPS = frozenset(stems_of("shop store merchant seller vendor supplier payee retailer"))
_ITEMS = frozenset(stems_of("item what product article description purchase thing name"))
_PRICES = frozenset(stems_of("price cost amount paid sum total"))
_NEUTRAL = frozenset(stems_of("date day when bought ordered purchased paid"))
_ASIDE = frozenset(  # titles and columns of tables that are no purchases of one's own
    stems_of(
        "wish wishlist sold sale sell lent lend loan borrow buyer client customer premium insurance offer quote due"
    )
    + stems_of("compare comparison priority gift present plan planned budget timesheet income salary estimate expires")
)
_PERSONS = frozenset(stems_of("who whose person payer buyer owner by for to from recipient sender member split"))
_SAID = frozenset(stems_of("buy bought order purchase pay paid spend cost price much last latest recent shop store"))
_READINGS = frozenset(stems_of("reading value"))  # what a column of them is called
_READ = _READINGS | frozenset(stems_of("meter level last latest recent end beginning start"))
_UNDONE = re.compile(
    r"(?:no|not yet|open|due|booked|planned|pending|moved)\Z|.*\b(?:cancel|return|refund|sent back|salary|transfer)",
    re.I,
)
_ANOTHERS = re.compile(r"\w['’]s?\b")
_PART = re.compile(r",|;|\+|&|\band\b|\(.*?\)")
_ROW = re.compile(r"[^:;|\n]{1,60}: [^;\n]*; |\s*\|")
MOST = 6  # rows that tell it together


def cell_of(files: Files) -> Told | None:
    """Out of the only table that has all that is named; None where no such thing is asked."""
    question = files.question
    text = question.text[:LONGEST]
    form = next((form for form, pattern in _FORMS if pattern.match(text) is not None), None)
    if form is None or _OTHERWISE.search(text) is not None or (question.asks_now and not asks_the_last(question)):
        return None
    if not any(_ROW.match(part.text, a, b) for part in files.passages.values() for a, b in part.sentences):
        return None
    tell = _reading if form == "reading" else _purchase
    found = {
        told.quoted.text: told
        for table in tables_in(files)
        if len(table.day_columns) == 1 and (told := tell(question, form, table)) is not None
    }
    return next(iter(found.values())) if len(found) == 1 else None


def _named(question: Question) -> frozenset[str]:
    """What a question names besides times."""
    return frozenset(question.stems) - frozenset[str]().union(*(stems for _, stems in question.times))


def _purchase(question: Question, form: str, table: Table) -> Told | None:
    names = frozenset(stems_of(" ".join([table.context, *table.columns])))
    shops, items = ([one for one in table.words if has(one, of)] for of in (_SHOPS, _ITEMS))
    prices = [one for one in table.columns if has(one, _PRICES) or _is_money(table, one)]
    if not (len(items) == 1 == len(prices)) or len(shops) > 1 or not has(table.day_columns[0], _NEUTRAL):
        return None
    if not _ASIDE.isdisjoint(names) or _is_of_several(table) or _ANOTHERS.search(table.context):
        return None
    if any(value < 0 for value in table.values.get(prices[0], {}).values()):
        return None  # with refunds among them
    column = {"where": next(iter(shops), None), "bought": items[0], "when": table.days, "price": prices[0]}[form]
    others = _named(question) - _SAID
    if column is None or not (others or question.times):
        return None
    then = rows_of(question, table, frozenset())
    rows = [at for at in then if _is_of(table.rows[at], others, items[0], shops, question)]
    joined = "" if form == "price" and len(rows) > 1 else ", "  # what they come to is not told
    return _told(question, table, rows, column, joined, MOST)


def _is_money(table: Table, column: str) -> bool:
    return any(MONEY.search(row.cells.get(column, "")) is not None for row in table.rows)


def _is_of_several(table: Table) -> bool:
    """Whether a column says of whom a row is: then it need not be one's own."""
    return any(has(column, _PERSONS) for column in table.columns)


def _is_of(row: Row, others: frozenset[str], items: str, shops: list[str], question: Question) -> bool:
    """Whether a row has all that is named: a thing that is bought, and where."""
    item = row.cells.get(items, "")
    at = frozenset(stems_of(row.cells.get(shops[0], ""))) if shops else frozenset[str]()
    asked = _AT.search(question.text[:LONGEST])
    shop = others & at & frozenset(stems_of(asked["shop"]) if asked is not None else ())
    things = others - shop
    heads = {words[-1] for part in _PART.split(item) if (words := stems_of(part))}
    return things <= frozenset(stems_of(item)) and (not things or not heads.isdisjoint(things))


def _reading(question: Question, form: str, table: Table) -> Told | None:
    """Of readings: the column whose name, with the title, has every word of the question."""
    named = _named(question)
    others = named - _READ
    title = frozenset(stems_of(table.context))
    columns = [one for one in table.sorts if others <= title | frozenset(stems_of(one)) and has(one, named | _READINGS)]
    if len(columns) != 1 or not has(table.day_columns[0], _NEUTRAL) or _is_of_several(table):
        return None
    if not named or not (question.times or asks_the_last(question)):
        return None
    return _told(question, table, rows_of(question, table, frozenset()), columns[0], ", ", 1)


def _told(question: Question, table: Table, rows: list[int], column: str, joined: str, most: int) -> Told | None:
    """What these rows say; None where one is undone or of days to come."""
    days = {at: time_of(table.rows[at].cells.get(table.day_columns[0], "")) for at in rows}
    known = {at: time.first for at, time in days.items() if time is not None and len(time.first) == DAY}
    if len(known) < len(rows) or any(day > date.today().isoformat() for day in known.values()):
        return None
    if asks_the_last(question):
        last = max(known.values(), default="")
        rows, most = [at for at in rows if known[at] == last], 1
    cells = [table.rows[at].cells.get(column, "") for at in rows]
    if not 0 < len(rows) <= most or any(is_nothing(cell) for cell in cells):
        return None
    if any(_UNDONE.match(cell) for at in rows for cell in table.rows[at].cells.values()):
        return None
    short = joined.join(dict.fromkeys(cells)) if joined else ""
    is_new = any(s not in question.stems for s in stems_of(short) if s not in STOP)
    return rows_told([table.rows[at] for at in rows], short) if is_new or not short else None
