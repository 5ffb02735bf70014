"""ChatGPT's conversations.json, whole or split (conversations-000.json): the branch that was last shown."""

from __future__ import annotations

from collections.abc import Iterator

from ingest import dates
from ingest.context import Budget
from ingest.limits import Limits
from ingest.readers.chat import Said, compose_chat
from ingest.readers.json_leaves import Path
from ingest.readers.json_stream import Extent, JsonStream, each_object
from ingest.readers.source import Reader, Source
from ingest.types import Reading

_AUTHORS = {"user": "You", "assistant": "ChatGPT"}
_CONTENT = ("message", "content")
_WORDS = frozenset({"text", "multimodal_text", "code"})  # not thoughts, tool output, browsing

_Mapping = dict[str, tuple[object, Extent | None]]  # a node's name, the node, its place


def _recognises(name: str, head: bytes) -> bool:
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n")
    if not name.endswith(".json") or not start.startswith((b"[", b"{")):
        return False
    return b'"mapping"' in head and (b'"create_time"' in head or b'"title"' in head)


def read(source: Source, budget: Budget, limits: Limits) -> Reading:
    reading = Reading("chatgpt", iter(()))
    reading.documents = compose_chat(each_object(source.utf8(), _conversation, reading.unreadable), budget)
    return reading


def _conversation(stream: JsonStream) -> Iterator[Said]:
    fields: dict[str, object] = {}
    mapping: _Mapping = {}
    for key in stream.entries():
        if key == "mapping" and stream.peek() == "{":
            mapping = {name: stream.located() for name in stream.entries()}
        else:
            fields[key] = stream.value()
    title = fields.get("title")
    chat = title if isinstance(title, str) and title.strip() else "ChatGPT conversation"
    for message, extent in _branch(mapping, fields.get("current_node")):
        if said := _said(message, extent, chat, fields.get("create_time")):
            yield said


def _branch(mapping: _Mapping, current: object) -> list[tuple[dict[str, object], Extent]]:
    """The messages from the root to the current node; edited and regenerated ones lie on other branches."""
    if not isinstance(current, str) or current not in mapping:
        current = _newest_leaf(mapping)
    messages: list[tuple[dict[str, object], Extent]] = []
    seen: set[str] = set()
    while isinstance(current, str) and current not in seen:
        seen.add(current)
        node, extent = mapping.get(current, (None, None))
        if not isinstance(node, dict) or extent is None:
            break
        if isinstance(node.get("message"), dict):
            messages.append((node["message"], extent))
        current = node.get("parent")
    return messages[::-1]


def _newest_leaf(mapping: _Mapping) -> str | None:
    leaves = [name for name, (node, _) in mapping.items() if isinstance(node, dict) and not node.get("children")]
    return leaves[-1] if leaves else None


def _said(message: dict[str, object], extent: Extent, chat: str, created: object) -> Said | None:
    author, content = message.get("author"), message.get("content")
    if not isinstance(author, dict) or not isinstance(content, dict):
        return None
    name = _AUTHORS.get(str(author.get("role")))
    to_a_tool = message.get("recipient") not in (None, "all")
    if name is None or to_a_tool or content.get("content_type") not in _WORDS:
        return None
    text, media, parts = _words(content)
    if not text.strip() and not media:
        return None
    time = dates.from_epoch(message.get("create_time")) or dates.from_epoch(created)
    return Said(chat, name, time, text, extent.places(parts), media)


def _words(content: dict[str, object]) -> tuple[str, str, list[tuple[int, Path]]]:
    """(text of all parts, note on what is not text, offset of each part in the text and its path in the node)."""
    parts = content.get("parts")
    if not isinstance(parts, list):
        text = content.get("text")
        return (text if isinstance(text, str) else ""), "", [(0, (*_CONTENT, "text"))]
    texts: list[str] = []
    media: list[str] = []
    places: list[tuple[int, Path]] = []
    length = 0
    for i, part in enumerate(parts):
        spoken = part.get("text") if isinstance(part, dict) else part
        if isinstance(spoken, str) and spoken:
            places.append((length, (*_CONTENT, "parts", i, *(("text",) if isinstance(part, dict) else ()))))
            texts.append(spoken)
            length += len(spoken) + 1
        elif isinstance(part, dict):
            media.append(str(part.get("content_type") or "attachment").partition("_")[0])
    return "\n".join(texts), ", ".join(dict.fromkeys(media)), places


READER = Reader("chatgpt", "chat_bytes", _recognises, read)
