"""The most and the least of a table's column, and what it comes to."""

from __future__ import annotations

import re
import time

import pytest
from rare import POLICY, Rare, reading

from engine.answering.extremes import UNTOLD
from engine.answering.quoting import Quoting
from engine.answering.texts.tables import tables_of
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
    "Runs": RUNS, "Subscriptions": SUBSCRIPTIONS, "Blood pressure": PRESSURE, "Power meter": METER,
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
    if quoted is None or held.whole is None or quoted is not held.whole.quoted or quoted.score == UNTOLD:
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
        ("How far was my longest run with Rex?", "11.1 km", "2024-06-05"),
        ("How long was my longest run with Rex?", "", "2024-06-05"),  # km or minutes
        ("What is my cheapest subscription?", "car club", "4.99"),
        ("Who pays the most expensive subscription?", "Boris", "gym"),
        ("What do I pay for the cheapest subscription?", "4.99 pounds", "car club"),
        ("In which month did we use the most electricity?", "February 2025", "441"),
        ("When did I sleep the least?", "29 July", "5.5 h"),
        ("How long was my longest sleep?", "8.3 h", "1 August"),
        ("Which book got the best mark in the book club?", "Emma", "9"),
        ("Which book of Ada's got the worst mark in the book club?", "Ulysses", "3"),
        ("Which host had the best mark in the book club?", "Tom", "Emma"),
        ("What was the highest mark in the book club?", "9", "Emma"),
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
        "What was Tom's highest blood pressure?",
        "What was my highest blood pressure in the evening?",
        "Which book of Tolstoy's got the best mark in the book club?",
        "Who is the best cook in the book club?",
        "What did I eat when my blood pressure was highest?",
        "What did the doctor say about my highest blood pressure?",
        "When did I measure my blood pressure?",
        "Was my blood pressure highest in April?",
        "Why was my blood pressure highest on the stairs?",
        "What was my second highest blood pressure?",
        "What was my highest blood pressure before May?",
        "What was my longest run without Rex?",
        "What was my longest run between 5 June and 4 July?",
        "When was my blood pressure not at its highest?",
        "What is the heaviest subscription?",  # has no such column
        "Which run did I like most?",
        "What is the total of the marks in the book club?",
        "How far did I run in June altogether?",
        "How many subscriptions do I have at most?",
        "Who is most likely to run?",
        "Which host gave the most marks in the book club?",  # Ada has two rows
        "When did I sleep the least in July 2019?",  # of which year these days are is not told
    ],
)
def test_nothing_else(question: str) -> None:
    assert told(question) is None


def test_what_several_rows_come_to_is_told_by_none() -> None:
    held = Quoting("Which host has the most marks in the book club?", Rare(), POLICY, *reading())  # type: ignore[arg-type]
    held.following([Hop(1, [], (Passage(1, "Book club\n", BOOKS, lines(BOOKS)),), "the question", {1: 1.0})])
    quoted = held.chosen()
    assert quoted is not None
    assert quoted.score == UNTOLD
    assert held.span(quoted)[0] == ""


def test_parts_of_the_file_that_are_not_open_count() -> None:
    rest = Passage(9, "Subscriptions\n", "what: boat; per_month: 99.00 GBP; paid_by: me", [(0, 45)])
    assert told("What is my most expensive subscription?", FILES, rest) == ("boat", rest.text)
    drawn = Passage(9, "Runs\n", "| 2024-08-01 | 25 | 150 | with Rex |", [(0, 36)])
    assert told("What was my longest run?", FILES, drawn) == ("25 km", drawn.text)


def test_rows_that_have_as_much() -> None:
    found = told("When was my longest run?", {"Runs": RUNS.replace("11.1", "18.1")})
    assert found is not None
    assert found[0] == "2024-06-05 and 2024-06-13"
    assert told("When was my longest run?", {"Runs": re.sub(r"\d+\.\d", "9", RUNS)}) is None  # too many to be one


