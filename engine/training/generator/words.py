"""Word lists and small talk of tables/*.txt: `kind: entry; entry; ...`, phrases that may nest kinds."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from engine.training.generator.phrases import Phrase, parse

HERE = Path(__file__).parent / "tables"


def words(kind: str) -> tuple[Phrase, ...]:
    """The entries of a kind; KeyError where no table has it."""
    return _tables()[kind]


@cache
def _tables() -> dict[str, tuple[Phrase, ...]]:
    table: dict[str, tuple[Phrase, ...]] = {}
    for path in sorted(HERE.glob("*.txt")):
        if path.name == "names.txt":
            continue
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            if not line.strip() or line.startswith("#"):
                continue
            kind, mark, entries = line.partition(": ")
            if not mark:
                raise ValueError(f"{path}:{number}: expected 'kind: entry; entry'")
            try:
                found = tuple(parse(entry) for entry in entries.strip().split("; ") if entry)
            except ValueError as error:
                raise ValueError(f"{path}:{number}: {error}") from error
            table[kind] = table.get(kind, ()) + found
    return table
