"""How much of what is asked is told of the one who is asked of, and how much of others who talk or write."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from engine.answering.words.verbs import VERBS

ALIKE = 0.2  # of the question that another's sentence may have less than the best of one's own, and still tells


@dataclass(slots=True)
class Shares:
    """asked: weights of the question's words, but the name of the one who is asked of."""

    asked: Mapping[str, float]
    most: dict[bool, float] = field(default_factory=lambda: {True: 0.0, False: 0.0})  # by whether it is another's
    things: dict[bool, set[str]] = field(default_factory=lambda: {True: set(), False: set()})

    def tell(self, covered: frozenset[str], is_anothers: bool) -> None:
        """A sentence that has these words of the question, and is told of the one or of another."""
        share = sum(self.asked.get(s, 0.0) for s in covered) / self._total
        self.most[is_anothers] = max(self.most[is_anothers], share)

    def speak(self, covered: frozenset[str], is_anothers: bool) -> None:
        """A sentence in which the one speaks of these things, or another does."""
        self.things[is_anothers] |= covered - VERBS

    @property
    def beyond(self) -> float:
        """Share that another's sentence has more than any of one's own, of which it may have ALIKE less."""
        return max(0.0, min(self.most[True], self.most[True] - self.most[False] + ALIKE))

    @property
    def only(self) -> float:
        """Share of the things that only others speak of; nothing where one's own heaviest thing is as heavy: "the job
        interview", where another has a job."""
        only = [self.asked.get(s, 0.0) for s in self.things[True] - self.things[False]]
        own = max((self.asked.get(s, 0.0) for s in self.things[False]), default=0.0)
        return sum(only) / self._total if max(only, default=0.0) > own else 0.0

    @property
    def _total(self) -> float:
        return sum(self.asked.values()) or 1.0
