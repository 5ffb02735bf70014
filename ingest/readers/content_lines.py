"""Content lines, which calendars and contact cards are made of: unfolded, and cut into components with their lines.

Knows the outer form only (RFC 5545, RFC 6350, vCard 2.1): BEGIN and END, folding, quoted-printable soft breaks.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from ingest.text import Lines

_QUOTED_PRINTABLE = re.compile(r"[^:]*;(?:ENCODING=)?QUOTED-PRINTABLE[;:]", re.I)
_NESTING = 8
_LINE_CHARACTERS = 1_000_000  # of one property unfolded: a photo; the rest is cut off


@dataclass(slots=True)
class Property:
    """One unfolded line, and the lines of the file it was written on."""

    text: str
    first: int
    last: int


@dataclass(slots=True)
class Component:
    """What stands between BEGIN and END. `whole`: its END was there."""

    name: str
    properties: list[Property]
    first: int
    last: int
    inner: list[Component] = field(default_factory=list)
    whole: bool = False

    def text(self) -> str:
        """As content lines again."""
        lines = (prop.text for prop in self.properties)
        return "\r\n".join([f"BEGIN:{self.name}", *lines, *(c.text() for c in self.inner), f"END:{self.name}"])


def unfold(text: str) -> Iterator[Property]:
    """The properties of a text; a line that begins with white space goes on from the one before."""
    starts = Lines(text).starts
    parts: list[str] = []
    first, length, soft = 1, 0, False
    for number, start in enumerate(starts, 1):
        end = starts[number] if number < len(starts) else len(text)
        line = text[start:end].rstrip("\r\n")
        if soft or (parts and line[:1] in (" ", "\t")):
            if soft and length < _LINE_CHARACTERS:
                parts[-1] = parts[-1][:-1]  # the "=" that said so
            line = line if soft else line[1:]
        else:
            if parts:
                yield Property("".join(parts), first, number - 1)
            parts, first, length = [], number, 0
        if length < _LINE_CHARACTERS:
            parts.append(line)
            length += len(line)
        head = parts[0]
        soft = line.endswith("=") and _QUOTED_PRINTABLE.match(head) is not None
    if parts:
        yield Property("".join(parts), first, len(starts))


def components(text: str, outermost: frozenset[str]) -> Iterator[Component]:
    """The components of these names wherever they stand, each with the components inside it."""
    open_now: list[Component] = []
    for prop in unfold(text):
        name, _, value = prop.text.partition(":")
        word = name.strip().upper()
        kind = value.strip().upper()
        if word == "BEGIN" and (open_now or kind in outermost):
            if len(open_now) < _NESTING:
                component = Component(kind, [], prop.first, prop.last)
                if open_now:
                    open_now[-1].inner.append(component)
                open_now.append(component)
        elif word == "END" and any(component.name == kind for component in open_now):
            while open_now:
                component = open_now.pop()
                component.last = prop.last
                if component.name == kind:
                    component.whole = True
                    break
            if not open_now:
                yield component
        elif open_now and prop.text.strip():
            open_now[-1].properties.append(prop)
            open_now[-1].last = prop.last
    if open_now:
        yield open_now[0]
