"""The strings, numbers and words in a JSON text, each with its path and its lines, found in one pass without recursion.

Reads on as long as the text makes sense: of a damaged or truncated file everything before the damage is given.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import NamedTuple

Path = tuple[str | int, ...]
"""Keys and indexes from the outermost value to a leaf."""

_DEEPEST = 100  # levels; what people and programs write has a dozen
_TOKEN = re.compile(
    r"""[ \t\r\n]*+(?:(?P<mark>[{}\[\],:])|(?P<string>"[^"\\]*+(?:\\.[^"\\]*+)*+")|(?P<word>[^\s{}\[\],:"]++))""",
    re.DOTALL,
)
_DECODER = json.JSONDecoder(strict=False)


class Leaf(NamedTuple):
    """A value that holds no others: a string decoded, anything else as it is written."""

    path: Path
    value: str
    first: int  # line, 1-based
    last: int
    is_string: bool


def leaves(text: str, start: int = 0, line: int = 1) -> Iterator[Leaf]:
    """The leaves of the value that begins at `start`, on `line`; ends behind it.

    Raises JSONDecodeError at the place where the text stops making sense; `lineno` is right for start = 0 only.
    """
    path: list[str | int] = []  # in an object the key, "" before the first; in an array the index
    closers: list[str] = []
    counted, at = start, start
    expected = "value"
    while expected != "end":
        match = _TOKEN.match(text, at)
        if match is None:
            raise json.JSONDecodeError("damaged or cut off", text, at)
        at = match.end()
        mark = match["mark"]
        if mark in ("{", "[") and expected in ("value", "value or ]"):
            if len(closers) == _DEEPEST:
                raise json.JSONDecodeError(f"nested more than {_DEEPEST} levels deep", text, match.start())
            path.append("" if mark == "{" else 0)
            closers.append("}" if mark == "{" else "]")
            expected = "key or }" if mark == "{" else "value or ]"
        elif (
            mark in ("}", "]")
            and closers
            and mark == closers[-1]
            and expected in ("more", f"key or {mark}", f"value or {mark}")
        ):
            path.pop()
            closers.pop()
            expected = "more" if closers else "end"
        elif mark == "," and expected == "more":
            index = path[-1]
            if isinstance(index, int):
                path[-1] = index + 1
            expected = "value" if closers[-1] == "]" else "key"
        elif mark == ":" and expected == ":":
            expected = "value"
        elif mark is None and expected in ("key", "key or }") and match["string"]:
            path[-1] = _decoded(match["string"])
            expected = ":"
        elif mark is None and expected in ("value", "value or ]"):
            token = match["string"] or match["word"]
            line += text.count("\n", counted, at - len(token))
            last = line + token.count("\n")
            yield Leaf(tuple(path), _decoded(token) if match["string"] else token, line, last, bool(match["string"]))
            counted, line = at, last
            expected = "more" if closers else "end"
        else:
            raise json.JSONDecodeError("damaged", text, match.start())


def _decoded(string: str) -> str:
    if "\\" not in string:
        return string[1:-1]
    value = _DECODER.decode(string)
    assert isinstance(value, str)
    return value
