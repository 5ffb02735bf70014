"""Storing files as they were read: one commit for a batch, in which a file's new version replaces the old.

A document that is word for word the same (text and context) keeps its id and its encoding; only its place is
written anew. Everything else gets a new id, and what the file no longer holds leaves memory.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime

import duckdb

from ingest.catalog.database import Database, take_ids, utc_now
from ingest.catalog.rows import StoreItem, StoreResult
from ingest.catalog.sources import clean, enter, path_blob, present_ids
from ingest.types import Document, Message

_PLACE = (
    ("ord", "INTEGER"),
    ("title", "TEXT"),
    ("headings", "TEXT"),
    ("char_start", "BIGINT"),
    ("char_end", "BIGINT"),
    ("page", "INTEGER"),
    ("line_start", "INTEGER"),
    ("line_end", "INTEGER"),
    ("lines", "TEXT"),
    ("messages", "TEXT"),
    ("date", "TEXT"),
)
"""What may change of a document that keeps its id."""

_LAST_SECOND = 253_000_000_000  # in the year 9987: some file systems give times that no date can hold


@dataclass(frozen=True, slots=True)
class _Entry:
    source: int
    ord: int
    document: Document
    date: str
    tokens: int | None
    sha256: bytes
    text_sha256: bytes


def store(database: Database, items: Sequence[StoreItem], *, retire: bool = False, again: bool = False) -> StoreResult:
    """Store a batch of files in one commit. Text that was forgotten is left out unless `again`.

    With `retire` (history = keep) what a file no longer holds is retired instead of removed.
    """
    latest = list({item.path: item for item in items}.values())
    with database.transaction() as connection:
        sources = _write_sources(connection, latest)
        blocked = set() if again else _forgotten_texts(connection, latest)
        present = _present(connection, sources)
        kept: list[tuple[int, _Entry]] = []
        new: list[_Entry] = []
        for source, item in zip(sources, latest, strict=True):
            for entry in _entries(source, item, blocked):
                same = present.get((source, entry.sha256))
                if same:
                    kept.append((same.pop(0), entry))
                else:
                    new.append(entry)
        left = [number for numbers in present.values() for number in numbers]
        _move(connection, kept)
        added = list(zip(take_ids(connection, "document", len(new)), new, strict=True))
        _insert(connection, added)
        removed = _take_out(connection, left, retire=retire)
        settle(connection, sources)
        database.fault("store: written")
    database.fault("store: committed")
    return StoreResult(
        added=tuple((number, entry.document) for number, entry in added), removed=removed, kept=len(kept)
    )


def settle(connection: duckdb.DuckDBPyConnection, sources: Sequence[int]) -> None:
    """Sources that are "stored" and wholly encoded become "ready", or "partial" where they have a reason."""
    connection.execute(
        """UPDATE sources SET state = CASE WHEN reason = '' THEN 'ready' ELSE 'partial' END
        WHERE state = 'stored' AND id IN (
            SELECT source FROM documents WHERE retired_at IS NULL AND source IN (SELECT unnest(?::BIGINT[]))
            GROUP BY source HAVING count(*) = count(encoded_at))""",
        [list(sources)],
    )


def _write_sources(connection: duckdb.DuckDBPyConnection, items: Sequence[StoreItem]) -> list[int]:
    ids = present_ids(connection, [item.path for item in items])
    new = [item.path for item in items if item.path not in ids]
    entered = list(zip(take_ids(connection, "source", len(new)), new, strict=True))
    enter(connection, entered)
    ids |= {path: number for number, path in entered}
    numbers = [ids[item.path] for item in items]
    connection.execute(
        """UPDATE sources SET kind = m.kind, sha256 = m.sha256, size = m.size, mtime_ns = m.mtime_ns,
        title = m.title, state = m.state, reason = m.reason, changed_at = ?, gone_at = NULL
        FROM (SELECT unnest(?::BIGINT[]) AS id, unnest(?::TEXT[]) AS kind, unnest(?::TEXT[]) AS sha256,
              unnest(?::BIGINT[]) AS size, unnest(?::BIGINT[]) AS mtime_ns, unnest(?::TEXT[]) AS title,
              unnest(?::TEXT[]) AS state, unnest(?::TEXT[]) AS reason) m
        WHERE sources.id = m.id""",
        [
            utc_now(),
            numbers,
            [item.kind for item in items],
            [item.sha256 for item in items],
            [item.size for item in items],
            [item.mtime_ns for item in items],
            [clean(item.title) for item in items],
            [item.state for item in items],
            [clean(item.reason) for item in items],
        ],
    )
    return numbers


def path_hash(item_path: bytes) -> str:
    """How a forgotten path is remembered."""
    return hashlib.sha256(item_path).hexdigest()


def _forgotten_texts(connection: duckdb.DuckDBPyConnection, items: Sequence[StoreItem]) -> set[tuple[str, str]]:
    rows = connection.execute(
        """SELECT path_sha256, text_sha256 FROM forgotten
        WHERE text_sha256 IS NOT NULL AND path_sha256 IN (SELECT unnest(?::TEXT[]))""",
        [[path_hash(path_blob(item.path)) for item in items]],
    ).fetchall()
    return {(path, text) for path, text in rows}


def _present(
    connection: duckdb.DuckDBPyConnection, sources: Sequence[int]
) -> defaultdict[tuple[int, bytes], list[int]]:
    rows = connection.execute(
        """SELECT source, sha256, id FROM documents
        WHERE retired_at IS NULL AND source IN (SELECT unnest(?::BIGINT[])) ORDER BY ord""",
        [list(sources)],
    ).fetchall()
    present: defaultdict[tuple[int, bytes], list[int]] = defaultdict(list)
    for source, sha256, number in rows:
        present[source, sha256].append(number)
    return present


def _entries(source: int, item: StoreItem, blocked: set[tuple[str, str]]) -> Iterator[_Entry]:
    assert not item.tokens or len(item.tokens) == len(item.documents), "one token count a document"
    path = path_hash(path_blob(item.path))
    seconds = min(max(item.mtime_ns // 1_000_000_000, 0), _LAST_SECOND)
    changed = datetime.fromtimestamp(seconds).isoformat()
    left_out: list[str] = []
    for ord_, given in enumerate(item.documents):
        document = _cleaned(given)
        text = document.text.encode()
        text_sha256 = hashlib.sha256(text)
        if blocked and (path, text_sha256.hexdigest()) in blocked:
            left_out.append(document.text)
            continue
        if left_out:
            document = replace(document, context=without_notes(document.context, left_out))
        yield _Entry(
            source=source,
            ord=ord_,
            document=document,
            date=document.date or changed,
            tokens=item.tokens[ord_] if item.tokens else None,
            sha256=document_hash(document.context, document.text),
            text_sha256=text_sha256.digest(),
        )


def document_hash(context: str, text: str) -> bytes:
    """What decides whether a document is the same one and keeps its id: all that is encoded."""
    encoded = context.encode()
    return hashlib.sha256(b"%d\0%b%b" % (len(encoded), encoded, text.encode())).digest()


def without_notes(context: str, texts: Sequence[str]) -> str:
    """A context without the lines in brackets that repeat the beginning of one of these texts.

    Chats put the message before into a context, "(before: Ana: its first words…)", where it would outlive the
    message when that one is forgotten.
    """
    if "(" not in context:
        return context
    flat = [" ".join(text.split()) for text in texts]

    def repeats(line: str) -> bool:
        if not line.startswith("("):
            return False
        words = line.strip().strip("()").rstrip("…")
        tails = [words[at:] for at in (0, *(found.end() for found in re.finditer(": ", words)))]
        return any(tail and text.startswith(tail) for tail in tails for text in flat)

    return "".join(line for line in context.splitlines(keepends=True) if not repeats(line))


def _cleaned(document: Document) -> Document:
    text, context, title = clean(document.text), clean(document.context), clean(document.title)
    if (text, context, title) == (document.text, document.context, document.title):
        return document
    return replace(document, text=text, context=context, title=title)


def messages_json(messages: Sequence[tuple[int, Message]]) -> str:
    """Messages as the catalog holds them; "" for none."""
    return json.dumps([[offset, asdict(message)] for offset, message in messages]) if messages else ""


def _places(entries: Sequence[_Entry]) -> list[list[object]]:
    """The columns of _PLACE, in its order."""
    documents = [entry.document for entry in entries]
    return [
        [entry.ord for entry in entries],
        [document.title for document in documents],
        [json.dumps(document.headings) for document in documents],
        [document.char_start for document in documents],
        [document.char_end for document in documents],
        [document.page for document in documents],
        [document.line_start for document in documents],
        [document.line_end for document in documents],
        [json.dumps(document.lines) if document.lines else "" for document in documents],
        [messages_json(document.messages) for document in documents],
        [entry.date for entry in entries],
    ]


def _move(connection: duckdb.DuckDBPyConnection, kept: Sequence[tuple[int, _Entry]]) -> None:
    if not kept:
        return
    columns = ", ".join(f"unnest(?::{kind}[]) AS {name}" for name, kind in _PLACE)
    changes = ", ".join(f"{name} = m.{name}" for name, _ in _PLACE)
    connection.execute(
        f"""UPDATE documents SET {changes}, tokens = coalesce(m.tokens, documents.tokens)
        FROM (SELECT unnest(?::BIGINT[]) AS id, unnest(?::INTEGER[]) AS tokens, {columns}) m
        WHERE documents.id = m.id""",
        [
            [number for number, _ in kept],
            [entry.tokens for _, entry in kept],
            *_places([entry for _, entry in kept]),
        ],
    )


def _insert(connection: duckdb.DuckDBPyConnection, added: Sequence[tuple[int, _Entry]]) -> None:
    if not added:
        return
    entries = [entry for _, entry in added]
    names = ", ".join(name for name, _ in _PLACE)
    columns = ", ".join(f"unnest(?::{kind}[])" for _, kind in _PLACE)
    connection.execute(
        f"""INSERT INTO documents (id, source, text, context, sha256, text_sha256, tokens, added_at, {names})
        SELECT unnest(?::BIGINT[]), unnest(?::BIGINT[]), unnest(?::TEXT[]), unnest(?::TEXT[]),
               unnest(?::BLOB[]), unnest(?::BLOB[]), unnest(?::INTEGER[]), ?, {columns}""",
        [
            [number for number, _ in added],
            [entry.source for entry in entries],
            [entry.document.text for entry in entries],
            [entry.document.context for entry in entries],
            [entry.sha256 for entry in entries],
            [entry.text_sha256 for entry in entries],
            [entry.tokens for entry in entries],
            utc_now(),
            *_places(entries),
        ],
    )


def _take_out(connection: duckdb.DuckDBPyConnection, documents: Sequence[int], *, retire: bool) -> tuple[int, ...]:
    if not documents:
        return ()
    ids = "id IN (SELECT unnest(?::BIGINT[]))"
    if retire:
        connection.execute(f"UPDATE documents SET retired_at = ? WHERE {ids}", [utc_now(), list(documents)])
        return ()
    connection.execute(f"DELETE FROM documents WHERE {ids}", [list(documents)])
    return tuple(sorted(documents))
