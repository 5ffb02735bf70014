"""Markdown and plain text: exact slices with lines, heading paths, titles and dates."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from reading import measure, read_all, words

from ingest import dates
from ingest.limits import Limits
from ingest.readers import read
from ingest.types import Empty, Unreadable

NOTE = """\
---
title: Trip to Lisbon
date: 2024-05-08
tags: [travel]
---
Intro words before any heading.

# Trip to Lisbon

## Day 1

- Ferry at nine
- Lunch with *Inês*
  and her brother

## Day 2
### Morning

| what | price |
|---|---|
| tram | 3.10 |

```python
# not a heading
print("hi")
```

Setext
------

> A quote about the sea.

[link]: https://example.com/reference
"""


def write(path: Path, text: str | bytes) -> Path:
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_markdown(tmp_path: Path, line_end: str, mark: bytes) -> None:
    path = write(tmp_path / "note.md", mark + NOTE.replace("\n", line_end).encode())
    reading, documents = read_all(path, 100)
    assert reading.kind == "markdown"
    assert [document.headings for document in documents] == [
        (),
        ("Trip to Lisbon", "Day 1"),
        ("Trip to Lisbon", "Day 2", "Morning"),
        ("Trip to Lisbon", "Setext"),
    ]
    assert {document.title for document in documents} == {"Trip to Lisbon"}
    assert {document.date for document in documents} == {"2024-05-08"}
    assert documents[1].context == "Trip to Lisbon > Day 1, 2024-05-08\n(tags: travel)\n"
    assert documents[1].text.startswith("# Trip to Lisbon")
    assert (documents[1].line_start, documents[1].line_end) == (8, 14)
    assert "# not a heading" in documents[2].text
    assert words([document.text for document in documents]) == NOTE.split()


def test_the_title_is_the_only_top_heading_or_the_file_name(tmp_path: Path) -> None:
    one = write(tmp_path / "a.md", "# Fish *soup* with [leeks](x)\n\nBoil it.\n\n## How\n\nSlowly.\n")
    assert {document.title for document in read_all(one)[1]} == {"Fish soup with leeks"}
    many = write(tmp_path / "2024-05-08 diary.md", "# Monday\n\nRain.\n\n# Tuesday\n\nSun.\n")
    assert {document.title for document in read_all(many)[1]} == {"2024-05-08 diary"}
    assert {document.date for document in read_all(many)[1]} == {"2024-05-08"}


def test_the_days_of_a_diary_carry_their_dates(tmp_path: Path) -> None:
    path = write(tmp_path / "spring.md", "# April\n\n## 2025-04-05\n\nParty.\n\n## 2025-04-11 Flight\n\nUp early.\n")
    documents = read_all(path)[1]
    assert [document.date for document in documents] == ["2025-04-05", "2025-04-11"]
    assert documents[0].context == "April (spring) > 2025-04-05\n"


def test_days_are_written_out_in_headings_too(tmp_path: Path) -> None:
    path = write(
        tmp_path / "log.md", "# Log\n\n## Monday, 8 April 2025\n\nRain.\n\n## Notes of April 9th, 2025\n\nSun.\n"
    )
    assert [document.date for document in read_all(path)[1]] == ["2025-04-08", "2025-04-09"]


def test_the_context_says_what_the_file_is_called_where_its_title_does_not(tmp_path: Path) -> None:
    for name, context in [
        ("birthdays.md", "Not to forget (birthdays)\n"),
        ("not-forgotten.md", "Not to forget\n"),
        ("2024-05-08 notes 3.md", "Not to forget, 2024-05-08\n"),
    ]:
        document = read_all(write(tmp_path / name, "# Not to forget\n\n* 9 January: Nina\n"))[1][0]
        assert (document.context, document.title) == (context, "Not to forget")


@pytest.mark.parametrize(
    "front",
    [
        "---\n[broken: yaml\n---\n",
        "---\ndate: 2024-13-45\n---\n",
        "---\njust text\n---\n",
        "---\nnever closed\n",
    ],
)
def test_broken_front_matter_is_text(tmp_path: Path, front: str) -> None:
    documents = read_all(write(tmp_path / "x.md", front + "\nBody words.\n"))[1]
    assert words([document.text for document in documents]) == (front + " Body words.").split()


def test_front_matter_alone_is_a_document(tmp_path: Path) -> None:
    documents = read_all(write(tmp_path / "x.md", "---\ntitle: Only this\n---\n"))[1]
    assert [document.title for document in documents] == ["Only this"]


def test_a_document_never_crosses_a_section(tmp_path: Path) -> None:
    text = "".join(f"## Part {i}\n\nShort words {i}.\n\n" for i in range(20))
    documents = read_all(write(tmp_path / "x.md", text), 256)[1]
    assert [document.headings for document in documents] == [(f"Part {i}",) for i in range(20)]


def test_a_large_file_is_read_as_its_parts_would_be(tmp_path: Path) -> None:
    part = "# Part\n\n```\n# no heading\n\n- no item\n```\n\nText.\n\n- item\n\n  more of it\n- item\n\n"
    documents = read_all(write(tmp_path / "x.md", part * 6_000), 64)[1]
    assert {document.headings for document in documents} == {("Part",)}
    assert [document.text for document in documents] == [part.strip()] * 6_000


@pytest.mark.parametrize("seed", range(25))
def test_random_markdown_is_sliced_exactly_and_wholly(tmp_path: Path, seed: int) -> None:
    rng = random.Random(seed)
    parts = [
        "# Title\n", "## Sub *x*\n", "word ", "A sentence ends. ", "\n", "\n\n", "- item\n", "  - nested\n",
        "> quote\n", "```\ncode\n\n# code\n```\n", "| a | b |\n|---|---|\n| 1 | 2 |\n", "    indented\n",
        "Setext\n===\n", "\r\n", "\r", "😀 ", "[ref]: http://x\n", "<div>\n", "---\n", "***\n", "1. one\n",
        "\ttab ", "\x0c", "\u2028",
    ]  # fmt: skip
    text = "".join(rng.choices(parts, k=80))
    path = write(tmp_path / f"{seed}.{rng.choice(['md', 'txt'])}", text)
    documents = read_all(path, rng.choice([16, 40, 200]))[1]
    kept = "".join(document.text for document in documents)
    assert "".join(kept.split()) == "".join(text.split())


def test_plain_text_in_any_encoding_and_with_any_name(tmp_path: Path) -> None:
    text = "Erster Absatz über Köln.\r\n\r\nZweiter Absatz, größer.\r\n"
    for name, encoding in [
        ("a.txt", "utf-16"),
        ("b.log", "cp1252"),
        ("README", "utf-8-sig"),
        ("c.conf.txt", "utf-8"),
    ]:
        reading, documents = read_all(write(tmp_path / name, text.encode(encoding)))
        assert reading.kind == "text"
        assert [document.text for document in documents] == [text.strip()]
        assert (documents[0].line_start, documents[0].line_end) == (1, 3)


def test_a_line_with_nothing_but_a_day_heads_what_follows(tmp_path: Path) -> None:
    text = (
        "My year\n\nThursday, 5 December 2024\nUp late.\nCake.\n--- Fri 6 December 2024 ---\nAnna: hi\n\n"
        "7 December 2024\n8 December 2024\nOn 9 December 2024 we fly.\n"
    )
    documents = read_all(write(tmp_path / "diary.txt", text))[1]
    assert [(document.date, document.headings) for document in documents] == [
        ("2024-12-05", ("Thursday, 5 December 2024",)),
        ("2024-12-06", ("Fri 6 December 2024",)),
        ("2024-12-08", ("8 December 2024",)),
    ]
    assert documents[0].text.startswith("My year")  # a title goes with the first day
    assert "".join(text.split()) == "".join("".join(document.text for document in documents).split())
    form = "Contract\n" + "It is long. " * 50 + "\nThe contract ends on\n12.05.2031\nMonthly fee\n12 EUR\n5 May 2024\n"
    assert {document.date for document in read_all(write(tmp_path / "form.txt", form))[1]} == {None}
    long = "A letterhead is short. " * 30
    documents = read_all(write(tmp_path / "long.txt", f"{long}\n\n5 December 2024\nHi.\n"))[1]
    assert [document.date for document in documents] == [None] * (len(documents) - 1) + ["2024-12-05"]


def test_the_sample_in_windows_1252() -> None:
    path = Path(__file__).parents[2] / "samples" / "notes" / "allotment.txt"
    assert b"G\xe5rdens" in path.read_bytes()
    assert "Gårdens" in " ".join(document.text for document in read_all(path)[1])


def test_odd_names_make_fit_titles(tmp_path: Path) -> None:
    path = tmp_path / "a\nb 😀 \udcff.txt"
    documents = read_all(write(path, "words"))[1]
    assert documents[0].title == "a b 😀 \ufffd"


@pytest.mark.parametrize("content", [b" \n\t\r\n", "\ufeff\n".encode()])
def test_white_space_is_empty(tmp_path: Path, content: bytes) -> None:
    for name in ("a.md", "a.txt"):
        with pytest.raises(Empty):
            read(write(tmp_path / name, content), limits=Limits(), measure=measure, max_tokens=64)


def test_random_bytes_named_md_are_unreadable(tmp_path: Path) -> None:
    path = write(tmp_path / "x.md", random.Random(1).randbytes(5_000))
    with pytest.raises(Unreadable, match="binary"):
        read(path, limits=Limits(), measure=measure, max_tokens=64)


def test_a_file_over_the_limit_is_unreadable(tmp_path: Path) -> None:
    path = write(tmp_path / "x.txt", "a" * 2_000)
    with pytest.raises(Unreadable, match="text_bytes"):
        read(path, limits=Limits(text_bytes=1_000), measure=measure, max_tokens=64)


def test_a_file_that_is_gone_is_unreadable(tmp_path: Path) -> None:
    with pytest.raises(Unreadable, match="gone"):
        read(tmp_path / "x.txt", limits=Limits(), measure=measure, max_tokens=64)


@pytest.mark.parametrize(
    ("name", "date"),
    [
        ("2024-05-08.md", "2024-05-08"),
        ("IMG_20240508_1356.txt", "2024-05-08"),
        ("2024_05_08 trip.pdf", "2024-05-08"),
        ("scan 2024.05.08", "2024-05-08"),
        ("8 May 2024.txt", "2024-05-08"),
        ("minutes_8-May-2024.docx", "2024-05-08"),
        ("Minutes May 8, 2024.docx", "2024-05-08"),
        ("08.05.2024 dentist.md", "2024-05-08"),
        ("25-12-2024.md", "2024-12-25"),
        ("chat_12_25_2024.md", "2024-12-25"),
        ("05-06-2024.md", None),  # May or June
        ("rules since 1 May 2024.md", None),
        ("31 June 2024.md", None),
        ("2024-0508.md", None),
        ("2023-02-31.md", None),
        ("123456789012.txt", None),
    ],
)
def test_dates_in_names(name: str, date: str | None) -> None:
    assert dates.from_name(name) == date


@pytest.mark.parametrize(
    ("line", "of_line", "in_heading"),
    [
        ("Thursday, 5 December 2024", "2024-12-05", "2024-12-05"),
        ("--- Fri 27 June 2025 ---", "2025-06-27", "2025-06-27"),
        ("## 3rd of May 2025, 21:30", "2025-05-03", "2025-05-03"),
        ("Dec. 5, 2024", "2024-12-05", "2024-12-05"),
        ("1:56 pm on 8 May, 2023", "2023-05-08", "2023-05-08"),
        ("DATE: 8:05 am on May 8, 2023", "2023-05-08", "2023-05-08"),
        ("Session 3 (8 May 2023, 13:56:10 UTC)", "2023-05-08", "2023-05-08"),
        ("2023/05/08 (Mon) 03:27", "2023-05-08", "2023-05-08"),
        ("Party on 8 May 2023", None, "2023-05-08"),
        ("05.12.2024", "2024-12-05", "2024-12-05"),
        ("2024-12-05", "2024-12-05", "2024-12-05"),
        ("5 December 2024 was cold", None, "2024-12-05"),
        ("It was 5 December 2024 and cold", None, None),
        ("Minutes 2023-09-01", None, "2023-09-01"),
        ("Cancelled from 1 May 2031 on", None, None),
        ("Notes since 5 May 2024", None, None),
        ("Minutes, 5 May 2024", None, "2024-05-05"),
        ("31 June 2024", None, None),
        ("31.6.2024", None, None),
        ("5 December", None, None),
        ("1234", None, None),
    ],
)
def test_days_in_lines(line: str, of_line: str | None, in_heading: str | None) -> None:
    assert (dates.of_line(line), dates.in_heading(line)) == (of_line, in_heading)


@pytest.mark.parametrize(
    ("value", "date"),
    [
        ("2024-05-08", "2024-05-08"),
        ("2024-05-08T13:56:00Z", "2024-05-08T13:56:00+00:00"),
        ("8 May 2024", "2024-05-08"),
        ("May 8, 2024 13:56", "2024-05-08T13:56:00"),
        ("May 2024", None),
        ("sometime in spring", None),
        (None, None),
        (2024, None),
    ],
)
def test_dates_as_values(value: object, date: str | None) -> None:
    assert dates.from_value(value) == date
