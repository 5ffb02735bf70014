"""`twin bench ablate`: what each part is worth, by leaving it out: the rows of the paper's table 4, and Twin's own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from engine.library import Dated, Library, Passage
from engine.policy import Policy
from twin_app.bench import metrics
from twin_app.bench.metrics import figure
from twin_app.bench.options import Bench, bench
from twin_app.bench.pictures import Bar, Bars
from twin_app.bench.report import Cell, Table, publish
from twin_app.bench.unit_memory import Asked, Shelf, UnitMemory
from twin_app.bench.units import Item, Unit
from twin_app.errors import DONE
from twin_app.invocation import Invocation

WRITTEN_TOKENS = 40  # of a free answer: a model that writes badly does not stop by itself
FULL = "full"
ALL = "mean of all"  # sets


@dataclass(frozen=True, slots=True)
class Variant:
    """A way to ask: what is left out, or which checkpoint answers."""

    name: str
    retrieval: str = "both"
    single_hop: bool = False
    writes: bool = False  # the model writes its answer freely, as a checkpoint without a quoting policy does
    without_text: bool = False  # it does so from the pooled memory alone: no opened document is read


VARIANTS = (
    Variant(FULL),
    Variant("without interleave", single_hop=True),
    Variant("without original text", writes=True, without_text=True),
    Variant("answers written, not quoted", writes=True),
    Variant("without word evidence", retrieval="latent"),
    Variant("without routing", retrieval="words"),
)


class TextLess:
    """A library whose documents can be opened but not read."""

    def __init__(self, library: Library) -> None:
        self.library = library

    def passages(self, documents: Sequence[int]) -> list[Passage]:
        return [Passage(found.document, "", "", (), found.date) for found in self.library.passages(documents)]

    def parts(self, document: int) -> list[Passage]:
        return []

    def words(self, text: str, limit: int) -> Mapping[int, float]:
        return self.library.words(text, limit)

    def dated(self) -> Dated | None:
        return self.library.dated()

    def rarity(self, words: Sequence[str]) -> Mapping[str, float]:
        return self.library.rarity(words)


def variants(policy: Policy) -> tuple[Variant, ...]:
    """Those that are not the same as another one for this checkpoint."""
    return tuple(v for v in VARIANTS if policy.answer == "quote" or not v.writes or v.without_text)


def asked(memory: UnitMemory, item: Item, variant: Variant) -> Asked:
    policy = memory.shelf.policy
    if variant.single_hop:
        policy = replace(policy, max_hops=1)
    if variant.writes:
        policy = replace(policy, answer="generate", max_new_tokens=WRITTEN_TOKENS)
    library = memory.library(item.question, variant.retrieval)
    held = TextLess(library) if variant.without_text else library
    return memory.ask(item.question, variant.retrieval, library=held, policy=policy)


def results(shelf: Shelf, units: Sequence[Unit], chosen: Sequence[Variant]) -> Iterator[tuple[str, str, Item, Asked]]:
    """(set, variant, question, what it got)"""
    for unit in units:
        with shelf.memory(unit) as memory:
            for item in unit.items:
                for variant in chosen if not item.unanswerable else ():
                    yield unit.set, variant.name, item, asked(memory, item, variant)


def table(found: Sequence[tuple[str, str, Item, Asked]]) -> Table:
    columns = ("variant", "set", "n", "recall@5", "all@10", "shown", "quoted", "F1", "s")
    groups: dict[tuple[str, str], list[tuple[Item, Asked]]] = {}
    for name, variant, item, got in found:
        for title in (name, ALL):
            groups.setdefault((variant, title), []).append((item, got))
    lines: list[tuple[Cell, ...]] = []
    for (variant, name), own in groups.items():
        golden = [(item, got) for item, got in own if item.gold]
        answered = [(item, got) for item, got in own if item.answers]
        lines.append((
            variant, name, len(own),
            figure([metrics.recall(got.last, item.gold, 5) for item, got in golden]),
            figure([metrics.all_found(got.last, item.gold, 10) for item, got in golden]),
            figure([metrics.contains(got.answer, item.answers) for item, got in answered]),
            figure([metrics.quoted(got.quotes, item.answers) for item, got in answered]),
            figure([metrics.token_f1(got.span or got.answer, item.answers) for item, got in answered]),
            sum(got.seconds for _, got in own) / len(own),
        ))  # fmt: skip
    return Table("ablate", "What each part is worth (after all hops)", columns, tuple(lines))


def picture(results: Table) -> Bars:
    bars = [
        Bar(row["variant"], column, "mean of all questions", row[column])
        for row in results.named()
        for column in ("recall@5", "shown")
        if row["set"] == ALL
    ]
    return Bars("ablate", "What each part is worth", tuple(bars))


def run(invocation: Invocation) -> int:
    with bench(invocation) as this:
        units = this.units()
        found = list(of_all_checkpoints(this, units))
        results = table(found)
        publish([results], invocation.console, as_json=invocation.is_json, out=this.out, pictures=[picture(results)])
    return DONE


def of_all_checkpoints(this: Bench, units: Sequence[Unit]) -> Iterator[tuple[str, str, Item, Asked]]:
    """The model in use with every variant, then each further checkpoint with and without word evidence."""
    shelf = this.shelf()
    yield from results(shelf, units, variants(shelf.policy))
    for name, checkpoint in this.invocation.options.checkpoint:
        both = [Variant(name), Variant(f"{name}, without word evidence", retrieval="latent")]
        yield from results(this.shelf(checkpoint), units, both)
