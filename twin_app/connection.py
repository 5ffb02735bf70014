"""The owner's end of one connection: a request in, events out, a result or an error last.

A client that goes away never disturbs the work: sending becomes silent and `cancelled` turns true.
"""

from __future__ import annotations

import os
import socket
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from types import TracebackType
from typing import Any

from twin_app.protocol import Event, Result, encode, receive
from twin_app.settings import Settings

REQUEST_S = 30.0  # a client sends its request at once; this bounds one that never does


class Connection:
    """A `protocol.Call` over a socket."""

    def __init__(self, stream: socket.socket, stopping: Callable[[], bool]) -> None:
        self.settings = Settings()
        self._socket = stream
        self._stopping = stopping
        self._sending = threading.Lock()
        self._gone = False
        self._stuck_since: float | None = None  # when the send under way began

    def __enter__(self) -> Connection:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._socket.close()

    def request(self) -> dict[str, Any] | None:
        """The client's request; None when it left without one. Raises ProtocolError, OSError."""
        self._socket.settimeout(REQUEST_S)
        with self._socket.makefile("rb") as stream:
            message = receive(stream)
        self._socket.settimeout(None)
        return message

    def cancelled(self) -> bool:
        if self._gone or self._stopping():
            return True
        try:
            self._gone = self._socket.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT) == b""
        except BlockingIOError:  # the client waits, as it should
            return False
        except OSError:
            self._gone = True
        return self._gone

    def accept(self) -> None:
        """From here on the request counts as begun."""
        self.emit({"event": "accepted", "pid": os.getpid()})

    def emit(self, event: Event) -> None:
        self._send(event)

    def finish(self, result: Result) -> None:
        self._send({"result": result})

    def refuse(self, message: str, exit_code: int, **more: str) -> None:
        self._send({"error": {"message": message, "exit": exit_code, **more}})

    def _send(self, message: Mapping[str, Any]) -> None:
        line = encode(message)
        with self._sending:
            if self._gone:
                return
            self._stuck_since = time.monotonic()
            try:
                self._socket.sendall(line)
            except OSError:
                self._gone = True
            finally:
                self._stuck_since = None

    def cut(self, patience_s: float) -> None:
        """Ends the connection of a client that has taken nothing for so long, so that whoever sends to it goes on."""
        since = self._stuck_since
        if since is not None and time.monotonic() - since > patience_s:
            self._gone = True
            with suppress(OSError):  # closed meanwhile
                self._socket.shutdown(socket.SHUT_RDWR)
