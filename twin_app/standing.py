"""How a memory stands: totals, what is queued and how long it takes, what is watched; once, or as a stream.

Shapes in docs/protocol.md.
"""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ingest.catalog import Catalog, Counts, SourceRow
from twin_app.activity import Activity
from twin_app.engines import Engines
from twin_app.protocol import Call, Event, Result
from twin_app.settings import Settings
from twin_app.watched import Folders

EVERY_S = 0.5  # between two snapshots of a stream
ERRORS = 20  # failed files in a snapshot


class Standing:
    """Reads only; for any thread."""

    def __init__(self, catalog: Catalog, engines: Engines, doing: Activity, folders: Folders, home: Path) -> None:
        self.catalog, self.engines, self.doing, self.folders, self.home = catalog, engines, doing, folders, home

    def status(self, settings: Settings) -> Result:
        """The object `twin status --json` prints."""
        counts = self.catalog.counts()
        folders = self.folders.list()
        return {
            "documents": counts.documents, "sources": counts.sources, "tokens": counts.tokens,
            "bytes_on_disk": bytes_in(self.home), "queued": counts.queued + self._pending(counts),
            "failed": counts.failed, "model": self.engines.model, "owner_pid": os.getpid(),
            "watching": [folder["path"] for folder in folders],
            "watch_notes": [f"{folder['path']}: {folder['reason']}" for folder in folders if folder["reason"]],
            "states": dict(counts.by_state), "changing": self.engines.changing(),
            "ranks": settings.ranks, "tiers": self.engines.tiers, **self._speed(counts),
        }  # fmt: skip

    def stream(self, call: Call, *, once: bool) -> Result:
        """An `activity` event twice a second until the client leaves; with `once` the result alone."""
        if once:
            return self.snapshot(0)
        seen = 0
        while not call.cancelled():
            snapshot = self.snapshot(seen)
            seen = max([seen, *(event["seq"] for event in snapshot["events"])])
            call.emit({"event": "activity", **snapshot})
            time.sleep(EVERY_S)
        return {}

    def snapshot(self, after: int) -> Event:
        """What goes on now; of what happened, what came after the event of this number."""
        counts, failed = self.catalog.counts(), self.catalog.sources.in_state("failed", ERRORS)
        return {
            "at": datetime.now(UTC).isoformat(timespec="milliseconds"),
            "queued": {"files": counts.queued, "documents": self._pending(counts), "tokens": counts.pending_tokens},
            "moving": self.folders.moving(), "current": self.doing.current(), **self._speed(counts),
            "totals": {
                "documents": counts.documents, "encoded": counts.encoded, "sources": counts.sources,
                "tokens": counts.tokens, "failed": counts.failed, "states": dict(counts.by_state),
            },
            "changing": self.engines.changing(),
            "errors": [{"source": str(row.path), "reason": row.reason} for row in failed],
            "watching": self.folders.list(), "events": self.doing.events(after),
        }  # fmt: skip

    def _pending(self, counts: Counts) -> int:
        return max(counts.pending, self.engines.behind())  # of the model that serves, or of the one to come

    def _speed(self, counts: Counts) -> dict[str, Any]:
        rate = self.doing.tokens_per_s()
        left = None if counts.queued or not rate else round(counts.pending_tokens / rate, 1)
        return {"tokens_per_s": round(rate), "seconds_left": left if counts.pending or counts.queued else 0}


def source_json(row: SourceRow, current: Mapping[str, Any] | None) -> dict[str, Any]:
    """One line of `twin sources --json`; `progress` in percent: of reading, then of encoding."""
    progress: int | None = None
    if current is not None and current["path"] == str(row.path):
        progress = current["percent"]
    elif row.state == "stored":
        progress = 100 * row.encoded // row.documents if row.documents else 0
    is_read = current is not None and current["phase"] == "reading" and current["path"] == str(row.path)
    return {
        "source": str(row.path), "kind": row.kind, "state": "reading" if is_read else row.state,
        "reason": row.reason, "progress": progress, "documents": row.documents, "encoded": row.encoded,
        "sha256": row.sha256, "bytes": row.size, "title": row.title,
    }  # fmt: skip


def bytes_in(folder: Path) -> int:
    """Bytes of the files in a folder, of which some may come and go meanwhile."""
    total = 0
    for path in folder.rglob("*"):
        with suppress(FileNotFoundError):
            total += path.lstat().st_size if path.is_file() else 0
    return total
