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
_FRONT_MATTER = re.compile(rf"---{_END}(.{{0,65536}}?(?:\r\n?|\n))(?:---|\.\.\.)(?:{_END}|[ \t]*\Z)", re.DOTALL)
_MARKS = re.compile(r"!?\[\[?([^\]|]*\|)?([^\]]*)\]\]?(?:\([^)]*\))?|[*_`~]{1,3}|\{#[^}]*\}|<[^>]{1,100}>")
_SEGMENT_CHARACTERS = 250_000
# Lines at which nothing goes on: headings, top-level list items, any unindented line after a blank one.
_SAFE_CUT = re.compile(r"^ {0,3}(?P<fence>```|~~~)|^(?=#{1,6} |[-*+] )|(?<=\n\n)(?=\S)|(?<=\n\r\n)(?=\S)", re.MULTILINE)
_DATED = ("date", "created", "created_at", "date created", "published")
_NOTED = {"tags": ("tags", "tag"), "also called": ("aliases", "alias")}
_NOTED_WORDS = 20
_BY_LINE = frozenset({"fence", "code_block", "table_open", "html_block"})


@dataclass(frozen=True, slots=True)
class _FrontMatter:
    end: int = 0  # where the body begins
    title: str = ""
    date: str | None = None
    is_content: bool = False  # holds more than title and date, or is all there is
    note: str = ""  # tags and other names (Obsidian's aliases), for the context of every document


@dataclass(frozen=True, slots=True)
class _Block:
    """A block of the file, with level and text where it is a heading."""

    start: int
    end: int
    by_line: bool = False
    level: int = 0
    heading: str = ""


def read(source: Source, budget: Budget, limits: Limits) -> Reading:
    text = source.text()
    lines = Lines(text)
    front = _front_matter(text)
    blocks = list(_blocks(text, front.end, lines))
    title = front.title or _only_title(blocks) or source.stem
    origin = Origin(
        title=title, date=front.date or dates.from_name(source.name), lines=lines, file=source.beyond(title)
    )
    return Reading("markdown", compose(text, _sections(blocks, front), origin, budget))


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
    date = next((found for key in _DATED if (found := dates.from_value(values.get(key)))), None)
    return _FrontMatter(
        end=match.end(),
        title=clean(str(title)).strip() if isinstance(title, str | int | float) else "",
        date=date,
        is_content=bool(values.keys() - {"title", "date"}) or not text[match.end() :].strip(),
        note="; ".join(
            f"{name}: {', '.join(words)}"
            for name, keys in _NOTED.items()
            if (words := [word for key in keys for word in _words(values.get(key))])
        ),
    )


def _words(value: object) -> list[str]:
    """Tags or names: a list, or one string with commas or spaces between tags."""
    if isinstance(value, str):
        value = value.split(",")
    given = value if isinstance(value, list) else []
    words = (" ".join(clean(str(word)).split()).lstrip("#") for word in given if isinstance(word, str | int | float))
    return [word for word in words if word][:_NOTED_WORDS]


def _only_title(blocks: list[_Block]) -> str:
    """The text of the only level 1 heading, where it is also the first heading: most notes' title."""
    headings = [block for block in blocks if block.level]
    if not headings or headings[0].level != 1 or any(block.level == 1 for block in headings[1:]):
        return ""
    return headings[0].heading


def _sections(found: list[_Block], front: _FrontMatter) -> Iterator[Section]:
    path: list[tuple[int, str]] = []
    headings: tuple[str, ...] = ()
    blocks = [Block(0, front.end, by_line=True)] if front.is_content else []
    has_body = False
    for block in found:
        if block.level:
            path = [step for step in path if step[0] < block.level] + [(block.level, block.heading)]
            opened = tuple(step[1] for step in path if step[1])
            # A heading right under its parent's takes the parent's line along into its section.
            if blocks and (has_body or not _below(opened, headings)):
                yield Section(headings, blocks, _date(headings), front.note)
                blocks, has_body = [], False
            headings = opened
        else:
            has_body = True
        blocks.append(Block(block.start, block.end, block.by_line))
    if blocks:
        yield Section(headings, blocks, _date(headings), front.note)


def _blocks(text: str, body: int, lines: Lines) -> Iterator[_Block]:
    """Every top-level block, but the items instead of a list.

    A block reaches to the next one, so that lines without a token (link definitions) are in a block too.
    """
    parser = MarkdownIt("commonmark").enable("table")
    # Block structure only: the text inside paragraphs is never parsed, which is most of the work saved.
    parser.core.ruler.enableOnly(["normalize", "block"])
    for begin, end in _segments(text, body):
        tokens = parser.parse(text[begin:end])
        first_line = lines.number(begin) - 1
        opening = [(i, token.map[0]) for i, token in enumerate(tokens) if token.map and _opens_block(token)]
        starts = [begin, *(lines.start(first_line + line) for _, line in opening[1:]), end]
        if not opening:
            yield _Block(begin, end)
        for at, (i, _) in enumerate(opening):
            is_heading = tokens[i].type == "heading_open"
            yield _Block(
                starts[at],
                starts[at + 1],
                by_line=tokens[i].type in _BY_LINE,
                level=int(tokens[i].tag[1]) if is_heading else 0,
                heading=_plain(tokens[i + 1].content) if is_heading else "",
            )


def _segments(text: str, start: int) -> Iterator[tuple[int, int]]:
    """Stretches to parse one by one: the tokens of 5 MB at once would take 500 MB of memory."""
    fence = ""
    for match in _SAFE_CUT.finditer(text, start):
        if match["fence"]:
            mark = match["fence"][0]
            fence = "" if fence == mark else fence or mark
        elif not fence and match.start() - start >= _SEGMENT_CHARACTERS:
            yield start, match.start()
            start = match.start()
    if start < len(text):
        yield start, len(text)


def _opens_block(token: Token) -> bool:
    if token.nesting < 0 or token.type in ("inline", "bullet_list_open", "ordered_list_open"):
        return False
    return token.level == (1 if token.type == "list_item_open" else 0)


def _date(headings: tuple[str, ...]) -> str | None:
    """The date in the innermost heading that has one: the days of a diary in one file."""
    return next((date for heading in reversed(headings) if (date := dates.in_heading(heading))), None)


def _below(headings: tuple[str, ...], parent: tuple[str, ...]) -> bool:
    return len(headings) > len(parent) and headings[: len(parent)] == parent


def _plain(heading: str) -> str:
    """A heading without its marks: emphasis, code, links."""
    return " ".join(_MARKS.sub(lambda match: match[2] or "", heading[:HEADING_CHARACTERS]).split())


READER = Reader("markdown", "text_bytes", named(".md", ".markdown", ".mdown", ".mkd", ".mdx", ".rmd", ".qmd"), read)
