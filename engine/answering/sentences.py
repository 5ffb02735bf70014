"""Scores of sentences as support for an answer: exact words weighed by rarity, meaning, kind of answer, document.

A handful of features a sentence, mostly between 0 and 1, and one weight each (Policy.sentence_weights, fitted by
`engine.training.quoting`); `Scored.score` is their weighted sum through a sigmoid, so that one threshold decides what
is grounded.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from engine.answering.meaning import Likeness, Meanings
from engine.answering.question import STOP, WORD, Question, plain, stem, stems_of
from engine.library import Passage

FEATURES = (
    "words",  # share of the question's weight that the sentence's own words cover
    "around",  # the same with the sentences beside it and the document's context
    "before",  # what the sentence before covers beyond it: answers often follow what they answer
    "missing",  # weight of the rarest word that is nowhere around, against the rarest asked
    "names",  # share of the question's names and numbers around
    "pairs",  # share of neighbouring question words that stand close together here
    "kind",  # an answer of the expected kind is here
    "no_kind",  # one is expected and is not here
    "document",  # the document's probability in the ranking, against the best
    "first",  # the best document
    "long",
    "short",
    "asks",  # ends with a question mark
    "echo",  # holds nothing that the question did not have
    "markup",  # front matter, headings, rules of tables
    "recent",  # the question asks how things are now: how new the document is among those opened
    "meaning",  # likeness of the sentence to the question (answering.meaning)
    "meaning_around",
    "meaning_words",
)
WEIGHTS = (4.0, 2.0, 1.5, -1.5, 1.0, 1.0, 1.2, -0.8, 1.0, 0.5, -0.8, -0.8, -3.0, -3.0, -1.5, 4.0, 0.0, 0.0, 0.0)
BIAS = -4.0
NOW = re.compile(
    r"\b(now|current|currently|new|newest|latest|still|nowadays|today|these days|at the moment|since)\b", re.I
)
MARKUP = re.compile(r"\s*(---\n\w+:|#{1,6} [^\n]*$|\|[ :|-]+\||title:|tags:|date:)")


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
    words: frozenset[str] = frozenset()  # all stems of the sentence, its neighbours and the document's context
    features: tuple[float, ...] = ()
    logit: float = 0.0  # of these alone


def term_weights(question: Question, rarity: Mapping[str, float]) -> dict[str, float]:
    """Stem -> weight; the rarity of the word it stands for."""
    return {s: max(rarity.get(w, 1.0), 0.05) for s, w in zip(question.stems, question.words, strict=True)}


def score_sentences(
    question: Question,
    weights: Mapping[str, float],
    passages: Sequence[Passage],
    documents: Mapping[int, float],
    fitted: Sequence[float] = (),
    meanings: Meanings | None = None,
) -> list[Scored]:
    """All sentences of the passages, best first. documents: each document's share of the best one's probability."""
    dates = sorted({passage.date for passage in passages if passage.date})
    recent = {date: (at + 1) / len(dates) for at, date in enumerate(dates)} if NOW.search(question.text) else {}
    factors, bias = (tuple(fitted[:-1]), fitted[-1]) if fitted else (WEIGHTS, BIAS)
    out: list[Scored] = []
    for passage in passages:
        known = documents.get(passage.document, 0.0), recent.get(passage.date or "", 0.0)
        read = read_sentences(question, weights, passage, *known, meanings)
        for (start, end), seen in zip(passage.sentences, read, strict=True):
            logit = bias + sum(f * v for f, v in zip(factors, seen.features, strict=True))
            score = 1.0 / (1.0 + math.exp(-logit))
            text = passage.text[start:end]
            held = seen.covered, seen.near, seen.words, seen.features, logit
            out.append(Scored(passage.document, start, end, text, score, *held))
    return sorted(out, key=lambda s: (-s.score, s.document, s.start))


@dataclass(frozen=True, slots=True)
class Seen:
    """What a sentence shows of the question."""

    features: tuple[float, ...]
    covered: frozenset[str]
    near: frozenset[str]
    words: frozenset[str]


def read_sentences(
    question: Question, weights: Mapping[str, float], passage: Passage, document: float, recent: float,
    meanings: Meanings | None,
) -> Iterator[Seen]:  # fmt: skip
    """Every sentence of a passage, with its neighbours and the document's context in view."""
    total = sum(weights.values()) or 1.0
    heaviest = max(weights.values(), default=1.0)
    ordered = [stems_of(passage.text[a:b]) for a, b in passage.sentences]
    answering = [question.expects(passage.text[a:b]) for a, b in passage.sentences]
    inside = [
        _known(stems, weights) | (question.kind_stems if holds else frozenset())
        for stems, holds in zip(ordered, answering, strict=True)
    ]
    titled = stems_of(passage.context)
    context = _known(titled, weights)
    alike = (
        meanings.likeness(question, [weights[stem] for stem in question.stems], passage)
        if meanings is not None
        else [Likeness(0.0, 0.0, 0.0)] * len(passage.sentences)
    )
    for at, (start, end) in enumerate(passage.sentences):
        text, covered = passage.text[start:end], inside[at]
        before = inside[at - 1] if at else frozenset[str]()
        near = covered.union(context, *inside[max(0, at - 1) : at + 2])
        length = len(text.split())
        features = (
            _share(covered, weights, total),
            _share(near, weights, total),
            _share(before - covered, weights, total),
            max((weights[t] for t in weights.keys() - near), default=0.0) / heaviest,
            len(question.names & near) / len(question.names) if question.names else 0.5,
            _pairs(question, ordered[at]),
            float(answering[at]),
            float(question.kind is not None and not answering[at]),
            document,
            float(document >= 1.0),
            min(1.0, max(0.0, (length - 30) / 50)),
            float(length < 4),
            float(text.rstrip().endswith("?")),
            float(_echo(question, text)),
            float(MARKUP.match(text) is not None),
            recent,
            alike[at].own,
            alike[at].around,
            alike[at].words,
        )
        words = frozenset(titled).union(*ordered[max(0, at - 1) : at + 2])
        yield Seen(features, covered, near, words)


def _known(stems: Iterable[str], weights: Mapping[str, float]) -> frozenset[str]:
    """The question's stems among these; `teach` meets `teacher`, which stemming keeps apart."""
    words = set(stems)
    return frozenset(
        asked
        for asked in weights
        if asked in words
        or (
            len(asked) > 3
            and any(
                len(w) > 3 and abs(len(w) - len(asked)) <= 3 and (w.startswith(asked) or asked.startswith(w))
                for w in words
            )
        )
    )


def _share(stems: frozenset[str] | set[str], weights: Mapping[str, float], total: float) -> float:
    return sum(weights[s] for s in stems) / total


def _pairs(question: Question, stems: Sequence[str]) -> float:
    """Share of neighbouring question words that are within three words of one another in a sentence."""
    pairs = list(zip(question.stems, question.stems[1:], strict=False))
    if not pairs:
        return 0.0
    places: dict[str, list[int]] = {}
    for at, found in enumerate(stems):
        places.setdefault(found, []).append(at)
    close = sum(
        any(abs(a - b) <= 3 for a in places.get(left, ()) for b in places.get(right, ())) for left, right in pairs
    )
    return close / len(pairs)


def _echo(question: Question, text: str) -> bool:
    words = (m.group().lower() for m in WORD.finditer(text))
    return not any(stem(plain(w)) not in question.stems for w in words if w not in STOP)


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
