"""Figures of retrieval and answers, each with its number of questions and a bootstrap interval."""

from __future__ import annotations

import re
import string
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

SHOWN_WORDS = 40  # of an answer; what stands behind them does not count as shown
RESAMPLES = 1000
LEVEL = 0.95
COMPARED = 0.1  # share of answerable questions refused at which refusals are compared
ARTICLES = re.compile(r"\b(a|an|the)\b")
NO_PUNCTUATION = str.maketrans("", "", string.punctuation)


@dataclass(frozen=True, slots=True)
class Figure:
    """A mean over questions with its 95 % bootstrap interval; None in place of a mean of nothing."""

    mean: float | None
    low: float | None
    high: float | None
    n: int

    def __str__(self) -> str:
        return "" if self.mean is None else f"{self.mean:.2f} ({self.low:.2f}-{self.high:.2f})"


def figure(values: Sequence[float], seed: int = 0) -> Figure:
    """Percentile bootstrap over questions; the same values and seed give the same interval."""
    if not values:
        return Figure(None, None, None, 0)
    sample = np.asarray(values, dtype=np.float64)
    rng = np.random.default_rng(seed)
    means = sample[rng.integers(0, len(sample), (RESAMPLES, len(sample)))].mean(axis=1)
    low, high = np.quantile(means, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return Figure(float(sample.mean()), float(low), float(high), len(sample))


def recall(ranking: Sequence[str], gold: Sequence[str], k: int) -> float:
    """Share of the gold documents among the first k."""
    return len(set(ranking[:k]) & set(gold)) / len(set(gold))


def hit(ranking: Sequence[str], gold: Sequence[str], k: int) -> float:
    """1 where any gold document is among the first k."""
    return float(not set(gold).isdisjoint(ranking[:k]))


def all_found(ranking: Sequence[str], gold: Sequence[str], k: int) -> float:
    """1 where every gold document is among the first k."""
    return float(set(gold) <= set(ranking[:k]))


def normal(text: str) -> str:
    """As SQuAD's official script compares: lower case, no punctuation, no articles, single spaces."""
    return " ".join(ARTICLES.sub(" ", text.lower().translate(NO_PUNCTUATION)).split())


def exact_match(answer: str, golds: Sequence[str]) -> float:
    return float(any(normal(answer) == normal(gold) for gold in golds))


def token_f1(answer: str, golds: Sequence[str]) -> float:
    """The best harmonic mean of token precision and recall over the gold answers (SQuAD)."""
    return max((_f1(normal(answer).split(), normal(gold).split()) for gold in golds), default=0.0)


def _f1(answer: list[str], gold: list[str]) -> float:
    if not answer or not gold:
        return float(answer == gold)
    shared = (Counter(answer) & Counter(gold)).total()
    return 2 * shared / (len(answer) + len(gold))


def contains(answer: str, golds: Sequence[str], words: int = SHOWN_WORDS) -> float:
    """1 where the first `words` words of what is shown contain a gold answer, word for word after `normal`."""
    shown = f" {normal(' '.join(answer.split()[:words]))} "
    return float(any(normal(gold) and f" {normal(gold)} " in shown for gold in golds))


def quoted(quotes: Sequence[str], golds: Sequence[str]) -> float:
    """1 where any cited sentence, whole, contains a gold answer."""
    return max((contains(quote, golds, words=len(quote.split())) for quote in quotes), default=0.0)


@dataclass(frozen=True, slots=True)
class Refusals:
    """How well a score tells what memory can answer (answerable should score high) from what it cannot."""

    auroc: float  # chance that a random answerable question scores above a random unanswerable one
    curve: tuple[tuple[float, float, float], ...]  # (threshold, false refusals, right refusals), by false refusals

    def at(self, false_share: float) -> tuple[float, float, float]:
        """The point with the most right refusals among those with at most this share of false ones."""
        return max((p for p in self.curve if p[1] <= false_share), key=lambda p: (p[2], -p[1]))

    def under(self, threshold: float) -> tuple[float, float, float]:
        """The point where what scores below this threshold is refused."""
        return next(p for p in self.curve if p[0] >= threshold)


def refusals(answerable: Sequence[float], unanswerable: Sequence[float]) -> Refusals | None:
    """Of scores, a question being refused where its score is below the threshold; None where one kind is missing."""
    if not answerable or not unanswerable:
        return None
    yes, no = np.sort(np.asarray(answerable)), np.sort(np.asarray(unanswerable))
    thresholds = np.unique(np.concatenate([yes, no, [np.inf]]))
    false = np.searchsorted(yes, thresholds) / len(yes)  # share strictly below
    right = np.searchsorted(no, thresholds) / len(no)
    below = np.searchsorted(no, yes).sum()
    ties = (np.searchsorted(no, yes, side="right") - np.searchsorted(no, yes)).sum()
    auroc = float((below + 0.5 * ties) / (len(yes) * len(no)))
    return Refusals(auroc, tuple(zip(thresholds.tolist(), false.tolist(), right.tolist(), strict=True)))
