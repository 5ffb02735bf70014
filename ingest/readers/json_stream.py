"""Walking through a large JSON text, decoding one small value at a time.

An export of 200 MB decoded at once takes gigabytes; here only its text and one message are in memory.
Malformed JSON raises `json.JSONDecodeError` at the place where it is met.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

_SPACE = re.compile(r"[ \t\r\n]*")
_DECODER = json.JSONDecoder(strict=False)  # control characters inside strings occur in exports


class JsonStream:
    """A position in a JSON text. Whoever is given an item or key must consume its value before going on."""

    def __init__(self, text: str) -> None:
        self._text = text
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

    def located(self) -> tuple[object, tuple[int, int]]:
        """The next value, decoded, and the first and last line it stands on, 1-based."""
        first = self._line_at(self._at)
        value, end = self._decode()
        self._at = self._skip(end)
        return value, (first, self._line_at(end))

    def items(self) -> Iterator[None]:
        """Steps through the array that comes next, one step for each value."""
        yield from self._steps("[", "]")

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
            return _DECODER.raw_decode(self._text, self._at)
        except RecursionError:
            raise json.JSONDecodeError("nested too deeply", "", self._at) from None

    def _line_at(self, at: int) -> int:
        """The line of a character; asked for in order, so that every line end is counted once."""
        self._line += self._text.count("\n", self._counted, at)
        self._counted = at
        return self._line

    def _expect(self, mark: str) -> None:
        if self.peek() != mark:
            raise json.JSONDecodeError(f"expected {mark!r}", "", self._at)
        self._at = self._skip(self._at + 1)

    def _skip(self, at: int) -> int:
        match = _SPACE.match(self._text, at)
        return match.end() if match else at
