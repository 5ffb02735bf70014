"""Composes a memory: clusters of facts (siblings, changes, chains), placed in documents, then asked about."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable

from engine.training.generator.forms import BY_NAME, Form, shells, write
from engine.training.generator.frames import Frame, frames
from engine.training.generator.life import Fact, Life
from engine.training.generator.questions import Asker
from engine.training.generator.shell import Shell
from engine.training.generator.types import GeneratedDocument, Memory
from engine.training.generator.values import Answer

CHAINED, CHANGED = 0.4, 0.15  # shares of the room for facts of chains and for values that change
TRIES = 12  # documents looked at for a place before a fact is given up


def memory(seed: int, size: int) -> Memory:
    """A memory of `size` documents (at least 4) with its questions; the same for the same seed and size."""
    if size < 4:
        raise ValueError(f"a memory needs at least 4 documents, not {size}")
    rng = random.Random(f"{seed}/{size}")
    life = Life(rng, size)
    composer = Composer(rng, life, shells(rng, life, size))
    composer.fill()
    documents = []
    for number, shell in enumerate(composer.shells):
        context, text = write(rng, life, shell)
        date = None if shell.form in UNDATED else shell.when.date().isoformat()
        documents.append(GeneratedDocument(number, context, text, shell.form, date))
    told = [fact for fact in composer.facts if fact.spans]
    return Memory(documents, Asker(rng, life, told, composer.chains).questions())


UNDATED = ("wiki", "manual", "recipe", "table", "contract", "list")


class Composer:
    def __init__(self, rng: random.Random, life: Life, made: list[Shell]) -> None:
        self.rng, self.life, self.shells = rng, life, made
        self.facts: list[Fact] = []
        self.chains: list[list[Fact]] = []
        self._open: list[int] = []  # documents that take more facts

    def fill(self) -> None:
        """Topical documents first, each with related facts; then clusters spread over all the others."""
        for number, shell in enumerate(self.shells):
            form = BY_NAME[shell.form]
            if shell.form == "table":
                self._put_all(number, self.life.siblings(pick(self.rng, with_tables()), shell.capacity))
            elif form.topics and form.shared:
                self._topical(number, shell, form)
        self._open = [
            n for n, shell in enumerate(self.shells) if shell.form != "table" and shell.capacity > len(shell.facts)
        ]
        room = sum(self.shells[n].capacity - len(self.shells[n].facts) for n in self._open)
        self._spend(int(room * CHAINED), self._chain)
        self._spend(int(room * CHANGED), lambda: self.life.changed(pick(self.rng, with_changes())))
        self._spend(room, lambda: self.life.siblings(pick(self.rng, frames()), 1 + int(self.rng.random() * 3)))

    def _spend(self, room: int, cluster: Callable[[], list[Fact]]) -> None:
        """Places clusters of facts until `room` facts are placed, or as many clusters were tried."""
        for _ in range(room):
            if room <= 0 or not self._open:
                return
            room -= self._place(cluster())

    def _chain(self) -> list[Fact]:
        """Facts in the order in which they are placed: the last hop first."""
        chain = self.life.chain(2 if self.rng.random() < 0.6 else 3)
        if len(chain) > 1:
            self.chains.append(chain)
        return chain[::-1]

    def _topical(self, number: int, shell: Shell, form: Form) -> None:
        known = about(form.topics)
        first: Fact | None = None
        for _ in range(shell.capacity):
            frame = pick(self.rng, known)
            forced: dict[str, Answer] = {}
            if first and self.rng.random() < 0.85:
                forced = {s: first.values[s] for s in form.shared if s in frame.slots and s in first.values}
            made = self.life.state(frame, forced)
            made = [fact for fact in made if form.takes(fact, self.life)]
            self._put_all(number, made)
            first = first or (made[0] if made else None)

    def _put_all(self, number: int, made: Iterable[Fact]) -> None:
        for fact in made:
            self._put(number, fact)

    def _put(self, number: int, fact: Fact) -> None:
        shell = self.shells[number]
        shell.facts.append(fact)
        fact.document = number
        self.life.settle(fact, shell.when.date())
        self.facts.append(fact)

    def _place(self, cluster: Iterable[Fact]) -> int:
        """Gives each fact a document with room that takes it; returns how many found one."""
        placed = 0
        for fact in cluster:
            for _ in range(TRIES):
                if not self._open:
                    return placed
                place = int(self.rng.random() * len(self._open))
                number = self._open[place]
                shell = self.shells[number]
                if self._fits(shell, number, fact):
                    self._put(number, fact)
                    placed += 1
                    if len(shell.facts) >= shell.capacity:
                        self._open[place] = self._open[-1]
                        self._open.pop()
                    break
        return placed

    def _fits(self, shell: Shell, number: int, fact: Fact) -> bool:
        if not BY_NAME[shell.form].takes(fact, self.life):
            return False
        if any(other.document in (number, -1) for other in fact.apart):
            return False
        return fact.stage != "new" or shell.when > self.shells[fact.apart[0].document].when


def with_tables() -> list[Frame]:
    return [frame for frame in frames() if frame.table]


def with_changes() -> list[Frame]:
    return [frame for frame in frames() if frame.change]


def about(topics: frozenset[str]) -> list[Frame]:
    return [frame for frame in frames() if frame.about & topics]


def pick(rng: random.Random, options: list[Frame] | tuple[Frame, ...]) -> Frame:
    return options[int(rng.random() * len(options))]
