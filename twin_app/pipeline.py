"""From files to memory: scan, read, store (one commit a batch, found by words at once), then encode.

The catalog's commit is the truth; words and bank follow it and are brought back into agreement by `reconcile`.
Order of writes: adding = catalog (stored), words, bank, catalog (encoded); removing = catalog, words, bank.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from ingest.catalog import Catalog, Mark, SourceRow, StoreItem, StoreResult
from ingest.limits import Limits
from ingest.readers import read
from ingest.scan import Found, scan
from ingest.types import Empty, Measure, Unreadable
from ingest.words import Words

STORE_FILES, STORE_DOCUMENTS, STORE_SECONDS = 64, 2000, 2.0  # whichever comes first ends a batch
ENCODE_DOCUMENTS = 512  # between two commits: about five seconds on two cores, and all that a kill can cost
READ = ("stored", "ready", "partial")
FORGOTTEN = "forgotten earlier (twin add --again reads it)"
TO_ENCODE = 256  # tokens of a document, marks and ID included
MARKS = 20  # of them for `<|im_start|>[ID]. ` and `[ID]<|im_end|>` with IDs of six digits


class Watcher(Protocol):
    """Whoever waits for the work: a client's call, or nobody."""

    def emit(self, event: dict[str, Any]) -> None: ...

    def cancelled(self) -> bool: ...


class Encoder(Protocol):
    """The engine's side of ingest: durable on return."""

    def encode(self, documents: Sequence[tuple[int, str]]) -> list[int]: ...

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


