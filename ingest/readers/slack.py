"""Slack's export: a zip with a folder a channel and a file a day, or one such file of the unpacked folder.

Who is meant by an id stands in users.json, what is meant by a channel in channels.json and its siblings. Mentions
and links are written out as Slack shows them; the text is otherwise the message's own.
"""

from __future__ import annotations

import json
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from ingest import dates
from ingest.context import Budget
from ingest.limits import Limits
from ingest.places import Places
from ingest.readers.chat import Fields, Said, compose_chat, dicts, said_before, string
from ingest.readers.json_stream import JsonStream, damage
from ingest.readers.source import Reader, Source
from ingest.readers.zipped import DAMAGED, content, is_link, unzipped
from ingest.types import Reading, Unreadable

_DAY = re.compile(r"\d{4}-\d\d-\d\d\.json\Z")
_CHANNEL_LISTS = ("channels.json", "groups.json", "mpims.json", "dms.json")
_LISTS = frozenset({"users.json", *_CHANNEL_LISTS})
# Messages of these subtypes, or of none, are words of somebody; the others tell who joined, left, renamed.
_WORDS = frozenset({None, "", "bot_message", "me_message", "file_share", "file_comment", "thread_broadcast"})
_REFERENCE = re.compile(r"<([@#!]?)([^<>|]{1,2000})(?:\|([^<>]{0,2000}))?>")
_ENTITIES = {"&lt;": "<", "&gt;": ">", "&amp;": "&"}
_ENTITY = re.compile("&(?:lt|gt|amp);")
_MEMBERS_SHOWN = 4


@dataclass(slots=True)
class _People:
    """Names of users, and of conversations by the folder they lie in and by their id."""

    users: dict[str, str] = field(default_factory=dict)
    channels: dict[str, str] = field(default_factory=dict)

    def learn(self, name: str, data: bytes) -> None:
        """What one of the lists says; raises JSONDecodeError."""
        stream = JsonStream(data)
        for _ in stream.items():
            entry = stream.value()
            if not isinstance(entry, dict):
                continue
            number = string(entry, "id")
            if name == "users.json":
                self.users[number] = _person(entry) or number
                continue
            members = entry.get("members")
            if name in ("dms.json", "mpims.json") and isinstance(members, list):
                shown = [self.users.get(str(member), str(member)) for member in members[:_MEMBERS_SHOWN]]
                title = "Chat with " + ", ".join(shown) + (" and others" if len(members) > len(shown) else "")
            else:
                title = f"#{string(entry, 'name') or number}"
            self.channels |= {number: title, string(entry, "name") or number: title}

    def title(self, folder: str) -> str:
        return self.channels.get(folder) or f"#{folder}"

    def written_out(self, text: str) -> str:
        """Slack's markup for references, as a person reads it."""

        def shown(match: re.Match[str]) -> str:
            mark, target, label = match.groups()
            if mark == "@":
                return "@" + (self.users.get(target) or label or target)
            if mark == "#":
                return self.channels.get(target) or f"#{label or target}"
            if mark == "!":
                return label or "@" + target
            address = target.removeprefix("mailto:")
            return f"{label} ({address})" if label and label != address else address

        return _ENTITY.sub(lambda match: _ENTITIES[match.group()], _REFERENCE.sub(shown, text))


def is_export(archive: zipfile.ZipFile) -> bool:
    """Whether the archive is an export: it has lists of people or channels, and days in folders."""
    paths = [PurePosixPath(name) for name in archive.namelist()]
    return any(path.name in _LISTS for path in paths) and any(_DAY.match(p.name) and p.parent.name for p in paths)


def read_export(source: Source, budget: Budget, limits: Limits) -> Reading:
    """All conversations of a zipped export, in order of their names and days."""
    reading = Reading("slack", iter(()))
    reading.documents = compose_chat(_export(source, limits, reading.unreadable), budget)
    return reading


