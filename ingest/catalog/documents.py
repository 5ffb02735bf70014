"""The table of documents: reading them in bulk, what waits to be encoded, which ones a question may see."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ingest.catalog.database import Database, Row, aware, utc_now
from ingest.catalog.rows import DocumentRow
from ingest.catalog.sources import inside
from ingest.catalog.storing import settle
from ingest.types import Document, Message

_PAGE = 2000  # documents read at a time by stream(): about 2 MB of text

_SELECT = """
SELECT d.id, d.source, s.path, s.kind, s.sha256, d.ord, d.text, d.context, d.title, d.headings, d.char_start,
       d.char_end, d.page, d.line_start, d.line_end, d.lines, d.messages, d.date, d.tokens, d.encoded_at, d.added_at,
       d.retired_at
FROM documents d JOIN sources s ON s.id = d.source WHERE """


class Documents:
    """Documents by id. A retired one (history = keep) is found by its id only, or by select(as_of=...)."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, ids: Sequence[int]) -> dict[int, DocumentRow]:
        """The documents with these ids, in that order; ids that are not there are left out."""
        if not ids:
            return {}
        # The bounds let DuckDB skip row groups; a list of ids alone makes it look through all of them.
        rows = self._where(
            "d.id BETWEEN ? AND ? AND d.id IN (SELECT unnest(?::BIGINT[]))", [min(ids), max(ids), list(ids)]
        )
        found = {row.id: row for row in rows}
        return {number: found[number] for number in dict.fromkeys(ids) if number in found}

    def of_source(self, source: int) -> list[DocumentRow]:
        """The documents of a source, in its order."""
        return self._where("d.retired_at IS NULL AND d.source = ? ORDER BY d.ord", [source])

    def around(self, source: int, ord_: int, before: int, after: int) -> tuple[list[DocumentRow], int, int]:
        """A source's documents from `before` documents ahead of place `ord_` to `after` behind it, in its order,
        and how many more there are ahead of them and behind them."""
        near = "d.retired_at IS NULL AND d.source = ? AND "
        ahead = self._where(f"{near} d.ord < ? ORDER BY d.ord DESC LIMIT {int(before)}", [source, ord_])
        behind = self._where(f"{near} d.ord >= ? ORDER BY d.ord LIMIT {int(after) + 1}", [source, ord_])
        rows = [*reversed(ahead), *behind]
        if not rows:
            return [], 0, 0
        earlier, later = self._database.rows(
            """SELECT count(*) FILTER (ord < ?), count(*) FILTER (ord > ?)
            FROM documents WHERE retired_at IS NULL AND source = ?""",
            [rows[0].ord, rows[-1].ord, source],
        )[0]
        return rows, earlier, later

    def following(self, rows: Sequence[DocumentRow]) -> dict[int, DocumentRow]:
        """The documents that come behind these in their sources, by the ids of those before them."""
        places = {(row.source, row.ord + 1): row.id for row in rows}
        if not places:
            return {}
        found = self._where(
            """d.retired_at IS NULL
            AND (d.source, d.ord) IN (SELECT (unnest(?::BIGINT[]), unnest(?::INTEGER[])))""",
            [[source for source, _ in places], [place for _, place in places]],
        )
        return {places[row.source, row.ord]: row for row in found}

    def stream(self, as_of: datetime | None = None) -> Iterator[DocumentRow]:
        """Every document by id (`as_of`: of then), read page by page: memory stays flat, no lock is held between
        pages."""
        condition, moments = _held(as_of)
        after = 0
        while page := self._where(f"{condition} AND d.id > ? ORDER BY d.id LIMIT {_PAGE}", [*moments, after]):
            yield from page
            after = page[-1].id

    def ids(self) -> NDArray[np.int64]:
        """The ids of all documents, retired ones too, rising: what words and bank may hold."""
        return self._ids("SELECT id FROM documents ORDER BY id", [])

    def newest_first(self) -> NDArray[np.int64]:
        """The same, those of the newest files first, in their source's order; retired ones last."""
        return self._ids(
            """SELECT d.id FROM documents d JOIN sources s ON s.id = d.source
            ORDER BY d.retired_at IS NOT NULL, s.mtime_ns DESC, d.source, d.ord""",
            [],
        )

    def encoded_ids(self) -> NDArray[np.int64]:
        """The ids said to be encoded, retired ones too, rising: what the bank must hold."""
        return self._ids("SELECT id FROM documents WHERE encoded_at IS NOT NULL ORDER BY id", [])

    def select(
        self,
        *,
        since: str | None = None,
        until: str | None = None,
        folder: Path | None = None,
        as_of: datetime | None = None,
    ) -> NDArray[np.int64] | None:
        """The ids a question may see, rising; None if it may see all that ids() gives.

        `since` and `until` are ISO 8601, as exact as one likes ("2024", "2024-05-08", with a time), both
        inclusive, compared with the documents' own dates. `as_of` (with zone): what memory held then.
        """
        condition, parameters = _held(as_of)
        conditions = [condition]
        for bound, comparison in ((since, ">="), (until, "<=")):
            if bound is not None:
                conditions.append(f"left(d.date, {len(bound)}) {comparison} ?")
                parameters.append(bound)
        if folder is not None:
            condition, values = inside("s.path", folder)
            conditions.append(condition)
            parameters += values
        if len(conditions) == 1 and as_of is None and not self._any_retired():
            return None
        return self._ids(
            "SELECT d.id AS id FROM documents d JOIN sources s ON s.id = d.source "
            f"WHERE {' AND '.join(conditions)} ORDER BY d.id",
            parameters,
        )

    def dated(self, spans: Sequence[tuple[str, str]]) -> NDArray[np.int64]:
        """The ids of documents whose own date lies in one of these spans, rising. A span is two days, both inclusive:
        "2024-05-08", or "05-08" of every year; a first day behind the last one goes over the turn of the year."""
        conditions, parameters = list[str](), list[object]()
        for first, last in spans:
            day = "left(date, 10)" if len(first) == 10 else "date[6:10]"
            conditions.append(f"({day} >= ? {'AND' if first <= last else 'OR'} {day} <= ?)")
            parameters += [first, last]
        if not conditions:
            return np.empty(0, dtype=np.int64)
        sql = f"SELECT id FROM documents WHERE retired_at IS NULL AND ({' OR '.join(conditions)}) ORDER BY id"
        return self._ids(sql, parameters)

    def also_in(self, ids: Sequence[int]) -> dict[int, list[Path]]:
        """For each of these documents the other sources that hold a document with the very same text."""
        rows = self._database.rows(
            """SELECT DISTINCT d.id, s.path
            FROM documents d JOIN documents other ON other.text_sha256 = d.text_sha256
                AND other.source <> d.source AND other.retired_at IS NULL
            JOIN sources s ON s.id = other.source
            WHERE d.id IN (SELECT unnest(?::BIGINT[])) ORDER BY d.id, s.path""",
            [list(ids)],
        )
        found: dict[int, list[Path]] = {number: [] for number in ids}
        for number, path in rows:
            found[number].append(Path(os.fsdecode(path)))
        return found

    def pending(self, limit: int) -> list[DocumentRow]:
        """Documents that wait to be encoded: those of the newest files first, in their source's order."""
        return self._where(
            """d.encoded_at IS NULL AND d.retired_at IS NULL
            ORDER BY s.mtime_ns DESC, d.source, d.ord LIMIT ?""",
            [limit],
        )

    def mark_encoded(self, ids: Sequence[int], tokens: Sequence[int]) -> frozenset[int]:
        """Say that the tensors of these documents are flushed, with their lengths. One commit; sources
        all of whose documents are now encoded turn "ready". Gives those that are still in memory."""
        if not ids:
            return frozenset()
        with self._database.transaction() as connection:
            rows = connection.execute(
                """UPDATE documents SET encoded_at = ?, tokens = m.tokens
                FROM (SELECT unnest(?::BIGINT[]) AS id, unnest(?::INTEGER[]) AS tokens) m
                WHERE documents.id = m.id RETURNING source, documents.id""",
                [utc_now(), list(ids), list(tokens)],
            ).fetchall()
            settle(connection, sorted({int(row[0]) for row in rows}))
            self._database.fault("encoded: written")
        self._database.fault("encoded: committed")
        return frozenset(int(row[1]) for row in rows)

    def mark_pending(self, ids: Sequence[int] | None = None) -> None:
        """Say that the tensors of these documents (None: of all) are not there; they are made again."""
        chosen = "true" if ids is None else "id IN (SELECT unnest(?::BIGINT[]))"
        with self._database.transaction() as connection:
            rows = connection.execute(
                f"UPDATE documents SET encoded_at = NULL WHERE {chosen} RETURNING source",
                [] if ids is None else [list(ids)],
            ).fetchall()
            connection.execute(
                """UPDATE sources SET state = 'stored'
                WHERE state IN ('ready', 'partial') AND id IN (SELECT unnest(?::BIGINT[]))""",
                [sorted({int(row[0]) for row in rows})],
            )

    def _any_retired(self) -> bool:
        return bool(self._database.rows("SELECT 1 FROM documents WHERE retired_at IS NOT NULL LIMIT 1"))

    def _ids(self, sql: str, parameters: Sequence[object]) -> NDArray[np.int64]:
        return np.asarray(self._database.arrays(sql, parameters)["id"], dtype=np.int64)

    def _where(self, condition: str, parameters: Sequence[object]) -> list[DocumentRow]:
        return [_document(row) for row in self._database.rows(_SELECT + condition, parameters)]


