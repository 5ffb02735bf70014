"""HTML: the main text with its heading path, without navigation, forms, scripts and other furniture.

The extracted text holds one line a paragraph, cell texts of a table row separated by tabs, and a blank line
between blocks; nothing but white space is added to the page's own words.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from lxml import etree
from lxml.html import HtmlElement, HTMLParser, document_fromstring

from ingest import dates
from ingest.context import Budget
from ingest.limits import Limits
from ingest.places import Marks
from ingest.readers.compose import HEADING_CHARACTERS, Origin, Section, compose
from ingest.readers.source import Reader, Source
from ingest.split import Block
from ingest.text import Lines, clean, decode_as
from ingest.types import Reading, Unreadable

_FURNITURE = frozenset({
    "script", "style", "noscript", "template", "nav", "header", "footer", "aside", "form", "button", "select",
    "iframe", "svg", "head", "object", "embed", "canvas", "dialog", "menu",
})  # fmt: skip
_BLOCKS = frozenset({
    "address", "article", "aside", "blockquote", "body", "center", "dd", "details", "div", "dl", "dt",
    "fieldset", "figcaption", "figure", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr",
    "html", "legend", "li", "main", "nav", "ol", "p", "pre", "section", "summary", "table", "tbody", "tfoot",
    "thead", "tr", "ul",
})  # fmt: skip
# Without these no page has words; the rest of the furniture is given back where nothing else is there.
_MACHINERY = frozenset({"script", "style", "noscript", "template", "head", "svg"})
_ROLES = frozenset({"navigation", "banner", "contentinfo", "search", "menu", "menubar", "dialog"})
_MENU_NAMES = frozenset({
    "menu", "nav", "navbar", "navigation", "breadcrumb", "breadcrumbs", "sidebar", "footer", "skip-link",
    "cookie-banner", "cookies", "toc", "pagination",
})  # fmt: skip
_ROW, _CELL = "\x1e", "\x1f"  # stand for <br> and the border of two cells while a block is collected
_WORD = re.compile(r"\S+")  # _ROW and _CELL count as white space
_LAST_LINE = 65_535  # lxml counts no further
_HEADING = re.compile(r"h[1-6]\Z")
_CHARSET = re.compile(rb"<meta[^>]{0,200}charset\s*=\s*[\"']?([\w-]{1,40})", re.IGNORECASE)
_PAGE = re.compile(
    rb"\s*(?:<\?xml[^>]{0,200}>\s*)?(?:<!--.{0,2000}?-->\s*)*<(?:!doctype\s+html|html|head)", re.I | re.S
)
_DATES = (
    "//meta[@property='article:published_time']/@content",
    "//meta[translate(@name,'DATE','date')='date' or @name='dcterms.date' or @name='DC.date']/@content",
    "//meta[@itemprop='datePublished']/@content",
    "//article//time[1]/@datetime",
)


@dataclass(slots=True)
class Page:
    """The readable part of an HTML document: its text and the sections in it."""

    text: str
    sections: list[Section]
    lines: Marks  # in the markup
    title: str = ""
    date: str | None = None


def _recognises(name: str, head: bytes) -> bool:
    return name.endswith((".html", ".htm", ".xhtml")) or _PAGE.match(head[:4096]) is not None


def read(source: Source, budget: Budget, limits: Limits) -> Reading:
    with source.open() as file:
        data = file.read()
    declared = _CHARSET.search(data[:4096])
    page = parse(decode_as(data, declared[1].decode("ascii", "replace") if declared else None))
    if not page.text:
        raise Unreadable("no text in it: the page is empty, or is filled in by a script when it is opened")
    date = page.date or dates.from_name(source.name)
    title = page.title or source.stem
    origin = Origin(title=title, date=date, lines=page.lines, file=source.beyond(title))
    return Reading("html", compose(page.text, page.sections, origin, budget))


def parse(markup: str) -> Page:
    """The main text of a page or of an HTML mail; empty text where there is none."""
    # Encoded anew, because lxml refuses text that declares an encoding of its own.
    parser = HTMLParser(
        encoding="utf-8", recover=True, huge_tree=True, no_network=True, remove_comments=True, remove_pis=True
    )
    markup = clean(markup).replace("\r\n", "\n").replace("\r", "\n")  # as the standard says; lxml counts LF alone
    try:
        root = document_fromstring(markup.encode(), parser=parser)
    except (etree.ParserError, etree.XMLSyntaxError):
        return Page("", [], Marks())  # nothing in it at all
    page = _collect(_main(root), _FURNITURE)
    if not page.text:
        page = _collect(root, _MACHINERY)
    page.title = " ".join((root.findtext(".//title") or "").split())
    page.date = next(
        (date for path in _DATES for value in _found(root, path) if (date := dates.from_value(value))), None
    )
    return page


def _main(root: HtmlElement) -> HtmlElement:
    """The element that holds the page's own matter: the only main or article, else everything."""
    for path in ("//main", "//*[@role='main']", "//article"):
        found = _found(root, path)
        if len(found) == 1:
            element: HtmlElement = found[0]
            return element
    return root


