"""Which of several lines alike is the last one: "the last oil change" of a list of oil changes, each with its day."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from engine.answering.evidence.sentences import Scored
from engine.answering.questions.question import Question
from engine.answering.texts.plans import DAY, is_no_past
from engine.answering.words.grammar import LONGEST, MONTH, NUMBER_WORD, WEEKDAY
from engine.answering.words.times import times_in
from engine.library import Passage

AS_GOOD = 0.5  # of the best line's score, that of another of its kind
BEGINS = 20  # characters of a line within which its day begins
_LAST = re.compile(
    rf"\b(?:last|latest|most recent(?:ly)?)\b(?! (?:names?|weeks?|months?|years?|nights?|days?|{WEEKDAY}|{MONTH}"
    rf"|{NUMBER_WORD}|\d+|few|couple|spring|summer|autumn|winter|weekend|easter|christmas|words?|pages?|chapters?)\b)",
    re.I,
)


def latest(question: Question, heard: Sequence[Scored], passages: Mapping[int, Passage]) -> Scored | None:
    """Of the sentences that are as the first one, in the same document or the same talk, the one of the last day; None
    where the last is not asked for, or the first is it."""
    if _LAST.search(question.text[:LONGEST]) is None:
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
    same = other.document == best.document and other.covered >= best.covered
    is_no_plan = not is_no_past(other.says, 0)
    return same and other.score >= AS_GOOD * best.score and not question.lacks(other.says) and is_no_plan


def _day(sentence: Scored, passages: Mapping[int, Passage]) -> str:
    """The day that a line begins with, or, of a talk, of which it was written; empty where there is none."""
    written = passages[sentence.document].written(sentence.start)
    if written is not None:
        return written
    named = next((time for time in times_in(sentence.says) if time.at[0] <= BEGINS), None)
    return named.first if named is not None and len(named.first) == DAY and named.is_day else ""
