"""A citation's lines: those of the quote where the text lies in the file line by line, else the document's."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from ingest.catalog import DocumentRow
from ingest.types import Document
from twin_app.asking import citation

LINES = ["The boiler is old.", "It was put in", "in 1998.", "Call Norrvik."]
QUOTE = "It was put in{}in 1998."


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize(
    ("kind", "line", "cited"),
    [
        ("markdown", 10, (11, 12)),
        ("text", 10, (11, 12)),
        ("whatsapp", 10, (11, 12)),
        ("html", 10, (10, 30)),
        ("mail", 10, (10, 30)),
        ("telegram", 10, (10, 30)),
        ("chatgpt", 10, (10, 30)),
        ("pdf", None, (None, None)),
        ("whatsapp", None, (None, None)),  # from an archive
    ],
)
def test_lines(kind: str, line: int | None, cited: tuple[int | None, int | None], line_end: str) -> None:
    text, quote = line_end.join(LINES), QUOTE.format(line_end)
    document = Document(text, "", "Boiler", (), 0, len(text), line_start=line, line_end=None if line is None else 30)
    now = datetime.now(UTC)
    row = DocumentRow(1, 1, Path("/a"), kind, "00", 0, document, 9, True, now, None)
    start = text.index(quote)
    found = citation(row, start, start + len(quote), 1.0, 1)
    assert (found["line_start"], found["line_end"]) == cited
    assert found["quote"] == quote
