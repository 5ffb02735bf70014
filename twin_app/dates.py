"""Dates as people write them on the command line: a year, a month, a day, or a moment in ISO 8601.

Results sort as text beside the dates of documents: a start is the plain day, an end the last second of it.
"""

from __future__ import annotations

import argparse
import re
from datetime import datetime

PARTIAL = re.compile(r"(\d{4})(?:-(\d{1,2})(?:-(\d{1,2}))?)?")


def start(text: str) -> str:
    """The first day of what is written, or the moment itself."""
    return _moment(text, is_end=False)


def end(text: str) -> str:
    """The last second of what is written, or the moment itself."""
    return _moment(text, is_end=True)


def _moment(text: str, *, is_end: bool) -> str:
    """Raises ArgumentTypeError, which argparse turns into a usage error."""
    partial = PARTIAL.fullmatch(text.strip())
    try:
        if partial is None:
            return datetime.fromisoformat(text.strip()).isoformat(timespec="seconds")
        year, month, day = (int(part) if part else None for part in partial.groups())
        assert year is not None
        if is_end:
            import calendar

            month = month or 12
            day = day or calendar.monthrange(year, month)[1]
        found = datetime(year, month or 1, day or 1)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r} is no date: write 2024, 2024-05 or 2024-05-08") from error
    return f"{found:%Y-%m-%d}T23:59:59" if is_end else f"{found:%Y-%m-%d}"
