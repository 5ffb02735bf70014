"""Tables, JSON of any program, and notebooks: every value with its name, at its line."""

from __future__ import annotations

import csv
import json
import random
import re
from itertools import pairwise
from pathlib import Path

import nbformat
import pytest
from reading import read_all

from ingest.limits import Limits
from ingest.places import lines_of
from ingest.types import Document

BANK = 'Date;Shop;Amount;Note\r\n2024-05-08;ICA;1,50;"for the\r\npicnic"\r\n2024-05-09;Coop;2,50;\r\n'


def write(path: Path, content: str | bytes) -> Path:
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def rows(documents: list[Document]) -> list[str]:
    """The lines of all documents; an empty one stands between rows of a table and between records."""
    return [line for document in documents for line in document.text.splitlines()]


def table_rows(documents: list[Document]) -> list[str]:
    assert all(
        "" in (before, after) for document in documents for before, after in pairwise(document.text.splitlines())
    )
    return [line for line in rows(documents) if line]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
def test_a_table_names_its_columns(tmp_path: Path, encoding: str) -> None:
    text = BANK.replace("Coop", "Kött & Öl")
    reading, documents = read_all(write(tmp_path / "bank.csv", text.encode(encoding)), 100)
    assert reading.kind == "csv"
    assert table_rows(documents) == [
        "Date: 2024-05-08; Shop: ICA; Amount: 1,50; Note: for the picnic",
        "Date: 2024-05-09; Shop: Kött & Öl; Amount: 2,50",
    ]


def test_lines_of_rows_with_line_ends_in_them(tmp_path: Path) -> None:
    (document,) = read_all(write(tmp_path / "bank.csv", BANK), 100)[1]
    assert (document.line_start, document.line_end) == (2, 4)
    at = document.text.index("picnic")
    assert lines_of(document, at, at + 6) == (2, 3)
    at = document.text.index("Coop")
    assert lines_of(document, at, at + 4) == (4, 4)


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("a.tsv", "name\tage\nAnna\t41\n", ["name: Anna; age: 41"]),
        ("a.csv", "sep=|\nname|age\nAnna|41\n", ["name: Anna; age: 41"]),
        ("a.csv", "2024-05-08,ICA,12\n2024-05-09,Coop,13\n", ["2024-05-08; ICA; 12", "2024-05-09; Coop; 13"]),
        ("a.csv", "milk\nbread\n", ["milk", "bread"]),
        ("a.csv", "name,age\n", ["name,age"]),
        ("a.csv", 'name,says\nAnna,"a ""b"", c"\n\n', ['name: Anna; says: a "b", c']),
        ("a.csv", "name,says\nBen,x,extra\n", ["name: Ben; says: x; extra"]),
        ("a.csv", "artikel;pris\n" + "mjölk;1,5\n" * 60, ["artikel: mjölk; pris: 1,5"] * 60),
    ],
)  # fmt: skip
def test_dialects_and_headers(tmp_path: Path, name: str, text: str, expected: list[str]) -> None:
    assert table_rows(read_all(write(tmp_path / name, text))[1]) == expected


def test_random_tables_written_by_csv_keep_every_value_and_line(tmp_path: Path) -> None:
    rng = random.Random(5)
    values = ["x1", "two words", "a,b", 'say "hi"', "line\nbreak", "", "ö;ä", "tab\there"]
    for seed in range(20):
        path = tmp_path / f"{seed}.csv"
        table = [[f"k{seed} {rng.choice(values)}" for _ in range(3)] for _ in range(30)]
        with path.open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file, delimiter=rng.choice(",;\t|"), lineterminator=rng.choice(["\n", "\r\n"]))
            writer.writerow(["first", "second", "third"])
            writer.writerows(table)
        documents = read_all(path, 60)[1]
        assert table_rows(documents) == [
            "; ".join(
                f"{name}: {' '.join(v.split())}" for name, v in zip(("first", "second", "third"), row, strict=True)
            )
            for row in table
        ]
        starts = [2]
        for row in table:
            starts.append(starts[-1] + 1 + sum(value.count("\n") for value in row))
        seen = iter(starts)
        for document in documents:
            at = 0
            for line in document.text.splitlines():
                if line:
                    assert lines_of(document, at, at + len(line))[0] == next(seen)
                at += len(line) + 1


