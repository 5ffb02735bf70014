"""Times that questions name, and what lies within them."""

from __future__ import annotations

from datetime import date

import pytest

from engine.answering.questions.question import Question
from engine.answering.words.times import Time, times_in

TODAY = date(2026, 3, 4)  # a Wednesday


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("What did I order on February 27th?", [("02-27", "02-27")]),
        ("who came on the 3rd of May, 2023", [("2023-05-03", "2023-05-03")]),
        ("the flight of 18 January 2025 at 10:30", [("2025-01-18", "2025-01-18")]),
        ("invoice of 11.2.2025", [("2025-02-11", "2025-02-11")]),
        ("log 2025-02-11", [("2025-02-11", "2025-02-11")]),
        ("spent in 2025-02", [("2025-02-01", "2025-02-28")]),
        ("from January 9th to 11th", [("01-09", "01-11")]),
        ("between 28 March and 2 April 2024", [("2024-03-28", "2024-04-02")]),
        ("December 30th to January 2nd", [("12-30", "01-02")]),
        ("in late February", [("02-19", "02-29")]),
        ("mid-January", [("01-09", "01-21")]),
        ("at the end of June 2025", [("2025-06-19", "2025-06-30")]),
        ("In January 2025, during a chat", [("2025-01-01", "2025-01-31")]),
        ("in May", [("05-01", "05-31")]),
        ("what happened in 2024?", [("2024-01-01", "2024-12-31")]),
        ("on 12 May 2024 and on 14 May 2024", [("2024-05-12", "2024-05-12"), ("2024-05-14", "2024-05-14")]),
        ("what did I write yesterday", [("2026-03-03", "2026-03-03")]),
        ("who came last week", [("2026-02-23", "2026-03-01")]),
        ("what did we pay last month", [("2026-02-01", "2026-02-28")]),
        ("the trip last year", [("2025-01-01", "2025-12-31")]),
    ],
)
def test_times_are_read_as_people_write_them(text: str, found: list[tuple[str, str]]) -> None:
    assert [(time.first, time.last) for time in times_in(text, TODAY)] == found


@pytest.mark.parametrize(
    "text",
    [
        "may I go to the march", "What may it cost?", "room 2024", "the 31st of nothing", "2025-13-01", "31.31.2025",
        "In which month did we move?", "error E17", "at 02:27", "since March",
        "before 3 May 2024", "by the end of June",
    ],
)  # fmt: skip
def test_what_only_looks_like_a_time_or_lies_beyond_one_is_none(text: str) -> None:
    assert times_in(text, TODAY) == ()


def test_a_time_holds_the_dates_within_it() -> None:
    (day,), (turn,), (month,) = (times_in(text) for text in ("on 9 May", "December 30 to January 2", "in May 2024"))
    assert day.holds("2024-05-09T13:56:00")
    assert day.holds("2019-05-09")
    assert not day.holds("2024-05-10")
    assert [turn.holds(f"2024-{end}") for end in ("12-29", "12-31", "01-02", "01-03")] == [False, True, True, False]
    assert month.holds("2024-05-31T23:59:59")
    assert not month.holds("2023-05-31")
    assert not month.holds("2024")


def test_a_time_covers_others_however_they_are_written() -> None:
    (asked,), (other,), (dated,) = (times_in(text) for text in ("on 27 February", "Feb 27", "2025-02-27 18:10 E17"))
    (whole,), (later,) = times_in("in February 2025"), times_in("on 27 February 2024")
    assert asked.covers(other)
    assert asked.covers(dated)
    assert whole.covers(dated)
    assert not whole.covers(later)
    assert not dated.covers(whole)


def test_a_day_is_searched_in_its_other_spellings() -> None:
    assert times_in("on 3 May 2024")[0].written() == [
        "May 3",
        "3 May",
        "2024 05 03",
        "03 05 2024",
    ]
    assert "Feb 27" in times_in("February 27th")[0].written()
    assert times_in("in May 2024")[0].written() == []


def test_words_that_only_say_when_are_met_by_the_date_of_a_document() -> None:
    question = Question.of("What did Bo order on February 27th?")
    assert question.dated("2025-02-27T10:00:00") == question.timed("[2025-02-27 10:00] Bo: two books") != frozenset()
    assert question.dated("2025-02-28") == question.dated(None) == question.timed("no time at all") == frozenset()
    assert "bo" not in question.dated("2025-02-27")


def test_long_questions_are_read_at_their_beginning() -> None:
    assert times_in("x" * 100_000 + " on 3 May 2024") == ()
    assert times_in("on 3 May 2024 " + "1 " * 100_000)[0] == Time("2024-05-03", "2024-05-03", (3, 13))
