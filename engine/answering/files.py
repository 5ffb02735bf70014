"""Files as a whole, where one is asked of: which of those that are open is meant, and all of its parts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from engine.answering.questions.question import Question
from engine.answering.quote import Quoted, share
from engine.answering.words.related import hints, known, themselves
from engine.answering.words.stems import stems_of
from engine.library import Library, Passage

LEAST = 0.6  # share of what is named that a file's title has to have, with its day


@dataclass(frozen=True, slots=True)
class Told:
    """An answer out of a whole file."""

    quoted: Quoted
    short: str = ""


@dataclass(frozen=True, slots=True)
class Files:
    """What is open for a question."""

    question: Question
    library: Library
    passages: Mapping[int, Passage]
    leads: Mapping[int, float]  # by document
    weights: Mapping[str, float]  # of the question's stems

    def named(self, named: Mapping[str, float]) -> list[Passage]:
        """The parts of the file whose title has most of what is named, and its day; [] of none. named: weights of
        stems."""

        def told(passage: Passage) -> float:
            held = known(stems_of(passage.context), named)
            stems = themselves(held) | hints(held)
            return share(stems | (self.question.dated(passage.date) & named.keys()), named)

        best = max(self.passages.values(), key=lambda one: (told(one), self.lead(one)), default=None)
        return self.of(best) if best is not None and named and told(best) >= LEAST else []

    def of(self, part: Passage) -> list[Passage]:
        """All parts of the file that this one is of, in order, as far as they may be seen."""
        around = {one.document: one for one in (*self.passages.values(), *self.library.parts(part.document))}
        parts = [one for one in around.values() if one.title == part.title and one.date == part.date]
        return sorted(parts, key=lambda one: one.document)

    def lead(self, passage: Passage) -> float:
        return self.leads.get(passage.document, 0.0)
