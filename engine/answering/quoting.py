"""A quoting policy's reading of the hops: when to go on, what to look for, and which sentences to show."""

from __future__ import annotations

from collections.abc import Sequence

from engine.answering.meaning import Meanings
from engine.answering.question import Question
from engine.answering.quote import Quoted, bridge_text, bridges, chain, choose, is_enough
from engine.answering.sentences import Scored, score_sentences, term_weights
from engine.answering.span import Span, best_span
from engine.interleave import Hop, Step
from engine.library import Library
from engine.policy import Policy


class Quoting:
    def __init__(self, question: str, library: Library, policy: Policy, meanings: Meanings | None = None) -> None:
        self.question, self.policy, self.meanings = Question.of(question), policy, meanings
        self.weights = term_weights(self.question, library.rarity(self.question.words))
        self.found: list[Scored] = []
        self.links: list[tuple[Scored, Scored, float]] = []
        self.tried: list[Scored] = []

    def following(self, hops: Sequence[Hop]) -> Step | None:
        """Scores what the last hop opened; the next step follows the names one sentence brings.

        One bridge a hop: names of several in one search drown each other (docs/log.md). Of the bridge's document the
        sentence goes into the prompt: the rest routes to what is not asked, and a tenth of the tokens is scored."""
        hop = hops[-1]
        scored = score_sentences(
            self.question, self.weights, hop.opened, hop.leads, self.policy.sentence_weights, self.meanings
        )
        self._link(self.tried, scored)
        self.found = sorted([*self.found, *scored], key=lambda s: -s.score)
        best = self.found[0] if self.found else None
        if len(hops) >= self.policy.max_hops or is_enough(self.question, best, self.weights):
            return None
        bridge = next((bridge for bridge in bridges(self.question, self.found) if bridge not in self.tried), None)
        if bridge is None:
            return None
        self._link([bridge], self.found)  # what is open already may hold the chain's end
        self.tried.append(bridge)
        context = next(p.context for h in hops for p in h.opened if p.document == bridge.document)
        looking_for = bridge_text(self.question, bridge)
        through = ((bridge.document, context + bridge.text),)
        return Step(looking_for, f"to follow “{looking_for[:120]}”", through)

    def _link(self, from_: Sequence[Scored], to: Sequence[Scored]) -> None:
        for bridge in from_:
            if link := chain(self.question, bridge, to, self.weights):
                self.links.append((bridge, *link))

    def chosen(self) -> Quoted | None:
        return choose(self.question, self.found, self.links, self.weights)

    def short(self, quoted: Quoted) -> Span | None:
        """The short answer in the sentences shown, where its probability is high enough to lead with it."""
        if not self.policy.span_weights or self.question.is_yes_no:
            return None
        span = best_span(self.question, quoted.sentences, self.policy.span_weights, self.meanings)
        return span if span is not None and span.probability >= self.policy.span_at else None
