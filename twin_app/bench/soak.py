"""`twin bench soak`: thousands of questions and changed documents against one memory, and what the process then holds.

The same few hundred documents are edited, removed and added in turn, so that memory stays as large as it is: whatever
the process holds more of at the end was not given back.
"""

from __future__ import annotations

import gc
import itertools
import random
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from engine.training.generator import GeneratedQuestion, memory
from twin_app import render
from twin_app.bench.growth import Quiet
from twin_app.bench.measured import anonymous_bytes, peak_bytes
from twin_app.errors import DONE, FAILED
from twin_app.invocation import Invocation
from twin_app.settings import Settings
from twin_app.twin import Twin

DOCUMENTS = 240  # of the memory
SAMPLES = 24  # looks at the process, evenly over the run
WARM = 0.3  # share of the run in which caches and pools may still fill
FLAT_BYTES = 48 << 20  # between the medians of the first and the last third behind that


@dataclass(frozen=True, slots=True)
class Sample:
    """The process after some steps."""

    step: int
    own_bytes: int  # anonymous memory (the peak where the system does not tell)
    objects: int  # Python's, as its garbage collector counts them


def run(invocation: Invocation) -> int:
    """Exit code 1 when memory grew."""
    options, console = invocation.options, invocation.console
    with tempfile.TemporaryDirectory(prefix="twin-soak-") as folder:
        began = time.monotonic()
        samples = soak(
            Path(folder), invocation.sourced.settings, options.questions, options.changes, report=console.say
        )
        seconds = time.monotonic() - began
    bytes_grown, objects_grown = grown(samples)
    flat = bytes_grown <= FLAT_BYTES
    result = {
        "questions": options.questions, "changes": options.changes, "seconds": round(seconds, 1), "flat": flat,
        "grown_bytes": bytes_grown, "grown_objects": objects_grown, "peak_bytes": peak_bytes(),
        "samples": [[sample.step, sample.own_bytes, sample.objects] for sample in samples],
    }  # fmt: skip
    if invocation.is_json:
        console.json(result)
    else:
        console.line(
            f"{options.questions:,} questions, {options.changes:,} changes in {render.duration(seconds)}: "
            f"{bytes_grown / 1e6:+.1f} MB and {objects_grown:+,} objects behind the warm-up, "
            f"{'flat' if flat else 'NOT flat'}; peak {render.size(peak_bytes())}"
        )
    return DONE if flat else FAILED


def soak(
    folder: Path,
    settings: Settings,
    questions: int,
    changes: int,
    *,
    documents: int = DOCUMENTS,
    report: Callable[[str], None] = lambda line: None,
) -> list[Sample]:
    """Questions and changes in turn over a new memory under `folder`; what the process held on the way."""
    files, home = folder / "files", folder / "home"
    files.mkdir()
    home.mkdir(mode=0o700)
    made = memory(11, documents)
    for document in made.documents:
        (files / f"{document.id:04d}.txt").write_text(document.context + document.text, encoding="utf-8")
    twin = Twin(home, settings)
    call = Quiet(settings)
    try:
        twin.add({"paths": [str(files)]}, call)
        steps = list(_steps(questions, changes))
        edits, asked = _changes(files), itertools.cycle(made.questions)
        every = max(1, len(steps) // SAMPLES)
        samples: list[Sample] = []
        for number, step in enumerate(steps, 1):
            if step == "question":
                _ask(twin, next(asked), call)
            else:
                twin.add({"paths": [str(next(edits))]}, call)
            if number % every == 0:
                samples.append(_sample(number))
                report(
                    f"{number:,}/{len(steps):,}: {render.size(samples[-1].own_bytes)}, {samples[-1].objects:,} objects"
                )
        return samples
    finally:
        twin.close()


def grown(samples: Sequence[Sample]) -> tuple[int, int]:
    """Bytes and objects by which the last third of the samples behind the warm-up exceeds the first third."""
    warm = samples[int(len(samples) * WARM) :]
    third = max(1, len(warm) // 3)
    first, last = warm[:third], warm[-third:]
    return _rise([s.own_bytes for s in first], [s.own_bytes for s in last]), _rise(
        [s.objects for s in first], [s.objects for s in last]
    )


def _rise(first: Sequence[int], last: Sequence[int]) -> int:
    return round(statistics.median(last) - statistics.median(first))


def _steps(questions: int, changes: int) -> Iterator[str]:
    """Questions and changes, evenly mixed."""
    total = questions + changes
    for number in range(total):
        yield "question" if (number + 1) * questions // total > number * questions // total else "change"


def _ask(twin: Twin, question: GeneratedQuestion, call: Quiet) -> None:
    twin.ask({"question": question.question}, call)


def _changes(files: Path) -> Iterator[Path]:
    """Makes one change after the other; gives the path to add. Every third takes a file away, or brings it back."""
    rng = random.Random(5)
    texts = {path: path.read_text(encoding="utf-8") for path in sorted(files.iterdir())}
    for number in itertools.count(1):
        path = rng.choice(list(texts))
        if number % 3 == 0 and path.exists():
            path.unlink()
            yield files
        else:
            path.write_text(f"{texts[path]}\n\nChanged for the {number}th time.\n", encoding="utf-8")
            yield path


def _sample(step: int) -> Sample:
    gc.collect()
    return Sample(step, anonymous_bytes() or peak_bytes(), len(gc.get_objects()))
