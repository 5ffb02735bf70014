"""Whether what is shown says what is asked for in one of the ways in which such a thing is said: a price has a number,
an age is one of years, a name is called one."""

from __future__ import annotations

import re
from collections.abc import Sequence

from engine.answering.evidence.named import asks_a_name, tells_a_brand, tells_the_name
from engine.answering.evidence.sentences import Scored
from engine.answering.questions.question import Question
from engine.answering.texts.mine import is_me
from engine.answering.texts.naming import CAPITAL
from engine.answering.texts.talk import Talk
from engine.answering.words.grammar import LONGEST, NUMBER_WORD
from engine.answering.words.stems import WORD, stem, stems_of
from engine.answering.words.verbs import VERBS
from engine.library import Passage

Told = Sequence[tuple[Passage, Scored]]

_WORDS = rf"{NUMBER_WORD}(?:-\w+)?"
_NUMBER = rf"(?:\d[\d.,]*|{_WORDS})"
_YEARS = rf"(?:\d{{1,3}}(?![.,]?\d)|{_WORDS})"
_WHERE_BORN = re.compile(r"\A\W*(?:where|in (?:which|what) \w+) (?:was|were)\b.*\bborn\b", re.IGNORECASE)
_BIRTHPLACE = re.compile(r"\b(?i:birthplace|place of birth|native)\b|\b[Bb]orn:?,? [A-Z]")
_HOW_OLD = re.compile(r"\bhow old\b|\b(?:what|which) age\b", re.IGNORECASE)
_AGE = re.compile(
    rf"{_YEARS}(?:[ -](?:and a half|½))?[ -]?(?:years?|yrs?|months?|weeks?|days?)?[ -]?(?:old|of age)\b"
    r"|\b(?:turn(?:s|ed|ing)?|aged?:?|age of|be|is|was|are|were|['’](?:s|m|re)|am|at|already|only|now|nearly|almost)"
    rf" {_YEARS}\b(?! ?(?:%|[$€£]|(?:per ?cent|[ap]m|o['’]clock|kilos?|kg|minutes?|hours?|days?|weeks?|metres?)\b))"
    rf"|{_YEARS}(?:st|nd|rd|th)? birthday|\b{_YEARS} (?:this|next|last|in|on|since)\b|\bborn\b|\bbirth\b|\* ?\d",
    re.IGNORECASE,
)
_HOW_MANY = re.compile(r"\bhow many\b", re.IGNORECASE)
_COUNTED = re.compile(
    rf"(?<![\w.,/:-]){_NUMBER}(?![\w/:]|[.,-]\d)|\b(?:both|couple|pair|several|no|none|nobody)\b", re.IGNORECASE
)
_ONE_OF = re.compile(r"\W*(?:[:=|(–-]|\b(?:is|are|was|were)\b)\W*")  # "eggs: 4", "the hives are 120"
_ONE = re.compile(r"\b(?:an?|single)\s+\Z", re.IGNORECASE)
_BRAND = re.compile(r"\b(?:brand|make)s?\b", re.IGNORECASE)
_NUMERIC = ("money", "clock", "duration", "weight", "length", "temperature", "speed", "share", "time taken")
_ADDRESSES = ("email", "phone")
_ANY_NUMBER = re.compile(
    rf"\d|\b{_NUMBER}\b|\b(?:thousand|grand|half|noon|midnight|free|nothing|couple)\b", re.IGNORECASE
)
_BY_WHEN = re.compile(
    r"\b(?:by|until|till|before) (?:when|(?:what|which) (?:date|day|time))\b|\bdeadline\b"
    r"|\bwhen (?:do|does|must)\b.*\b(?:have|need) to\b|\bwhen\b.*\b(?:due|expires?)\b",
    re.IGNORECASE,
)
_LIMIT = re.compile(
    r"\b(?:by|before|until|till|latest|no later than|not later than|due(?: on)?|valid (?:to|through)"
    r"|expires?(?: on| in)?) (?:the )?(?:\d|\w+day\b|\w+ \d|noon|end)|\bdeadline\b|\bclosing date\b|\bwithin \d"
    r"|(?<![\d.:-])\d{1,2}(?:[.:]\d\d)?\s?(?:-|–|to|till|until)\s?\d{1,2}(?:[.:]\d\d)?(?![\d-])",
    re.IGNORECASE,
)
_SAID = r"(?:said|says|thinks|thought|suggest(?:s|ed)|propose[sd]|wrote|mention(?:s|ed)|complain(?:s|ed)|promise[sd])"
_ASKED_OF = re.compile(
    r"\b(?i:what) (?:did|does|do|has|have) (?P<who>I|[A-Z][\w’'-]*(?: [A-Z][\w’'-]*)*) (?:ever |just )?"
    r"(?:say|said|think|suggest|propose|wr[io]te|mention|complain|promise)"
)
_SAID_BY = re.compile(
    rf"\b(?!(?:He|She|They|It|We|I|You|Who)\b)(?P<who>[{CAPITAL}][\w’'-]*+(?: [{CAPITAL}][\w’'-]*+){{0,3}}+) {_SAID}\b"
)
_REPORTED = re.compile(rf"\b(?:he|she|they|you) {_SAID}\b|\b(?:he|she|they) (?:told|asked)\b", re.IGNORECASE)
NEAR = 4  # words between a number and what is counted
SHORT = 3  # words of an answer that is no more than a number


