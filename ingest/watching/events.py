"""Events of the file system by watchdog, as hints: which paths something happened to, and whether events were lost.

watchdog rebuilds its watches when the kernel's queue overflows, but tells nobody; and it passes over folders it
cannot watch. Both are told here, so that a scan or polling makes up for them.
"""

from __future__ import annotations

import errno
import os
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from watchdog.events import (
    DirAttribEvent,
    DirCreatedEvent,
    DirDeletedEvent,
    DirMovedEvent,
    FileAttribEvent,
    FileClosedEvent,
    FileCreatedEvent,
    FileDeletedEvent,
    FileModifiedEvent,
    FileMovedEvent,
    FileSystemEvent,
    FileSystemEventHandler,
)
from watchdog.observers.api import BaseObserver, ObservedWatch

# Not opened and closed unwritten: reading a file would tell that something happened to it. Not "folder modified":
# it follows every event of a file in it.
_KINDS: list[type[FileSystemEvent]] = [
    DirAttribEvent, DirCreatedEvent, DirDeletedEvent, DirMovedEvent, FileAttribEvent, FileClosedEvent,
    FileCreatedEvent, FileDeletedEvent, FileModifiedEvent, FileMovedEvent,
]  # fmt: skip
_LIMITS = (errno.ENOSPC, errno.EMFILE, errno.ENFILE, errno.ENOMEM)


@dataclass(slots=True)
class Hints:
    """What happened since the last time."""

    files: set[Path] = field(default_factory=set)
    folders: set[Path] = field(default_factory=set)
    lost: bool = False  # events were: everything is to be scanned
    full: bool = False  # the limit of watches is reached: parts of the folders are not watched


class Events:
    """Watches folders until closed; `wake` is called from other threads whenever there are new hints."""

    def __init__(self, wake: Callable[[], None]) -> None:
        self._wake = wake
        self._lock = threading.Lock()
        self._hints = Hints()
        self._watches: dict[Path, ObservedWatch] = {}
        self._observer: BaseObserver | None = None

    def watch(self, folder: Path, *, recursive: bool) -> None:
        """Raises OSError when the folder cannot be watched (`is_limit`: because the system has no watch left)."""
        if self._observer is None:
            observer = self._make_observer()
            observer.start()
            self._observer = observer
        self.unwatch(folder)
        real = os.path.realpath(folder)  # a link would be watched itself, not where it leads
        self._watches[folder] = self._observer.schedule(
            _Handler(self, folder, real), real, recursive=recursive, event_filter=_KINDS
        )

    def unwatch(self, folder: Path) -> None:
        watch = self._watches.pop(folder, None)
        if watch is not None and self._observer is not None:
            try:
                self._observer.unschedule(watch)
            except KeyError:  # its thread ended with the folder
                return

    def take(self) -> Hints:
        """The hints so far; the next call gives later ones."""
        with self._lock:
            hints, self._hints = self._hints, Hints()
        return hints

    def hint(self, paths: set[Path], *, is_folder: bool) -> None:
        with self._lock:
            (self._hints.folders if is_folder else self._hints.files).update(paths)
        self._wake()

    def close(self) -> None:
        if self._observer is not None:
            self._observer.stop()
            self._observer.join()
            self._observer = None
            self._watches.clear()

    def _make_observer(self) -> BaseObserver:
        if sys.platform == "linux":
            from ingest.watching.inotify import InotifyObserver

            return InotifyObserver(self._lost, self._refused)
        from watchdog.observers import Observer

        return Observer()

    def _lost(self) -> None:
        with self._lock:
            self._hints.lost = True
        self._wake()

    def _refused(self, error: OSError) -> None:
        if is_limit(error):
            with self._lock:
                self._hints.full = True
            self._wake()


class _Handler(FileSystemEventHandler):
    """One watch; tells of paths under the name the folder was watched by, whatever links lead to it."""

    def __init__(self, events: Events, folder: Path, real: str) -> None:
        self._events, self._folder, self._real = events, folder, real

    def on_any_event(self, event: FileSystemEvent) -> None:
        told = [os.fsdecode(path) for path in (event.src_path, event.dest_path) if path]
        paths = {Path(os.path.normpath(self._folder / os.path.relpath(path, self._real))) for path in told}
        self._events.hint(paths, is_folder=event.is_directory)


def is_limit(error: OSError) -> bool:
    """Whether a limit of the system, and not the folder, is what stands in the way of watching."""
    return error.errno in _LIMITS
