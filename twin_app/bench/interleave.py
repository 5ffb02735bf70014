"""`twin bench interleave`: what further hops find, on questions that need several documents, beside BM25 and MiniLM."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from twin_app.bench import metrics
from twin_app.bench.metrics import figure
from twin_app.bench.options import Bench, bench
from twin_app.bench.pictures import Bar, Bars
from twin_app.bench.qa import Row, ranked
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


def baseline_rows(this: Bench, units: Sequence[Unit]) -> Iterator[Row]:
    baselines = this.baselines()
    for unit in units:
        yield from ranked(unit, baselines)


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


SINGLE: Mapping[str, Callable[[Row], float]] = {
    "recall@5 one hop": lambda row: metrics.recall(row.ranking, row.item.gold, 5),
    "recall@10 one hop": lambda row: metrics.recall(row.ranking, row.item.gold, 10),
    "all@10 one hop": lambda row: metrics.all_found(row.ranking, row.item.gold, 10),
}


def table(found: Sequence[Pair], baselines: Sequence[Row] = ()) -> Table:
    """By set and way of retrieval, over all of its questions and by the number of documents they need."""
    groups: dict[tuple[str, str, str], list[Pair]] = {}
    for pair in found:
        for needed in needs(pair.item):
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
    single: dict[tuple[str, str, str], list[Row]] = {}
    for row in baselines:
        for needed in needs(row.item):
            single.setdefault((row.set, needed, row.system), []).append(row)
    for key, rows in single.items():
        cells = {name: figure([measure(row) for row in rows]) for name, measure in SINGLE.items()}
        lines.append((*key, len(rows), *(cells.get(name) for name in columns[4:])))
    lines.sort(key=lambda line: (str(line[0]), str(line[1])))
    return Table("interleave", "Memory Interleave: after all hops, against the first hop alone", columns, tuple(lines))


def needs(item: Item) -> tuple[str, str]:
    return "all", str(len(item.gold))


def picture(results: Table) -> Bars:
    bars = [
        Bar(row["set"], f"{row['retrieval']}{hops}", f"recall@{k}", row[f"recall@{k}{column}"])
        for k in (5, 10)
        for row in results.named()
        for hops, column in (("", " one hop"), (", all hops", ""))
        if row["documents needed"] == "all" and row[f"recall@{k}{column}"]
    ]
    return Bars("interleave", "Gold documents found by the first hop and after all hops", tuple(bars))


def mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)


def run(invocation: Invocation) -> int:
    options = invocation.options
    with bench(invocation) as this:
        units = this.units(several)
        if not units:
            raise UsageError("none of the questions needs several documents")
        found = list(kept(pairs(this.shelf(), units, options.retrieval), this.out, "interleave-rows.jsonl"))
        beside = list(kept(baseline_rows(this, units), this.out, "interleave-baselines.jsonl"))
        results = table(found, beside)
        publish([results], invocation.console, as_json=invocation.is_json, out=this.out, pictures=[picture(results)])
    return DONE
