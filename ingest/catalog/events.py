"""The event log: what happened to memory, without a word of any document. The oldest lines are dropped."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from ingest.catalog.database import Database, aware, take_ids, utc_now
from ingest.catalog.rows import EventRow

_KEPT = 10_000  # events that stay
_EVERY = 500  # how often the oldest are dropped, in events


class Events:
    """Lines in order. Name a file by its source id, not by its path: forgetting it then finds its lines."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def log(self, kind: str, detail: Mapping[str, Any] | None = None, *, source: int | None = None) -> int:
        """Add a line and return its number. `detail` holds no text and no path of a document."""
        with self._database.transaction() as connection:
            seq = take_ids(connection, "event", 1)[0]
            connection.execute(
                "INSERT INTO events VALUES (?, ?, ?, ?, ?)",
                [seq, utc_now(), kind, source, json.dumps(dict(detail or {}))],
            )
            if seq % _EVERY == 0:
                connection.execute("DELETE FROM events WHERE seq <= ?", [seq - _KEPT])
        return seq

    def tail(self, n: int) -> list[EventRow]:
        """The last n lines, oldest first."""
        rows = self._database.rows(
            "SELECT seq, logged_at, kind, source, detail FROM events ORDER BY seq DESC LIMIT ?", [n]
        )
        return [
            EventRow(seq, aware(at), kind, source, json.loads(detail))
            for seq, at, kind, source, detail in reversed(rows)
        ]
