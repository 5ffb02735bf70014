"""Word files made by python-docx and by hand, and books: headings, tables, notes, chapters in reading order."""

from __future__ import annotations

import zipfile
from datetime import datetime
from pathlib import Path

import docx
import pytest
from reading import measure, read_all

from ingest.limits import Limits
from ingest.places import lines_of
from ingest.readers import read
from ingest.types import Document, Unreadable

WORD = '<w:document xmlns:w="http://{}"><w:body>{}</w:body></w:document>'
TRANSITIONAL = "schemas.openxmlformats.org/wordprocessingml/2006/main"
STRICT = "purl.oclc.org/ooxml/wordprocessingml/main"
CONTAINER = (
    '<?xml version="1.0"?><container xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles>'
    '<rootfile full-path="OEBPS/content.opf" media-type="application/oebps-package+xml"/></rootfiles></container>'
)
PACKAGE = """<?xml version="1.0"?>
<package xmlns="http://www.idpf.org/2007/opf" version="{version}"><metadata xmlns:dc="http://purl.org/dc/elements/1.1/">
<dc:title>The Sea</dc:title><dc:creator>A. Writer</dc:creator><dc:date>2019-03-01</dc:date></metadata><manifest>
<item id="contents" href="{contents}/><item id="c2" href="text/ch%202.xhtml" media-type="application/xhtml+xml"/>
<item id="pic" href="a.png" media-type="image/png"/>
<item id="c1" href="text/ch1.xhtml" media-type="application/xhtml+xml"/></manifest>
<spine toc="contents"><itemref idref="c1"/><itemref idref="c2"/></spine></package>"""
NAV = """<html xmlns="http://www.w3.org/1999/xhtml" xmlns:epub="http://www.idpf.org/2007/ops"><body>
<nav epub:type="toc"><ol><li><a href="text/ch1.xhtml">Departure</a></li>
<li><a href="text/ch%202.xhtml#top">The <i>return</i></a></li></ol></nav></body></html>"""
NCX = """<?xml version="1.0"?><!DOCTYPE ncx PUBLIC "-//NISO//DTD ncx 2005-1//EN"
"http://www.daisy.org/z3986/2005/ncx-2005-1.dtd"><ncx xmlns="http://www.daisy.org/z3986/2005/ncx/"><navMap>
<navPoint id="a"><navLabel><text>Departure</text></navLabel><content src="text/ch1.xhtml"/></navPoint>
<navPoint id="b"><navLabel><text>The return</text></navLabel><content src="text/ch%202.xhtml"/></navPoint>
</navMap></ncx>"""
FIRST = """<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml"><head><title>x</title></head><body>
<h1>Departure</h1><p>We left
at dawn.</p><h2>The boat</h2><p>It was blue.</p></body></html>"""
SECOND = '<html xmlns="http://www.w3.org/1999/xhtml"><body><p>We came back.</p></body></html>'


