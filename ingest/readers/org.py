"""Org files: slices of the file under their heading path, with tags, states and properties in the context.

orgparse tells headings, tags (inherited ones too), TODO states, timestamps and properties; the text is the file's own.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from orgparse.node import OrgNode, parse_lines

from ingest import dates
from ingest.context import Budget
from ingest.limits import Limits
from ingest.readers.compose import HEADING_CHARACTERS, Origin, Section, compose
from ingest.readers.source import Reader, Source, named
from ingest.split import Block
from ingest.text import Lines
from ingest.types import Reading

_KEYWORD = re.compile(r"^#\+(TITLE|DATE):[ \t]*(\S.*)", re.IGNORECASE | re.MULTILINE)
_LINK = re.compile(r"\[\[([^\[\]]{1,500})\](?:\[([^\[\]]{1,500})\])?\]")
_LINE_CHARACTERS = 1_000  # of a line that are looked at; orgparse takes the square of a line's length
_DAY = re.compile(r"(?<=[<\[])(\d+)-(\d+)-(\d+)")
_CLOCK = re.compile(r"(\d+):(\d+)")
_BLOCK = re.compile(r"^[ \t]*#\+(BEGIN|END)_", re.IGNORECASE)
_ROW = re.compile(r"[ \t]*[|]")
_PROPERTIES_SHOWN = 5
_DEEPEST = 20  # headings of a path
_UNTOLD = frozenset({"ID", "CUSTOM_ID", "CATEGORY", "VISIBILITY", "CREATED", "EFFORT"})


@dataclass(frozen=True, slots=True)
class _Heading:
    line: int  # counted from 0
    level: int
    path: tuple[str, ...]  # itself the last
    date: str | None
    note: str


def read(source: Source, budget: Budget, limits: Limits) -> Reading:
    text = source.text()
    lines = Lines(text)
    rows = [text[start:end] for start, end in zip(lines.starts, [*lines.starts[1:], len(text)], strict=True)]
    rows = [row.rstrip("\r\n") for row in rows]
    said = {match[1].upper(): match[2].strip() for match in reversed(list(_KEYWORD.finditer(text)))}
    date = dates.from_value(said.get("DATE", "").strip("<>[]")[:10]) or dates.from_name(source.name)
    title = said.get("TITLE") or source.stem
    origin = Origin(title=title, date=date, lines=lines, file=source.beyond(title))
    shown = [row[:_LINE_CHARACTERS] for row in rows]
    try:
        headings = _parsed(shown, source.name)
    except (ValueError, OverflowError):  # of the 31st of June, of an effort in words
        headings = _parsed([_possible(row) for row in shown], source.name)
    return Reading("org", compose(text, _sections(rows, lines, headings), origin, budget))


def _parsed(rows: list[str], name: str) -> list[_Heading]:
    root = parse_lines(rows, name)
    return list(_headings([node for node in root if isinstance(node, OrgNode)], frozenset(root.tags)))


def _possible(row: str) -> str:
    """A line as orgparse takes it: dates and times that do not exist are blanks, an effort is any words."""
    if _DAY.search(row):
        row = _DAY.sub(_blank_unless(datetime.date), _CLOCK.sub(_blank_unless(datetime.time), row))
    return row.replace(":Effort:", ":EFFORT:")


def _blank_unless(kind: Callable[..., object]) -> Callable[[re.Match[str]], str]:
    """Keeps a match whose numbers make one of that kind."""

    def kept(match: re.Match[str]) -> str:
        try:
            kind(*map(int, match.groups()))
        except (ValueError, OverflowError):
            return " " * len(match[0])
        return match[0]

    return kept


def _headings(nodes: list[OrgNode], tags: frozenset[str]) -> Iterator[_Heading]:
    """Every heading with its path and the tags it inherits; orgparse's own way up takes the square of the file."""
    above: list[tuple[int, str, frozenset[str]]] = [(0, "", tags)]
    for node in nodes:
        above = [step for step in above if step[0] < node.level][-_DEEPEST:]
        name = " ".join(_LINK.sub(lambda match: match[2] or match[1], node.heading).split())[:HEADING_CHARACTERS]
        tags = frozenset(node.shallow_tags).union(*(step[2] for step in above))
        above.append((node.level, name, tags))
        path = tuple(name for _, name, _ in above if name)
        yield _Heading(node.linenumber - 1, node.level, path, _date(node), _note(node, tags))


def _sections(rows: list[str], lines: Lines, headings: list[_Heading]) -> Iterator[Section]:
    starts = [heading.line for heading in headings]
    if preamble := list(_blocks(rows, lines, 0, starts[0] if starts else len(rows))):
        yield Section((), preamble)
    pending: list[Block] = []
    for i, heading in enumerate(headings):
        end = starts[i + 1] if i + 1 < len(headings) else len(rows)
        pending += _blocks(rows, lines, starts[i], end)
        is_bare = all(not row.strip() for row in rows[starts[i] + 1 : end])
        following = headings[i + 1] if i + 1 < len(headings) else heading
        if is_bare and following.level > heading.level and following.note == heading.note:
            continue  # a heading right above its first child's goes along with that
        yield Section(heading.path, pending, heading.date, heading.note)
        pending = []


def _blocks(rows: list[str], lines: Lines, first: int, end: int) -> Iterator[Block]:
    """Paragraphs of the lines [first, end), counted from 0; what stands between #+BEGIN and #+END stays together."""
    start, depth = first, 0
    for at in range(first, end + 1):
        mark = _BLOCK.match(rows[at]) if at < end else None
        if mark and mark[1].upper() == "END":
            depth = 0
        elif mark:
            depth = 1
        if at == end or (not rows[at].strip() and not depth):
            if start < at:
                shown = rows[start:at]
                by_line = any(_BLOCK.match(row) or _ROW.match(row) for row in shown)
                yield Block(lines.starts[start], lines.start(at), by_line=by_line)
            start = at + 1


def _date(node: OrgNode) -> str | None:
    """When it is to be done or was; else the first timestamp in it; else a date in its heading."""
    stamps = [node.closed, node.scheduled, node.deadline, *node.get_timestamps(True, True, True, True)]
    for stamp in stamps:
        if stamp and isinstance(stamp.start, datetime.date):
            return stamp.start.isoformat()
    return dates.in_heading(node.heading)


def _note(node: OrgNode, inherited: frozenset[str]) -> str:
    tags = ", ".join(sorted(inherited))
    properties = [f"{key.lower()}: {value}" for key, value in node.properties.items() if key.upper() not in _UNTOLD]
    state = f"state: {node.todo}" if node.todo else ""
    return "; ".join(part for part in (f"tags: {tags}" if tags else "", state, *properties[:_PROPERTIES_SHOWN]) if part)


READER = Reader("org", "text_bytes", named(".org"), read)
