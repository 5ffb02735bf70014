"""Fits what chooses quotes: weights of answering.evidence.sentences.FEATURES, and the score below which none grounds.

Listwise: among all sentences of the best documents, those that hold the answer against the rest. Hand-set weights
are the prior, since the sets lack what people's files have (front matter, tables, facts that change). Then one scale
and bias turn the best sentence's logit into the probability that it answers, with unanswerable questions as the other
class, and the threshold is where a tenth of the answerable ones would be refused.
"""

from __future__ import annotations

import json
import lzma
import math
import random
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from engine.answering.evidence.meaning import Meanings
from engine.answering.evidence.sentences import BIAS, FEATURES, WEIGHTS, read_sentences, term_weights
from engine.answering.questions.question import Question
from engine.answering.words.stems import stems_of
from engine.library import Passage
from engine.tokenizer import MemoryTokenizer
from engine.training.generator import memory
from engine.weights import load

OPENED = 6  # best documents whose sentences are candidates
PRIOR = 0.01  # of the squared distance to the hand-set weights, beside the mean loss of a question
FALSE_REFUSALS = 0.10
A_UNIT = 40  # questions taken of one memory
GENERATED, HELD_OUT = range(1000, 1030), range(2000, 2012)  # seeds of memories of 40 documents
SENTENCE = re.compile(r"[^\n.!?]*(?:[.!?](?!\s|$)[^\n.!?]*)*(?:[.!?]+[\"')\]]*|\n|$)")


@dataclass(frozen=True, slots=True)
class Candidates:
    """One question's sentences."""

    features: Tensor  # [sentences, FEATURES]
    right: Tensor  # [sentences] bool
    answerable: bool


@dataclass(frozen=True, slots=True)
class Fit:
    weights: tuple[float, ...]  # of FEATURES, then the bias
    grounded_at: float
    first: float  # share of held-out answerable questions whose best sentence holds the answer
    refused: float  # share of held-out unanswerable questions below the threshold


def spans(text: str) -> list[tuple[int, int]]:
    """Sentences of a text as half-open ranges, at line ends and full stops."""
    found = []
    for match in SENTENCE.finditer(text):
        if held := match.group().strip():
            start = match.start() + match.group().index(held[0])
            found.append((start, start + len(held)))
    return found or [(0, len(text))]


class Closed:
    """A closed memory: documents as passages, rarity of words, a ranking by BM25."""

    def __init__(self, documents: Sequence[tuple[str, str]], meanings: Meanings) -> None:
        self.meanings = meanings
        self.passages = [Passage(i, c, t, spans(t)) for i, (c, t) in enumerate(documents)]
        self.stems = [Counter(stems_of(c + t)) for c, t in documents]
        self.counts = Counter(stem for stems in self.stems for stem in stems)
        self.mean_length = sum(stems.total() for stems in self.stems) / len(self.stems)

    def candidates(self, text: str, right: Sequence[tuple[int, str]], answerable: bool) -> Candidates | None:
        """right: (document, answer) pairs; a sentence of that document that holds the answer is right. None where an
        answerable question has no right sentence among the candidates."""
        question = Question.of(text)
        weights = self.weights(question)
        rows, marks = [], []
        for i, share in self.best(weights, OPENED).items():
            passage = self.passages[i]
            read = read_sentences(question, weights, passage, share, self.meanings)
            for (a, b), seen in zip(passage.sentences, read, strict=True):
                rows.append(seen.features)
                held = passage.text[a:b].lower()
                marks.append(any(i == document and answer.lower() in held for document, answer in right))
        if answerable and not any(marks):
            return None
        return Candidates(torch.tensor(rows), torch.tensor(marks), answerable)

    def best(self, weights: dict[str, float], count: int) -> dict[int, float]:
        """The best documents, best first, each with its share of the best one's probability."""
        scores = [self._bm25(weights, stems) for stems in self.stems]
        order = sorted(range(len(scores)), key=lambda i: -scores[i])[:count]
        top = scores[order[0]] or 1.0
        return {i: math.exp((scores[i] / top - 1.0) / 0.15) for i in order}

    def weights(self, question: Question) -> dict[str, float]:
        """Stem -> rarity in this memory."""
        size = len(self.passages)
        rarity = {
            word: math.log(1 + (size - self.counts[stem] + 0.5) / (self.counts[stem] + 0.5))
            for stem, word in zip(question.stems, question.words, strict=True)
        }
        return term_weights(question, rarity)

    def _bm25(self, weights: dict[str, float], stems: Counter[str]) -> float:
        norm = 1.2 * (0.25 + 0.75 * stems.total() / self.mean_length)
        return sum(weight * stems[s] * 2.2 / (stems[s] + norm) for s, weight in weights.items() if s in stems)