def _found(root: HtmlElement, path: str) -> list[HtmlElement]:
    """What an XPath that selects elements or attributes selects."""
    found = root.xpath(path)
    assert isinstance(found, list)
    return found


class _MarkupLines:
    """The line of the markup for rising offsets in a block; `begins` holds offset and line of every piece of it."""

    def __init__(self, raw: str, begins: list[tuple[int, int]]) -> None:
        self._raw, self._begins = raw, begins
        self._piece = 0
        self._counted, self._line = begins[0]

    def at(self, offset: int) -> int:
        while self._piece < len(self._begins) and self._begins[self._piece][0] <= offset:
            self._counted, self._line = self._begins[self._piece]
            self._piece += 1
        self._line += self._raw.count("\n", self._counted, offset)
        self._counted = max(self._counted, offset)
        return self._line


@dataclass(slots=True)
class _Collector:
    """Collects blocks of text in document order into one text.

    `at` is the line of the markup that the walk has come to: a tag knows its line, text is counted from there.
    """

    parts: list[str] = field(default_factory=list)
    length: int = 0
    sections: list[Section] = field(default_factory=list)
    blocks: list[Block] = field(default_factory=list)
    path: list[tuple[int, str]] = field(default_factory=list)
    line: list[str] = field(default_factory=list)
    lines: Marks = field(default_factory=Marks)
    at: int = 1
    raw: int = 0  # characters in `line`
    begins: list[tuple[int, int]] = field(default_factory=list)  # offset in the running block and line, by text added

    def reach(self, element: HtmlElement) -> None:
        """The walk comes to a tag."""
        if element.sourceline and element.sourceline < _LAST_LINE:
            self.at = element.sourceline

    def add(self, text: str) -> None:
        """Text of the page for the running block."""
        self.line.append(text)
        if text and not text.isspace():
            self.begins.append((self.raw, self.at))
        self.raw += len(text)
        self.at += text.count("\n")

    def mark(self, border: str) -> None:
        """The border of two rows or cells in the running block."""
        self.line.append(border)
        self.raw += 1

    def skip(self, element: HtmlElement) -> None:
        """An element whose words are left out."""
        self.at += element.text_content().count("\n")

    def end_block(self, level: int = 0, verbatim: bool = False) -> None:
        """Closes the running block; `level` 1 to 6 when it was a heading."""
        raw, begins = "".join(self.line), self.begins
        self.line.clear()
        self.raw, self.begins = 0, []
        if not begins:
            return
        text = self._verbatim(raw, begins) if verbatim else self._squeezed(raw, begins)
        if level:
            self.end_section()
            self.path = [step for step in self.path if step[0] < level] + [
                (level, " ".join(text.split())[:HEADING_CHARACTERS])
            ]
        self.blocks.append(Block(self.length, self.length + len(text), by_line=verbatim))
        self.parts.append(text + "\n\n")
        self.length += len(text) + 2

    def _squeezed(self, raw: str, begins: list[tuple[int, int]]) -> str:
        """White space as a browser shows it: one space for any run, a line for <br>, a tab between cells."""
        lines = _MarkupLines(raw, begins)
        parts: list[str] = []
        given = done = 0
        for word in _WORD.finditer(raw):
            if done:
                gap = raw[done : word.start()]
                parts.append("\n" * gap.count(_ROW) or "\t" * gap.count(_CELL) or " ")
                given += len(parts[-1])
            self.lines.add(self.length + given, lines.at(word.start()))
            parts.append(word.group())
            given += len(parts[-1])
            done = word.end()
        return "".join(parts)

    def _verbatim(self, raw: str, begins: list[tuple[int, int]]) -> str:
        """The text of <pre>, as it stands."""
        lines = _MarkupLines(raw, begins)
        text = raw.replace(_ROW, "\n").replace(_CELL, "\t").rstrip()
        cut = len(text) - len(text.lstrip("\n"))
        for start in Lines(text).starts:
            if start >= cut:
                self.lines.add(self.length + start - cut, lines.at(start))
        return text[cut:]

    def end_section(self) -> None:
        if self.blocks:
            self.sections.append(Section(tuple(name for _, name in self.path), self.blocks))
            self.blocks = []


