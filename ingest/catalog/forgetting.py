"""Forgetting: rows, answers and log lines that came from a source or document go in one commit, hashes stay.

The bytes are gone only after `Catalog.rewrite`; that it is due is written in the same commit, so a kill
between the two is made good at the next start. Of a forgotten thing only hashes are remembered.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from pathlib import Path

import duckdb

from ingest.catalog.answers import blank
from ingest.catalog.database import Database, aware, take_ids, utc_now
from ingest.catalog.rows import Receipt, Selection, document_label
from ingest.catalog.sources import drop, path_blob
from ingest.catalog.storing import document_hash, path_hash, without_notes

_IDS = "(SELECT unnest(?::BIGINT[]))"


class Forgetting:
    """Choose, then forget; and the questions whether something was forgotten and is gone."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def choose(
        self,
        *,
        sources: Sequence[int] = (),
        documents: Sequence[int] = (),
        before: str | None = None,
    ) -> Selection:
        """What forgetting these would remove: whole sources, single documents (with every copy of their text
        in the same source, retired ones too), or all documents dated before an ISO date. A source none of
        whose present documents would be left goes as a whole."""
        chosen = "d.id IN (SELECT unnest(?::BIGINT[]))"
        parameters: list[object] = [list(documents)]
        if before is not None:
            chosen += f" OR left(d.date, {len(before)}) < ?"
            parameters.append(before)
        rows = self._database.rows(
            f"""WITH chosen AS (SELECT DISTINCT d.source, d.text_sha256 FROM documents d WHERE {chosen})
            SELECT d.id, d.source FROM documents d
            WHERE (d.source, d.text_sha256) IN (SELECT (source, text_sha256) FROM chosen)""",
            parameters,
        )
        single = {int(number): int(source) for number, source in rows}
        emptied = self._database.rows(
            f"""SELECT source FROM documents WHERE source IN {_IDS} GROUP BY source
            HAVING count(*) FILTER (WHERE retired_at IS NULL AND id NOT IN {_IDS}) = 0""",
            [sorted(set(single.values())), sorted(single)],
        )
        whole = sorted({*sources, *(int(row[0]) for row in emptied)})
        inside = self._database.rows(f"SELECT id FROM documents WHERE source IN {_IDS}", [whole])
        paths = self._database.rows(f"SELECT path, id FROM sources WHERE id IN {_IDS} ORDER BY id", [whole])
        return Selection(
            sources=tuple(int(row[1]) for row in paths),
            documents=tuple(sorted({*single, *(int(row[0]) for row in inside)})),
            paths=tuple(Path(os.fsdecode(row[0])) for row in paths),
        )

    def copies(self, selection: Selection) -> list[Path]:
        """The sources that stay and hold the very text of a document that would go."""
        rows = self._database.rows(
            f"""SELECT DISTINCT s.path FROM documents d JOIN sources s ON s.id = d.source
            WHERE d.retired_at IS NULL AND d.id NOT IN {_IDS}
            AND d.text_sha256 IN (SELECT text_sha256 FROM documents WHERE id IN {_IDS}) ORDER BY s.path""",
            [list(selection.documents), list(selection.documents)],
        )
        return [Path(os.fsdecode(row[0])) for row in rows]

    def forget(self, selection: Selection) -> Receipt:
        """Remove what was chosen, in one commit. Words and bank drop `receipt.removed`, then rewrite().

        Where a single message goes, those that repeat it in their context get a new id and a context without
        it: words and bank must then take in what they lack, as at every start.
        """
        now = utc_now()
        ids, sources = list(selection.documents), list(selection.sources)
        with self._database.transaction() as connection:
            documents = connection.execute(
                f"""SELECT d.id, d.source, s.path, lower(hex(d.text_sha256)) FROM documents d
                JOIN sources s ON s.id = d.source WHERE d.id IN {_IDS} OR d.source IN {_IDS}""",
                [ids, sources],
            ).fetchall()
            files = connection.execute(f"SELECT path, sha256 FROM sources WHERE id IN {_IDS}", [sources]).fetchall()
            whole = set(sources)
            stay = connection.execute(
                f"SELECT DISTINCT sha256 FROM sources WHERE gone_at IS NULL AND id NOT IN {_IDS}", [sources]
            ).fetchall()
            elsewhere = {row[0] for row in stay}  # a copy that stays must not be taken for what was forgotten
            contents = {sha256 for _, sha256 in files if sha256} - elsewhere
            _remember(
                connection,
                now,
                [(path_hash(path), sha256 if sha256 in contents else None, None) for path, sha256 in files],
            )
            parts = {(path_hash(path), None, text) for _, source, path, text in documents if source not in whole}
            _remember(connection, now, sorted(parts, key=str))
            said_again = _without_repeats(
                connection, [(source, number) for number, source, *_ in documents if source not in whole]
            )
            removed = sorted({*(int(row[0]) for row in documents), *said_again})
            drop(connection, sources)
            connection.execute(f"DELETE FROM documents WHERE id IN {_IDS}", [removed])
            connection.execute(f"DELETE FROM events WHERE source IN {_IDS}", [sources])
            parts_of = sorted({source for _, source, *_ in documents if source not in whole})
            answers = blank(connection, removed, sources, parts_of)
            texts = sorted({text for *_, text in documents})
            still_in = connection.execute(
                "SELECT count(*) FROM documents WHERE lower(hex(text_sha256)) IN (SELECT unnest(?::TEXT[]))",
                [texts],
            ).fetchone()
            connection.execute("UPDATE counters SET value = 1 WHERE name = 'rewrite_due'")
            self._database.fault("forget: written")
        self._database.fault("forget: committed")
        return Receipt(
            at=aware(now).isoformat(),
            path_sha256=tuple(path_hash(path) for path, _ in files),
            content_sha256=tuple(sorted(contents)),
            text_sha256=tuple(texts),
            removed=tuple(removed),
            answers=answers,
            still_in=int(still_in[0]) if still_in else 0,
        )

    @property
    def rewrite_due(self) -> bool:
        """Whether something was forgotten whose bytes may still be in the file."""
        return self._database.rows("SELECT value FROM counters WHERE name = 'rewrite_due'") != [(0,)]

    def forgotten(self, paths: Sequence[Path]) -> frozenset[Path]:
        """Those of these paths that were forgotten as whole files."""
        hashes = {path_hash(path_blob(path)): path for path in paths}
        rows = self._database.rows(
            """SELECT path_sha256 FROM forgotten
            WHERE text_sha256 IS NULL AND path_sha256 IN (SELECT unnest(?::TEXT[]))""",
            [list(hashes)],
        )
        return frozenset(hashes[row[0]] for row in rows)

    def forgotten_content(self, sha256: str) -> bool:
        """Whether a file with this content was forgotten, under whatever name."""
        return bool(self._database.rows("SELECT 1 FROM forgotten WHERE content_sha256 = ? LIMIT 1", [sha256]))

    def lift(self, paths: Sequence[Path], contents: Sequence[str] = ()) -> None:
        """Let these be read again: whole files by path or content (hex), and passages of these paths."""
        with self._database.transaction() as connection:
            connection.execute(
                """DELETE FROM forgotten WHERE path_sha256 IN (SELECT unnest(?::TEXT[]))
                OR content_sha256 IN (SELECT unnest(?::TEXT[]))""",
                [[path_hash(path_blob(path)) for path in paths], list(contents)],
            )

    def remaining(self, receipt: Receipt) -> list[str]:
        """What of a receipt can still be reached in the catalog, in words; [] if nothing."""
        found: list[str] = []
        rows = self._database.rows(f"SELECT id FROM documents WHERE id IN {_IDS}", [list(receipt.removed)])
        found += [f"{document_label(int(row[0]))} is in the catalog" for row in rows]
        texts = set(receipt.text_sha256)
        rows = self._database.rows(
            """SELECT d.id, s.path FROM documents d JOIN sources s ON s.id = d.source
            WHERE lower(hex(d.text_sha256)) IN (SELECT unnest(?::TEXT[])) ORDER BY d.id""",
            [list(texts)],
        )
        found += [f"{document_label(int(number))} of {os.fsdecode(path)} holds the same text" for number, path in rows]
        paths = set(receipt.path_sha256)
        contents = set(receipt.content_sha256)
        for path, sha256 in self._database.rows("SELECT path, sha256 FROM sources ORDER BY path"):
            if hashlib.sha256(path).hexdigest() in paths:
                found.append(f"{os.fsdecode(path)} is a source again")
            elif sha256 in contents:
                found.append(f"{os.fsdecode(path)} is a source with the same content")
        rows = self._database.rows(
            "SELECT id FROM answers WHERE NOT forgotten AND list_has_any(documents, ?::BIGINT[])",
            [list(receipt.removed)],
        )
        found += [f"saved answer {row[0]} was made from it" for row in rows]
        if self.rewrite_due:
            found.append("the catalog's file is not rewritten yet; the next start of Twin does it")
        return found


