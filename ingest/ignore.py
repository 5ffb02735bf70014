"""What a walk leaves alone: the junk of systems, editors and programs, and what .twinignore files and settings say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from pathspec import GitIgnoreSpec
from pathspec.patterns.gitignore import GitIgnorePatternError

from ingest.text import decode
from ingest.types import Unreadable

IGNORE_FILE = ".twinignore"
SETTINGS = "settings"
BUILT_IN = "built-in"
_IGNORE_FILE_BYTES = 1_000_000

_JUNK = GitIgnoreSpec.from_lines((
    ".DS_Store", "._*", ".Spotlight-V100/", ".Trashes/", ".fseventsd/", ".TemporaryItems/", "Icon[\r]",
    "Thumbs.db", "ehthumbs.db", "desktop.ini", "$RECYCLE.BIN/", "System Volume Information/",
    "@eaDir/", "\\#recycle/", "\\#snapshot/", ".@__thumb/", "@Recycle/", "@Recently-Snapshot/", ".zfs/", ".recycle/",
    ".Trash*", ".stversions/", ".stfolder/", ".snapshot/", ".sync/", ".dropbox.cache/", "lost+found/",
    "node_modules/", "__pycache__/", ".venv/", "venv/", "*.pyc",
    "~$*", ".~lock.*", "*.sw[op]", "*~", "\\#*#", "4913", "*.tmp",
    "*.part", "*.partial", "*.crdownload", "*.download", "*.filepart", ".goutputstream-*", ".nfs????*", ".fuse_hidden*",
))  # fmt: skip


@dataclass(frozen=True, slots=True)
class Rule:
    """Why an entry is left alone: `text` in one line, and where the rule stands."""

    text: str
    origin: str  # BUILT_IN, SETTINGS, or the path of the .twinignore
    pattern: str = ""
    line: int | None = None  # of the .twinignore, from 1


@lru_cache(maxsize=10_000)  # a storm of events asks for the same folders' names again and again
def junk(name: str, is_folder: bool) -> Rule | None:
    """The built-in rule that ignores an entry of this name in any folder, or None."""
    result = _JUNK.check_file(name + "/" if is_folder else name)
    if result.include and result.index is not None:
        pattern = str(_JUNK.patterns[result.index].pattern)
        return Rule(f"junk of the system or of programs ({name})", BUILT_IN, pattern)
    return Rule("hidden", BUILT_IN, ".*") if name.startswith(".") else None


def compiled(lines: Sequence[str]) -> GitIgnoreSpec:
    """One pattern a line; a line that is none (a lone "!") counts as empty, as git does, and keeps its number."""
    return GitIgnoreSpec.from_lines([line if is_pattern(line) else "" for line in lines])


def is_pattern(line: str) -> bool:
    """Whether a line of .gitignore syntax can be understood."""
    try:
        GitIgnoreSpec.from_lines([line])
    except GitIgnorePatternError:
        return False
    return True


@dataclass(frozen=True, slots=True)
class _Patterns:
    folder: Path  # which they are relative to
    origin: str
    spec: GitIgnoreSpec
    lines: tuple[str, ...]

    def rule(self, path: Path, is_folder: bool) -> Rule | bool:
        """The rule that ignores `path`; True where one re-includes it; False where none speaks of it."""
        result = self.spec.check_file(path.relative_to(self.folder).as_posix() + ("/" if is_folder else ""))
        if not result.include:
            return result.include is not None
        at = result.index or 0
        pattern = self.lines[at].strip()
        if self.origin == SETTINGS:
            return Rule(f"setting ignore: {pattern}", SETTINGS, pattern)
        return Rule(f"{IGNORE_FILE}: {pattern}", self.origin, pattern, at + 1)


@dataclass(frozen=True, slots=True)
class IgnoreRules:
    """The patterns that hold in a folder, innermost first: those of the .twinignore files, then the settings'."""

    patterns: tuple[_Patterns, ...] = ()

    @classmethod
    def of(cls, root: Path, lines: Sequence[str]) -> IgnoreRules:
        """The settings' patterns, as if they stood in a .twinignore of the root."""
        if not lines:
            return cls()
        return cls((_Patterns(root, SETTINGS, compiled(lines), tuple(lines)),))

    def within(self, folder: Path) -> IgnoreRules:
        """These rules, and those of the folder's own .twinignore. Raises OSError when it cannot be read."""
        path = folder / IGNORE_FILE
        if not path.is_file():
            return self
        with path.open("rb") as file:
            data = file.read(_IGNORE_FILE_BYTES)
        try:
            lines = tuple(decode(data).splitlines())
        except Unreadable:
            return self
        own = _Patterns(folder, str(path), compiled(lines), lines)
        return IgnoreRules((own, *self.patterns))

    def rule(self, path: Path, is_folder: bool) -> Rule | None:
        """The pattern that ignores `path`, or None; an inner file overrules the outer ones."""
        for patterns in self.patterns:
            if found := patterns.rule(path, is_folder):
                return found if isinstance(found, Rule) else None
        return None