def is_unsaid(question: Question, best: Scored, told: Told) -> bool:
    """None of the sentences says it so; False where nothing is asked for that has such a way."""
    if is_anothers_word(question, best, told):
        return True
    if asks_a_name(question):
        return not any(tells_the_name(question, *one) for one in told)
    kind = question.kind.name if question.kind is not None else ""
    if kind in _ADDRESSES:  # of several lines beside the one who is to be reached
        return not any(question.expects(one.says) or _BIRTHPLACE.search(one.says) for _, one in told)
    told = _beside(told, best)
    if _WHERE_BORN.search(question.text[:LONGEST]) is not None:
        return not any(question.expects(sentence.says) for _, sentence in told)
    if _HOW_OLD.search(question.text) is not None:
        return not any(_AGE.search(sentence.says) or _is_a_number(sentence.says) for _, sentence in told)
    if _HOW_MANY.search(question.text) is not None and question.focus is not None:
        return not any(_counts(question.focus, sentence.says) for _, sentence in told)
    if kind in _NUMERIC:
        return not any(_ANY_NUMBER.search(sentence.says) for _, sentence in told)
    if _BRAND.search(question.text) is not None:
        return not any(tells_a_brand(question, *one) for one in told)
    return False


def is_anothers_word(question: Question, best: Scored, told: Told) -> bool:
    """It is asked what somebody said, and another says the best sentence."""
    asked = _ASKED_OF.search(question.text[:LONGEST])
    passage = next((passage for passage, one in told if one.place == best.place), None)
    if asked is None or passage is None:
        return False
    talk, says = Talk.of(passage.text), best.says[:LONGEST]
    names = [asked["who"]] if asked["who"] != "I" else [name for name in passage.me if name.strip()]
    turn = talk.turn(best.start)
    if not names or not frozenset(stems_of(" ".join(names))).isdisjoint(stems_of(says)):
        return False
    if turn is not None and is_me(turn.speaker, names):
        return False
    if any(match["who"].split()[0] not in names for match in _SAID_BY.finditer(says)):
        return turn is None  # else who talks reports it
    talks_there = any(is_me(one.speaker, names) for one in talk.turns)
    return turn is not None and talks_there and _REPORTED.search(says) is None


def asks_a_limit(question: Question) -> bool:
    """It is asked by when, or until when."""
    return _BY_WHEN.search(question.text) is not None


def tells_a_limit(question: Question, sentence: Scored, best: Scored) -> bool:
    """Whether a sentence tells by when, of what the best one is about."""
    told = best.covered - question.kind_stems
    return (told - VERBS or told) <= sentence.covered and _LIMIT.search(sentence.says) is not None


def _beside(told: Told, best: Scored) -> Told:
    """The best sentence, and those before and behind it."""
    at = next((place for place, (_, one) in enumerate(told) if one.start == best.start), None)
    return told if at is None else told[max(0, at - 1) : at + 2]


def _is_a_number(text: str) -> bool:
    return len(text.split()) <= SHORT and _COUNTED.search(text) is not None


def _counts(focus: str, text: str) -> bool:
    """Whether a number stands beside what is counted, or alone where that stands before it."""
    numbers = [match.span() for match in _COUNTED.finditer(text)]
    things = [match.span() for match in WORD.finditer(text) if stem(match.group()) == focus]
    if not things:
        return bool(numbers)
    if any(_ONE.search(text[:first]) is not None for first, _ in things):
        return True
    return any(
        _ONE_OF.fullmatch(text, last, start) is not None
        if last <= start
        else len(words := WORD.findall(text[end:first])) <= NEAR and len(words) == len(text[end:first].split())
        for start, end in numbers
        for first, last in things
    )
