"""Whether a question asks if something may be done, or is safe; and what plainly allows it. A wrong yes may do harm, so
that whatever is hedged, is told of others or speaks of harm is no yes."""

from __future__ import annotations

import re

from engine.answering.questions.question import Question
from engine.answering.words.grammar import LONGEST
from engine.answering.words.stems import stem, stems_of

ASKED = frozenset(map(stem, "safe ok okay fine alright".split()))  # asked, not asked of
_ALLOWED = frozenset(map(stem, "allow allowed permit permitted forbidden".split()))
_MAY = re.compile(r"\W*(?:(?:and|so|but) )?(?:can|may|could|might|should|shall)\b", re.I)
_SWALLOWED = frozenset(map(stem, "eat drink take mix swallow give feed have".split()))
_HARMS = re.compile(
    r"\b(?:allerg\w+|intoleran\w+|poison\w*|toxic|danger\w*|harm(?!less)\w*|unsafe|kill\w*|die[sd]?|dying|death|deadly|fatal"
    r"|damage[sd]?|hurts?|ill|sick|illness|vomit\w*|rash|hives|reaction|hospital|vet|emergency|epipen|injector|burn\w*|fire"
    r"|break|breaks|broke|collapse[sd]?|lead|fumes|chlorine|towed|fined|bleed\w*|overdose|botulism|chok\w+|contain\w*|caus\w+"
    r"|avoid|risk\w*|warn\w*|beware|careful)\b",
    re.I,
)
_PLAINLY = re.compile(r"\b(?:allergy|allergic|poisonous|toxic|dangerous|unsafe|harmful)\b", re.I)
_NOT = re.compile(
    r"\b(?:not|no|non|never|nobody|without|free|test(?:ed|s)?|doctor|less|ruled out|gone|outgrow\w*|afraid"
    r"|fear\w*|suspect\w*|might|his|her|their|brother|sister|father|mother|son|daughter|friend)\b|n['’]t\b|-free\b",
    re.I,
)
_HEDGED = re.compile(
    r"\b(?:once|after|before|when(?:ever)?|while|from|over|under|above|below|used to|wish(?:ed)?|thought|thinks?"
    r"|believes?|lies?|rarely|seldom|sometimes|usually|barely|else|others?|him|them|dream\w*|rumou?r\w*|as long as"
    r"|provided|in case|formerly|for her|for adults|consent|permission|approval|subject to|with|without|next door"
    r"|notice|was|were|felt|seem\w*|look(?:s|ed)|smel\w+|says?|said|instead of|rather than|skip|bad|drows\w*"
    r"|out of reach|off limits|to go|keep \w+ away|novel|draft\w*|forg[eo]t\w*)\b|\?",
    re.I,
)
_QUALIFIED = re.compile(
    r"\b(?:consent|permission|approval|without|notice|unless|except|wish(?:ed)?|thought|rumou?r\w*|used to|was|were"
    r"|said|draft\w*|dream\w*|novel|next door)\b",
    re.I,
)
_WHO = (
    r"(?<!no )(?<!nor )(?<!neither )\b(?:you|we|I|one|everyone|everybody|anyone|anybody|tenants?|guests?|members?"
    r"|residents?|visitors?|owners?|children|kids)"
)
_CAN = re.compile(
    rf"(?:{_WHO}|(?P<name>(?-i:[^\W\d_a-z])[\w-]*)) (?:may|can)(?: also| always| still| now)? (?P<verb>\w+)", re.I
)
_LETS = re.compile(
    r"\b(?:allow(?:s|ed)?|permit(?:s|ted)?|welcome|approved|tolerated|accepted|no problem|harmless|granted|ok|okay"
    r"|alright)\b"
    r"|(?<!\ba )(?<!\bthe )(?<!\bgot )(?<!\bpaid )(?<!ing )\bfine\b(?! \d| of)"
    r"|(?:\b(?:is|are|also|perfectly|quite|completely|still)|['’](?:s|re)) (?:\w+ )?safe\b"
    r"|\bmay be \w{2,}(?:ed|pt|ght|ne)\b",
    re.I,
)
_FOR = re.compile(r"\b(?:safe|ok|okay|fine) (?:to|for) (?:(?:the|a|my|our) )?(?P<what>[\w-]+)", re.I)
_NO_WHO = re.compile(rf"\b(?:no|neither|nor) (?:{_WHO.rpartition('(?:')[2]} (?:may|can)\b", re.I)


def asks_leave(question: Question) -> bool:
    """ "May we ...?", "Are dogs allowed?", "Is it safe to ...?"."""
    is_asked = _MAY.match(question.text[:LONGEST]) is not None
    return is_asked or not (ASKED | _ALLOWED).isdisjoint(question.stems)


def asks_if_safe(question: Question) -> bool:
    return not ASKED.isdisjoint(question.stems)


def is_hedged(text: str) -> bool:
    """Whether a text grants or forbids on some condition, to others, or as something that was thought or wished."""
    return _HEDGED.search(text[:LONGEST]) is not None


def is_qualified(text: str) -> bool:
    """Whether a text forbids on some condition, or in the past."""
    return _QUALIFIED.search(text[:LONGEST]) is not None


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
    return re.sub(rf"({_WHO}) may\b|\bmay(?= be \w{{2,}}(?:ed|pt|ght|ne)\b)", r"\1 can", text, flags=re.I)


def lets(question: Question, text: str) -> bool:
    """Whether a text allows what is asked: in plain words, or as what one can do; not another use of it."""
    text = text[:LONGEST]
    asked = frozenset(stems_of(question.text))
    if any(stem(match["what"].lower()) not in asked for match in _FOR.finditer(text)):
        return False
    able = [match["name"] for match in _CAN.finditer(text) if stem(match["verb"].lower()) in asked]
    can = any(name is None or stem(name.lower()) in question.names for name in able)
    return can or _LETS.search(text) is not None


def forbids(text: str) -> bool:
    """ "No tenant may ..."."""
    return _NO_WHO.search(text[:LONGEST]) is not None


def is_of_body(question: Question) -> bool:
    """Whether somebody would swallow it: all that is asked has to be allowed."""
    return asks_if_safe(question) or not _SWALLOWED.isdisjoint(stems_of(question.text))
