"""JSON of any program, and JSON lines: every value as a line "path: value", kept together record by record.

Comes after the readers of known exports. What is no JSON after all (comments, single quotes) is read as text.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

from ingest import dates
from ingest.context import Budget
from ingest.limits import Limits
from ingest.readers import plain
from ingest.readers.compose import Entry, Origin, Row, compose_entries
from ingest.readers.json_leaves import Leaf, Path, leaves
from ingest.readers.source import Reader, Source, named
from ingest.text import Lines, clean
from ingest.types import Reading

_LINES = (".jsonl", ".ndjson")
_PATH_CHARACTERS = 200  # of a path, which is said again in every line
_ROW_CHARACTERS = 200
_DATED = frozenset(  # keys whose value says when a record is of
    "date time datetime timestamp day when created createdat created_at sent sentat sent_at start starts starttime "
    "start_time begin published publishedat published_at".split()
)
_RECORD_ROWS = 500  # more is no record of a person's; it is cut, so that memory stays bounded


def read(source: Source, budget: Budget, limits: Limits) -> Reading:
    text = source.text()
    by_line = source.name.lower().endswith(_LINES)
    if not by_line and not _begins(text):
        return plain.read(source, budget, limits)
    reading = Reading("jsonl" if by_line else "json", iter(()))
    found = _by_line(text, reading.unreadable) if by_line else _whole(text, reading.unreadable)
    origin = Origin(title=source.stem, date=dates.from_name(source.name))
    reading.documents = compose_entries(found, origin, budget, gap="\n\n")
    return reading


def _begins(text: str) -> bool:
    """Whether there is a value to be had before the text stops being JSON."""
    if text.lstrip()[:1] not in ("{", "["):
        return False
    try:
        next(leaves(text), None)
    except json.JSONDecodeError as error:
        return error.msg.startswith("nested")
    return True


def _whole(text: str, unreadable: list[str]) -> Iterator[Entry]:
    is_list = text.lstrip().startswith("[")

    def found() -> Iterator[Leaf]:
        try:
            yield from leaves(text)
        except json.JSONDecodeError as error:
            unreadable.append(f"line {error.lineno}: {error.msg}; nothing after it was read")

    yield from _records(found(), 1 if is_list else 0)


def _by_line(text: str, unreadable: list[str]) -> Iterator[Entry]:
    lines = Lines(text)
    for number, start in enumerate(lines.starts, 1):
        line = text[start : lines.start(number)]
        if not line.strip():
            continue
        try:
            yield from _records(list(leaves(line, line=number)), 0)
        except json.JSONDecodeError as error:
            unreadable.append(f"line {number}: {error.msg}")


def _records(found: Iterator[Leaf] | list[Leaf], unsaid: int) -> Iterator[Entry]:
    """Leaves in groups: of the innermost object in a list. The first `unsaid` steps of each path are not shown.

    The plain values of a list that stand on one line stay on one line.
    """
    rows: list[Row] = []
    day: str | None = None
    record: Path = ()
    listed: Path | None = None  # the list that the last row's value stands in
    for leaf in found:
        if not leaf.value.strip() or (leaf.value == "null" and not leaf.is_string):
            continue
        in_list = leaf.path[:-1] if leaf.path and isinstance(leaf.path[-1], int) else None
        if (
            in_list is not None
            and in_list == listed
            and rows[-1][2] == leaf.first
            and len(rows[-1][0]) < _ROW_CHARACTERS
        ):
            text, first, _ = rows[-1]
            rows[-1] = (clean(f"{text}, {leaf.value}"), first, leaf.last)
            continue
        belongs_to = _record(leaf.path)
        if rows and (belongs_to != record or len(rows) >= _RECORD_ROWS):
            yield Entry(rows, date=day)
            rows, day = [], None
        day = day or _day(leaf, belongs_to)
        record, listed = belongs_to, in_list
        path = _shown(leaf.path[unsaid:])
        rows.append((clean(f"{path}: {leaf.value}" if path else leaf.value), leaf.first, leaf.last))
    if rows:
        yield Entry(rows, date=day)


def _day(leaf: Leaf, record: Path) -> str | None:
    """The day that a value right in a record says it is of; the day alone, so that records of one share documents."""
    *path, key = leaf.path or ("",)
    if len(path) != len(record) or str(key).lower() not in _DATED:
        return None
    found = dates.from_value(leaf.value) if leaf.is_string else dates.from_epoch(_number(leaf.value))
    return found[:10] if found else None


def _number(text: str) -> float | None:
    """Seconds since 1970, of milliseconds too; None where these are neither."""
    try:
        value = float(text)
    except ValueError:
        return None
    value = value / 1000 if value > 1e11 else value
    return value if value > 1e8 else None  # earlier than 1973: rather a count of something


def _record(path: Path) -> Path:
    """The path of the innermost object that stands in a list."""
    for at in range(len(path) - 2, -1, -1):
        if isinstance(path[at], int) and isinstance(path[at + 1], str):
            return path[: at + 1]
    return ()


def _shown(path: Path) -> str:
    """people[3].address.city; the place in a list of plain values is not said."""
    if path and isinstance(path[-1], int):
        path = path[:-1]
    # A key may be megabytes long, and is said again for every value under it: cut before it is joined.
    steps = (f"[{step}]" if isinstance(step, int) else f".{step[-_PATH_CHARACTERS:]}" for step in path)
    return "".join(steps).removeprefix(".")[-_PATH_CHARACTERS:]


READER = Reader("json", "text_bytes", named(".json", ".geojson", ".canvas", *_LINES), read)
