"""From files to memory: scan, read, store (one commit a batch, found by words at once), then encode.

The catalog's commit is the truth; words and bank follow it and are brought back into agreement (`Agreement`).
Order of writes: adding = catalog (stored), words, bank, catalog (encoded); removing = catalog, words, bank.
"""

from __future__ import annotations

import errno
import hashlib
import os
import stat
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import takewhile
from pathlib import Path
from typing import Any, Protocol

from ingest.catalog import Catalog, Mark, SourceRow, State, StoreItem
from ingest.limits import Limits
from ingest.readers import read
from ingest.scan import Found, scan
from ingest.types import Empty, Measure, Unreadable
from ingest.words import Words
from twin_app.turns import Watcher as Watcher

STORE_FILES, STORE_DOCUMENTS, STORE_SECONDS = 64, 2000, 2.0  # whichever comes first ends a batch
ENCODE_DOCUMENTS = 512  # between two commits: about five seconds on two cores, and all that a kill can cost
READ: tuple[State, ...] = ("stored", "ready", "partial")
FORGOTTEN = "forgotten earlier (twin add --again reads it)"
BY_NAME = ("hidden", "junk", "symbolic link")  # rules for walks: what was named itself is read all the same
NOTHING_THERE = "nothing of the folder is there: is its disk plugged in? `twin forget` removes it for good"
REASONS = 5  # of one file that are told one by one
TO_ENCODE = 256  # tokens of a document, marks and ID included
MARKS = 20  # of them for `<|im_start|>[ID]. ` and `[ID]<|im_end|>` with IDs of six digits


class Encoder(Protocol):
    """The engine's side of ingest: durable on return."""

    def encode(self, documents: Sequence[tuple[int, str]], cancelled: Callable[[], bool]) -> list[int]: ...

    def remove(self, documents: Sequence[int]) -> None: ...


@dataclass(slots=True)
class Report:
    """What one `add` did."""

    read: int = 0
    unchanged: int = 0
    renamed: int = 0
    removed: int = 0
    ignored: list[dict[str, str]] = field(default_factory=list)
    failed: list[dict[str, str]] = field(default_factory=list)
    documents: int = 0
    tokens: int = 0

    def leave_out(self, path: Path, state: str, reason: str) -> None:
        if state == "failed":
            self.failed.append({"path": str(path), "reason": reason})
        else:
            self.ignored.append({"path": str(path), "rule": reason})


