"""A document to be: its form, date and people, and the facts it will tell."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from engine.training.generator.life import Fact, Life
from engine.training.generator.values import Person


@dataclass(slots=True, eq=False)
class Shell:
    form: str
    when: datetime
    capacity: int
    life: Life
    facts: list[Fact] = field(default_factory=list)
    partner: Person | None = None  # with whom the owner writes

    def other(self) -> Person:
        """The partner; drawn among the people of its facts, or the life, when first asked for."""
        if self.partner is None:
            rng, life = self.life.rng, self.life
            near = [p for fact in self.facts for p in fact.people() if p is not life.me and not p.title]
            known = near if near and rng.random() < 0.6 else life.core
            self.partner = known[int(rng.random() * len(known))]
        return self.partner
