"""Org, reStructuredText, Obsidian's Markdown, source code and logs: exact slices under the right headings."""

from __future__ import annotations

from pathlib import Path

import pytest
from reading import check_slices, read_all, words

from ingest.limits import Limits
from ingest.scan import scan
from ingest.types import Document
from ingest.words import Words

ORG = """#+TITLE: Garden
#+FILETAGS: :home:
Intro words.

* Plants :garden:
** TODO Water the ferns :daily:
   SCHEDULED: <2024-05-08 Wed 07:30 +1d>
   :PROPERTIES:
   :Place: Balcony
   :END:
   Twice a week.

   #+BEGIN_SRC python
   def water():

       pass
   #+END_SRC
** DONE Buy soil
CLOSED: [2024-04-01 Mon]
At [[https://example.org][Plantagen]].
"""
RST = """=====
Title
=====

:Date: 2024-05-08

Intro text.

Section ``one``
---------------

A table:

=====  =====
a      b
=====  =====
1      2
=====  =====

Code::

    literal
    -------

Sub
~~~

Deep.

Other
-----
"""
VAULT = """---
tags: [travel, portugal/lisbon]
aliases:
  - Lissabon
created: 2024-05-08
---
# Lisbon

See [[Trips/Porto harbour|the other trip]] and ![[tram map.png]]. #food/fish ^block1

> [!tip] Trams
> Take line 28.

## Later [[Sintra]]

More words.
"""


def write(path: Path, text: str) -> Path:
    path.write_bytes(text.encode())
    return path


def check_whole(path: Path, text: str, documents: list[Document]) -> None:
    """Exact slices that leave no word out."""
    check_slices(path.read_bytes(), documents)
    assert words([document.text for document in documents]) == text.split()


@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_org(tmp_path: Path, line_end: str) -> None:
    text = ORG.replace("\n", line_end)
    path = write(tmp_path / "garden.org", text)
    reading, documents = read_all(path, 200)
    assert reading.kind == "org"
    check_whole(path, text, documents)
    assert [document.headings for document in documents] == [
        (),
        ("Plants",),
        ("Plants", "Water the ferns"),
        ("Plants", "Buy soil"),
    ]
    assert {document.title for document in documents} == {"Garden"}
    assert documents[2].date == "2024-05-08T07:30:00"
    assert "(tags: daily, garden, home; state: TODO; place: Balcony)" in documents[2].context
    assert documents[3].date == "2024-04-01"
    assert (documents[3].line_start, documents[3].line_end) == (18, 20)


def test_org_code_with_blank_lines_stays_together(tmp_path: Path) -> None:
    path = write(tmp_path / "garden.org", ORG)
    assert any("def water():\n\n       pass" in document.text for document in read_all(path, 64)[1])


@pytest.mark.parametrize(
    ("stamp", "date"),
    [
        ("SCHEDULED: <2023-02-29 Wed>", None),
        ("Seen [2023-02-29], again [2024-05-09].", "2024-05-09"),
        ("DEADLINE: <2024-06-31 Mon>", None),
        ("CLOSED: [2024-05-09 Thu 25:00]", "2024-05-09"),
        ("CLOCK: [2024-13-01 Mon 10:00]--[2024-05-09 Thu 10:00] =>  0:30", "2024-05-09T10:00:00"),
        ("<99999999999-01-01>", None),
        (":PROPERTIES:\n:Effort: an evening\n:END:", None),
    ],
)
def test_org_with_what_no_calendar_has(tmp_path: Path, stamp: str, date: str | None) -> None:
    text = f"* Water the ferns\n{stamp}\nWords.\n* Buy soil\nSCHEDULED: <2024-05-08 Wed 07:30>\n"
    path = write(tmp_path / "garden.org", text)
    documents = read_all(path, 100)[1]
    check_whole(path, text, documents)
    assert [(document.headings, document.date) for document in documents] == [
        (("Water the ferns",), date),
        (("Buy soil",), "2024-05-08T07:30:00"),
    ]


