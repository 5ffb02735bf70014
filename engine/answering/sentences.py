"""Scores of sentences as support for an answer: exact words weighed by rarity, the kind of answer, the document.

Seven features a sentence, each between 0 and 1, and one weight each (Policy.sentence_weights, fitted on dev sets:
docs/log.md); `Scored.score` is their weighted sum through a sigmoid, so that one threshold decides what is grounded.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from engine.answering.question import STOP, WORD, Question, holds, plain, stem, stems_of
from engine.library import Passage

FEATURES = ("words", "around", "missing", "kind", "document", "length", "asks")
WEIGHTS = (4.0, 2.0, -2.0, 1.2, 2.0, -0.8, -1.5)
BIAS = -3.2


@dataclass(frozen=True, slots=True)
class Scored:
    """A sentence as support: where it stands, how much of the question it covers."""

    document: int
    start: int
    end: int
    text: str
    score: float
    covered: frozenset[str]  # the question's stems in the sentence
    near: frozenset[str]  # and in the sentence, its neighbours or the document's context


def term_weights(question: Question, rarity: Mapping[str, float]) -> dict[str, float]:
    """Stem -> weight; the rarity of the word it stands for."""
    return {s: rarity.get(w, 1.0) for s, w in zip(question.stems, question.words, strict=True)}


def score_sentences(
    question: Question,
    weights: Mapping[str, float],
    passages: Sequence[Passage],
    documents: Mapping[int, float],
    fitted: Sequence[float] = (),
) -> list[Scored]:
    """All sentences of the passages, best first. documents: each document's probability from the ranking."""
    total = sum(weights.values()) or 1.0
    factors, bias = (tuple(fitted[:-1]), fitted[-1]) if fitted else (WEIGHTS, BIAS)
    out = []
    for passage in passages:
        inside = [set(stems_of(passage.text[a:b])) & set(weights) for a, b in passage.sentences]
        context = set(stems_of(passage.context)) & set(weights)
        for at, (start, end) in enumerate(passage.sentences):
            text = passage.text[start:end]
            covered = inside[at]
            near = covered | context | set().union(*inside[max(0, at - 1) : at + 2])
            values = (
                sum(weights[t] for t in covered) / total,
                sum(weights[t] for t in near) / total,
                max((weights[t] for t in weights if t not in near), default=0.0) / max(weights.values(), default=1.0),
                float(holds(question.kind, text, question.stems)),
                documents.get(passage.document, 0.0),
                _length(text),
                float(text.rstrip().endswith("?") or _only(question, text)),
            )
            logit = bias + sum(f * v for f, v in zip(factors, values, strict=True))
            score = 1.0 / (1.0 + math.exp(-logit))
            out.append(Scored(passage.document, start, end, text, score, frozenset(covered), frozenset(near)))
    return sorted(out, key=lambda s: (-s.score, s.document, s.start))


def _length(text: str) -> float:
    """0 for a sentence of usual length, towards 1 for stubs and for walls of text."""
    words = len(text.split())
    return 0.7 if words < 4 else min(1.0, max(0.0, (words - 35) / 60))


def _only(question: Question, text: str) -> bool:
    """A heading or an echo: nothing in it that the question did not have."""
    known = set(question.stems)
    return not any(stem(plain(w)) not in known for w in (m.group().lower() for m in WORD.finditer(text)) if w not in STOP)


def names_in(text: str, question: Question) -> list[str]:
    """Words of a sentence that may lead to another document: names and numbers the question did not have."""
    found = []
    for match in WORD.finditer(text):
        word = match.group()
        if not (word[0].isupper() or word[0].isdigit()) or word.lower() in STOP or len(word) < 2:
            continue
        if stem(plain(word.lower())) not in question.stems and word not in found:
            found.append(word)
    return found
