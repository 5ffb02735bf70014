"""The registry of readers: a source is recognised by its suffix and first bytes, then read as documents.

Adding a kind of source is one file with a READER, and one line here. Order matters: the first that recognises
a source reads it, and plain text takes whatever is text.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from ingest.context import Budget
from ingest.limits import Limits
from ingest.readers import (
    archive,
    calendar,
    chatgpt,
    claude,
    code,
    contacts,
    discord,
    docx,
    epub,
    html,
    json_data,
    mail,
    markdown,
    notebook,
    org,
    pdf,
    plain,
    rst,
    slack,
    table,
    telegram,
    whatsapp,
)  # fmt: skip
from ingest.readers.source import Reader, Source, check_size
from ingest.readers.unwanted import unwanted
from ingest.text import SAMPLE_BYTES
from ingest.types import Document, Empty, Measure, Reading, Unreadable

_CHATS = (whatsapp.READER, telegram.READER, discord.READER, claude.READER, chatgpt.READER)
_EXPORTS = (*_CHATS, mail.MAILBOX, mail.MAIL)
_ARCHIVE = Reader(
    "archive",
    "archive_bytes",
    lambda name, head: name.endswith(".zip"),
    lambda source, budget, limits: archive.read(source, _EXPORTS, budget, limits),
)
_BOOKS = (pdf.READER, docx.READER, epub.READER)
_DATA = (slack.DAY, notebook.READER, json_data.READER, table.READER, calendar.READER, contacts.READER)
_PROSE = (org.READER, rst.READER, code.LOG, code.READER, plain.READER)
_READERS = (*_BOOKS, markdown.READER, html.READER, _ARCHIVE, *_EXPORTS, *_DATA, *_PROSE)


def recognise(path: Path, limits: Limits) -> Reader | str:
    """The reader for the regular file at `path`, by its name and first bytes, or the rule by which there is none.

    Raises OSError when it cannot be opened.
    """
    name = path.name.lower()
    with path.open("rb") as file:
        head = file.read(SAMPLE_BYTES)
    if rule := unwanted(name, head):
        return rule
    reader = next((reader for reader in _READERS if reader.recognises(name, head)), None)
    if reader is None or (reader is _ARCHIVE and not archive.holds_export(Source(path), _EXPORTS, limits)):
        return f"unsupported kind {path.suffix.lower() or '(no suffix, not text)'}"
    return reader


def read(path: Path, *, limits: Limits, measure: Measure, max_tokens: int) -> Reading:
    """The documents of the file at `path`, streamed; there is at least one, otherwise Unreadable is raised.

    The first document is read at once, so that a source without any words fails here and not later. While the
    rest is iterated, OSError may come (a disk is unplugged); reasons for what stays unread gather meanwhile.
    Whatever else a reader trips over is damage in the file: it must not hold up the files that wait behind it.
    """
    try:
        reader = recognise(path, limits)
        if isinstance(reader, str):
            raise Unreadable(f"{reader}: save it as text or PDF" if reader.startswith("unsupported") else reader)
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
    except (Unreadable, MemoryError):
        raise
    except Exception as error:  # parsers of others fail in ways nobody can list
        raise Unreadable(_damage(error)) from error
    if first is None:
        raise Unreadable("; ".join(reading.unreadable) or "no words in it")
    reading.documents = _to_damage(first, documents, reading.unreadable)
    return reading


def _to_damage(first: Document, documents: Iterator[Document], unreadable: list[str]) -> Iterator[Document]:
    """The documents up to where the reader fails; why it does is added to `unreadable`."""
    yield first
    try:
        yield from documents
    except (OSError, MemoryError):
        raise
    except Unreadable as error:
        unreadable.append(str(error))
    except Exception as error:  # noqa: BLE001 - as in `read`
        unreadable.append(f"{_damage(error)}; nothing after it was read")


def _damage(error: Exception) -> str:
    words = " ".join(str(error).split())[:120]
    reason = f"{type(error).__name__}: {words}" if words else type(error).__name__
    return f"damaged: its content cannot be made out ({reason}); open it in its own program and save or export it again"