@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_rst(tmp_path: Path, line_end: str) -> None:
    text = RST.replace("\n", line_end)
    path = write(tmp_path / "a.rst", text)
    reading, documents = read_all(path, 200)
    assert reading.kind == "rst"
    check_whole(path, text, documents)
    assert [document.headings for document in documents] == [
        ("Title",),
        ("Title", "Section one"),
        ("Title", "Section one", "Sub"),
        ("Title", "Other"),
    ]
    assert {(document.title, document.date) for document in documents} == {("Title", "2024-05-08")}
    assert (documents[1].line_start, documents[1].line_end) == (9, 23)


def test_obsidian_tags_aliases_and_links_are_found_by_words(tmp_path: Path) -> None:
    path = write(tmp_path / "Lisbon.md", VAULT)
    documents = read_all(path, 100)[1]
    check_whole(path, VAULT, documents)
    assert {document.date for document in documents} == {"2024-05-08"}
    assert all("(tags: travel, portugal/lisbon; also called: Lissabon)" in document.context for document in documents)
    assert documents[-1].headings == ("Lisbon", "Later Sintra")
    index = Words.open(tmp_path / "words.sqlite")
    index.add([(i, document.text, document.context) for i, document in enumerate(documents)])
    for query, found in (("#food/fish", 0), ("Porto harbour", 0), ("Lissabon", 0), ("[[Sintra]]", len(documents) - 1)):
        assert found in [number for number, _ in index.search(query, 5)]
    assert (len(documents) - 1) in index.evidence("which notes are tagged portugal", 5)
    index.close()


def test_code_is_cut_between_definitions(tmp_path: Path) -> None:
    functions = [f"def f{i}(x):\n    first = {i}\n\n    return first + x\n" for i in range(6)]
    text = "import os\n\n\n" + "\n\n".join(functions)
    path = write(tmp_path / "main.py", text)
    reading, documents = read_all(path, 40)
    assert reading.kind == "code"
    check_whole(path, text, documents)
    assert len(documents) > 2
    assert all(document.text.startswith(("import", "def ")) for document in documents)
    assert {document.title for document in documents} == {"main.py"}


def test_a_script_is_known_by_its_first_line(tmp_path: Path) -> None:
    assert read_all(write(tmp_path / "backup", "#!/usr/bin/env bash\nrsync a b\n"))[0].kind == "code"


def test_a_log_is_cut_between_entries_and_dated(tmp_path: Path) -> None:
    entry = "2024-05-{day:02} 10:00:00,123 ERROR worker failed with code {day}\nTraceback:\n  File x, line {day}\n"
    text = "".join(entry.format(day=day) for day in range(1, 21))
    path = write(tmp_path / "app.log", text)
    _, documents = read_all(path, 100)
    check_whole(path, text, documents)
    assert all(document.text.startswith(f"{document.date} 10:00:00") for document in documents)
    assert documents[0].date == "2024-05-01"
    assert documents[-1].date != "2024-05-01"


@pytest.mark.parametrize(
    ("name", "content", "rule"),
    [
        ("package-lock.json", '{"lockfileVersion": 3}', "lock file of a package manager"),
        ("uv.lock", "version = 1", "lock file of a package manager"),
        ("app.min.js", "var a=1;", "minified code"),
        ("bundle.js", "var a=1;" * 2_000, "minified code (very long lines)"),
        ("api_pb2.py", "x = 1", "generated code"),
        ("api.go", "// Code generated by protoc-gen-go. DO NOT EDIT.\npackage a\n", "generated code"),
        ("site.pem", "-----BEGIN", "key or certificate"),
    ],
)
def test_what_no_person_wrote_is_ignored_by_a_rule(tmp_path: Path, name: str, content: str, rule: str) -> None:
    write(tmp_path / name, content)
    assert [found.ignored for found in scan([tmp_path], Limits())] == [rule]


def test_a_note_about_generated_code_is_read(tmp_path: Path) -> None:
    write(tmp_path / "note.md", "# Code generated by protoc\n\nDo not edit it.\n")
    assert [found.ignored for found in scan([tmp_path], Limits())] == [None]