def _held(as_of: datetime | None) -> tuple[str, list[object]]:
    """The condition that memory holds a document, or held it at a moment, with its parameters."""
    if as_of is None:
        return "d.retired_at IS NULL", []
    moment = as_of.astimezone(UTC).replace(tzinfo=None)
    return "d.added_at <= ? AND (d.retired_at IS NULL OR d.retired_at > ?)", [moment, moment]


def _document(row: Row) -> DocumentRow:
    number, source, path, kind, source_sha256, ord_ = row[:6]
    text, context, title, headings, char_start, char_end, page, line_start, line_end, lines, messages, date = row[6:18]
    tokens, encoded_at, added_at, retired_at = row[18:]
    return DocumentRow(
        id=number,
        source=source,
        path=Path(os.fsdecode(path)),
        kind=kind,
        source_sha256=source_sha256,
        ord=ord_,
        document=Document(
            text=text,
            context=context,
            title=title,
            headings=tuple(json.loads(headings)),
            char_start=char_start,
            char_end=char_end,
            page=page,
            line_start=line_start,
            line_end=line_end,
            lines=tuple((offset, first, last) for offset, first, last in json.loads(lines or "[]")),
            messages=tuple((offset, Message(**message)) for offset, message in json.loads(messages or "[]")),
            date=date,
        ),
        tokens=tokens,
        encoded=encoded_at is not None,
        added_at=aware(added_at),
        retired_at=aware(retired_at) if retired_at else None,
    )
