"""What is still to come when it is told says nothing of when something happened."""

from __future__ import annotations

import pytest

from engine.answering.questions.question import Question
from engine.answering.texts.plans import clause, days_named, is_plan, with_year
from engine.answering.texts.relative import meant
from engine.answering.words.times import times_in

WRITTEN = "2023-01-21T19:00:00"


@pytest.mark.parametrize(
    ("text", "planned"),
    [
        ("They want to get married in April", True),
        ("My last shift will be on Friday", True),
        ("He's got an appointment on Monday", True),
        ("She'll be seven on Sunday", True),
        ("We got married in April", False),
        ("I gave notice on Friday, and my last shift will be in March", False),
    ],
)
def test_a_plan_is_told_by_its_clause(text: str, planned: bool) -> None:
    at = min(text.find(word) for word in ("April", "Friday", "Monday", "Sunday") if word in text)
    assert is_plan(text, at) is planned
    assert bool(meant(text, WRITTEN, past=True)) is (not planned)


def test_a_clause_ends_at_the_next() -> None:
    text = "We ate. I gave notice, and my last shift will be in March."
    assert text[slice(*clause(text, text.index("notice")))].strip() == "I gave notice"


def test_days_are_behind_or_ahead_of_the_day_of_writing() -> None:
    behind, ahead = days_named("On 10 January we met; the concert is on 3 February, not in 2021.", WRITTEN)
    assert [time.first for time in ahead] == ["02-03"]
    assert [time.first for time in behind] == ["01-10", "2021-01-01"]
    assert days_named("yesterday", WRITTEN)[1] == []
    assert days_named("on 3 February", "no date") == ([], [])


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("28 December", "2022-12-28"),
        ("3 February", "2023-02-03"),
        ("We married on 3 February", "2022-02-03"),
        ("We want to marry on 3 February", "2023-02-03"),
        ("29 February", "2024-02-29"),
    ],
)
def test_a_day_without_a_year_is_the_nearest_and_of_the_past_the_last(text: str, day: str | None) -> None:
    assert with_year(times_in(text)[0], text, WRITTEN) == day
    assert with_year(times_in(text)[0], text, "2023-13-45") is None


@pytest.mark.parametrize(
    ("question", "past"),
    [
        ("When did Omar leave for Oman?", True),
        ("For which day was the operation planned at first?", False),
        ("When was the class due to begin?", False),
        ("To what date was the launch put back?", False),
        ("What day did we agree on?", False),
        ("When did Lasse fix the roof?", True),
        ("When was my dentist appointment?", True),
    ],
)
def test_what_was_planned_for_a_day_is_no_past_event(question: str, past: bool) -> None:
    assert Question.of(question).is_past is past
