"""What the JSON chat exports have in common: one document a message, told with what was said before it.

The extracted text is the messages' texts in order, each followed by a line feed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ingest.context import Budget
from ingest.readers.compose import compose_message, everywhere
from ingest.readers.plain import Paragraphs
from ingest.text import clean
from ingest.types import Document, Message

_BEFORE_CHARACTERS = 200


@dataclass(frozen=True, slots=True)
class Said:
    """One message as an export has it, and the first and last line of its object in the file.

    `media` names what is not text in it: "photo", "file report.pdf".
    """

    chat: str
    author: str
    time: str | None
    text: str
    lines: tuple[int, int]
    media: str = ""


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
                note=_note(before),
            )
            yield from compose_message(
                text,
                Message(clean(said.author), said.time, index),
                Paragraphs(text),
                context=context,
                title=clean(said.chat),
                offset=offset,
                lines=everywhere(said.lines),
                budget=budget,
            )
            offset += len(text) + 1
        if said.author:
            before = said


def _note(before: Said | None) -> str:
    if before is None:
        return ""
    words = before.text[:_BEFORE_CHARACTERS] if before.text.strip() else f"({before.media})"
    return clean(f"before: {before.author}: {words}")
