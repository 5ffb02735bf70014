"""`twin bench refuse`: whether questions that memory cannot answer are refused, and what that costs in right answers.

Unanswerable are those a set marks so, and questions about another memory ("foreign"), whose answer is not here.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from twin_app.bench import metrics
from twin_app.bench.metrics import Refusals, figure
from twin_app.bench.options import bench
from twin_app.bench.report import Cell, Line, Table, kept, plot, publish
from twin_app.bench.unit_memory import Shelf
from twin_app.bench.units import Item, Unit
from twin_app.errors import DONE, UsageError
from twin_app.invocation import Invocation

MARKED, FOREIGN = "marked", "foreign"
SHARES = (0.05, 0.1, 0.2)  # of answerable questions refused
COMPARED = 0.1  # the share at which the target is set


@dataclass(frozen=True, slots=True)
class Outcome:
    """One question and how sure its answer was. `kind` is "" for an answerable one."""

    set: str
    unit: str
    kind: str
    item: Item
    retrieval: str
    score: float
    right: bool  # the answer, had it been shown

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


def outcomes(shelf: Shelf, units: Sequence[Unit], retrievals: Sequence[str]) -> Iterator[Outcome]:
    for unit in units:
        with shelf.memory(unit) as memory:
            for item in unit.items:
                kind = "" if not item.unanswerable else FOREIGN if item.type == FOREIGN else MARKED
                for retrieval in retrievals:
                    asked = memory.ask(item.question, retrieval)
                    right = bool(metrics.contains(asked.answer, item.answers))
                    yield Outcome(unit.set, unit.name, kind, item, retrieval, asked.score, right)


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
        "set", "unanswerable", "retrieval", "n answerable", "n unanswerable", "refused wrongly", "refused rightly",
        "AUROC", *(f"rightly at {share:.0%} wrongly" for share in SHARES), f"threshold at {COMPARED:.0%}",
        "right of all shown", f"right of shown at {COMPARED:.0%}",
    )  # fmt: skip
    lines: list[tuple[Cell, ...]] = []
    for key, yes, no, made in compared(found):
        at = made.at(COMPARED)[0]
        lines.append((
            *key, len(yes), len(no), figure([one.score < threshold for one in yes]),
            figure([one.score < threshold for one in no]), made.auroc, *(made.at(share)[2] for share in SHARES), at,
            figure([one.right for one in (*yes, *no)]),
            figure([one.right for one in (*yes, *no) if one.score >= at]),
        ))  # fmt: skip
    return Table("refuse", f"Refusals (the checkpoint's own threshold: {threshold:g})", columns, tuple(lines))


def run(invocation: Invocation) -> int:
    options = invocation.options
    with bench(invocation) as this:
        shelf = this.shelf()
        units = with_foreign(this.units(), this.seed)
        found = list(kept(outcomes(shelf, units, options.retrieval), this.out, "refuse-rows.jsonl"))
        made = table(found, shelf.policy.grounded_at)
        if not made.rows:
            raise UsageError("no set here has both kinds of question, nor a second memory to take them from")
        publish([made], invocation.console, as_json=invocation.is_json, out=this.out)
        if this.out is not None:
            lines = [
                Line(", ".join(key), tuple((wrong, right) for _, wrong, right in curve.curve))
                for key, _, _, curve in compared(found)
            ]
            plot(this.out / "refuse.png", lines, x="answerable questions refused", y="unanswerable questions refused",
                 title="Refusals by threshold")  # fmt: skip
    return DONE
