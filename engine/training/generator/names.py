"""Names by grammar: people of many cultures, towns, streets and brands, so that none can be learnt by heart.

Lists of syllables and first names are in tables/names.txt: `label: words`.
"""

from __future__ import annotations

import random
from functools import cache
from pathlib import Path

from engine.training.generator.values import WORDS

HERE = Path(__file__).parent / "tables"
_TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")


@cache
def names() -> dict[str, tuple[str, ...]]:
    table: dict[str, tuple[str, ...]] = {}
    for line in (HERE / "names.txt").read_text(encoding="utf-8").splitlines():
        if line.strip() and not line.startswith("#"):
            label, _, words = line.partition(": ")
            table[label] = table.get(label, ()) + tuple(words.split())
    return table


@cache
def cultures() -> tuple[str, ...]:
    return tuple(
        label.split()[0]
        for label in names()
        if label.endswith(" starts") and f"{label.split()[0]} ends" in names() and label != "town starts"
    )


def first_name(rng: random.Random, gender: str) -> str:
    """Three in four from the list of several hundred, the others by syllables."""
    table = names()
    if rng.random() < 0.75:
        return _pick(rng, table[gender])
    middle = _pick(rng, table["first middles"]) if rng.random() < 0.6 else ""
    return (_pick(rng, table["first starts"]) + middle + _pick(rng, table[f"first ends {gender}"])).capitalize()


def surname(rng: random.Random) -> str:
    table, culture = names(), _pick(rng, cultures())
    start, end = _pick(rng, table[f"{culture} starts"]), _pick(rng, table[f"{culture} ends"])
    return start + (end.capitalize() if start.endswith("-") else end)


def town(rng: random.Random) -> str:
    table = names()
    name = _pick(rng, table["town starts"]) + _pick(rng, table["town ends"])
    chance = rng.random()
    if chance < 0.08:
        return f"{_pick(rng, table['town before'])} {name}"
    return f"{name} {_pick(rng, table['town behind'])}" if chance < 0.12 else name


def street(rng: random.Random) -> str:
    table, number = names(), 1 + int(rng.random() * 180)
    stem = _pick(rng, table["street stems"]) if rng.random() < 0.4 else town(rng).split()[-1]
    kind = _pick(rng, table["street kinds"])
    return f"{stem}{kind} {number}" if kind.islower() else f"{number} {stem} {kind}"


def brand(rng: random.Random) -> str:
    table = names()
    syllables = [_pick(rng, table["brand syllables"]) for _ in range(1 + (rng.random() < 0.7))]
    return ("".join(syllables) + _pick(rng, table["brand ends"])).capitalize()


def number_words(value: int) -> str:
    """Words for 20 to 99."""
    tens, ones = divmod(value, 10)
    return _TENS[tens - 2] + (f"-{WORDS[ones]}" if ones else "")


def _pick(rng: random.Random, options: tuple[str, ...]) -> str:
    return options[int(rng.random() * len(options))]
