"""Which of the best sentences comes first, where it is known how such a thing is told: a meaning, a name, a limit,
what is to be done, somebody by name, and what took the place of the one that is told best."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from engine.answering.defining import Term
from engine.answering.describing import Described
from engine.answering.grammar import LONGEST
from engine.answering.kinds import SPECIFIC
from engine.answering.named import asks_a_name, tells_the_name
from engine.answering.question import Question
from engine.answering.reader import Reading
from engine.answering.saying import asks_a_limit, tells_a_limit
from engine.answering.sentences import Scored
from engine.answering.stems import STOP, WORD, plain, stem
from engine.answering.verbs import tells_to
from engine.library import Passage

TELLING = 0.5  # of the best sentence's score, that one which tells the name asked for may have
BY_NAME = 0.75  # the same of one that names somebody, where the best says "the same man"
BEHIND = 1.0  # logits of the reader that this one may lie below
_HOW_TO = re.compile(r"\W*(?:(?:and|so|but) )?how (?:do|can|could|should|must|would) (?:I|we|you|one)\b", re.I)
_NAME = re.compile(r"(?<![\w’'])[A-Z][a-z][\w’'-]*")
_WAS = re.compile(r"\b(?:was|were|did|had)\b", re.I)
_CHANGED = re.compile(r"\b(?:new|now|changed|changes|from now on|instead|no longer|replaced|replaces)\b", re.I)
_OF = re.compile(r"\W*(?:of|for|to|at|in) (?:(?:the|my|our|your|his|her|their) )?(?P<thing>[\w’'-]+)", re.I)


def preferred(
    question: Question,
    heard: Sequence[Scored],
    passages: Mapping[int, Passage],
    readings: Mapping[tuple[int, int], Reading],
    explained: Term | Described | None = None,
) -> list[Scored]:
    """heard: sentences that were read, best first. explained: what is asked of, where it is to be explained."""
    best = heard[0]
    if explained is not None:
        first = max(heard, key=lambda s: explained.rank(s.says))
        return [first, *(s for s in heard if s is not first)]
    if asks_a_name(question):
        tells = [tells_the_name(question, passages[s.document], s) for s in heard]
    elif asks_a_limit(question):
        tells = [tells_a_limit(question, s, best) for s in heard]
    elif _HOW_TO.match(question.text) is not None:
        tells = [tells_to(s.says) and best.near <= s.near for s in heard]
    elif question.asks_who:
        tells = _by_name(question, heard, passages, readings)
    else:
        tells = [s is not best and _takes_its_place(question, best, s, passages) for s in heard]
        if any(tells):
            newest = max((s for s, told in zip(heard, tells, strict=True) if told), key=lambda s: _written(s, passages))
            return [_in_place(newest, best), *(s for s in heard if s is not newest)]
    least = TELLING * best.score
    first = next((s for s, told in zip(heard, tells, strict=True) if told and s.score >= least), best)
    return [first, *(s for s in heard if s is not first)]


def _by_name(
    question: Question,
    heard: Sequence[Scored],
    passages: Mapping[int, Passage],
    readings: Mapping[tuple[int, int], Reading],
) -> list[bool]:
    """Which sentences name somebody as the answer; none where the best does, or is much better."""
    best = heard[0]

    def names(sentence: Scored) -> bool:
        reading = readings[sentence.place]
        run = passages[sentence.document].text[reading.start : reading.end]
        found = [stem(plain(match.group().lower())) for match in _NAME.finditer(run)]
        return any(name not in question.stems and name not in STOP for name in found)

    if names(best):
        return [False] * len(heard)
    least = readings[best.place].logit - BEHIND
    return [s.score >= BY_NAME * best.score and readings[s.place].logit >= least and names(s) for s in heard]


def _takes_its_place(question: Question, best: Scored, other: Scored, passages: Mapping[int, Passage]) -> bool:
    """Whether a later line of the same file or talk tells what it is now: "New code is 9063"."""
    if question.kind is None or question.kind.name not in SPECIFIC or question.focus is None:
        return False
    if question.asks_before or question.times or _WAS.search(question.text[:LONGEST]) is not None:
        return False
    if not _title(other, passages) or _title(other, passages) != _title(best, passages):
        return False
    if _written(other, passages) <= _written(best, passages) or question.focus not in other.covered:
        return False
    beside = (other.near & best.near) - question.kind_stems - {question.focus}
    is_told = question.expects(other.says) and _CHANGED.search(other.says) is not None
    return is_told and bool(beside) and not _is_of_another(question, other.says)


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
            if low not in STOP and _CHANGED.fullmatch(low) is None and stem(low) not in question.stems:
                return True
    return False


def _in_place(other: Scored, best: Scored) -> Scored:
    return Scored(
        other.document, other.start, other.end, other.text, best.score, other.covered, best.near | other.near,
        other.hinted, other.words, best.features, best.logit, other.turn, other.said,
    )  # fmt: skip


def _title(sentence: Scored, passages: Mapping[int, Passage]) -> str:
    """Of the file or the talk: a document's context goes on with a heading, or a day and who writes."""
    return re.split(r"[,\n]", passages[sentence.document].context, maxsplit=1)[0]


def _written(sentence: Scored, passages: Mapping[int, Passage]) -> str:
    """When; what is written at no known time is older than anything."""
    passage = passages[sentence.document]
    return passage.written(sentence.start) or passage.date or ""
