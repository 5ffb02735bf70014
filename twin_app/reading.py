"""Reading what is queued: each file becomes documents, stored a batch at a time, or a state that says why not.

A file that takes long lets newer ones go first: what was just written is found by words within seconds.
"""

from __future__ import annotations

import errno
import hashlib
import os
import stat
import time
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ingest.catalog import Mark, SourceRow, State, StoreItem
from ingest.limits import Limits
from ingest.scan import Found, is_absent
from ingest.types import Document, Empty, Measure, Reading, Unreadable
from twin_app.activity import Activity
from twin_app.intake import FORGOTTEN, OUT_OF_REACH, Report, mark, settled
from twin_app.storing import Storing
from twin_app.turns import Foreground, Watcher

STORE_FILES, STORE_DOCUMENTS, STORE_SECONDS = 64, 2000, 2.0  # whichever comes first ends a batch
OTHERS = 16  # of the newest queued files that go along with a batch of somebody's own
REASONS = 5  # of one file that are told one by one
TO_ENCODE = 256  # tokens of a document, marks and ID included
MARKS = 20  # of them for `<|im_start|>[ID]. ` and `[ID]<|im_end|>` with IDs of six digits


@dataclass(slots=True)
class Order:
    """Files somebody waits for, the newest first, and what came of them."""

    files: list[Found]
    report: Report
    again: bool = False


@dataclass(slots=True)
class _Batch:
    items: list[StoreItem] = field(default_factory=list)
    marks: list[Mark] = field(default_factory=list)
    documents: int = 0
    began: float = field(default_factory=time.monotonic)

    def is_full(self) -> bool:
        is_large = len(self.items) >= STORE_FILES or self.documents >= STORE_DOCUMENTS
        return is_large or time.monotonic() - self.began > STORE_SECONDS


