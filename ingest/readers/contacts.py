"""Contact cards (vcf) of versions 2.1, 3.0 and 4.0: each card one document, a line for each thing it says."""

from __future__ import annotations

import quopri
import re
from collections.abc import Iterator

from ingest import dates
from ingest.context import Budget
from ingest.limits import Limits
from ingest.readers.compose import Entry, Origin, Row, compose_entries
from ingest.readers.content_lines import Component, Property, components
from ingest.readers.source import Reader, Source
from ingest.text import clean, decode_as
from ingest.types import Reading, Unreadable

_CARD = frozenset({"VCARD"})
_NAMES = {
    "FN": "Name", "NICKNAME": "Nickname", "ORG": "Organisation", "TITLE": "Title", "ROLE": "Role", "TEL": "Phone",
    "EMAIL": "Email", "ADR": "Address", "URL": "Web page", "BDAY": "Birthday", "ANNIVERSARY": "Anniversary",
    "NOTE": "Note", "IMPP": "Chat", "CATEGORIES": "Groups", "RELATED": "Related", "LANG": "Language",
    "X-SOCIALPROFILE": "Profile", "X-ABRELATEDNAMES": "Related", "X-ABDATE": "Date", "GENDER": "Gender",
    "X-SKYPE": "Skype", "X-JABBER": "Jabber", "X-ICQ": "Icq", "X-SPOUSE": "Spouse", "X-ANNIVERSARY": "Anniversary",
    "X-EVOLUTION-SPOUSE": "Spouse", "X-MANAGER": "Manager", "X-ASSISTANT": "Assistant",
}  # fmt: skip
_STRUCTURED = frozenset({"N", "ADR", "ORG", "GENDER"})
_LISTS = frozenset({"NICKNAME", "CATEGORIES"})
_NO_TYPES = frozenset({"pref", "internet", "voice", "x-internet", "text", "uri"})  # say nothing to a person
_LABEL = re.compile(r"_\$!<(.+)>!\$_")
_ESCAPE = re.compile(r"\\(.)", re.S)
_COMPACT_DATE = re.compile(r"(\d{4})(\d\d)(\d\d)(?:T.*)?")

Parameters = dict[str, list[str]]


def _recognises(name: str, head: bytes) -> bool:
    return name.endswith((".vcf", ".vcard")) or head.lstrip(b"\xef\xbb\xbf \r\n")[:11].upper() == b"BEGIN:VCARD"


def read(source: Source, budget: Budget, limits: Limits) -> Reading:
    text = source.text()
    if "BEGIN:VCARD" not in text.upper():
        raise Unreadable("no contact card in it (BEGIN:VCARD): export the contacts again")
    reading = Reading("vcf", iter(()))
    origin = Origin(title=source.stem, date=dates.from_name(source.name))
    reading.documents = compose_entries(_cards(text, reading.unreadable), origin, budget, apart=True)
    return reading


def _cards(text: str, unreadable: list[str]) -> Iterator[Entry]:
    for card in components(text, _CARD):
        if not card.whole:
            unreadable.append(f"line {card.first}: the card has no end; the file is cut off")
        rows = list(_rows(card))
        if rows:
            name = rows[0][0].removeprefix("Name: ") if rows[0][0].startswith("Name: ") else ""
            yield Entry(rows, headings=(name,) if name else ())


def _rows(card: Component) -> Iterator[Row]:
    labels = _labels(card)
    full_name = False
    found: list[Row] = []
    for prop in card.properties:
        group, key, parameters, value = _parsed(prop)
        shown = _shown(key, parameters, value)
        if not shown:
            continue
        if key == "FN" and not full_name:
            full_name = True
            found.insert(0, (f"Name: {shown}", prop.first, prop.last))
        elif key == "N":
            found.append((f"N {shown}", prop.first, prop.last))
        elif key in _NAMES:
            kinds = [labels[group]] if group in labels else _kinds(parameters)
            said = f" ({', '.join(kinds)})" if kinds else ""
            found.append((f"{_NAMES[key]}{said}: {shown}", prop.first, prop.last))
    for row, first, last in found:
        if not row.startswith("N "):
            yield row, first, last
        elif not full_name:
            yield f"Name: {row[2:]}", first, last


def _labels(card: Component) -> dict[str, str]:
    """What Apple's address book calls the properties of a group: item1.X-ABLabel."""
    labels: dict[str, str] = {}
    for prop in card.properties:
        group, key, parameters, value = _parsed(prop)
        if group and key == "X-ABLABEL":
            label = _shown(key, parameters, value)
            match = _LABEL.fullmatch(label)
            labels[group] = (match[1] if match else label).lower()
    return labels


def _parsed(prop: Property) -> tuple[str, str, Parameters, str]:
    """(group, name, parameters, value as written); 2.1 gives types without their name: TEL;HOME;VOICE."""
    head, value = _cut(prop.text)
    group, _, name = head[0].rpartition(".")
    parameters: Parameters = {}
    for part in head[1:]:
        key, equals, given = part.partition("=")
        if not equals:
            key, given = ("ENCODING", part) if part.upper() in ("QUOTED-PRINTABLE", "BASE64") else ("TYPE", part)
        parameters.setdefault(key.upper(), []).extend(each.strip(' "') for each in given.split(","))
    return group.lower(), name.strip().upper(), parameters, value


def _cut(text: str) -> tuple[list[str], str]:
    """The parts of what stands before the colon, and the value; a quoted parameter may hold either mark."""
    parts, at, quoted = [], 0, False
    for i, char in enumerate(text):
        if char == '"':
            quoted = not quoted
        elif not quoted and char in ";:":
            parts.append(text[at:i])
            at = i + 1
            if char == ":":
                return parts, text[at:]
    return [text], ""


def _shown(key: str, parameters: Parameters, value: str) -> str:
    """A value as a person writes it; "" for pictures, sounds and keys."""
    encoding = next(iter(parameters.get("ENCODING", [])), "").upper()
    if encoding in ("B", "BASE64") or value.startswith("data:"):
        return ""
    if encoding == "QUOTED-PRINTABLE":
        charset = next(iter(parameters.get("CHARSET", [])), None)
        try:
            value = decode_as(quopri.decodestring(value.encode("utf-8", "surrogateescape")), charset)
        except Unreadable:
            return ""
    if key in _STRUCTURED:
        parts = [_plain(part) for part in re.split(r"(?<!\\);", value)]
        if key == "N":  # family, given, additional, prefix, suffix
            parts = [parts[i] for i in (3, 1, 2, 0, 4) if i < len(parts)]
        return (" " if key == "N" else ", ").join(part for part in parts if part)
    if key in _LISTS:
        return ", ".join(part for part in map(_plain, re.split(r"(?<!\\),", value)) if part)
    shown = _plain(value)
    if key in ("BDAY", "ANNIVERSARY", "X-ABDATE") and (match := _COMPACT_DATE.fullmatch(shown)):
        return "-".join(match.groups())
    return re.sub(r"^(?:tel|mailto|sip|xmpp|skype|x-apple):", "", shown) if key in ("TEL", "EMAIL", "IMPP") else shown


def _plain(value: str) -> str:
    written = _ESCAPE.sub(lambda match: "\n" if match[1] in "nN" else match[1], value)
    return " ".join(clean(written).split())


def _kinds(parameters: Parameters) -> list[str]:
    kinds = [kind.lower() for kind in parameters.get("TYPE", [])]
    return [kind for kind in dict.fromkeys(kinds) if kind and kind not in _NO_TYPES]


READER = Reader("vcf", "text_bytes", _recognises, read)
