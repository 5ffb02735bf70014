"""Calendars made by icalendar and by hand, and contact cards as phones and programs write them."""

from __future__ import annotations

import time
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import icalendar
import pytest
from reading import read_all

from ingest.places import lines_of
from ingest.types import Document

SECONDS = 20.0  # on a busy machine; alone each takes well under two
OUTLOOK = """BEGIN:VCALENDAR\r
PRODID:-//Microsoft Corporation//Outlook 16.0 MIMEDIR//EN\r
VERSION:2.0\r
X-WR-CALNAME:Choir\r
BEGIN:VTIMEZONE\r
TZID:Our Own Time\r
BEGIN:STANDARD\r
DTSTART:16011028T030000\r
RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10\r
TZOFFSETFROM:+0200\r
TZOFFSETTO:+0100\r
END:STANDARD\r
BEGIN:DAYLIGHT\r
DTSTART:16010325T020000\r
RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=3\r
TZOFFSETFROM:+0100\r
TZOFFSETTO:+0200\r
END:DAYLIGHT\r
END:VTIMEZONE\r
BEGIN:VEVENT\r
DTSTART;TZID="Our Own Time":20240508T190000\r
DTEND;TZID="Our Own Time":20240508T210000\r
SUMMARY:Rehearsal\\, spring concert\r
ATTENDEE;CN="Berg, Anna";PARTSTAT=DECLINED:mailto:anna@example.org\r
ATTENDEE;PARTSTAT=ACCEPTED:mailto:ben@example.org\r
ORGANIZER;CN=Nora:mailto:nora@example.org\r
DESCRIPTION:Bring the blue folder.\\nWe begin with the Requiem and go on to th\r
 e folk songs.\r
BEGIN:VALARM\r
DESCRIPTION:Reminder\r
TRIGGER:-PT15M\r
END:VALARM\r
END:VEVENT\r
BEGIN:VEVENT\r
DTSTART:nonsense\r
SUMMARY:A broken date\r
END:VEVENT\r
BEGIN:VTODO\r
DUE;VALUE=DATE:20240601\r
SUMMARY:Return the music\r
STATUS:COMPLETED\r
END:VTODO\r
END:VCALENDAR\r
"""
CARDS = """BEGIN:VCARD
VERSION:2.1
N;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:M=C3=BCller;J=C3=BCrgen;;;
TEL;HOME;VOICE:+49 30 123456
EMAIL;PREF;INTERNET:j@example.de
ADR;HOME;ENCODING=QUOTED-PRINTABLE;CHARSET=UTF-8:;;Gr=C3=BCne Stra=C3=9Fe=
 5;Berlin;;10115;Germany
PHOTO;ENCODING=BASE64;JPEG:
 /9j/4AAQSkZJRgABAQAAAQ

END:VCARD
BEGIN:VCARD
VERSION:3.0
PRODID:-//Apple Inc.//iPhone OS 17.4//EN
N:Berg;Anna;Maria;Dr.;
FN:Dr. Anna Maria Berg
ORG:Acme\\, Inc.;Sales
item1.TEL;type=pref:+46 70 111
item1.X-ABLabel:_$!<Assistant>!$_
BDAY;value=date:1980-05-08
NOTE:likes fish\\, not\\nmea
 t
END:VCARD
BEGIN:VCARD
VERSION:4.0
FN:Zoë Lind
TEL;VALUE=uri;TYPE="voice,home":tel:+1-555-0100
BDAY:19790401
RELATED;TYPE=spouse;VALUE=text:Max
CATEGORIES:friends,choir
END:VCARD
"""


def row(documents: list[Document], words: str) -> tuple[str, int | None, int | None]:
    """The line of the text with these words, and where it stands in the file."""
    document = next(document for document in documents if words in document.text)
    start = document.text.rfind("\n", 0, document.text.index(words)) + 1
    end = document.text.find("\n", start)
    end = len(document.text) if end < 0 else end
    return document.text[start:end], *lines_of(document, start, end)


