"""The last of several lines alike, and the day that a line begins with."""

from __future__ import annotations

import pytest
from rare import POLICY, Rare, asked_of, reading

from engine.answering.quoting import Quoting
from engine.interleave import Hop
from engine.library import Passage
from ingest.sentences import sentences

CAR = (
    "- 2025-03-31: oil changed at 97,120 km, garage Petersen\n"
    "- 2024-04-08: oil changed at 84,310 km, garage Petersen, oil filter of the car as well\n"
    "- 2025-08-22: car sold to Priya"
)


def led(question: str, text: str = CAR) -> str:
    held = asked_of(question, [text])
    quoted = held.chosen()
    assert quoted is not None
    return quoted.sentences[0].text


@pytest.mark.parametrize(
    ("question", "day"),
    [
        ("How many kilometres was it at the last oil change?", "2025-03-31"),
        ("When was the oil last changed?", "2025-03-31"),
        ("At how many kilometres was the latest oil change?", "2025-03-31"),
        ("At how many kilometres was the oil filter of the car changed?", "2024-04-08"),
    ],
)
def test_the_last_of_lines_alike(question: str, day: str) -> None:
    assert day in led(question)


@pytest.mark.parametrize("question", ["Who sold a car last year?", "What is Priya's last name?"])
def test_other_things_are_last_as_well(question: str) -> None:
    text = "- 2024-05-02: Priya Raman sold a car to me, by name\n- 2025-05-02: Priya rang about the name of the car"
    assert "2024-05-02" in led(question, text)


@pytest.mark.parametrize(
    ("question", "before", "later"),
    [
        ("When was the last oil change?", "oil changed at home, 104,300 km", "next oil change planned, 115,000 km"),
        ("When did we last pay the rent?", "paid the rent", "rent not paid yet"),
        ("When was the last chimney sweep?", "chimney sweep here, all fine", "chimney sweep did not come"),
        (
            "What did Bella weigh at the last visit?",
            "vet visit: Bella 23.2 kg",
            "vet visit booked, Bella should be 22 kg",
        ),
        (
            "What was the score of the last game against Lund?",
            "game against Lund: 2-3",
            "game with Lund: to be played",
        ),
        ("How much did I pay at the last haircut?", "haircut 480 kr", "shampoo from the haircut place 190 kr, by card"),
        (
            "How long did the warranty last?",
            "machine bought, the warranty is 2 years",
            "the warranty of the hob is 3 years",
        ),
        ("How many litres are needed at the latest count?", "count: 30 litres needed", "count of litres cancelled: 0"),
    ],
)
def test_what_was_not_done_or_is_another_thing_is_not_the_last(question: str, before: str, later: str) -> None:
    assert before in led(question, f"- 2024-03-02: {before}\n- 2025-04-05: {later}")


def test_a_line_of_which_less_is_told_is_not_alike() -> None:
    text = "- 2024-05-02: dentist, crown fitted for 400 euros\n- 2025-05-02: dentist rang about 30 euros"
    assert "crown" in led("How much did the last crown at the dentist cost?", text)


@pytest.mark.parametrize(
    ("question", "text", "short"),
    [
        ("When was the car sold?", CAR, "2025-08-22"),
        ("When did Ada move in?", "- **3 May 2025** – Ada moved in\n- **4 May 2025** – party", "3 May 2025"),
    ],
)
def test_the_day_that_a_line_begins_with_is_when(question: str, text: str, short: str) -> None:
    held = asked_of(question, [text])
    quoted = held.chosen()
    assert quoted is not None
    assert held.span(quoted)[0] == short


@pytest.mark.parametrize(
    ("question", "line"),
    [
        ("When was the house built?", "- 2020-05-03: bought the house, built 1921"),
        ("When did Tom start at Volvo?", "- 2025-06-12: Tom told me he started at Volvo five years ago"),
        ("When does the lease end?", "- 2023-05-01: signed, lease ends after three years"),
        ("When is the wedding?", "- 2025-02-04: Anna told us, wedding next summer"),
    ],
)
def test_a_line_that_names_another_time_is_not_of_its_day(question: str, line: str) -> None:
    held = asked_of(question, [line])
    quoted = held.chosen()
    assert quoted is not None
    assert held.span(quoted)[0] != line[2:12]


def test_noon_is_no_day() -> None:
    text = "Quit coffee. Headache since noon."
    passage = Passage(1, "Diary\n", text, list(sentences(text)), "2025-10-08", moments=[(0, "2025-10-08")])
    held = Quoting("When did I quit coffee?", Rare(), POLICY, *reading())  # type: ignore[arg-type]
    held.following([Hop(1, [], (passage,), "the question", {1: 1.0})])
    quoted = held.chosen()
    assert quoted is not None
    assert held.span(quoted)[0].startswith("8 October 2025")
