"""Times that a question names: days, runs of days, months, years, as people write them.

Texts are dated `2025-02-27`, questions say "on February 27th" or "late in March": no word is shared. A time is a run of
days, compared with a document's date; one without a year is of every year.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache

from engine.answering.words.grammar import LONGEST, MONTH, MONTHS

LEAP = 2024  # its days are those of a year that is not named


@dataclass(frozen=True, slots=True)
class Time:
    """From one day to another, both meant. `2025-02-27`, or `02-27` where no year is named."""

    first: str
    last: str
    at: tuple[int, int]  # where the question names it

    @property
    def is_day(self) -> bool:
        return self.first == self.last

    def holds(self, dated: str) -> bool:
        """Whether a date (ISO 8601, with or without a time) is within it."""
        day = dated[10 - len(self.first) : 10]
        return len(day) == len(self.first) and self._has(day)

    def covers(self, other: Time) -> bool:
        """Whether another time lies within it; years count where both have one."""
        short = len(self.first) != len(other.first)
        own, found = (Time(t.first[-5:], t.last[-5:], t.at) if short else t for t in (self, other))
        return found.first <= found.last and all(own._has(day) for day in (found.first, found.last))

    def _has(self, day: str) -> bool:
        if self.first <= self.last:
            return self.first <= day <= self.last
        return day >= self.first or day <= self.last  # over the turn of a year

    def written(self) -> list[str]:
        """A day as texts may have it, for searching its words; nothing for longer times."""
        if not self.is_day:
            return []
        *year, month, day = self.first.split("-")
        number, name = str(int(day)), MONTHS[int(month) - 1]
        names = dict.fromkeys((name, name[:3]))
        spoken = [f"{one} {two}" for name in names for one, two in ((name, number), (number, name))]
        return [*spoken, *(f"{y} {month} {day}" for y in year), *(f"{day} {month} {y}" for y in year)]


def times_in(text: str, today: date | None = None) -> tuple[Time, ...]:
    """The times a text names, in order; today: what `yesterday` and `last week` go by, the day it is if not given."""
    return _times(text[:LONGEST], today or date.today())


_DAY = r"(?:0?[1-9]|[12]\d|3[01])(?:st|nd|rd|th)?(?![\d:])"
_YEAR = r"(?:19|20)\d\d\b"
_TO = r"\s*(?:-|–|to|until|till|through|and|or)\s*(?:the )?"
_FORMS = re.compile(
    rf"""
    \b(?P<iso>{_YEAR}-\d\d(?:-\d\d)?)\b
    | \b(?P<dotted>\d{{1,2}}\.\d{{1,2}}\.{_YEAR})
    | \b(?P<month1>{MONTH})\b\.?\ (?:the\ )?(?P<from1>{_DAY})
      (?:{_TO}(?:(?P<other1>{MONTH})\b\.?\ )?(?P<to1>{_DAY}))?(?:,?\ (?P<year1>{_YEAR}))?
    | \b(?P<from2>{_DAY})(?:(?:\ of)?\ (?P<other2>{MONTH})\b)?(?:{_TO}(?P<to2>{_DAY}))?(?:\ of)?
      \ (?P<month2>{MONTH})\b\.?(?:,?\ (?P<year2>{_YEAR}))?
    | \b(?:(?P<part>early|mid|middle|late|beginning|start|end)(?:\ of|\ in|-|\ )\ ?)?(?P<month3>{MONTH})\b\.?
      (?:,?\ (?:of\ )?(?P<year3>{_YEAR}))?
    | \b(?P<year4>{_YEAR})
    | \b(?P<near>today|yesterday|(?:last|past|this)\ (?:week|month|year))\b
    """,
    re.I | re.X,
)
_BEYOND = re.compile(r"\b(?:since|until|till|before|after|by|prior to)\s+(?:the\s+)?\Z", re.I)  # not within it
_OF_TIME = re.compile(r"\b(?:in|on|of|during|from|to|last|this|around|and|for)\s+\Z", re.I)
_VERBS = frozenset("mar may march jan sep".split())  # months only where something says so
_PARTS = {
    "early": (1, 12), "beginning": (1, 12), "start": (1, 12), "mid": (9, 21), "middle": (9, 21), "late": (19, 31),
    "end": (19, 31),
}  # fmt: skip


@lru_cache(maxsize=256)
def _times(text: str, today: date) -> tuple[Time, ...]:
    inside = (match for match in _FORMS.finditer(text) if _BEYOND.search(text, 0, match.start()) is None)
    return tuple(time for match in inside for time in _read(match, today))


def _read(match: re.Match[str], today: date) -> Iterator[Time]:
    """None where the words only look like a time: the 31st of February, `may` as a verb."""
    found = match.groupdict()
    if found["iso"]:
        first = last = found["iso"]
        if len(first) == 7:
            year, month = first.split("-")
            first, last = (_of_year(int(month), day, year, whole=True) for day in ("1", "31"))
    elif found["dotted"]:
        day, month, year = found["dotted"].split(".")
        first = last = f"{year}-{int(month):02}-{int(day):02}"
    elif (month := found["month1"]) is not None:
        first = _of_year(month_of(month), found["from1"], found["year1"])
        last = _of_year(month_of(found["other1"] or month), found["to1"] or found["from1"], found["year1"])
    elif (month := found["month2"]) is not None:
        first = _of_year(month_of(found["other2"] or month), found["from2"], found["year2"])
        last = _of_year(month_of(month), found["to2"] or found["from2"], found["year2"])
    elif found["month3"]:
        if found["year3"] is None and found["part"] is None and not _is_month(match):
            return
        days = _PARTS.get((found["part"] or "").lower(), (1, 31))
        first, last = (_of_year(month_of(found["month3"]), str(day), found["year3"], whole=True) for day in days)
    elif found["year4"]:
        if _OF_TIME.search(match.string, 0, match.start()) is None:
            return
        first, last = f"{found['year4']}-01-01", f"{found['year4']}-12-31"
    else:
        try:
            first, last = (day.isoformat() for day in _near(found["near"].lower(), today))
        except (OverflowError, ValueError):  # before the year 1, from which some programs count
            return
    if _is_day(first) and _is_day(last):
        yield Time(first, last, match.span())


def month_of(name: str) -> int:
    """Its number; the name may be cut."""
    start = name[:3].lower().replace("ſ", "s")  # which a pattern without case takes for an s
    return next(at for at, month in enumerate(MONTHS, 1) if month.lower().startswith(start))


def _of_year(month: int, day: str, year: str | None, *, whole: bool = False) -> str:
    """A day. whole: of a month that is meant whole, so that its last day stands for those it lacks."""
    number = int(day.lower().rstrip("stndrh"))  # 3rd, 27th
    if whole and 1 <= month <= 12:
        number = min(number, calendar.monthrange(int(year or LEAP), month)[1])
    return (f"{year}-" if year else "") + f"{month:02}-{number:02}"


def _is_month(match: re.Match[str]) -> bool:
    """Whether a month's name alone is one: `March` after a preposition, `february` anywhere."""
    name = match["month3"]
    return name.lower() not in _VERBS or (
        name[0].isupper() and _OF_TIME.search(match.string, 0, match.start()) is not None
    )


def _near(words: str, today: date) -> tuple[date, date]:
    if words in ("today", "yesterday"):
        day = today - timedelta(words == "yesterday")
        return day, day
    which, unit = words.split()
    past = which != "this"
    if unit == "week":
        monday = today - timedelta(today.weekday() + 7 * past)
        return monday, monday + timedelta(6)
    if unit == "month":
        month = today.replace(day=1)
        month = (month - timedelta(1)).replace(day=1) if past else month
        return month, month.replace(day=calendar.monthrange(month.year, month.month)[1])
    return date(today.year - past, 1, 1), date(today.year - past, 12, 31)


def _is_day(text: str) -> bool:
    try:
        date.fromisoformat(text if len(text) == 10 else f"{LEAP}-{text}")
    except ValueError:
        return False
    return True
