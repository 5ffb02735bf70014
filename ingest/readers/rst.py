"""reStructuredText: slices of the file under the path of their section titles.

Titles are found by their adornment alone: docutils would give the same sections, but also run directives, and
knows fewer lines than there are.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from ingest import dates
from ingest.context import Budget
from ingest.limits import Limits
from ingest.readers.compose import HEADING_CHARACTERS, Origin, Section, compose
from ingest.readers.source import Reader, Source, named
from ingest.split import Block
from ingest.text import Lines
from ingest.types import Reading

_ADORNMENT = re.compile(r"([!-/:-@\[-`{-~])\1{1,}[ \t]*\Z")
_FIELD = re.compile(r":(?i:date|created|published):[ \t]+(\S.*)")
_ROLE = re.compile(
    r":[\w:+.-]+:`([^`<]*?)(?:\s*<[^`>]*>)?`|``([^`]+)``|`([^`<]+?)(?:\s*<[^`>]*>)?`__?|[*]{1,2}([^*]+)[*]{1,2}"
)
_TABLE = re.compile(r"[+][-=+]+[+]?\Z|={2,}[ =]*\Z")
_FIRST_LINES = 60  # in which a date of the whole file stands


@dataclass(frozen=True, slots=True)
class _Title:
    line: int  # counted from 0, of the overline where there is one
    end: int  # the line after the underline
    style: str
    text: str


def read(source: Source, budget: Budget, limits: Limits) -> Reading:
    text = source.text()
    lines = Lines(text)
    rows = [text[a:b].rstrip("\r\n") for a, b in zip(lines.starts, [*lines.starts[1:], len(text)], strict=True)]
    titles = list(_titles(rows))
    date = next((dates.from_value(m[1].strip()) for row in rows[:_FIRST_LINES] if (m := _FIELD.match(row))), None)
    levels: dict[str, int] = {}
    for title in titles:
        levels.setdefault(title.style, len(levels) + 1)
    top = [title.text for title in titles if levels[title.style] == 1]
    name = top[0] if len(top) == 1 and titles[0].text == top[0] else source.stem
    origin = Origin(title=name, date=date or dates.from_name(source.name), lines=lines)
    return Reading("rst", compose(text, _sections(rows, lines, titles, levels), origin, budget))


def _titles(rows: list[str]) -> Iterator[_Title]:
    """Section titles: a line of text with an adornment at least as long below it, and perhaps the same above."""
    at = 0
    while at < len(rows):
        row = rows[at]
        following = rows[at + 1] if at + 1 < len(rows) else ""
        over = _ADORNMENT.match(row)
        if over and at + 2 < len(rows) and following.strip() and rows[at + 2].rstrip() == row.rstrip():
            text = following.strip()
            if len(row.rstrip()) >= len(text) and not _ADORNMENT.match(following):
                yield _Title(at, at + 3, over[1] * 2, text[:HEADING_CHARACTERS])
                at += 3
                continue
        under = _ADORNMENT.match(following)
        is_text = bool(row.strip()) and not row[0].isspace() and not over
        first_of_its_block = at == 0 or not rows[at - 1].strip()
        if is_text and under and first_of_its_block and len(following.rstrip()) >= min(len(row.rstrip()), 4):
            yield _Title(at, at + 2, under[1], row.strip()[:HEADING_CHARACTERS])
            at += 2
            continue
        at += 1


def _sections(rows: list[str], lines: Lines, titles: list[_Title], levels: dict[str, int]) -> Iterator[Section]:
    path: list[tuple[int, str]] = []
    pending = list(_blocks(rows, lines, 0, titles[0].line if titles else len(rows)))
    if pending:
        yield Section((), pending)
        pending = []
    for i, title in enumerate(titles):
        end = titles[i + 1].line if i + 1 < len(titles) else len(rows)
        level = levels[title.style]
        path = [*(step for step in path if step[0] < level), (level, _plain(title.text))]
        pending.append(Block(lines.starts[title.line], lines.start(title.end)))
        body = list(_blocks(rows, lines, title.end, end))
        pending += body
        if not body and i + 1 < len(titles) and levels[titles[i + 1].style] > level:
            continue  # a title right above its first child's goes along with that
        yield Section(tuple(name for _, name in path), pending)
        pending = []


def _blocks(rows: list[str], lines: Lines, first: int, end: int) -> Iterator[Block]:
    """Paragraphs, each with the indented ones below it: a directive and its content, an item and its text."""
    start = first
    for at in range(first, end + 1):
        ends = at == end or (at > start and not rows[at - 1].strip() and rows[at][:1].strip())
        if ends:
            shown = rows[start:at]
            if any(row.strip() for row in shown):
                by_line = any(_TABLE.match(row.strip()) for row in shown) or shown[0].startswith("..")
                yield Block(lines.starts[start], lines.start(at), by_line=by_line or _is_literal(shown))
            start = at


def _is_literal(rows: list[str]) -> bool:
    return any(row.rstrip().endswith("::") for row in rows) and any(row[:1].isspace() for row in rows)


def _plain(title: str) -> str:
    return " ".join(
        _ROLE.sub(lambda match: next(group for group in match.groups() if group is not None), title).split()
    )


READER = Reader("rst", "text_bytes", named(".rst", ".rest"), read)