def generated(seeds: range, meanings: Meanings) -> Iterator[Candidates]:
    """Single-document questions of generated memories, unanswerable ones too."""
    for seed in seeds:
        made = memory(seed, 40)
        closed = Closed([(d.context, d.text) for d in made.documents], meanings)
        for q in made.questions:
            if q.kind in ("two-hop", "three-hop"):
                continue
            right = [(d, made.documents[d].text[a:b]) for d, a, b in q.evidence]
            found = closed.candidates(q.question, right, q.kind != "unanswerable")
            if found is not None:
                yield found


def read_units(path: Path, a_unit: int) -> Iterator[tuple[dict[str, Any], list[dict[str, Any]]]]:
    """Memories of a set in the unit format (docs/training.md), each with up to `a_unit` of its questions."""
    rng = random.Random(0)
    with lzma.open(path, "rt", encoding="utf-8") as file:
        for line in file:
            unit = json.loads(line)
            yield unit, rng.sample(unit["qas"], min(a_unit, len(unit["qas"])))


def from_units(path: Path, meanings: Meanings) -> Iterator[Candidates]:
    """Questions of a set, their memory's best documents open."""
    for unit, asked in read_units(path, A_UNIT):
        closed = Closed([(d.get("title", ""), d["text"]) for d in unit["docs"]], meanings)
        place = {d["id"]: i for i, d in enumerate(unit["docs"])}
        for qa in asked:
            right = [(place[g], a) for g in qa["gold"] if g in place for a in qa["a"]]
            found = closed.candidates(qa["q"], right, not qa.get("unanswerable"))
            if found is not None:
                yield found


def listwise(samples: Sequence[Candidates], steps: int = 250) -> Tensor:
    """Weights of FEATURES [n] by the softmax over each question's sentences."""
    samples = [s for s in samples if s.answerable]
    owner = torch.cat([torch.full((len(s.features),), at) for at, s in enumerate(samples)])
    features, right = torch.cat([s.features for s in samples]), torch.cat([s.right for s in samples])
    prior = torch.tensor(WEIGHTS)
    weights = prior.clone().requires_grad_()
    optimizer = torch.optim.Adam([weights], lr=0.05)
    for _ in range(steps):
        shares = (features @ weights).exp()
        whole = torch.zeros(len(samples)).index_add(0, owner, shares)
        held = torch.zeros(len(samples)).index_add(0, owner, shares * right)
        loss = (whole.log() - held.log()).mean() + PRIOR * (weights - prior).square().sum()
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
    return weights.detach()


def calibrate(samples: Sequence[Candidates], weights: Tensor, steps: int = 400) -> tuple[float, float]:
    """Scale and bias that make the best sentence's logit the log odds of a right answer; both classes count alike."""
    best = torch.stack([(s.features @ weights).max() for s in samples])
    label = torch.tensor([float(s.answerable and is_first(s, weights)) for s in samples])
    counts = torch.where(label > 0, 0.5 / label.sum(), 0.5 / (1 - label).sum())
    values = torch.tensor([1.0, BIAS], requires_grad=True)
    optimizer = torch.optim.Adam([values], lr=0.05)
    for _ in range(steps):
        odds = best * values[0] + values[1]
        loss = torch.nn.functional.binary_cross_entropy_with_logits(odds, label, weight=counts, reduction="sum")
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
    return float(values[0].detach()), float(values[1].detach())


def is_first(sample: Candidates, weights: Tensor) -> bool:
    return bool(sample.right[(sample.features @ weights).argmax()])


def fit(checkpoint: Path, data: Path) -> Fit:
    """Fits the policy of a checkpoint on generated memories and the question sets under `data`/qa."""
    model = load(checkpoint, device="cpu", dtype=torch.float32)
    meanings = Meanings(model, MemoryTokenizer(checkpoint / "tokenizer.json"))
    sets = [(data / "qa" / "squad20-train.jsonl.xz", 1200), (data / "qa" / "fairytaleqa-train.jsonl.xz", 500)]
    questions = (islice(from_units(path, meanings), most) for path, most in sets if path.exists())
    samples = list(chain(generated(GENERATED, meanings), *questions))
    weights = listwise(samples)
    scale, bias = calibrate(samples, weights)
    held = list(generated(HELD_OUT, meanings))
    fitted = weights * scale
    odds = torch.stack([(s.features @ fitted).max() + bias for s in held]).sigmoid()
    known = torch.tensor([s.answerable for s in held])
    least = float(odds[known].quantile(FALSE_REFUSALS))
    first = sum(is_first(s, weights) for s in held if s.answerable) / int(known.sum())
    refused = float((odds[~known] < least).float().mean())
    return Fit(tuple(round(float(v), 4) for v in (*fitted, bias)), round(least, 4), first, refused)


def describe(fitted: Fit) -> str:
    named = zip((*FEATURES, "bias"), fitted.weights, strict=True)
    return (
        "\n".join(f"{name:16} {value:8.3f}" for name, value in named)
        + f"\ngrounded at {fitted.grounded_at}; held-out generated questions: best sentence right {fitted.first:.3f}, "
        f"unanswerable refused {fitted.refused:.3f} at {FALSE_REFUSALS:.0%} false refusals"
    )
