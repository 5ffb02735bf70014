"""How sure it is that memory answers: what the best sentence shows of it, and what a reader makes of the best ones."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from engine.answering.sentences import FEATURES

EVIDENCE = (
    "sentence",  # the best sentence's logit
    "reader",  # the reader's, that any run of any sentence it looked at answers
    "run",  # the reader's, of the best sentence alone
    "missing",  # of answering.sentences.FEATURES, the best sentence's: within one question they weigh little, since
    "around",  # all sentences of a document share them, and between questions much
    "passage",
)
_SHARED = [FEATURES.index(name) for name in EVIDENCE[3:]]
LEAST, MOST = -20.0, 50.0  # of a logit


def evidence(logit: float, features: Sequence[float], run: float, runs: Iterable[float]) -> tuple[float, ...]:
    """EVIDENCE of one answer. run: the reader's logit of the best sentence; runs: of all it looked at."""
    reader = math.log(sum(math.exp(min(value, MOST)) for value in runs) + math.exp(LEAST))
    return (logit, reader, min(max(run, LEAST), MOST), *(float(features[at]) for at in _SHARED))


def sureness(seen: Sequence[float], weights: Sequence[float]) -> float:
    """Probability that the best sentence answers. weights: of EVIDENCE, then the bias."""
    *factors, bias = weights
    return 1.0 / (1.0 + math.exp(-bias - sum(f * v for f, v in zip(factors, seen, strict=True))))
