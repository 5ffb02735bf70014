"""The table of sources: files, the state of each, and how to tell that one is unchanged or only renamed."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

import duckdb

from ingest.catalog.database import Database, Row, aware, take_ids, utc_now
from ingest.catalog.rows import Mark, SourceRow, State

_PAGE = 1000  # sources read at a time by all()
_COPIES = 50  # sources of one content that are looked at

# Documents are counted for the chosen sources only: counting all of them takes as long as memory is large.
_SELECT = """
WITH chosen AS (SELECT s.* FROM sources s WHERE {condition}), counted AS (
    SELECT source, count(*) AS documents, count(encoded_at) AS encoded
    FROM documents WHERE retired_at IS NULL AND source IN (SELECT id FROM chosen) GROUP BY source)
SELECT s.id, s.path, s.kind, s.sha256, s.size, s.mtime_ns, s.title, s.state, s.reason, s.added_at,
       s.changed_at, coalesce(d.documents, 0), coalesce(d.encoded, 0)
FROM chosen s LEFT JOIN counted d ON d.source = s.id {order}"""


def path_blob(path: Path) -> bytes:
    """A path as the catalog holds it: the bytes the operating system uses, so that any name round-trips."""
    return os.fsencode(path)


def display(path: Path) -> str:
    """A path as text, for people who look into the database; bytes that are no UTF-8 are replaced."""
    return path_blob(path).decode("utf-8", "replace")


def inside(column: str, folder: Path) -> tuple[str, list[object]]:
    """The condition that a path column lies in a folder or is that very file, with its parameters."""
    start = path_blob(folder).rstrip(b"/") + b"/"
    end = start[:-1] + b"0"  # the byte after "/"
    return f"({column} = ?::BLOB OR ({column} >= ?::BLOB AND {column} < ?::BLOB))", [start[:-1], start, end]


class Sources:
    """Sources in memory; those kept only for their retired documents are not among them."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def known(self, paths: Sequence[Path]) -> dict[Path, SourceRow]:
        """The sources among these paths, for quick decisions by size, time and state."""
        blobs = [path_blob(path) for path in paths]
        return {row.path: row for row in self._where("s.path IN (SELECT unnest(?::BLOB[]))", [blobs])}

    def by_sha(self, sha256: str) -> list[SourceRow]:
        """The sources with this content: one of them may be the old name of a renamed file.

        Of content that thousands of files have (licences, blank forms) not all: each of those files asks for it.
        """
        return self._where("s.sha256 = ?", [sha256], order="s.id", limit=_COPIES)

    def inside(self, folder: Path, *, gone: bool = False) -> list[SourceRow]:
        """The sources in a folder, or the one with this very path.

        `gone`: also those no longer in memory, of which retired documents or saved answers are left.
        """
        condition, parameters = inside("s.path", folder)
        return self._where(condition, parameters, gone=gone, order="s.path")

    def queued(self, limit: int) -> list[SourceRow]:
        """Files that wait to be read, the newest first."""
        waits = "s.state IN ('queued', 'reading')"
        return self._where(waits, [], order="s.mtime_ns DESC, s.path", limit=limit)

    def in_state(self, state: State, limit: int) -> list[SourceRow]:
        """The files in a state, the last changed first."""
        return self._where("s.state = ?", [state], order="s.changed_at DESC, s.id DESC", limit=limit)

    def queued_sizes(self) -> frozenset[int]:
        """Sizes of the files that wait to be read: one of them may be the new name of a file that is gone."""
        rows = self._database.rows("SELECT DISTINCT size FROM sources WHERE state IN ('queued', 'reading')")
        return frozenset(int(row[0]) for row in rows)

    def by_ids(self, ids: Sequence[int]) -> dict[int, SourceRow]:
        """The sources with these ids."""
        return {row.id: row for row in self._where("s.id IN (SELECT unnest(?::BIGINT[]))", [list(ids)])}

    def all(self) -> Iterator[SourceRow]:
        """Every source, by path; read page by page, so changes made meanwhile may or may not be seen."""
        after = b""
        while page := self._where("s.path > ?::BLOB", [after], order="s.path", limit=_PAGE):
            yield from page
            after = path_blob(page[-1].path)

    def _where(
        self,
        condition: str,
        parameters: Sequence[object],
        *,
        gone: bool = False,
        order: str = "",
        limit: int | None = None,
    ) -> list[SourceRow]:
        chosen = condition if gone else f"s.gone_at IS NULL AND {condition}"
        if limit is not None:
            chosen += f" ORDER BY {order} LIMIT {limit}"
        sql = _SELECT.format(condition=chosen, order=f"ORDER BY {order}" if order else "")
        return [_source(row) for row in self._database.rows(sql, parameters)]

    def mark(self, marks: Sequence[Mark]) -> None:
        """Give files a state, entering those not known yet; documents stay as they are. One commit."""
        latest = {mark.path: mark for mark in marks}  # of two marks for one path the later one holds
        if not latest:
            return
        with self._database.transaction() as connection:
            ids = present_ids(connection, list(latest))
            new = [mark for path, mark in latest.items() if path not in ids]
            ids |= dict(zip((mark.path for mark in new), take_ids(connection, "source", len(new)), strict=True))
            enter(connection, [(ids[mark.path], mark.path) for mark in new])
            rows = list(latest.values())
            connection.execute(
                """UPDATE sources SET state = m.state, reason = m.reason,
                kind = coalesce(m.kind, sources.kind), size = coalesce(m.size, sources.size),
                mtime_ns = coalesce(m.mtime_ns, sources.mtime_ns), changed_at = ?, gone_at = NULL
                FROM (SELECT unnest(?::BIGINT[]) AS id, unnest(?::TEXT[]) AS state,
                      unnest(?::TEXT[]) AS reason, unnest(?::TEXT[]) AS kind,
                      unnest(?::BIGINT[]) AS size, unnest(?::BIGINT[]) AS mtime_ns) m
                WHERE sources.id = m.id""",
                [
                    utc_now(),
                    [ids[mark.path] for mark in rows],
                    [mark.state for mark in rows],
                    [clean(mark.reason) for mark in rows],
                    [mark.kind for mark in rows],
                    [mark.size for mark in rows],
                    [mark.mtime_ns for mark in rows],
                ],
            )

    def rename(self, source: int, path: Path) -> tuple[int, ...]:
        """Give a source another path: metadata only, its documents stay. Returns the ids that left memory,
        which are those of a source that had been at that path."""
        with self._database.transaction() as connection:
            replaced = [number for number in present_ids(connection, [path]).values() if number != source]
            removed = drop(connection, replaced)
            connection.execute(
                """UPDATE answers SET sources = list_append(sources, ?)
                WHERE list_has_any(sources, ?::BIGINT[])""",
                [source, replaced],
            )
            connection.execute(
                "UPDATE sources SET path = ?, display = ?, changed_at = ?, gone_at = NULL WHERE id = ?",
                [path_blob(path), display(path), utc_now(), source],
            )
            self._database.fault("rename: written")
        return removed

    def remove(self, sources: Sequence[int], *, retire: bool = False) -> tuple[int, ...]:
        """Files that are no longer there: their documents leave memory. Returns the ids that left.

        With `retire` (history = keep) they are only retired, and nothing leaves. A source that saved answers
        came from keeps its row, so that it can still be forgotten.
        """
        now = utc_now()
        with self._database.transaction() as connection:
            ids = list(sources)
            if not retire:
                answered = connection.execute("SELECT DISTINCT unnest(sources) FROM answers").fetchall()
                kept = {int(row[0]) for row in answered} & set(ids)
                removed = drop_documents(connection, ids)
                drop(connection, [number for number in ids if number not in kept])
                connection.execute(
                    "UPDATE sources SET gone_at = ? WHERE id IN (SELECT unnest(?::BIGINT[]))",
                    [now, sorted(kept)],
                )
                self._database.fault("remove: written")
                return removed
            connection.execute("UPDATE sources SET gone_at = ? WHERE id IN (SELECT unnest(?::BIGINT[]))", [now, ids])
            connection.execute(
                """UPDATE documents SET retired_at = ?
                WHERE retired_at IS NULL AND source IN (SELECT unnest(?::BIGINT[]))""",
                [now, ids],
            )
            return ()


