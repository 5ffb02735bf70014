"""Which of several lines alike is the last one: "the last oil change" of a list of oil changes, each with its day."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from engine.answering.evidence.sentences import Scored
from engine.answering.questions.question import Question
from engine.answering.texts.plans import DAY
from engine.answering.words.grammar import LONGEST, MONTH, NUMBER_WORD, WEEKDAY
from engine.answering.words.stems import STOP, stems_of
from engine.answering.words.times import times_in
from engine.library import Passage

AS_GOOD = 0.7  # of the best line's score, that of another of its kind
SAME = 0.5  # of the words of two lines without a digit, that both have
BEGINS = 20  # characters of a line within which its day begins
_LAST = re.compile(
    rf"\b(?:last(?!\W*\Z)|(?<!at the )latest|most recent(?:ly)?)\b(?! (?:names?|weeks?|months?|years?|nights?|days?"
    rf"|{WEEKDAY}|{MONTH}|{NUMBER_WORD}|\d+|few|couple|spring|summer|autumn|winter|weekend|easter|christmas|words?|pages?|chapters?)\b)",
    re.I,
)
_UNDONE = re.compile(
    r"\b(?:not|no|never|nobody|cancel\w*|plan(?:s|ned)?|booked|next|due|should|must|to be|to do|will|would|remind\w*"
    r"|rescheduled|postponed|reminder|gave up|sold out)\b|n['’]t\b|\[ \]",
    re.I,
)


def asks_the_last(question: Question) -> bool:
    return _LAST.search(question.text[:LONGEST]) is not None


def latest(question: Question, heard: Sequence[Scored], passages: Mapping[int, Passage]) -> Scored | None:
    """Of the sentences that are as the first one, in the same document or the same talk, the one of the last day; None
    where the last is not asked for, or the first is it."""
    if not asks_the_last(question) or (question.kind is not None and question.kind.name == "duration"):
        return None
    best = heard[0]
    days = {one.place: day for one in heard if _is_alike(question, best, one) and (day := _day(one, passages))}
    if best.place not in days:
        return None
    last = max((one for one in heard if one.place in days), key=lambda one: days[one.place])
    if days[last.place] <= days[best.place]:
        return None
    return replace(last, score=best.score, logit=best.logit, features=best.features)


def _is_alike(question: Question, best: Scored, other: Scored) -> bool:
    """As much is told by it: what it has of the question, and an answer of the kind asked for."""
    if other.document != best.document or not other.covered >= best.covered or other.score < AS_GOOD * best.score:
        return False
    own, more = (_words(one) for one in (best, other))
    if len(own & more) < SAME * len(own | more) or _UNDONE.search(other.says) is not None:
        return False
    named = next((time for time in times_in(other.says) if time.at[0] <= BEGINS), None)
    return question.asks_when or not question.lacks(other.says[named.at[1] if named is not None else 0 :])


def _words(sentence: Scored) -> frozenset[str]:
    return frozenset(s for s in stems_of(sentence.says) if s not in STOP and not any(map(str.isdigit, s)))


def _day(sentence: Scored, passages: Mapping[int, Passage]) -> str:
    """The day that a line begins with, or, of a talk, of which it was written; empty where there is none."""
    written = passages[sentence.document].written(sentence.start)
    if written is not None:
        return written
    named = next((time for time in times_in(sentence.says) if time.at[0] <= BEGINS), None)
    return named.first if named is not None and len(named.first) == DAY and named.is_day else ""