def test_a_calendar_with_a_zone_of_its_own(tmp_path: Path) -> None:
    path = tmp_path / "calendar.ics"
    path.write_bytes(OUTLOOK.encode())
    reading, documents = read_all(path, 200)
    assert (reading.kind, reading.unreadable) == ("ics", [])
    assert [document.headings for document in documents] == [
        ("Rehearsal, spring concert",),
        ("A broken date",),
        ("Return the music",),
    ]
    assert {document.title for document in documents} == {"Choir"}
    assert [document.date for document in documents] == ["2024-05-08T19:00:00+02:00", None, "2024-06-01"]
    assert (documents[0].line_start, documents[0].line_end) == (21, 28)
    assert row(documents, "When:") == ("When: Wednesday 2024-05-08 19:00 to 21:00", 21, 21)
    assert row(documents, "With:") == ("With: Berg, Anna (declined), ben@example.org", 24, 25)
    assert row(documents, "Organised by:") == ("Organised by: Nora", 26, 26)
    assert row(documents, "folk songs") == ("We begin with the Requiem and go on to the folk songs.", 27, 28)
    assert documents[2].text == "Return the music\nDue: Saturday 2024-06-01\nStatus: done"


def make_calendar(path: Path, **fields: object) -> list[Document]:
    event = icalendar.Event()
    for key, value in fields.items():
        event.add(key.replace("_", "-"), value)
    calendar = icalendar.Calendar()
    calendar.add_component(event)
    path.write_bytes(calendar.to_ical())
    return read_all(path, 200)[1]


STOCKHOLM = ZoneInfo("Europe/Stockholm")


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"dtstart": date(2024, 7, 1)}, "When: Monday 2024-07-01, all day"),
        (
            {"dtstart": date(2024, 7, 1), "dtend": date(2024, 7, 16)},
            "When: Monday 2024-07-01 to Monday 2024-07-15, all day",
        ),
        (
            {"dtstart": datetime(2024, 7, 1, 9, 30, tzinfo=STOCKHOLM), "duration": timedelta(hours=1)},
            "When: Monday 2024-07-01 09:30 to 10:30 (Europe/Stockholm)",
        ),
        ({"rrule": {"freq": "daily"}}, "Repeats: every day"),
        (
            {"rrule": {"freq": "weekly", "interval": 2, "byday": ["TU", "TH"], "until": date(2024, 8, 1)}},
            "Repeats: every 2 weeks on Tuesday and Thursday, until 2024-08-01",
        ),
        (
            {"rrule": {"freq": "monthly", "byday": "-1FR", "count": 5}},
            "Repeats: every month on the last Friday, 5 times",
        ),
        ({"rrule": {"freq": "yearly", "bymonth": 5, "bymonthday": 8}}, "Repeats: every year on day 8 in May"),
        (
            {"rrule": {"freq": "daily"}, "exdate": [date(2024, 5, 9)], "rdate": [date(2024, 9, 1)]},
            "Repeats: every day, also on 2024-09-01, not on 2024-05-09",
        ),
        ({"recurrence_id": date(2024, 5, 8)}, "Instead of: Wednesday 2024-05-08"),
        ({"location": "Old Church, Lund", "categories": ["music"]}, "Where: Old Church, Lund\nCategories: music"),
        ({"status": "CANCELLED"}, "Status: cancelled"),
    ],
)
def test_what_an_event_says(tmp_path: Path, fields: dict[str, object], said: str) -> None:
    (document,) = make_calendar(tmp_path / "a.ics", summary="Meeting", **fields)
    assert document.text == f"Meeting\n{said}"


