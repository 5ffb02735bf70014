"""What the JSON chat exports have in common: one document a message, told with what was said before it.

The extracted text is the messages' texts in order, each followed by a line feed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ingest.context import Budget
from ingest.places import Places
from ingest.readers.compose import compose_message
from ingest.readers.plain import Paragraphs
from ingest.text import clean
from ingest.types import Document, Message

_BEFORE_CHARACTERS = 200

Fields = dict[str, object]
"""A JSON object of an export; a field of another type than expected counts as missing."""


@dataclass(slots=True)
class Said:
    """One message as an export has it, and the lines of its text in the file.

    `media` names what is not text in it: "photo", "file report.pdf". `answers`: what it is said in reply to,
    where the export tells; otherwise that is the message before.
    """

    chat: str
    author: str
    time: str | None
    text: str
    lines: Places | None  # None in archives
    media: str = ""
    answers: str = ""


def compose_chat(messages: Iterator[Said], budget: Budget) -> Iterator[Document]:
    """Documents of the messages that have words; the others count in the index and tell what came before."""
    offset = 0
    before: Said | None = None
    for index, said in enumerate(messages):
        if before and before.chat != said.chat:
            before = None
        text = clean(said.text)
        if text.strip():
            context = budget.context(
                (clean(said.chat),),
                date=said.time,
                speaker=clean(said.author + (f" ({said.media})" if said.media else "")),
                note=clean(said.answers or (f"before: {said_before(before)}" if before else "")),
            )
            yield from compose_message(
                text,
                Message(clean(said.author), said.time, index),
                Paragraphs(text),
                context=context,
                title=clean(said.chat),
                offset=offset,
                lines=said.lines,
                budget=budget,
            )
            offset += len(text) + 1
        if said.author:
            before = said


def said_before(said: Said) -> str:
    """Who said it and how it begins, for the context of what follows."""
    words = said.text[:_BEFORE_CHARACTERS] if said.text.strip() else f"({said.media})"
    return f"{said.author}: {words}"


def string(entry: Fields, key: str) -> str:
    value = entry.get(key)
    return value if isinstance(value, str) else ""


def dicts(entry: Fields, key: str) -> list[Fields]:
    """The objects in a list."""
    values = entry.get(key)
    return [value for value in values if isinstance(value, dict)] if isinstance(values, list) else []
