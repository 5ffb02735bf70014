"""`twin bench refuse`: whether questions that memory cannot answer are refused, and what that costs in right answers.

Unanswerable are those a set marks so, and questions about another memory ("foreign"), whose answer is not here.
Beside Twin, as yardsticks: refusing where BM25, or MiniLM's cosine, scores no document high enough.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from twin_app.bench import metrics
from twin_app.bench.baselines import Retriever
from twin_app.bench.metrics import COMPARED, Refusals, figure
from twin_app.bench.options import bench
from twin_app.bench.pictures import refusal_curves
from twin_app.bench.report import Cell, Table, kept, publish
from twin_app.bench.unit_memory import Shelf
from twin_app.bench.units import Item, Unit
from twin_app.errors import DONE, UsageError
from twin_app.invocation import Invocation

MARKED, FOREIGN = "marked", "foreign"
SHARES = (0.05, 0.1, 0.2)  # of answerable questions refused


@dataclass(frozen=True, slots=True)
class Outcome:
    """One question and how sure its answer was. `kind` is "" for an answerable one."""

    set: str
    unit: str
    kind: str
    item: Item
    retrieval: str
    score: float
    right: bool | None  # the answer, had it been shown; a baseline has none
    signs: tuple[float, ...] = ()  # that the score was made of; `python -m engine.training sureness` learns from them

    def record(self) -> dict[str, Any]:
        return asdict(self)


def with_foreign(units: Sequence[Unit], seed: int) -> list[Unit]:
    """Each memory with as many questions of other memories of its set as it has answerable ones of its own."""
    out: list[Unit] = []
    for unit in units:
        held = metrics.normal(" ".join(doc.text for doc in unit.docs))
        other = [
            replace(item, id=f"{FOREIGN}/{source.name}/{item.id}", gold=(), answers=(), type=FOREIGN, unanswerable=True)
            for source in units
            if source.set == unit.set and source is not unit
            for item in source.items
            if not item.unanswerable and not any(metrics.normal(answer) in held for answer in item.answers)
        ]
        most = sum(not item.unanswerable for item in unit.items)
        chosen = random.Random(f"{seed}/{unit.set}/{unit.name}").sample(other, min(most, len(other)))
        out.append(replace(unit, items=(*unit.items, *chosen)))
    return out


def outcomes(
    shelf: Shelf, units: Sequence[Unit], retrievals: Sequence[str], baselines: Sequence[Retriever] = ()
) -> Iterator[Outcome]:
    for unit in units:
        with shelf.memory(unit) as memory:
            for item in unit.items:
                for retrieval in retrievals:
                    asked = memory.ask(item.question, retrieval)
                    right = bool(metrics.contains(asked.answer, item.answers))
                    yield Outcome(unit.set, unit.name, kind(item), item, retrieval, asked.score, right, asked.signs)
        for baseline in baselines:
            scores = baseline.scores(unit, [item.question for item in unit.items])
            for item, own in zip(unit.items, scores, strict=True):
                yield Outcome(unit.set, unit.name, kind(item), item, baseline.name, float(own.max()), None)


def kind(item: Item) -> str:
    return "" if not item.unanswerable else FOREIGN if item.type == FOREIGN else MARKED


def compared(found: Sequence[Outcome]) -> Iterator[tuple[tuple[str, str, str], list[Outcome], list[Outcome], Refusals]]:
    """(set, kind, retrieval), its answerable and unanswerable questions, and how well the score tells them apart."""
    for name in dict.fromkeys(one.set for one in found):
        for kind in (MARKED, FOREIGN):
            for retrieval in dict.fromkeys(one.retrieval for one in found):
                own = [one for one in found if (one.set, one.retrieval) == (name, retrieval)]
                yes, no = [one for one in own if not one.kind], [one for one in own if one.kind == kind]
                if made := metrics.refusals([one.score for one in yes], [one.score for one in no]):
                    yield (name, kind, retrieval), yes, no, made


def table(found: Sequence[Outcome], threshold: float) -> Table:
    columns = (
        "set", "unanswerable", "retrieval", "n answerable", "n unanswerable", "shipped threshold", "refused wrongly",
        "refused rightly", "AUROC", *(f"rightly at {share:.0%} wrongly" for share in SHARES),
        f"threshold at {COMPARED:.0%}", "right of all shown", f"right of shown at {COMPARED:.0%}",
    )  # fmt: skip
    lines: list[tuple[Cell, ...]] = []
    for key, yes, no, made in compared(found):
        at = made.at(COMPARED)[0]
        answers = [(one.score, one.right) for one in (*yes, *no) if one.right is not None]
        shipped: tuple[Cell, ...] = (None, None, None)
        if answers:
            shipped = (threshold, *(figure([one.score < threshold for one in group]) for group in (yes, no)))
        lines.append((
            *key, len(yes), len(no), *shipped, made.auroc, *(made.at(share)[2] for share in SHARES), at,
            figure([right for _, right in answers]), figure([right for score, right in answers if score >= at]),
        ))  # fmt: skip
    return Table("refuse", f"Refusals (the checkpoint's own threshold: {threshold:g})", columns, tuple(lines))


def run(invocation: Invocation) -> int:
    options = invocation.options
    with bench(invocation) as this:
        shelf = this.shelf()
        units = with_foreign(this.units(), this.seed)
        made = outcomes(shelf, units, options.retrieval, this.baselines())
        found = list(kept(made, this.out, "refuse-rows.jsonl"))
        threshold = shelf.policy.grounded_at
        results = table(found, threshold)
        if not results.rows:
            raise UsageError("no set here has both kinds of question, nor a second memory to take them from")
        picture = refusal_curves("refuse", [(key, curve) for key, _, _, curve in compared(found)], threshold)
        publish([results], invocation.console, as_json=invocation.is_json, out=this.out, pictures=[picture])
    return DONE
