"""Keeping watched folders in memory: what the watcher notices is compared, queued, read in the background.

A file that is gone leaves memory once nothing that moves or waits could be its new name; a folder that is gone
is offline, and nothing of it leaves.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence, Set
from pathlib import Path

from ingest.catalog import Catalog, CatalogError, SourceRow
from ingest.scan import Scanner, is_absent
from ingest.watching.watcher import Root, Times, Watcher
from twin_app.intake import READ
from twin_app.pipeline import Pipeline

STEP_S = 1.0
UNCLAIMED_S = 60.0  # a file of the same size that moves all the time must not keep a deleted one in memory for ever

log = logging.getLogger("twin.memory")


class Watching:
    """A thread while anything is watched. `pipeline` gives one with the settings of the moment."""

    def __init__(
        self, catalog: Catalog, pipeline: Callable[[], Pipeline], read_on: Callable[[], None], times: Times
    ) -> None:
        self.catalog = catalog
        self._pipeline, self._read_on = pipeline, read_on
        self.watcher = Watcher(times)
        self._gone: dict[Path, float] = {}  # files that are not there -> since when
        self._lock = threading.Lock()  # guards _thread
        self._thread: threading.Thread | None = None
        self._closing = threading.Event()

    def start(self) -> None:
        """Watch what the catalog says is watched; again after that has changed."""
        roots = {row.path: row.is_file for row in self.catalog.watched.all()}
        self.watcher.follow(roots)
        with self._lock:
            if roots and self._thread is None and not self._closing.is_set():
                self._thread = threading.Thread(target=self._run, name="watching", daemon=True)
                self._thread.start()

    def is_active(self) -> bool:
        """Whether anything is watched."""
        return bool(self.watcher.roots())

    def change(self, times: Times) -> None:
        """Settings have changed: rules, limits or times."""
        self.watcher.change(times)

    def close(self) -> None:
        self._closing.set()
        self.watcher.wake()
        with self._lock:
            thread = self._thread
        if thread is not None:
            thread.join()
        self.watcher.close()

    def _run(self) -> None:
        while not self._closing.is_set():
            try:
                self._step()
            except CatalogError as error:
                log.error("watching goes on in a while: %s", error)
                self._closing.wait(STEP_S)
            except Exception:  # the outermost edge of a thread: what was missed is found by the next scan
                log.exception("a step of watching failed")
                self.watcher.rescan()
                self._closing.wait(STEP_S)

    def _step(self) -> None:
        step = self.watcher.step(STEP_S)
        pipeline = self._pipeline()
        for root, folder in step.scans:
            if self._closing.is_set():
                return
            self._scan(pipeline, root, folder)
        if step.rested:
            self._take(pipeline, step.rested)
        if self._gone:
            self._let_go(pipeline)

    def _scanner(self, pipeline: Pipeline, root: Root, rows: Sequence[SourceRow]) -> Scanner:
        held = {row.path: (row.size, row.mtime_ns) for row in rows if row.state in READ}
        return Scanner(
            pipeline.scanner.limits, pipeline.scanner.ignore,
            apart=frozenset(other.path for other in self.watcher.roots() if other.path != root.path),
            known=lambda path, status: held.get(path) == (status.st_size, status.st_mtime_ns),
        )  # fmt: skip

    def _scan(self, pipeline: Pipeline, root: Root, folder: Path) -> None:
        """Tells the watcher where the disk is not what memory holds; it tells back what has come to rest."""
        rows = self.catalog.sources.inside(folder)
        found = list(self._scanner(pipeline, root, rows).inside(root.path, folder))
        is_there = self.watcher.is_there(root)
        if folder == root.path:
            seen = {file.path for file in found if not file.failed}
            self.watcher.scanned(root, is_believed=is_there and (root.is_steady or _is_believed(rows, seen)))
        if is_there:
            differences = pipeline.intake.differences(folder, found)
            kept = set() if root.is_steady else {row.path for row in rows if row.state == "offline"}
            self.watcher.stability.note(path for path in differences if path not in kept or not is_absent(path))
        else:
            pipeline.intake.offline(root.path)
            self._gone = {path: at for path, at in self._gone.items() if not path.is_relative_to(root.path)}

    def _take(self, pipeline: Pipeline, paths: Sequence[Path]) -> None:
        """Queues what has come to rest, and notes what is gone."""
        is_anything_queued = False
        of_root: dict[Root, list[Path]] = {}
        for path in paths:
            if root := self.watcher.root_of(path):
                of_root.setdefault(root, []).append(path)
        for root, inside in of_root.items():
            if not self.watcher.is_there(root):
                continue  # the next look at the roots finds that out, and scans
            known = self.catalog.sources.known(inside)
            scanner = self._scanner(pipeline, root, list(known.values()))
            found = [file for path in inside for file in scanner.inside(root.path, path)]
            is_anything_queued |= pipeline.queue(found)
            absent = {path for path in known if is_absent(path)}
            self._gone |= {path: time.monotonic() for path in absent - self._gone.keys()}
            told = {file.path for file in found} | absent
            pipeline.leave([row for path, row in known.items() if path not in told and not row.documents])  # folders
            for folder in (file.path for file in found if file.ignored and file.is_folder):
                rows = pipeline.intake.unseen(folder, found)  # what was read before the rule was there
                pipeline.leave([row for row in rows if not is_absent(row.path)])
        if is_anything_queued:
            self._read_on()

    def _let_go(self, pipeline: Pipeline) -> None:
        """Takes files that are gone out of memory, unless one that moves or waits may be their new name."""
        rows = self.catalog.sources.known(list(self._gone))
        candidates = {*self.watcher.stability.sizes(), *self.catalog.sources.queued_sizes()}
        now = time.monotonic()
        leaving: list[SourceRow] = []
        offline: list[Path] = []
        for path, since in list(self._gone.items()):
            row = rows.get(path)
            root = self.watcher.root_of(path)
            if row is None or root is None or not is_absent(path):
                del self._gone[path]
            elif (row.size not in candidates or now - since > UNCLAIMED_S) and self.watcher.is_there(root):
                del self._gone[path]
                if root.is_steady:
                    leaving.append(row)
                else:
                    offline.append(path)
        pipeline.leave(leaving)
        for path in offline:
            pipeline.intake.offline(path)


def _is_believed(rows: Sequence[SourceRow], seen: Set[Path]) -> bool:
    """Whether what is missing from a root is gone: when something is found of what was offline, or else of what was
    read. Not when nothing is: that is how the place looks at which a disk is missing, strangers in it or not."""
    basis = [row for row in rows if row.state == "offline"] or [row for row in rows if row.documents]
    return not basis or any(row.path in seen for row in basis)
