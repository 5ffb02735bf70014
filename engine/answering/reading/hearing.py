"""What the reader makes of sentences, and how much of that is heard where they are scored."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace

from engine.answering.evidence.sentences import Scored, sigmoid
from engine.answering.questions.question import Question
from engine.answering.reading.reader import Reading, Reads
from engine.answering.reading.windows import asked_of, window_of
from engine.library import Passage

UNREAD = 8.0  # logits below the best one: lower ones say no more


class Hearing:
    def __init__(self, question: Question, weights: Mapping[str, float], reads: Reads | None) -> None:
        """weights: of the question's words."""
        self.question, self.weights, self.reads = question, weights, reads
        self.readings: dict[tuple[int, int], Reading] = {}  # by document and start of the sentence

    def read(self, sentences: Sequence[Scored], passages: Mapping[int, Passage]) -> None:
        """Has the reader look at those it has not seen."""
        new = [s for s in sentences if s.place not in self.readings and s.features]
        if not new:
            return
        assert self.reads is not None
        windows = [window_of(self.question, self.weights, passages[s.document], s) for s in new]
        found = self.reads(asked_of(self.question, self.weights), windows)
        self.readings.update((sentence.place, reading) for sentence, reading in zip(new, found, strict=True))

    def best(self, sentences: Sequence[Scored]) -> float:
        """The highest logit of sentences that were read."""
        return max(self.readings[sentence.place].logit for sentence in sentences)

    @property
    def any_run(self) -> float:
        """Logit of an answer being found in any sentence that was read."""
        return math.log(sum(math.exp(min(reading.logit, 50.0)) for reading in self.readings.values()) + 1e-9)

    def heard(self, sentence: Scored, best: float, weight: float) -> Scored:
        """The sentence's score with the reader's word: by how much its logit lies below the best one's.

        The reader knows no dates: it is not heard where the question is how things are now."""
        if self.question.asks_now:
            return sentence
        behind = max(self.readings[sentence.place].logit - best, -UNREAD)
        logit = sentence.logit + weight * behind
        return replace(sentence, logit=logit, score=sigmoid(logit))
