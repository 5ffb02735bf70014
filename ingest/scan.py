"""Walking what the person named: every file with what is to become of it, in sorted order.

Only regular files are ever opened. Symbolic links inside a folder are not followed, so a walk ends and stays
inside; what the person names directly is read even if it is a link or hidden.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ingest.ignore import BUILT_IN, IgnoreRules, Rule, junk
from ingest.limits import Limits

_KINDS = (
    (stat.S_ISFIFO, "a pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
)
SIZE_LIMIT = "size limit"
LINK = Rule("symbolic link (not followed)", BUILT_IN)

Known = Callable[[Path, os.stat_result], bool]
"""Whether memory holds the file as it is now: then a walk does not open it."""


@dataclass(frozen=True, slots=True)
class Found:
    """A file, or a folder left alone as a whole. `ignored` is the rule, `failed` the reason; never both."""

    path: Path
    size: int
    mtime_ns: int
    ignored: str | None = None
    failed: str | None = None
    rule: Rule | None = None  # behind `ignored`
    is_folder: bool = False


def _unknown(path: Path, status: os.stat_result) -> bool:
    return False


@dataclass(frozen=True, slots=True)
class Scanner:
    """How folders are walked. Never raises for what is on the disk. To be made anew for each look at the disk: rules
    it has read are not read again."""

    limits: Limits
    ignore: Sequence[str] = ()  # patterns of the settings, for every folder that is named
    apart: frozenset[Path] = frozenset()  # folders and files inside a named one that are not its business
    known: Known = field(default=_unknown)
    _seen: dict[tuple[Path, Path], IgnoreRules | Found] = field(default_factory=dict)  # by root and folder

    def scan(self, paths: Sequence[Path]) -> Iterator[Found]:
        """Everything under the paths, once each."""
        seen: set[Path] = set()
        folders: set[tuple[int, int]] = set()
        for path in paths:
            for found in self._named(path.absolute(), folders):
                if found.path not in seen:
                    seen.add(found.path)
                    yield found

    def inside(self, root: Path, path: Path) -> Iterator[Found]:
        """What a scan of `root` would find at and under `path`, which lies in it. Nothing if nothing is there."""
        if path == root:
            yield from self.scan([root])
            return
        rules = self._rules_in(root, path.parent)
        entry = rules if isinstance(rules, Found) else self._entry(path, rules)
        if isinstance(entry, Found):
            if entry.ignored or not is_absent(entry.path):
                yield entry
        elif isinstance(rules, IgnoreRules):
            yield from self._walk(path, entry, rules, set())

    def _rules_in(self, root: Path, folder: Path) -> IgnoreRules | Found:
        """The rules that hold in a folder of `root`; or what keeps the folder, or one above it, out."""
        if (known := self._seen.get((root, folder))) is not None:
            return known
        rules = IgnoreRules.of(root, self.ignore) if folder == root else self._rules_in(root, folder.parent)
        if isinstance(rules, IgnoreRules):
            entry = None if folder == root else self._entry(folder, rules)
            try:
                rules = entry if isinstance(entry, Found) else rules.within(folder)
            except OSError as error:
                rules = _failed(folder, error, is_folder=True)
        self._seen[root, folder] = rules
        return rules

    def _named(self, path: Path, folders: set[tuple[int, int]]) -> Iterator[Found]:
        try:
            status = path.stat()
        except OSError as error:
            yield _failed(path, error)
            return
        if stat.S_ISDIR(status.st_mode):
            yield from self._walk(path, status, IgnoreRules.of(path, self.ignore), folders)
        else:
            yield self._file(path, status)

    def _walk(
        self, root: Path, root_status: os.stat_result, root_rules: IgnoreRules, folders: set[tuple[int, int]]
    ) -> Iterator[Found]:
        waiting: list[tuple[Path, os.stat_result, IgnoreRules]] = [(root, root_status, root_rules)]
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
                yield _failed(folder, error, is_folder=True)
                continue
            below: list[tuple[Path, os.stat_result, IgnoreRules]] = []
            for name in names:
                path = folder / name
                if path in self.apart:
                    continue
                entry = self._entry(path, rules)
                if isinstance(entry, Found):
                    yield entry
                else:
                    below.append((path, entry, rules))
            waiting.extend(reversed(below))

    def _entry(self, path: Path, rules: IgnoreRules) -> Found | os.stat_result:
        """What is at `path`; of a folder that is to be walked its status."""
        try:
            status = path.lstat()
        except OSError as error:
            return _failed(path, error)
        is_folder = stat.S_ISDIR(status.st_mode)
        is_link = stat.S_ISLNK(status.st_mode)
        rule = junk(path.name, is_folder) or rules.rule(path, is_folder) or (LINK if is_link else None)
        if rule:
            size = 0 if is_folder else status.st_size
            return Found(path, size, status.st_mtime_ns, ignored=rule.text, rule=rule, is_folder=is_folder)
        return status if is_folder else self._file(path, status)

    def _file(self, path: Path, status: os.stat_result) -> Found:
        if self.known(path, status):
            if os.access(path, os.R_OK, effective_ids=os.access in os.supports_effective_ids):
                return Found(path, status.st_size, status.st_mtime_ns)
            return _failed(path, PermissionError(), status)
        try:
            rule = self._rule(path, status)
        except OSError as error:
            return _failed(path, error, status)
        return Found(path, status.st_size, status.st_mtime_ns, ignored=rule.text if rule else None, rule=rule)

    def _rule(self, path: Path, status: os.stat_result) -> Rule | None:
        from ingest.readers import recognise  # parsers of every kind, 0.3 s: a question needs none
        from ingest.readers.source import too_large

        if not stat.S_ISREG(status.st_mode):
            kind = next((name for test, name in _KINDS if test(status.st_mode)), "special")
            return Rule(f"not a regular file ({kind})", BUILT_IN)
        if status.st_size == 0:
            return Rule("empty file", BUILT_IN)
        reader = recognise(path, self.limits)
        if isinstance(reader, str):
            return Rule(reader, BUILT_IN)
        text = too_large(status.st_size, reader.limit, self.limits)
        return Rule(text, SIZE_LIMIT) if text else None


def scan(paths: Sequence[Path], limits: Limits) -> Iterator[Found]:
    """Everything under the paths, once each, by the built-in rules and .twinignore."""
    return Scanner(limits).scan(paths)


def is_absent(path: Path) -> bool:
    """Whether there is nothing of that name; what merely cannot be reached now is not absent."""
    try:
        path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return True
    except OSError:
        return False
    return False


def _failed(path: Path, error: OSError, status: os.stat_result | None = None, *, is_folder: bool = False) -> Found:
    if isinstance(error, PermissionError):
        reason = f"permission denied: give yourself the right to read it (chmod u+r{'x' if is_folder else ''})"
    elif isinstance(error, FileNotFoundError):
        reason = "not found: there is no such file or folder"
    else:
        reason = f"cannot be read: {error.strerror or error}"
    size, mtime_ns = (status.st_size, status.st_mtime_ns) if status else (0, 0)
    return Found(path, size, mtime_ns, failed=reason, is_folder=is_folder)
