"""The owner: the one process that holds a memory's catalog, bank and model, and serves every client.

`python -m twin_app.owner --home DIR`, started by a client in a session of its own. It opens the memory at once,
so that folders are watched whoever started it, and leaves when idle, when told (`stop`, SIGTERM), or when its
home or socket vanishes; leaving, it cancels the calls under way, lets them finish, closes the memory and removes
its socket.
"""

from __future__ import annotations

import argparse
import importlib
import logging
import os
import selectors
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from types import FrameType

from twin_app import __version__
from twin_app.connection import Connection
from twin_app.errors import BUSY, DONE, FAILED, TwinError
from twin_app.locations import Locations, locate
from twin_app.offline import forbid_network
from twin_app.ownership import Ownership, same_file, take
from twin_app.protocol import METHODS, PROTOCOL, Memory, Method, ProtocolError, is_own_user
from twin_app.settings import Settings, load

TICK_S = 1.0  # how often an owner looks whether to leave
LEAVE_S = 60.0  # how long calls under way may take to finish once cancelled
STUCK_S = 5.0  # a client that takes nothing of an answer for so long keeps no owner from leaving
BACKLOG = 64
ONE_REQUEST = ("model", "retrieval", "opener", "theme", "keys")  # flags that change nothing for anybody else

log = logging.getLogger("twin.owner")
Factory = Callable[[Path, Settings], Memory]


class Owner:
    """Serves one memory on one socket, each connection in a thread of its own."""

    def __init__(self, locations: Locations, ownership: Ownership, factory: Factory, *, stays: bool = False) -> None:
        self._stays = stays  # whether it never leaves for being idle
        self._locations = locations
        self._ownership = ownership
        self._factory = factory
        self._memory: Memory | None = None
        self._settings = Settings()
        self._settings_file: tuple[int, int, int] | None = None  # as it was when it was last read
        self._opening = threading.Lock()  # guards _memory and _settings
        self._calls: set[threading.Thread] = set()  # touched by the accepting thread only
        self._connections: set[Connection] = set()
        self._last_call = time.monotonic()
        self._stopping = threading.Event()
        self._woken, self._waker = socket.socketpair()
        self._listener = _listen(locations.socket)
        self._bound = locations.socket.stat()

    def stop(self) -> None:
        """Make `serve` return soon; safe in a signal handler and in any thread."""
        if not self._stopping.is_set():
            self._stopping.set()
            self._waker.send(b"\0")

    def serve(self) -> None:
        """Answer clients until it is time to leave, then leave in good order."""
        self._settings_file = self._file_now()
        self._begin(self._open_early)
        with selectors.DefaultSelector() as selector:
            selector.register(self._listener, selectors.EVENT_READ)
            selector.register(self._woken, selectors.EVENT_READ)
            while not self._stopping.is_set():
                ready = {key.fileobj for key, _ in selector.select(TICK_S)}
                if self._listener in ready and not self._stopping.is_set():
                    self._accept()
                self._calls = {thread for thread in self._calls if thread.is_alive()}
                if (now := self._file_now()) != self._settings_file:
                    self._settings_file = now
                    self._begin(self._follow_file)
                if reason := self._reason_to_leave():
                    log.info("leaving: %s", reason)
                    self.stop()
        self._leave()

    def _accept(self) -> None:
        try:
            connection, _ = self._listener.accept()
        except ConnectionError:  # gone again before it was taken
            return
        if not is_own_user(connection):
            log.warning("refused a connection of another user")
            connection.close()
            return
        self._begin(self._serve_one, connection)

    def _begin(self, work: Callable[..., None], *arguments: object) -> None:
        thread = threading.Thread(target=work, args=arguments, daemon=True)
        self._calls.add(thread)
        thread.start()

    def _reason_to_leave(self) -> str:
        if not self._is_in_place():
            return "the memory's home or the socket is gone"
        if self._stays or self._calls or (self._memory is not None and self._memory.busy()):
            self._last_call = time.monotonic()
        elif time.monotonic() - self._last_call > self._settings.idle_minutes * 60:
            return f"idle for {self._settings.idle_minutes:g} minutes"
        return ""

    def _is_in_place(self) -> bool:
        return self._ownership.is_in_place() and same_file(self._locations.socket, self._bound)

    def _leave(self) -> None:
        """The socket goes first, the lock last: nobody finds an owner that will not answer."""
        self._listener.close()
        if same_file(self._locations.socket, self._bound):  # not that of a later owner of a new home
            self._locations.socket.unlink(missing_ok=True)
        deadline = time.monotonic() + LEAVE_S
        while any(thread.is_alive() for thread in self._calls) and time.monotonic() < deadline:
            for connection in list(self._connections):
                connection.cut(STUCK_S)
            for thread in self._calls:
                thread.join(0.1)
        if any(thread.is_alive() for thread in self._calls):
            log.error("a call did not end within %g s; leaving all the same", LEAVE_S)
        with self._opening:
            if self._memory is not None:
                self._memory.close()
        self._woken.close()
        self._waker.close()
        self._ownership.release()
        log.info("left")

    def _serve_one(self, stream: socket.socket) -> None:
        """One connection: one request, its events, its result or error."""
        with Connection(stream, self._stopping.is_set) as connection:
            self._connections.add(connection)
            try:
                self._request(connection)
            finally:
                self._connections.discard(connection)

    def _request(self, connection: Connection) -> None:
        try:
            request = connection.request()
        except (ProtocolError, OSError) as error:
            log.warning("a request could not be read: %s", error)
            return
        if request is None or self._stopping.is_set() or not self._is_in_place():
            return  # nothing was accepted: the client asks again, and finds or starts the next owner
        if request.get("method") == "stop":  # of any version, or an upgrade could not replace its predecessor
            connection.accept()
            connection.finish({"stopped": os.getpid()})
            self.stop()
            return
        if (request.get("twin"), request.get("version")) != (PROTOCOL, __version__):
            connection.refuse("this owner is of another version", BUSY, version=__version__)
            return
        connection.accept()
        self._answer(connection, request)

    def _answer(self, connection: Connection, request: dict[str, object]) -> None:
        name, params = request.get("method"), request.get("params", {})
        try:
            if name not in METHODS or not isinstance(params, dict):
                raise TwinError(f"no such method: {name}")
            memory = self._open(connection, request)
            method: Method = getattr(memory, str(name))
            connection.finish(method(params, connection))
        except TwinError as error:
            connection.refuse(str(error), error.exit_code)
        except Exception as error:  # the outermost edge of a request: the owner itself goes on
            log.exception("%s failed", name)
            why = self._memory.in_words(error) if self._memory is not None else None
            connection.refuse(why or f"internal error, see {self._locations.owner_log}", FAILED)

    def _open_early(self) -> None:
        """With nobody waiting for it; what stands in the way is for the first request to tell."""
        try:
            if self._memory is not None:  # a request came first
                return
            self._opened(load(self._locations.config_file, environment={}).settings)
        except TwinError as error:
            log.error("the memory cannot be opened yet: %s", error)
        except Exception:  # the outermost edge of a thread
            log.exception("the memory cannot be opened yet")

    def _file_now(self) -> tuple[int, int, int] | None:
        """What tells one state of the settings' file from another; None while there is none."""
        try:
            found = self._locations.config_file.stat()
        except OSError:
            return None
        return found.st_mtime_ns, found.st_size, found.st_ino

    def _follow_file(self) -> None:
        """The settings' file has changed: whoever watches folders for weeks goes by it from now on."""
        try:
            settings = load(self._locations.config_file, environment={}).settings
            if self._memory is not None:
                self._opened(settings)
        except TwinError as error:
            log.error("the settings' file is not followed: %s", error)
        except Exception:  # the outermost edge of a thread
            log.exception("the settings' file is not followed")

    def _open(self, connection: Connection, request: dict[str, object]) -> Memory:
        """The memory, under the settings of this request, but for those that are its own alone."""
        overrides = request.get("settings", {})
        flags = overrides if isinstance(overrides, dict) else {}
        connection.settings = load(self._locations.config_file, environment={}, flags=flags).settings
        standing = {key: value for key, value in flags.items() if key not in ONE_REQUEST}
        return self._opened(load(self._locations.config_file, environment={}, flags=standing).settings)

    def _opened(self, settings: Settings) -> Memory:
        with self._opening:
            if self._memory is None:
                if self._stopping.is_set():
                    raise TwinError("the memory's owner is stopping: try again")
                self._memory = self._factory(self._locations.data, settings)
            elif settings != self._settings:
                self._memory.configure(settings)
            self._settings = settings
            return self._memory