@pytest.mark.parametrize(
    ("title", "text", "question", "short"),
    [
        ("Steps", "day: 1 May 2024; steps: 9,850\nday: 2 May 2024; steps: 12,300\nday: 3 May 2024; steps: 980",
         "When did I make the most steps?", "2 May 2024"),
        ("Savings", "date: 31.01.2024; sum: 1.250\ndate: 28.02.2024; sum: 980\ndate: 31.03.2024; sum: 1.310",
         "When were my savings highest?", "31.03.2024"),
        ("Flats", "flat: Hill Road; rent: 1.450,00 €\nflat: Lake Road; rent: 980 €\nflat: High Road; rent: 1.100 €",
         "Which flat has the lowest rent?", "Lake Road"),
        ("Frost", "date: 2025-01-01; night: -8 °C\ndate: 2025-01-02; night: -12 °C\ndate: 2025-01-03; night: 5 °C",
         "When was the coldest frost?", "2025-01-02"),
        ("Wines", "wine: Barolo; year: 2016; rating: 92\nwine: Riesling; year: 2021; rating: 90\n"
         "wine: Pinot; year: 2019; rating: 88",
         "Which of the wines has the highest rating?", "Barolo"),
        ("Customers", "customer: Meyer; id: 301; revenue: 12.500 €\ncustomer: Schulz; id: 117; revenue: 48.000 €\n"
         "customer: Roth; id: 250; revenue: 7.300 €", "Which of my customers is the biggest?", "Schulz"),
        ("Hotels", "hotel: Villa Rosa; price: 95 EUR; phone: 06 123\nhotel: Roma; price: 180 EUR; phone: 06 456\n"
         "hotel: Nord; price: 120 EUR; phone: 06 789", "What is the phone of the cheapest of the hotels?", "06 123"),
    ],
)  # fmt: skip
def test_tables_as_people_have_them(title: str, text: str, question: str, short: str) -> None:
    found = told(question, {title: text})
    assert found is not None
    assert found[0] == short


@pytest.mark.parametrize(
    ("title", "text", "question"),
    [
        ("Backups", "day: 1 May 2024; size: 900 GB\nday: 2 May 2024; size: 1.2 TB\nday: 3 May 2024; size: 950 GB",
         "When were the backups largest?"),  # units nobody compares
        ("Runs", RUNS.replace("18.1", "18 or 19"), "What was my longest run?"),  # one that is not read
        ("Runs", RUNS.replace("| with Rex |", "| with Rex | and Tom |", 1), "What was my longest run?"),
        ("Runs", "date: 2024-06-05; km: 11\ndate: 2024-06-13; remark: rain; wind; km: 18\ndate: 2024-07-04; km: 4\n"
         "date: 2024-07-05; km: 5", "What was my longest run?"),
        ("Meter", "date: 2025-01-02; kwh: 38185\ndate: 2025-02-01; kwh: 38326\ndate: 2025-03-03; kwh: 38614",
         "When was the meter highest?"),  # only rises
        ("Spending", "date: 2024-03-01; shop: Ikea; amount: 400 EUR\ndate: 2024-04-01; shop: Lidl; amount: 300 EUR\n"
         "date: 2024-04-09; shop: Lidl; amount: 310 EUR", "In which month was the most spending?"),  # April's two
        ("Harvest", "2024-07-01: 3 kg tomatoes, 1 kg beans\n2024-07-08: 5 kg beans\n2024-07-15: 2 kg tomatoes",
         "When was the harvest heaviest?"),
        ("Subscriptions", "what: gym; cost: 40 EUR; paid: monthly\nwhat: club; cost: 120 EUR; paid: yearly\n"
         "what: music; cost: 14 EUR; paid: monthly", "What is my most expensive subscription?"),
        ("Temperatures", "day: 1 May 2024; min: -5; max: 14\nday: 2 May 2024; min: 1; max: 9\n"
         "day: 3 May 2024; min: 2; max: 8",
         "When was the highest of the temperatures?"),
        ("Books read", "title: Emma; author: Austen; pages: 400\ntitle: Dune; author: Herbert; pages: 700\n"
         "title: Ulysses; author: Joyce; pages: 800", "Which of the books has the highest price?"),
        ("Grades", "exam: Maths; grade: 1.3\nexam: German; grade: 2.7\nexam: Sport; grade: 4.0",
         "Which of the grades is the best?"),  # lower may be better
    ],
)  # fmt: skip
def test_tables_that_do_not_tell(title: str, text: str, question: str) -> None:
    assert told(question, {title: text}) is None


def test_headings_part_tables() -> None:
    files = {"Training > Runs": RUNS, "Training > Rides": RUNS.replace("18.1", "73.5")}
    found = told("What was my longest run?", files)
    assert found is not None
    assert found[0] == "18.1 km"


def test_a_long_table_takes_no_longer_than_it_is() -> None:
    rows = "\n".join(f"date: 2024-{1 + n % 12:02}-{1 + n % 28:02}; km: {n % 97}.{n % 10}" for n in range(2000))
    begun = time.perf_counter()
    found = told("What was my longest run?", {"Runs": rows})
    assert found is not None
    assert found[0] == "96.9 km"
    assert time.perf_counter() - begun < 10  # 46 s for 1,000 rows where columns were read for every row


def test_tables_are_read_with_their_columns() -> None:
    (table,) = tables_of([Passage(1, "", PRESSURE, lines(PRESSURE))])
    assert table.columns == ("date", "systolic", "diastolic", "note")
    assert (table.days, table.words) == ("date", ["note"])
    assert list(table.values["diastolic"].values()) == [74, 96, 85, 80]
    assert tables_of([Passage(1, "", "Dear Tom: it rained; so it goes", [(0, 31)])]) == []