def _remember(
    connection: duckdb.DuckDBPyConnection, now: object, rows: Sequence[tuple[str, str | None, str | None]]
) -> None:
    connection.execute(
        "INSERT INTO forgotten SELECT unnest(?::TEXT[]), unnest(?::TEXT[]), unnest(?::TEXT[]), ?",
        [*([row[column] for row in rows] for column in range(3)), now],
    )


def _without_repeats(connection: duckdb.DuckDBPyConnection, forgotten: Sequence[tuple[int, int]]) -> list[int]:
    """Write documents whose context repeats one of these (source, id) anew; returns their old ids."""
    if not forgotten:
        return []
    ids = {number for _, number in forgotten}
    rows = connection.execute(
        f"SELECT source, id, context, text FROM documents WHERE source IN {_IDS} ORDER BY id",
        [sorted({source for source, _ in forgotten})],
    ).fetchall()
    texts: dict[int, list[str]] = {}
    for source, number, _, text in rows:
        if number in ids:
            texts.setdefault(source, []).append(text)
    changed = [
        (number, context, document_hash(context, text), source)
        for source, number, before, text in rows
        if number not in ids and (context := without_notes(before, texts[source])) != before
    ]
    if not changed:
        return []
    old = [number for number, *_ in changed]
    connection.execute(
        """INSERT INTO documents SELECT d.* REPLACE (
            m.id AS id, m.context AS context, m.sha256 AS sha256, NULL AS encoded_at)
        FROM documents d JOIN (SELECT unnest(?::BIGINT[]) AS old, unnest(?::BIGINT[]) AS id,
            unnest(?::TEXT[]) AS context, unnest(?::BLOB[]) AS sha256) m ON m.old = d.id""",
        [
            old,
            list(take_ids(connection, "document", len(old))),
            [context for _, context, *_ in changed],
            [sha256 for _, _, sha256, _ in changed],
        ],
    )
    connection.execute(
        f"UPDATE sources SET state = 'stored' WHERE state IN ('ready', 'partial') AND id IN {_IDS}",
        [sorted({source for *_, source in changed})],
    )
    return old
