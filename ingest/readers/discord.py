"""Discord, as DiscordChatExporter writes it: one JSON file a channel."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from ingest import dates
from ingest.context import Budget
from ingest.limits import Limits
from ingest.places import everywhere
from ingest.readers.chat import Fields, Said, compose_chat, dicts, said_before, string
from ingest.readers.json_stream import Extent, JsonStream, damage
from ingest.readers.source import Reader, Source
from ingest.types import Reading

_WORDS = frozenset({"Default", "Reply", "ChatInputCommand", "ContextMenuCommand", "0", "19", "20", "23"})
_DIRECT = frozenset({"DirectTextChat", "DirectGroupTextChat"})
_MENTION = re.compile(r"<@!?(\d+)>")
_KEPT = 5_000  # messages that a reply finds again; who answers older ones quotes them


def _recognises(name: str, head: bytes) -> bool:
    if not name.endswith(".json") or not head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{"):
        return False
    return b'"guild"' in head and b'"channel"' in head and (b'"messages"' in head or b'"exportedAt"' in head)


def read(source: Source, budget: Budget, limits: Limits) -> Reading:
    reading = Reading("discord", iter(()))
    reading.documents = compose_chat(_messages(source.utf8(), reading.unreadable), budget)
    return reading


def _messages(data: bytes, unreadable: list[str]) -> Iterator[Said]:
    stream = JsonStream(data)
    title = "Discord chat"
    guild = ""
    try:
        for key in stream.entries():
            if key == "messages" and stream.peek() == "[":
                yield from _channel(stream, title)
                continue
            value = stream.value()
            if key == "guild" and isinstance(value, dict):
                guild = string(value, "name")
            elif key == "channel" and isinstance(value, dict):
                title = _title(value, guild)
    except json.JSONDecodeError as error:
        unreadable.append(damage(error))


def _title(channel: Fields, guild: str) -> str:
    name = string(channel, "name")
    if string(channel, "type") in _DIRECT:
        return f"Chat with {name}" if name else "Direct messages"
    return f"#{name} ({guild})" if guild else f"#{name}"


def _channel(stream: JsonStream, title: str) -> Iterator[Said]:
    said_by: dict[str, str] = {}
    for _ in stream.items():
        entry, extent = stream.located()
        if not isinstance(entry, dict):
            continue
        said = _said(entry, extent, title)
        reference = entry.get("reference")
        if isinstance(reference, dict) and (answered := said_by.get(string(reference, "messageId"))):
            said.answers = f"in reply to {answered}"
        if said.author:
            said_by[string(entry, "id")] = said_before(said)
            if len(said_by) > _KEPT:
                del said_by[next(iter(said_by))]
        yield said


def _said(entry: Fields, extent: Extent, title: str) -> Said:
    time = dates.from_value(entry.get("timestamp"))
    kind = str(entry.get("type"))
    if kind not in _WORDS:  # joined, pinned, called
        return Said(title, "", time, "", everywhere(extent.lines), kind)
    names = {string(person, "id"): _shown(person) for person in dicts(entry, "mentions")}
    text = _MENTION.sub(lambda match: f"@{names.get(match[1]) or match[1]}", string(entry, "content"))
    files = [string(file, "fileName") for file in dicts(entry, "attachments")]
    if text:
        lines = extent.places([(0, ("content",))])
    else:
        parts = [string(each, key) for each in dicts(entry, "embeds") for key in ("title", "description")]
        text = "\n".join(part for part in [*parts, *files] if part)
        lines = everywhere(extent.lines)
    media = [*(f"file {name}" for name in files), *(f"sticker {string(s, 'name')}" for s in dicts(entry, "stickers"))]
    return Said(title, _author(entry), time, text, lines, ", ".join(media))


def _author(entry: Fields) -> str:
    author = entry.get("author")
    return (_shown(author) if isinstance(author, dict) else "") or "Deleted user"


def _shown(person: Fields) -> str:
    return string(person, "nickname") or string(person, "name")


READER = Reader("discord", "chat_bytes", _recognises, read)
