"""Nothing leaves the machine: the owner refuses every socket that is not a Unix socket, and can show that it does.

An audit hook sees each connection, name lookup, bound port and datagram before it happens, whichever Python module
asks for it; it cannot be taken off. DuckDB's own downloads are off (`ingest.catalog`). `twin model pull` alone opens
the way, for as long as it runs.
"""

from __future__ import annotations

import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

EVENTS = frozenset(
    {
        *("socket.connect", "socket.bind", "socket.sendto", "socket.sendmsg"),
        *("socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr", "socket.getnameinfo"),
    }
)
TABLES = ("tcp", "tcp6", "udp", "udp6", "raw", "raw6")  # of /proc/self/net

_installed = False
_open = 0  # downloads under way


class NetworkForbidden(PermissionError):
    """Something in this process tried to use the network."""


def forbid_network() -> None:
    """From here on, and for the life of the process."""
    global _installed
    if not _installed:
        sys.addaudithook(_refuse)
        _installed = True


@contextmanager
def network_allowed() -> Iterator[None]:
    """For a download that the person asked for."""
    global _open
    _open += 1
    try:
        yield
    finally:
        _open -= 1


def _refuse(event: str, arguments: tuple[Any, ...]) -> None:
    if event not in EVENTS or _open:
        return
    first = arguments[0] if arguments else None
    if isinstance(first, socket.socket) and first.family == socket.AF_UNIX:
        return
    raise NetworkForbidden("the network is off in Twin: only `twin model pull` may use it")


def evidence() -> dict[str, Any]:
    """What shows that this process cannot reach out: an attempt that must fail, and its sockets as the kernel lists
    them ({"refused", "open", "listed"}; `listed` is False where the kernel does not say)."""
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
            probe.settimeout(0.1)
            probe.connect(("127.0.0.1", 9))
        refused = False
    except NetworkForbidden:
        refused = True
    except OSError:  # it was let through, and nobody answered
        refused = False
    own, network = _own_sockets(), _network_sockets()
    return {"refused": refused, "open": len(own & network), "listed": bool(own)}


def _own_sockets() -> set[str]:
    found: set[str] = set()
    with suppress(OSError):
        for link in Path("/proc/self/fd").iterdir():
            with suppress(OSError):
                target = str(link.readlink())
                if target.startswith("socket:["):
                    found.add(target[8:-1])
    return found


def _network_sockets() -> set[str]:
    found: set[str] = set()
    for table in TABLES:
        with suppress(OSError):
            lines = (Path("/proc/self/net") / table).read_text(encoding="ascii").splitlines()[1:]
            found.update(fields[9] for line in lines if len(fields := line.split()) > 9)
    return found
