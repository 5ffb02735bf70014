"""Walking through a large JSON text, decoding one small value at a time.

An export of 200 MB decoded at once takes gigabytes; here only its text and one message are in memory.
Malformed JSON raises `json.JSONDecodeError` at the place where it is met.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TypeVar

from ingest.places import Marks, everywhere
from ingest.readers.json_leaves import Path, leaves

T = TypeVar("T")
_SPACE = re.compile(r"[ \t\r\n]*")


def _integer(digits: str) -> int | float:
    """Thousands of digits are no number of a person, and Python refuses to read them."""
    return int(digits) if len(digits) < 1000 else float("inf")


_DECODER = json.JSONDecoder(strict=False, parse_int=_integer)  # control characters inside strings occur in exports


def damage(error: json.JSONDecodeError) -> str:
    """Why the rest of a JSON export stays unread."""
    return f"damaged JSON at line {error.lineno}: nothing after it was read; export it again"


@dataclass(frozen=True, slots=True)
class Extent:
    """Where a value stands: as `text`, on `lines` of the file."""

    text: str
    lines: tuple[int, int]

    def places(self, parts: Iterable[tuple[int, Path]]) -> Marks:
        """The lines of a text made of strings in the value: the offset each has in it, and its path."""
        first, last = self.lines
        wanted = {path: offset for offset, path in parts}
        if first == last or not wanted:
            return everywhere(self.lines)
        marks = Marks()
        try:
            for leaf in leaves(self.text, line=first):
                if leaf.path in wanted:
                    marks.add(wanted.pop(leaf.path), leaf.first, leaf.last)
                if not wanted:
                    return marks
        except json.JSONDecodeError:
            pass
        return everywhere(self.lines)


class JsonStream:
    """A position in a JSON text in UTF-8. Whoever is given an item or key must consume its value before going on."""

    def __init__(self, data: bytes) -> None:
        # One character a byte: JSON's own marks are ASCII, and one emoji would make a string of four bytes each.
        self._text = data.decode("latin-1")
        self._is_ascii = data.isascii()
        self._at = self._skip(0)
        self._counted, self._line = 0, 1  # the character up to which line ends are counted, and its line

    def peek(self) -> str:
        """The first character of the next value; "" at the end."""
        return self._text[self._at : self._at + 1]

    def value(self) -> object:
        """The next value, decoded."""
        value, end = self._decode()
        self._at = self._skip(end)
        return value

    def located(self) -> tuple[object, Extent]:
        """The next value, decoded, and where it stands."""
        start, first = self._at, self._line_at(self._at)
        value, end = self._decode()
        self._at = self._skip(end)
        return value, Extent(self._wide(start, end), (first, self._line_at(end)))

    def items(self) -> Iterator[None]:
        """Steps through the array that comes next, one step for each value."""
        yield from self._steps("[", "]")

    def objects(self) -> Iterator[None]:
        """Steps through the objects of a list, or stops once at the only one; what is no object is passed over."""
        if self.peek() == "{":
            yield
            return
        for _ in self.items():
            if self.peek() == "{":
                yield
            else:
                self.value()

    def entries(self) -> Iterator[str]:
        """Steps through the object that comes next, giving each key."""
        for _ in self._steps("{", "}"):
            key = self.value()
            self._expect(":")
            yield str(key)

    def _steps(self, opening: str, closing: str) -> Iterator[None]:
        self._expect(opening)
        if self.peek() == closing:
            self._expect(closing)
            return
        while True:
            yield
            if self.peek() == closing:
                self._expect(closing)
                return
            self._expect(",")

    def _decode(self) -> tuple[object, int]:
        try:
            value, end = _DECODER.raw_decode(self._text, self._at)
            return (value if self._is_ascii else _DECODER.decode(self._wide(self._at, end))), end
        except RecursionError:
            raise json.JSONDecodeError("nested too deeply", self._text, self._at) from None

    def _wide(self, start: int, end: int) -> str:
        part = self._text[start:end]
        return part if self._is_ascii else part.encode("latin-1").decode("utf-8", "replace")

    def _line_at(self, at: int) -> int:
        """The line of a character; asked for in order, so that every line end is counted once."""
        self._line += self._text.count("\n", self._counted, at)
        self._counted = at
        return self._line

    def _expect(self, mark: str) -> None:
        if self.peek() != mark:
            raise json.JSONDecodeError(f"expected {mark!r}", self._text, self._at)
        self._at = self._skip(self._at + 1)

    def _skip(self, at: int) -> int:
        match = _SPACE.match(self._text, at)
        return match.end() if match else at


def each_object(data: bytes, read: Callable[[JsonStream], Iterator[T]], unreadable: list[str]) -> Iterator[T]:
    """What `read` makes of every object of an export, which is a list of them or a single one; damage ends it."""
    stream = JsonStream(data)
    try:
        for _ in stream.objects():
            yield from read(stream)
    except json.JSONDecodeError as error:
        unreadable.append(damage(error))
