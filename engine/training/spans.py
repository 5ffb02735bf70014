"""Fits the weights of answering.span.FEATURES: which run of words in the best sentences is the short answer."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import torch
from torch import Tensor

from engine.answering.meaning import Meanings
from engine.answering.question import Question
from engine.answering.sentences import Scored, score_sentences
from engine.answering.span import FEATURES, SENTENCES, candidates, dense
from engine.tokenizer import MemoryTokenizer
from engine.training.generator import memory
from engine.training.quoting import Closed, read_units
from engine.weights import load

DECAY = 1e-3
PRECISION = 0.7  # of the spans shown; the probability where held-out ones reach it is the threshold


@dataclass(frozen=True, slots=True)
class Choice:
    """One question's candidates: features [n, FEATURES], which are right, and how like the answer (token F1)."""

    features: Tensor
    right: Tensor
    overlap: Tensor


def bare(text: str) -> list[str]:
    """Words as SQuAD compares them: lower case, no punctuation, no articles."""
    kept = re.sub(r"[^\w\s]", "", text.lower()).split()
    return [word for word in kept if word not in ("a", "an", "the")]


def token_f1(found: str, answers: Sequence[str]) -> float:
    """The best overlap of words with any answer."""
    best, ours = 0.0, bare(found)
    for answer in answers:
        theirs = bare(answer)
        common = sum(min(ours.count(word), theirs.count(word)) for word in set(ours))
        if common:
            best = max(best, 2 * common / (len(ours) + len(theirs)))
    return best


def choice(
    question: Question, sentences: Sequence[Scored], answers: Sequence[str], meanings: Meanings
) -> Choice | None:
    found = candidates(question, sentences, meanings)
    if not found:
        return None
    overlap = torch.tensor([token_f1(sentences[c.sentence].text[c.start : c.end], answers) for c in found])
    return Choice(dense(found), overlap == 1.0, overlap)


def from_units(path: Path, meanings: Meanings, a_unit: int) -> Iterator[Choice]:
    """Questions whose passage is known: its best sentences are looked into."""
    for unit, asked in read_units(path, a_unit):
        closed = Closed([(d.get("title", ""), d["text"]) for d in unit["docs"]], meanings)
        place = {d["id"]: i for i, d in enumerate(unit["docs"])}
        for qa in asked:
            if qa["gold"] and qa["a"] and not qa.get("unanswerable"):
                yield from _choices(closed, qa["q"], place[qa["gold"][0]], qa["a"])


def generated(seeds: range, meanings: Meanings) -> Iterator[Choice]:
    for seed in seeds:
        made = memory(seed, 24)
        closed = Closed([(d.context, d.text) for d in made.documents], meanings)
        for q in made.questions:
            if q.gold and q.kind not in ("yesno", "list", "two-hop", "three-hop"):
                yield from _choices(closed, q.question, q.gold[0], q.answers)


def _choices(closed: Closed, text: str, document: int, answers: Sequence[str]) -> Iterator[Choice]:
    question = Question.of(text)
    passage, weights = closed.passages[document], closed.weights(question)
    scored = score_sentences(question, weights, [passage], {document: 1.0}, meanings=closed.meanings)
    found = choice(question, scored[:SENTENCES], answers, closed.meanings)
    if found is not None:
        yield found


def fit_spans(samples: Sequence[Choice], steps: int = 300) -> Tensor:
    """Weights of FEATURES [n] by the softmax over each question's candidates; where none is right nothing is learnt."""
    samples = [s for s in samples if bool(s.right.any())]
    owner = torch.cat([torch.full((len(s.features),), at) for at, s in enumerate(samples)])
    features, right = torch.cat([s.features for s in samples]), torch.cat([s.right for s in samples])
    weights = torch.zeros(len(FEATURES), requires_grad=True)
    optimizer = torch.optim.Adam([weights], lr=0.1)
    for _ in range(steps):
        shares = (features @ weights).exp()
        whole = torch.zeros(len(samples)).index_add(0, owner, shares)
        held = torch.zeros(len(samples)).index_add(0, owner, shares * right)
        loss = (whole.log() - held.log()).mean() + DECAY * weights.square().sum()
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
    return weights.detach()


@dataclass(frozen=True, slots=True)
class SpanFit:
    weights: tuple[float, ...]
    threshold: float
    report: str


def fit(checkpoint: Path, data: Path) -> SpanFit:
    """Fits on SQuAD (training articles) and generated memories, finds the threshold on generated ones held out."""
    model = load(checkpoint, device="cpu", dtype=torch.float32)
    meanings = Meanings(model, MemoryTokenizer(checkpoint / "tokenizer.json"))
    squad = data / "qa" / "squad11-train.jsonl.xz"
    samples = list(islice(from_units(squad, meanings, 60), 1500)) if squad.exists() else []
    weights = fit_spans([*samples, *generated(range(1000, 1014), meanings)])
    exact, mean, threshold = judge(list(generated(range(2000, 2004), meanings)), weights)
    report = (
        f"short answers of held-out generated questions: exact {exact:.3f}, token F1 {mean:.3f}, "
        f"shown from {threshold:.3f}"
    )
    return SpanFit(tuple(round(float(v), 4) for v in weights), round(threshold, 4), report)


def judge(samples: Sequence[Choice], weights: Tensor) -> tuple[float, float, float]:
    """(share of exact spans, mean token F1, probability from which PRECISION of the shown spans overlap by half)."""
    shown = []
    for sample in samples:
        shares = (sample.features @ weights).softmax(0)
        at = int(shares.argmax())
        shown.append((float(shares[at]), float(sample.overlap[at])))
    exact = sum(overlap == 1.0 for _, overlap in shown) / len(shown)
    mean = sum(overlap for _, overlap in shown) / len(shown)
    shown.sort(reverse=True)
    threshold, good = 1.0, 0
    for count, (share, overlap) in enumerate(shown, 1):
        good += overlap >= 0.5
        if good / count >= PRECISION:
            threshold = share
    return exact, mean, threshold
