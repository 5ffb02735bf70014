"""Telegram's JSON export (result.json): a single chat, or a whole account with many."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from ingest.context import Budget
from ingest.limits import Limits
from ingest.places import everywhere
from ingest.readers.chat import Fields, Said, compose_chat, string
from ingest.readers.json_leaves import Path
from ingest.readers.json_stream import Extent, JsonStream, damage
from ingest.readers.source import Reader, Source
from ingest.types import Reading

_SNIFF = re.compile(
    rb'"type"\s*:\s*"(?:personal_chat|bot_chat|private_group|private_supergroup|private_channel|public_group|'
    rb'public_supergroup|public_channel|saved_messages|verify_codes|replies)"'
)
_PLACES = frozenset({"chats", "left_chats"})


def _recognises(name: str, head: bytes) -> bool:
    if not name.endswith(".json") or not head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{"):
        return False
    whole_account = b'"chats"' in head and b'"about"' in head
    return (_SNIFF.search(head) is not None and b'"messages"' in head) or whole_account


def read(source: Source, budget: Budget, limits: Limits) -> Reading:
    reading = Reading("telegram", iter(()))
    reading.documents = compose_chat(_messages(source.utf8(), reading.unreadable), budget)
    return reading


def _messages(data: bytes, unreadable: list[str]) -> Iterator[Said]:
    stream = JsonStream(data)
    try:
        yield from _chat(stream)
    except json.JSONDecodeError as error:
        unreadable.append(damage(error))


def _chat(stream: JsonStream) -> Iterator[Said]:
    """The messages of the object that comes next, whether it is a chat or holds chats."""
    name = kind = ""
    for key in stream.entries():
        if key == "messages" and stream.peek() == "[":
            title = _title(name, kind)
            for _ in stream.items():
                if said := _said(*stream.located(), title):
                    yield said
        elif key in _PLACES and stream.peek() == "{":
            yield from _chats(stream)
        else:
            value = stream.value()
            if key == "name":
                name = value if isinstance(value, str) else ""
            elif key == "type":
                kind = str(value)


def _chats(stream: JsonStream) -> Iterator[Said]:
    for key in stream.entries():
        if key == "list" and stream.peek() == "[":
            for _ in stream.items():
                if stream.peek() == "{":
                    yield from _chat(stream)
                else:
                    stream.value()
        else:
            stream.value()


def _title(name: str, kind: str) -> str:
    if kind == "saved_messages":
        return "Saved messages"
    if not name:
        return "Chat"
    return f"Chat with {name}" if kind in ("personal_chat", "bot_chat") else name


def _said(entry: object, extent: Extent, chat: str) -> Said | None:
    if not isinstance(entry, dict):
        return None
    if entry.get("type") != "message":  # joined, pinned, called: no words of anyone
        action = str(entry.get("action") or "event").replace("_", " ")
        return Said(chat, "", _time(entry), "", everywhere(extent.lines), action)
    media = _media(entry)
    text, parts = _text(entry.get("text"))
    author = string(entry, "from") or "Deleted account"
    return Said(chat, author, _time(entry), text or media[1], extent.places(parts), media[0])


def _time(entry: Fields) -> str | None:
    date = entry.get("date")
    return date if isinstance(date, str) and re.match(r"\d{4}-\d\d-\d\dT\d\d:\d\d", date) else None


def _text(text: object) -> tuple[str, list[tuple[int, Path]]]:
    """A string, or a list of strings and entities: {"type": "link", "text": "https://..."}.

    Gives the text, and where in it each part begins with the part's path in the message.
    """
    if isinstance(text, str):
        return text, [(0, ("text",))] if text else []
    words: list[str] = []
    parts: list[tuple[int, Path]] = []
    length = 0
    for i, part in enumerate(text if isinstance(text, list) else ()):
        word = string(part, "text") if isinstance(part, dict) else str(part)
        if word:
            parts.append((length, ("text", i, "text") if isinstance(part, dict) else ("text", i)))
            words.append(word)
            length += len(word)
    return "".join(words), parts


def _media(entry: Fields) -> tuple[str, str]:
    """(note on the media, the words in it: a file's name, a poll, a contact)."""
    if "photo" in entry:
        return "photo", ""
    if "file" in entry:
        name = string(entry, "file_name")
        kind = string(entry, "media_type").replace("_", " ") or "file"
        return f"{kind} {name}".strip(), name or string(entry, "sticker_emoji")
    poll = entry.get("poll")
    if isinstance(poll, dict):
        answers = poll.get("answers")
        options = [string(a, "text") for a in answers if isinstance(a, dict)] if isinstance(answers, list) else []
        return "poll", "\n".join([string(poll, "question"), *options])
    contact = entry.get("contact_information")
    if isinstance(contact, dict):
        keys = ("first_name", "last_name", "phone_number")
        return "contact", " ".join(word for key in keys if (word := string(contact, key)))
    if "location_information" in entry:
        place = " ".join(word for key in ("place_name", "address") if (word := string(entry, key)))
        return "location", place
    return "", ""


READER = Reader("telegram", "chat_bytes", _recognises, read)
