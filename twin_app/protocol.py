"""What client and owner say: one JSON object a line over a Unix socket, one request a connection.

Client: `{"twin": 1, "version", "method", "params", "settings"}`. Owner: `{"event": "accepted", "pid"}`,
any number of other events, then exactly one `{"result"}` or `{"error": {"message", "exit"}}`. Before
"accepted" nothing was done, so a request may be sent again. Closing the connection cancels the request.
"""

from __future__ import annotations

import json
import os
import socket
import struct
from collections.abc import Callable, Mapping
from typing import Any, BinaryIO, Protocol

from twin_app.settings import Settings

PROTOCOL = 1
LINE_LIMIT = 256_000_000  # bytes; a line longer than any honest one, so that memory stays bounded

Params = Mapping[str, Any]
Event = dict[str, Any]
Result = dict[str, Any]

# Methods that change nothing.
READS = frozenset(
    {
        *("search", "documents", "sources", "show", "verify", "status", "model_list", "model_info"),
        *("conversations", "conversation", "export_conversation", "inspect", "watched", "explain", "activity"),
        *("source", "places"),
    }
)
WRITES = frozenset(
    {
        *("add", "ask", "ask_many", "forget", "model_use", "model_drop", "model_pull", "export"),
        *("rename_conversation", "delete_conversation", "watch", "unwatch"),
    }
)
METHODS = READS | WRITES
# Sent again once by the client when the owner died under them and the person had seen nothing yet: doing them twice
# comes to the same (of a question asked twice, one answer more is saved at most).
REPEATABLE = READS | {"add", "ask", "ask_many", "model_use"}
UNSEEN = frozenset({"progress", "hop"})  # events that may come twice


class Call(Protocol):
    """One request, as the method that serves it sees it; usable from any thread."""

    @property
    def settings(self) -> Settings: ...

    def emit(self, event: Event) -> None:
        """Send an event; does nothing once the client is gone."""

    def cancelled(self) -> bool:
        """Whether the client is gone or the owner is about to stop."""


class Memory(Protocol):
    """What the owner needs of the object it serves, besides one method per name in METHODS."""

    def configure(self, settings: Settings) -> None: ...

    def busy(self) -> bool:
        """Whether work goes on that no client waits for: an owner does not leave over it."""

    def in_words(self, error: Exception) -> str | None:
        """What to tell the person of an error that is no bug but the machine's (a full disk), None of any other."""

    def close(self) -> None: ...


Method = Callable[[Params, Call], Result]


class ProtocolError(Exception):
    """The other side sent something that is no message."""


def encode(message: Mapping[str, Any]) -> bytes:
    """One line; ASCII, so that undecodable bytes of file names (as surrogates) pass unharmed."""
    return json.dumps(message, separators=(",", ":"), allow_nan=False).encode("ascii") + b"\n"


def receive(stream: BinaryIO) -> dict[str, Any] | None:
    """The next message, None at the end of the stream. Raises ProtocolError for anything else."""
    line = stream.readline(LINE_LIMIT)
    if not line.endswith(b"\n"):  # nothing, or a message cut off by the other side's death
        if len(line) >= LINE_LIMIT:
            raise ProtocolError("a message is too long")
        return None
    try:
        message = json.loads(line)
    except ValueError as error:
        raise ProtocolError("a message is no JSON") from error
    if not isinstance(message, dict):
        raise ProtocolError("a message is no JSON object")
    return message


def is_own_user(connection: socket.socket) -> bool:
    """Whether the process at the other end belongs to this user."""
    if not hasattr(socket, "SO_PEERCRED"):  # elsewhere the socket's folder (0700, checked) is the guard
        return True
    size = struct.calcsize("3i")
    _, user, _ = struct.unpack("3i", connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, size))
    return bool(user == os.getuid())
