"""Whether a run of words that the reader has found may be the short answer to a question."""

from __future__ import annotations

import re

from engine.answering.questions.kinds import MONEY, UNIT
from engine.answering.questions.question import Question
from engine.answering.words.grammar import LONGEST, MONTH, NUMBER_WORD, WEEKDAY
from engine.answering.words.stems import STOP, WORD, stem, stems_of
from engine.answering.words.times import times_in

_WHICH = re.compile(r"\W*(?:which|what (?:kind|sort|type|make|brand|model|colou?r)) ", re.I)
_HOW_MANY = re.compile(r"\bhow (?:many|much|old)\b", re.I)
_SAME = re.compile(r"\W*(?:at |in |on )?(?:the )?same\b", re.I)  # as what, another sentence says
_HOW_OLD = re.compile(r"\bhow old\b", re.I)
_LONG_NUMBER = re.compile(r"\d[\d ]{4,}\d")
_CALLED = re.compile(r"\bname of\b|['’]s (?:first |last |full )?name\b|\b(?:is|are|was|were)\b.*\bcalled\b")
_ISO = re.compile(r"\d{4}-\d\d-\d\d")
_YEAR = re.compile(r"(?:in )?(?:19|20)\d\d")
_COUNTED = re.compile(rf"\d|\b(?:{NUMBER_WORD}|noon|midnight)\b", re.I)
_NO_TIME = re.compile(
    rf"(?<![\d:.,])(?<!every )(?<!in )(?<!after )(?<!within )(?:\d[\d.,]*|\b{NUMBER_WORD}\b)(?:\s|>)*"
    rf"(?:{UNIT}|(?:minute|hour|day|night|week|month|year)s?\b(?! (?:ago|before|after|later|earlier|from)\b))",
    re.I,
)
_TIMELY = re.compile(  # a digit, a word for times, or what stands before a time
    rf"\d|\b{NUMBER_WORD}\b|\b\w*(?:day|night|week|month|year|decade|century|morning|noon|evening|christmas)s?\b"
    r"|\b(?:spring|summer|autumn|fall|winter|weekend|centuries|easter|ago|now|soon|never|always|yet|early|late|daily|yearly"
    rf"|beginning|start|end|{MONTH})\b|^\W*(?:in|on|at|after|before|during|since|until|till|by|from|as|when|while"
    r"|once|upon|every|under|between|around|about|to|with)\b",
    re.I,
)
_WEEKDAY = re.compile(rf"{WEEKDAY}s?", re.I)
_TIMES = re.compile(r"(?:to(?:day|night|morrow)|yesterday|mornings?|afternoons?|evenings?|nights?|later|soon)", re.I)
_FOR = re.compile(r"\b(?:for|about)(?: (?:an?|the|some|my|our|his|her|their))?\s*\Z", re.I)
_DIGIT = re.compile(r"\d")
_SOMEBODY = frozenset("somebody someone anybody anyone nobody everybody everyone".split())
_NAME_BEFORE = re.compile(r"\b([A-Z][\w-]*) \Z")
_NAME_BEHIND = re.compile(r" ([A-Z][\w-]*)\b")


def may_answer(question: Question, run: str, behind: str = "") -> bool:
    """May a run of words be the short answer? Somebody's name is no number, and a sum of money has one; what stands
    behind it tells that 3.15 per cent is no time; nor are twelve months."""
    if _SAME.match(run) is not None:
        return False
    if question.kind is None:
        return _WHICH.match(question.text) is None or MONEY.fullmatch(run.strip()) is None
    if question.asks_when:
        found = _NO_TIME.search(run + behind)
        is_time = found is None or found.start() >= len(run)
        return is_time and MONEY.search(run) is None and _TIMELY.search(run) is not None
    if question.kind.name in ("email", "phone"):
        return question.kind.looks.search(run) is not None and _ISO.search(run) is None
    if question.kind.name in ("money", "clock") or _HOW_MANY.search(question.text[:LONGEST]):
        if (
            _LONG_NUMBER.search(run) is not None
            and "year" not in run + behind[:10]
            and _HOW_OLD.search(question.text[:LONGEST]) is not None
        ):
            return False  # a telephone
        is_year = _YEAR.fullmatch(run.strip()) is not None and _HOW_MANY.search(question.text[:LONGEST]) is not None
        return _COUNTED.search(run) is not None and not is_year
    said_words = [word for word in WORD.findall(run) if not _WEEKDAY.fullmatch(word)]  # nobody is called Friday
    if _CALLED.search(question.text[:LONGEST]) and not any(word[0].isupper() for word in said_words):
        return False
    words = [word.lower() for word in said_words]
    named = any(word not in STOP and word not in _SOMEBODY and not _DIGIT.search(word) for word in words)
    if question.kind.name in ("place", "reason") and not _beyond_times(run):
        return False
    if question.kind.name == "address" and set(stems_of(run)) <= question.kind_stems:
        return False
    return named or question.kind.name not in ("person", "place")


def _beyond_times(run: str) -> bool:
    """Whether a run says more than a time."""
    for time in reversed(times_in(run)):
        run = f"{run[: time.at[0]]} {run[time.at[1] :]}"
    return any(word.lower() not in STOP and not _TIMES.fullmatch(word) for word in WORD.findall(run))


def is_no_place(question: Question, before: str, run: str) -> bool:
    """Whether a run without a name is what something is for or about: "to ask for a lower rent"."""
    is_of_place = question.kind is not None and question.kind.name == "place"
    return is_of_place and run == run.lower() and _FOR.search(before) is not None


def is_of_name(question: Question, before: str, run: str, behind: str) -> bool:
    """Whether a run is the rest of a name that the question has, as "Vance" is of "Petra Vance": no news."""
    if question.kind is None or question.kind.name != "person" or not run[:1].isupper() or len(run.split()) > 1:
        return False
    beside = (_NAME_BEFORE.search(before), _NAME_BEHIND.match(behind))
    return any(match is not None and stem(match.group(1).lower()) in question.names for match in beside)
