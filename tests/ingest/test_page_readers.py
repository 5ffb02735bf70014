"""PDF with page numbers, and HTML down to its main text."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from fpdf import FPDF
from pypdf import PdfWriter
from reading import measure, read_all, words

from ingest.limits import Limits
from ingest.readers import read
from ingest.types import Unreadable


def make_pdf(path: Path, pages: list[str], title: str = "") -> Path:
    pdf = FPDF()
    pdf.set_font("helvetica", size=12)
    if title:
        pdf.set_title(title)
    for page in pages:
        pdf.add_page()
        if page:
            pdf.multi_cell(0, 8, page)
    pdf.output(str(path))
    return path


def reason(path: Path, limits: Limits | None = None) -> str:
    with pytest.raises(Unreadable) as caught:
        read(path, limits=limits or Limits(), measure=measure, max_tokens=64)
    return str(caught.value)


def outcome(path: Path) -> str:
    try:
        read_all(path)
    except Unreadable as error:
        return str(error)
    return "read"


def test_pdf_pages(tmp_path: Path) -> None:
    path = make_pdf(tmp_path / "manual.pdf", ["The boiler is old.", "Error E17 means frost."], title="Ember 24")
    reading, documents = read_all(path)
    assert reading.kind == "pdf"
    assert reading.unreadable == []
    assert [(document.page, document.text) for document in documents] == [
        (1, "The boiler is old."),
        (2, "Error E17 means frost."),
    ]
    assert documents[0].title == "Ember 24"
    assert documents[0].line_start is None


def test_a_pdf_is_found_by_content(tmp_path: Path) -> None:
    path = make_pdf(tmp_path / "a.pdf", ["Words."]).rename(tmp_path / "download")
    assert read_all(path)[0].kind == "pdf"


def test_pages_without_text_make_it_partial(tmp_path: Path) -> None:
    reading, documents = read_all(make_pdf(tmp_path / "a.pdf", ["", "Words.", "", "", ""]))
    assert [document.page for document in documents] == [2]
    assert reading.unreadable == ["pages 1, 3-5: no text on them"]


def test_a_scan_is_unreadable(tmp_path: Path) -> None:
    assert "ocrmypdf" in reason(make_pdf(tmp_path / "scan.pdf", ["", ""]))


def test_more_pages_than_the_limit(tmp_path: Path) -> None:
    path = make_pdf(tmp_path / "a.pdf", ["One.", "Two.", "Three."])
    reading, documents = read_all(path, limits=Limits(pdf_pages=2))
    assert [document.page for document in documents] == [1, 2]
    assert reading.unreadable == ["pages 3 to 3: over the limit pdf_pages"]


@pytest.mark.parametrize("password", ["", "secret"])
def test_encrypted_pdf(tmp_path: Path, password: str) -> None:
    writer = PdfWriter(clone_from=make_pdf(tmp_path / "plain.pdf", ["The treasure is in the garden."]))
    writer.encrypt(password, algorithm="RC4-128")
    path = tmp_path / "locked.pdf"
    writer.write(path)
    if password:
        assert "encrypted" in reason(path)
    else:
        assert read_all(path)[1][0].text == "The treasure is in the garden."


def test_broken_pdfs_end_in_a_reason(tmp_path: Path) -> None:
    good = make_pdf(tmp_path / "good.pdf", ["Words on a page."]).read_bytes()
    path = tmp_path / "broken.pdf"
    path.write_bytes(random.Random(2).randbytes(4_000))
    assert "not a PDF" in reason(path)
    rng = random.Random(5)
    outcomes = set()
    for _ in range(30):
        data = bytearray(good[: rng.randint(9, len(good))])
        for _ in range(rng.randint(0, 40)):
            data[rng.randrange(9, len(data) + 1) - 1] = rng.randrange(256)
        path.write_bytes(b"%PDF-1.4" + data[8:])
        outcomes.add(outcome(path))
    assert any(reason.startswith("damaged PDF") for reason in outcomes)
    assert all(len(reason) > 20 for reason in outcomes - {"read"})


PAGE = """<!DOCTYPE html>
<html><head><title>Opening hours | The Library</title>
<meta property="article:published_time" content="2024-05-08T10:00:00+02:00">
<style>p { color: red }</style><script>var secret = 1;</script></head>
<body>
<header><h1>The Library chain</h1></header><nav><a href="/">Home</a></nav>
<div class="menu"><a href="/x">Rooms</a></div>
<article>
<header><h1>Opening hours</h1></header>
<p>We open at <b>nine</b>o'clock.<br>Not on   Sundays.</p>
<!-- hidden remark -->
<h2>Holidays &amp; feasts</h2>
<ul><li>Easter<ul><li>Monday too</li></ul></li><li>Christmas</li></ul>
<table><tr><th>Day</th><th>Hours</th></tr><tr><td>Monday</td><td>9-17</td></tr></table>
<pre>  code
    kept</pre>
<form><input><label>Newsletter</label></form>
</article>
<footer>All rights reserved</footer></body></html>
"""


def test_html_main_text(tmp_path: Path) -> None:
    path = tmp_path / "a.html"
    path.write_text(PAGE)
    reading, documents = read_all(path, 100)
    assert reading.kind == "html"
    assert [document.headings for document in documents] == [
        ("Opening hours",),
        ("Opening hours", "Holidays & feasts"),
    ]
    assert documents[0].text == "Opening hours\n\nWe open at nineo'clock.\nNot on Sundays."
    assert documents[1].text == (
        "Holidays & feasts\n\nEaster\n\nMonday too\n\nChristmas\n\nDay\tHours\n\nMonday\t9-17\n\n  code\n    kept"
    )
    assert documents[0].title == "Opening hours | The Library"
    assert documents[0].date == "2024-05-08T10:00:00+02:00"
    everything = " ".join(document.text for document in documents)
    for furniture in ("secret", "color", "Home", "Rooms", "Newsletter", "rights", "chain", "hidden"):
        assert furniture not in everything


@pytest.mark.parametrize("encoding", ["utf-8", "iso-8859-1", "windows-1251"])
def test_html_charsets(tmp_path: Path, encoding: str) -> None:
    word = "воскресенье" if encoding == "windows-1251" else "Größe"
    path = tmp_path / "a.htm"
    path.write_bytes(f'<html><head><meta charset="{encoding}"></head><p>{word}</p></html>'.encode(encoding))
    assert read_all(path)[1][0].text == word


def test_a_page_that_is_one_form_is_still_read(tmp_path: Path) -> None:
    path = tmp_path / "a.html"
    path.write_text("<html><body><form><p>Order 17 has been shipped.</p></form></body></html>")
    assert read_all(path)[1][0].text == "Order 17 has been shipped."


@pytest.mark.parametrize("markup", ["<html></html>", "<html><body><script>x()</script></body></html>", "<!-- -->"])
def test_html_without_text(tmp_path: Path, markup: str) -> None:
    path = tmp_path / "a.html"
    path.write_text(markup)
    assert "no text" in reason(path)


def test_broken_and_deep_html(tmp_path: Path) -> None:
    path = tmp_path / "a.html"
    path.write_text("<p>one<p>two<table><td>three</b></div>" + "<div>" * 400 + "deep words" + "<p")
    assert words([document.text for document in read_all(path)[1]]) == [
        "one",
        "two",
        "three",
        "deep",
        "words",
    ]
