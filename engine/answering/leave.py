"""Whether a question asks if something may be done, or is safe; and what plainly allows it. A wrong yes may do harm, so
that whatever is hedged, is told of others or speaks of harm is no yes."""

from __future__ import annotations

import re

from engine.answering.grammar import LONGEST
from engine.answering.question import Question
from engine.answering.stems import stem

ASKED = frozenset(map(stem, "safe ok okay fine alright possible".split()))  # asked, not asked of
_ALLOWED = frozenset(map(stem, "allow allowed permit permitted forbidden".split()))
_MAY = re.compile(r"\W*(?:(?:and|so|but) )?(?:can|may|could|might)\b", re.I)
_HARMS = re.compile(
    r"\b(?:allerg\w+|intoleran\w+|poison\w*|toxic|danger\w*|harm(?!less)\w*|unsafe|kill\w*|die[sd]?|dying|death|deadly|fatal"
    r"|damage[sd]?|hurts?|ill|sick|illness|vomit\w*|rash|hives|reaction|hospital|vet|emergency|epipen|injector|burn\w*|fire"
    r"|break|breaks|broke|collapse[sd]?|lead|fumes|chlorine|towed|fined|bleed\w*|overdose|botulism|chok\w+|contain\w*|caus\w+"
    r"|avoid|risk\w*|warn\w*|beware|careful)\b",
    re.I,
)
_PLAINLY = re.compile(r"\b(?:allergy|allergic|poisonous|toxic|dangerous|unsafe|harmful)\b", re.I)
_NOT = re.compile(r"\b(?:not|no|non|never|nobody|without|free|test(?:ed|s)?|doctor|less)\b|n['’]t\b|-free\b", re.I)
_HEDGED = re.compile(
    r"\b(?:once|after|before|when(?:ever)?|while|from|over|under|above|below|used to|wish(?:ed)?|thought|thinks?"
    r"|believes?|lies?|rarely|seldom|sometimes|usually|else|others?|him|them|dream\w*|rumou?r\w*|as long as|provided"
    r"|in case|formerly|for her|for adults)\b|\?",
    re.I,
)
_WHO = (
    r"(?:you|we|I|one|he|she|they|everyone|everybody|anyone|anybody|tenants?|guests?|members?|residents?|visitors?"
    r"|owners?|children|kids)"
)
_LETS = re.compile(
    r"\b(?:allow(?:s|ed)?|permit(?:s|ted)?|welcome|approved|tolerated|accepted|no problem|harmless|granted|ok|okay"
    r"|alright)\b"
    r"|(?<!\ba )(?<!\bthe )(?<!\bgot )(?<!\bpaid )(?<!ing )\bfine\b(?! \d| of| for )"
    r"|(?:\b(?:is|are|also|perfectly|quite|completely|still)|['’](?:s|re)) (?:\w+ly )?safe\b"
    rf"|\b{_WHO} (?:may|can)\b|\bmay be \w{{2,}}(?:ed|pt|ght|ne)\b",
    re.I,
)


def asks_leave(question: Question) -> bool:
    """ "May we ...?", "Are dogs allowed?", "Is it safe to ...?"."""
    is_asked = _MAY.match(question.text[:LONGEST]) is not None
    return is_asked or not (ASKED | _ALLOWED).isdisjoint(question.stems)


def asks_if_safe(question: Question) -> bool:
    return not ASKED.isdisjoint(question.stems)


def is_hedged(text: str) -> bool:
    """Whether a text grants or forbids on some condition, to others, or as something that was thought or wished."""
    return _HEDGED.search(text[:LONGEST]) is not None


def harms(text: str) -> bool | None:
    """Whether a text speaks of harm: True where it plainly says so, None where it is denied or only near, else
    False."""
    text = text[:LONGEST]
    if _HARMS.search(text) is None:
        return False
    is_plain = _PLAINLY.search(text) is not None and _NOT.search(text) is None and _LETS.search(text) is None
    return True if is_plain else None


def granted(text: str) -> str:
    """A text in which who may do something can: what may be is open, what one may do is not."""
    return re.sub(rf"\b({_WHO}) may\b|\bmay(?= be \w{{2,}}(?:ed|pt|ght|ne)\b)", r"\1 can", text, flags=re.I)


def lets(text: str) -> bool:
    """Whether a text allows something."""
    return _LETS.search(text[:LONGEST]) is not None
