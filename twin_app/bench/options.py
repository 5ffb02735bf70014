"""What the benchmarks of questions have in common: which units, which checkpoint, where memories and results go."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from twin_app.bench.baselines import DENSE, WORDS, Retriever, available
from twin_app.bench.unit_memory import Shelf
from twin_app.bench.units import Unit, generated, pooled, read_units, sampled
from twin_app.invocation import Invocation

LIVES = 2  # generated memories where no units are given


@dataclass(frozen=True, slots=True)
class Bench:
    """One run of a benchmark."""

    invocation: Invocation
    folder: Path  # of kept memories and embeddings

    @property
    def out(self) -> Path | None:
        out: Path | None = self.invocation.options.out
        return out

    @property
    def seed(self) -> int:
        return int(self.invocation.options.seed)

    def say(self, text: str) -> None:
        self.invocation.console.say(text)

    def shelf(self, model: str | None = None) -> Shelf:
        settings = self.invocation.sourced.settings
        return Shelf(model or settings.model, self.folder, device=settings.device, say=self.say)

    def units(self, keep: Callable[[list[Unit]], list[Unit]] = lambda units: units) -> list[Unit]:
        """Those of --units, or generated ones, of which `keep` says what is asked; pooled and sampled as asked."""
        options = self.invocation.options
        units = [unit for path in options.units or () for unit in read_units(path)]
        units = units or list(generated(LIVES, self.seed))
        units = keep(pooled(units) if options.pool else units)
        return sampled(units, options.limit, self.seed)

    def baselines(self, names: Sequence[str] = (WORDS, DENSE)) -> list[Retriever]:
        """None with --no-baselines; a line for each one that is not installed."""
        if self.invocation.options.no_baselines:
            return []
        found, missing = available(self.folder / "embeddings", names)
        for line in missing:
            self.say(line)
        return found


@contextmanager
def bench(invocation: Invocation) -> Iterator[Bench]:
    """Memories are kept under --cache; without it they are gone at the end."""
    if invocation.options.cache is not None:
        yield Bench(invocation, invocation.options.cache)
        return
    with tempfile.TemporaryDirectory(prefix="twin-bench-") as folder:
        yield Bench(invocation, Path(folder))
