"""Markdown: front matter, a heading path, and blocks at the lines the parser gives them.

Documents are slices of the file itself, marks included. The heading line belongs to the text of its
section, so that every word of the file is in some document; front matter beyond title and date opens the
first section.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import yaml
from markdown_it import MarkdownIt
from markdown_it.token import Token

from ingest import dates
from ingest.context import Budget
from ingest.limits import Limits
from ingest.readers.compose import HEADING_CHARACTERS, Origin, Section, compose
from ingest.readers.source import Reader, Source, named
from ingest.split import Block
from ingest.text import Lines, clean
from ingest.types import Reading

_END = r"[ \t]*(?:\r\n?|\n)"
_FRONT_MATTER = re.compile(
    rf"---{_END}(.{{0,65536}}?(?:\r\n?|\n))(?:---|\.\.\.)(?:{_END}|[ \t]*\Z)", re.DOTALL
)
_MARKS = re.compile(r"!?\[\[?([^\]|]*\|)?([^\]]*)\]\]?(?:\([^)]*\))?|[*_`~]{1,3}|\{#[^}]*\}|<[^>]{1,100}>")
_BY_LINE = frozenset({"fence", "code_block", "table_open", "html_block"})


@dataclass(frozen=True, slots=True)
class _FrontMatter:
    end: int = 0  # where the body begins
    title: str = ""
    date: str | None = None
    is_content: bool = False  # holds more than title and date, or is all there is


def read(source: Source, budget: Budget, limits: Limits) -> Reading:
    text = source.text()
    lines = Lines(text)
    front = _front_matter(text)
    tokens = _parse(text[front.end :])
    title = front.title or _only_title(tokens) or source.stem
    origin = Origin(title=title, date=front.date or dates.from_name(source.name), lines=lines)
    return Reading("markdown", compose(text, _sections(text, tokens, lines, front), origin, budget))


def _front_matter(text: str) -> _FrontMatter:
    match = _FRONT_MATTER.match(text)
    if match is None:
        return _FrontMatter()
    try:
        values = yaml.safe_load(match[1])
    except (yaml.YAMLError, ValueError, RecursionError):
        values = None
    if not isinstance(values, dict):
        return _FrontMatter()  # two rules with text between them, or YAML nobody can read: plain body
    title = values.get("title")
    date = next((found for key in ("date", "created") if (found := dates.from_value(values.get(key)))), None)
    return _FrontMatter(
        end=match.end(),
        title=clean(str(title)).strip() if isinstance(title, str | int | float) else "",
        date=date,
        is_content=bool(values.keys() - {"title", "date"}) or not text[match.end() :].strip(),
    )


def _only_title(tokens: list[Token]) -> str:
    """The text of the only level 1 heading, where it is also the first heading: most notes' title."""
    headings = [i for i, token in enumerate(tokens) if token.type == "heading_open" and token.level == 0]
    if not headings or [tokens[i].tag for i in headings].count("h1") != 1 or tokens[headings[0]].tag != "h1":
        return ""
    return _plain(tokens[headings[0] + 1].content)


def _sections(text: str, tokens: list[Token], lines: Lines, front: _FrontMatter) -> Iterator[Section]:
    path: list[tuple[int, str]] = []
    headings: tuple[str, ...] = ()
    blocks = [Block(0, front.end, by_line=True)] if front.is_content else []
    has_body = False
    for heading, block in _blocks(text, tokens, lines, front.end):
        if heading is not None:
            level, name = heading
            path = [step for step in path if step[0] < level] + [(level, name)]
            opened = tuple(step[1] for step in path if step[1])
            # A heading right under its parent's takes the parent's line along into its section.
            if blocks and (has_body or not _below(opened, headings)):
                yield Section(headings, blocks, _date(headings))
                blocks, has_body = [], False
            headings = opened
        else:
            has_body = True
        blocks.append(block)
    if blocks:
        yield Section(headings, blocks, _date(headings))


def _blocks(
    text: str, tokens: list[Token], lines: Lines, body: int
) -> Iterator[tuple[tuple[int, str] | None, Block]]:
    """Every top-level block, but the items instead of a list, each with (level, text) if it is a heading.

    A block reaches to the next one, so that lines without a token (link definitions) are in a block too.
    """
    opening = [(i, token.map) for i, token in enumerate(tokens) if token.map and _opens_block(token)]
    first_line = lines.number(body) - 1
    starts = [lines.start(first_line + span[0]) for _, span in opening]
    if not opening:
        yield None, Block(body, len(text))
        return
    starts[0] = body
    for (i, _), start, end in zip(opening, starts, [*starts[1:], len(text)], strict=True):
        token = tokens[i]
        block = Block(start, end, by_line=token.type in _BY_LINE)
        is_heading = token.type == "heading_open"
        yield ((int(token.tag[1]), _plain(tokens[i + 1].content)) if is_heading else None), block


def _opens_block(token: Token) -> bool:
    if token.nesting < 0 or token.type in ("inline", "bullet_list_open", "ordered_list_open"):
        return False
    return token.level == (1 if token.type == "list_item_open" else 0)


def _parse(text: str) -> list[Token]:
    """Block structure only: the text inside paragraphs is never parsed, which is most of the work saved."""
    parser = MarkdownIt("commonmark").enable("table")
    parser.core.ruler.enableOnly(["normalize", "block"])
    return parser.parse(text)


def _date(headings: tuple[str, ...]) -> str | None:
    """The date in the innermost heading that has one: the days of a diary in one file."""
    return next((date for heading in reversed(headings) if (date := dates.from_name(heading))), None)


def _below(headings: tuple[str, ...], parent: tuple[str, ...]) -> bool:
    return len(headings) > len(parent) and headings[: len(parent)] == parent


def _plain(heading: str) -> str:
    """A heading without its marks: emphasis, code, links."""
    return " ".join(_MARKS.sub(lambda match: match[2] or "", heading[:HEADING_CHARACTERS]).split())


READER = Reader("markdown", "text_bytes", named(".md", ".markdown", ".mdown", ".mkd"), read)
