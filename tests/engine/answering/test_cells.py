"""One cell of a table's row: where something was bought, what a meter said, when, and for how much."""

from __future__ import annotations

import re

import pytest
from rare import POLICY, Rare, reading

from engine.answering.quoting import Quoting
from engine.interleave import Hop
from engine.library import Passage

SPENDING = """date: 2025-11-03; shop: Rema; item: groceries; amount: 412.50
date: 2025-11-05; shop: Clas Ohlson; item: desk lamp; amount: 299.00
date: 2025-11-12; shop: Elkjøp; item: headphones; amount: 1490.00
date: 2025-11-12; shop: Narvesen; item: coffee; amount: 45.00
date: 2025-12-01; shop: Rema; item: groceries; amount: 377.20"""
METERS = """| date | electricity kWh | water m3 |
|---|---|---|
| 2025-09-30 | 41502 | 519.0 |
| 2025-10-31 | 41911 | 526.3 |
| 2025-11-30 | 42388 | 533.9 |"""
CONTACTS = """name: Anna Lie; phone: 415 22 908; street: Storgata 4
name: Odd Berg; phone: 922 10 334; street: Storgata 14"""
FILES = {"spending": SPENDING, "meters": METERS, "contacts": CONTACTS}


def told(question: str, files: dict[str, str] = FILES) -> tuple[str, str] | None:
    """The short answer, and the rows that are shown; None where no cell answers."""
    passages = tuple(
        Passage(n, f"{title}\n", text, [match.span() for match in re.finditer(r"[^\n]+", text)])
        for n, (title, text) in enumerate(files.items(), 1)
    )
    held = Quoting(question, Rare(), POLICY, *reading())  # type: ignore[arg-type]
    held.following([Hop(1, [], passages, "the question", {1: 1.0, 2: 0.9})])
    quoted = held.chosen()
    if quoted is None or held.whole is None or quoted is not held.whole.quoted:
        return None
    return held.span(quoted)[0], quoted.text


@pytest.mark.parametrize(
    ("question", "short", "rows"),
    [
        ("Where did I buy the headphones?", "Elkjøp", ["1490.00"]),
        ("Where did we buy the groceries?", "Rema", ["412.50", "377.20"]),
        ("In which shop did we buy the desk lamp?", "Clas Ohlson", ["299.00"]),
        ("How much were the headphones?", "1490.00", ["Elkjøp"]),
        ("What did the desk lamp cost?", "299.00", ["Clas Ohlson"]),
        ("What did I spend on 5 November 2025?", "299.00", ["desk lamp"]),
        ("When did I buy the headphones?", "2025-11-12", ["Elkjøp"]),
        ("When did I last buy groceries?", "2025-12-01", ["377.20"]),
        ("When did I buy groceries?", "2025-11-03, 2025-12-01", ["412.50", "377.20"]),
        ("How much did I spend at Rema?", "", ["412.50", "377.20"]),  # what they come to is not told
        ("What did I buy on 12 November 2025?", "headphones, coffee", ["Elkjøp", "Narvesen"]),
        ("What did I buy at Narvesen?", "coffee", ["45.00"]),
        ("What is the latest electricity reading?", "42388", ["2025-11-30"]),
        ("What was the water meter at the end of October?", "526.3", ["2025-10-31"]),
        ("How much were the groceries?", "", ["412.50", "377.20"]),
    ],
)
def test_the_cell_that_says_it(question: str, short: str, rows: list[str]) -> None:
    found = told(question)
    assert found is not None
    assert found[0] == short
    assert len(found[1].splitlines()) == len(rows)
    assert all(one in line for one, line in zip(rows, found[1].splitlines(), strict=True))


