"""Between the work and its client: events go through a thread, so that a client that stops reading stops nobody.

Whoever works may hold locks while it reports; sending to a client whose terminal is suspended can take for ever.
"""

from __future__ import annotations

import threading
from collections import deque
from types import TracebackType
from typing import Any

from twin_app.turns import Watcher


class Relay:
    """A watcher that never waits. Of progress only the newest is sent; everything else is, in order."""

    def __init__(self, client: Watcher) -> None:
        self._client = client
        self._events: deque[dict[str, Any]] = deque()
        self._changed = threading.Condition()
        self._ended = False
        self._sender = threading.Thread(target=self._send, name="relay", daemon=True)

    def __enter__(self) -> Relay:
        self._sender.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Waits until everything is sent: leave it only with no lock held."""
        with self._changed:
            self._ended = True
            self._changed.notify()
        self._sender.join()

    def emit(self, event: dict[str, Any]) -> None:
        with self._changed:
            if "done" in event and self._events and "done" in self._events[-1]:
                self._events[-1] = event
            else:
                self._events.append(event)
            self._changed.notify()

    def cancelled(self) -> bool:
        return self._client.cancelled()

    def _send(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._events or self._ended)
                if not self._events:
                    return
                event = self._events.popleft()
            self._client.emit(event)


class Silent:
    """A watcher of which only its leaving is of interest."""

    def __init__(self, client: Watcher) -> None:
        self._client = client

    def emit(self, event: dict[str, Any]) -> None:
        """Not passed on."""

    def cancelled(self) -> bool:
        return self._client.cancelled()
