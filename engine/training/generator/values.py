"""Values of slots: words with their other spellings, days (also relative to a document's date), people.

`write(rng, today)` gives one spelling; `accepted` lists those that count as the same answer.
"""

from __future__ import annotations

import datetime as dt
import random
from dataclasses import dataclass, field
from typing import Protocol

WORDS = (
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven",
    "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
    "twenty",
)  # fmt: skip
MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
    "November", "December",
)  # fmt: skip
DAYS = (
    "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday",
)  # fmt: skip


class Answer(Protocol):
    """What a slot holds. `sort` is the class of entities it can stand for in a chain of facts ("" = none)."""

    @property
    def sort(self) -> str: ...
    @property
    def number(self) -> float | None: ...
    @property
    def accepted(self) -> tuple[str, ...]: ...
    def write(self, rng: random.Random, today: dt.date | None) -> str: ...


@dataclass(frozen=True, slots=True)
class Plain:
    text: str
    others: tuple[str, ...] = ()  # other spellings, used in documents too
    sort: str = ""
    number: float | None = None

    @property
    def accepted(self) -> tuple[str, ...]:
        return (self.text, *self.others)

    def write(self, rng: random.Random, today: dt.date | None) -> str:
        if self.others and rng.random() < 0.5:
            return self.others[int(rng.random() * len(self.others))]
        return self.text


@dataclass(frozen=True, slots=True)
class Year:
    year: int
    sort: str = ""

    @property
    def number(self) -> float:
        return self.year

    @property
    def accepted(self) -> tuple[str, ...]:
        return (str(self.year),)

    def write(self, rng: random.Random, today: dt.date | None) -> str:
        return str(self.year)


@dataclass(frozen=True, slots=True)
class Day:
    """A day; with `today` known it may be written as "tomorrow" or "next Tuesday"."""

    date: dt.date
    day_first: bool = True  # how this person writes 05/08/2024
    sort: str = ""

    @property
    def number(self) -> float:
        return self.date.toordinal()

    @property
    def accepted(self) -> tuple[str, ...]:
        day, month, year = self.date.day, MONTHS[self.date.month - 1], self.date.year
        return (f"{day} {month} {year}", f"{month} {day}, {year}", self.date.isoformat(), f"{day} {month}")

    def write(self, rng: random.Random, today: dt.date | None) -> str:
        if today and rng.random() < 0.3 and (phrase := self._relative(today)):
            return phrase
        moment, month = self.date, MONTHS[self.date.month - 1]
        day, year = moment.day, moment.year
        near = today is not None and abs((moment - today).days) < 150
        style = int(rng.random() * (10 if near else 6))
        if style < 2:
            return (f"{day} {month} {year}", f"{month} {day}, {year}")[style]
        if style < 4:
            return moment.isoformat()
        if style == 4:
            first, second = (day, moment.month) if self.day_first else (moment.month, day)
            return f"{first:02}/{second:02}/{year}"
        if style == 5:
            return f"{day:02}.{moment.month:02}.{year}"
        weekday = DAYS[moment.weekday()]
        return (
            f"{day} {month}",
            f"{month} {day}",
            f"{weekday} {day} {month}",
            f"the {ordinal(day)} of {month}",
        )[style - 6]

    def _relative(self, today: dt.date) -> str:
        ahead = (self.date - today).days
        if -1 <= ahead <= 1:
            return ("yesterday", "today", "tomorrow")[ahead + 1]
        if not -7 <= ahead <= 13:
            return ""
        weekday = DAYS[self.date.weekday()]
        if ahead < 0:
            return f"last {weekday}"
        return f"this {weekday}" if ahead + today.weekday() < 7 else f"next {weekday}"


RELATIVE = ("yesterday", "today", "tomorrow", "last ", "this ", "next ")


@dataclass(frozen=True, slots=True, eq=False)
class Person:
    first: str
    last: str
    gender: str  # f or m
    relation: str = ""  # to the owner: "sister"; unique in a memory
    title: str = ""
    sort: str = field(default="person", init=False)

    @property
    def number(self) -> None:
        return None

    @property
    def full(self) -> str:
        return f"{self.first} {self.last}"

    @property
    def short(self) -> str:
        return f"{self.title} {self.last}" if self.title else self.first

    @property
    def accepted(self) -> tuple[str, ...]:
        if self.title:
            return (self.short, f"{self.title} {self.full}", self.full)
        return (self.first, self.full)

    def write(self, rng: random.Random, today: dt.date | None) -> str:
        if self.title:
            return self.short if rng.random() < 0.7 else f"{self.title} {self.full}"
        return self.first if rng.random() < 0.6 else self.full


@dataclass(frozen=True, slots=True)
class Voice:
    """Who writes to whom, and when: decides between "I", "you" and a name, and what "tomorrow" is."""

    author: Person | None = None
    addressee: Person | None = None
    today: dt.date | None = None
    casual: bool = False  # small letters, no full stops


_GRAMMAR = {  # form -> first person, second person, she, he
    "": ("I", "you", "", ""), "him": ("me", "you", "", ""), "'s": ("my", "your", "", ""),
    "he": ("I", "you", "she", "he"), "his": ("my", "your", "her", "his"), "them": ("me", "you", "her", "him"),
    "is": ("am", "are", "is", "is"), "was": ("was", "were", "was", "was"),
    "has": ("have", "have", "has", "has"), "does": ("do", "do", "does", "does"),
    "s": ("", "", "s", "s"), "es": ("", "", "es", "es"),
}  # fmt: skip


def person_form(person: Person, form: str, voice: Voice, name: str) -> str:
    """ "I", "your", "takes" and the like; `name` is how a third person is called here."""
    column = 0 if person is voice.author else 1 if person is voice.addressee else 2 if person.gender == "f" else 3
    word = _GRAMMAR[form][column]
    if column < 2 or form not in ("", "him", "'s"):
        return word
    return name + ("'s" if form == "'s" else "")


def ordinal(day: int) -> str:
    return f"{day}{'th' if 10 < day % 100 < 14 else {1: 'st', 2: 'nd', 3: 'rd'}.get(day % 10, 'th')}"


def with_article(noun: str) -> str:
    return ("an " if noun[:1].lower() in "aeiou" and noun[:3].lower() not in ("uni", "use", "euro") else "a ") + noun


def with_preposition(day: str) -> str:
    return day if day.startswith(RELATIVE) else f"on {day}"