@pytest.mark.parametrize(
    "question",
    [
        "Where did I buy the camera?",  # of no row
        "Where did Silje buy the headphones?",
        "What did I buy on 13 November 2025?",
        "How much did I not spend at Rema?",
        "How much more were the headphones than the desk lamp?",
        "How much electricity did I use in October?",
        "What was the electricity usage in October?",
        "What was the electricity reading?",  # which one
        "What was the gas reading at the end of October?",
        "What was the reading at the end of October?",  # of two columns
        "What is the phone number?",
        "What is Anna's phone number?",  # the reader's, who sees whose it is
        "Did I buy the headphones at Elkjøp?",
        "Why did I buy the headphones?",
    ],
)
def test_nothing_else(question: str) -> None:
    assert told(question) is None


def test_two_tables_that_tell_it_differently_answer_nothing() -> None:
    other = SPENDING.replace("Elkjøp", "Power").replace("1490", "1290")
    assert told("Where did I buy the headphones?", {"spending": SPENDING, "more spending": other}) is None


ORDERS = """date: 2025-02-03; shop: Jysk; item: small rug; price: 799 kr
date: 2025-02-10; shop: Jysk; item: laptop bag; price: 299 kr
date: 2025-02-12; shop: Komplett; item: mouse and keyboard; price: 899 kr
date: 2025-03-01; shop: Zalando; item: jacket; price: 1299 kr"""


@pytest.mark.parametrize(
    ("change", "question"),
    [
        (("", ""), "Where did I buy the laptop?"),  # a bag for it
        (("", ""), "How much was the big rug?"),
        (("", ""), "When did he buy the jacket?"),
        (("", ""), "When did I get the jacket back?"),
        (("", ""), "How much is a jacket at Zalando?"),
        (("", ""), "What did I buy most in February 2025?"),
        (("", ""), "Where did I buy the jack?"),
        (("", ""), "What did I buy in April 2025?"),
        (("jacket;", "jacket; status: cancelled;"), "How much was the jacket?"),
        (("jacket;", "jacket; paid: no;"), "How much did I pay for the jacket?"),
        (("item: jacket", "who: Anna; item: jacket"), "Where did I buy the jacket?"),
        (("price: 1299 kr", "price: -1299 kr"), "How much was the jacket?"),
        (("price: 1299 kr", "deposit: 300 kr; price: 1299 kr"), "How much was the jacket?"),
        (("date", "due"), "When did I buy the jacket?"),
        (("date", "sold"), "When did I buy the jacket?"),
        (("2025-03-01", "2225-03-01"), "Where did I buy the jacket?"),  # is still to come
        (("Zalando", "?"), "Where did I buy the jacket?"),
    ],
)
def test_what_only_looks_like_it(change: tuple[str, str], question: str) -> None:
    assert told(question, {"orders": ORDERS.replace(*change) if change[0] else ORDERS}) is None


@pytest.mark.parametrize("title", ["wish list", "Anna's purchases", "things lent", "sold on the web"])
def test_what_is_no_purchase_of_ones_own(title: str) -> None:
    assert told("Where did I buy the jacket?", {title: ORDERS}) is None
    assert told("Where did I buy the jacket?", {"orders": ORDERS}) == ("Zalando", ORDERS.splitlines()[-1])
    assert told("Where did I buy the keyboard?", {"orders": ORDERS}) == ("Komplett", ORDERS.splitlines()[2])


POWER = """date: 2024-05-03; reading_kwh: 39187; used_kwh: 229
date: 2024-06-02; reading_kwh: 39403; used_kwh: 216
date: 2024-07-01; reading_kwh: 39616; used_kwh: 213"""
TILL = """day: 2025-02-18; takings: 961; cash: 240
day: 2025-02-19; takings: 1199; cash: 299
day: 2025-02-20; takings: 950; cash: 237"""


def test_readings_of_one_column_need_no_name() -> None:
    found = told("What was the meter reading in May 2024?", {"power meter": POWER})
    assert found == ("39187", POWER.splitlines()[0])
    assert told("What were the takings on 19 February?", {"till": TILL}) == ("1199", TILL.splitlines()[1])
