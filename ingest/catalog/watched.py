"""The table of watched folders: what is kept in memory from now on, whoever starts the owner."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from ingest.catalog.database import Database, aware, utc_now
from ingest.catalog.rows import WatchedRow
from ingest.catalog.sources import display, path_blob


class Watched:
    """Folders and single files by path, each once; one may lie inside another."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def all(self) -> list[WatchedRow]:
        """Every one of them, by path."""
        rows = self._database.rows("SELECT path, is_file, added_at FROM watched ORDER BY path")
        return [WatchedRow(Path(os.fsdecode(path)), is_file, aware(added_at)) for path, is_file, added_at in rows]

    def add(self, paths: Mapping[Path, bool]) -> None:
        """Watch these (path -> whether it is a file); those watched already stay as they are. One commit."""
        with self._database.transaction() as connection:
            for path, is_file in paths.items():
                connection.execute(
                    """INSERT INTO watched SELECT ?, ?, ?, ?
                    WHERE NOT EXISTS (SELECT 1 FROM watched WHERE path = ?::BLOB)""",
                    [path_blob(path), display(path), is_file, utc_now(), path_blob(path)],
                )

    def remove(self, paths: Sequence[Path]) -> list[Path]:
        """Watch these no more; gives those that were watched. What memory holds of them stays."""
        with self._database.transaction() as connection:
            rows = connection.execute(
                "DELETE FROM watched WHERE path IN (SELECT unnest(?::BLOB[])) RETURNING path",
                [[path_blob(path) for path in paths]],
            ).fetchall()
        return sorted(Path(os.fsdecode(row[0])) for row in rows)
