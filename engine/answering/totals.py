"""What an invoice or a receipt comes to: "How much did the garage charge for the brakes?" asks for its total, not for a
line of it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from engine.answering.evidence.sentences import FEATURES, WEIGHTS, Scored, sigmoid
from engine.answering.questions.question import Question
from engine.answering.quote import share
from engine.answering.words.grammar import LONGEST
from engine.answering.words.stems import stem
from engine.answering.words.verbs import VERBS
from engine.library import Passage

_IN_ALL = re.compile(r"\b(?:total|altogether|all told|in all|in total|bill|invoice|receipt|sum)\b", re.I)
_PAID = re.compile(r"\b(?:pa(?:y|id)|charged?|spen[dt])\b|\bhow much was (?:the|my|our)\b", re.I)
_SPENT = re.compile(r"\bhow much (?:money )?(?:did|have|has|do|does) \w+ (?:spend|spent) (?:at|on|in|with)\b", re.I)
_ROW = re.compile(r"\s*(?:[-*•|]\s|\d{1,4}[-./ ]|\w[\w ]{0,30}: [^;\n]+; )")
_OWED = re.compile(r"\b(?:owed?|outstanding|still (?:to|have to) pay|left to pay|balance)\b", re.I)
_WE_OWE = re.compile(r"\b(?:I|we) (?:still )?owe\b|\b(?:I|we)\b.*\b(?:to pay|outstanding)\b", re.I)
_OF_WHAT = (
    r"(?: (?:to pay|due|amount|price|cost|costs|payable|sum|paid|incl\S*(?: \w+){0,2}|in (?:eur|euros?|sek|kr|usd)))?"
)
_TOTAL = re.compile(
    rf"\A\W*(?:(?:grand |the )?total{_OF_WHAT}|sum|altogether|amount (?:due|payable)|to (?:pay|be paid))"
    r"(?=\W+(?:[a-z]{3} )?\d|\W*:)"
    r"|\A\W*\w+: (?:sum|total)\b",
    re.I,
)
_BALANCE = re.compile(r"\A\W*(?:balance(?: due)?|remaining|outstanding|still to pay)\b", re.I)
_IN_PART = re.compile(r"\b(?:without|excl\w*|before|net|sub-?total|vat|tax|mwst|moms)\b(?!.*\bincl)", re.I)
_PRICE = re.compile(r"\d[.,]\d\d\b|\A\w+: sum;|[$€£]\s?\d|\d ?(?:€|kr|sek|eur|euros?|usd|dollars?|pounds?|chf)\b", re.I)
_OF_A_BILL = frozenset(
    map(stem, "total altogether told bill invoice receipt sum charge pay paid cost spend price much amount".split())
)
PARTS = 4  # documents before or behind, that may be of one file
# asked for itself: "the total of the invoice with the battery"
_ITSELF = frozenset(map(stem, "total bill sum".split()))
LINES = 3  # with a price, of what is a bill


def total_of(
    question: Question, passages: Mapping[int, Passage], chosen: Scored, found: Sequence[Scored]
) -> Scored | None:
    """The line that tells what it comes to, of the file in which a line of it was chosen, with all of the file around
    it; None where no such thing is asked, or one of its other lines."""
    text = question.text[:LONGEST]
    if question.kind is None or question.kind.name != "money" or _IN_PART.search(text) is not None:
        return None
    form = _BALANCE if _OWED.search(text) is not None else _TOTAL
    if form.search(chosen.says) is not None:
        return None
    file = file_of(passages, chosen)
    priced = [one for one in found if one.document in file and _PRICE.search(one.says) is not None]
    is_asked = form is _BALANCE or _IN_ALL.search(text) or (_PAID.search(text) and len(priced) >= LINES)
    lines = [one for one in priced if form.search(one.says) is None]
    is_of_all = question.focus in _ITSELF or _WE_OWE.search(text) is not None
    if not is_asked or (not is_of_all and _is_of_a_line(question, lines)):
        return None
    sums = [one for one in priced if form.search(one.says) and _IN_PART.search(one.says) is None]
    sums.sort(key=lambda one: (one.document, one.start))
    behind = [one for one in sums if (one.document, one.start) > (chosen.document, chosen.start)]
    if (total := next(iter([*behind, *reversed(sums)]), None)) is None:
        return None
    around = (one.near | one.hinted for one in found if one.document in file)
    return replace(total, near=_OF_A_BILL.intersection(question.stems).union(*around))


def is_of_several(question: Question, chosen: Scored, found: Sequence[Scored]) -> bool:
    """Whether what was spent on something is told by several lines alike, so that no one of them is the answer."""
    if _SPENT.search(question.text[:LONGEST]) is None or _IN_ALL.search(chosen.says) or _ROW.match(chosen.says) is None:
        return False
    rows = [
        one.says
        for one in found
        if one.document == chosen.document and one.covered >= chosen.covered and _ROW.match(one.says) is not None
    ]
    return sum(_PRICE.search(row) is not None and _IN_ALL.search(row) is None for row in rows) > 1


def _is_of_a_line(question: Question, lines: Sequence[Scored]) -> bool:
    """Whether one line alone has all that any line has of what is asked of: the apples, not the shop's name."""
    things = {s for s in question.stems if s not in VERBS | _OF_A_BILL}
    held = things & frozenset().union(*(line.covered for line in lines))
    return bool(held) and sum(held <= line.covered for line in lines) == 1


def file_of(passages: Mapping[int, Passage], chosen: Scored) -> list[int]:
    """The open documents that a sentence's file was split into: they stand beside one another, under one title."""
    context = passages[chosen.document].context
    near = (number for number in passages if abs(number - chosen.document) <= PARTS)
    return [number for number in near if number == chosen.document or context == passages[number].context != ""]


def of_all(chosen: Scored, total: Scored, weights: Mapping[str, float], fitted: Sequence[float]) -> Scored:
    """The total's line as support: it stands for the line that was chosen."""
    near = chosen.near | total.near
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
    return replace(total, score=sigmoid(logit), logit=logit, features=features, near=near, covered=chosen.covered)
