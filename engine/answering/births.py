"""How old somebody is, and when their birthday is, by a line that tells when they were born: "Born 9 April 2018." """

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

from engine.answering.grammar import LONGEST, MONTH
from engine.answering.lives import day_of, event_of, ordered
from engine.answering.question import Question
from engine.answering.stems import stems_of

_HOW_OLD = re.compile(
    r"\W*(?i:(?:(?:and|so|but) )?how old(?: is| are|['’]s)) [A-Z][\w’'-]*(?: [A-Z][\w’'-]*){0,3}(?i: now| today)?\W*\Z"
)
_NAME = re.compile(r"(?<![\w’'])(?!Born\b)[A-Z][a-z][\w-]*")


@dataclass(frozen=True, slots=True)
class Birth:
    """Of somebody whose age, or whose birthday, is asked for."""

    names: frozenset[str]  # stems
    of_age: bool

    @classmethod
    def of(cls, question: Question) -> Birth | None:
        text = question.text[:LONGEST]
        of_age = _HOW_OLD.fullmatch(text) is not None
        of_day = event_of(text) == "born" and question.kind is not None and question.kind.name == "time"
        is_of_one = bool(question.names) and not question.is_nested
        return cls(question.names, of_age) if is_of_one and (of_age or of_day) else None

    def rank(self, text: str, near: frozenset[str] = frozenset()) -> int:
        """Of a line with the day of a birth: 2 where it has the name, 1 where that stands around it and no other name
        does; 0 of any other. near: stems in and around it."""
        if not self.short(text):
            return 0
        if self.names <= frozenset(stems_of(text)):
            return 2
        others = (match.group() for match in _NAME.finditer(text))
        return int(self.names <= near and all(re.fullmatch(MONTH, name, re.I) for name in others))

    def short(self, text: str) -> str:
        """The day, or the age on this one, with the day."""
        day = day_of(text, "born")
        at = ordered(day) if day is not None else None
        if day is None or at is None or not 1800 < at[0] <= date.today().year:
            return ""
        if not self.of_age:
            return day if at[1] else ""
        years = date.today().year - at[0]
        if not at[1] or not at[2]:
            return f"{years - 1} or {years} (born {day})"
        return f"{years - ((date.today().month, date.today().day) < at[1:])} (born {day})"
