"""Word files (docx): paragraphs, lists, tables, footnotes and comments, in the order one reads them.

A place is the number of the paragraph, counted from 1 over those that hold words; a row of a table is one. Deleted
text of tracked changes is left out, inserted text is read.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from lxml import etree

from ingest import dates
from ingest.context import Budget
from ingest.limits import Limits
from ingest.readers import xml
from ingest.readers.compose import HEADING_CHARACTERS, Entry, Origin, compose_entries
from ingest.readers.docx_styles import Styles
from ingest.readers.source import Reader, Source, named
from ingest.readers.table import header_of, in_words
from ingest.readers.zipped import content, unzipped
from ingest.text import clean
from ingest.types import Reading, Unreadable

_MAIN = ("word/document.xml", "word/document2.xml")  # the second is what some of Microsoft's services write
_OLD_WORD = b"\xd0\xcf\x11\xe0"
_UNSEEN = frozenset({"pPr", "rPr", "del", "moveFrom", "Fallback", "txbxContent", "instrText", "delText"})
_NOTES = {"footnoteReference": "footnotes", "endnoteReference": "endnotes", "commentReference": "comments"}
_NOTE_NAMES = {"footnotes": "Footnote", "endnotes": "Endnote", "comments": "Comment"}
_AROUND_CELLS = frozenset({"sdt", "sdtContent", "ins", "moveTo", "customXml"})
_NESTING = 20  # tables within tables

Reference = tuple[str, str]
"""The kind of a note and its id."""


def read(source: Source, budget: Budget, limits: Limits) -> Reading:
    with source.open() as file:
        if file.read(4) == _OLD_WORD:
            raise Unreadable("encrypted, or in Word's old format: save it as .docx without a password")
    parts: dict[str, etree._Element] = {}
    with unzipped(source, limits) as archive:
        infos = {info.filename: info for info in archive.infolist()}
        main = next((name for name in _MAIN if name in infos), None)
        if main is None:
            raise Unreadable("no Word file: word/document.xml is missing in it; check what it is")
        wanted = ("docProps/core.xml", "word/styles.xml", *(f"word/{name}.xml" for name in _NOTE_NAMES))
        for name in (main, *(name for name in wanted if name in infos)):
            parts[name] = xml.parse(content(archive, infos[name], limits.xml_bytes, "xml_bytes"), name)
    walker = _Walker(Styles.of(parts.get("word/styles.xml")), _notes(parts))
    core = {xml.local(element): (element.text or "").strip() for element in parts.get("docProps/core.xml", ())}
    body = xml.child(parts[main], "body")
    entries = list(walker.entries(body)) if body is not None else []
    saved = [date for key in ("created", "modified") if (date := dates.from_value(core.get(key)))]
    date = dates.from_name(source.name) or max(saved, default=None)  # a template's own may be older than the file
    title = " ".join(clean(core.get("title", "")).split()) or walker.title or source.stem
    origin = Origin(title=title, date=date, file=source.beyond(title))
    return Reading("docx", compose_entries(entries, origin, budget, gap="\n\n"))


def _notes(parts: dict[str, etree._Element]) -> dict[Reference, tuple[str, etree._Element]]:
    """By the kind of note and its id: what it is called, and its element."""
    notes: dict[Reference, tuple[str, etree._Element]] = {}
    for kind, called in _NOTE_NAMES.items():
        for note in parts.get(f"word/{kind}.xml", ()):
            author = " ".join(clean(xml.attribute(note, "author")).split())
            notes[kind, xml.attribute(note, "id")] = (f"{called} by {author}" if author else called, note)
    return notes


@dataclass(slots=True)
class _Walker:
    """Goes through a document in reading order, under the headings it has come to."""

    styles: Styles
    notes: dict[Reference, tuple[str, etree._Element]]
    number: int = 0
    title: str = ""
    path: list[tuple[int, str]] = field(default_factory=list)
    said: set[Reference] = field(default_factory=set)  # notes, each of which is read once

    def entries(self, container: etree._Element, depth: int = 0) -> Iterator[Entry]:
        for element in container:
            kind = xml.local(element)
            if kind == "p":
                yield from self._paragraph(element, depth)
            elif kind == "tbl":
                yield from self._table(element, depth)
            elif kind not in ("del", "moveFrom", "sectPr") and depth < _NESTING:
                yield from self.entries(element, depth + 1)  # content controls, tracked insertions

    def _entry(self, text: str, number: int, by_line: bool = False) -> Entry:
        lines = [line for line in text.split("\n") if line.strip()]
        return Entry([(line, number, number) for line in lines], tuple(name for _, name in self.path), by_line=by_line)

    def _paragraph(self, paragraph: etree._Element, depth: int) -> Iterator[Entry]:
        text, references = _text(paragraph)
        if text.strip():
            self.number += 1
            style = self.styles.paragraph(paragraph)
            if style.level:
                heading = " ".join(text.split())[:HEADING_CHARACTERS]
                self.path = [*(step for step in self.path if step[0] < style.level), (style.level, heading)]
            elif style.is_title and not self.title:
                self.title = " ".join(text.split())[:HEADING_CHARACTERS]
            indent = "  " * style.list_level + "- " if style.is_list else ""
            yield self._entry(indent + text.strip(), self.number)
        yield from self._notes(references)
        for box in _boxes(paragraph):
            if depth < _NESTING:
                yield from self.entries(box, depth + 1)

    def _notes(self, references: Iterable[Reference]) -> Iterator[Entry]:
        for reference in references:
            called, note = self.notes.get(reference, ("", None))
            if note is None or reference in self.said:
                continue
            self.said.add(reference)
            if words := _all_text(note)[0]:
                yield self._entry(f"{called}: {words}", max(1, self.number))

    def _table(self, table: etree._Element, depth: int) -> Iterator[Entry]:
        rows = [(row, *_cells(row)) for row in table.iter() if xml.local(row) == "tr" and _parent_table(row) is table]
        widths = {len(cells) for _, cells, _ in rows}
        if (len(rows) == 1 or widths == {1}) and depth < _NESTING:  # a table that only arranges the page
            for row, _, _ in rows:
                for cell in _cells_of(row):
                    yield from self.entries(cell, depth + 1)
            return
        header = header_of([cells for _, cells, _ in rows[:20]])
        for i, (_, cells, references) in enumerate(rows):
            line = "; ".join(cell for cell in cells if cell) if i == 0 and header else in_words(cells, header)
            if line:
                self.number += 1
                yield self._entry(line, self.number, by_line=True)
            yield from self._notes(references)


def _text(paragraph: etree._Element) -> tuple[str, list[Reference]]:
    """(the paragraph's own words, the kinds and ids of the notes it refers to)."""
    parts: list[str] = []
    references: list[Reference] = []
    waiting = [iter(paragraph)]
    while waiting:
        element = next(waiting[-1], None)
        if element is None:
            waiting.pop()
            continue
        kind = xml.local(element)
        if kind == "t":
            parts.append(element.text or "")
        elif kind in ("tab", "ptab"):
            parts.append("\t")
        elif kind in ("br", "cr"):
            parts.append("\n")
        elif kind == "noBreakHyphen":
            parts.append("-")
        elif kind in _NOTES:
            references.append((_NOTES[kind], xml.attribute(element, "id")))
        elif kind not in _UNSEEN:
            waiting.append(iter(element))
    return clean("".join(parts)), references


def _all_text(element: etree._Element) -> tuple[str, list[Reference]]:
    """The words of all paragraphs in an element, on one line, and the notes they refer to."""
    found = [_text(paragraph) for paragraph in element.iter() if xml.local(paragraph) == "p"]
    words = " ".join(" ".join(text for text, _ in found).split())
    return words, [reference for _, references in found for reference in references]


def _boxes(paragraph: etree._Element) -> list[etree._Element]:
    """Text boxes drawn at a paragraph; each stands there twice, for new and for old programs."""
    found = (element for element in paragraph.iter() if xml.local(element) == "txbxContent")
    return [box for box in found if not any(xml.local(above) in ("Fallback", "del") for above in box.iterancestors())]


def _cells(row: etree._Element) -> tuple[list[str], list[Reference]]:
    """The words of a row's cells, and the notes they refer to."""
    cells: list[str] = []
    references: list[Reference] = []
    for cell in _cells_of(row):
        words, found = _all_text(cell)
        cells.append(words)
        references += found
        span = xml.child(xml.child(cell, "tcPr"), "gridSpan")
        width = xml.attribute(span, "val") if span is not None else ""
        cells += [""] * min(int(width) - 1 if width.isdecimal() else 0, 100)
    return cells, references


def _cells_of(container: etree._Element) -> Iterator[etree._Element]:
    """The cells of a row, those in content controls and tracked insertions too."""
    for element in container:
        kind = xml.local(element)
        if kind == "tc":
            yield element
        elif kind in _AROUND_CELLS:
            yield from _cells_of(element)


def _parent_table(row: etree._Element) -> etree._Element | None:
    return next((above for above in row.iterancestors() if xml.local(above) == "tbl"), None)


READER = Reader("docx", "book_bytes", named(".docx", ".docm", ".dotx"), read)