class Pipeline:
    def __init__(
        self, catalog: Catalog, words: Words, limits: Limits, measure: Measure, *, retire: bool,
        encoder: Encoder,
    ) -> None:  # fmt: skip
        self.catalog, self.words, self.limits, self.measure = catalog, words, limits, measure
        self.retire, self.encoder = retire, encoder

    def add(self, paths: Sequence[Path], call: Watcher, *, again: bool = False) -> Report:
        """Reads what is new or changed under the paths; what vanished from them leaves memory. Encodes nothing yet."""
        report = Report()
        found = list(scan(paths, self.limits))
        known = self.catalog.sources.known([file.path for file in found])
        if again:
            self.catalog.forgetting.lift([file.path for file in found])
        forgotten = self.catalog.forgetting.forgotten([file.path for file in found])
        waiting: list[Found] = []
        marks: list[Mark] = []
        for file in found:
            row = known.get(file.path)
            if file.path in forgotten:
                report.ignored.append({"path": str(file.path), "rule": FORGOTTEN})
            elif file.failed or file.ignored:
                state, reason = ("failed", file.failed) if file.failed else ("ignored", file.ignored)
                (report.failed if file.failed else report.ignored).append(
                    {"path": str(file.path), "reason" if file.failed else "rule": str(reason)}
                )
                marks.append(_mark(file, state, str(reason)))
            elif (
                row
                and row.state in READ
                and (row.size, row.mtime_ns) == (file.size, file.mtime_ns)
                and not again
            ):
                report.unchanged += 1
            else:
                waiting.append(file)
        self._leave(
            [known[mark.path].id for mark in marks if mark.path in known and known[mark.path].documents]
        )
        self.catalog.sources.mark(marks + [_mark(file, "queued", "") for file in waiting])
        report.removed = self._vanished(paths, {file.path for file in found}, waiting)
        self._read(waiting, known, call, report, again)
        return report

    def resume(self, call: Watcher) -> Report:
        """Reads files that were queued when the owner last ended."""
        paths = [row.path for row in self.catalog.sources.all() if row.state in ("queued", "reading")]
        return self.add(paths, call) if paths else Report()

    def _read(
        self, files: Sequence[Found], known: dict[Path, SourceRow], call: Watcher, report: Report, again: bool
    ) -> None:
        began = time.monotonic()
        batch: list[StoreItem] = []
        documents, last = 0, began
        for number, file in enumerate(files):
            if call.cancelled():
                self._withdraw([left.path for left in files[number:]])
                break
            item = self._item(file, known.get(file.path), report, again)
            if item is not None:
                batch.append(item)
                documents += len(item.documents)
            now = time.monotonic()
            if len(batch) >= STORE_FILES or documents >= STORE_DOCUMENTS or now - last > STORE_SECONDS:
                self._store(batch, report, again)
                batch, documents, last = [], 0, now
            call.emit(progress("reading", number + 1, len(files), "files", now - began, report.tokens))
        self._store(batch, report, again)

    def _withdraw(self, paths: Sequence[Path]) -> None:
        """Takes files out of the queue again; what memory held of them before stays."""
        rows = self.catalog.sources.known(paths).values()
        self.catalog.sources.remove([row.id for row in rows if not row.documents])
        self.catalog.sources.mark([Mark(row.path, settled(row), row.reason) for row in rows if row.documents])

    def _item(self, file: Found, row: SourceRow | None, report: Report, again: bool) -> StoreItem | None:
        """A file as it is to be stored; None where its state says all there is to say."""
        try:
            sha256 = hash_file(file.path)
            if again:
                self.catalog.forgetting.lift([], [sha256])
            elif self.catalog.forgetting.forgotten_content(sha256):
                report.ignored.append({"path": str(file.path), "rule": FORGOTTEN})
                self._withdraw([file.path])
                return None
            if self._same(file, row, sha256, report) or self._renamed(file, row, sha256, report):
                return None
            reading = read(file.path, limits=self.limits, measure=self.measure, max_tokens=TO_ENCODE - MARKS)
            documents = [document for document in reading.documents if document.text.strip()]
        except (Unreadable, OSError) as error:
            reason = (
                str(error) if isinstance(error, Unreadable) else f"cannot be read: {error.strerror or error}"
            )
            state = "ignored" if isinstance(error, Empty) else "failed"
            (report.ignored if state == "ignored" else report.failed).append(
                {"path": str(file.path), "rule" if state == "ignored" else "reason": reason}
            )
            if row and row.documents:
                self._leave([row.id])
            self.catalog.sources.mark([_mark(file, state, reason)])
            return None
        report.read += 1
        tokens = [self.measure(document.context + document.text) for document in documents]
        report.documents += len(documents)
        report.tokens += sum(tokens)
        reason = "; ".join(reading.unreadable)
        title = documents[0].title if documents else file.path.stem
        return StoreItem(
            file.path, reading.kind, sha256, file.size, file.mtime_ns, title, documents, tokens, reason=reason
        )

    def _same(self, file: Found, row: SourceRow | None, sha256: str, report: Report) -> bool:
        """Touched, not edited: its time is noted and nothing else changes."""
        if row is None or row.sha256 != sha256 or not row.documents:
            return False
        self.catalog.sources.mark([_mark(file, settled(row), row.reason)])
        report.unchanged += 1
        return True

    def _renamed(self, file: Found, row: SourceRow | None, sha256: str, report: Report) -> bool:
        """The same content as a source whose file is gone: a new name, nothing to encode."""
        for old in self.catalog.sources.by_sha(sha256):
            if old.path != file.path and old.documents and not old.path.exists():
                self._gone(self.catalog.sources.rename(old.id, file.path))
                self.catalog.sources.mark([_mark(file, settled(old), old.reason)])
                report.renamed += 1
                return True
        return False

    def _store(self, batch: Sequence[StoreItem], report: Report, again: bool) -> None:
        if not batch:
            return
        stored: StoreResult = self.catalog.store(batch, retire=self.retire, again=again)
        self._gone(stored.removed)
        self.words.add([(number, document.text, document.context) for number, document in stored.added])

    def _vanished(self, paths: Sequence[Path], found: set[Path], waiting: Sequence[Found]) -> int:
        """Sources under the folders that are there no more. An empty or missing folder is offline, not deleted."""
        gone: list[SourceRow] = []
        fresh = {hash_file(file.path) for file in waiting if _readable(file.path)} if waiting else set()
        for root in (path.absolute() for path in paths):
            rows = [row for row in self.catalog.sources.inside(root) if row.path not in found]
            if not root.is_dir() or (rows and not any(path.is_relative_to(root) for path in found)):
                self.catalog.sources.mark([Mark(row.path, "offline", "the folder is not there") for row in rows])
                continue
            gone += [row for row in rows if not row.path.exists() and row.sha256 not in fresh]
        self._leave([row.id for row in gone])
        return len(gone)

    def _leave(self, sources: Sequence[int]) -> None:
        if sources:
            self._gone(self.catalog.sources.remove(sources, retire=self.retire))

    def _gone(self, documents: Sequence[int]) -> None:
        if documents:
            self.words.remove(documents)
            self.encoder.remove(documents)

    def encode(self, call: Watcher) -> int:
        """Encodes what is stored, newest source first, one commit a batch; gives the number of documents."""
        began, done = time.monotonic(), 0
        tokens, total = 0, self.catalog.counts().pending
        while batch := self.catalog.documents.pending(ENCODE_DOCUMENTS):
            if call.cancelled():
                break
            counts = self.encoder.encode([(row.id, row.document.context + row.document.text) for row in batch]
            )
            self.catalog.documents.mark_encoded([row.id for row in batch], counts)
            done, tokens = done + len(batch), tokens + sum(counts)
            if call is not None:
                call.emit(
                    progress(
                        "encoding", done, max(total, done), "documents", time.monotonic() - began, tokens
                    )
                )
        return done


def settled(row: SourceRow) -> Any:
    """The state of a source whose file was touched or moved."""
    if row.documents != row.encoded:
        return "stored"
    return "partial" if row.reason else "ready"


def _mark(file: Found, state: Any, reason: str) -> Mark:
    return Mark(file.path, state, reason, size=file.size, mtime_ns=file.mtime_ns)


def _readable(path: Path) -> bool:
    try:
        with path.open("rb"):
            return True
    except OSError:
        return False


def progress(phase: str, done: int, total: int, unit: str, seconds: float, tokens: int) -> dict[str, Any]:
    rate = tokens / seconds if seconds > 0 else 0.0
    eta = seconds * (total - done) / done if done else None
    return {
        "event": "progress", "phase": phase, "done": done, "total": total, "unit": unit, "rate": round(rate),
        "eta_s": None if eta is None else round(eta, 1), "tokens": tokens,
    }  # fmt: skip


def hash_file(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def estimate(paths: Sequence[Path], limits: Limits, known: dict[Path, SourceRow]) -> Iterator[Found]:
    """What `--dry-run` would read: new or changed files."""
    for file in scan(paths, limits):
        row = known.get(file.path)
        if not (row and (row.size, row.mtime_ns) == (file.size, file.mtime_ns)):
            yield file
