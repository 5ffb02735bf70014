"""`twin bench interleave`: what further hops find, on questions that need several documents."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from twin_app.bench import metrics
from twin_app.bench.metrics import figure
from twin_app.bench.options import bench
from twin_app.bench.report import Cell, Table, kept, publish
from twin_app.bench.unit_memory import Asked, Shelf
from twin_app.bench.units import Item, Unit
from twin_app.errors import DONE, UsageError
from twin_app.invocation import Invocation


@dataclass(frozen=True, slots=True)
class Pair:
    """One question asked with the policy's hops, and with a single one."""

    set: str
    unit: str
    item: Item
    retrieval: str
    one: Asked
    all: Asked

    def first(self, k: int) -> float:
        return metrics.recall(self.one.ranking, self.item.gold, k)

    def hops(self, k: int) -> float:
        return metrics.recall(self.all.last, self.item.gold, k)

    def record(self) -> dict[str, Any]:
        return asdict(self)


def several(units: Sequence[Unit]) -> list[Unit]:
    """Only the questions that need several documents together."""
    kept = [replace(unit, items=tuple(item for item in unit.items if is_chain(item))) for unit in units]
    return [unit for unit in kept if unit.items]


def is_chain(item: Item) -> bool:
    return len(item.gold) > 1 and not item.unanswerable and item.type not in ("changed", "aggregate")


def pairs(shelf: Shelf, units: Sequence[Unit], retrievals: Sequence[str]) -> Iterator[Pair]:
    single = replace(shelf.policy, max_hops=1)
    for unit in units:
        with shelf.memory(unit) as memory:
            for item in unit.items:
                for retrieval in retrievals:
                    one = memory.ask(item.question, retrieval, policy=single)
                    yield Pair(unit.set, unit.name, item, retrieval, one, memory.ask(item.question, retrieval))


FIGURES: tuple[tuple[str, Callable[[Pair], float]], ...] = (
    ("recall@5 one hop", lambda pair: pair.first(5)),
    ("recall@5", lambda pair: pair.hops(5)),
    ("gain@5", lambda pair: pair.hops(5) - pair.first(5)),
    ("recall@10 one hop", lambda pair: pair.first(10)),
    ("recall@10", lambda pair: pair.hops(10)),
    ("gain@10", lambda pair: pair.hops(10) - pair.first(10)),
    ("all@10 one hop", lambda pair: metrics.all_found(pair.one.ranking, pair.item.gold, 10)),
    ("all@10", lambda pair: metrics.all_found(pair.all.last, pair.item.gold, 10)),
    ("shown one hop", lambda pair: metrics.contains(pair.one.answer, pair.item.answers)),
    ("shown", lambda pair: metrics.contains(pair.all.answer, pair.item.answers)),
)


def table(found: Sequence[Pair]) -> Table:
    """By set and way of retrieval, over all of its questions and by the number of documents they need."""
    groups: dict[tuple[str, str, str], list[Pair]] = {}
    for pair in found:
        for needed in ("all", str(len(pair.item.gold))):
            groups.setdefault((pair.set, needed, pair.retrieval), []).append(pair)
    lines: list[tuple[Cell, ...]] = [
        (
            *key, len(own), *(figure([measure(pair) for pair in own]) for _, measure in FIGURES),
            mean([len(pair.all.rankings) for pair in own]), mean([pair.one.seconds for pair in own]),
            mean([pair.all.seconds for pair in own]),
        )
        for key, own in sorted(groups.items())
    ]  # fmt: skip
    columns = ("set", "documents needed", "retrieval", "n", *(name for name, _ in FIGURES), "hops", "s one hop", "s")
    return Table("interleave", "Memory Interleave: after all hops, against the first hop alone", columns, tuple(lines))


def mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)


def run(invocation: Invocation) -> int:
    options = invocation.options
    with bench(invocation) as this:
        units = this.units(several)
        if not units:
            raise UsageError("none of the questions needs several documents")
        found = list(kept(pairs(this.shelf(), units, options.retrieval), this.out, "interleave-rows.jsonl"))
        publish([table(found)], invocation.console, as_json=invocation.is_json, out=this.out)
    return DONE
