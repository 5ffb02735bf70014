"""What has taken the place of what the best sentence tells: a question for how things are is answered by the later
line that says what changed ("New code is 9063", "the rent is raised to ..."), however old the fuller one is."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from engine.answering.grammar import LONGEST, MONTH, SOMEBODY
from engine.answering.kinds import SPECIFIC
from engine.answering.question import Question
from engine.answering.sentences import Scored
from engine.answering.stems import STOP, WORD, plain, stem
from engine.library import Passage

AS_GOOD = 0.6  # of the best sentence's score, that of a change told in any file
_WAS = re.compile(r"\b(?:was|were|did|had)\b", re.I)
_CHANGED = re.compile(
    r"\b(?:new|now|chang(?:ed|es)|from now on|instead|no longer|replace[sd]|raise[sd]?|increase[sd]?|reduced|lowered"
    r"|went (?:up|down)|goes (?:up|down)|moved|moves|postponed|put back|brought forward|takes? over|took over"
    rf"|(?:from|as of|starting|effective) (?:on )?(?:the )?(?:\d+\S* )?{MONTH}(?! to)"
    r"|(?:from|as of|starting|effective) (?:on )?(?:\d{1,2}\.|next|this)\b)",
    re.I,
)
_NEW = re.compile(r"(?:new|now|old|changed)", re.I)
_OWNER = re.compile(
    r"\b(?!(?:it|that|there|here|what|let|who|today|tomorrow|month|year|week|day)\b)(?P<owner>[\w-]+)(?:['’]s|s['’])"
    rf"(?= [a-z])|\b(?:of|by|for) (?:my|his|her|their|our) (?P<of>{SOMEBODY})\b",
    re.I,
)
_OF = re.compile(r"\W*(?:of|for|to|at|in) (?:(?:the|my|our|your|his|her|their) )?(?P<thing>[\w’'-]+)", re.I)


def newest(question: Question, heard: Sequence[Scored], passages: Mapping[int, Passage]) -> Scored | None:
    """The latest of the sentences that take the place of the first one, as sure as that; None where none does."""
    best, *others = heard
    if question.kind is None or question.kind.is_open or question.focus is None:
        return None
    if question.asks_before or question.times or _WAS.search(question.text[:LONGEST]) is not None:
        return None
    later = [one for one in others if _takes_its_place(question, best, one, passages)]
    if not later:
        return None
    last = max(later, key=lambda one: _written(one, passages))
    near = best.near | last.near
    return replace(last, score=best.score, logit=best.logit, features=best.features, near=near)


def _takes_its_place(question: Question, best: Scored, other: Scored, passages: Mapping[int, Passage]) -> bool:
    """Of any file, where it has as much of what is asked; of the same one, or the same talk, where it has some."""
    if _written(other, passages) <= _written(best, passages) or question.focus not in other.covered:
        return False
    if not question.expects(other.says) or _CHANGED.search(other.says) is None:
        return False
    if other.near >= best.near and other.score >= AS_GOOD * best.score:
        return not _is_somebodys(question, other.says)
    assert question.kind is not None
    beside = (other.near & best.near) - question.kind_stems - {question.focus}
    same = question.kind.name in SPECIFIC and _title(other, passages) == _title(best, passages) != ""
    return same and bool(beside) and not _is_of_another(question, other.says)


def _is_somebodys(question: Question, text: str) -> bool:
    """Whether a line speaks of what is somebody's whom the question does not name: "my sister's new flat"."""
    owners = (match["owner"] or match["of"] for match in _OWNER.finditer(text))
    return any(stem(plain(owner.lower())) not in question.stems for owner in owners)


def _is_of_another(question: Question, text: str) -> bool:
    """Whether the thing asked for is that of something the question does not name: "the garage code" of the door's."""
    words = list(WORD.finditer(text))
    for at, word in enumerate(words):
        if stem(plain(word.group().lower())) != question.focus:
            continue
        behind = _OF.match(text, word.end())
        beside = [words[at - 1].group()] if at else []
        beside += [behind["thing"]] if behind is not None else []
        for one in beside:
            low = plain(one.lower())
            if low not in STOP and _NEW.fullmatch(low) is None and stem(low) not in question.stems:
                return True
    return False


def _title(sentence: Scored, passages: Mapping[int, Passage]) -> str:
    """Of the file or the talk: a document's context goes on with a heading, or a day and who writes."""
    return re.split(r"[,\n]", passages[sentence.document].context, maxsplit=1)[0]


def _written(sentence: Scored, passages: Mapping[int, Passage]) -> str:
    """When; what is written at no known time is older than anything."""
    passage = passages[sentence.document]
    return passage.written(sentence.start) or passage.date or ""
