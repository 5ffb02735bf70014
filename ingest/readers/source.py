"""What a reader reads from: a file, or one member of an archive, and the shape every reader has."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO

from ingest.context import Budget
from ingest.limits import Limits
from ingest.text import as_utf8, clean, decode
from ingest.types import Empty, Reading, Unreadable

_NO_WORDS = "empty: nothing but white space in it"
_WORD = re.compile(r"[^\W_]+")
_SHORTEST = 3  # letters of a word of a name that tells something
_ANY_FILE = frozenset(
    "index untitled document doc docs note notes scan img image page new copy readme inbox export file text main final "
    "draft the and for with from".split()
)


def _alike(word: str, said: set[str]) -> bool:
    """Whether a title says a word, in any of its forms."""
    return any(word.startswith(other[:5]) or other.startswith(word[:5]) for other in said if len(other) >= _SHORTEST)


@dataclass(frozen=True, slots=True)
class Source:
    """A file on disk, or, with the other fields, a member of the archive at `path`."""

    path: Path
    member: str | None = None
    stream: Callable[[], IO[bytes]] | None = None
    length: int = 0  # of the member, in bytes

    @property
    def name(self) -> str:
        """The name that suffixes and titles are taken from."""
        return self.path.name if self.member is None else PurePosixPath(self.member).name

    @property
    def stem(self) -> str:
        """The name without suffix, fit for a title: on one line, and without bytes that are no text."""
        return " ".join(clean(PurePosixPath(self.name).stem or self.name).split()) or "(no name)"

    def beyond(self, title: str) -> str:
        """What the name says that a title from within does not: `birthdays` of a note headed "Not to forget". Words
        that any file may be called by, and those with digits, say nothing."""
        said = {word.lower() for word in _WORD.findall(title)}
        words = (word for word in _WORD.findall(self.stem) if word.isalpha() and len(word) >= _SHORTEST)
        found = dict.fromkeys(word for word in words if word.lower() not in _ANY_FILE)
        return "" if any(_alike(word.lower(), said) for word in found) else " ".join(found)

    @property
    def size(self) -> int:
        return self.path.stat().st_size if self.stream is None else self.length

    def open(self) -> IO[bytes]:
        """The bytes from their beginning; the caller closes it."""
        return self.path.open("rb") if self.stream is None else self.stream()

    def text(self) -> str:
        """The whole decoded text. Raises Unreadable for binary data, Empty for white space only."""
        with self.open() as file:
            text = decode(file.read())
        if not text or text.isspace():
            raise Empty(_NO_WORDS)
        return text

    def utf8(self) -> bytes:
        """The whole text as UTF-8, which takes less memory than `text`. Raises as that does."""
        with self.open() as file:
            data = as_utf8(file.read())
        if not data or data.isspace():
            raise Empty(_NO_WORDS)
        return data


@dataclass(frozen=True, slots=True)
class Reader:
    """One kind of source: how it is recognised, how large it may be, how it is read.

    `recognises(name, head)` gets the lower-case name and up to 64 KB from the beginning. `limit` names the
    field of Limits that holds for the file. Readers are asked in the order of the registry.
    """

    kind: str
    limit: str
    recognises: Callable[[str, bytes], bool]
    read: Callable[[Source, Budget, Limits], Reading]


def named(*suffixes: str) -> Callable[[str, bytes], bool]:
    """Recognition by suffix alone."""
    return lambda name, head: name.endswith(suffixes)


def too_large(size: int, limit: str, limits: Limits) -> str | None:
    """The rule that leaves a source of `size` bytes alone, or None."""
    most: int = getattr(limits, limit)
    if size <= most:
        return None
    amount = f"{most / 1e6:g} MB" if most >= 100_000 else f"{most} bytes"
    return f"larger than {amount} (limit {limit})"


def check_size(source: Source, limit: str, limits: Limits) -> None:
    """Raises Unreadable for a source over the limit."""
    if rule := too_large(source.size, limit, limits):
        raise Unreadable(f"{rule}: raise the limit in the settings to read it")
