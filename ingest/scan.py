"""Walking what the person named: every file with what is to become of it, in sorted order.

Only regular files are ever opened. Symbolic links inside a folder are not followed, so a walk ends and stays
inside; what the person names directly is read even if it is a link or hidden.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from ingest.ignore import IgnoreRules, junk
from ingest.limits import Limits
from ingest.readers import recognise
from ingest.readers.source import too_large

_KINDS = (
    (stat.S_ISFIFO, "a pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
)


@dataclass(frozen=True, slots=True)
class Found:
    """A file, or a folder left alone as a whole. `ignored` is the rule, `failed` the reason; never both."""

    path: Path
    size: int
    mtime_ns: int
    ignored: str | None = None
    failed: str | None = None


def scan(paths: Sequence[Path], limits: Limits) -> Iterator[Found]:
    """Everything under the paths, once each. Never raises for what is on the disk."""
    seen: set[Path] = set()
    folders: set[tuple[int, int]] = set()
    for path in paths:
        for found in _named(path.absolute(), limits, folders):
            if found.path not in seen:
                seen.add(found.path)
                yield found


def _named(path: Path, limits: Limits, folders: set[tuple[int, int]]) -> Iterator[Found]:
    try:
        status = path.stat()
    except OSError as error:
        yield _failed(path, error)
        return
    if stat.S_ISDIR(status.st_mode):
        yield from _walk(path, status, limits, folders)
    else:
        yield _file(path, status, limits)


def _walk(root: Path, root_status: os.stat_result, limits: Limits, folders: set[tuple[int, int]]) -> Iterator[Found]:
    waiting: list[tuple[Path, os.stat_result, IgnoreRules]] = [(root, root_status, IgnoreRules())]
    while waiting:
        folder, status, rules = waiting.pop()
        # A folder mounted inside itself has the same identity again.
        identity = (status.st_dev, status.st_ino)
        if identity in folders:
            continue
        folders.add(identity)
        try:
            rules = rules.within(folder)
            names = sorted(os.listdir(folder))  # noqa: PTH208 - names, not paths, are what rules look at
        except OSError as error:
            yield _failed(folder, error)
            continue
        below: list[tuple[Path, os.stat_result, IgnoreRules]] = []
        for name in names:
            path = folder / name
            try:
                status = path.lstat()
            except OSError as error:
                yield _failed(path, error)
                continue
            is_folder = stat.S_ISDIR(status.st_mode)
            rule = junk(name, is_folder) or rules.rule(path, is_folder) or _link(status)
            if rule:
                yield Found(path, 0 if is_folder else status.st_size, status.st_mtime_ns, ignored=rule)
            elif is_folder:
                below.append((path, status, rules))
            else:
                yield _file(path, status, limits)
        waiting.extend(reversed(below))


def _link(status: os.stat_result) -> str | None:
    return "symbolic link (not followed)" if stat.S_ISLNK(status.st_mode) else None


def _file(path: Path, status: os.stat_result, limits: Limits) -> Found:
    ignored: str | None = None
    try:
        ignored = _ignored(path, status, limits)
    except OSError as error:
        return _failed(path, error, status)
    return Found(path, status.st_size, status.st_mtime_ns, ignored=ignored)


def _ignored(path: Path, status: os.stat_result, limits: Limits) -> str | None:
    if not stat.S_ISREG(status.st_mode):
        kind = next((name for test, name in _KINDS if test(status.st_mode)), "special")
        return f"not a regular file ({kind})"
    if status.st_size == 0:
        return "empty file"
    reader = recognise(path, limits)
    if reader is None:
        return f"unsupported kind {path.suffix.lower() or '(no suffix, not text)'}"
    return too_large(status.st_size, reader.limit, limits)


def _failed(path: Path, error: OSError, status: os.stat_result | None = None) -> Found:
    if isinstance(error, PermissionError):
        reason = "permission denied: give yourself the right to read it (chmod u+r)"
    elif isinstance(error, FileNotFoundError):
        reason = "not found: there is no such file or folder"
    else:
        reason = f"cannot be read: {error.strerror or error}"
    return Found(path, status.st_size if status else 0, status.st_mtime_ns if status else 0, failed=reason)
