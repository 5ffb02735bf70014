"""Tables in text files (csv, tsv): each row becomes a line "column: value; column: value".

The delimiter is the one that cuts the first rows into the most even columns; the first row is the header where
nothing in it looks like a value. A quoted value may hold line ends, so a row knows its first and last line.
"""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Iterator
from itertools import islice

from ingest import dates
from ingest.context import Budget
from ingest.limits import Limits
from ingest.readers.compose import Entry, Origin, compose_entries
from ingest.readers.source import Reader, Source, named
from ingest.text import Lines
from ingest.types import Reading

_DELIMITERS = ",;\t|"
_SAMPLE_ROWS = 50
_SAMPLE_CHARACTERS = 100_000
_COLUMNS_LOOKED_AT = 1_000
_NAME_CHARACTERS = 100  # of a column's name, which is said again in every row
_RENDERED = 8  # times the file's own size: names of columns may make much out of little
_VALUE = re.compile(r"[-+(]?[$€£¥]?\s?[\d.,' ]*\d[\d.,' ]*\s?[%$€£¥)]?|true|false|yes|no|-?inf|nan", re.I)


def read(source: Source, budget: Budget, limits: Limits) -> Reading:
    text = source.text()
    reading = Reading("csv", iter(()))
    entries = _entries(text, source.name.lower(), limits, reading.unreadable)
    origin = Origin(title=source.stem, date=dates.from_name(source.name))
    reading.documents = compose_entries(entries, origin, budget, gap="\n\n")  # a row is a sentence of its own
    return reading


def _entries(text: str, name: str, limits: Limits, unreadable: list[str]) -> Iterator[Entry]:
    skipped = 0
    if text[:4].lower() == "sep=" and len(text) > 4:  # Excel's way to name the delimiter
        delimiter = text[4]
        skipped = 1
    else:
        delimiter = _delimiter(text[:_SAMPLE_CHARACTERS], name)
    rows = _rows(text, delimiter, unreadable)
    sample = list(islice((row for row in rows if any(cell.strip() for cell in row[0])), skipped, _SAMPLE_ROWS + 1))
    header = header_of([cells for cells, _, _ in sample])
    room = _RENDERED * len(text) + _SAMPLE_CHARACTERS
    wide = 0
    for cells, first, last in _chained(sample[1:] if header else sample, rows):
        wide = max(wide, len(cells))
        line = in_words(cells[: limits.table_columns], header)
        if not line:
            continue
        room -= len(line)
        if room < 0:
            unreadable.append(f"rows from line {first} on: with the names of their columns they are too long")
            break
        yield Entry([(line, first, last)], by_line=False)
    if header and not wide:  # nothing below it: the names are all there is
        cells, first, last = sample[0]
        wide = len(cells)
        yield Entry([(delimiter.join(cells[: limits.table_columns]), first, last)], by_line=False)
    if wide > limits.table_columns:
        unreadable.append(f"columns {limits.table_columns + 1:,} to {wide:,}: over the limit table_columns")


_Numbered = tuple[list[str], int, int]  # cells, first and last line


def _chained(first: list[_Numbered], rest: Iterator[_Numbered]) -> Iterator[_Numbered]:
    yield from first
    yield from rest


def _rows(text: str, delimiter: str, unreadable: list[str]) -> Iterator[_Numbered]:
    """Every row with its first and last line."""
    starts = Lines(text).starts
    lines = (text[start:end] for start, end in zip(starts, [*starts[1:], len(text)], strict=True))
    reader = csv.reader(lines, delimiter=delimiter)
    first = 1
    while True:
        try:
            cells = next(reader, None)
        except csv.Error as error:  # a value longer than any is; the reader goes on with the next line
            unreadable.append(f"line {first}: {error}")
            cells = []
        if cells is None:
            return
        yield cells, first, max(first, reader.line_num)
        first = reader.line_num + 1


def _delimiter(sample: str, name: str) -> str:
    """The delimiter that cuts most rows, the first among them, into the same number of cells, and more than one."""
    usual = "\t" if name.endswith((".tsv", ".tab")) else ","
    best, most = usual, 0.0
    for delimiter in sorted(_DELIMITERS, key=lambda mark: mark != usual):
        widths = [len(row) for row, _, _ in islice(_rows(sample, delimiter, []), _SAMPLE_ROWS) if row]
        width, rows = max(Counter(widths).items(), key=lambda item: (item[1], item[0]), default=(1, 0))
        if width > 1 and (score := rows / len(widths) + (widths[0] == width) + min(width, 50) / 1000) > most:
            best, most = delimiter, score
    return best


def header_of(rows: list[list[str]]) -> list[str]:
    """The names of the columns; [] where the first row is a row like the others."""
    if not rows:
        return []
    names = [" ".join(cell.split()) for cell in rows[0]]
    filled = [name for name in names if name]
    if not filled or len(filled) < len(names) / 2 or len(set(filled)) < len(filled):
        return []
    if any(_VALUE.fullmatch(name) or dates.from_value(name) or "@" in name for name in filled[:_COLUMNS_LOOKED_AT]):
        return []
    if len(names) == 1 and not (len(rows) > 1 and all(_VALUE.fullmatch(row[0].strip()) for row in rows[1:] if row)):
        return []  # a list of words
    return [name[:_NAME_CHARACTERS] for name in names]


def in_words(cells: list[str], header: list[str]) -> str:
    """A row as one line: each value with the name of its column."""
    return "; ".join(_named(cells, header))


def _named(cells: list[str], header: list[str]) -> Iterator[str]:
    for i, cell in enumerate(cells):
        if value := " ".join(cell.split()):
            name = header[i] if i < len(header) else ""
            yield f"{name}: {value}" if name else value


READER = Reader("csv", "text_bytes", named(".csv", ".tsv", ".tab"), read)
