"""Dates as people and programs write them become ISO 8601; what is not surely a date becomes None."""

from __future__ import annotations

import datetime
import re

from dateutil import parser

_IN_NAME = re.compile(r"(?<!\d)((?:19|20)\d\d)([-_.]?)(0[1-9]|1[0-2])\2(0[1-9]|[12]\d|3[01])(?!\d)")
_LONGEST = 64  # characters; anything longer is prose
# Parsed against both, an incomplete date ("May 2024") gives two results and so shows itself.
_DEFAULTS = (datetime.datetime(2000, 1, 1), datetime.datetime(2001, 2, 2))


def from_name(name: str) -> str | None:
    """The date in a file's name: 2024-05-08, 2024_05_08, 2024.05.08 or 20240508; the first that exists."""
    for match in _IN_NAME.finditer(name):
        try:
            return datetime.date(int(match[1]), int(match[3]), int(match[4])).isoformat()
        except ValueError:
            continue  # the 31st of June
    return None


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
