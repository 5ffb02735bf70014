"""What is to become of the files that a scan found: queued, left out with the reason, or known as they are.

The queue is the catalog's: a file waits in it whatever happens to its client or to the owner.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ingest.catalog import Catalog, Mark, SourceRow, State
from ingest.scan import Found, is_absent
from twin_app.storing import Storing

READ: tuple[State, ...] = ("stored", "ready", "partial")
FORGOTTEN = "forgotten earlier (twin add --again reads it)"
BY_NAME = ("hidden", "junk", "symbolic link")  # rules for walks: what was named itself is read all the same
NOTHING_THERE = "nothing of the folder is there: is its disk plugged in? `twin forget` removes it for good"
OUT_OF_REACH = ("permission denied", "cannot be read", "cannot be opened", "not found")  # not the content's fault
WITHOUT_WORDS = ("empty:", FORGOTTEN)  # ignored for what was read, not by a rule that may be gone


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


class Intake:
    """Compares what is on the disk with what memory holds. Reads no file."""

    def __init__(self, catalog: Catalog, storing: Storing, *, own: Path, retire: bool) -> None:
        self.catalog, self.storing = catalog, storing
        self.own = own  # the memory's own folder, which it does not read
        self.retire = retire

    def sort(self, found: Sequence[Found], report: Report, *, again: bool = False, anew: bool = True) -> list[Found]:
        """Queues what is new or changed, and gives it, the newest first; marks what is left out.

        `anew`: what failed is tried again although it did not change.
        """
        found = [file for file in found if not file.path.is_relative_to(self.own)]
        known = self.catalog.sources.known([file.path for file in found])
        if again:
            self.catalog.forgetting.lift([file.path for file in found])
        forgotten = self.catalog.forgetting.forgotten([file.path for file in found])
        waiting: list[Found] = []
        marks: list[Mark] = []
        leaving: list[SourceRow] = []
        for file in found:
            row = known.get(file.path)
            if file.path in forgotten:
                report.leave_out(file.path, "ignored", FORGOTTEN)
            elif file.failed:
                report.leave_out(file.path, "failed", file.failed)
                if not is_missing(file):  # what memory holds of it stays: it is out of reach, not gone
                    inside = self.catalog.sources.inside(file.path) if file.is_folder else []
                    marks += [mark(file, "failed", file.failed)]
                    marks += [Mark(below.path, "failed", file.failed) for below in inside if below.path != file.path]
            elif file.ignored:
                if row and row.documents and file.ignored.startswith(BY_NAME):
                    continue
                report.leave_out(file.path, "ignored", file.ignored)
                marks.append(mark(file, "ignored", file.ignored))
                leaving += [row] if row and row.documents else []
            elif not again and is_unchanged(file, row, anew=anew):
                report.unchanged += 1
            elif not again and row and row.state == "offline" and row.documents and has_same_stat(file, row):
                report.unchanged += 1
                marks.append(settled(file, row))
            else:
                waiting.append(file)
        waiting.sort(key=lambda file: -file.mtime_ns)
        self.storing.leave(leaving, retire=self.retire)
        queued = [(file, known.get(file.path)) for file in waiting]
        marks += [mark(file, "queued", row.reason if row else "") for file, row in queued]
        self.catalog.sources.mark([new for new in marks if differs(new, known.get(new.path))])
        return waiting

    def differences(self, scope: Path, found: Sequence[Found]) -> list[Path]:
        """Where the disk is not what memory holds, after a scan of `scope` in a watched folder; writes nothing."""
        rows = {row.path: row for row in self.catalog.sources.inside(scope)}
        forgotten = self.catalog.forgetting.forgotten([file.path for file in found])
        paths = [
            file.path
            for file in found
            if not file.path.is_relative_to(self.own)
            and file.path not in forgotten
            and not self._is_as_known(file, rows.get(file.path))
        ]
        seen = {file.path for file in found}
        return paths + [row.path for row in self._unseen(rows.values(), seen, ruled_out(found))]

    def _is_as_known(self, file: Found, row: SourceRow | None) -> bool:
        if file.failed:
            return row is not None and (row.state, row.reason) == ("failed", file.failed)
        if file.ignored:
            if row is None:
                return False
            was_named = row.documents > 0 and file.ignored.startswith(BY_NAME)
            return was_named or (row.state, row.reason) == ("ignored", file.ignored)
        return is_unchanged(file, row, anew=False)

    def unseen(self, scope: Path, found: Sequence[Found]) -> list[SourceRow]:
        """Sources under `scope` that a scan of it finds no more: gone, or ruled out."""
        seen = {file.path for file in found if not is_missing(file)}
        return list(self._unseen(self.catalog.sources.inside(scope), seen, ruled_out(found)))

    def _unseen(self, rows: Iterable[SourceRow], seen: set[Path], out: set[Path]) -> Iterator[SourceRow]:
        for row in rows:
            if row.path in seen:
                continue
            was_left_alone = not row.documents and row.path.is_dir()  # a folder that is walked now
            if is_absent(row.path) or was_left_alone or not out.isdisjoint(row.path.parents):
                yield row

    def offline(self, folder: Path) -> None:
        """What memory holds of a folder that is not there stays, and is said to be offline."""
        self.mark_offline(self.catalog.sources.inside(folder))

    def mark_offline(self, rows: Iterable[SourceRow]) -> None:
        marks = [Mark(row.path, "offline", row.reason or NOTHING_THERE) for row in rows if row.state != "offline"]
        self.catalog.sources.mark(marks)


def ruled_out(found: Iterable[Found]) -> set[Path]:
    """Folders and files whose rule takes what was read of them out of memory."""
    return {file.path for file in found if file.ignored and not file.ignored.startswith(BY_NAME)}


def has_same_stat(file: Found, row: SourceRow) -> bool:
    return (row.size, row.mtime_ns) == (file.size, file.mtime_ns)


def is_unchanged(file: Found, row: SourceRow | None, *, anew: bool = True) -> bool:
    """Whether memory holds the file as it is, judged by size and time; with `anew` False also what came of it
    when it could not be read, for reasons that lie in its content."""
    if row is None or not has_same_stat(file, row):
        return False
    if row.state in READ:
        return True
    if anew:
        return False
    if row.state == "failed":
        return not row.reason.startswith(OUT_OF_REACH)
    return row.state == "ignored" and row.reason.startswith(WITHOUT_WORDS)


def is_missing(file: Found) -> bool:
    """Whether a path was named at which there is nothing."""
    return file.failed is not None and is_absent(file.path)


def settled(file: Found, row: SourceRow) -> Mark:
    """The state of a source whose file was touched, moved, or is there again."""
    reason = "" if row.reason == NOTHING_THERE or row.reason.startswith(OUT_OF_REACH) else row.reason
    if row.documents != row.encoded:
        return mark(file, "stored", reason)
    return mark(file, "partial" if reason else "ready", reason)


def mark(file: Found, state: State, reason: str) -> Mark:
    return Mark(file.path, state, reason, size=file.size, mtime_ns=file.mtime_ns)


def differs(new: Mark, row: SourceRow | None) -> bool:
    """Whether a mark says anything new."""
    if row is None or (row.state, row.reason) != (new.state, new.reason):
        return True
    return (new.size, new.mtime_ns) not in ((None, None), (row.size, row.mtime_ns))
