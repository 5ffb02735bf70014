"""What a walk leaves alone: the junk of systems, editors and programs, and what .twinignore files say."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pathspec import GitIgnoreSpec

from ingest.text import decode
from ingest.types import Unreadable

IGNORE_FILE = ".twinignore"
_IGNORE_FILE_BYTES = 1_000_000

_JUNK = GitIgnoreSpec.from_lines((
    ".DS_Store", "._*", ".Spotlight-V100/", ".Trashes/", ".fseventsd/", ".TemporaryItems/", "Icon[\r]",
    "Thumbs.db", "ehthumbs.db", "desktop.ini", "$RECYCLE.BIN/", "System Volume Information/",
    "@eaDir/", "\\#recycle/", ".Trash*", ".stversions/", ".stfolder/", ".snapshot/", "lost+found/",
    "node_modules/", "__pycache__/", ".venv/", "venv/", "*.pyc",
    "~$*", ".~lock.*", "*.sw[op]", "*~", "*.tmp", "*.part", "*.partial", "*.crdownload", "*.download",
))  # fmt: skip


def junk(name: str, is_folder: bool) -> str | None:
    """The rule that ignores an entry of this name in any folder, or None."""
    result = _JUNK.check_file(name + "/" if is_folder else name)
    if result.include and result.index is not None:
        return f"junk of the system or of programs ({name})"
    return "hidden" if name.startswith(".") else None


@dataclass(frozen=True, slots=True)
class IgnoreRules:
    """The .twinignore files that hold in a folder, innermost first, each with the folder it lies in."""

    specs: tuple[tuple[Path, GitIgnoreSpec, tuple[str, ...]], ...] = ()

    def within(self, folder: Path) -> IgnoreRules:
        """These rules, and those of the folder's own .twinignore. Raises OSError when it cannot be read."""
        path = folder / IGNORE_FILE
        if not path.is_file():
            return self
        with path.open("rb") as file:
            data = file.read(_IGNORE_FILE_BYTES)
        try:
            patterns = tuple(decode(data).splitlines())
        except Unreadable:
            return self
        spec = GitIgnoreSpec.from_lines(patterns)
        return IgnoreRules(((folder, spec, patterns), *self.specs))

    def rule(self, path: Path, is_folder: bool) -> str | None:
        """The pattern that ignores `path`, or None; an inner file overrules the outer ones."""
        for folder, spec, patterns in self.specs:
            relative = path.relative_to(folder).as_posix() + ("/" if is_folder else "")
            result = spec.check_file(relative)
            if result.include is not None:
                shown = patterns[result.index].strip() if result.index is not None else ""
                return f"{IGNORE_FILE}: {shown}" if result.include else None
        return None
