"""What an invoice or a receipt comes to: "How much did the garage charge for the brakes?" asks for its total, not for a
line of it."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from engine.answering.focus import LONGEST
from engine.answering.question import Question
from engine.answering.quote import share
from engine.answering.sentences import FEATURES, WEIGHTS, Scored
from engine.answering.stems import stem
from engine.answering.verbs import VERBS
from engine.library import Passage

_IN_ALL = re.compile(r"\b(?:total|altogether|all told|in all|in total|bill|invoice|receipt|sum)\b", re.I)
_PAID = re.compile(r"\b(?:pa(?:y|id)|charged?|spen[dt])\b|\bhow much was (?:the|my|our)\b", re.I)
_OWED = re.compile(r"\b(?:owed?|outstanding|still (?:to|have to) pay|left to pay|balance)\b", re.I)
_TOTAL = re.compile(
    r"\A\W*(?:(?:grand |the )?total\b|sum\b|altogether\b|amount (?:due|payable)\b|to (?:pay|be paid):"
    r"|\w+: (?:sum|total)\b)",
    re.I,
)
_BALANCE = re.compile(r"\A\W*(?:balance(?: due)?|remaining|outstanding|still to pay)\b", re.I)
_IN_PART = re.compile(r"\b(?:without|excl\w*|before|net|sub-?total|vat|tax)\b(?!.*\bincl)", re.I)
_PRICE = re.compile(r"\d[.,]\d\d\b|\A\w+: sum;|[$€£]\s?\d|\d ?(?:€|kr|sek|eur|euros?|usd|dollars?|pounds?|chf)\b", re.I)
_OF_A_BILL = frozenset(
    map(stem, "total altogether told bill invoice receipt sum charge pay paid cost spend price much amount".split())
)
PARTS = 4  # documents before or behind, that may be of one file
LINES = 3  # with a price, of what is a bill


def total_of(
    question: Question, passages: Mapping[int, Passage], chosen: Scored, found: Sequence[Scored]
) -> Scored | None:
    """The line that tells what it comes to, of the file in which a line of it was chosen; None where no such thing is
    asked, or the chosen line is about all that is asked."""
    if question.kind is None or question.kind.name != "money":
        return None
    text, file = question.text[:LONGEST], file_of(passages, chosen)
    is_owed = _OWED.search(text) is not None
    if not is_owed and _IN_ALL.search(text) is None:
        things = {s for s in question.stems if s not in VERBS | _OF_A_BILL}
        if _PAID.search(text) is None or things <= chosen.covered or not _is_bill(passages[n] for n in file):
            return None
    form = _BALANCE if is_owed else _TOTAL
    if form.search(chosen.says) is not None:
        return None
    lines = (one for one in found if one.document in file and form.search(one.says) and _PRICE.search(one.says))
    whole = (one for one in lines if _IN_PART.search(one.says) is None)
    return max(whole, key=lambda one: (one.document, one.start), default=None)


def file_of(passages: Mapping[int, Passage], chosen: Scored) -> list[int]:
    """The open documents that a sentence's file was split into: they stand beside one another, under one title."""
    context = passages[chosen.document].context
    near = (number for number in passages if abs(number - chosen.document) <= PARTS)
    return [number for number in near if number == chosen.document or context == passages[number].context != ""]


def bill_words(question: Question) -> frozenset[str]:
    """The question's words that any bill is told by."""
    return _OF_A_BILL.intersection(question.stems)


def of_all(
    chosen: Scored, total: Scored, near: frozenset[str], weights: Mapping[str, float], fitted: Sequence[float]
) -> Scored:
    """The total's line as support: around it is all that its file says (`near`), the line that was chosen above all."""
    heaviest = max(weights.values(), default=1.0)
    told = {
        "around": share(near, weights),
        "missing": max((weight for s, weight in weights.items() if s not in near), default=0.0) / heaviest,
        "kind": 1.0,
        "no_kind": 0.0,
        "unfit": 0.0,
    }
    features = tuple(told.get(name, value) for name, value in zip(FEATURES, chosen.features, strict=True))
    more = zip(fitted or WEIGHTS, features, chosen.features, strict=False)
    logit = chosen.logit + sum(weight * (new - old) for weight, new, old in more)
    score = 1.0 / (1.0 + math.exp(-logit))
    return replace(total, score=score, logit=logit, features=features, near=near, covered=chosen.covered)


def _is_bill(file: Iterable[Passage]) -> bool:
    lines = ((passage, span) for passage in file for span in passage.sentences)
    return sum(_PRICE.search(passage.text, *span) is not None for passage, span in lines) >= LINES