class Pipeline:
    """Reads and encodes; one thread at a time (`Turns`)."""

    def __init__(
        self, catalog: Catalog, words: Words, limits: Limits, measure: Measure, *, retire: bool, encoder: Encoder,
        own: Path,
    ) -> None:  # fmt: skip
        self.own = own  # the memory's own folder, which it does not read
        self.catalog, self.words, self.limits, self.measure = catalog, words, limits, measure
        self.retire, self.encoder = retire, encoder

    def add(self, paths: Sequence[Path], call: Watcher, *, again: bool = False) -> Report:
        """Reads what is new or changed under the paths; what vanished from them leaves memory. Encodes nothing yet.

        What a cancelled call leaves unread stays queued.
        """
        report = Report()
        found = [file for file in scan(paths, self.limits) if not file.path.is_relative_to(self.own)]
        known = self.catalog.sources.known([file.path for file in found])
        if again:
            self.catalog.forgetting.lift([file.path for file in found])
        forgotten = self.catalog.forgetting.forgotten([file.path for file in found])
        waiting: list[Found] = []
        left_out: list[Mark] = []
        for file in found:
            row = known.get(file.path)
            if file.path in forgotten:
                report.leave_out(file.path, "ignored", FORGOTTEN)
            elif file.ignored or file.failed:
                if row and row.documents and file.ignored and file.ignored.startswith(BY_NAME):
                    continue
                mark = _mark(file, "failed" if file.failed else "ignored", file.failed or file.ignored or "")
                report.leave_out(file.path, mark.state, mark.reason)
                if not is_missing(file):
                    left_out.append(mark)
            elif is_unchanged(file, row) and not again:
                report.unchanged += 1
            else:
                waiting.append(file)
        self._leave([row for mark in left_out if (row := known.get(mark.path)) and row.documents])
        queued = [(file.path, known.get(file.path)) for file in waiting]
        self.catalog.sources.mark(
            [*left_out, *(Mark(path, "queued", row.reason if row else "") for path, row in queued)]
        )
        self._read(waiting, known, call, report, again)
        if not call.cancelled():  # renamed files have their new paths by now: what is still missing is gone
            self._vanished([path.absolute() for path in paths], found, report)
        return report

    def resume(self, call: Watcher) -> None:
        """Reads files that were queued when their client or the last owner ended."""
        if paths := [row.path for row in self.catalog.sources.all() if row.state in ("queued", "reading")]:
            self.add(paths, call)

    def encode(self, call: Watcher) -> int:
        """Encodes what is stored, newest source first, one commit a batch; gives the number of documents."""
        began, done, tokens = time.monotonic(), 0, 0
        while not call.cancelled() and (batch := self.catalog.documents.pending(ENCODE_DOCUMENTS)):
            texts = [(row.id, row.document.context + row.document.text) for row in batch]
            counts = self.encoder.encode(texts, call.cancelled)
            done, tokens = done + len(counts), tokens + sum(counts)
            total = done + self.catalog.counts().pending
            call.emit(progress("encoding", done, total, "documents", time.monotonic() - began, tokens))
        return done

    def _read(
        self, files: Sequence[Found], known: dict[Path, SourceRow], call: Watcher, report: Report, again: bool
    ) -> None:
        began = time.monotonic()
        items: list[StoreItem] = []
        marks: list[Mark] = []
        last = began
        for number, file in enumerate(files):
            if call.cancelled():
                break
            outcome = self._outcome(file, known.get(file.path), call, report, again)
            if isinstance(outcome, StoreItem):
                items.append(outcome)
            elif outcome is not None:
                marks.append(outcome)
            now, documents = time.monotonic(), sum(len(item.documents) for item in items)
            if len(items) >= STORE_FILES or documents >= STORE_DOCUMENTS or now - last > STORE_SECONDS:
                self._store(items, marks, again)
                items, marks, last = [], [], time.monotonic()
            call.emit(progress("reading", number + 1, len(files), "files", now - began, report.tokens))
        self._store(items, marks, again)

    def _outcome(
        self, file: Found, row: SourceRow | None, call: Watcher, report: Report, again: bool
    ) -> StoreItem | Mark | None:
        """A file as it is to be stored, or the state that says all there is to say; None where there is neither."""
        try:
            sha256 = hash_file(file.path)
            if again:
                self.catalog.forgetting.lift([], [sha256])
            elif self.catalog.forgetting.forgotten_content(sha256):
                report.leave_out(file.path, "ignored", FORGOTTEN)
                self._leave(self.catalog.sources.known([file.path]).values())
                return _mark(file, "ignored", FORGOTTEN)
            if row and row.sha256 == sha256 and row.documents and not again:  # touched, not edited
                report.unchanged += 1
                return _settled(file, row)
            if (old := self._renamed(file, sha256)) is not None:
                report.renamed += 1
                return _settled(file, old)
            reading = read(file.path, limits=self.limits, measure=self.measure, max_tokens=TO_ENCODE - MARKS)
            given = takewhile(lambda document: not call.cancelled(), reading.documents)  # one file can take minutes
            documents = [document for document in given if document.text.strip()]
            if call.cancelled():
                return None
            if not documents:
                raise Unreadable(summary(reading.unreadable) or "no words in it")
        except (Unreadable, OSError) as error:
            reason = str(error) if isinstance(error, Unreadable) else f"cannot be read: {error.strerror or error}"
            state: State = "ignored" if isinstance(error, Empty) else "failed"
            report.leave_out(file.path, state, reason)
            if row and row.documents:
                self._leave([row])
            return _mark(file, state, reason)
        reason = summary(reading.unreadable)
        tokens = [self.measure(document.context + document.text) for document in documents]
        report.read += 1
        report.documents += len(documents)
        report.tokens += sum(tokens)
        title = documents[0].title
        return StoreItem(
            file.path, reading.kind, sha256, file.size, file.mtime_ns, title, documents, tokens, reason=reason
        )

    def _renamed(self, file: Found, sha256: str) -> SourceRow | None:
        """The source of this content whose file is gone, now under the new name: nothing to read or encode."""
        for old in self.catalog.sources.by_sha(sha256):
            if old.path != file.path and old.documents and old.state != "offline" and is_gone(old.path):
                self._gone(self.catalog.sources.rename(old.id, file.path))
                self.catalog.events.log("renamed", source=old.id)
                return old
        return None

    def _store(self, items: Sequence[StoreItem], marks: Sequence[Mark], again: bool) -> None:
        self.catalog.sources.mark(marks)
        if items:
            stored = self.catalog.store(items, retire=self.retire, again=again)
            self._gone(stored.removed)
            self.words.add([(number, document.text, document.context) for number, document in stored.added])

    def _vanished(self, roots: Sequence[Path], found: Sequence[Found], report: Report) -> None:
        """Sources under the paths that a scan finds no more. An empty or missing folder is offline, not deleted."""
        seen = {file.path for file in found if not is_missing(file)}
        ruled_out = {file.path for file in found if file.ignored and not file.ignored.startswith(BY_NAME)}
        gone: list[SourceRow] = []
        for root in roots:
            rows = [row for row in self.catalog.sources.inside(root) if row.path not in seen]
            is_file = any(row.path == root for row in rows)
            if root.parent.is_dir() if is_file else any(root in path.parents for path in seen):
                gone += [row for row in rows if is_gone(row.path) or not ruled_out.isdisjoint(row.path.parents)]
            else:
                self.catalog.sources.mark([Mark(row.path, "offline", row.reason or NOTHING_THERE) for row in rows])
        self._leave(gone)
        report.removed = len(gone)

    def _leave(self, rows: Iterable[SourceRow]) -> None:
        """Sources that are not there, or not to be read, any more; what they held leaves memory."""
        if ids := sorted({row.id for row in rows}):
            self._gone(self.catalog.sources.remove(ids, retire=self.retire))

    def _gone(self, documents: Sequence[int]) -> None:
        if documents:
            self.words.remove(documents)
            self.encoder.remove(documents)


