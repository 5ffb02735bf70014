"""The short answer inside the best sentences: a run of words, chosen by a score, shown where its probability is high.

Candidates are runs of up to eight words; their features are what a reader looks at first: is it of the kind asked for,
does it repeat the question, does it stand beside the question's words, is it a whole phrase. Weights are fitted
listwise (`engine.training.spans`) and belong to the checkpoint (`twin_config.span_weights`).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from engine.answering.meaning import Meanings
from engine.answering.question import STOP, Question, plain, stem
from engine.answering.sentences import Scored

LONGEST = 8  # words of a candidate
SENTENCES = 2  # best ones that are looked into
TOKEN = re.compile(r"[$€£¥]?[^\W_]+(?:['’.,@_/:-][^\W_]+)*%?", re.UNICODE)
MONTH = re.compile(
    r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|sept|oct|nov|dec)[a-z]*\Z|\w+day\Z|(?:1[0-9]|20)\d\d\Z", re.I
)
NUMBER = re.compile(
    r".*\d|(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|twenty|thirty|forty|fifty|sixty|hundred"
    r"|thousand|million|billion|dozen|half|first|second|third)s?\Z",
    re.I,
)
ASKED = ("person", "time", "place", "number", "other")
_ASKED_AS = {
    "person": "person", "time": "time", "clock": "time", "weekday": "time", "place": "place", "address": "place",
    "number": "number", "money": "number", "duration": "number", "phone": "number", "code": "number",
}  # fmt: skip
SHAPES = ("capital", "number", "date", "plain")
BEFORE = tuple("by in at of to for the a is was are were as called with from on".split())
FEATURES = (
    *(f"{asked}:{shape}" for asked in ASKED for shape in SHAPES),
    *(f"words:{n}" for n in range(1, LONGEST + 1)),
    *(f"after:{word}" for word in BEFORE),
    "after:comma", "after:start", "before:comma", "before:end", "before:small", "starts_small", "ends_small",
    "comma_inside", "cut_name", "repeats", "repeats_any", "near_left", "near_right", "kind", "like_asked",
    "second_sentence", "sentence_score",
)  # fmt: skip
_AT = {name: at for at, name in enumerate(FEATURES)}


@dataclass(frozen=True, slots=True)
class Span:
    document: int
    start: int
    end: int
    text: str
    probability: float  # among all candidates of the sentences looked into


@dataclass(frozen=True, slots=True)
class Candidate:
    sentence: int
    start: int  # in the sentence's text
    end: int
    features: tuple[tuple[int, float], ...]  # (feature, value), the others are 0


def candidates(question: Question, sentences: Sequence[Scored], meanings: Meanings | None) -> list[Candidate]:
    """Runs of words of the sentences, with their features."""
    asked = _ASKED_AS.get(question.kind.name, "other") if question.kind else "other"
    out: list[Candidate] = []
    for number, sentence in enumerate(sentences[:SENTENCES]):
        tokens = list(TOKEN.finditer(sentence.text))
        like = _likeness(question, [t.group() for t in tokens], meanings)
        out.extend(_of_sentence(question, asked, number, sentence, tokens, like))
    return out


def _of_sentence(
    question: Question, asked: str, number: int, sentence: Scored, tokens: list[re.Match[str]], like: list[float]
) -> list[Candidate]:
    text = sentence.text
    words = [t.group() for t in tokens]
    lower = [w.lower() for w in words]
    stems = [stem(plain(w)) for w in lower]
    small = [w in STOP for w in lower]
    repeats = [s in question.stems for s in stems]
    places = [i for i, r in enumerate(repeats) if r]
    capital = [w[0].isupper() and (i > 0 or len(w) > 3) for i, w in enumerate(words)]
    numeric = [NUMBER.match(w) is not None for w in words]
    dated = [MONTH.match(w) is not None for w in words]
    out = []
    for i in range(len(tokens)):
        for j in range(i + 1, min(i + LONGEST, len(tokens)) + 1):
            if "\n" in text[tokens[i].end() : tokens[j - 1].start()] or all(small[i:j]):
                continue
            held: dict[int, float] = {_AT[f"words:{j - i}"]: 1.0}
            content = [k for k in range(i, j) if not small[k]]
            if all(capital[k] for k in content):
                held[_AT[f"{asked}:capital"]] = 1.0
            if any(numeric[i:j]):
                held[_AT[f"{asked}:number"]] = 1.0
            if any(dated[i:j]):
                held[_AT[f"{asked}:date"]] = 1.0
            if len(held) == 1:
                held[_AT[f"{asked}:plain"]] = 1.0
            gap = text[tokens[i - 1].end() : tokens[i].start()] if i else ""
            behind = text[tokens[j - 1].end() : tokens[j].start()] if j < len(tokens) else ""
            flags = {
                "after:start": i == 0, "after:comma": bool(gap.strip()), "before:comma": bool(behind.strip()),
                "before:end": j == len(tokens), "before:small": j < len(tokens) and small[j],
                "starts_small": small[i], "ends_small": small[j - 1],
                "comma_inside": any(c in text[tokens[i].start() : tokens[j - 1].end()] for c in ",;:()"),
                "cut_name": (i > 0 and capital[i] and capital[i - 1] and not gap.strip())
                or (j < len(tokens) and capital[j - 1] and capital[j] and not behind.strip()),
                "repeats_any": any(repeats[i:j]), "second_sentence": number > 0,
            }  # fmt: skip
            if i and not gap.strip() and lower[i - 1] in BEFORE:
                flags[f"after:{lower[i - 1]}"] = True
            held.update((_AT[name], 1.0) for name, value in flags.items() if value)
            held[_AT["repeats"]] = sum(repeats[k] for k in content) / len(content)
            left = [i - p for p in places if p < i]
            right = [p - j + 1 for p in places if p >= j]
            held[_AT["near_left"]] = 1.0 / min(left) if left else 0.0
            held[_AT["near_right"]] = 1.0 / min(right) if right else 0.0
            held[_AT["kind"]] = float(question.expects(text[tokens[i].start() : tokens[j - 1].end()]))
            held[_AT["like_asked"]] = max(like[k] for k in content)
            held[_AT["sentence_score"]] = sentence.score
            out.append(Candidate(number, tokens[i].start(), tokens[j - 1].end(), tuple(held.items())))
    return out


def _likeness(question: Question, words: Sequence[str], meanings: Meanings | None) -> list[float]:
    """How like each word is to the first word of the question that matters: `colour` and `red`."""
    if meanings is None or not question.words or not words:
        return [0.0] * len(words)
    vectors = torch.nn.functional.normalize(meanings.texts([question.words[0], *(f" {w}" for w in words)]), dim=1)
    return (vectors[1:] @ vectors[0]).tolist()


def dense(found: Sequence[Candidate]) -> Tensor:
    """[candidates, FEATURES]"""
    out = torch.zeros(len(found), len(FEATURES))
    for row, candidate in enumerate(found):
        for at, value in candidate.features:
            out[row, at] = value
    return out


def best_span(
    question: Question, sentences: Sequence[Scored], weights: Sequence[float], meanings: Meanings | None
) -> Span | None:
    """The likeliest run of words, None where the sentences have none."""
    found = candidates(question, sentences, meanings)
    if not found:
        return None
    shares = (dense(found) @ torch.tensor(list(weights))).softmax(0)
    at = int(shares.argmax())
    chosen, sentence = found[at], sentences[found[at].sentence]
    start, end = sentence.start + chosen.start, sentence.start + chosen.end
    return Span(sentence.document, start, end, sentence.text[chosen.start : chosen.end], float(shares[at]))
