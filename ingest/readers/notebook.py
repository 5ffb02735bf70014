"""Jupyter notebooks: Markdown and code cells as they were written, each a document with its number; no outputs."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from ingest import dates
from ingest.context import Budget
from ingest.limits import Limits
from ingest.readers.compose import HEADING_CHARACTERS, Entry, Origin, Row, compose_entries
from ingest.readers.json_leaves import Leaf, leaves
from ingest.readers.source import Reader, Source, named
from ingest.text import clean
from ingest.types import Reading, Unreadable

_HEADING = re.compile(r"(#{1,6})\s+(.+?)\s*#*")
_FENCE = re.compile(r"\s*(```|~~~)")
_SOURCES = ("source", "input")  # of format 4, and of code cells in format 3


def read(source: Source, budget: Budget, limits: Limits) -> Reading:
    text = source.text()
    reading = Reading("ipynb", iter(()))
    origin = Origin(title=source.stem, date=dates.from_name(source.name))
    try:
        next(leaves(text), None)
    except json.JSONDecodeError as error:
        raise Unreadable(
            f"not a notebook ({error.msg} at line {error.lineno}): open it in Jupyter and save it"
        ) from error
    entries = _entries(text, reading.unreadable)
    reading.documents = compose_entries(entries, origin, budget, gap="\n\n", apart=True)
    return reading


def _entries(text: str, unreadable: list[str]) -> Iterator[Entry]:
    path: list[tuple[int, str]] = []
    for number, (kind, rows) in enumerate(_cells(text, unreadable), 1):
        if kind == "markdown":
            path = _headings(path, rows)
        if any(row.strip() for row, _, _ in rows):
            yield Entry(rows, headings=(*(name for _, name in path), f"cell {number}"))


def _cells(text: str, unreadable: list[str]) -> Iterator[tuple[str, list[Row]]]:
    """(type, rows) of every cell. A cell's keys come in any order, so it is known when the next one begins."""
    cell, kind = -1, ""
    rows: list[Row] = []
    try:
        for leaf in leaves(text):
            # ("cells", 3, "source", 0), in format 3 ("worksheets", 0, "cells", 3, "input", 0)
            steps = leaf.path[leaf.path.index("cells") + 1 :] if "cells" in leaf.path[:3] else ()
            if len(steps) < 2 or not isinstance(steps[0], int):
                continue
            for _ in range(cell, steps[0]):
                if cell >= 0:
                    yield kind, rows
                cell, kind, rows = cell + 1, "", []
            if steps[1] == "cell_type":
                kind = leaf.value
            elif steps[1] in _SOURCES and leaf.is_string:
                rows += _lines(leaf)
    except json.JSONDecodeError as error:
        unreadable.append(f"line {error.lineno}: {error.msg}; nothing after it was read")
    if cell >= 0:
        yield kind, rows


def _lines(leaf: Leaf) -> list[Row]:
    """The lines in one string: of a cell written as a list it holds one, else all of them."""
    return [(clean(line), leaf.first, leaf.last) for line in leaf.value.removesuffix("\n").split("\n")]


def _headings(path: list[tuple[int, str]], rows: list[Row]) -> list[tuple[int, str]]:
    fenced = False
    for row, _, _ in rows:
        if _FENCE.match(row):
            fenced = not fenced
        elif not fenced and (heading := _HEADING.fullmatch(row)):
            level = len(heading[1])
            path = [*(step for step in path if step[0] < level), (level, heading[2][:HEADING_CHARACTERS])]
    return path


READER = Reader("ipynb", "text_bytes", named(".ipynb"), read)
