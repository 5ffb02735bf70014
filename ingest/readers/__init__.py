"""The registry of readers: a source is recognised by its suffix and first bytes, then read as documents.

Adding a kind of source is one file with a READER, and one line here. Order matters: the first that recognises
a source reads it, and plain text takes whatever is text.
"""

from __future__ import annotations

from itertools import chain
from pathlib import Path

from ingest.context import Budget
from ingest.limits import Limits
from ingest.readers import archive, chatgpt, html, mail, markdown, pdf, plain, telegram, whatsapp
from ingest.readers.source import Reader, Source, check_size
from ingest.text import SAMPLE_BYTES
from ingest.types import Empty, Measure, Reading, Unreadable

_EXPORTS = (whatsapp.READER, telegram.READER, chatgpt.READER, mail.MAILBOX, mail.MAIL)
_ARCHIVE = Reader(
    "archive",
    "archive_bytes",
    lambda name, head: name.endswith(".zip"),
    lambda source, budget, limits: archive.read(source, _EXPORTS, budget, limits),
)
_READERS = (pdf.READER, markdown.READER, html.READER, _ARCHIVE, *_EXPORTS, plain.READER)

# Formats made of text that hold no words of a person.
_NOT_FOR_READING = (".svg", ".map", ".min.js", ".min.css", ".lock", ".pem", ".key", ".asc")


def recognise(path: Path, limits: Limits) -> Reader | None:
    """The reader for the regular file at `path`, by its name and first bytes; None if there is none.

    Raises OSError when it cannot be opened.
    """
    name = path.name.lower()
    with path.open("rb") as file:
        head = file.read(SAMPLE_BYTES)
    if name.endswith(_NOT_FOR_READING):
        return None
    reader = next((reader for reader in _READERS if reader.recognises(name, head)), None)
    if reader is _ARCHIVE and not archive.holds_export(Source(path), _EXPORTS, limits):
        return None
    return reader


def read(path: Path, *, limits: Limits, measure: Measure, max_tokens: int) -> Reading:
    """The documents of the file at `path`, streamed; there is at least one, otherwise Unreadable is raised.

    The first document is read at once, so that a source without any words fails here and not later. While the
    rest is iterated, OSError may come (a disk is unplugged); reasons for what stays unread gather meanwhile.
    """
    try:
        reader = recognise(path, limits)
        if reader is None:
            raise Unreadable(f"unsupported kind {path.suffix or '(no suffix)'}: save it as text or PDF")
        source = Source(path)
        if source.size == 0:
            raise Empty("empty: the file has no bytes")
        check_size(source, reader.limit, limits)
        reading = reader.read(source, Budget(measure, max_tokens), limits)
        documents = iter(reading.documents)
        first = next(documents, None)
    except FileNotFoundError as error:
        raise Unreadable("gone: the file was moved or deleted while it was read") from error
    except OSError as error:
        raise Unreadable(f"cannot be opened: {error.strerror or error}; check the disk and the rights") from error
    if first is None:
        raise Unreadable("; ".join(reading.unreadable) or "no words in it")
    reading.documents = chain([first], documents)
    return reading
