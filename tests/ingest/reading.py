"""Reading a source in tests, with the checks that hold for every document of every kind."""

from __future__ import annotations

import re
from pathlib import Path

from ingest.limits import Limits
from ingest.readers import read
from ingest.text import decode
from ingest.types import Document, Reading

_TOKEN = re.compile(r"\w{1,4}|[^\w\s]|\s{2,}")
LINE_BASED = frozenset({"markdown", "text", "whatsapp"})


def measure(text: str) -> int:
    """Tokens as a small vocabulary would give them; not additive over concatenation, as real ones are not."""
    return len(_TOKEN.findall(text))


def read_all(path: Path, max_tokens: int = 64, limits: Limits | None = None) -> tuple[Reading, list[Document]]:
    """The reading, read to its end, and its documents, checked."""
    reading = read(path, limits=limits or Limits(), measure=measure, max_tokens=max_tokens)
    documents = list(reading.documents)
    assert documents, "a reading without documents must have been Unreadable"
    before = 0
    for document in documents:
        assert document.text.strip() == document.text != ""
        assert measure(document.context) + measure(document.text) <= max_tokens
        assert measure(document.context) <= 0.4 * max_tokens
        assert document.context == "" or document.context.endswith("\n")
        assert document.char_end - document.char_start == len(document.text)
        assert document.char_start >= before, "documents come in order and do not overlap"
        before = document.char_end
        document.context.encode()
        document.text.encode()
        document.title.encode()
        for offset, _ in document.messages:
            assert 0 <= offset < len(document.text)
    if reading.kind in LINE_BASED and path.suffix != ".zip":
        check_slices(path.read_bytes(), documents)
    return reading, documents


def check_slices(data: bytes, documents: list[Document]) -> None:
    """Every document is the very slice of the file that its offsets and lines name."""
    text = decode(data)
    lines = re.split(r"(?<=\n)|(?<=\r)(?!\n)", text)
    for document in documents:
        assert document.text == text[document.char_start : document.char_end]
        assert document.line_start is not None
        assert document.line_end is not None
        block = "".join(lines[document.line_start - 1 : document.line_end])
        assert document.text in block
        before = len("".join(lines[: document.line_start - 1]))
        assert before <= document.char_start < before + len(lines[document.line_start - 1])


def words(texts: list[str]) -> list[str]:
    """All words, in order."""
    return " ".join(texts).split()
