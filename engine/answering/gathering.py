"""Things that are told one here, one there, where all of them are asked for: "Which instruments does Theo play?"."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from engine.answering.question import Question
from engine.answering.sentences import Scored
from engine.answering.stems import stem, stems_of
from engine.answering.talk import Talk
from engine.answering.things import Things
from engine.library import Passage

LEAST, MOST = 2, 6  # things: more are told by chance
LOOKED_AT = 60  # best sentences
_TITLED = re.compile(
    r"\b(?:what|which)\b(?: \w+){0,2}? (?:books|novels|songs|films|movies|series|albums|plays|poems|stories|titles)\b",
    re.IGNORECASE,
)
_TITLE = re.compile(
    r"[\"“«]([A-Z][^\"”»\n]{1,60}?)[.,]?[\"”»]|(?<!\w)['‘]([A-Z][^'’\n]{1,60}?)[.,]?['’](?!\w)|(?<!\*)\*([A-Z][^*\n]{1,60})\*"
)
_PLURAL = re.compile(r"\b[a-z]+[^\Ws]s\b|\bwildlife\b", re.IGNORECASE)
_WORDS = 8  # of a title at most
_ONLY_HAS = frozenset(
    map(
        stem,
        "have has had do does did own owns play plays like likes enjoy kind type different various all keep".split(),
    )
)


@dataclass(frozen=True, slots=True)
class Gathered:
    """Things, as texts write them, and the sentence of each, by the date of their documents."""

    things: tuple[str, ...]
    sentences: tuple[Scored, ...]


def gathered(
    question: Question, found: Sequence[Scored], passages: Mapping[int, Passage], weights: Mapping[str, float]
) -> Gathered | None:
    """What the best sentences tell of such things of whom is asked; None where another kind of question is asked, or
    too few or too many are told."""
    if not question.asks_all:
        return None
    things = question.kind.looks if question.kind is not None and isinstance(question.kind.looks, Things) else None
    if not _asks_for_several(question) if things is not None else _TITLED.search(question.text) is None:
        return None
    asked = {s for s in weights if s not in question.names | question.kind_stems | _ONLY_HAS}
    told = dict[str, tuple[str, Scored]]()
    for sentence in found[:LOOKED_AT]:
        if sentence.text.rstrip().endswith("?") or not _is_of(question, sentence, passages[sentence.document]):
            continue
        if asked and asked.isdisjoint(sentence.near | sentence.hinted):
            continue
        for one in _in(sentence.says, things):
            key = stem(one)
            if question.kind_stems.isdisjoint((key,)) and key not in question.stems:
                told.setdefault(key, (one, sentence))
    if not LEAST <= len(told) <= MOST or len({sentence.document for _, sentence in told.values()}) < LEAST:
        return None
    ordered = sorted(
        told.values(), key=lambda one: (passages[one[1].document].date or "", one[1].document, one[1].start)
    )
    return Gathered(tuple(one for one, _ in ordered), tuple(dict.fromkeys(sentence for _, sentence in ordered)))


def _asks_for_several(question: Question) -> bool:
    return any(stem(word) == question.focus for word in _PLURAL.findall(question.text))


def _in(text: str, things: Things | None) -> Iterator[str]:
    if things is not None:
        yield from (things.bare(match.group()) for match in things.finditer(text))
        return
    for match in _TITLE.finditer(text):
        title = next(group for group in match.groups() if group)
        if len(title.split()) <= _WORDS:
            yield title


def _is_of(question: Question, sentence: Scored, passage: Passage) -> bool:
    """Whether a sentence tells of one whom the question names: by the name, or in a talk as what they say of "I"."""
    if not question.names:
        return True
    if not question.names.isdisjoint(stems_of(sentence.says)):
        return True
    talk = Talk.of(passage.text, passage.writers)
    if (turn := talk.turn(sentence.start)) is None:
        return not question.names.isdisjoint(sentence.near)
    of_i, of_you = talk.speaks_of(sentence.start, sentence.end)
    is_own = not question.names.isdisjoint(stems_of(turn.speaker))
    return of_you and not is_own if of_you and not of_i else is_own
