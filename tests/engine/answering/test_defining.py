"""What a term means is told by the line that begins with it."""

from __future__ import annotations

import pytest
from rare import asked_of

from engine.answering.texts.defining import Term

LOG = "\n".join(f"2025-01-18 0{hour}:30:42 ERROR boiler locked, code E17 reported on bus" for hour in range(8))
MANUAL = "Faults\nE11 Water too hot\nE17 Flue or air intake blocked\nE19 Fan turns too fast or not at all"


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ("F1   no ignition; press reset once", "no ignition"),
        ("F1 no longer shows after the reset", ""),
        ("F1 not shown again", ""),
        ("F1 no change after the new part", ""),
    ],
)
def test_a_code_may_mean_that_something_is_not_there(text: str, meaning: str) -> None:
    term = Term.of("What does F1 mean?")
    assert term is not None
    assert term.short(text) == meaning


@pytest.mark.parametrize(
    ("question", "term"),
    [
        ("What does E17 mean?", "E17"),
        ("What does the error code E17 mean?", "E17"),
        ("What does E17 on the boiler mean?", "E17"),
        ("What is error E19?", "E19"),
        ("What does TBC stand for in the minutes?", "TBC"),
        ("What is the meaning of saudade?", "saudade"),
        ("Explain the E17 error", "E17"),
        ("What should I do when E17 shows?", "E17"),
        ("What should I do when it rains?", ""),
        ("What should I do on 5th May?", ""),
        ("What can I do with 20kg of flour?", ""),
        ("Explain why the rent went up", ""),
        ("explain what the landlord said about the deposit", ""),
        ("Did Anna explain why she left?", ""),
        ("What's the error rate on the last run?", ""),
        ("What is the fault with the boiler?", ""),
        ("What's the alarm company's phone number?", ""),
        ("What does Nora mean to Daniel?", ""),
        ("What did Nora mean by that?", ""),
        ("What does the repair cost?", ""),
        ("What is the door code?", ""),
    ],
)
def test_the_term_is_what_has_a_digit_or_a_capital(question: str, term: str) -> None:
    found = Term.of(question)
    assert (found.name if found is not None else "") == term


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("E17 Flue or air intake blocked", "Flue or air intake blocked"),
        ("| E17 | Flue blocked | call the fitter |", "Flue blocked"),
        ("- **E17**: flue blocked. Look outside.", "flue blocked"),
        ("Remember: E17 means that the flue is blocked.", "the flue is blocked"),
        ("boiler locked, code E17 reported on bus", None),
        ("The E17 was there again", None),
        ("E170 Flue blocked", None),
        ("E17, E19", None),
        ("1. E17: leak", "leak"),
        ("E17 (leak in the base)", "leak in the base"),
        ("The manual says that E17 indicates a leak.", "a leak"),
        ("E17 again on Tuesday.", None),
        ("E17 on the display, called the plumber", None),
        ("E17 does not mean a leak", None),
    ],
)
def test_a_line_defines_what_it_begins_with(text: str, told: str | None) -> None:
    assert bool(Term("E17").rank(text)) == (told is not None)
    assert Term("E17").short(text) == (told or "")


def test_a_code_is_explained_by_its_manual_not_by_the_log() -> None:
    held = asked_of("What does code E17 mean?", [LOG, MANUAL])
    quoted = held.chosen()
    assert quoted is not None
    assert held.span(quoted)[0] == "Flue or air intake blocked"
    assert quoted.score > 0.5


def test_a_word_is_defined_by_what_says_so() -> None:
    excess = Term("excess")
    assert excess.rank("The excess is the part of each claim you pay yourself.") == 0
    assert excess.rank("Excess: the part of each claim you pay yourself.") == 2
    assert excess.rank("Excess baggage cost 40 euros.") == 0
