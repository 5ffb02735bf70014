"""Phrases with choices: "[bought|got] {thing a} at {shop}" reads differently each time it is rendered.

`[a|b|]` chooses one option (they nest), `{slot form}` asks the caller for a slot in a form, and
`{who's}` is short for `{who 's}`.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from dataclasses import dataclass
from math import prod
from typing import NamedTuple

Fill = Callable[[str, str], str]  # (slot, form) -> text
_TOKEN = re.compile(r"[\[\]|]|\{[^{}]*\}|[^\[\]|{}]+")
_LOOSE = re.compile(r" +(?=[ ,.;:?!)]|'s |$)|^ +|(?<=the )the ")
_MESSY = re.compile(r"  |^ | [,.;:'?!)]| $|the the ")


PRONOUNS = frozenset(("he", "his", "them", "is", "was", "has", "does", "s", "es"))  # forms that do not name anybody


class Slot(NamedTuple):
    name: str
    form: str


class Choice(NamedTuple):
    options: tuple[Parts, ...]


Parts = tuple["str | Slot | Choice", ...]


@dataclass(frozen=True, slots=True)
class Phrase:
    """A parsed phrase. `certain` slots are named whatever is chosen; `paths` counts the ways to choose."""

    source: str
    parts: Parts
    paths: int
    slots: frozenset[str]
    certain: frozenset[str]

    def render(self, rng: random.Random, fill: Fill) -> str:
        out: list[str] = []
        _render(self.parts, rng.random, fill, out)
        text = "".join(out)
        return _LOOSE.sub("", text) if _MESSY.search(text) else text


def parse(source: str) -> Phrase:
    """The phrase of `source`; ValueError where a bracket is left open or closed twice."""
    tokens = _TOKEN.findall(source)
    if "".join(tokens) != source:
        raise ValueError(f"stray brace in phrase: {source}")
    parts, rest = _sequence(tokens, 0, 0)
    if rest != len(tokens):
        raise ValueError(f"stray bracket in phrase: {source}")
    return Phrase(source, parts, _paths(parts), frozenset(_slots(parts)), frozenset(_certain(parts)))


def _render(parts: Parts, draw: Callable[[], float], fill: Fill, out: list[str]) -> None:
    for part in parts:
        if isinstance(part, str):
            out.append(part)
        elif isinstance(part, Slot):
            out.append(fill(part.name, part.form))
        else:
            _render(part.options[int(draw() * len(part.options))], draw, fill, out)


def _sequence(tokens: list[str], at: int, depth: int) -> tuple[Parts, int]:
    parts: list[str | Slot | Choice] = []
    while at < len(tokens):
        token = tokens[at]
        if token == "[":
            choice, at = _choice(tokens, at + 1, depth + 1)
            parts.append(choice)
            continue
        if token == "]" or (token == "|" and depth):
            break
        if token[0] == "{":
            name, _, form = token[1:-1].partition(" ")
            parts.append(Slot(name[:-2], "'s") if name.endswith("'s") else Slot(name, form))
        else:
            parts.append(token)
        at += 1
    return tuple(parts), at


def _choice(tokens: list[str], at: int, depth: int) -> tuple[Choice, int]:
    options: list[Parts] = []
    while True:
        option, at = _sequence(tokens, at, depth)
        options.append(option)
        if at >= len(tokens):
            raise ValueError(f"bracket left open in phrase: {''.join(tokens)}")
        at += 1
        if tokens[at - 1] == "]":
            return Choice(tuple(options)), at


def _paths(parts: Parts) -> int:
    return prod(sum(map(_paths, part.options)) for part in parts if isinstance(part, Choice))


def _slots(parts: Parts) -> set[str]:
    found: set[str] = set()
    for part in parts:
        if isinstance(part, Slot):
            found.add(part.name)
        elif isinstance(part, Choice):
            found.update(*map(_slots, part.options))
    return found


def _certain(parts: Parts) -> set[str]:
    found: set[str] = set()
    for part in parts:
        if isinstance(part, Slot):
            if part.form not in PRONOUNS:
                found.add(part.name)
        elif isinstance(part, Choice):
            found |= set.intersection(*map(_certain, part.options))
    return found
