"""Fact types, read from frames/*.txt: slots, what tells two facts apart (key), how they are stated and asked.

A frame file holds `== name` sections of `field: value` lines; frames/README.md explains every field.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from engine.training.generator.phrases import Phrase, parse

HERE = Path(__file__).parent
_OPTIONAL = re.compile(r"\[([^\[\]]*) // \|\] (.*)")  # a first sentence that may be left out
Statement = tuple[Phrase, ...]  # one phrase a sentence


@dataclass(slots=True)
class Frame:
    """One fact type. Phrases of `say`, `new` and `line` name every key slot: a reader knows who is meant."""

    name: str
    about: frozenset[str] = frozenset()
    slots: dict[str, tuple[str, str]] = field(default_factory=dict)  # slot -> (kind, argument)
    key: tuple[str, ...] = ()
    vary: str = ""  # the key slot in which siblings differ
    change: str = ""  # the slot that a later fact may give a new value
    say: list[Statement] = field(default_factory=list)
    new: list[Statement] = field(default_factory=list)
    line: list[Statement] = field(default_factory=list)
    table: tuple[str, Phrase] | None = None  # header row, phrase of a row
    ask: dict[str, list[tuple[str, Phrase]]] = field(default_factory=dict)  # slot -> [(question kind, phrase)]
    before: list[Phrase] = field(default_factory=list)
    compare: list[Phrase] = field(default_factory=list)
    compared: str = ""
    by: str = ""  # the key slot in which compared facts differ
    describe: dict[str, list[Phrase]] = field(default_factory=dict)  # slot -> noun phrases for its value


@cache
def frames() -> tuple[Frame, ...]:
    """All frames, in the order of files and sections."""
    return tuple(frame for path in sorted((HERE / "frames").glob("*.txt")) for frame in read(path))


def read(path: Path) -> Iterator[Frame]:
    frame: Frame | None = None
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        try:
            if line.startswith("== "):
                if frame:
                    yield frame
                frame = Frame(line[3:].strip())
                continue
            if frame is None:
                raise ValueError("a field before the first == section")
            name, value = line.split(": ", 1)
            _field(frame, name.split(), value.strip())
        except ValueError as error:
            raise ValueError(f"{path}:{number}: {error}") from error
    if frame:
        yield frame


def _field(frame: Frame, name: list[str], value: str) -> None:
    match name:
        case ["about"]:
            frame.about = frozenset(value.split())
        case ["key"]:
            frame.key = tuple(value.split())
            frame.vary = frame.vary or frame.key[0]
        case ["vary"]:
            frame.vary = value
        case ["change"]:
            frame.change = value
        case ["slots"]:
            for entry in value.split("; "):
                slot, kind, *argument = entry.split(" ", 2)
                frame.slots[slot] = (kind, argument[0] if argument else "")
        case ["say"]:
            frame.say += _statements(frame, value)
        case ["new"]:
            frame.new += _statements(frame, value)
        case ["line"]:
            frame.line += _statements(frame, value)
        case ["table"]:
            header, row = value.split(" :: ")
            frame.table = header, _checked(frame, row.replace("; ", " | "))
        case ["ask", slot, kind]:
            frame.ask.setdefault(slot, []).append((kind, _keyed(frame, value)))
        case ["before"]:
            frame.before.append(_keyed(frame, value))
        case ["compare", slot, by]:
            frame.compared, frame.by = slot, by
            frame.compare.append(_checked(frame, value))
        case ["describe", slot]:
            frame.describe.setdefault(slot, []).append(_keyed(frame, value, besides=slot))
        case _:
            raise ValueError(f"unknown field {' '.join(name)!r}")


def _statements(frame: Frame, value: str) -> list[Statement]:
    if optional := _OPTIONAL.match(value):
        first, rest = optional.groups()
        return [_statement(frame, f"{first} // {rest}"), _statement(frame, rest)]
    return [_statement(frame, value)]


def _statement(frame: Frame, value: str) -> Statement:
    sentences = tuple(_checked(frame, part) for part in value.split(" // "))
    missing = set(frame.key).difference(*(sentence.certain for sentence in sentences))
    if missing:
        raise ValueError(f"key {missing} not in every wording of the statement")
    return sentences


def _keyed(frame: Frame, value: str, besides: str = "") -> Phrase:
    phrase = _checked(frame, value)
    if missing := set(frame.key) - phrase.certain - {besides}:
        raise ValueError(f"key {missing} not in every wording")
    return phrase


def _checked(frame: Frame, value: str) -> Phrase:
    phrase = parse(value)
    if unknown := phrase.slots - set(frame.slots) - {"a", "b", "old"}:
        raise ValueError(f"unknown slots {unknown}")
    return phrase