def _collect(root: HtmlElement, furniture: frozenset[str]) -> Page:
    collector = _Collector()
    walk = etree.iterwalk(root, events=("start", "end"))
    for event, element in walk:
        tag = element.tag if isinstance(element.tag, str) else ""
        if event == "start":
            collector.reach(element)
        if event == "start" and element is not root and _is_furniture(element, tag, furniture):
            collector.skip(element)
            walk.skip_subtree()
        elif event == "start":
            _start(collector, tag, element.text or "")
        else:
            _end(collector, tag)
            if element is not root:
                collector.add(element.tail or "")
    collector.end_block()
    collector.end_section()
    return Page("".join(collector.parts).rstrip(), collector.sections, collector.lines)


def _start(collector: _Collector, tag: str, text: str) -> None:
    if tag in _BLOCKS:
        collector.end_block()
    elif tag == "br":
        collector.mark(_ROW)
    elif tag in ("td", "th"):
        collector.mark(_CELL)
    collector.add(text)


def _end(collector: _Collector, tag: str) -> None:
    if tag in _BLOCKS:
        collector.end_block(level=int(tag[1]) if _HEADING.match(tag) else 0, verbatim=tag == "pre")


def _is_furniture(element: HtmlElement, tag: str, furniture: frozenset[str]) -> bool:
    if tag in furniture:
        return not _is_article_header(element)
    if furniture is not _FURNITURE:
        return False
    skip_link = tag == "a" and element.get("href", "").startswith("#") and (element.text or "").startswith("Skip")
    return skip_link or (tag in _BLOCKS and _is_menu(element))


def _is_menu(element: HtmlElement) -> bool:
    """Furniture built from plain elements, told by role or by the names nearly all sites use for it."""
    if element.get("role") in _ROLES:
        return True
    names = f"{element.get('class', '')} {element.get('id', '')}".lower().split()
    return not _MENU_NAMES.isdisjoint(names)


def _is_article_header(element: HtmlElement) -> bool:
    """A header inside the article holds its title and date; the page's own header is furniture."""
    parent = element.getparent()
    return element.tag == "header" and parent is not None and parent.tag in ("article", "main", "section")


def _squeezed(gap: str) -> str:
    """What a browser shows between two words of a block."""
    if _ROW in gap:
        return "\n" * gap.count(_ROW)
    return "\t" * gap.count(_CELL) or " "


READER = Reader("html", "text_bytes", _recognises, read)
