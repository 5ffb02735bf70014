"""`twin bench qa`: retrieval, answers, written IDs and refusals on sets of questions, beside BM25 and MiniLM."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from twin_app.bench import metrics
from twin_app.bench.baselines import Retriever
from twin_app.bench.identity import Written, written
from twin_app.bench.metrics import COMPARED, Refusals, figure
from twin_app.bench.options import bench
from twin_app.bench.pictures import Bar, Bars, Picture, refusal_curves
from twin_app.bench.report import Cell, Table, kept, publish
from twin_app.bench.unit_memory import Asked, Shelf
from twin_app.bench.units import Item, Unit
from twin_app.errors import DONE
from twin_app.invocation import Invocation

RETRIEVALS = ("latent", "words", "both")
DEPTH = 10  # documents of a baseline's ranking


@dataclass(frozen=True, slots=True)
class Row:
    """One question and one way of retrieval."""

    set: str
    unit: str
    item: Item
    system: str  # latent, words, both, or a baseline's name
    ranking: tuple[str, ...]
    asked: Asked | None = None  # where it was answered, not only ranked
    written: Written | None = None

    def record(self) -> dict[str, Any]:
        return asdict(self)


def rows(
    shelf: Shelf,
    units: Sequence[Unit],
    *,
    retrievals: Sequence[str] = RETRIEVALS,
    answers: Sequence[str] = ("both",),
    identity: bool = False,
    baselines: Sequence[Retriever] = (),
) -> Iterator[Row]:
    """Every question of every unit by every retrieval; `answers` names those that also answer, which takes longer."""
    for unit in units:
        with shelf.memory(unit) as memory:
            for number, item in enumerate(unit.items):
                for retrieval in retrievals:
                    asked = memory.ask(item.question, retrieval) if retrieval in answers else None
                    ranking = asked.ranking if asked else memory.rank(item.question, retrieval)
                    wrote = written(memory, item) if identity and retrieval == "both" and is_found(item) else None
                    yield Row(unit.set, unit.name, item, retrieval, ranking, asked, wrote)
                if number % 25 == 24:
                    shelf.say(f"{unit.set} {unit.name}: {number + 1} of {len(unit.items)} questions asked")
        yield from ranked(unit, baselines)


def ranked(unit: Unit, baselines: Sequence[Retriever]) -> Iterator[Row]:
    for baseline in baselines:
        rankings = baseline.rankings(unit, [item.question for item in unit.items], DEPTH)
        for item, ranking in zip(unit.items, rankings, strict=True):
            yield Row(unit.set, unit.name, item, baseline.name, ranking)


def is_found(item: Item) -> bool:
    """Whether there is something to find: SQuAD names a paragraph for its unanswerable questions too."""
    return bool(item.gold) and not item.unanswerable


def retrieval_table(rows: Sequence[Row]) -> Table:
    columns = ("set", "retrieval", "n", "recall@1", "recall@5", "recall@10", "any@5", "all@5", "any@10", "all@10")
    measured: list[tuple[Callable[[Sequence[str], Sequence[str], int], float], int]] = [
        *((metrics.recall, k) for k in (1, 5, 10)),
        *((measure, k) for k in (5, 10) for measure in (metrics.hit, metrics.all_found)),
    ]
    lines: list[tuple[Cell, ...]] = []
    for (name, system), own in grouped(rows):
        found = [row for row in own if is_found(row.item)]
        answered = [(row.asked.last, row.item.gold) for row in found if row.asked]
        for title, rankings in (
            (system, [(row.ranking, row.item.gold) for row in found]),
            (f"{system}, all hops", answered),
        ):
            if rankings:
                values = [figure([measure(made, gold, k) for made, gold in rankings]) for measure, k in measured]
                lines.append((name, title, len(rankings), *values))
    title = "Retrieval: gold documents among the first k, of the question alone and after all hops"
    return Table("retrieval", title, columns, tuple(lines))


def answer_table(rows: Sequence[Row]) -> Table:
    columns = (
        "set", "retrieval", "n", "exact", "F1", "leads", "exact where it leads", "shown", "quoted",
        "shown, gold opened", "n opened", "s a question",
    )  # fmt: skip
    lines: list[tuple[Cell, ...]] = []
    for (name, system), own in grouped(rows):
        found = [(r, r.asked, r.item.answers) for r in own if r.asked and r.item.answers and not r.item.unanswerable]
        if not found:
            continue
        opened = [one for one in found if set(one[0].item.gold) & {d for hop in one[1].opened for d in hop}]
        lines.append((
            name, system, len(found),
            figure([metrics.exact_match(asked.span or asked.answer, golds) for _, asked, golds in found]),
            figure([metrics.token_f1(asked.span or asked.answer, golds) for _, asked, golds in found]),
            figure([asked.leads for _, asked, _ in found]),
            figure([metrics.exact_match(asked.span, golds) for _, asked, golds in found if asked.leads]),
            figure([metrics.contains(asked.answer, golds) for _, asked, golds in found]),
            figure([metrics.quoted(asked.quotes, golds) for _, asked, golds in found]),
            figure([metrics.contains(asked.answer, golds) for _, asked, golds in opened]), len(opened),
            sum(asked.seconds for _, asked, _ in found) / len(found),
        ))  # fmt: skip
    return Table("answers", "Answers, nothing refused: the first 40 words shown, and the sentences cited",
                 columns, tuple(lines))  # fmt: skip


def identity_table(rows: Sequence[Row]) -> Table:
    columns = ("set", "n", "ID of 16", "ID free", "ID of 16, random others", "ID free, random others")
    lines: list[tuple[Cell, ...]] = []
    for (name, _), own in grouped([row for row in rows if row.written]):
        wrote = [row.written for row in own if row.written]
        lines.append((
            name, len(wrote), figure([w.chosen for w in wrote]), figure([w.free for w in wrote]),
            figure([w.chosen_random for w in wrote]), figure([w.free_random for w in wrote]),
        ))  # fmt: skip
    title = "IDs written by pure generation, 16 documents in context, the others the strongest wrong ones or any"
    return Table("identity", title, columns, tuple(lines))


def refusal_table(rows: Sequence[Row], threshold: float) -> Table:
    """Of sets with both kinds of question; `threshold` is the checkpoint's own (twin_config.grounded_at)."""
    columns = (
        "set", "answerable", "unanswerable", "refused wrongly", "refused rightly", "AUROC",
        f"refused rightly at {COMPARED:.0%} wrongly", "threshold there",
    )  # fmt: skip
    lines: list[tuple[Cell, ...]] = []
    for (name, _), yes, no, found in refused(rows):
        at, _, right = found.at(COMPARED)
        wrongly, rightly = (figure([score < threshold for score in kind]) for kind in (yes, no))
        lines.append((name, len(yes), len(no), wrongly, rightly, found.auroc, right, at))
    return Table("refusals", f"Refusals (the checkpoint's threshold: {threshold:g})", columns, tuple(lines))


