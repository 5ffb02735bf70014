"""What is still to come when it is told: "they want to get married in April" tells of no past one."""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import date

from engine.answering.words.grammar import WEEKDAY
from engine.answering.words.times import Time, times_in

DAY = 10  # characters of a day with its year
_LONGEST = 300  # characters of a clause
_CLAUSE = re.compile(
    r"[.!?;\n]|:(?!\d)|,? (?:and|but|so|because|as|when|while|who|which)"
    r" (?=(?:I|we|you|he|she|it|they|my|our|his|her|the|will)\b)"
    r"|, (?=(?:I|we|you|he|she|it|they|my|our|his|her|the)\b)|(?<=\w) – ",
    re.IGNORECASE,
)
_PLANS = re.compile(
    r"\b(?:will|won['’]t|shall|(?:I|we|you|he|she|it|they|that)['’]ll|gonna|(?:want|wants|going|hop(?:e|es|ing)|intend\w*"
    r"|due|supposed|scheduled|mean(?:s|ing)?|plan(?:s|ned|ning)?) (?:to|for|on)"
    r"|(?:the|our|my) plan (?:is|was)|(?:would|['’]d) (?:like|love)"
    r"|(?:is|are|am|['’]s|['’]re|['’]m) (?:due|planned|booked|coming|leaving|getting|moving|starting|flying|going)"
    r"|(?:leaves|starts|begins|opens|arrives|flies|moves|comes|goes) (?:on|in)|(?:last|first) (?:day|shift) (?:is|will)"
    r"|(?:have|has|got|['’]ve|['’]s) (?:got )?an? appointment|booked (?:it )?for"
    rf"|next (?:week|month|year|weekend|spring|summer|autumn|winter|{WEEKDAY}))\b",
    re.IGNORECASE,
)
_I = re.compile(r"\bI (?:\w+ly )?")
_BECAUSE = re.compile(r"\b(?:because|since|so|as)\s+\Z", re.IGNORECASE)
_PAST = re.compile(
    r"\b(?:was|were|had|did|went|got|met|came|took|bought|sold|saw|gave|made|began|broke|lost|won|found|told|ran|flew"
    r"|drove|ate|fell|wrote|spent|paid|sent|brought|caught|sang|swam|sank|quit|rose|drank|slept|kept|left|\w{2,}ed)\b",
    re.IGNORECASE,
)


def is_plan(text: str, at: int) -> bool:
    """Whether the clause in which a place of a text lies tells of what is to come."""
    return _PLANS.search(text, *clause(text, at)) is not None


def is_past(text: str) -> bool:
    """Whether "I" have done something by it: "I sold the trailer", not "I attach the contract"."""
    return any(_PAST.match(text, match.end()) is not None for match in _I.finditer(text))


def is_no_past(text: str, at: int) -> bool:
    """Whether the clause in which a place lies gives a reason, and tells of nothing that was: "because she starts at
    the school in August"."""
    begin, end = clause(text, at)
    return _BECAUSE.search(text, 0, begin) is not None and _PAST.search(text, begin, end) is None


def clause(text: str, at: int) -> tuple[int, int]:
    """The clause in which a place of a text lies."""
    begin = max(
        (match.end() for match in _CLAUSE.finditer(text, max(0, at - _LONGEST), at)), default=max(0, at - _LONGEST)
    )
    end = min(len(text), at + _LONGEST)
    return begin, match.start() if (match := _CLAUSE.search(text, at, end)) is not None else end


def days_named(text: str, written: str) -> tuple[list[Time], list[Time]]:
    """The times that a text names, written on a day (ISO 8601): those up to it, and those still to come."""
    if (day := _day(written)) is None:
        return [], []
    behind, ahead = list[Time](), list[Time]()
    for time in times_in(text, day):
        first = time.first if len(time.first) == DAY else with_year(time, text, written)
        if first is not None:
            (ahead if first > day.isoformat() else behind).append(time)
    return behind, ahead


def with_year(time: Time, text: str, written: str) -> str | None:
    """The first day of a time without a year, of the year in which it is nearest to when it was written; of what has
    been, the last one. ISO 8601."""
    if (near := _day(written)) is None:
        return None
    within = 4 if time.first == "02-29" else 1
    years = range(max(1, near.year - within), min(9999, near.year + within) + 1)
    month, number = int(time.first[:2]), int(time.first[3:])
    same = [date(year, month, number) for year in years if number <= monthrange(year, month)[1]]
    if not is_plan(text, time.at[0]) and _PAST.search(text, *clause(text, time.at[0])) is not None:
        same = [one for one in same if one <= near]
    return min(same, key=lambda one: abs(one - near)).isoformat() if same else None


def _day(written: str) -> date | None:
    try:
        return date.fromisoformat(written[:DAY])
    except ValueError:
        return None
