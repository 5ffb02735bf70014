"""The most and the least of a table's column, and what it comes to."""

from __future__ import annotations

import re

import pytest
from rare import POLICY, Rare, reading

from engine.answering.quoting import Quoting
from engine.answering.tables import quantity, tables_of
from engine.interleave import Hop
from engine.library import Passage

RUNS = """| date | km | min | remark |
|---|---|---|---|
| 2024-06-05 | 11.1 | 60 | with Rex |
| 2024-06-13 | 18.1 | 113 | stitch in the side |
| 2024-07-04 | 4.6 | 23 | with Rex |
| 2024-07-11 | 6.2 | 131 | heavy legs |"""
SUBSCRIPTIONS = """what: gym; per_month: 40.00 GBP; paid_by: Boris
what: car club; per_month: 4.99 pounds; paid_by: me
what: newspaper; per_month: GBP 13.99; paid_by: me"""
PRESSURE = """date: 2025-04-10; systolic: 123; diastolic: 74
date: 2025-04-11; systolic: 118; diastolic: 96; note: after stairs
date: 2025-04-15; systolic: 152; diastolic: 85
date: 2025-05-02; systolic: 131; diastolic: 80"""
METER = """date: 2025-01-02; reading_kwh: 38185; used_kwh: 277
date: 2025-02-01; reading_kwh: 38326; used_kwh: 441
date: 2025-03-03; reading_kwh: 38614; used_kwh: 288"""
SLEEP = """28 July: 7.1 h, fine
29 July: 5.5 h, heavy
1 August: 8.3 h, slept through"""
BOOKS = """| book | host | mark |
|---|---|---|
| Middlemarch | Ada | 8.5 |
| Emma | Tom | 9 |
| Ulysses | Ada | 3 |
| **Total** | | 20.5 |"""
FILES = {
    "Runs": RUNS, "Subscriptions": SUBSCRIPTIONS, "Blood pressure": PRESSURE, "Power meter, electricity": METER,
    "Sleep": SLEEP, "Book club": BOOKS,
}  # fmt: skip


def lines(text: str) -> list[tuple[int, int]]:
    """Spans of the lines: rows of a table are sentences."""
    return [match.span() for match in re.finditer(r"[^\n]+", text)]


def told(question: str, files: dict[str, str] = FILES, *more: Passage) -> tuple[str, str] | None:
    """The short answer, and what is shown; None where no table answers."""
    passages = tuple(Passage(n, f"{title}\n", text, lines(text)) for n, (title, text) in enumerate(files.items(), 1))
    held = Quoting(question, Rare(*more), POLICY, *reading())  # type: ignore[arg-type]
    held.following([Hop(1, [], passages, "the question", {1: 1.0, 2: 0.9})])
    quoted = held.chosen()
    if quoted is None or held.whole is None or quoted is not held.whole.quoted:
        return None
    return held.span(quoted)[0], quoted.text


@pytest.mark.parametrize(
    ("question", "short", "row"),
    [
        ("When was my blood pressure highest?", "2025-04-15", "systolic: 152"),
        ("On which day was the diastolic blood pressure highest?", "2025-04-11", "diastolic: 96"),
        ("What was my highest blood pressure in May?", "131", "2025-05-02"),
        ("What was my longest run?", "18.1 km", "2024-06-13"),
        ("When was my shortest run?", "2024-07-04", "4.6"),
        ("How far was my longest run in July?", "6.2 km", "2024-07-11"),
        ("How long was my longest run with Rex?", "11.1 km", "2024-06-05"),
        ("What is my cheapest subscription?", "car club", "4.99"),
        ("Who pays the most expensive subscription?", "gym", "Boris"),
        ("In which month did we use the most electricity?", "February 2025", "441"),
        ("When did I sleep the least?", "29 July", "5.5 h"),
        ("How long was my longest sleep?", "8.3 h", "1 August"),
        ("Which book got the best mark in the book club?", "Emma", "9"),
        ("Which book of Ada's got the worst mark in the book club?", "Ulysses", "3"),
        ("How far did I run in June altogether?", "29.2 km", "11.1"),
        ("How much do my subscriptions cost in total?", "58.98 GBP", "gym"),
        ("What is my average diastolic blood pressure?", "83.8", "74"),
    ],
)
def test_the_row_that_has_it(question: str, short: str, row: str) -> None:
    found = told(question)
    assert found is not None
    assert found[0] == short
    assert row in found[1]


@pytest.mark.parametrize(
    "question",
    [
        "What was my longest swim?",  # of no table
        "When was my blood pressure highest in June?",  # of no row
        "When did I measure my blood pressure?",
        "Was my blood pressure highest in April?",
        "Why was my blood pressure highest on the stairs?",
        "What is the heaviest subscription?",  # has no such column
        "Which run did I like most?",
        "What is the total of the marks in the book club?",  # the table says so itself
        "How many subscriptions do I have at most?",
        "Who is most likely to run?",
    ],
)
def test_nothing_else(question: str) -> None:
    assert told(question) is None


def test_parts_of_the_file_that_are_not_open_count() -> None:
    rest = Passage(9, "Subscriptions\n", "what: boat; per_month: 99.00 GBP; paid_by: me", [(0, 45)])
    assert told("What is my most expensive subscription?", FILES, rest) == ("boat", rest.text)


def test_rows_that_have_as_much() -> None:
    found = told("When was my longest run?", {"Runs": RUNS.replace("11.1", "18.1")})
    assert found is not None
    assert found[0] == "2024-06-05 and 2024-06-13"
    assert told("When was my longest run?", {"Runs": re.sub(r"\d+\.\d", "9", RUNS)}) is None  # too many to be one


def test_tables_are_read_with_their_columns() -> None:
    (table,) = tables_of([Passage(1, "", PRESSURE, lines(PRESSURE))])
    assert table.columns == ("date", "systolic", "diastolic", "note")
    assert (table.days, table.labels) == ("date", "note")
    assert [amount.value for _, amount in table.quantities("diastolic")] == [74, 96, 85, 80]
    assert table.quantities("note") == table.quantities("date") == []
    assert tables_of([Passage(1, "", "Dear Tom: it rained; so it goes", [(0, 31)])]) == []


@pytest.mark.parametrize(
    ("cell", "value"),
    [("-4.2", -4.2), ("★★★☆", 3.0), ("7,5", 7.5), ("£1,200", 1200.0), ("2024-06-05", None), ("4 of 5", None)],
)
def test_cells_that_hold_one_quantity(cell: str, value: float | None) -> None:
    found = quantity(cell)
    assert (found.value if found is not None else None) == value
