"""Calendars (ics): each event, task or journal entry one document, in words a person would use.

Values are parsed by icalendar, one component at a time: what is damaged stays with its own event. Recurrence is
told, not unrolled; a changed occurrence is an event of its own, as in the file.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator

import icalendar

from ingest import dates
from ingest.context import Budget
from ingest.limits import Limits
from ingest.readers.compose import Entry, Origin, Row, compose_entries
from ingest.readers.content_lines import Component, Property, components
from ingest.readers.recurrence import told
from ingest.readers.source import Reader, Source
from ingest.text import clean
from ingest.types import Reading, Unreadable

_KINDS = {"VEVENT": "event", "VTODO": "task", "VJOURNAL": "journal"}
_WANTED = frozenset({*_KINDS, "VTIMEZONE"})
_ANSWERS = {"DECLINED": "declined", "TENTATIVE": "tentative", "NEEDS-ACTION": "not answered"}
_ATTENDEES = 50
_ZONES = 100
_ZONES_NAMED = 5  # by one event; its start and end name two at most
_ZONE_CHARACTERS = 20_000  # of one; London's, with every change of its clocks since 1900, takes 4,600
_ZONE_NEEDS = frozenset({"DTSTART", "TZOFFSETFROM", "TZOFFSETTO"})
# Clocks change by the year; a rule of every second, or of every 0 days, would be gone through without end.
_ZONE_RULE = re.compile(
    r"(?:(?:DTSTART|RDATE|TZNAME|TZOFFSETFROM|TZOFFSETTO)[;:].*|RRULE:"
    r"(?:(?:FREQ=YEARLY|UNTIL=[\dTZ]+|COUNT=\d+|WKST=[A-Z]+|BY(?:DAY|MONTH|MONTHDAY)=[-+,\dA-Z]+)(?:;|\Z))+)",
    re.IGNORECASE | re.DOTALL,
)
_STATES = {"CANCELLED": "cancelled", "TENTATIVE": "tentative", "COMPLETED": "done", "IN-PROCESS": "in progress"}

When = datetime.datetime | datetime.date


def _recognises(name: str, head: bytes) -> bool:
    start = head.lstrip(b"\xef\xbb\xbf \r\n")[:15].upper()
    return name.endswith((".ics", ".ical", ".ifb")) or start == b"BEGIN:VCALENDAR"


def read(source: Source, budget: Budget, limits: Limits) -> Reading:
    text = source.text()
    if "BEGIN:VCALENDAR" not in text.upper():
        raise Unreadable("no calendar in it (BEGIN:VCALENDAR): export it again")
    reading = Reading("ics", iter(()))
    origin = Origin(title=_name(text) or source.stem, date=dates.from_name(source.name))
    reading.documents = compose_entries(_entries(text, reading.unreadable), origin, budget, apart=True)
    return reading


def _name(text: str) -> str:
    """What the calendar calls itself, before its first event."""
    for line in text[: text.upper().find("BEGIN:VEVENT")].splitlines()[:100]:
        key, _, value = line.partition(":")
        if key.upper().partition(";")[0] in ("X-WR-CALNAME", "NAME"):
            return " ".join(clean(value).split())
    return ""


def _entries(text: str, unreadable: list[str]) -> Iterator[Entry]:
    zones: dict[str, str] = {}
    for component in components(text, _WANTED):
        if component.name == "VTIMEZONE":
            zone = next((p.text.partition(":")[2] for p in component.properties if p.text.upper()[:4] == "TZID"), "")
            if len(zones) < _ZONES and (rules := _rules(component)):
                zones.setdefault(zone, rules)
            continue
        if not component.whole:
            unreadable.append(f"line {component.first}: the {_KINDS[component.name]} has no end; the file is cut off")
        try:
            entry = _entry(component, _parsed(component, zones))
        except (ValueError, KeyError, IndexError, TypeError, AttributeError, OverflowError) as error:
            unreadable.append(f"line {component.first}: {' '.join(str(error).split())[:120]}")
            continue
        if entry:
            yield entry


def _rules(zone: Component) -> str:
    """Of a time zone its name and when its clocks change, bounded: every event that names it parses it again.

    "" where there is nothing of use: its events have their times, and no zone.
    """
    kept: list[Component] = []
    room = _ZONE_CHARACTERS
    for part in reversed(zone.inner):  # the newest come last
        rules = [prop for prop in part.properties if _ZONE_RULE.fullmatch(prop.text)]
        room -= sum(len(prop.text) for prop in rules)
        if room < 0:
            break
        named = {re.split("[;:]", prop.text, maxsplit=1)[0].upper() for prop in rules}
        if part.name in ("STANDARD", "DAYLIGHT") and named >= _ZONE_NEEDS:
            kept.insert(0, Component(part.name, rules, 0, 0))
    names = [prop for prop in zone.properties if prop.text.upper()[:4] == "TZID" and len(prop.text) <= _ZONE_CHARACTERS]
    return Component(zone.name, names[:1], 0, 0, kept).text() if names and kept else ""


def _parsed(component: Component, zones: dict[str, str]) -> icalendar.Component:
    """The component, in a calendar with the time zone it names: exports define zones of their own."""
    wanted = {name for name in zones if any(f"TZID={name}" in p.text.replace('"', "") for p in component.properties)}
    own = Component(component.name, component.properties, 0, 0)  # without alarms
    text = "\r\n".join(
        ["BEGIN:VCALENDAR", *(zones[name] for name in sorted(wanted)[:_ZONES_NAMED]), own.text(), "END:VCALENDAR"]
    )
    calendar = icalendar.Calendar.from_ical(text)
    return next(inner for inner in calendar.subcomponents if inner.name == component.name)


def _entry(component: Component, event: icalendar.Component) -> Entry | None:
    start, end = _when(event, "DTSTART"), _when(event, "DTEND")
    due, length = _when(event, "DUE"), getattr(_value(event, "DURATION"), "dt", None)
    if start and not end and isinstance(length, datetime.timedelta):
        end = start + length
    summary = _words(event, "SUMMARY")
    attendees = _people(event, "ATTENDEE")
    said: list[tuple[str, str, str]] = [  # property, what it is called, value
        ("SUMMARY", "", summary),
        ("DTSTART", "When", _span(start, end)),
        ("DUE", "Due", _moment(due) if due else ""),
        ("RRULE", "Repeats", told(event)),
        ("RECURRENCE-ID", "Instead of", _moment(changed) if (changed := _when(event, "RECURRENCE-ID")) else ""),
        ("LOCATION", "Where", _words(event, "LOCATION")),
        ("ORGANIZER", "Organised by", ", ".join(_people(event, "ORGANIZER"))),
        ("ATTENDEE", "With", ", ".join(attendees)),
        ("STATUS", "Status", _STATES.get(_words(event, "STATUS").upper(), "")),
        ("CATEGORIES", "Categories", _categories(event)),
        ("URL", "Link", _words(event, "URL")),
    ]
    rows: list[Row] = []
    for key, name, value in said:
        if value:
            rows.append((f"{name}: {value}" if name else value, *_place(component, key)))
    description = _words(event, "DESCRIPTION", keep_lines=True)
    rows += [(line, *_place(component, "DESCRIPTION")) for line in description.split("\n") if line.strip()]
    if not (summary or description or attendees or _words(event, "LOCATION")):
        return None
    begins = start or due
    return Entry(rows, headings=(summary,) if summary else (), date=begins.isoformat() if begins else None)


def _place(component: Component, key: str) -> tuple[int, int]:
    """First and last line of the properties of that name; of the whole component where there are none."""
    found: list[Property] = [
        prop for prop in component.properties if prop.text.upper().startswith((f"{key}:", f"{key};"))
    ]
    return (found[0].first, found[-1].last) if found else (component.first, component.last)


def _value(event: icalendar.Component, key: str) -> object:
    """The first value of that name that could be made out; icalendar keeps the others as broken ones."""
    values = event.get(key)
    found = values if isinstance(values, list) else [values]
    return next((value for value in found if not isinstance(value, icalendar.vBroken)), None)


def _when(event: icalendar.Component, key: str) -> When | None:
    moment = getattr(_value(event, key), "dt", None)
    return moment if isinstance(moment, datetime.date) else None


def _span(start: When | None, end: When | None) -> str:
    """ "Wednesday 2024-05-08 13:56 to 15:00 (Europe/Stockholm)"; whole days end on the last of them."""
    if start is None:
        return ""
    if not isinstance(start, datetime.datetime):
        last = end - datetime.timedelta(days=1) if end and not isinstance(end, datetime.datetime) else start
        return f"{_moment(start)}, all day" if last <= start else f"{_moment(start)} to {_moment(last)}, all day"
    shown = start.strftime("%A %Y-%m-%d %H:%M")
    if isinstance(end, datetime.datetime) and end != start:
        shown += end.strftime(" to %H:%M" if end.date() == start.date() else " to %A %Y-%m-%d %H:%M")
    zone = getattr(start.tzinfo, "key", None) or (start.tzname() if start.tzinfo else "")
    return f"{shown} ({zone})" if zone else shown


def _moment(moment: When) -> str:
    return moment.strftime("%A %Y-%m-%d %H:%M" if isinstance(moment, datetime.datetime) else "%A %Y-%m-%d")


def _words(event: icalendar.Component, key: str, keep_lines: bool = False) -> str:
    value = _value(event, key)
    text = clean(str(value)) if value is not None else ""
    return "\n".join(" ".join(line.split()) for line in text.split("\n")) if keep_lines else " ".join(text.split())


def _people(event: icalendar.Component, key: str) -> list[str]:
    """Names where there are any, else addresses; with the answer of those who do not come for sure."""
    values = event.get(key)
    people = []
    for value in (values if isinstance(values, list) else [values])[:_ATTENDEES]:
        if not isinstance(value, icalendar.vCalAddress):
            continue
        parameters = value.params
        address = str(value).partition(":")[2] or str(value)
        name = " ".join(clean(str(parameters.get("CN", "")) or address).split())
        answer = _ANSWERS.get(str(parameters.get("PARTSTAT", "")).upper(), "") if key == "ATTENDEE" else ""
        people.append(f"{name} ({answer})" if answer else name)
    return [person for person in people if person]


def _categories(event: icalendar.Component) -> str:
    values = event.get("CATEGORIES")
    found = values if isinstance(values, list) else [values]
    return ", ".join(clean(str(name)) for each in found if isinstance(each, icalendar.vCategory) for name in each.cats)


READER = Reader("ics", "text_bytes", _recognises, read)
