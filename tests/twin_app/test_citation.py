"""A citation's lines: those of the quote where they are known, else the document's."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from ingest.catalog import DocumentRow
from ingest.types import Document, Mark
from twin_app.asking import citation, snippet

LINES = ["The boiler is old.", "It was put in", "in 1998.", "Call Norrvik."]
QUOTE = "It was put in{}in 1998."


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize(
    ("lines", "marks", "cited"),
    [
        ((10, 13), (), (11, 12)),  # one line of the file for each of the text
        ((10, 30), (), (10, 30)),  # a mail in base64
        ((10, 10), (), (10, 10)),  # a message on one line of JSON
        ((10, 30), ((0, 10, 11), (19, 14, 14), (30, 15, 17), (44, 30, 30)), (14, 17)),  # markup
        ((None, None), (), (None, None)),  # a page of a PDF, a member of an archive
    ],
)
def test_lines(
    lines: tuple[int | None, int | None], marks: tuple[Mark, ...], cited: tuple[int | None, int | None], line_end: str
) -> None:
    text, quote = line_end.join(LINES), QUOTE.format(line_end)
    start = text.index(quote)
    document = Document(text, "", "Boiler", (), 0, len(text), line_start=lines[0], line_end=lines[1], lines=marks)
    now = datetime.now(UTC)
    row = DocumentRow(1, 1, Path("/a"), "html", "00", 0, document, 9, True, now, None)
    found = citation(row, start, start + len(quote), 1.0, 1)
    assert (found["line_start"], found["line_end"]) == cited
    assert found["quote"] == quote


def test_what_is_quoted_of_a_passage_has_the_words_however_they_are_accented() -> None:
    text = "Dear all, we meet at seven.\nWe sing the Requiem by Fauré."
    assert text[slice(*snippet(text, ["Faure"]))] == "We sing the Requiem by Fauré."
    assert text[slice(*snippet(text, ["méet"]))] == "Dear all, we meet at seven."
