"""Files that are wholly there or not there at all, whatever kills the process or the machine.

A file is written under a temporary name, flushed, renamed, and its directory flushed. Each step is announced
to a FaultPoint, with which the tests stop the process between any two. Files are 0600, directories 0700.
"""

import contextlib
import fcntl
import os
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

FaultPoint = Callable[[str], None]
Part = bytes | NDArray[Any]  # arrays are written in C order and must be contiguous

TEMPORARY_SUFFIX = ".tmp"
WRITE_BUFFER_BYTES = 1 << 20  # packs consist of many small parts


def no_fault(step: str) -> None:
    """The FaultPoint of ordinary use: nothing happens."""


def write_durably(path: Path, parts: Iterable[Part], fault_point: FaultPoint = no_fault) -> None:
    """Write `parts` to `path`, replacing what was there; if it fails before the rename, nothing changed."""
    kind = path.suffix.lstrip(".")
    temporary = path.with_name(path.name + TEMPORARY_SUFFIX)
    try:
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb", buffering=WRITE_BUFFER_BYTES) as file:
            fault_point(f"{kind} created")
            for part in parts:
                file.write(part.data if isinstance(part, np.ndarray) else part)
            file.flush()
            fault_point(f"{kind} written")
            _flush(file.fileno())
        fault_point(f"{kind} flushed")
        temporary.replace(path)
    except OSError:
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise
    fault_point(f"{kind} renamed")
    flush_directory(path.parent)
    fault_point(f"{kind} durable")


def make_directory(directory: Path) -> None:
    """Create `directory` and its missing parents, readable by their owner only, and make them durable."""
    missing = [path for path in (directory, *directory.parents) if not path.exists()]
    for path in reversed(missing):
        path.mkdir(mode=0o700, exist_ok=True)
        flush_directory(path.parent)


def flush_directory(directory: Path) -> None:
    """Make the names in `directory` durable: files created, renamed or unlinked in it."""
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        _flush(descriptor)
    finally:
        os.close(descriptor)


def _flush(descriptor: int) -> None:
    if sys.platform == "darwin":  # fsync there leaves the data in the drive's own cache
        with contextlib.suppress(OSError):  # not every file system has it
            fcntl.fcntl(descriptor, fcntl.F_FULLFSYNC)
            return
    os.fsync(descriptor)
