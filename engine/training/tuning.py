"""How a reader learns of people's own files (answering.reading.tuned): from questions about invented people's memories,
with some of the samples it was trained on (engine.training.samples) beside them, so that it keeps what it knew."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from torch import Tensor

from engine.answering.reading.reader import READER, Reader, Reads, Words
from engine.answering.reading.tuned import TUNED, tunable, write_changes
from engine.training.quoting import Closed, read_units
from engine.training.reading import lessons
from engine.training.samples import Maker, Sample, in_processes, prepare
from engine.training.timed import Timed

PEOPLE = Path(__file__).parent / "people"  # memories in the unit format, written by hand (README.md there)
RATE = 6e-3  # of so few numbers: three times lower learns half as much in the same steps
WINDOWS = 8  # best sentences of a question
DRAWS = 2  # samples of a question that has an answer; of three in ten the documents with it are taken away
OTHERS = 0.25  # samples of the reader's own training, as a share of people's
SHARE = 0.1  # of that training's samples, which these are drawn of
ALL = 10**6  # questions of a memory


def shipped() -> list[Path]:
    return sorted(PEOPLE.glob("*.jsonl.xz"))


class PeopleMaker(Maker):
    def of_people(self, path: Path) -> list[Sample]:
        """Samples of a file of people's memories."""
        rng, found = random.Random(path.name), list[Sample | None]()
        for unit, asked in read_units(path, ALL):
            closed = Closed([(d.get("title", ""), d["text"]) for d in unit["docs"]], self.meanings)
            place = {d["id"]: i for i, d in enumerate(unit["docs"])}
            for qa in asked:
                gold = [place[g] for g in qa["gold"] if g in place]
                answers = [] if qa.get("unanswerable") else qa["a"]
                draws = DRAWS if answers else 1
                found += [self.sample(rng, closed, qa["q"], gold, answers, None) for _ in range(draws)]
        return [sample for sample in found if sample is not None]


def tune(
    checkpoint: Path, data: Path, files: Sequence[Path], out: Path, minutes: float, count: int = 0, *, seed: int,
    device: str, processes: int,
) -> None:  # fmt: skip
    """Writes TUNED into the checkpoint's folder, after so many minutes of training in all, or `count` steps."""
    maker = PeopleMaker(checkpoint, data, WINDOWS)
    words = Words(maker.meanings)

    def begun() -> Reader:
        return tunable(Reads.load(checkpoint / READER, maker.meanings, is_tuned=False).reader)

    out.mkdir(parents=True, exist_ok=True)
    run = Timed(begun, out / "people.state", RATE, seed, device)
    learnt = steps(maker, Maker(checkpoint, data, share=SHARE), words, files, run.step, seed, processes)
    run.train(learnt, minutes, count)
    write_changes(run.mean, checkpoint / READER, checkpoint / TUNED)


def steps(
    maker: PeopleMaker, before: Maker, words: Words, files: Sequence[Path], step: int, seed: int, processes: int
) -> Iterator[Callable[[Reader], Tensor]]:
    """Losses of batches from a step on; samples are made when the first is asked for."""
    own = [made for part in in_processes(maker, [("of_people", (path,)) for path in files], processes) for made in part]
    known = prepare(before, processes=processes)
    others = random.Random(seed).sample(known, min(len(known), round(OTHERS * len(own))))
    print(f"{len(own)} samples of people's memories, {len(others)} others")
    yield from lessons(words, [*own, *others], step, seed)
