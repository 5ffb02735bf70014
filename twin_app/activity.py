"""What the memory is doing right now: the file under way, speed, and what happened last; kept in RAM only.

Written by whoever works, read by `activity` and `status`; nothing waits for it.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

EVENTS = 50  # that are remembered
HALF_LIFE_S = 10.0  # of what a batch says about the speed
RECENT_S = 30.0  # after which a speed that nobody measured again says nothing about now


class Activity:
    """Shared by all threads."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._current: dict[str, Any] | None = None
        self._events: deque[dict[str, Any]] = deque(maxlen=EVENTS)
        self._seq = 0
        self._rate, self._rated_at = 0.0, -RECENT_S

    def reading(self, path: Path, percent: int | None = None, detail: str = "") -> None:
        """A file is being read; how much of it is done, where that can be told."""
        self._now({"phase": "reading", "path": str(path), "percent": percent, "detail": detail})

    def encoding(self, documents: int) -> None:
        """A batch of documents is being encoded."""
        self._now({"phase": "encoding", "path": None, "percent": None, "detail": f"{documents} documents"})

    def idle(self) -> None:
        self._now(None)

    def _now(self, current: dict[str, Any] | None) -> None:
        with self._lock:
            self._current = current

    def encoded(self, tokens: int, seconds: float) -> None:
        """A batch is encoded: what that says about the speed."""
        if tokens <= 0 or seconds <= 0:
            return
        with self._lock:
            keep = 0.5 ** (seconds / HALF_LIFE_S) if self._is_recent() else 0.0
            self._rate = keep * self._rate + (1 - keep) * tokens / seconds if keep else tokens / seconds
            self._rated_at = self._clock()

    def happened(self, kind: str, path: Path, detail: str = "") -> None:
        """A file was stored, renamed, removed, left out or could not be read."""
        with self._lock:
            self._seq += 1
            at = datetime.now(UTC).isoformat(timespec="milliseconds")
            self._events.append({"seq": self._seq, "at": at, "kind": kind, "path": str(path), "detail": detail})

    def current(self) -> dict[str, Any] | None:
        with self._lock:
            return self._current

    def events(self, after: int = 0) -> list[dict[str, Any]]:
        """The last events, oldest first, of those after a number."""
        with self._lock:
            return [event for event in self._events if event["seq"] > after]

    def tokens_per_s(self) -> float:
        """Of encoding, now; 0 while nothing is encoded."""
        with self._lock:
            return self._rate if self._is_recent() else 0.0

    def _is_recent(self) -> bool:
        return self._clock() - self._rated_at < RECENT_S
