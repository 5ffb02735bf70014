"""How often an event comes back, in words: "every 2 weeks on Tuesday and Thursday, until 2024-08-01"."""

from __future__ import annotations

import datetime
import re

import icalendar

_UNITS = {"SECONDLY": "second", "MINUTELY": "minute", "HOURLY": "hour", "DAILY": "day", "WEEKLY": "week",
          "MONTHLY": "month", "YEARLY": "year"}  # fmt: skip
_DAYS = {"MO": "Monday", "TU": "Tuesday", "WE": "Wednesday", "TH": "Thursday", "FR": "Friday", "SA": "Saturday",
         "SU": "Sunday"}  # fmt: skip
_MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
           "November", "December")  # fmt: skip
_ORDINALS = {1: "first", 2: "second", 3: "third", 4: "fourth", 5: "fifth", -1: "last", -2: "last but one"}
_WEEKDAY = re.compile(r"([-+]?\d+)?(MO|TU|WE|TH|FR|SA|SU)")
_DATES_SHOWN = 20


def told(event: icalendar.Component) -> str:
    """The event's rule, the dates added to it, and those left out; "" where it does not come back."""
    rules = event.get("RRULE")
    found = rules if isinstance(rules, list) else [rules]
    parts = [_rule(rule) for rule in found if isinstance(rule, icalendar.vRecur)]  # else broken, or none
    if added := _dates(event, "RDATE"):
        parts.append(f"also on {added}")
    if left_out := _dates(event, "EXDATE"):
        parts.append(f"not on {left_out}")
    return ", ".join(part for part in parts if part)


def _rule(rule: icalendar.vRecur) -> str:
    unit = _UNITS.get(str(_first(rule, "FREQ")).upper(), "")
    if not unit:
        return ""
    interval = _first(rule, "INTERVAL")
    many = interval if isinstance(interval, int) and interval > 1 else 0
    words = f"every {many} {unit}s" if many else f"every {unit}"
    days = [shown for day in _all(rule, "BYDAY") if (shown := _day(str(day)))]
    month_days = [("the last day" if str(day) == "-1" else f"day {day}") for day in _all(rule, "BYMONTHDAY")]
    months = [_MONTHS[m - 1] for m in _all(rule, "BYMONTH") if isinstance(m, int) and 1 <= m <= 12]
    places = [_ORDINALS.get(n, f"{n}.") for n in _all(rule, "BYSETPOS") if isinstance(n, int)]
    if days or month_days:
        words += f" on {'the ' + _joined(places) + ' ' if places else ''}{_joined(days + month_days)}"
    if months:
        words += f" in {_joined(months)}"
    until, count = _first(rule, "UNTIL"), _first(rule, "COUNT")
    if isinstance(until, datetime.date):
        words += f", until {until.strftime('%Y-%m-%d')}"
    return f"{words}, {count} times" if isinstance(count, int) else words


def _first(rule: icalendar.vRecur, key: str) -> object:
    return next(iter(_all(rule, key)), None)


def _all(rule: icalendar.vRecur, key: str) -> list[object]:
    values = rule.get(key)
    return list(values) if isinstance(values, list) else [] if values is None else [values]


def _day(written: str) -> str:
    """2TU becomes "the second Tuesday"."""
    match = _WEEKDAY.fullmatch(written.upper())
    if not match:
        return ""
    place = f"the {_ORDINALS.get(int(match[1]), match[1] + '.')} " if match[1] else ""
    return place + _DAYS[match[2]]


def _dates(event: icalendar.Component, key: str) -> str:
    values = event.get(key)
    found = [
        each.dt
        for value in (values if isinstance(values, list) else [values])
        if isinstance(value, icalendar.vDDDLists)
        for each in value.dts
        if isinstance(each.dt, datetime.date)
    ]
    shown = ", ".join(moment.strftime("%Y-%m-%d") for moment in found[:_DATES_SHOWN])
    return f"{shown} and {len(found) - _DATES_SHOWN} more" if len(found) > _DATES_SHOWN else shown


def _joined(words: list[str]) -> str:
    return " and ".join(part for part in (", ".join(words[:-1]), words[-1]) if part)
