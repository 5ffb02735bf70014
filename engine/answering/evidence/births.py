"""How old somebody is, and when their birthday is, by a line that tells when they were born: "Born 9 April 2018." """

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

from engine.answering.questions.question import Question
from engine.answering.texts.lives import day_of, event_of, ordered
from engine.answering.texts.naming import CAPITAL
from engine.answering.words.grammar import LONGEST, MONTH, SOMEBODY
from engine.answering.words.stems import stems_of

_UPPER = f"[{CAPITAL}]"
_HOW_OLD = re.compile(
    rf"\W*(?i:(?:(?:and|so|but) )?how old(?: is| are|['’]s)) {_UPPER}[\w’'-]*(?: {_UPPER}[\w’'-]*){{0,3}}"
    r"(?i: now| today)?\W*\Z"
)
_NAMES = re.compile(rf"(?<![\w’'])(?!Born\b|The\b|On\b|In\b|And\b){_UPPER}[\w-]*(?: {_UPPER}[\w-]*){{0,3}}")
_OTHERS = re.compile(
    rf"\b(?:{SOMEBODY}|who|whose|twins?|bab(?:y|ies)|kitten|puppy|dog|cat|another|had an?|got an?|founded|company)\b",
    re.I,
)
_UNSURE = re.compile(r"\b(?:not|or|if|maybe|perhaps|around|about|circa|due)\b|\?", re.I)
_DEAD = re.compile(r"\b(?:died|death|dead|late|passed away)\b|†", re.I)
OLDEST = 120  # years


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
        """Of a line with the day of a birth: 2 where it is that of the name before it, 1 where no other is named or
        meant and the name stands around it; 0 of any other. near: stems in and around it."""
        if not self.short(text):
            return 0
        before = text[: text.index(day_of(text, "born") or "")]
        named = [match for match in _NAMES.finditer(before) if not re.fullmatch(MONTH, match.group(), re.I)]
        if not named:
            return int(self.names <= near and _OTHERS.search(text) is None)
        last = named[-1]
        between = before[last.end() :]
        stems = frozenset(stems_of(last.group()))
        is_own = not between.startswith(("'", "’")) and _OTHERS.search(between) is None
        return 2 * int(is_own and (self.names <= stems or stems <= self.names))

    def short(self, text: str) -> str:
        """The day, or the age on this one, with the day; nothing of one who has died, or of a day that is none."""
        day = day_of(text, "born")
        at = ordered(day) if day is not None else None
        if day is None or at is None or _UNSURE.search(text) is not None:
            return ""
        year, month, number = at
        try:
            date(year, month or 1, number or 1)
        except ValueError:
            return ""
        today = date.today()
        if not self.of_age or not 0 <= today.year - year <= OLDEST:
            return day if not self.of_age and month else ""
        if _DEAD.search(text) is not None or day_of(text, "died") not in (None, day) or year > today.year:
            return ""
        years = today.year - year
        if not month or not number:
            return f"{years - 1} or {years} (born {day})" if years else ""
        return f"{years - ((today.month, today.day) < (month, number))} (born {day})"
