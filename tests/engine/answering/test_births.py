"""Ages and birthdays are told by when somebody was born."""

from __future__ import annotations

from datetime import date

import pytest
from rare import asked_of

from engine.answering.evidence.births import Birth
from engine.answering.questions.question import Question

TODAY = date.today()
NOTES = "Maja has her own room. Maja's birthday is on the 9th, so the party is before. Maja is fond of pears."
HEALTH = "Health of Maja. Born 9 April 2018. Peanuts are fine."


@pytest.mark.parametrize(
    ("question", "of_age"),
    [
        ("How old is Maja?", True),
        ("how old is Maja Okafor now?", True),
        ("When is Maja's birthday?", False),
        ("When was Maja born?", False),
        ("How old is the car?", None),
        ("How old is my father?", None),
        ("How old was Maja when we moved?", None),
        ("What did Maja get for her birthday?", None),
    ],
)
def test_what_asks_for_a_birth(question: str, of_age: bool | None) -> None:
    found = Birth.of(Question.of(question))
    assert (found.of_age if found is not None else None) is of_age


def test_an_age_is_that_of_today() -> None:
    birth = Birth(frozenset({"maja"}), of_age=True)
    years = TODAY.year - 2018 - ((TODAY.month, TODAY.day) < (4, 9))
    assert birth.short("Born 9 April 2018.") == f"{years} (born 9 April 2018)"
    assert birth.short("Maja, born 2018") == f"{TODAY.year - 2019} or {TODAY.year - 2018} (born 2018)"
    assert birth.short(f"Born {TODAY.day} {TODAY:%B} {TODAY.year - 10}.").startswith("10 (")
    assert birth.short("Maja is 8.") == birth.short("Maja was there on 9 April 2018.") == ""


def test_a_line_is_of_whom_it_names() -> None:
    birth, around = Birth(frozenset({"maja"}), of_age=True), frozenset({"maja"})
    assert birth.rank("Maja (born 9 April 2018)") == 2
    assert birth.rank("Born 9 April 2018.", around) == 1
    assert birth.rank("Born 9 April 2018.") == 0
    assert birth.rank("Daniel, born 5 May 1983", around) == 0


@pytest.mark.parametrize(
    ("text", "rank"),
    [
        ("Maja (born 9 April 1918, died 3 May 2001)", 0),
        ("Maja (9 April 2018 – 3 May 2020)", 0),
        ("Maja's father was born 9 April 1960.", 0),
        ("Maja visited Anna, who was born 9 April 1980.", 0),
        ("Maja had a baby, born 9 April 2021.", 0),
        ("Maja's brother Elis was born on 2 June 2021.", 0),
        ("Elis was born on 9 April 2018, Maja on 3 May 2020.", 0),
        ("Maja was not born in 2018.", 0),
        ("Maja was born on 31 February 2018.", 0),
        ("Maja Okafor was born on 9 April 2018.", 2),
        ("Maja: born 9 April 2018, weighs 22 kg.", 2),
    ],
)
def test_the_birth_is_that_of_the_name_before_it(text: str, rank: int) -> None:
    assert Birth(frozenset({"maja"}), of_age=True).rank(text, frozenset({"maja"})) == rank


def test_names_of_all_letters_have_births() -> None:
    for name in ("Łukasz", "Åsa", "Élodie"):
        birth = Birth.of(Question.of(f"How old is {name}?"))
        assert birth is not None
        assert birth.rank(f"{name} was born on 9 April 2018.") == 2


def test_the_day_of_a_birth_answers_both() -> None:
    held = asked_of("How old is Maja?", [NOTES, HEALTH])
    quoted = held.chosen()
    assert quoted is not None
    assert held.span(quoted)[0].endswith("(born 9 April 2018)")
    assert quoted.score > 0.5
    held = asked_of("When is Maja's birthday?", [NOTES, HEALTH])
    quoted = held.chosen()
    assert quoted is not None
    assert held.span(quoted)[0] == "9 April 2018"
    assert asked_of("How old is Daniel?", [NOTES, HEALTH]).chosen().sentences[0].text != "Born 9 April 2018."  # type: ignore[union-attr]


def test_the_birth_of_another_is_no_age() -> None:
    for other in ("Maja's father was born 9 April 1960.", "Maja and Anna, who was born 9 April 1980, sang."):
        held = asked_of("How old is Maja?", [other])
        quoted = held.chosen()
        assert quoted is not None
        assert "born" not in held.span(quoted)[0]
