"""The client's end: finds or starts a memory's owner, sends one request, hands on its events.

Knows nothing of the memory itself. Survives an owner that is starting, stopping, stale, crashed or of another
version; a request the owner had not accepted is sent again, and so is once what a crash cut short and doing twice
does not hurt.
"""

from __future__ import annotations

import os
import socket
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from twin_app import __version__
from twin_app.errors import BUSY, DONE, BusyError, CancelledError, OwnerError, OwnerGoneError, TwinError, UpgradedError
from twin_app.locations import Locations
from twin_app.ownership import is_owned, read_note
from twin_app.protocol import PROTOCOL, REPEATABLE, UNSEEN, Event, ProtocolError, Result, encode, is_own_user, receive
from twin_app.settings import Value

if TYPE_CHECKING:
    import subprocess

POLL_S = 0.02
RESTART_S = 0.2  # between two attempts to start an owner while another one holds the lock
SILENT_S = 0.3  # a start is mentioned only when it takes longer
LOG_LIMIT = 1_000_000  # bytes; a longer log is put aside before an owner starts
PACKAGE_ROOT = Path(__file__).resolve().parents[1]


def _ignore(event: Event) -> None:
    pass


def _silent(line: str) -> None:
    pass


class Cancellation:
    """By which another thread ends a call: its connection is closed, and the owner gives the work up."""

    def __init__(self) -> None:
        import threading  # commands, which never cancel from elsewhere, do without

        self._guard = threading.Lock()
        self._connection: socket.socket | None = None
        self._asked = False

    def cancel(self) -> None:
        with self._guard:
            self._asked = True
            if self._connection is not None:
                try:
                    self._connection.shutdown(socket.SHUT_RDWR)
                except OSError:  # the other side was quicker
                    return

    def watch(self, connection: socket.socket | None) -> None:
        """From now on `connection` (None: none) is the one to close. Raises CancelledError if that was asked before."""
        with self._guard:
            self._connection = connection
            if self._asked:
                raise CancelledError("stopped")