def refused(rows: Sequence[Row]) -> Iterator[tuple[tuple[str, str], list[float], list[float], Refusals]]:
    """(set, retrieval), scores of its answerable and unanswerable questions, how well these tell them apart."""
    for key, own in grouped([row for row in rows if row.asked]):
        yes, no = scores(own, unanswerable=False), scores(own, unanswerable=True)
        if found := metrics.refusals(yes, no):
            yield key, yes, no, found


def scores(rows: Sequence[Row], *, unanswerable: bool) -> list[float]:
    return [row.asked.score for row in rows if row.asked and row.item.unanswerable == unanswerable]


def grouped(rows: Sequence[Row]) -> Iterator[tuple[tuple[str, str], list[Row]]]:
    """By set and system, in the order they came."""
    groups: dict[tuple[str, str], list[Row]] = {}
    for row in rows:
        groups.setdefault((row.set, row.system), []).append(row)
    return iter(groups.items())


def tables(rows: Sequence[Row], threshold: float) -> list[Table]:
    made = [retrieval_table(rows), answer_table(rows), identity_table(rows), refusal_table(rows, threshold)]
    return [table for table in made if table.rows]


def pictures(rows: Sequence[Row], threshold: float) -> list[Picture]:
    bars = [Bar(row["set"], row["retrieval"], "recall@5", row["recall@5"]) for row in retrieval_table(rows).named()]
    made: list[Picture] = [Bars("retrieval", "Gold documents among the first five", tuple(bars))] if bars else []
    if curves := [(key, found) for key, _, _, found in refused(rows)]:
        made.append(refusal_curves("refusals", curves, threshold))
    return made


def run(invocation: Invocation) -> int:
    options = invocation.options
    with bench(invocation) as this:
        shelf = this.shelf()
        made = rows(
            shelf, this.units(), retrievals=options.retrieval, answers=options.answers, identity=options.identity,
            baselines=this.baselines(),
        )  # fmt: skip
        found = list(kept(made, this.out, "rows.jsonl"))
        at = shelf.policy.grounded_at
        publish(tables(found, at), invocation.console, as_json=invocation.is_json, out=this.out,
                pictures=pictures(found, at))  # fmt: skip
    return DONE
