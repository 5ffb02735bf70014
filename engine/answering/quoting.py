"""A quoting policy's reading of the hops: when to go on, what to look for, and which sentences to show."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from engine.answering.meaning import Meanings
from engine.answering.question import Question
from engine.answering.quote import Quoted, bridge_text, bridges, chain, choose, is_enough
from engine.answering.reader import Reading, Reads
from engine.answering.sentences import Scored, score_sentences, term_weights
from engine.answering.windows import asked_of, window_of
from engine.interleave import Hop, Step
from engine.library import Library, Passage
from engine.policy import Policy

READ = 12  # best sentences that a reader looks at


class Quoting:
    def __init__(
        self, question: str, library: Library, policy: Policy, meanings: Meanings | None = None,
        reads: Reads | None = None,
    ) -> None:  # fmt: skip
        self.question, self.policy, self.meanings, self.reads = Question.of(question), policy, meanings, reads
        self.passages: dict[int, Passage] = {}
        self.readings: dict[tuple[int, int], Reading] = {}  # by document and start of the sentence
        self.weights = term_weights(self.question, library.rarity(self.question.words))
        self.found: list[Scored] = []
        self.links: list[tuple[Scored, Scored, float]] = []
        self.tried: list[Scored] = []

    def following(self, hops: Sequence[Hop]) -> Step | None:
        """Scores what the last hop opened; the next step follows the names one sentence brings.

        One bridge a hop: names of several in one search drown each other (docs/log.md). Of the bridge's document the
        sentence goes into the prompt: the rest routes to what is not asked, and a tenth of the tokens is scored."""
        hop = hops[-1]
        self.passages.update((passage.document, passage) for passage in hop.opened)
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
        looking_for = bridge_text(self.question, bridge)
        through = ((bridge.document, self.passages[bridge.document].context + bridge.text),)
        return Step(looking_for, f"to follow “{looking_for[:120]}”", through)

    def _link(self, from_: Sequence[Scored], to: Sequence[Scored]) -> None:
        for bridge in from_:
            if link := chain(self.question, bridge, to, self.weights):
                self.links.append((bridge, *link))

    def chosen(self) -> Quoted | None:
        """The sentences to show, by their own scores; how sure it is that they answer, by the reader's word as well.

        The reader does not choose: of the questions about the sample folder it would get six of a hundred more wrong
        (docs/log.md)."""
        quoted = choose(self.question, self.found, self.links, self.weights)
        if quoted is None or self.reads is None or not self.policy.reader_weights:
            return quoted
        best = list({(s.document, s.start): s for s in [*quoted.sentences, *self.found[:READ]]}.values())
        windows = [window_of(self.question, self.weights, self.passages[s.document], s) for s in best]
        found = self.reads(asked_of(self.question, self.weights), windows)
        self.readings = {(s.document, s.start): reading for s, reading in zip(best, found, strict=True)}
        own, reader, bias = self.policy.reader_weights
        any_run = math.log(sum(math.exp(min(reading.logit, 50.0)) for reading in found) + 1e-9)
        logit = own * math.log(quoted.score / (1.0 - quoted.score + 1e-9) + 1e-9) + reader * any_run + bias
        score = 1.0 / (1.0 + math.exp(-logit))
        # a reader of single sentences cannot see what two of them say together
        return replace(quoted, score=max(score, quoted.score) if quoted.chained else score)

    def short(self, quoted: Quoted) -> tuple[str, float]:
        """The short answer in the first sentence shown and its probability, where that is enough to lead with it."""
        first = quoted.sentences[0]
        reading = self.readings.get((first.document, first.start))
        likely = quoted.score * reading.share if reading is not None else 0.0
        if reading is None or self.question.is_yes_no or likely < self.policy.span_at:
            return "", 0.0
        return self.passages[first.document].text[reading.start : reading.end], likely
