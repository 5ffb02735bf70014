"""`twin watch`: which folders are kept in memory, how each is doing, and whether a path is read, by which rule."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ingest.catalog import Catalog
from ingest.ignore import BUILT_IN
from ingest.scan import Found, Scanner, is_absent
from ingest.watching.watcher import Root, Times
from twin_app.errors import TwinError
from twin_app.intake import FORGOTTEN
from twin_app.pipeline import Pipeline
from twin_app.protocol import Result
from twin_app.settings import Settings
from twin_app.watching import Watching

COMPARED = (  # settings by which a file is read or not, and when: after a change everything is compared again
    *("ignore", "text_limit_mb", "pdf_limit_mb", "mail_limit_mb"),
    *("stable_seconds", "rescan_minutes", "poll_seconds"),
)


class Folders:
    """The watched folders of a memory."""

    def __init__(
        self, catalog: Catalog, pipeline: Callable[[], Pipeline], read_on: Callable[[], None], settings: Settings
    ) -> None:
        self.catalog, self._pipeline, self._settings = catalog, pipeline, settings
        self.watching = Watching(catalog, pipeline, read_on, times_of(settings))

    def start(self) -> None:
        self.watching.start()

    def close(self) -> None:
        self.watching.close()

    def is_active(self) -> bool:
        return self.watching.is_active()

    def moving(self) -> int:
        """How many files have changed and not come to rest yet."""
        return len(self.watching.watcher.stability)

    def configure(self, settings: Settings) -> None:
        """Rules, limits or times may have changed."""
        before, self._settings = self._settings, settings
        if any(getattr(before, key) != getattr(settings, key) for key in COMPARED):
            self.watching.change(times_of(settings))

    def watch(self, paths: Sequence[Path]) -> Result:
        """Durable on return; reading goes on in the background. Raises TwinError for what is not there."""
        if missing := [path for path in paths if not path.exists()]:
            raise TwinError(f"there is no file or folder {missing[0]}: make it, or plug in its disk, and watch it then")
        own = self._pipeline().intake.own
        if inside := [path for path in paths if path.is_relative_to(own)]:
            raise TwinError(f"{inside[0]} is the memory's own folder, which it does not read")
        self.catalog.watched.add({path: not path.is_dir() for path in paths})
        self.watching.start()
        return {"watching": [folder for folder in self.list() if Path(folder["path"]) in paths]}

    def unwatch(self, paths: Sequence[Path]) -> Result:
        """What memory holds of them stays. Raises TwinError for what is not watched."""
        known = {row.path for row in self.catalog.watched.all()}
        if strange := [path for path in paths if path not in known]:
            inside = next((path for path in known if strange[0].is_relative_to(path)), None)
            hint = f"it lies in {inside}, which is: keep it out with a .twinignore there" if inside else "see --list"
            raise TwinError(f"{strange[0]} is not watched ({hint})")
        removed = self.catalog.watched.remove(paths)
        self.watching.start()
        return {"removed": [str(path) for path in removed], "watching": self.list()}

    def list(self) -> list[dict[str, Any]]:
        """Each watched folder, with how it is doing."""
        roots = {root.path: root for root in self.watching.watcher.roots()}
        return [
            _folder_json(roots.get(row.path) or Root(row.path, row.is_file), row.added_at)
            for row in self.catalog.watched.all()
        ]

    def explain(self, path: Path) -> Result:
        """The object `twin watch --explain PATH --json` prints."""
        root = self.watching.watcher.root_of(path)
        row = self.catalog.sources.known([path]).get(path)
        answer: dict[str, Any] = {
            "path": str(path), "root": str(root.path) if root else None, "read": False, "rule": "", "origin": None,
            "pattern": None, "line": None, "decided_at": str(path), "state": row.state if row else None,
            "reason": row.reason if row else "", "documents": row.documents if row else 0,
        }  # fmt: skip
        pipeline = self._pipeline()
        if path.is_relative_to(pipeline.intake.own):
            return answer | {"rule": "the memory's own folder", "origin": BUILT_IN}
        if root is None:
            return answer | {"rule": "outside every watched folder (twin watch, or twin add for once)"}
        if is_absent(path):
            why = "" if root.is_online or not root.reason else f": {root.reason}"
            return answer | {"rule": f"there is nothing at that path{why}"}
        found = self._found(pipeline, root, path)
        if found is not None and found.ignored:
            rule = found.rule
            return answer | {
                "rule": found.ignored, "decided_at": str(found.path), "origin": rule.origin if rule else None,
                "pattern": rule.pattern or None if rule else None, "line": rule.line if rule else None,
            }  # fmt: skip
        if found is not None and found.failed:
            return answer | {"rule": found.failed, "decided_at": str(found.path)}
        if path in self.catalog.forgetting.forgotten([path]):
            return answer | {"rule": FORGOTTEN}
        if path in self.watching.watcher.stability:
            delay_s = self.watching.watcher.times.stable
            return answer | {"read": True, "rule": f"changed just now: read once it has not changed for {delay_s:g} s"}
        return answer | {"read": True, "rule": "no rule keeps it out"}

    def _found(self, pipeline: Pipeline, root: Root, path: Path) -> Found | None:
        """What a scan says of the path itself, or of the folder that keeps it out; None for a folder that is read."""
        scanner = Scanner(pipeline.scanner.limits, pipeline.scanner.ignore)
        first = next(scanner.inside(root.path, path), None)
        return first if first is not None and path.is_relative_to(first.path) else None


def times_of(settings: Settings) -> Times:
    return Times(settings.stable_seconds, settings.rescan_minutes * 60, settings.poll_seconds)


def _folder_json(root: Root, added_at: datetime) -> dict[str, Any]:
    scanned = root.scanned_at and datetime.fromtimestamp(root.scanned_at, UTC).isoformat("T", "seconds")
    state = "watched" if root.is_online else "starting" if root.identity is None and not root.reason else "offline"
    return {
        "path": str(root.path), "kind": "file" if root.is_file else "folder", "state": state,
        "mode": "polling" if root.is_polled else "events", "reason": root.reason,
        "added_at": added_at.isoformat(timespec="seconds"), "scanned_at": scanned,
    }  # fmt: skip
