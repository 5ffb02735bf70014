"""What a bill comes to is told by its total, not by a line of it; by when is told by a line with a limit."""

from __future__ import annotations

import pytest
from rare import asked_of

from engine.answering.totals import is_of_several

INVOICE = """Hallberg's garage
Invoice 2024-0388, 14 May 2024
Customer: Nora Lindqvist
Brake disc, front, pair 2,190.00
Brake pads, front, set 912.00
Labour, brakes, 2.2 h 1,980.00
Sum without VAT: 5,472.00 SEK
VAT 25 per cent: 1,368.00 SEK
Total to pay: 6,840.00 SEK
To be paid within 20 days to our account."""
OFFER = """Solar panels, offer of Channel Solar
18 panels, 370 W each 5,240.00
Inverter, Fronius 2,180.00
Total 7,870.00
Deposit paid on 3 April -1,500.00
Balance due 2 June 6,370.00"""


@pytest.mark.parametrize(
    ("asked", "line"),
    [
        ("How much did the garage charge for the front brakes?", "Total to pay: 6,840.00 SEK"),
        ("What was the total of the garage's invoice for the brakes?", "Total to pay: 6,840.00 SEK"),
        ("What was the total of the invoice with the brake pads?", "Total to pay: 6,840.00 SEK"),
        ("What did the brakes cost altogether?", "Total to pay: 6,840.00 SEK"),
        ("How much did we pay for the brake pads?", "Brake pads, front, set 912.00"),
        ("How much do we still owe Channel Solar for the panels?", "Balance due 2 June 6,370.00"),
    ],
)
def test_a_bill_comes_to_its_total(asked: str, line: str) -> None:
    quoted = asked_of(asked, (INVOICE, OFFER, "The garage is closed in July.")).chosen()
    assert quoted is not None
    assert quoted.sentences[0].text.strip() == line


SHOP = "Green Grocer, 3 May 2024\nApples 2.40\nBread 3.10\nCheese 8.05\nTotal 13.55\nCash 20.00\nChange 6.45"
MONTHS = "January\nHeating 210.00\nWater 40.00\nTotal 250.00\nFebruary\nHeating 190.00\nWater 42.00\nTotal 232.00"
TOM = "What friends owe me\nTom 40.00\nMia 25.00\nPia 12.00\nOutstanding 77.00"


@pytest.mark.parametrize(
    ("asked", "line"),
    [
        ("How much did I pay for the apples at Green Grocer?", "Apples 2.40"),
        ("What was the price of the bread on the receipt?", "Bread 3.10"),
        ("How much does Mia owe me?", "Mia 25.00"),
        ("What did I pay at Green Grocer?", "Total 13.55"),
        ("How much was the VAT on the garage's invoice?", "VAT 25 per cent: 1,368.00 SEK"),
        ("What was the bill in January?", "Total 250.00"),
    ],
)
def test_a_line_is_asked_for_by_its_name(asked: str, line: str) -> None:
    quoted = asked_of(asked, (INVOICE, SHOP, TOM, MONTHS)).chosen()
    assert quoted is not None
    assert quoted.sentences[0].text.strip() == line


def test_where_nothing_is_billed_nothing_is_summed() -> None:
    texts = ("The guests pay 100 euros in all.\nTotal length: 12 km.", "We paid 40 euros for the lamp.")
    quoted = asked_of("How much did we pay for the lamp?", texts).chosen()
    assert quoted is not None
    assert "40 euros" in quoted.sentences[0].text


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ("Until when does the pharmacy stay open on Friday?", "Pharmacy: Friday 8-20"),
        ("By what time do we have to check out?", "Check-out is at 11:00."),
    ],
)
def test_a_limit_of_something_else_is_none(asked: str, told: str) -> None:
    texts = (
        "Pharmacy: Friday 8-20, Saturday 9-13.\nThe pharmacy voucher is valid until 31 December.",
        "Check-out is at 11:00.\nBreakfast until 10:00.",
    )
    quoted = asked_of(asked, texts).chosen()
    assert quoted is not None
    assert quoted.sentences[0].text.startswith(told)


def test_by_when_is_told_by_a_limit() -> None:
    texts = (
        "| date | km | what |\n|---|---|---|\n| 2024-10-09 | 88,640 | inspection of the car passed |",
        "Next inspection of the car: before 31 October 2025.",
    )
    for asked in ("By when does the car have to be inspected again?", "When do we have to inspect the car again?"):
        quoted = asked_of(asked, texts).chosen()
        assert quoted is not None
        assert "31 October 2025" in quoted.sentences[0].text


def test_what_was_spent_in_several_rows_is_none_of_them() -> None:
    rows = [
        "date: 2025-05-03; shop: Brandt; item: lock; amount: 79.95",
        "date: 2025-09-01; shop: Brandt; item: pads; amount: 24.50",
    ]
    for question, lines, leads in (
        ("How much did I spend at Brandt?", rows, False),
        ("How much did I spend at Brandt?", rows[:1], True),
        ("How much did I spend on the lock?", rows, True),
        (
            "How much did I spend on the bike?",
            ["I spent 4,500 kr on the bike.", "The bike was 5,000 kr at first."],
            True,
        ),
        ("How much did I spend on food?", ["- food Ica 450 kr", "- food Coop 380 kr", "Total for food: 830 kr"], True),
    ):
        held = asked_of(question, ["\n\n".join(lines)])
        quoted = held.chosen()
        assert quoted is not None
        assert bool(held.span(quoted)[0]) is leads, question


def test_a_row_that_is_the_total_may_lead() -> None:
    rows = ["- food Ica 450 kr", "- food Coop 380 kr", "- food in total 830 kr"]
    held = asked_of("How much did I spend on food?", ["\n".join(rows)])
    assert held.chosen() is not None
    total, other = (next(one for one in held.heard if word in one.text) for word in ("total", "Coop"))
    assert not is_of_several(held.question, total, held.heard)
    assert is_of_several(held.question, other, held.heard)
