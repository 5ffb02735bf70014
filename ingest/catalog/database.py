"""The DuckDB file of the catalog: opening, transactions, ids that never come back, rewriting it clean.

One connection, owned by one process; a lock lets threads share it. A transaction is durable when its block
ends. Knows the counters and the migrations, nothing of sources, documents or answers.
"""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

import duckdb

from ingest import migrations

_MEMORY = "1GB"  # what DuckDB may keep of the file; the model needs the rest

Compression = Literal["auto", "uncompressed"]
Fault = Callable[[str], None]
Row = tuple[Any, ...]


class CatalogError(Exception):
    """The catalog cannot be opened or written; str(e) says why, which file, and what to do."""


class CatalogBusy(CatalogError):
    """Another process holds the catalog."""


def utc_now() -> datetime:
    """Now, in UTC and without a zone, as TIMESTAMP columns hold it."""
    return datetime.now(UTC).replace(tzinfo=None)


def aware(moment: datetime) -> datetime:
    """A TIMESTAMP column's value, with its zone."""
    return moment.replace(tzinfo=UTC)


def no_fault(step: str) -> None:
    """The hook that tests replace to end the process between two steps."""


class Database:
    """One open catalog file."""

    def __init__(self, path: Path, compression: Compression, fault: Fault) -> None:
        self.path = path
        self.fault = fault
        self._compression = compression
        self._lock = threading.RLock()
        self._connection = self._open()

    def _open(self) -> duckdb.DuckDBPyConnection:
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._sweep()
        try:
            connection = duckdb.connect(
                str(self.path),
                config={
                    # Nothing is fetched from the network, whatever a statement asks for.
                    "autoinstall_known_extensions": "false",
                    "autoload_known_extensions": "false",
                    "temp_directory": str(self._spill),
                    "force_compression": self._compression,
                    "memory_limit": _MEMORY,
                },
            )
        except duckdb.IOException as error:
            if "lock" in str(error).lower():
                raise CatalogBusy(f"{self.path} is held by another process; let it end first") from error
            raise CatalogError(f"{self.path} cannot be opened: {error}") from error
        except duckdb.Error as error:
            raise CatalogError(
                f"{self.path} is damaged: {error}; restore it from a backup (twin import), or move it away "
                "and add your folders again"
            ) from error
        try:
            self.path.chmod(0o600)
            migrations.apply(connection)
        except BaseException as error:
            connection.close()
            if isinstance(error, migrations.UnknownVersion):
                raise CatalogError(f"{self.path}: {error}") from error
            if isinstance(error, duckdb.Error):
                raise CatalogError(
                    f"{self.path} cannot be brought to this Twin's version: {error}; use the Twin that wrote it, or "
                    "restore a backup (twin import)"
                ) from error
            raise
        return connection

    @property
    def _rewritten(self) -> Path:
        return self.path.with_name(self.path.name + ".rewritten")

    @property
    def _spill(self) -> Path:
        return self.path.with_name(self.path.name + ".tmp")

    @property
    def _log(self) -> Path:
        return self.path.with_name(self.path.name + ".wal")

    def _sweep(self) -> None:
        """Remove what a killed process left: a rewrite that was not put in place, and spilled blocks."""
        for suffix in ("", ".wal"):
            self._rewritten.with_name(self._rewritten.name + suffix).unlink(missing_ok=True)
        shutil.rmtree(self._spill, ignore_errors=True)

    @contextmanager
    def transaction(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """One commit: durable when the block ends, undone if it raises."""
        with self._lock, self._explained():
            self._connection.execute("BEGIN")
            try:
                yield self._connection
                self._connection.execute("COMMIT")
            except BaseException:
                self._undo()
                raise

    def _undo(self) -> None:
        try:
            self._connection.execute("ROLLBACK")
        except duckdb.Error:  # a failed COMMIT has ended the transaction already
            return

    def rows(self, sql: str, parameters: Sequence[object] = ()) -> list[Row]:
        """All rows of a query. Long results are read in pages by the caller, so that no cursor stays open."""
        with self._lock, self._explained():
            return self._connection.execute(sql, parameters).fetchall()

    def arrays(self, sql: str, parameters: Sequence[object] = ()) -> dict[str, Any]:
        """All rows of a query as one numpy array a column."""
        with self._lock, self._explained():
            return dict(self._connection.execute(sql, parameters).fetchnumpy())

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except (duckdb.IOException, duckdb.FatalException, duckdb.OutOfMemoryException) as error:
            raise CatalogError(f"{self.path}: {error}; is the disk full or unplugged?") from error
        except duckdb.TransactionException as error:
            if "write" not in str(error):  # of two transactions that cannot both be: a bug
                raise
            raise CatalogError(f"{self.path}: {error}; is the disk full or unplugged?") from error
        except duckdb.ConnectionException as error:
            raise CatalogError(f"{self.path} is closed: {error}") from error

    def copy_to(self, path: Path, *, encoded: bool = True) -> None:
        """Copy every live row, as of now, into a new file (0600), durably. Without `encoded` the copy says that all
        documents wait to be encoded."""
        with self._lock, self._explained():
            connection = self._connection
            connection.execute(f"ATTACH {_quoted(path)} AS copied")
            try:
                row = connection.execute("SELECT current_database()").fetchone()
                name = str(row[0]).replace('"', '""') if row else ""
                connection.execute(f'COPY FROM DATABASE "{name}" TO copied')
                self.fault("rewrite: copied")
                connection.execute("UPDATE copied.counters SET value = 0 WHERE name = 'rewrite_due'")
                if not encoded:
                    connection.execute("UPDATE copied.documents SET encoded_at = NULL")
                    connection.execute("UPDATE copied.sources SET state = 'stored' WHERE state IN ('ready', 'partial')")
                connection.execute("CHECKPOINT copied")
            finally:
                connection.execute("DETACH copied")
            path.chmod(0o600)
            _sync(path)

    def rewrite(self) -> None:
        """Copy every live row into a new file and put it in place of the old one, with no log left.

        Safe to be killed in: until the rename the old file is whole, and the copy is swept at the next start.
        """
        fault = self.fault
        with self._lock, self._explained():
            self._sweep()
            connection = self._connection
            self.copy_to(self._rewritten)
            fault("rewrite: flushed")
            # The old log must be gone before the rename: replayed over the new file it would bring text back.
            connection.execute("CHECKPOINT")
            connection.close()
            try:
                if self._log.exists():
                    raise CatalogError(f"{self._log} is still there after a checkpoint; nothing was rewritten")
                fault("rewrite: closed")
                self._rewritten.replace(self.path)
                fault("rewrite: replaced")
                _sync(self.path.parent)
            finally:
                self._connection = self._open()

    def close(self) -> None:
        """Write the log into the file and give the file free."""
        with self._lock:
            self._connection.close()
            shutil.rmtree(self._spill, ignore_errors=True)


def take_ids(connection: duckdb.DuckDBPyConnection, counter: str, count: int) -> range:
    """The next `count` ids, which no later call gives again, whatever is removed or rewritten."""
    row = connection.execute(
        "UPDATE counters SET value = value + ? WHERE name = ? RETURNING value", [count, counter]
    ).fetchone()
    assert row is not None, counter
    return range(int(row[0]) - count + 1, int(row[0]) + 1)


def _quoted(path: Path) -> str:
    return "'" + str(path).replace("'", "''") + "'"


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