def make_zip(path: Path, members: dict[str, str]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


def paragraph(text: str) -> str:
    return f"<w:p><w:r><w:t>{text}</w:t></w:r></w:p>"


def at(documents: list[Document], words: str) -> tuple[Document, tuple[int | None, int | None]]:
    """The document that holds the words, and their lines."""
    document = next(document for document in documents if words in document.text)
    start = document.text.index(words)
    return document, lines_of(document, start, start + len(words))


@pytest.fixture
def contract(tmp_path: Path) -> Path:
    file = docx.Document()
    file.core_properties.title = "Rental contract"
    file.core_properties.modified = datetime(2024, 5, 8, 13, 56)
    file.add_heading("Contract", 0)
    file.add_paragraph("Between Nora and Daniel.")
    file.add_heading("Rent", 1)
    file.add_paragraph("The rent is ").add_run("12,450 SEK").bold = True
    file.add_paragraph("")
    file.add_paragraph("heating", style="List Bullet")
    file.add_heading("Payments", 2)
    table = file.add_table(rows=1, cols=3)
    for row in (("Month", "Amount", "Paid"), ("May", "12,450", "yes"), ("June", "12,450", "")):
        cells = table.rows[0].cells if row[0] == "Month" else table.add_row().cells
        for cell, text in zip(cells, row, strict=True):
            cell.text = text
    last = file.add_paragraph("Signed in Göteborg.")
    file.add_comment(last.runs, text="By both of us?", author="Nora", initials="N")
    file.save(str(tmp_path / "contract.docx"))
    return tmp_path / "contract.docx"


def test_a_word_file(contract: Path) -> None:
    reading, documents = read_all(contract, 100)
    assert reading.kind == "docx"
    assert {document.title for document in documents} == {"Rental contract"}
    assert {document.date for document in documents} == {"2024-05-08T13:56:00+00:00"}
    assert [document.headings for document in documents] == [(), ("Rent",), ("Rent", "Payments")]
    assert at(documents, "The rent is 12,450 SEK")[1] == (4, 4)
    assert "- heating" in documents[1].text
    assert at(documents, "Month: May; Amount: 12,450; Paid: yes")[1] == (8, 8)
    assert at(documents, "Month: June; Amount: 12,450")[1] == (9, 9)
    assert at(documents, "Signed in Göteborg.")[1] == (10, 10)
    assert at(documents, "Comment by Nora: By both of us?")[1] == (10, 10)
    assert documents[2].line_end == 10


@pytest.mark.parametrize("namespace", [TRANSITIONAL, STRICT])
def test_what_python_docx_does_not_write(tmp_path: Path, namespace: str) -> None:
    heading = '<w:p><w:pPr><w:pStyle w:val="Rubrik1"/></w:pPr><w:r><w:t>Avtal</w:t></w:r></w:p>'
    body = (
        heading
        + "<w:sdt><w:sdtContent>" + paragraph("In a control.") + "</w:sdtContent></w:sdt>"
        + "<w:p><w:ins><w:r><w:t>Added. </w:t></w:r></w:ins><w:del><w:r><w:delText>Gone.</w:delText></w:r></w:del>"
        + '<w:hyperlink><w:r><w:t>Linked.</w:t></w:r></w:hyperlink><w:r><w:footnoteReference w:id="2"/></w:r></w:p>'
        + "<w:p><w:r><w:txbxContent>" + paragraph("In a box.") + "</w:txbxContent></w:r></w:p>"
        + "<w:tbl><w:tr><w:tc>" + paragraph("Only layout.") + "</w:tc></w:tr></w:tbl>"
    )  # fmt: skip
    styles = (
        f'<w:styles xmlns:w="http://{namespace}"><w:style w:type="paragraph" w:styleId="Rubrik1">'
        '<w:name w:val="heading 1"/></w:style></w:styles>'
    )
    notes = f'<w:footnotes xmlns:w="http://{namespace}"><w:footnote w:id="2">{paragraph("See page 4.")}</w:footnote>'
    members = {
        "word/document.xml": WORD.format(namespace, body),
        "word/styles.xml": styles,
        "word/footnotes.xml": notes + "</w:footnotes>",
    }
    (document,) = read_all(make_zip(tmp_path / "a.docx", members), 100)[1]
    assert document.headings == ("Avtal",)
    assert document.text.split("\n\n") == [
        "Avtal", "In a control.", "Added. Linked.", "Footnote: See page 4.", "In a box.", "Only layout.",
    ]  # fmt: skip


def test_notes_and_wrapped_cells_of_tables(tmp_path: Path) -> None:
    def cell(text: str, after: str = "") -> str:
        return f"<w:tc><w:p><w:r><w:t>{text}</w:t></w:r>{after}</w:p></w:tc>"

    note = '<w:r><w:footnoteReference w:id="2"/></w:r>'
    comment = '<w:r><w:commentReference w:id="7"/></w:r>'
    body = (
        "<w:tbl>"
        + "<w:tr>" + cell("Month") + cell("Amount") + "</w:tr>"
        + "<w:tr>" + cell("May", note) + "<w:sdt><w:sdtContent>" + cell("12,450") + "</w:sdtContent></w:sdt></w:tr>"
        + "<w:tr><w:ins>" + cell("June", note) + "</w:ins>" + cell("13,000", comment) + "</w:tr>"
        + "</w:tbl><w:tbl><w:tr><w:sdt><w:sdtContent>" + cell("Only layout.") + "</w:sdtContent></w:sdt></w:tr></w:tbl>"
        + f"<w:p><w:r><w:t>After.</w:t></w:r>{note}</w:p>"
    )  # fmt: skip
    notes = '<w:{0}s xmlns:w="http://' + TRANSITIONAL + '"><w:{0} w:id="{1}">{2}</w:{0}></w:{0}s>'
    members = {
        "word/document.xml": WORD.format(TRANSITIONAL, body),
        "word/footnotes.xml": notes.format("footnote", 2, paragraph("Without heating.")),
        "word/comments.xml": notes.format("comment", 7, paragraph("Is it more?")),
    }
    (document,) = read_all(make_zip(tmp_path / "a.docx", members), 200)[1]
    assert document.text.split("\n\n") == [
        "Month; Amount", "Month: May; Amount: 12,450", "Footnote: Without heating.", "Month: June; Amount: 13,000",
        "Comment: Is it more?", "Only layout.", "After.",
    ]  # fmt: skip
    assert at([document], "Is it more?")[1] == (3, 3)


@pytest.mark.parametrize("version", ["3.0", "2.0"])
def test_a_book(tmp_path: Path, version: str) -> None:
    new = 'nav.xhtml" properties="nav" media-type="application/xhtml+xml"'
    contents = new if version == "3.0" else 'toc.ncx" media-type="application/x-dtbncx+xml"'
    members = {
        "mimetype": "application/epub+zip",
        "META-INF/container.xml": CONTAINER,
        "OEBPS/content.opf": PACKAGE.format(version=version, contents=contents),
        "OEBPS/nav.xhtml": NAV,
        "OEBPS/toc.ncx": NCX,
        "OEBPS/text/ch1.xhtml": FIRST,
        "OEBPS/text/ch 2.xhtml": SECOND,
    }
    reading, documents = read_all(make_zip(tmp_path / "a.epub", members), 100)
    assert (reading.kind, reading.unreadable) == ("epub", [])
    assert [(document.headings, document.text) for document in documents] == [
        (("Departure",), "Departure\n\nWe left at dawn."),
        (("Departure", "The boat"), "The boat\n\nIt was blue."),
        (("The return",), "We came back."),
    ]
    assert {(document.title, document.date) for document in documents} == {("The Sea", "2019-03-01")}
    assert [at(documents, words)[1] for words in ("dawn", "blue", "back")] == [(2, 2), (4, 4), (5, 5)]


def test_a_book_that_is_partly_protected_or_missing(tmp_path: Path) -> None:
    members = {
        "META-INF/container.xml": CONTAINER,
        "META-INF/encryption.xml": '<e><CipherReference URI="OEBPS/text/ch1.xhtml"/></e>',
        "OEBPS/content.opf": PACKAGE.format(version="2.0", contents='toc.ncx" media-type="application/x-dtbncx+xml"'),
        "OEBPS/text/ch1.xhtml": "\x01\x02",
        "OEBPS/text/ch 2.xhtml": SECOND,
    }
    reading, documents = read_all(make_zip(tmp_path / "a.epub", members), 100)
    assert [document.text for document in documents] == ["We came back."]
    assert reading.unreadable == ["OEBPS/text/ch1.xhtml: protected against copying (DRM): it cannot be read"]
    del members["OEBPS/text/ch 2.xhtml"]
    with pytest.raises(Unreadable, match=r"DRM.*missing in the book"):
        read(make_zip(tmp_path / "b.epub", members), limits=Limits(), measure=measure, max_tokens=64)
