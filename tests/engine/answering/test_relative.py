"""Relative times, by the day they were written on."""

from __future__ import annotations

import pytest

from engine.answering.texts.relative import meant

WRITTEN = "2023-05-09T13:56:00"  # a Tuesday


@pytest.mark.parametrize(
    ("text", "meanings"),
    [
        ("I went yesterday!", ["8 May 2023"]),
        ("The day before yesterday, not today", ["7 May 2023", "9 May 2023"]),
        ("It arrives tomorrow", ["10 May 2023"]),
        ("We met last Friday and meet again next Wednesday", ["5 May 2023", "17 May 2023"]),
        ("last Tuesday, last Monday, last Sunday", ["2 May 2023", "1 May 2023", "7 May 2023"]),
        ("this coming Sunday", ["14 May 2023"]),
        ("two weeks ago", ["25 April 2023"]),
        ("a couple of days ago", ["7 May 2023"]),
        ("3 months ago, in ten days", ["February 2023", "19 May 2023"]),
        ("five months ago", ["December 2022"]),
        ("We moved in eight days ago", ["1 May 2023"]),
        ("last year, this month", ["2022", "May 2023"]),
        ("in a year", ["2024"]),
        ("last week", ["the week before 9 May 2023"]),
        ("next weekend", ["the weekend after 9 May 2023"]),
        ("on Friday, 900 years from now", []),
        ("the lastyear's", []),
        ("Thursday week, Friday fortnight", ["18 May 2023", "26 May 2023"]),
        ("a week on Monday", ["22 May 2023"]),
        ("two Fridays ago, a fortnight ago", ["28 April 2023", "25 April 2023"]),
        ("a week ago on Friday, week last Friday", ["28 April 2023", "28 April 2023"]),
        ("the Sunday before last, the week before last", ["30 April 2023", "the week before 2 May 2023"]),
        ("the year before last", ["2021"]),
        ("a week ago Friday, Tuesday week ago", ["28 April 2023"]),
        ("in August two years ago", ["2021"]),
        ("at last fall asleep, last fall down, the last May bug, no Fridays ago", []),
        ("on the 24th of this month, the 3rd of next month", ["24 May 2023", "3 June 2023"]),
        ("the 31st of next month", []),
        ("last May, last March, last March 3", ["May 2022", "March 2023"]),
        ("last summer, last autumn, last spring", ["summer 2022", "autumn 2022", "spring 2022"]),
    ],
)
def test_what_was_meant(text: str, meanings: list[str]) -> None:
    found = meant(text, WRITTEN)
    assert [one.meaning for one in found] == meanings
    assert all(text[one.start : one.end].strip() for one in found)


@pytest.mark.parametrize(
    ("text", "meanings"),
    [
        ("Mum had a fall on Thursday", ["4 May 2023"]),
        ("On Tuesday I was ill", ["2 May 2023"]),  # of a day that is over: "today" else
        ("We went at the weekend", ["the weekend before 9 May 2023"]),
        ("born on the eleventh", ["11 April 2023"]),
        ("on the 3rd, on New Year’s Eve", ["3 May 2023", "31 December 2022"]),
        ("last Friday, and Saturday too", ["5 May 2023", "6 May 2023"]),
        ("The plan is Rome in July", []),
        ("We moved in March, in June", ["March 2023", "June 2022"]),
        ("in March 2020, in may, in March '21, in March of that year", []),
        ("every Thursday, on Thursdays, Thursday's", []),
        ("Thursday 13 April, Thursday the 13th, Thursday, April 13", []),
        ("on the 45th, on the first floor, on the second of June", []),
    ],
)
def test_what_was_meant_of_what_has_been(text: str, meanings: list[str]) -> None:
    assert [one.meaning for one in meant(text, WRITTEN, past=True)] == meanings
    if "last" not in text:
        assert meant(text, WRITTEN) == []


def test_what_lies_outside_the_calendar_is_left_out() -> None:
    assert meant("999 years ago", "0900-01-01") == []
    assert meant("999 months ago", "0003-01-01") == []
    assert meant("tomorrow", "9999-12-31") == []
    assert meant("yesterday", "no date") == []
