"""PDF by pypdf, one page at a time; the extracted text is the pages' texts, each followed by a form feed."""

from __future__ import annotations

import logging
import re
import warnings
from collections.abc import Iterator

from pypdf import PdfReader
from pypdf.errors import DependencyError, PyPdfError

from ingest import dates
from ingest.context import Budget
from ingest.limits import Limits
from ingest.readers.compose import Origin, Section, compose
from ingest.readers.plain import Paragraphs
from ingest.readers.source import Reader, Source
from ingest.text import clean
from ingest.types import Document, Reading, Unreadable

# pypdf reports every oddity of a file as a log line; what matters reaches the person as a reason.
logging.getLogger("pypdf").setLevel(logging.CRITICAL)

_DATE = re.compile(r"D:(\d{4})(\d\d)(\d\d)")
_NEEDS_PACKAGE = "encrypted with AES: install the package 'cryptography', or save a copy without a password"
_SCAN = "no text in it: probably a scan; run a text recogniser over it (ocrmypdf) and add it again"


def _recognises(name: str, head: bytes) -> bool:
    return name.endswith(".pdf") or head.startswith(b"%PDF-")


def read(source: Source, budget: Budget, limits: Limits) -> Reading:
    pdf = _open(source)
    count = len(pdf.pages)
    if count == 0:
        raise Unreadable("no pages in it: the PDF is damaged; open it in a viewer and save it anew")
    reading = Reading("pdf", iter(()))
    reading.documents = _documents(pdf, source, min(count, limits.pdf_pages), reading.unreadable, budget)
    if count > limits.pdf_pages:
        reading.unreadable.append(f"pages {limits.pdf_pages + 1} to {count}: over the limit pdf_pages")
    return reading


def _open(source: Source) -> PdfReader:
    with source.open() as file:
        if b"%PDF-" not in file.read(1024):
            raise Unreadable("not a PDF: the file does not begin like one; check what it is")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            pdf = PdfReader(source.path, strict=False)
            if pdf.is_encrypted and not pdf.decrypt(""):
                raise Unreadable("encrypted: save a copy without a password and add that")
            len(pdf.pages)
            return pdf
    except Unreadable:
        raise
    except DependencyError as error:
        raise Unreadable(_NEEDS_PACKAGE) from error
    except Exception as error:  # pypdf raises nearly anything on a broken file
        raise Unreadable(f"damaged PDF ({_reason(error)}): open it in a viewer and save it anew") from error


def _documents(pdf: PdfReader, source: Source, count: int, unreadable: list[str], budget: Budget) -> Iterator[Document]:
    title = _metadata(pdf, "/Title") or source.stem
    created = _DATE.match(_metadata(pdf, "/CreationDate"))
    date = dates.from_name(source.name) or (dates.from_value("-".join(created.groups())) if created else None)
    offset = 0
    silent: list[int] = []
    for number in range(1, count + 1):
        text, problem = _page_text(pdf, number)
        if problem:
            unreadable.append(f"page {number}: {problem}")
        elif not text.strip():
            silent.append(number)
        else:
            origin = Origin(title=title, date=date, page=number, offset=offset, file=source.beyond(title))
            yield from compose(text, [Section((), Paragraphs(text))], origin, budget)
        offset += len(text) + 1
    if len(silent) == count:
        unreadable.append(_SCAN)
    elif silent:
        unreadable.append(f"{_pages(silent)}: no text on {'it' if len(silent) == 1 else 'them'}")


def _page_text(pdf: PdfReader, number: int) -> tuple[str, str]:
    """(text, "") or ("", what is wrong with the page)."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return clean(pdf.pages[number - 1].extract_text()), ""
    except DependencyError:
        return "", _NEEDS_PACKAGE
    except Exception as error:  # noqa: BLE001 - one broken page must not take the others along
        return "", f"damaged ({_reason(error)})"


def _metadata(pdf: PdfReader, key: str) -> str:
    try:
        value = pdf.metadata.get(key) if pdf.metadata else None
        return " ".join(clean(str(value)).split()) if value else ""
    except Exception:  # noqa: BLE001 - metadata is a convenience; the pages are what counts
        return ""


def _pages(numbers: list[int]) -> str:
    """[1, 3, 4, 5] becomes "pages 1, 3-5"."""
    runs: list[tuple[int, int]] = []
    for number in numbers:
        if runs and number == runs[-1][1] + 1:
            runs[-1] = (runs[-1][0], number)
        else:
            runs.append((number, number))
    shown = ", ".join(str(first) if first == last else f"{first}-{last}" for first, last in runs)
    return f"page {shown}" if len(numbers) == 1 else f"pages {shown}"


def _reason(error: Exception) -> str:
    words = " ".join(str(error).split())[:120]
    return words if isinstance(error, PyPdfError) and words else f"{type(error).__name__} {words}".strip()


READER = Reader("pdf", "pdf_bytes", _recognises, read)
