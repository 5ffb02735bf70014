"""`twin bench niah`: needles in a haystack, the eight retrieval tasks of RULER (arXiv 2404.06654) on a living memory.

A haystack of some tokens is one memory. For each trial, files at random depths are edited to hold the needles, read in
as edited files are, asked about, and edited back: every needle goes through reading, encoding and forgetting.
"""

from __future__ import annotations

import random
import re
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from twin_app.bench.baselines import DENSE, Retriever
from twin_app.bench.haystack import haystack, needle, word_key
from twin_app.bench.metrics import figure, recall
from twin_app.bench.options import Bench, bench
from twin_app.bench.pictures import Curves, Line
from twin_app.bench.report import Cell, Table, kept, publish
from twin_app.bench.unit_memory import Asked, UnitMemory
from twin_app.bench.units import Doc, Unit
from twin_app.errors import DONE, UsageError
from twin_app.invocation import Invocation

FIRST = 16  # documents of a ranking that count as routed: what attention sees
DENSE_SIZE = 128 * 1024  # tokens of the largest haystack that MiniLM embeds


@dataclass(frozen=True, slots=True)
class Task:
    """`needles` sentences stand in the haystack, `asked` of them are asked for; RULER's names."""

    name: str
    hay: str  # noise, essay, needles (word keys), uuids (needles with such keys)
    needles: int = 1
    asked: int = 1
    values: str = "numbers"
    one_key: bool = False  # all needles have the same key


TASKS = (
    Task("single_1", "noise"),
    Task("single_2", "essay"),
    Task("single_3", "essay", values="uuids"),
    Task("multikey_1", "essay", needles=4),
    Task("multikey_2", "needles"),
    Task("multikey_3", "uuids", values="uuids"),
    Task("multivalue", "essay", needles=4, asked=4, one_key=True),
    Task("multiquery", "essay", needles=4, asked=4),
)


@dataclass(frozen=True, slots=True)
class Trial:
    """What is put in, and what is asked: `values` are to be found, in the files `gold`."""

    question: str
    values: tuple[str, ...]
    gold: tuple[str, ...]
    edited: tuple[Doc, ...]
    depth: float  # of the first needle that is asked for


@dataclass(frozen=True, slots=True)
class Outcome:
    """Of one trial; a baseline only ranks."""

    task: str
    size: int
    retrieval: str
    depth: float
    routed: float  # share of the needles' files among the first FIRST
    shown: float | None = None  # share of the values in the answer
    found: float | None = None  # share of the values in the answer or the sentences it cites: RULER's measure
    seconds: float | None = None

    def record(self) -> dict[str, Any]:
        return asdict(self)


def trial(task: Task, docs: Sequence[Doc], depth: float, rng: random.Random) -> Trial:
    """One sample of a task: its asked needle at `depth`, the others anywhere else."""
    first = min(len(docs) - 1, int(depth * len(docs)))
    others = rng.sample([at for at in range(len(docs)) if at != first], min(task.needles - 1, len(docs) - 1))
    keys = [word_key(rng) if task.values != "uuids" or task.hay != "uuids" else new_uuid(rng)]
    while len(keys) < task.needles:
        keys = [*keys, keys[0] if task.one_key else word_key(rng)]
    values = [new_uuid(rng) if task.values == "uuids" else str(rng.randrange(10**6, 10**7)) for _ in keys]
    places = [first, *others, *[first] * (task.needles - 1 - len(others))]
    edited: dict[int, Doc] = {}
    for at, key, value in zip(places, keys, values, strict=True):
        held = edited.get(at, docs[at])
        edited[at] = replace(held, text=hidden(held.text, needle(key, value, task.values), rng))
    named = list(dict.fromkeys(keys[: task.asked]))
    listed = named[0] if len(named) == 1 else ", ".join(named[:-1]) + ", and " + named[-1]
    kind = task.values if task.asked > 1 else task.values[:-1]
    verb, all_ = ("are", "all ") if task.asked > 1 else ("is", "")
    question = f"What {verb} {all_}the special magic {kind} for {listed} mentioned in the provided text?"
    return Trial(
        question, tuple(values[: task.asked]), tuple(docs[at].id for at in places[: task.asked]),
        tuple(edited.values()), depth,
    )  # fmt: skip


def hidden(text: str, sentence: str, rng: random.Random) -> str:
    """The text with the sentence between two of its own, or at its end."""
    ends = [match.end() for match in re.finditer(r"[.!?](?=\s)", text)] or [len(text)]
    at = rng.choice(ends)
    return f"{text[:at]} {sentence}{text[at:]}"


