"""Books (epub): chapters in reading order, named by the table of contents. A place is the number of a paragraph."""

from __future__ import annotations

import posixpath
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import unquote

from lxml import etree

from ingest import dates
from ingest.context import Budget
from ingest.limits import Limits
from ingest.readers import html, xml
from ingest.readers.compose import Entry, Origin, compose_entries
from ingest.readers.source import Reader, Source, named
from ingest.readers.zipped import DAMAGED, content, unzipped
from ingest.text import clean, decode
from ingest.types import Document, Reading, Unreadable

_CONTAINER = "META-INF/container.xml"
_PAGES = frozenset({"application/xhtml+xml", "text/html", "text/x-oeb1-document"})
_PROTECTED = "protected against copying (DRM): it cannot be read"


@dataclass(slots=True)
class _Book:
    """What the package file says; paths are names of members of the archive."""

    title: str = ""
    date: str | None = None
    chapters: list[str] = field(default_factory=list)
    names: dict[str, str] = field(default_factory=dict)  # of chapters, by path
    protected: set[str] = field(default_factory=set)


def read(source: Source, budget: Budget, limits: Limits) -> Reading:
    with unzipped(source, limits) as archive:
        book = _Files(archive, limits).book()
    if not book.chapters:
        raise Unreadable("no chapters in it: the book is damaged; download it again")
    if book.protected.issuperset(book.chapters):
        raise Unreadable(_PROTECTED)
    reading = Reading("epub", iter(()))
    reading.documents = _documents(source, book, limits, reading.unreadable, budget)
    return reading


def _documents(
    source: Source, book: _Book, limits: Limits, unreadable: list[str], budget: Budget
) -> Iterator[Document]:
    origin = Origin(title=book.title or source.stem, date=book.date)
    with unzipped(source, limits) as archive:
        yield from compose_entries(_entries(archive, book, limits, unreadable), origin, budget, gap="\n\n")


def _entries(archive: zipfile.ZipFile, book: _Book, limits: Limits, unreadable: list[str]) -> Iterator[Entry]:
    files = _Files(archive, limits)
    number = 0
    chapter = ""
    for path in book.chapters:
        try:
            if path in book.protected:
                raise Unreadable(_PROTECTED)
            page = html.parse(decode(files.bytes(path)))
        except (Unreadable, *DAMAGED) as error:
            unreadable.append(f"{path}: {error}")
            continue
        chapter = book.names.get(path) or chapter  # a chapter may go on in files the contents do not name
        for section in page.sections:
            names = tuple(name for name in section.headings if name != chapter)
            for block in section.blocks:
                number += 1
                rows = [(row, number, number) for row in page.text[block.start : block.end].split("\n") if row.strip()]
                yield Entry(rows, headings=(chapter, *names) if chapter else names, by_line=block.by_line)


class _Files:
    """The files of a book by their names."""

    def __init__(self, archive: zipfile.ZipFile, limits: Limits) -> None:
        self._archive, self._limits = archive, limits
        self._infos = {info.filename: info for info in archive.infolist()}

    def bytes(self, path: str) -> bytes:
        if path not in self._infos:
            raise Unreadable("missing in the book")
        return content(self._archive, self._infos[path], self._limits.xml_bytes, "xml_bytes")

    def book(self) -> _Book:
        """Raises Unreadable where it is no book, or cannot be made out."""
        if _CONTAINER not in self._infos:
            raise Unreadable(f"no book: {_CONTAINER} is missing in it; check what it is")
        roots = (xml.attribute(e, "full-path") for e in self._xml(_CONTAINER).iter() if xml.local(e) == "rootfile")
        package = next(roots, "")
        root = self._xml(package)
        book = _Book(protected=self._protected())
        for element in root.iter():
            kind, words = xml.local(element), " ".join(clean(element.text or "").split())
            if kind == "title" and not book.title:
                book.title = words
            elif kind == "date" and not book.date:
                book.date = dates.from_value(words)
        items = {xml.attribute(item, "id"): item for item in root.iter() if xml.local(item) == "item"}
        for reference in root.iter():
            item = items.get(xml.attribute(reference, "idref")) if xml.local(reference) == "itemref" else None
            if item is not None and xml.attribute(item, "media-type") in _PAGES:
                book.chapters.append(_joined(package, xml.attribute(item, "href")))
        book.chapters = list(dict.fromkeys(book.chapters))  # each once, however often it is listed
        for item in items.values():
            is_contents = "nav" in xml.attribute(item, "properties").split()
            if is_contents or xml.attribute(item, "media-type") == "application/x-dtbncx+xml":
                path = _joined(package, xml.attribute(item, "href"))
                for target, name in self._contents(path):
                    book.names.setdefault(target, name)
                if is_contents and path in book.chapters:
                    book.chapters.remove(path)  # the table of contents itself
        return book

    def _contents(self, path: str) -> Iterator[tuple[str, str]]:
        """(path, name) of every chapter a table of contents names: of EPUB 3 (nav) or 2 (ncx)."""
        try:
            root = self._xml(path)
        except (Unreadable, *DAMAGED):
            return  # chapters without names are still chapters
        for element in root.iter():
            if xml.local(element) == "a":
                target, name = xml.attribute(element, "href"), "".join(str(t) for t in element.itertext())
            elif xml.local(element) == "navPoint":
                link, label = xml.child(element, "content"), xml.child(element, "navLabel")
                if link is None or label is None:
                    continue
                target, name = xml.attribute(link, "src"), "".join(str(t) for t in label.itertext())
            else:
                continue
            if words := " ".join(clean(name).split()):
                yield _joined(path, target), words

    def _protected(self) -> set[str]:
        path = "META-INF/encryption.xml"
        if path not in self._infos:
            return set()
        references = (e for e in self._xml(path).iter() if xml.local(e) == "CipherReference")
        return {unquote(xml.attribute(reference, "URI")) for reference in references}

    def _xml(self, path: str) -> etree._Element:
        return xml.parse(self.bytes(path), path)


def _joined(base: str, reference: str) -> str:
    """The member that a link in the member `base` means."""
    return posixpath.normpath(posixpath.join(posixpath.dirname(base), unquote(reference.partition("#")[0])))


READER = Reader("epub", "book_bytes", named(".epub"), read)
