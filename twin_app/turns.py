"""Whose turn it is to write to a memory: one at a time, and work nobody waits for gives way to whoever waits.

Knows nothing of the work itself. Asking takes no turn: readers see the last commit.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any, Protocol

from twin_app.errors import CancelledError

PATIENCE_S = 0.3  # a wait is mentioned only when it takes longer, and given up this soon when the client leaves
PAUSE_S = 1.0  # for each document, at most, that reading waits for those who ask
CLOSE_S = 10.0  # for a writer to end when the memory closes; what it has not committed is done again

log = logging.getLogger("twin.memory")


class Watcher(Protocol):
    """Whoever waits for the work: a client's call, or nobody."""

    def emit(self, event: dict[str, Any]) -> None: ...

    def cancelled(self) -> bool: ...


def refuse_cancelled(caller: Watcher) -> None:
    """So that what was cut short is never given for a result. A client that left does not see it."""
    if caller.cancelled():
        raise CancelledError("the owner was stopped: try again")


Turn = Callable[[str, Watcher], AbstractContextManager[None]]
"""The right to write, for one caller: what it does, and who waits for it."""


class Foreground:
    """Whoever is asked something goes first: work that nobody waits for at that moment pauses."""

    def __init__(self) -> None:
        self._asked = 0
        self._quiet = threading.Condition()

    @contextmanager
    def first(self) -> Iterator[None]:
        with self._quiet:
            self._asked += 1
        try:
            yield
        finally:
            with self._quiet:
                self._asked -= 1
                self._quiet.notify_all()

    def pause(self) -> None:
        """Waits while anyone is first, but not for ever: a stream of questions must not end all reading."""
        if self._asked:
            with self._quiet:
                self._quiet.wait_for(lambda: not self._asked, PAUSE_S)


class Turns:
    """`work(watcher)` is what goes on in the background, until it returns or the watcher says that it must stop."""

    def __init__(self, work: Callable[[Watcher], None]) -> None:
        self._work = work
        self._writing = threading.Lock()
        self._doing = ""
        self._state = threading.Condition()  # guards what follows
        self._callers = 0  # that write or wait to
        self._due = self._closing = False
        self._background: threading.Thread | None = None

    @contextmanager
    def turn(self, doing: str, caller: Watcher) -> Iterator[None]:
        """The right to write, for one caller. Raises CancelledError when the caller leaves before it comes."""
        with self._state:
            self._callers += 1
        try:
            self._wait(caller)
            self._doing = doing
            try:
                yield
            finally:
                self._writing.release()
        finally:
            with self._state:
                self._callers -= 1
                self._state.notify_all()

    def _wait(self, caller: Watcher) -> None:
        told = False
        while not self._writing.acquire(timeout=PATIENCE_S):
            if caller.cancelled():
                raise CancelledError("given up while another command was at work: try again")
            if not told:
                caller.emit({"event": "progress", "phase": f"waiting for {self._doing} to finish"})
                told = True

    def go_on(self) -> None:
        """Starts the background work, unless it goes on already."""
        with self._state:
            self._due = True
            if self._background is None and not self._closing:
                self._background = threading.Thread(target=self._run, name="background", daemon=True)
                self._background.start()

    def busy(self) -> bool:
        """Whether background work goes on or waits for its turn."""
        return self._background is not None

    def close(self) -> None:
        """Ends the background work and waits until nobody writes; the background never begins again."""
        with self._state:
            self._closing = True
            self._state.notify_all()
            background = self._background
        if background is not None:
            background.join()
        if not self._writing.acquire(timeout=CLOSE_S):
            log.error("%s did not end within %g s; closing all the same", self._doing, CLOSE_S)

    def emit(self, event: dict[str, Any]) -> None:
        """Nobody listens to the background."""

    def cancelled(self) -> bool:
        """Whether the background must stop: the memory closes, or somebody waits."""
        return self._closing or self._callers > 0

    def _run(self) -> None:
        while self._is_next():
            try:
                with self._writing:
                    self._doing = "work in the background"
                    self._work(self)
            except Exception:  # the outermost edge of a thread: what is left over is tried again with the next command
                log.exception("work in the background could not be finished")
            else:
                if self.cancelled():
                    self._due = True

    def _is_next(self) -> bool:
        with self._state:
            self._state.wait_for(lambda: not self._callers or self._closing)
            if self._closing or not self._due:
                self._background = None
                return False
            self._due = False
            return True
