"""Paths as they are typed: what they mean, whether anything is there, completing them as a shell does.

Knows nothing of widgets.
"""

from __future__ import annotations

import argparse
import os
from dataclasses import dataclass
from pathlib import Path

from twin_app.arguments import absolute
from twin_app.errors import TwinError
from ui.wording import shorten, shown_path

MOST = 200  # entries that are offered
SHOWN = 40  # cells of a path in an error


@dataclass(frozen=True, slots=True)
class Entry:
    """What a typed path may go on to; `text` is what would then stand there."""

    text: str
    is_folder: bool


def typed_path(text: str) -> Path:
    """The path that was typed, absolute. Raises TwinError for what can be none: another machine's `~name`, no text."""
    try:
        return absolute(_from_top(text.strip()))
    except (OSError, RuntimeError, ValueError, argparse.ArgumentTypeError) as error:
        raise TwinError(f"{_shown(text.strip()) or 'an empty line'} is no path: {_reason(error)}") from error


def _from_top(text: str) -> str:
    """What is typed behind what stood there, where it begins anew: `/mnt` of `~//mnt`."""
    return text[text.rindex("//") + 1 :] if "//" in text else text


def is_there(path: Path) -> bool:
    """Whether there is anything. Raises TwinError where that cannot be told: no permission, a name too long."""
    try:
        return path.exists()
    except (OSError, RuntimeError, ValueError) as error:
        raise TwinError(f"{_shown(str(path))} cannot be looked at: {_reason(error)}") from error


def _shown(text: str) -> str:
    """Short enough to leave room for what is said of it."""
    return shorten(shown_path(text), SHOWN)


def _reason(error: Exception) -> str:
    return str(getattr(error, "strerror", None) or error)


def completions(typed: str) -> list[Entry]:
    """The entries of the folder that `typed` leads into, whose names begin with its last part: folders first.

    Hidden ones only when a dot was typed. A folder that cannot be read has none.
    """
    head, slash, start = _from_top(typed).rpartition("/")
    if not slash and typed.startswith("~"):
        return [Entry("~/", is_folder=True)] if typed == "~" else []
    found: list[tuple[bool, str]] = []
    try:
        folder = Path(head + slash).expanduser() if slash else Path()
        with os.scandir(folder) as entries:
            for entry in entries:
                if entry.name.lower().startswith(start.lower()) and (
                    start.startswith(".") or not entry.name.startswith(".")
                ):
                    found.append((not entry.is_dir(), entry.name))
    except (OSError, RuntimeError, ValueError):  # no permission, an unknown user, a character no path has
        return []
    found.sort(key=lambda item: (item[0], item[1].lower()))
    return [Entry(head + slash + name + ("" if is_file else "/"), not is_file) for is_file, name in found[:MOST]]


def common_start(entries: list[Entry]) -> str:
    """What all of them begin with: as far as Tab can go without a choice."""
    if not entries:
        return ""
    first, last = min(entry.text for entry in entries), max(entry.text for entry in entries)
    same = next((n for n, (a, b) in enumerate(zip(first, last, strict=False)) if a != b), min(len(first), len(last)))
    return first[:same]