def new_uuid(rng: random.Random) -> str:
    return str(uuid.UUID(int=rng.getrandbits(128), version=4))


def outcomes(
    memory: UnitMemory,
    tasks: Sequence[Task],
    size: int,
    trials: int,
    retrievals: Sequence[str],
    seed: int,
    baselines: Sequence[Retriever] = (),
) -> Iterator[Outcome]:
    originals = {doc.id: doc for doc in memory.unit.docs}
    with memory.changing():
        for task in tasks:
            for number in range(trials):
                rng = random.Random(f"{seed}/{task.name}/{size}/{number}")
                made = trial(task, memory.unit.docs, (number + 0.5) / trials, rng)
                memory.put(made.edited)
                for retrieval in retrievals:
                    yield outcome(task, size, retrieval, made, memory.ask(made.question, retrieval))
                for baseline in baselines:
                    [ranking] = baseline.rankings(memory.unit, [made.question], FIRST, made.edited)
                    yield Outcome(task.name, size, baseline.name, made.depth, routed(made, ranking))
                memory.put([originals[doc.id] for doc in made.edited])
            memory.shelf.say(f"{task.name} at {size:,} tokens: {trials} trials done")


def outcome(task: Task, size: int, retrieval: str, made: Trial, got: Asked) -> Outcome:
    def share(text: str) -> float:
        return sum(value in text for value in made.values) / len(made.values)

    everything = "\n".join([got.answer, *got.quotes])
    return Outcome(
        task.name, size, retrieval, made.depth, routed(made, got.last), share(got.answer), share(everything),
        got.seconds,
    )  # fmt: skip


def routed(made: Trial, ranking: Sequence[str]) -> float:
    return recall(ranking, made.gold, FIRST)


def table(found: Sequence[Outcome]) -> Table:
    columns = ("task", "tokens", "retrieval", "n", f"routed@{FIRST}", "shown", "found", "s")
    groups: dict[tuple[str, int, str], list[Outcome]] = {}
    for one in found:
        groups.setdefault((one.task, one.size, one.retrieval), []).append(one)
    for one in found:
        groups.setdefault(("mean of all", one.size, one.retrieval), []).append(one)
    lines: list[tuple[Cell, ...]] = []
    for key, own in groups.items():
        asked = [(one.shown, one.found, one.seconds) for one in own if one.found is not None]
        shown, values, seconds = zip(*asked, strict=True) if asked else ((), (), ())
        lines.append((*key, len(own), figure([one.routed for one in own]), figure(shown), figure(values),
                      sum(seconds) / len(seconds) if seconds else None))  # fmt: skip
    return Table("niah", "Needles in a haystack (RULER's tasks)", columns, tuple(lines))


def run(invocation: Invocation) -> int:
    options = invocation.options
    names = [task.name for task in TASKS]
    if unknown := set(options.tasks or ()) - set(names):
        raise UsageError(f"there is no task {', '.join(sorted(unknown))}: choose from {', '.join(names)}")
    chosen = [task for task in TASKS if not options.tasks or task.name in options.tasks]
    with bench(invocation) as this:
        found = list(kept(sampled(this, chosen), this.out, "niah-rows.jsonl"))
        publish([table(found)], invocation.console, as_json=invocation.is_json, out=this.out, pictures=[picture(found)])
    return DONE


def sampled(this: Bench, chosen: Sequence[Task]) -> Iterator[Outcome]:
    """Every trial: one memory for each haystack and size."""
    shelf, options, baselines = this.shelf(), this.invocation.options, this.baselines()
    for size in options.sizes:
        beside = [one for one in baselines if one.name != DENSE or size <= DENSE_SIZE]
        for hay in dict.fromkeys(task.hay for task in chosen):
            docs = haystack(hay, size, shelf.measure, options.text, this.seed)
            with shelf.memory(Unit(f"niah-{hay}", f"{size:,} tokens", docs, ())) as memory:
                tasks = [task for task in chosen if task.hay == hay]
                yield from outcomes(memory, tasks, size, options.trials, options.retrieval, this.seed, beside)


def picture(found: Sequence[Outcome]) -> Curves:
    """Mean of the values found by size, a line for each task and way of retrieval."""
    groups: dict[tuple[str, str], dict[int, list[float]]] = {}
    for one in found:
        if one.found is not None:
            groups.setdefault((one.task, one.retrieval), {}).setdefault(one.size, []).append(one.found)
    lines = tuple(
        Line(*key, tuple((size, sum(values) / len(values)) for size, values in sorted(sizes.items())))
        for key, sizes in groups.items()
    )
    return Curves("niah", "Needles in a haystack", lines, "tokens of memory", "values found", log_x=True)
