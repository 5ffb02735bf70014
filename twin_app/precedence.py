"""One at a time, and who is in a hurry goes first: questions take the engines between two batches of encoding."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager


class Precedence:
    """A lock that a thread may take again; its long holders `give_way` now and then."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._urgent = 0  # who wants the lock now
        self._free = threading.Condition()

    def __enter__(self) -> None:
        self._lock.acquire()

    def __exit__(self, *_: object) -> None:
        self._lock.release()

    @contextmanager
    def soon(self) -> Iterator[None]:
        """The lock, ahead of everyone who gives way."""
        with self._free:
            self._urgent += 1
        try:
            with self._lock:
                yield
        finally:
            with self._free:
                self._urgent -= 1
                self._free.notify_all()

    def give_way(self) -> None:
        """Called by a holder who took it once: lets everyone who is in a hurry go first."""
        with self._free:
            if not self._urgent:
                return
        self._lock.release()
        try:
            with self._free:
                self._free.wait_for(lambda: not self._urgent)
        finally:
            self._lock.acquire()