def present_ids(connection: duckdb.DuckDBPyConnection, paths: Sequence[Path]) -> dict[Path, int]:
    """The id of every path that has a row, those that are gone included."""
    rows = connection.execute(
        "SELECT path, id FROM sources WHERE path IN (SELECT unnest(?::BLOB[]))",
        [[path_blob(path) for path in paths]],
    ).fetchall()
    return {Path(os.fsdecode(path)): int(number) for path, number in rows}


def enter(connection: duckdb.DuckDBPyConnection, new: Sequence[tuple[int, Path]]) -> None:
    """Rows for paths that had none; the caller fills in the rest in the same transaction."""
    connection.execute(
        """INSERT INTO sources SELECT unnest(?::BIGINT[]), unnest(?::BLOB[]), unnest(?::TEXT[]),
        '', '', 0, 0, '', 'queued', '', ?, ?, NULL""",
        [
            [number for number, _ in new],
            [path_blob(path) for _, path in new],
            [display(path) for _, path in new],
            *([utc_now()] * 2),
        ],
    )


def drop(connection: duckdb.DuckDBPyConnection, sources: Sequence[int]) -> tuple[int, ...]:
    """Remove sources with all their documents, retired ones too; returns the documents' ids."""
    removed = drop_documents(connection, sources)
    connection.execute("DELETE FROM sources WHERE id IN (SELECT unnest(?::BIGINT[]))", [list(sources)])
    return removed


def drop_documents(connection: duckdb.DuckDBPyConnection, sources: Sequence[int]) -> tuple[int, ...]:
    """Remove all documents of sources, retired ones too; returns their ids, rising."""
    removed = connection.execute(
        "DELETE FROM documents WHERE source IN (SELECT unnest(?::BIGINT[])) RETURNING id", [list(sources)]
    ).fetchall()
    return tuple(sorted(int(row[0]) for row in removed))


def clean(text: str) -> str:
    """Text that UTF-8 can hold: each lone surrogate becomes U+FFFD, so that offsets stay right."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return "".join("\ufffd" if "\ud800" <= character <= "\udfff" else character for character in text)
    return text


def _source(row: Row) -> SourceRow:
    (
        number,
        path,
        kind,
        sha256,
        size,
        mtime_ns,
        title,
        state,
        reason,
        added_at,
        changed_at,
        documents,
        encoded,
    ) = row
    return SourceRow(
        id=number,
        path=Path(os.fsdecode(path)),
        kind=kind,
        sha256=sha256,
        size=size,
        mtime_ns=mtime_ns,
        title=title,
        state=state,
        reason=reason,
        added_at=aware(added_at),
        changed_at=aware(changed_at),
        documents=documents,
        encoded=encoded,
    )
