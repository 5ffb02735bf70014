"""From files to memory: scan, queue, read and store (one commit a batch, found by words at once), then encode.

Each of the steps has a module of its own (`ingest.scan`, `intake`, `reading`, `storing`); this one is their order.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from pathlib import Path

from ingest.catalog import SourceRow
from ingest.scan import Found, Scanner, is_absent
from twin_app.activity import Activity
from twin_app.intake import Intake, Report, is_missing
from twin_app.reading import Order, Reader, progress
from twin_app.storing import Storing
from twin_app.turns import Watcher

ENCODE_DOCUMENTS = 512  # between two commits at most, and all that a kill can cost
ENCODE_S = 3.0  # what a batch should take: whoever needs the memory to himself waits for one


@dataclass(frozen=True, slots=True)
class Taken:
    """What an `add` has found under its paths, and queued."""

    paths: Sequence[Path]
    again: bool
    held: Mapping[Path, Set[int]]  # `_held` of each path
    found: Sequence[Found]
    waiting: Sequence[Found]
    report: Report


class Pipeline:
    """`add`, `read`, `drain` and `encode` are for one thread at a time each (`Turns`); the rest is for any."""

    def __init__(self, scanner: Scanner, intake: Intake, reader: Reader, storing: Storing, activity: Activity) -> None:
        self.scanner, self.intake, self.reader, self.storing = scanner, intake, reader, storing
        self.activity = activity
        self.catalog = storing.catalog

    def add(self, paths: Sequence[Path], call: Watcher, *, again: bool = False) -> Report:
        """Reads what is new or changed under the paths; what vanished from them leaves memory. Encodes nothing yet.

        What a cancelled call leaves unread stays queued.
        """
        return self.read(self.take(paths, again=again), call)

    def take(self, paths: Sequence[Path], *, again: bool = False) -> Taken:
        """Queues what is new or changed under the paths: from now on it is read, whatever becomes of the client."""
        report = Report()
        held = {path: self._held(path.absolute()) for path in paths}  # first: whoever reads may read what is queued
        found = list(self.scanner.scan(paths))
        return Taken(paths, again, held, found, self.intake.sort(found, report, again=again), report)

    def read(self, taken: Taken, call: Watcher) -> Report:
        """The second half of `add`, perhaps long after the first."""
        absent = {file.path for file in taken.waiting if is_absent(file.path)}
        waiting = self._still_waiting(taken, absent)
        self.reader.read(Order(waiting, taken.report, taken.again), call)
        if not call.cancelled():  # renamed files have their new paths by now: what is still missing is gone
            found = [file for file in taken.found if file.path not in absent]
            gone = [row for path in taken.paths for row in self._vanished(path.absolute(), found, taken.held[path])]
            self.leave(gone)
            taken.report.removed = len(gone)
        return taken.report

    def _still_waiting(self, taken: Taken, absent: Set[Path]) -> list[Found]:
        """What others have neither read (it counts as read) nor made memory forget meanwhile."""
        meanwhile, there = Report(), [file for file in taken.waiting if file.path not in absent]
        waiting = self.intake.sort(there, meanwhile, again=taken.again)
        if meanwhile.unchanged:
            done = {file.path for file in there} - {file.path for file in waiting}
            taken.report.read += meanwhile.unchanged
            taken.report.documents += sum(row.documents for row in self.catalog.sources.known(list(done)).values())
        taken.report.ignored.extend(meanwhile.ignored)
        return waiting

    def _held(self, root: Path) -> set[int]:
        """Sources by which a folder is known again: what was offline, or else what was read of it."""
        rows = self.catalog.sources.inside(root)
        return {row.id for row in rows if row.state == "offline"} or {row.id for row in rows if row.documents}

    def _vanished(self, root: Path, found: Sequence[Found], held: Set[int]) -> list[SourceRow]:
        """Sources under a path that a scan finds no more. A folder in which nothing is left of what memory `held` (ids)
        is offline, not deleted: so the place looks at which a disk is missing, strangers in it or not."""
        seen = {file.path for file in found if not is_missing(file)}
        unseen = self.intake.unseen(root, found)
        ruled_out = [row for row in unseen if not is_absent(row.path)]
        if len(ruled_out) == len(unseen):
            return unseen
        if any(row.path == root for row in unseen):  # a file
            is_there = root.parent.is_dir()
        else:  # under their new names, where they were renamed
            is_there = any(row.id in held and row.path in seen for row in self.catalog.sources.inside(root))
        if is_there:
            return unseen
        self.intake.mark_offline([row for row in unseen if row not in ruled_out])
        return ruled_out

    def leave(self, rows: Sequence[SourceRow]) -> None:
        """Takes sources out of memory that are not there, or not to be read, any more."""
        for row in self.storing.leave(rows, retire=self.intake.retire):
            self.activity.happened("removed", row.path)

    def queue(self, found: Sequence[Found]) -> bool:
        """Queues what is new or changed of what a watched folder holds; whether there is anything to read."""
        report = Report()
        waiting = self.intake.sort(found, report, anew=False)
        for file in report.failed:
            self.activity.happened("failed", Path(file["path"]), file["reason"])
        return bool(waiting)

    def drain(self, call: Watcher) -> None:
        """Reads files that were queued, by a watched folder or when their client or the last owner ended."""
        try:
            self.reader.drain(call)
        finally:
            self.activity.idle()

    def encode(self, call: Watcher) -> int:
        """Encodes what is stored, newest source first, one commit a batch; gives the number of documents.

        A batch in flight is given up only when the memory closes or loses its model (`Encoder`).
        """
        began, done, tokens, size = time.monotonic(), 0, 0, 64
        try:
            while not call.cancelled() and (batch := self.catalog.documents.pending(size)):
                self.activity.encoding(len(batch))
                started = time.monotonic()
                texts = [(row.id, row.document.context + row.document.text) for row in batch]
                counts = self.storing.encoder.encode(texts, lambda: False)
                seconds = time.monotonic() - started
                self.activity.encoded(sum(counts), seconds)
                size = max(16, min(ENCODE_DOCUMENTS, 2 * size, round(size * ENCODE_S / max(seconds, 0.001))))
                done, tokens = done + len(counts), tokens + sum(counts)
                total = done + self.catalog.counts().pending
                call.emit(progress("encoding", done, total, "documents", time.monotonic() - began, tokens))
        finally:
            self.activity.idle()
        return done
