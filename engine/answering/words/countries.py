"""Countries as texts name them: by name, by their people, by their parts ("Kansas" lies in the United States)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

_ALSO_PEOPLE = frozenset("Georgia Jordan Chad Virginia Montana Alberta Holland".split())
_IN = re.compile(r"(?:\b(?:in|from|of|to|near|at|across|outside)|,) \Z", re.I)


@cache
def _table() -> Mapping[str, str]:
    """Every name in countries.txt, and the country it tells of."""
    return {name: country for country, people, places in _lines() for name in (country, *people, *places)}


@cache
def _lines() -> list[tuple[str, list[str], list[str]]]:
    """countries.txt: a country, what its people are called, and, behind a semicolon, other names and parts."""
    found = []
    for line in files(__package__).joinpath("countries.txt").read_text(encoding="utf-8").splitlines():
        country, _, others = line.partition(": ")
        people, _, places = others.partition("; ")
        found.append((country, people.split(", "), places.split(", ") if places else []))
    return found


@cache
def peoples() -> frozenset[str]:
    """ "Dutch", "Norwegian": what tells of somebody where they are from."""
    return frozenset(name for _, people, _ in _lines() for name in people)


@cache
def any_country() -> str:
    """A pattern of all names, longer ones first; case counts."""
    names = sorted(_table(), key=len, reverse=True)
    return rf"(?:{'|'.join(re.escape(name) for name in names)})(?!\w)"


@cache
def _named() -> re.Pattern[str]:
    return re.compile(rf"(?<!\w){any_country()}")


def countries_in(text: str) -> list[tuple[re.Match[str], str]]:
    """Every place that names a country or its people, in order, and the country; of names that people have as well,
    where "in" or "from" stands before."""
    found = ((match, _table()[match.group()]) for match in _named().finditer(text))
    return [
        (match, country) for match, country in found
        if match.group() not in _ALSO_PEOPLE or _IN.search(text, 0, match.start()) is not None
    ]  # fmt: skip