class Reader:
    """One thread at a time (`Turns`)."""

    def __init__(
        self,
        storing: Storing,
        limits: Limits,
        measure: Measure,
        activity: Activity,
        foreground: Foreground,
        *,
        retire: bool,
    ) -> None:
        self.catalog, self.storing, self.limits, self.measure = storing.catalog, storing, limits, measure
        self.activity, self.foreground, self.retire = activity, foreground, retire
        self._batch = _Batch()
        self._is_nested = False

    def drain(self, call: Watcher) -> None:
        """Reads the queue until it is empty, the newest files first."""
        nobody = Report()
        while not call.cancelled() and (rows := self.catalog.sources.queued(STORE_FILES)):
            self._read_rows(rows, call, nobody)
            self._store(again=False)

    def read(self, order: Order, call: Watcher) -> None:
        """Reads the files of an order; the newest of what else is queued goes along with each batch."""
        began, total = time.monotonic(), len(order.files)
        own = {file.path for file in order.files}
        known = self.catalog.sources.known(list(own))
        for done, file in enumerate(order.files, 1):
            if call.cancelled():
                break
            own.discard(file.path)
            self._read_one(file, known.get(file.path), call, order.report, order.again, own)
            if self._batch.is_full():
                self._store(again=order.again)
                self._read_others(own, file.mtime_ns, call)
            call.emit(progress("reading", done, total, "files", time.monotonic() - began, order.report.tokens))
        self._store(again=order.again)

    def _read_others(self, own: Collection[Path], newer_than_ns: int, call: Watcher) -> None:
        rows = [row for row in self.catalog.sources.queued(OTHERS) if row.path not in own]
        if rows := [row for row in rows if row.mtime_ns > newer_than_ns]:
            self._read_rows(rows, call, Report())
            self._store(again=False)

    def _read_rows(self, rows: Sequence[SourceRow], call: Watcher, report: Report) -> None:
        for row in rows:
            if call.cancelled():
                break
            if (file := _as_it_is(row.path)) is None:
                self._gone(row)
            else:
                self._read_one(file, row, call, report, False, ())
            if self._batch.is_full():
                self._store(again=False)

    def _gone(self, row: SourceRow) -> None:
        """Not there any more; whether what was read of it leaves is for whoever finds it missing to say."""
        if row.documents:
            state: State = "stored" if row.documents != row.encoded else "partial" if row.reason else "ready"
            self._batch.marks.append(Mark(row.path, state, row.reason))
        else:
            self.storing.leave([row], retire=self.retire)

    def _read_one(
        self, file: Found, row: SourceRow | None, call: Watcher, report: Report, again: bool, own: Collection[Path]
    ) -> None:
        self.activity.reading(file.path)
        outcome = self._outcome(file, row, call, report, again, own)
        if isinstance(outcome, StoreItem):
            self._batch.items.append(outcome)
            self._batch.documents += len(outcome.documents)
        elif outcome is not None:
            self._batch.marks.append(outcome)

    def _outcome(
        self, file: Found, row: SourceRow | None, call: Watcher, report: Report, again: bool, own: Collection[Path]
    ) -> StoreItem | Mark | None:
        """A file as it is to be stored, or the state that says all there is to say; None where there is neither."""
        from ingest.readers import read  # not before something is read: scan.py

        try:
            sha256 = hash_file(file.path)
            if again:
                self.catalog.forgetting.lift([], [sha256])
            elif self.catalog.forgetting.forgotten_content(sha256):
                self._leave_out(file, "ignored", FORGOTTEN, report)
                self.storing.leave(self.catalog.sources.known([file.path]).values(), retire=self.retire)
                return mark(file, "ignored", FORGOTTEN)
            is_same = row is not None and row.sha256 == sha256 and row.documents > 0 and not again
            if row and is_same and not row.reason.startswith(OUT_OF_REACH):  # touched, not edited
                report.unchanged += 1
                return settled(file, row)
            if not is_same and (old := self._renamed(file, sha256)) is not None:
                report.renamed += 1
                return settled(file, old)
            reading = read(file.path, limits=self.limits, measure=self.measure, max_tokens=TO_ENCODE - MARKS)
            documents = [
                document for document in self._documents(file, reading, call, again, own) if document.text.strip()
            ]
            if call.cancelled():
                return None
            if not documents:
                raise Unreadable(summary(reading.unreadable) or "no words in it")
        except (Unreadable, OSError) as error:
            return self._unreadable(file, row, error, report)
        reason = summary(reading.unreadable)
        tokens = [self._tokens(document) for document in documents]
        report.read += 1
        report.documents += len(documents)
        report.tokens += sum(tokens)
        self.activity.happened("stored", file.path, reason)
        title = documents[0].title
        return StoreItem(
            file.path, reading.kind, sha256, file.size, file.mtime_ns, title, documents, tokens, reason=reason
        )

    def _tokens(self, document: Document) -> int:
        self.foreground.pause()
        return self.measure(document.context + document.text)

    def _unreadable(self, file: Found, row: SourceRow | None, error: Unreadable | OSError, report: Report) -> Mark:
        if isinstance(error, OSError):
            reason = f"cannot be read: {error.strerror or error}"
        else:
            reason = str(error)
        state: State = "ignored" if isinstance(error, Empty) else "failed"
        self._leave_out(file, state, reason, report)
        is_reachable = isinstance(error, Unreadable) and not reason.startswith(OUT_OF_REACH)
        if row and row.documents and is_reachable:  # the file holds other bytes now, and no words
            self.storing.leave([row], retire=self.retire)
        return mark(file, state, reason)

    def _leave_out(self, file: Found, state: str, reason: str, report: Report) -> None:
        report.leave_out(file.path, state, reason)
        self.activity.happened(state, file.path, reason)

    def _documents(
        self, file: Found, reading: Reading, call: Watcher, again: bool, own: Collection[Path]
    ) -> Iterator[Document]:
        """The documents of a file. Of one that takes long, says at times how far it is, and lets others go first."""
        next_pause, read_bytes = time.monotonic() + STORE_SECONDS, 0
        for document in reading.documents:
            self.foreground.pause()
            if call.cancelled():
                return
            yield document
            read_bytes += len(document.text)
            if time.monotonic() > next_pause:
                percent = None if document.page else min(99, 100 * read_bytes // max(1, file.size))
                detail = f"page {document.page}" if document.page else ""
                self._pause(file, percent, detail, call, again, own)
                next_pause = time.monotonic() + STORE_SECONDS

    def _pause(
        self, file: Found, percent: int | None, detail: str, call: Watcher, again: bool, own: Collection[Path]
    ) -> None:
        if not self._is_nested:
            self._is_nested = True
            try:
                self._store(again=again)
                self.catalog.sources.mark([Mark(file.path, "reading")])
                self._read_others({*own, file.path}, file.mtime_ns, call)
            finally:
                self._is_nested = False
        self.activity.reading(file.path, percent, detail)

    def _renamed(self, file: Found, sha256: str) -> SourceRow | None:
        """The source of this content whose file is gone, now under the new name: nothing to read or encode."""
        for old in sorted(self.catalog.sources.by_sha(sha256), key=lambda row: row.state == "offline"):
            if old.path != file.path and old.documents and is_absent(old.path):
                self.storing.rename(old, file.path)
                self.activity.happened("renamed", file.path, f"was {old.path}")
                return old
        return None

    def _store(self, *, again: bool) -> None:
        batch, self._batch = self._batch, _Batch()
        self.catalog.sources.mark(batch.marks)
        self.storing.store(batch.items, retire=self.retire, again=again)


def _as_it_is(path: Path) -> Found | None:
    """A queued file with its size and time now; None when it is gone."""
    try:
        status = path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError:
        return Found(path, 0, 0)
    return Found(path, status.st_size, status.st_mtime_ns)


def summary(reasons: Sequence[str]) -> str:
    """Why parts of a file stayed unread; a broken mailbox has thousands of reasons."""
    more = len(reasons) - REASONS
    return "; ".join([*reasons[:REASONS], *([f"and {more:,} more"] if more > 0 else [])])


def progress(phase: str, done: int, total: int, unit: str, seconds: float, tokens: int) -> dict[str, Any]:
    rate = tokens / seconds if seconds > 0 else 0.0
    eta = seconds * (total - done) / done if done else None
    return {
        "event": "progress", "phase": phase, "done": done, "total": total, "unit": unit, "rate": round(rate),
        "eta_s": None if eta is None else round(eta, 1), "tokens": tokens,
    }  # fmt: skip


def hash_file(path: Path) -> str:
    """sha256 of a regular file. Raises OSError for anything else: a pipe that took its place must not be waited for."""
    with os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK), "rb") as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise OSError(errno.EINVAL, "not a regular file", str(path))
        return hashlib.file_digest(file, "sha256").hexdigest()
