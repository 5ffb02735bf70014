"""When to look at what: roots with their events or polling, scans when they are due, paths that have come to rest.

A root that is not there is offline. One that is there again, or is another folder than before (a disk was plugged
in or out at its place), is watched anew and scanned. The clock is injected.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ingest.ignore import IGNORE_FILE, junk
from ingest.watching.events import Events, is_limit
from ingest.watching.mounts import silent_type
from ingest.watching.stability import Stability

LOOK_S = 1.0  # how often the roots themselves are looked at
GATHER_S = 0.1  # events come in swarms: what follows the first one this closely is taken together
OFFLINE = "not there: is its disk plugged in?"
FULL = (
    "polled every {poll:g} s: the system's limit of watched folders is reached "
    "(raise fs.inotify.max_user_watches and max_user_instances)"
)
SILENT = "polled every {poll:g} s: {kind} tells of no changes"

Identity = tuple[int, int] | None


@dataclass(frozen=True, slots=True)
class Times:
    """In seconds; settable."""

    stable: float = 2.0
    rescan: float = 1800.0  # where events come
    poll: float = 30.0  # where none come


@dataclass(slots=True, eq=False)
class Root:
    """A watched folder or file, and how it is doing."""

    path: Path
    is_file: bool
    identity: Identity = None  # (device, inode) of the folder that is watched; None while there is none
    is_online: bool = False
    is_polled: bool = False
    reason: str = ""  # why it is polled or offline
    is_steady: bool = False  # since a scan found in it what memory holds of it, it has been the very same folder
    due: float = 0.0  # when the next scan is
    scanned_at: float | None = None  # wall clock

    @property
    def folder(self) -> Path:
        """What must be there: the folder itself, or the one that holds the file."""
        return self.path.parent if self.is_file else self.path

    def covers(self, path: Path) -> bool:
        return path == self.path if self.is_file else path.is_relative_to(self.path)


@dataclass(slots=True)
class Step:
    """What is to be done now."""

    scans: list[tuple[Root, Path]] = field(default_factory=list)  # a root, and it or a folder in it
    rested: list[Path] = field(default_factory=list)


class Watcher:
    """`step` is for one thread; the others may follow, ask for scans, and wake it. `silent` as `mounts.silent_type`."""

    def __init__(
        self,
        times: Times,
        *,
        clock: Callable[[], float] = time.monotonic,
        silent: Callable[[Path], str | None] = silent_type,
    ) -> None:
        self.times = times
        self._clock, self._silent = clock, silent
        self._woken = threading.Event()
        self._events = Events(self._woken.set)
        self._lock = threading.Lock()  # guards _roots
        self._roots: dict[Path, Root] = {}
        self._left: list[Root] = []  # to be unwatched by the thread that steps
        self._next_look = 0.0
        self.stability = Stability(times.stable, clock)

    def follow(self, roots: Mapping[Path, bool]) -> None:
        """Watch these from now on: path -> whether it is a file. Those that are new are scanned at once."""
        with self._lock:
            self._left += [root for path, root in self._roots.items() if path not in roots]
            self._roots = {path: self._roots.get(path) or Root(path, is_file) for path, is_file in roots.items()}
        self._next_look = 0.0
        self._woken.set()

    def change(self, times: Times) -> None:
        self.times, self.stability.delay_s = times, times.stable
        self.rescan()

    def rescan(self) -> None:
        """Everything is scanned as soon as possible."""
        for root in self.roots():
            root.due = 0.0
        self._woken.set()

    def wake(self) -> None:
        self._woken.set()

    def roots(self) -> list[Root]:
        with self._lock:
            return list(self._roots.values())

    def root_of(self, path: Path) -> Root | None:
        """The innermost root that holds the path."""
        holding = [root for root in self.roots() if root.covers(path)]
        return max(holding, key=lambda root: len(root.path.parts), default=None)

    def step(self, timeout: float) -> Step:
        """Waits until there is something to do, `timeout` seconds at most."""
        if self._woken.wait(min(timeout, self._until_next())):
            time.sleep(GATHER_S)
        self._woken.clear()
        step = Step()
        if self._clock() >= self._next_look:
            self._look_at_roots()
            self._next_look = self._clock() + LOOK_S
        self._take_hints(step)
        for path in self.stability.rested():
            if path.name == IGNORE_FILE and (holder := self.root_of(path.parent)):
                step.scans.append((holder, path.parent))
            step.rested.append(path)
        step.scans += [(root, root.path) for root in self.roots() if root.due <= self._clock()]
        step.scans = _outermost(step.scans)
        return step

    def scanned(self, root: Root, *, is_believed: bool) -> None:
        """The caller has scanned the whole root, and believes that what is missing from it is gone."""
        wait_s = self.times.poll if root.is_polled else self.times.rescan
        root.due = self._clock() + wait_s if root.is_online else math.inf
        root.scanned_at = time.time()
        root.is_steady = root.is_online and is_believed

    def is_there(self, root: Root) -> bool:
        """Whether the root is the folder that is watched, at this very moment."""
        return root.identity is not None and identity(root.folder) == root.identity

    def close(self) -> None:
        self._events.close()

    def _until_next(self) -> float:
        times = [self._next_look - self._clock(), *(root.due - self._clock() for root in self.roots())]
        if (wait_s := self.stability.wait_s()) is not None:
            times.append(wait_s + 0.01)
        return max(0.0, min(times))

    def _take_hints(self, step: Step) -> None:
        hints = self._events.take()
        if hints.lost:
            self.rescan()
        if hints.full:
            for root in self.roots():
                self._poll(root, FULL)
        self.stability.touch(path for path in hints.files if self._is_wanted(path))
        for folder in hints.folders:
            if holder := self.root_of(folder):
                step.scans.append((holder, folder))

    def _is_wanted(self, path: Path) -> bool:
        """Not what a scan would pass over by name alone: browsers and builds write much of it."""
        root = self.root_of(path)
        if root is None or root.is_file:
            return root is not None
        *folders, name = path.relative_to(root.path).parts or ("",)
        if any(junk(folder, True) for folder in folders):
            return False
        return name == IGNORE_FILE or junk(name, False) is None

    def _look_at_roots(self) -> None:
        with self._lock:
            left, self._left = self._left, []
        for root in left:
            if not any(root.folder == other.folder for other in self.roots()):
                self._events.unwatch(root.folder)
        if left:
            self.stability.keep(lambda path: self.root_of(path) is not None)
        for root in self.roots():
            found = identity(root.folder)
            if found == root.identity and (found is not None) == root.is_online:
                continue
            root.identity, root.is_online, root.is_steady, root.due = found, found is not None, False, 0.0
            if found is None:
                root.reason = OFFLINE
                self._events.unwatch(root.folder)
            else:
                self._attach(root)

    def _attach(self, root: Root) -> None:
        root.is_polled, root.reason = False, ""
        if kind := self._silent(root.folder):
            self._poll(root, SILENT, kind)
            return
        try:
            recursive = not root.is_file or any(other.path == root.folder for other in self.roots())
            self._events.watch(root.folder, recursive=recursive)
        except OSError as error:
            self._poll(root, FULL if is_limit(error) else SILENT, error.strerror or str(error))

    def _poll(self, root: Root, why: str, kind: str = "") -> None:
        root.is_polled, root.reason = True, why.format(poll=self.times.poll, kind=kind)
        root.due = min(root.due, self._clock() + self.times.poll)


def identity(folder: Path) -> Identity:
    """Which folder this is; None when there is none."""
    try:
        status = folder.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino


def _outermost(scans: Iterable[tuple[Root, Path]]) -> list[tuple[Root, Path]]:
    """Without those that lie in another one of the same root."""
    kept: dict[tuple[Root, Path], None] = {}
    for root, path in sorted(set(scans), key=lambda scan: len(scan[1].parts)):
        if not any((root, folder) in kept for folder in (path, *path.parents)):
            kept[root, path] = None
    return list(kept)
