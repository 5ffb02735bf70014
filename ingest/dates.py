"""Dates as people and programs write them become ISO 8601; what is not surely a date becomes None."""

from __future__ import annotations

import datetime
import re

from dateutil import parser

_IN_NAME = re.compile(r"(?<!\d)((?:19|20)\d\d)([-_./]?)(0[1-9]|1[0-2])\2(0[1-9]|[12]\d|3[01])(?!\d)")
_YEAR_LAST = re.compile(r"(?<!\d)(?<!\d[-_])(\d{1,2})([-_])(\d{1,2})\2((?:19|20)\d\d)(?![-_]?\d)")
_JOINED = re.compile(  # 8-May-2024 and May-8-2024, but not 08-05-2024
    r"(?<=[^\W\d])[-_]+(?=\w)|(?<=\w)[-_]+(?=[^\W\d])|_+|(?<=[a-z]-\d)-(?=\d{4})|(?<=[a-z]-\d\d)-(?=\d{4})"
)
_LONGEST = 64  # characters; anything longer is prose
_MONTH = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?"
    r"|nov(?:ember)?|dec(?:ember)?)\.?"
)
_NUMBER = r"\d{1,2}(?:st|nd|rd|th)?"
_DAY = re.compile(
    rf"\b(?:(?P<written>{_NUMBER} (?:of )?{_MONTH},? (?:19|20)\d\d|{_MONTH} {_NUMBER},? (?:19|20)\d\d)"
    r"|(?<![\d.])(?P<day>\d{1,2})\.(?P<month>\d{1,2})\.(?P<year>(?:19|20)\d\d)(?!\.?\d))\b",
    re.IGNORECASE,
)
_SINCE = re.compile(
    r"\b(?:from|since|to|by|until|till|before|after|due|expires?|expiry|valid|ends?)\s+\Z", re.IGNORECASE
)
_BESIDE_A_DAY = re.compile(  # of a line that says nothing but which day it is
    r"(?:(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?|\d{1,2}[:.]\d\d(?:[:.]\d\d)?(?: ?[ap]m)?|[\W_]"
    r"|\b(?:(?:session|conversation|chat|call|part|no)(?:[ .#]{0,2}\d{1,3})?|date|time|day|on|at|utc|gmt)\b)*",
    re.IGNORECASE,
)
# Parsed against both, an incomplete date ("May 2024") gives two results and so shows itself.
_DEFAULTS = (datetime.datetime(2000, 1, 1), datetime.datetime(2001, 2, 2))


def from_name(name: str) -> str | None:
    """The date in a file's name: 2024-05-08, 2024_05_08, 2024.05.08 or 20240508; else 8 May 2024, 8-May-2024 or
    08.05.2024; 08-05-2024 where one of the two is no month. The first that exists."""
    if (found := _year_first(name)) is not None:
        return found
    spoken = _JOINED.sub(" ", name)
    for match in _DAY.finditer(spoken):
        if _SINCE.search(spoken, 0, match.start()) is None and (day := _day(match)) is not None:
            return day
    for match in _YEAR_LAST.finditer(name):
        one, two, year = (int(match[group]) for group in (1, 3, 4))
        if (one > 12) != (two > 12) and (day := _real(year, min(one, two), max(one, two))) is not None:
            return day
    return None


def _year_first(name: str) -> str | None:
    for match in _IN_NAME.finditer(name):
        if (day := _real(int(match[1]), int(match[3]), int(match[4]))) is not None:
            return day
    return None


def _real(year: int, month: int, day: int) -> str | None:
    """None for the 31st of June."""
    try:
        return datetime.date(year, month, day).isoformat()
    except ValueError:
        return None


def in_heading(heading: str) -> str | None:
    """The day of a heading: as files' names have it, or written out where the heading begins or ends, as "Monday, 5
    December 2024" does, and "Minutes, 5 December 2024"; of "Cancelled from 1 May 2031 on" none."""
    if (found := _year_first(heading)) is not None:
        return found
    for match in _DAY.finditer(heading):
        before, behind = heading[: match.start()], heading[match.end() :]
        if _SINCE.search(before) or not (_BESIDE_A_DAY.fullmatch(before) or _BESIDE_A_DAY.fullmatch(behind)):
            continue
        if (day := _day(match)) is not None:
            return day
    return None


def of_line(line: str) -> str | None:
    """The day that a line names if it says nothing else: "--- Fri 27 June 2025 ---"."""
    if len(line) > _LONGEST or (day := in_heading(line)) is None:
        return None
    rest = _DAY.sub("", _IN_NAME.sub("", line, count=1), count=1)
    return day if _BESIDE_A_DAY.fullmatch(rest) else None


def _day(match: re.Match[str]) -> str | None:
    if match["written"] is not None:
        return from_value(match["written"].replace(".", "").replace(" of ", " "))
    return _real(int(match["year"]), int(match["month"]), int(match["day"]))


def from_value(value: object) -> str | None:
    """A date from front matter or a meta element: date, datetime or text; None when incomplete or none."""
    if isinstance(value, datetime.date | datetime.datetime):
        return value.isoformat()
    if not isinstance(value, str) or not 6 <= len(value.strip()) <= _LONGEST:
        return None
    text = value.strip()
    try:
        if len(text) == 10:
            return datetime.date.fromisoformat(text).isoformat()
        return datetime.datetime.fromisoformat(text).isoformat()
    except ValueError:
        pass  # not ISO 8601: perhaps "8 May 2024"
    try:
        first, second = (parser.parse(text, default=default) for default in _DEFAULTS)
    except (ValueError, OverflowError):
        return None
    if first != second:
        return None
    return first.isoformat() if ":" in text else first.date().isoformat()


def from_epoch(seconds: object) -> str | None:
    """Seconds since 1970 as UTC; None for anything that is no such number."""
    if isinstance(seconds, bool) or not isinstance(seconds, int | float):
        return None
    try:
        moment = datetime.datetime.fromtimestamp(seconds, datetime.UTC)
    except (ValueError, OverflowError, OSError):
        return None
    return moment.replace(microsecond=0).isoformat()
