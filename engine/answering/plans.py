"""What is still to come when it is told: "they want to get married in April" tells of no past one."""

from __future__ import annotations

import re
from datetime import date

from engine.answering.times import Time, times_in

_DAY = 10  # characters of a day with its year
_CLAUSE = re.compile(r"[.!?;:\n]|, (?:and|but|so|which|because)\b|(?<=\w) – ", re.IGNORECASE)
_PLANS = re.compile(
    r"\b(?:will|won['’]t|shall|(?:I|we|you|he|she|it|they|that)['’]ll|gonna|(?:want|wants|going|hop(?:e|es|ing)|intend\w*"
    r"|due|supposed|scheduled|mean(?:s|ing)?|plan(?:s|ned|ning)?) (?:to|for|on)|(?:would|['’]d) (?:like|love)"
    r"|(?:is|are|am|['’]s|['’]re|['’]m) (?:due|planned|booked|coming|leaving|getting|moving|starting|flying|having"
    r"|going)|appointment|deadline|booked|next|soon)\b",
    re.IGNORECASE,
)


def is_plan(text: str, at: int) -> bool:
    """Whether the clause in which a place of a text lies tells of what is to come."""
    return _PLANS.search(text, *clause(text, at)) is not None


def clause(text: str, at: int) -> tuple[int, int]:
    """The clause in which a place of a text lies."""
    begin = max((match.end() for match in _CLAUSE.finditer(text, 0, at)), default=0)
    return begin, match.start() if (match := _CLAUSE.search(text, at)) is not None else len(text)


def days_named(text: str, written: str) -> tuple[list[Time], list[Time]]:
    """The times that a text names, written on a day (ISO 8601): those up to it, and those still to come."""
    try:
        day = date.fromisoformat(written[:_DAY])
    except ValueError:
        return [], []
    behind, ahead = list[Time](), list[Time]()
    for time in times_in(text, day):
        first = time.first if len(time.first) == _DAY else with_year(time, day)
        if first is not None:
            (ahead if first > day.isoformat() else behind).append(time)
    return behind, ahead


def with_year(time: Time, near: date) -> str | None:
    """The first day of a time without a year, of the year in which it is nearest to a day; ISO 8601."""
    try:
        same = [date(near.year + step, int(time.first[:2]), int(time.first[3:])) for step in (-1, 0, 1)]
    except ValueError:  # the 29th of February
        return None
    return min(same, key=lambda one: abs(one - near)).isoformat()
