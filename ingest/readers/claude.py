"""Claude's conversations.json (claude.ai): every conversation with its messages in order."""

from __future__ import annotations

from collections.abc import Iterator

from ingest import dates
from ingest.context import Budget
from ingest.limits import Limits
from ingest.readers.chat import Fields, Said, compose_chat, dicts, string
from ingest.readers.json_leaves import Path
from ingest.readers.json_stream import Extent, JsonStream, each_object
from ingest.readers.source import Reader, Source
from ingest.types import Reading

_AUTHORS = {"human": "You", "assistant": "Claude"}


def _recognises(name: str, head: bytes) -> bool:
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n")
    return (
        name.endswith(".json") and start.startswith((b"[", b"{")) and b'"chat_messages"' in head and b'"uuid"' in head
    )


def read(source: Source, budget: Budget, limits: Limits) -> Reading:
    reading = Reading("claude", iter(()))
    reading.documents = compose_chat(each_object(source.utf8(), _conversation, reading.unreadable), budget)
    return reading


def _conversation(stream: JsonStream) -> Iterator[Said]:
    chat, created = "Claude conversation", None
    for key in stream.entries():
        if key == "chat_messages" and stream.peek() == "[":
            for _ in stream.items():
                entry, extent = stream.located()
                if isinstance(entry, dict) and (said := _said(entry, extent, chat, created)):
                    yield said
            continue
        value = stream.value()
        if key == "name" and isinstance(value, str) and value.strip():
            chat = value
        elif key == "created_at":
            created = dates.from_value(value)


def _said(entry: Fields, extent: Extent, chat: str, created: str | None) -> Said | None:
    name = _AUTHORS.get(string(entry, "sender"))
    if name is None:
        return None
    words, parts, length = [], list[tuple[int, Path]](), 0
    for path, text in _texts(entry):
        parts.append((length, path))
        words.append(text)
        length += len(text) + 1
    files = [string(file, "file_name") for key in ("attachments", "files") for file in dicts(entry, key)]
    media = ", ".join(f"file {file}" for file in dict.fromkeys(files) if file)
    if not words and not media:
        return None
    time = dates.from_value(entry.get("created_at")) or created
    return Said(chat, name, time, "\n".join(words), extent.places(parts), media)


def _texts(entry: Fields) -> Iterator[tuple[Path, str]]:
    """What was said, and what was pasted as an attachment; not thoughts, tool calls and their results."""
    blocks = entry.get("content")
    said = False
    for i, block in enumerate(blocks if isinstance(blocks, list) else ()):
        if isinstance(block, dict) and block.get("type") == "text" and string(block, "text").strip():
            said = True
            yield ("content", i, "text"), string(block, "text")
    if not said and string(entry, "text").strip():  # exports before 2025 have this alone
        yield ("text",), string(entry, "text")
    pasted = entry.get("attachments")
    for i, file in enumerate(pasted if isinstance(pasted, list) else ()):
        if isinstance(file, dict) and string(file, "extracted_content").strip():
            yield ("attachments", i, "extracted_content"), string(file, "extracted_content")


READER = Reader("claude", "chat_bytes", _recognises, read)
