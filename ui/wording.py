"""What the app says of records: places, states, verdicts, names that fit; plain text without anything to obey."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from os.path import commonpath
from pathlib import Path, PurePath
from typing import Any

from rich.cells import cell_len, set_cell_size

from twin_app.render import clean, coverage, one_line, shown_path

__all__ = ["cell_len", "clean", "coverage", "one_line", "set_cell_size", "shown_path"]

Record = Mapping[str, Any]
ELLIPSIS = "…"
STYLES = {"text": "$foreground", "strong": "bold", "accent": "$accent", "muted": "$foreground-muted"}

# A state is a symbol, a word and a tone (a name of theme.py's colours): never told by colour alone.
SOURCE_STATES: dict[str, tuple[str, str]] = {
    "queued": ("◌", "muted"),
    "reading": ("◐", "accent"),
    "stored": ("◑", "accent"),
    "ready": ("●", "success"),
    "partial": ("◕", "warning"),
    "failed": ("✗", "error"),
    "ignored": ("–", "muted"),
    "offline": ("○", "warning"),
}
SINCE = {
    "changed": "changed since it was read",
    "moved": "moved since it was read",
    "gone": "the file is gone",
}


def style(tone: str) -> str:
    """A tone as a style of Textual's content."""
    return STYLES.get(tone, f"$text-{tone}")


def shorten(text: str, width: int) -> str:
    """`text` in at most `width` cells, its middle left out: both ends of a name say what it is."""
    if cell_len(text) <= width:
        return text
    if width <= 1:
        return ELLIPSIS[:width]
    tail = (width - 1) // 2
    head = width - 1 - tail
    end = text[-tail:] if tail else ""
    while cell_len(end) > tail:
        end = end[1:]
    return set_cell_size(text, head).rstrip() + ELLIPSIS + end


def name_of(record: Record) -> str:
    """A source's short name: the file's."""
    return shown_path(PurePath(str(record["source"])).name or str(record["source"]))


def tilde(path: str) -> str:
    """A path as people write it: their own folder is `~`."""
    own = str(Path.home())
    return shown_path("~" + path[len(own) :] if path == own or path.startswith(own.rstrip("/") + "/") else path)


def place(record: Record) -> str:
    """Where in its source a passage stands: `page 3`, `lines 12–19`, `Gunnar Wallin · 24 Jan 2025 14:52`, or ``."""
    message, first, last = record.get("message"), record.get("line_start"), record.get("line_end")
    if message:
        parts = [one_line(str(message.get("author") or "")), moment(str(message.get("time") or ""))]
        return " · ".join(part for part in parts if part)
    if record.get("page") is not None:
        return f"page {record['page']}"
    if first is not None:
        return f"line {first}" if last in (None, first) else f"lines {first}–{last}"
    return ""


def moment(text: str) -> str:
    """An ISO 8601 moment as people read it; anything else as it is."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return one_line(text)
    day = f"{found.day} {found:%b %Y}"
    return day if len(text) <= 10 else f"{day} {found:%H:%M}"


def remark(record: Record) -> str:
    """What has become of a citation's source since; `` when nothing has."""
    parts = [SINCE.get(str(record.get("state")), "")]
    if record.get("present") is False:
        parts.append("no longer in memory")
    return ", ".join(part for part in parts if part)


def verdict(result: Record) -> tuple[str, str]:
    """Whether an answer is grounded, in words, and its tone."""
    if result.get("forgotten"):
        return "✗ forgotten", "warning"
    if result.get("grounded"):
        return "✓ grounded", "success"
    return "○ not grounded", "warning"


def nothing(result: Record) -> str:
    """Why nothing is answered: memory has no answer, or nothing was added to it yet."""
    if result.get("coverage", {}).get("documents") == 0:
        return "Memory is empty: ^o adds a folder."
    return "Nothing in memory answers this."


def line_by_line(answer: str) -> str:
    """An answer as Markdown that keeps its lines, each a quoted one: a single break would run them together."""
    return re.sub(r"(?<!\n)\n(?!\n)", "  \n", answer)


def forgotten(ignored: Sequence[Record]) -> str:
    """How many of the files that are left alone were forgotten, and what reads them all the same; `` if none was."""
    number = sum(str(file["rule"]).startswith("forgotten earlier") for file in ignored)
    return f", {number:,} of them forgotten earlier (`twin add --again` reads what was forgotten)" if number else ""


def shared_folder(paths: Sequence[str]) -> str:
    """The folder that all these files share, with its slash; `` if there is none."""
    folders = {str(PurePath(path).parent) for path in paths}
    if not folders or not all(folder.startswith("/") for folder in folders):
        return ""
    found = commonpath(list(folders))
    return found if found == "/" else found + "/"


def brief(number: int) -> str:
    """A number in four characters or so: 950, 1.2k, 13k, 2.5M."""
    if number < 1000:
        return str(number)
    share, unit = (number / 1000, "k") if number < 1_000_000 else (number / 1_000_000, "M")
    return f"{share:.1f}{unit}" if share < 10 else f"{share:.0f}{unit}"


def count(number: int, noun: str) -> str:
    """`1 document`, `1,204 documents`."""
    plural = noun if number == 1 else re.sub(r"y$", "ie", noun) + "s"
    return f"{number:,} {plural}"