def _listen(path: Path) -> socket.socket:
    """A socket at `path` (0600). What lies there is stale: whoever calls holds the lock."""
    path.unlink(missing_ok=True)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listener.bind(str(path))
    path.chmod(0o600)
    listener.listen(BACKLOG)
    listener.setblocking(False)
    return listener


def resolve(name: str) -> Factory:
    """The factory that "module:attribute" names, imported when the memory is first opened."""
    module, _, attribute = name.partition(":")

    def factory(home: Path, settings: Settings) -> Memory:
        memory: Memory = getattr(importlib.import_module(module), attribute)(home, settings)
        return memory

    return factory


def main(arguments: Sequence[str] | None = None) -> int:
    """Own the memory of the given home until it is time to leave; BUSY when it has an owner already."""
    parser = argparse.ArgumentParser(prog="python -m twin_app.owner", description="The owner process of a memory.")
    parser.add_argument("--home", type=Path, help="the memory's folder (default: the platform's)")
    parser.add_argument("--stay", action="store_true", help="do not leave when idle")
    parser.add_argument("--factory", default="twin_app.twin:Twin", help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    # Before torch is imported: threads that spin while they wait make encoding six times slower beside a busy process.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    os.umask(0o077)
    forbid_network()
    logging.basicConfig(stream=sys.stderr, level=logging.INFO, format="%(asctime)s %(name)s %(levelname)s %(message)s")
    try:
        locations = locate(options.home)
        locations.prepare()
        os.chdir("/")  # hold no folder that the person may want to unmount
        ownership = take(locations.lock, locations.socket)
        if ownership is None:
            return BUSY
        owner = Owner(locations, ownership, resolve(options.factory), stays=options.stay)
    except (TwinError, OSError) as error:
        log.error("cannot own this memory: %s", error)
        return FAILED

    def leave(number: int, frame: FrameType | None) -> None:
        owner.stop()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, leave)
    log.info("owner of %s, pid %d, version %s", locations.data, os.getpid(), __version__)
    owner.serve()
    return DONE


if __name__ == "__main__":
    sys.exit(main())