def test_a_table_of_a_million_columns(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", "\n".join(",".join(f"c{i}" for i in range(1_000_000)) for _ in range(2)))
    reading, documents = read_all(path, limits=Limits())
    assert reading.unreadable == ["columns 1,001 to 1,000,000: over the limit table_columns"]
    assert "c0: c0; c1: c1" in documents[0].text


def test_json_says_the_path_of_every_value(tmp_path: Path) -> None:
    data = {
        "name": "Trip to Lisbon",
        "note": "two\nlines",
        "empty": None,
        "days": [
            {"date": "2024-05-08", "stops": ["Belém", "Alfama"]},
            {"date": "2024-05-09", "cost": {"tram": 3.10}, "paid": True},
        ],
    }
    path = write(tmp_path / "trip.json", json.dumps(data, indent=1, ensure_ascii=False))
    reading, documents = read_all(path, 100)
    assert reading.kind == "json"
    assert rows(documents) == [
        "name: Trip to Lisbon", "note: two", "lines",
        "days[0].date: 2024-05-08", "days[0].stops: Belém", "days[0].stops: Alfama",
        "days[1].date: 2024-05-09", "days[1].cost.tram: 3.1", "days[1].paid: true",
    ]  # fmt: skip
    lines = path.read_text().splitlines()
    for document in documents:
        for word in ("Lisbon", "Alfama", "tram"):
            if (at := document.text.find(word)) >= 0:
                first, last = lines_of(document, at, at + len(word))
                assert first == last
                assert word in lines[(first or 0) - 1]


def test_records_of_json_are_of_the_day_they_say(tmp_path: Path) -> None:
    records: list[dict[str, object]] = [
        {"id": 1, "text": "one", "time": "2025-02-27 20:15:00"},
        {"id": 2, "text": "two", "Time": "2025-02-27T21:15:00+01:00"},
        {"id": 3, "text": "three", "timestamp": 1740787200},
        {"id": 4, "text": "four", "timestamp": 1740787200123},
        {"id": 5, "text": "five", "when": "soon", "date": 7},
        {"id": 6, "text": "six", "made": {"date": "2024-01-01"}},
        {"id": 7, "text": "seven", "made": {"day": "2024-01-01"}, "date": "1 May 2025"},
    ]
    expected = [("2025-02-27", "one two"), ("2025-03-01", "three four"), (None, "five six"), ("2025-05-01", "seven")]
    for name, text in (("a.json", json.dumps(records)), ("a.jsonl", "\n".join(map(json.dumps, records)))):
        documents = read_all(write(tmp_path / name, text))[1]
        said = [(d.date, " ".join(re.findall(r"text: (\w+)", d.text))) for d in documents]
        assert said == expected
        assert all((d.date or "") in d.context for d in documents)


def test_json_lines_survive_a_bad_one(tmp_path: Path) -> None:
    path = write(tmp_path / "a.jsonl", '{"a": "one"}\n{"a": \n\n["x", "y"]\n"alone"\n')
    reading, documents = read_all(path)
    assert reading.kind == "jsonl"
    assert rows(documents) == ["a: one", "", "x, y", "", "alone"]
    assert reading.unreadable == ["line 2: damaged or cut off"]
    assert documents[0].line_start == 1
    assert documents[-1].line_end == 5


def test_what_is_no_json_after_all_is_text(tmp_path: Path) -> None:
    for text in ("// a comment\n{}", "hello", "'single': 1"):
        reading, documents = read_all(write(tmp_path / "a.json", text))
        assert (reading.kind, rows(documents)) == ("text", text.splitlines())


def test_random_json_is_walked_as_json_reads_it(tmp_path: Path) -> None:
    rng = random.Random(3)

    def value(depth: int) -> object:
        kind = rng.randrange(6 if depth < 4 else 4)
        if kind == 4:
            return [value(depth + 1) for _ in range(rng.randrange(4))]
        if kind == 5:
            return {f"k{rng.randrange(99)}": value(depth + 1) for _ in range(rng.randrange(4))}
        return [rng.randrange(10**6), f'w{rng.randrange(10**6)} "ö\\', True, 1.5e-7][kind]

    def scalars(data: object) -> list[str]:
        if isinstance(data, list):
            return [found for each in data for found in scalars(each)]
        if isinstance(data, dict):
            return [found for each in data.values() for found in scalars(each)]
        return [data if isinstance(data, str) else json.dumps(data)]

    for _ in range(40):
        data = [value(0), "end"]
        path = write(
            tmp_path / "a.json", json.dumps(data, indent=rng.choice([None, 2]), ensure_ascii=rng.random() < 0.5)
        )
        text = "\n".join(document.text for document in read_all(path, 200)[1])
        at = 0
        for found in scalars(data):
            at = text.index(found, at) + len(found)


def test_a_notebook_cell_by_cell(tmp_path: Path) -> None:
    noise = nbformat.v4.new_output("stream", text="noise")
    notebook = nbformat.v4.new_notebook()
    notebook.cells = [
        nbformat.v4.new_markdown_cell("# Rent model\n\nWe fit a line."),
        nbformat.v4.new_code_cell("import numpy as np\n# no heading\nslope = 3", outputs=[noise]),
        nbformat.v4.new_code_cell(""),
        nbformat.v4.new_markdown_cell("## Result\nThe slope is *three*."),
    ]  # fmt: skip
    path = tmp_path / "rent.ipynb"
    nbformat.write(notebook, path)
    reading, documents = read_all(path, 100)
    assert reading.kind == "ipynb"
    assert [document.text for document in documents] == [
        "# Rent model\n\nWe fit a line.",
        "import numpy as np\n# no heading\nslope = 3",
        "## Result\nThe slope is *three*.",
    ]
    assert [document.headings for document in documents] == [
        ("Rent model", "cell 1"),
        ("Rent model", "cell 2"),
        ("Rent model", "Result", "cell 4"),
    ]
    lines = path.read_text().splitlines()
    at = documents[1].text.index("slope")
    first, last = lines_of(documents[1], at, at + 5)
    assert first == last
    assert "slope = 3" in lines[(first or 0) - 1]


def test_a_notebook_of_format_3(tmp_path: Path) -> None:
    cells = [{"cell_type": "code", "input": ["x = 1\n", "y = 2"], "outputs": []}]
    old = {"nbformat": 3, "nbformat_minor": 0, "metadata": {"name": ""}, "worksheets": [{"cells": cells}]}
    (document,) = read_all(write(tmp_path / "old.ipynb", json.dumps(old)))[1]
    assert document.text == "x = 1\ny = 2"
