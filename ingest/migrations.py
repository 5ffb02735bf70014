"""The catalog's tables, as an ordered list of migrations; each is applied once, in a transaction of its own.

A migration that was released is never edited: append another. A catalog written by a newer Twin is refused,
because this one would not know what it breaks. No index and no key constraint on purpose: DuckDB's zone maps
find rows by rising id, and its indexes forbid removing and writing the same key in one transaction.
"""

from __future__ import annotations

from datetime import UTC, datetime

import duckdb

_FIRST = """
CREATE TABLE counters (name TEXT, value BIGINT);
INSERT INTO counters VALUES
    ('source', 0), ('document', 0), ('conversation', 0), ('answer', 0), ('event', 0), ('rewrite_due', 0);

CREATE TABLE sources (
    id BIGINT, path BLOB, display TEXT, kind TEXT, sha256 TEXT, size BIGINT, mtime_ns BIGINT, title TEXT,
    state TEXT, reason TEXT, added_at TIMESTAMP, changed_at TIMESTAMP, gone_at TIMESTAMP);

CREATE TABLE documents (
    id BIGINT, source BIGINT, ord INTEGER, text TEXT, context TEXT, title TEXT, headings TEXT,
    char_start BIGINT, char_end BIGINT, page INTEGER, line_start INTEGER, line_end INTEGER,
    messages TEXT, date TEXT, sha256 BLOB, text_sha256 BLOB, tokens INTEGER,
    encoded_at TIMESTAMP, added_at TIMESTAMP, retired_at TIMESTAMP);

CREATE TABLE forgotten (path_sha256 TEXT, content_sha256 TEXT, text_sha256 TEXT, forgotten_at TIMESTAMP);

CREATE TABLE conversations (id BIGINT, created_at TIMESTAMP);
CREATE TABLE answers (
    id BIGINT, conversation BIGINT, question TEXT, answer TEXT, grounded BOOLEAN, created_at TIMESTAMP,
    result TEXT, documents BIGINT[], sources BIGINT[], forgotten BOOLEAN);
CREATE TABLE citations (
    answer BIGINT, n INTEGER, document BIGINT, path BLOB, quote TEXT, page INTEGER, line_start INTEGER,
    line_end INTEGER, message TEXT, date TEXT, source_sha256 TEXT, forgotten BOOLEAN);

CREATE TABLE events (seq BIGINT, logged_at TIMESTAMP, kind TEXT, source BIGINT, detail TEXT);
"""

_LINES = "ALTER TABLE documents ADD COLUMN lines TEXT"  # marks as JSON (ingest.places); "" or NULL for none
_TITLES = "ALTER TABLE conversations ADD COLUMN title TEXT"

_WATCHED = """
CREATE TABLE watched (path BLOB, display TEXT, is_file BOOLEAN, added_at TIMESTAMP);
"""

MIGRATIONS: tuple[tuple[str, str], ...] = (
    ("first", _FIRST), ("lines", _LINES), ("titles of conversations", _TITLES), ("watched folders", _WATCHED),
)  # fmt: skip
"""(name, SQL) in order; the version of a catalog is how many of them it has had."""


class UnknownVersion(Exception):
    """The catalog has had migrations this program does not know."""


def apply(connection: duckdb.DuckDBPyConnection) -> int:
    """Bring the catalog to the newest version; returns it. Raises UnknownVersion, having changed nothing."""
    connection.execute("CREATE TABLE IF NOT EXISTS migrations (version INTEGER, name TEXT, applied_at TIMESTAMP)")
    row = connection.execute("SELECT coalesce(max(version), 0) FROM migrations").fetchone()
    version = int(row[0]) if row else 0
    if version > len(MIGRATIONS):
        raise UnknownVersion(
            f"it was written by a newer Twin (version {version} of the catalog; this Twin knows "
            f"{len(MIGRATIONS)}); upgrade Twin to use it"
        )
    for number, (name, sql) in enumerate(MIGRATIONS[version:], version + 1):
        connection.execute("BEGIN")
        connection.execute(sql)
        applied_at = datetime.now(UTC).replace(tzinfo=None)
        connection.execute("INSERT INTO migrations VALUES (?, ?, ?)", [number, name, applied_at])
        connection.execute("COMMIT")
    return len(MIGRATIONS)
