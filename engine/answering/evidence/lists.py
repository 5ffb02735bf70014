"""Items of a list in answer to a question for all of them: what stands with a bullet under the line that names them."""

from __future__ import annotations

import re
from collections.abc import Sequence

from engine.answering.evidence.sentences import Scored
from engine.answering.questions.question import Question
from engine.answering.words.verbs import VERBS

_ITEM = re.compile(r"\s*(?:[-*+•–]|\d{1,2}[.)])\s+(?:\[[ xX]\]\s*)?")
_ASIDE = re.compile(r"\s*\([^()]*\)\s*\Z|[\s.;,]+\Z")
_HEADS = re.compile(r"\s*#{1,6} |.*:\s*\Z", re.DOTALL)
LEAST, MOST = 2, 20  # items


def listed(question: Question, best: Scored, own: Sequence[Scored]) -> list[Scored]:
    """The line that names what is asked for, and the items under it; empty where there is no such list, or the best
    sentence is none of it. own: all sentences of the best one's document, in order."""
    things = {stem for stem in question.stems if stem not in VERBS}
    for at, line in enumerate(own):
        if not _HEADS.match(line.text) or _ITEM.match(line.text) or things.isdisjoint(line.covered):
            continue
        items = list[Scored]()
        following = own[at + 1 :]
        for place, sentence in enumerate(following):
            goes_on = any(_ITEM.match(after.text) for after in following[place + 1 : place + 2])
            if _ITEM.match(sentence.text):
                items.append(sentence)
            elif not items or not goes_on:  # else an item's second sentence
                break
        if LEAST <= len(items) <= MOST and any(best.start == one.start for one in (line, *items)):
            return [line, *items]
    return []


def in_a_row(told: Sequence[Scored]) -> str:
    """Items as one says them, without bullets and what stands in brackets behind them: "flour, two eggs"."""
    items = [_ITEM.sub("", one.text, count=1) for one in told if _ITEM.match(one.text)]
    return ", ".join(_ASIDE.sub("", item) for item in items) if len(items) >= LEAST else ""