def is_unchanged(file: Found, row: SourceRow | None) -> bool:
    """Whether memory holds the file as it is, judged by size and time."""
    return row is not None and row.state in READ and (row.size, row.mtime_ns) == (file.size, file.mtime_ns)


def is_gone(path: Path) -> bool:
    """Whether there is no such file; one that merely cannot be reached now is not gone."""
    try:
        path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return True
    except OSError:
        return False
    return False


def is_missing(file: Found) -> bool:
    """Whether a path was named at which there is nothing."""
    return file.failed is not None and is_gone(file.path)


def _settled(file: Found, row: SourceRow) -> Mark:
    """The state of a source whose file was touched, moved, or is there again."""
    reason = "" if row.reason == NOTHING_THERE else row.reason
    if row.documents != row.encoded:
        return _mark(file, "stored", reason)
    return _mark(file, "partial" if reason else "ready", reason)


def summary(reasons: Sequence[str]) -> str:
    """Why parts of a file stayed unread; a broken mailbox has thousands of reasons."""
    more = len(reasons) - REASONS
    return "; ".join([*reasons[:REASONS], *([f"and {more:,} more"] if more > 0 else [])])


def _mark(file: Found, state: State, reason: str) -> Mark:
    return Mark(file.path, state, reason, size=file.size, mtime_ns=file.mtime_ns)


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