@pytest.mark.parametrize(
    "dates",
    [
        "DTSTART:20240508T190000\nDURATION:P99999999D",
        "DTSTART;VALUE=DATE:00010101\nDTEND;VALUE=DATE:00010101",
    ],
)
def test_an_event_beyond_all_dates_is_lost_and_no_other(tmp_path: Path, dates: str) -> None:
    event = "BEGIN:VEVENT\nSUMMARY:{}\n{}\nEND:VEVENT\n"
    path = tmp_path / "a.ics"
    path.write_text(
        "BEGIN:VCALENDAR\n" + event.format("Fine", "") + event.format("Far", dates) + event.format("Good", "")
    )
    reading, documents = read_all(path, 200)
    assert [document.text for document in documents] == ["Fine", "Good"]
    assert reading.unreadable == ["line 6: date value out of range"]


ZONE = """BEGIN:VTIMEZONE
TZID:{name}
{more}
BEGIN:STANDARD
DTSTART:19701025T030000
RRULE:{rule}
TZOFFSETFROM:+0200
TZOFFSETTO:+0100
END:STANDARD
BEGIN:DAYLIGHT
DTSTART:19700329T020000
RRULE:{rule};BYMONTH=3
TZOFFSETFROM:+0100
TZOFFSETTO:+0200
END:DAYLIGHT
END:VTIMEZONE
"""


@pytest.mark.parametrize(
    ("name", "more", "rule", "date"),
    [
        # 1.8 MB that every event would parse again: a minute for these two hundred.
        ("Heavy", "\n".join(f"X-{i}:{'x' * 900}" for i in range(2_000)), "FREQ=YEARLY", "2024-05-08T19:00:00+02:00"),
        ("Standing", "X-A:1", "FREQ=DAILY;INTERVAL=0", "2024-05-08T19:00:00+01:00"),
        ("Ticking", "X-A:1", "FREQ=SECONDLY", "2024-05-08T19:00:00+01:00"),
        ("None\nEND:VTIMEZONE\nBEGIN:VTIMEZONE\nTZID:Other", "X-A:1", "FREQ=YEARLY", "2024-05-08T19:00:00"),
    ],
    ids=["heavy", "standing", "ticking", "empty"],
)  # fmt: skip
def test_zones_that_would_take_hours(tmp_path: Path, name: str, more: str, rule: str, date: str) -> None:
    event = f"BEGIN:VEVENT\nSUMMARY:x\nDTSTART;TZID={name.split()[0]}:20240508T190000\nEND:VEVENT\n"
    path = tmp_path / "a.ics"
    path.write_text(
        "BEGIN:VCALENDAR\n" + ZONE.format(name=name, more=more, rule=rule) + event * 200 + "END:VCALENDAR\n"
    )
    began = time.monotonic()
    reading, documents = read_all(path, 200)
    assert time.monotonic() - began < SECONDS
    assert reading.unreadable == []
    assert [document.date for document in documents] == [date] * 200


def test_contact_cards_of_three_versions(tmp_path: Path) -> None:
    path = tmp_path / "contacts.vcf"
    path.write_text(CARDS)
    reading, documents = read_all(path, 200)
    assert (reading.kind, reading.unreadable) == ("vcf", [])
    assert [document.text.splitlines() for document in documents] == [
        [
            "Name: Jürgen Müller", "Phone (home): +49 30 123456", "Email: j@example.de",
            "Address (home): Grüne Straße 5, Berlin, 10115, Germany",
        ],
        [
            "Name: Dr. Anna Maria Berg", "Organisation: Acme, Inc., Sales", "Phone (assistant): +46 70 111",
            "Birthday: 1980-05-08", "Note: likes fish, not meat",
        ],
        [
            "Name: Zoë Lind", "Phone (home): +1-555-0100", "Birthday: 1979-04-01", "Related (spouse): Max",
            "Groups: friends, choir",
        ],
    ]  # fmt: skip
    assert [document.headings for document in documents] == [
        ("Jürgen Müller",),
        ("Dr. Anna Maria Berg",),
        ("Zoë Lind",),
    ]
    assert row(documents, "Grüne Straße")[1:] == (6, 7)
    assert row(documents, "not meat")[1:] == (21, 22)
    assert (documents[1].line_start, documents[1].line_end) == (16, 22)
