"""Completing paths as they are typed, as a shell does; knows nothing of widgets."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

MOST = 200  # entries that are offered


@dataclass(frozen=True, slots=True)
class Entry:
    """What a typed path may go on to; `text` is what would then stand there."""

    text: str
    is_folder: bool


def completions(typed: str) -> list[Entry]:
    """The entries of the folder that `typed` leads into, whose names begin with its last part: folders first.

    Hidden ones only when a dot was typed. A folder that cannot be read has none.
    """
    head, slash, start = typed.rpartition("/")
    if not slash and typed.startswith("~"):
        return [Entry("~/", is_folder=True)] if typed == "~" else []
    folder = Path(head + slash).expanduser() if slash else Path()
    found: list[tuple[bool, str]] = []
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                if entry.name.lower().startswith(start.lower()) and (
                    start.startswith(".") or not entry.name.startswith(".")
                ):
                    found.append((not entry.is_dir(), entry.name))
    except OSError:
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