@dataclass(slots=True)
class Client:
    """Speaks to the owner of one memory; each call is a connection of its own, so threads may share it."""

    locations: Locations
    overrides: Mapping[str, Value] = field(default_factory=dict)  # settings by flag or environment
    narrate: Callable[[str], None] = _silent  # told what takes time, for the person
    owner_options: Sequence[str] = ()
    patience_s: float = 30.0  # for an owner to start, to be replaced or to stop
    _is_outdated: bool = field(default=False, init=False)  # an owner it starts is of another version than itself

    def call(
        self,
        method: str,
        params: Mapping[str, Any],
        on_event: Callable[[Event], None] = _ignore,
        cancellation: Cancellation | None = None,
    ) -> Result:
        """The result of one request. Raises OwnerError, OwnerGoneError, BusyError, CancelledError, UpgradedError."""
        request = {
            "twin": PROTOCOL,
            "version": __version__,
            "method": method,
            "params": dict(params),
            "settings": dict(self.overrides),
        }
        deadline = time.monotonic() + self.patience_s
        retried = replaced = False
        while True:
            progress = _Progress()
            with self._connect(deadline) as connection:
                if cancellation is not None:
                    cancellation.watch(connection)
                for message in _exchange(connection, request):
                    if "result" in message:
                        result: Result = message["result"]
                        return result
                    if "error" in message:
                        error = message["error"]
                        if "version" not in error:
                            raise OwnerError(str(error["message"]), int(error["exit"]))
                        if replaced or self._is_outdated:  # or two versions would replace each other's owners for ever
                            self._is_outdated = True
                            raise UpgradedError("Twin was upgraded while this was running: leave it and start it again")
                        self.narrate(f"the memory's owner runs Twin {error['version']}; starting {__version__} instead")
                        progress.replace = True
                        break
                    if message["event"] == "accepted":
                        progress.accepted = True
                    else:
                        progress.seen |= message["event"] not in UNSEEN
                        on_event(message)
                if cancellation is not None:
                    cancellation.watch(None)
            if progress.replace:
                self.stop()
                replaced, deadline = True, time.monotonic() + self.patience_s
            elif progress.accepted:
                if retried or method not in REPEATABLE or progress.seen:
                    raise OwnerGoneError(self._obituary(method))
                retried = True
                self.narrate("the memory's owner process ended unexpectedly; starting it again")
                deadline = time.monotonic() + self.patience_s  # however long the call had lasted
            elif time.monotonic() > deadline:
                raise self._unanswered()
            else:
                time.sleep(POLL_S)

    def stop(self) -> int | None:
        """End the owner and wait until it is gone; its pid, or None when there was none. Raises BusyError."""
        request = {"twin": PROTOCOL, "version": __version__, "method": "stop"}
        deadline = time.monotonic() + self.patience_s
        pid: int | None = None
        while True:
            left_s = max(POLL_S, deadline - time.monotonic())  # an owner that hangs accepts, and never answers
            connection = self._try_connect(left_s) if pid is None else None
            if connection is not None:
                with connection:
                    for message in _exchange(connection, request):
                        pid = message.get("result", {}).get("stopped", pid)
            note = read_note(self.locations.lock)
            is_another = pid is not None and note is not None and note.pid != pid
            if is_another or not is_owned(self.locations.lock):
                return pid
            if time.monotonic() > deadline:
                raise self._unended()
            time.sleep(POLL_S)

    def _connect(self, deadline: float) -> socket.socket:
        """A connection to the owner, started if need be. Raises BusyError after `deadline`."""
        connection = self._try_connect()
        if connection is not None:
            return connection
        self.locations.prepare()
        begun, told = time.monotonic(), False
        owner, next_start = self._start(), 0.0
        while True:
            connection = self._try_connect()
            if connection is not None:
                note = read_note(self.locations.lock)
                if note is not None and note.pid != owner.pid:  # another client's came first
                    owner.terminate()  # or it would take over, unasked, when that one stops
                return connection
            now = time.monotonic()
            if now > deadline:
                raise self._unanswered()
            if not told and now - begun > SILENT_S:
                self.narrate("starting the memory's owner process…")
                told = True
            code = owner.poll()
            if code not in (None, DONE, BUSY):
                raise TwinError(f"the memory's owner process could not start: {self._last_words()}")
            if code is None:
                next_start = now + RESTART_S
            elif now > next_start:  # another one holds the lock: it is about to listen, or to leave
                owner = self._start()
            time.sleep(POLL_S)

    def _try_connect(self, timeout_s: float | None = None) -> socket.socket | None:
        """A connection to whoever listens where the owner's note, or else this memory's own place, says.

        `timeout_s` is of each thing done with it.
        """
        for path in self._sockets():
            connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            connection.settimeout(timeout_s)
            try:
                connection.connect(str(path))
            except OSError:  # none there, a stale one, or one whose owner is leaving
                connection.close()
                continue
            if is_own_user(connection):
                return connection
            connection.close()
            raise TwinError(
                f"another user listens at {path}: remove it, or set XDG_RUNTIME_DIR to a folder of your own"
            )
        return None

    def _sockets(self) -> Iterator[Path]:
        """Where an owner may listen; the second place costs more to find out than the whole of a warm command."""
        note = read_note(self.locations.lock)
        if note is not None and is_owned(self.locations.lock):  # a copied home brings the note of another's owner
            yield note.socket
        if note is None or note.socket != self.locations.socket:
            yield self.locations.socket

    def _start(self) -> subprocess.Popen[bytes]:
        """Start an owner in a session of its own, so that it outlives this process and its terminal."""
        import subprocess
        import threading

        log = self.locations.owner_log
        if log.exists() and log.stat().st_size > LOG_LIMIT:
            log.replace(log.with_suffix(".log.1"))
        home = [] if self.locations.home is None else ["--home", str(self.locations.home)]
        command = [sys.executable, "-m", "twin_app.owner", *home, *self.owner_options]
        descriptor = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            owner = subprocess.Popen(
                command,
                cwd=PACKAGE_ROOT,  # so that -m finds this very package, installed or not
                stdin=subprocess.DEVNULL,
                stdout=descriptor,
                stderr=descriptor,
                start_new_session=True,
            )
        finally:
            os.close(descriptor)
        threading.Thread(target=owner.wait, daemon=True).start()  # a client that lives long leaves no zombie
        return owner

    def _unanswered(self) -> BusyError:
        note = read_note(self.locations.lock)
        who = f" (process {note.pid})" if note is not None and is_owned(self.locations.lock) else ""
        return BusyError(
            f"the memory's owner{who} does not answer: try again in a moment; its log is {self.locations.owner_log}"
        )

    def _unended(self) -> BusyError:
        note = read_note(self.locations.lock)
        by_force = "" if note is None else f", or end it with `kill -9 {note.pid}`"
        return BusyError(
            f"the memory's owner has not ended within {self.patience_s:g} s: try again in a moment{by_force} (what was "
            f"committed is kept); its log is {self.locations.owner_log}"
        )

    def _obituary(self, method: str) -> str:
        return (
            f"the memory's owner process ended during '{method}'; see {self.locations.owner_log}. What was committed "
            "before is kept: run the command again"
        )

    def _last_words(self) -> str:
        try:
            lines = self.locations.owner_log.read_text(encoding="utf-8", errors="replace").splitlines()
        except OSError:
            lines = []
        return f"{lines[-1] if lines else 'no reason given'} (see {self.locations.owner_log})"


@dataclass(slots=True)
class _Progress:
    """How far one attempt came before its connection ended."""

    accepted: bool = False
    seen: bool = False  # whether the person has seen part of the result
    replace: bool = False


def _exchange(connection: socket.socket, request: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Send the request; yield what comes back, until the end or until the owner dies."""
    try:
        connection.sendall(encode(request))
        with connection.makefile("rb") as stream:
            while (message := receive(stream)) is not None:
                yield message
    except (ConnectionError, TimeoutError):
        return
    except ProtocolError as error:
        raise TwinError(
            f"the memory's owner sent something unreadable ({error}): run `twin stop` and try again"
        ) from error
