"""Who owns a memory: a lock on `owner.lock`, held for the owner's life, whose content names pid and socket.

The kernel drops the lock when its holder dies, so neither a crash, nor a stale socket, nor a recycled
pid can pass for an owner. The file itself is never removed, or two processes could lock two files.
"""

from __future__ import annotations

import fcntl
import json
import os
import time
from dataclasses import dataclass
from pathlib import Path

from twin_app.errors import TwinError

POLL_S = 0.005


@dataclass(frozen=True, slots=True)
class Ownership:
    """The lock, held by this process until `release`."""

    path: Path
    descriptor: int

    def is_in_place(self) -> bool:
        """Whether the memory is still where it was: not removed, moved away or made anew."""
        return same_file(self.path, os.fstat(self.descriptor))

    def release(self) -> None:
        os.close(self.descriptor)


@dataclass(frozen=True, slots=True)
class OwnerNote:
    """What the owner wrote into the lock; true only while the lock is held."""

    pid: int
    socket: Path


def take(path: Path, socket: Path) -> Ownership | None:
    """Become the owner; None when another process is. Raises TwinError where locks do not work."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    while not _lock(descriptor, fcntl.LOCK_EX, path):
        if not _lock(descriptor, fcntl.LOCK_SH, path):  # held by an owner, not just looked at by `is_owned`
            os.close(descriptor)
            return None
        _lock(descriptor, fcntl.LOCK_UN, path)  # kept, it would stand in the way of another that tries: both for ever
        time.sleep(POLL_S)
    note = json.dumps({"pid": os.getpid(), "socket": str(socket)}).encode("ascii")
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, note, 0)
    return Ownership(path, descriptor)


def is_owned(path: Path) -> bool:
    """Whether a living process owns the memory whose lock this is."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        return not _lock(descriptor, fcntl.LOCK_SH, path)
    finally:
        os.close(descriptor)


def read_note(path: Path) -> OwnerNote | None:
    """The note of the present or last owner; None when there is none yet."""
    try:
        note = json.loads(path.read_bytes())
        return OwnerNote(int(note["pid"]), Path(note["socket"]))
    except (FileNotFoundError, ValueError, KeyError, TypeError):  # absent, or being written
        return None


def same_file(path: Path, found: os.stat_result) -> bool:
    """Whether `path` leads to the very file that `found` describes."""
    try:
        there = path.stat()
    except OSError:
        return False
    return (there.st_dev, there.st_ino) == (found.st_dev, found.st_ino)


def _lock(descriptor: int, kind: int, path: Path) -> bool:
    try:
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError as error:
        raise TwinError(
            f"cannot lock {path}: {error.strerror}; keep the memory on a local disk (--home DIR)"
        ) from error
    return True
