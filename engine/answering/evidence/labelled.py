"""Lines that say by a label what is asked for: "Where: Judith's garden" of an appointment, however few words of the
question they have."""

from __future__ import annotations

import re

from engine.answering.evidence.sentences import Scored
from engine.answering.questions.question import Question

_WHERE = re.compile(
    r"\W*(?:and |so )?where(?:['’]s| (?:is|are|was|were|will)\b| (?:do|does|did)\b.*\b(?:take place|meet|happen)\b)",
    re.I,
)
_PLACE = re.compile(
    r"\W*(?:where|location|venue|meeting point)\b[*_]*:[*_]*\s*(?!.*(?:\b(?:tb[cda]|ask|unknown)\b|\?))\S", re.I
)


def asks_a_place(question: Question) -> bool:
    return _WHERE.match(question.text) is not None


def tells_the_place(question: Question, sentence: Scored, best: Scored) -> bool:
    """Whether a line is the place of what the best sentence tells of, in the same document; not where that tells it."""
    is_of_it = sentence.document == best.document and best.near <= sentence.near
    is_title = best.place == sentence.place or not question.expects(best.says)
    return is_of_it and is_title and _PLACE.match(sentence.says) is not None
