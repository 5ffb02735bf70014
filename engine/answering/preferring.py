"""Which of the best sentences comes first, where it is known how such a thing is told: a meaning, a name, a limit,
what is to be done, somebody by name, and what took the place of the one that is told best."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from engine.answering.evidence.births import Birth
from engine.answering.evidence.labelled import asks_a_place, tells_the_place
from engine.answering.evidence.last import latest
from engine.answering.evidence.named import asks_a_name, tells_the_name
from engine.answering.evidence.owner import Owner
from engine.answering.evidence.saying import asks_a_limit, tells_a_limit
from engine.answering.evidence.sentences import Scored
from engine.answering.evidence.superseding import moved, newest
from engine.answering.questions.kinds import asks_how_to
from engine.answering.questions.question import Question
from engine.answering.reading.reader import Reading
from engine.answering.texts.defining import Term
from engine.answering.texts.describing import Described
from engine.answering.texts.naming import CAPITAL
from engine.answering.texts.surnames import Surname
from engine.answering.words.stems import STOP, plain, stem
from engine.answering.words.verbs import tells_to
from engine.library import Passage

TELLING = 0.5  # of the best sentence's score, that one which tells the name asked for may have
BY_NAME = 0.75  # the same of one that names somebody, where the best says "the same man"
BEHIND = 1.0  # logits of the reader that this one may lie below
_NAME = re.compile(rf"(?<![\w’'])[{CAPITAL}](?![{CAPITAL}])[\w’'-]+")


def preferred(
    question: Question,
    heard: Sequence[Scored],
    passages: Mapping[int, Passage],
    readings: Mapping[tuple[int, int], Reading],
    explained: Term | Described | Birth | Surname | None = None,
) -> list[Scored]:
    """heard: sentences that were read, best first. explained: what is asked of, where it is to be explained."""
    best = heard[0]
    if explained is not None:
        first = max(heard, key=lambda s: explained.rank(s.says, s.near))
        return [first, *(s for s in heard if s is not first)]
    owner = Owner.of(question, passages)
    if owner is not None and (of_me := owner.named(heard)) is not None:
        return [of_me, *(s for s in heard if s.place != of_me.place)]
    found = (form(question, heard, passages) for form in (newest, moved, latest))
    if (last := next((one for one in found if one is not None), None)) is not None:
        return [last, *(s for s in heard if s.place != last.place)]
    if asks_a_name(question):
        tells = [tells_the_name(question, passages[s.document], s) for s in heard]
    elif asks_a_limit(question):
        tells = [tells_a_limit(question, s, best) for s in heard]
    elif asks_a_place(question) and any(tells_the_place(question, s, best) for s in heard):
        return sorted(heard, key=lambda s: not tells_the_place(question, s, best))
    elif asks_how_to(question.text):
        tells = [tells_to(s.says) and best.near <= s.near for s in heard]
    elif question.asks_who:
        tells = _by_name(question, heard, passages, readings)
    else:
        return list(heard)
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