def _export(source: Source, limits: Limits, unreadable: list[str]) -> Iterator[Said]:
    with unzipped(source, limits) as archive:
        files = sorted(
            (info for info in archive.infolist() if not is_link(info)),
            key=lambda info: (str(PurePosixPath(info.filename).parent), info.filename),
        )
        people = _People()
        for name in ("users.json", *_CHANNEL_LISTS):
            for info in files:
                if PurePosixPath(info.filename).name == name:
                    try:
                        people.learn(name, content(archive, info, limits.text_bytes, "text_bytes"))
                    except (json.JSONDecodeError, Unreadable, *DAMAGED) as error:
                        unreadable.append(f"{info.filename}: {error}")
        threads: dict[str, str] = {}
        folder = ""
        for info in files:
            path = PurePosixPath(info.filename)
            if not _DAY.match(path.name):
                continue
            if path.parent.name != folder:
                folder, threads = path.parent.name, {}
            try:
                data = content(archive, info, limits.text_bytes, "text_bytes")
                for said in _day(data, people, people.title(folder), threads, unreadable):
                    said.lines = None  # a file in an archive has no lines to open
                    yield said
            except (Unreadable, *DAMAGED) as error:
                unreadable.append(f"{info.filename}: {error}")


def _recognises_day(name: str, head: bytes) -> bool:
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n")
    return _DAY.match(name) is not None and start.startswith(b"[") and b'"ts"' in head and b'"type"' in head


def read_day(source: Source, budget: Budget, limits: Limits) -> Reading:
    """One file of an unpacked export; the lists are sought in the folder above."""
    people = _People()
    root = source.path.parent.parent
    reading = Reading("slack", iter(()))
    for name in ("users.json", *_CHANNEL_LISTS):
        path = root / name
        try:
            if path.is_file() and path.stat().st_size <= limits.text_bytes:
                people.learn(name, path.read_bytes())
        except (OSError, json.JSONDecodeError) as error:
            reading.unreadable.append(f"{name}: {error}; people are shown by their ids")
    title = people.title(source.path.parent.name)
    reading.documents = compose_chat(_day(source.utf8(), people, title, {}, reading.unreadable), budget)
    return reading


def _day(data: bytes, people: _People, title: str, threads: dict[str, str], unreadable: list[str]) -> Iterator[Said]:
    """The messages of a file; `threads` gathers how those that were answered begin."""
    stream = JsonStream(data)
    try:
        for _ in stream.items():
            entry, extent = stream.located()
            if isinstance(entry, dict):
                said = _said(entry, people, title, extent.places([(0, ("text",))]))
                thread = string(entry, "thread_ts")
                if thread and thread == entry.get("ts"):
                    threads[thread] = said_before(said)
                elif thread in threads:
                    said.answers = f"in the thread of {threads[thread]}"
                yield said
    except json.JSONDecodeError as error:
        unreadable.append(damage(error))


def _said(entry: Fields, people: _People, title: str, lines: Places) -> Said:
    subtype = entry.get("subtype")
    if entry.get("type") != "message" or subtype not in _WORDS:
        return Said(title, "", _time(entry), "", lines, str(subtype or "event").replace("_", " "))
    files = [string(file, "name") or string(file, "title") for file in dicts(entry, "files")]
    text = people.written_out(string(entry, "text"))
    if not text.strip():
        quoted = [string(each, "text") or string(each, "fallback") for each in dicts(entry, "attachments")]
        text = people.written_out("\n".join(quote for quote in quoted if quote)) or "\n".join(files)
    media = "file " + ", ".join(files) if any(files) else ""
    return Said(title, _author(entry, people), _time(entry), text, lines, media)


def _author(entry: Fields, people: _People) -> str:
    user = string(entry, "user")
    profile = entry.get("user_profile")
    return (
        people.users.get(user)
        or (_person({"profile": profile}) if isinstance(profile, dict) else "")
        or string(entry, "username")
        or user
        or "Somebody"
    )


def _person(entry: Fields) -> str:
    profile = entry.get("profile")
    names = [string(profile, "real_name"), string(profile, "display_name")] if isinstance(profile, dict) else []
    return next((name for name in [*names, string(entry, "real_name"), string(entry, "name")] if name), "")


def _time(entry: Fields) -> str | None:
    try:
        return dates.from_epoch(float(string(entry, "ts")))
    except ValueError:
        return None


DAY = Reader("slack", "text_bytes", _recognises_day, read_day)
