"""Answers a question that asks several things: each is asked by itself, over all that the hops have opened. The one
that is least sure of its answer is what the next hop looks for."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import zip_longest
from typing import TYPE_CHECKING

from engine.answering.evidence.sentences import Scored
from engine.answering.quote import Quoted, is_enough, once, shown
from engine.interleave import Step
from engine.library import Passage

if TYPE_CHECKING:
    from engine.answering.quoting import Quoting

BETWEEN = "; "


class Both:
    def __init__(self, questions: Sequence[str], ask: Callable[[str], Quoting]) -> None:
        self.parts = tuple(map(ask, questions))
        self.searched: set[int] = set()
        self.short = "", 0.0  # all answers in a few words, and how likely the least likely is

    def following(self, passages: Sequence[Passage], leads: Mapping[int, float], best: Scored | None) -> Step | None:
        """Looks for what is not told yet, one question a hop."""
        for part in self.parts:
            part.see(passages, leads)
        open_ = [
            (part.found[0].score if part.found else 0.0, at)
            for at, part in enumerate(self.parts)
            if at not in self.searched and not is_enough(part.question, next(iter(part.found), None), part.weights)
        ]
        if not open_ or best is None:
            return None
        at = min(open_)[1]
        self.searched.add(at)
        part = self.parts[at]
        if part.unnesting is not None and (step := part.unnesting.following(passages, leads)) is not None:
            return step
        first = next(iter(part.found), best)
        context = next(one.context for one in passages if one.document == first.document)
        words = " ".join(part.question.words)
        return Step(words, f"to follow “{words[:120]}”", ((first.document, context + first.text),))

    def answer(self, passages: Sequence[Passage], leads: Mapping[int, float]) -> Quoted | None:
        """What answers the first, then what answers the others; None where one of them is not sure enough."""
        found = list[Quoted]()
        runs = list[tuple[str, float]]()
        for part in self.parts:
            part.see(passages, leads)
            if part.unnesting is not None:
                part.unnesting.names(passages, leads)
            quoted = part.chosen()
            if quoted is None or quoted.score < part.policy.grounded_at:
                return None
            found.append(quoted)
            runs.append(part.span(quoted))
        told = dict.fromkeys(run for run, _ in runs)
        self.short = ("", 0.0) if "" in told else (BETWEEN.join(told), min(likely for _, likely in runs))
        firsts = once([quoted.sentences[0] for quoted in found])
        beside = [line for pair in zip_longest(*(quoted.sentences[1:] for quoted in found)) for line in pair if line]
        lines = once([*firsts, *beside])
        seen = once([*firsts, *shown(lines)])  # all of the answers, however long they are
        score = sum(quoted.score for quoted in found) / len(found)
        return Quoted(tuple(lines), score, tuple(seen), chained=len(firsts) > 1, is_whole=True)

    def span(self, quoted: Quoted) -> tuple[str, float]:
        return self.short
