"""Closed memories with questions about them ("units"), as the sets have them or as the generator makes them.

Knows nothing of models or of how a memory is kept.
"""

from __future__ import annotations

import json
import lzma
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TextIO

from twin_app.errors import UsageError

GENERATED = "generated"
GENERATED_SIZE = 300  # documents of one generated memory


@dataclass(frozen=True, slots=True)
class Doc:
    id: str
    text: str
    time: str | None = None  # ISO 8601


@dataclass(frozen=True, slots=True)
class Item:
    """One question. `gold` names the documents that answer it; an unanswerable one has no answers."""

    id: str
    question: str
    answers: tuple[str, ...]
    gold: tuple[str, ...]
    type: str = ""
    unanswerable: bool = False


@dataclass(frozen=True, slots=True)
class Unit:
    """One closed memory."""

    set: str
    name: str
    docs: tuple[Doc, ...]
    items: tuple[Item, ...]


def read_units(path: Path) -> list[Unit]:
    """The units of a .jsonl or .jsonl.xz file. Raises UsageError naming file and line."""
    units: list[Unit] = []
    number = 0
    try:
        with open_text(path) as file:
            for number, line in enumerate(file, 1):  # noqa: B007 (named in the error)
                if line.strip():
                    units.append(_unit(json.loads(line)))
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror or error}") from error
    except (ValueError, KeyError, TypeError, lzma.LZMAError, EOFError) as error:
        raise UsageError(f"{path}, line {number}: not a unit ({error!r}); docs/results.md shows the format") from error
    if not units:
        raise UsageError(f"{path} holds no unit")
    return units


def open_text(path: Path) -> TextIO:
    """A text file, compressed or not."""
    return lzma.open(path, "rt", encoding="utf-8") if path.suffix == ".xz" else path.open(encoding="utf-8")


def _unit(raw: dict[str, Any]) -> Unit:
    docs = tuple(Doc(str(d["id"]), d["text"], d.get("time")) for d in raw["docs"] if d["text"].strip())
    known = {doc.id for doc in docs}
    items = tuple(
        Item(
            str(q["id"]), q["q"], tuple(map(str, q["a"])), tuple(str(g) for g in q["gold"] if str(g) in known),
            q.get("type") or "", bool(q.get("unanswerable")),
        )
        for q in raw["qas"]
    )  # fmt: skip
    return Unit(raw["set"], str(raw["unit"]), docs, items)


def pooled(units: Sequence[Unit]) -> list[Unit]:
    """The units of each set as one memory; texts that several units share come once."""
    out: list[Unit] = []
    for name in dict.fromkeys(unit.set for unit in units):
        texts: dict[str, Doc] = {}
        items: list[Item] = []
        for unit in (unit for unit in units if unit.set == name):
            own = {doc.id: texts.setdefault(doc.text, replace(doc, id=f"{unit.name}/{doc.id}")).id for doc in unit.docs}
            for item in unit.items:
                gold = tuple(dict.fromkeys(own[g] for g in item.gold))
                items.append(replace(item, id=f"{unit.name}/{item.id}", gold=gold))
        out.append(Unit(name, "pooled", tuple(texts.values()), tuple(items)))
    return out


def sampled(units: Sequence[Unit], limit: int | None, seed: int) -> list[Unit]:
    """At most `limit` questions of each set, drawn at random; units left without one are dropped."""
    out: list[Unit] = []
    for name in dict.fromkeys(unit.set for unit in units):
        own = [unit for unit in units if unit.set == name]
        places = [(at, number) for at, unit in enumerate(own) for number in range(len(unit.items))]
        if limit is not None and limit < len(places):
            places = sorted(random.Random(f"{seed}/{name}").sample(places, limit))
        kept: dict[int, list[Item]] = {}
        for at, number in places:
            kept.setdefault(at, []).append(own[at].items[number])
        out += [replace(own[at], items=tuple(items)) for at, items in kept.items()]
    return out


def generated(count: int, seed: int, size: int = GENERATED_SIZE) -> Iterator[Unit]:
    """Memories of invented lives, each with one owner; a question's type is the generator's kind."""
    from engine.training.generator import memory

    for number in range(count):
        made = memory(random.Random(f"bench/{seed}/{number}").getrandbits(48), size)
        docs = tuple(Doc(str(d.id), d.context + d.text, d.date) for d in made.documents)
        items = tuple(
            Item(str(at), q.question, tuple(q.answers), tuple(map(str, q.gold)), q.kind, q.kind == "unanswerable")
            for at, q in enumerate(made.questions)
        )
        yield Unit(GENERATED, f"life-{seed}-{number}", docs, items)
