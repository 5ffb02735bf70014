"""From scored sentences to an answer: one sentence that says it, or a chain of two where a name leads from one
document to the next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from engine.answering.question import Question, stem, stems_of
from engine.answering.sentences import Scored, names_in

ENOUGH = 0.8  # share of the question's weight that one sentence and its surroundings cover: no further hop
CHAIN_GAIN = 0.12  # share a chain must cover beyond the best single sentence


@dataclass(frozen=True, slots=True)
class Quoted:
    """Sentences that support the answer, the answering one first."""

    sentences: tuple[Scored, ...]
    score: float


def share(stems: frozenset[str], weights: Mapping[str, float]) -> float:
    return sum(weights[s] for s in stems if s in weights) / (sum(weights.values()) or 1.0)


def is_enough(best: Scored | None, weights: Mapping[str, float]) -> bool:
    """One hop answers it: the sentence itself, with its surroundings, covers nearly all that was asked."""
    return best is not None and share(best.near, weights) >= ENOUGH


def bridges(question: Question, found: Sequence[Scored], most: int = 3) -> list[Scored]:
    """First-hop sentences that name something the question did not, best first, one a document."""
    out: list[Scored] = []
    for sentence in found:
        if len(out) == most:
            break
        if sentence.covered and names_in(sentence.text, question) and all(s.document != sentence.document for s in out):
            out.append(sentence)
    return out


def bridge_text(question: Question, bridge: Scored, weights: Mapping[str, float]) -> str:
    """Words to look for in the next hop: the names the bridge brings, and what it left unanswered."""
    left = [word for s, word in zip(question.stems, question.words, strict=True) if s not in bridge.covered]
    return " ".join([*names_in(bridge.text, question), *left])


def chain(
    question: Question, bridge: Scored, second: Sequence[Scored], weights: Mapping[str, float]
) -> tuple[Scored, float] | None:
    """The sentence of another document that goes on from a bridge: (sentence, share of the question both cover)."""
    names = {stem(name.lower()) for name in names_in(bridge.text, question)}
    best: tuple[Scored, float] | None = None
    for sentence in second:
        if sentence.document == bridge.document:
            continue
        linked = names & set(stems_of(sentence.text))
        if not linked or not (sentence.near - bridge.covered):
            continue
        both = share(bridge.covered | sentence.near, weights) + 0.05 * min(3, len(linked))
        if best is None or (both, sentence.score) > (best[1], best[0].score):
            best = (sentence, both)
    return best


def choose(
    question: Question, found: Sequence[Scored], links: Sequence[tuple[Scored, Scored, float]], weights: Mapping[str, float]
) -> Quoted | None:
    """The answer: the best single sentence, or the best chain (bridge, answer, share) where it covers clearly more."""
    if not found:
        return None
    best = found[0]
    single = share(best.near, weights)
    if links:
        bridge, answer, both = max(links, key=lambda link: (link[2], link[1].score))
        if both > single + CHAIN_GAIN:
            return Quoted((answer, bridge), max(answer.score, bridge.score, 0.5 * (1.0 + both) * best.score))
    more = [s for s in found[1:8] if s.score >= 0.75 * best.score and s.text != best.text]
    return Quoted((best, *more[:3]), best.score)
