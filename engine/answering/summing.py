"""What a file says, where a summary of it is asked for: how each of its parts begins, as far as there is room.

A model that quotes writes no summary; where a part of a text begins, it says what it is about (the lead of newspapers,
the first sentence of a paragraph)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import zip_longest

from engine.answering.grammar import LONGEST
from engine.answering.question import Question
from engine.answering.quote import HEADING_WORDS, Quoted, once, share, shown
from engine.answering.related import hints, known, themselves
from engine.answering.sentences import MARKUP, Scored
from engine.answering.stems import stem, stems_of
from engine.library import Library, Passage

_FILE = (  # of what is written, not of a freezer
    r"(?:contract|agreement|lease|letter|mail|e-?mail|notes?|file|document|report|minutes|protocol|diary|journal|entry"
    r"|manual|instructions|policy|invoice|bill|receipt|article|chapter|chat|talk|plan|list|recipe|log|paper|memo|offer"
    r"|quote|will|statement|leaflet|newsletter)"
)
_ASKED = re.compile(
    r"\A\W*(?:please )?(?:(?:can|could) you )?(?:briefly |quickly )?(?:(?:tl;?dr|outline) (?:of|for)\b|summari[sz]e\b"
    r"|sum up(?! (?:what|how|who)\b)|outline (?:the|my|our)\b"
    r"|(?:give me|I need|I['’]d like|I want) (?:an?|the) (?:\w+ )?(?:summary|overview|outline|gist)\b"
    r"|(?:a |the |short )*(?:summary|overview|gist) of\b"
    rf"|what(?:['’]s| is| was| stands) (?:written )?in (?:the|my|our) (?:[\w’'-]+ ){{0,3}}{_FILE}\b"
    r"(?!.*\b(?:about|on)\b)"
    rf"|what (?:does|did) (?:the|my|our) (?:[\w’'-]+ ){{0,3}}{_FILE}\b(?: (?:of|from|with|for) [^?]+?)? say\W*\Z)",
    re.I,
)
_ONLY_ASKS = frozenset(
    map(stem, "summarise summarize summary sum outline overview gist short give say says written stand content".split())
)
_ANY_TEXT = frozenset(map(stem, "diary journal note notes entry mail email letter minutes".split()))  # of a day
_FRONT = re.compile(r"\A(?:---|\w+:\s)")  # of a file's head
LEAST = 0.6  # share of what is named that a file's title has to have, with its day
SUMMED = 0.6  # how sure it is that this file is meant


def asks_for_a_summary(question: Question) -> bool:
    return _ASKED.search(question.text[:LONGEST]) is not None


def summary_of(
    question: Question,
    library: Library,
    passages: Mapping[int, Passage],
    leads: Mapping[int, float],
    weights: Mapping[str, float],
) -> Quoted | None:
    """Of the file that the question names best; None where none is asked for, or it names none that is open. leads: by
    document."""
    if not asks_for_a_summary(question):
        return None
    asked = {s: weight for s, weight in weights.items() if s not in _ONLY_ASKS}
    named = {s: weight for s, weight in asked.items() if s not in _ANY_TEXT} or asked
    parts = parts_of(question, library, passages, leads, named)
    lines = [line for line in (_lines(part) for part in parts) if line]
    if not lines:
        return None
    first_lines = once([line for row in zip_longest(*lines) for line in row if line is not None])
    said = tuple(sorted(shown(first_lines), key=lambda line: line.place))
    return Quoted(said, SUMMED, said, is_whole=True)


def parts_of(
    question: Question,
    library: Library,
    passages: Mapping[int, Passage],
    leads: Mapping[int, float],
    named: Mapping[str, float],
) -> list[Passage]:
    """The parts, in order, of the open file whose title has most of what is named, and its day; [] of none. named:
    weights of stems."""

    def told(passage: Passage) -> float:
        held = known(stems_of(passage.context), named)
        stems = themselves(held) | hints(held)
        return share(stems | (question.dated(passage.date) & named.keys()), named)

    best = max(passages.values(), key=lambda one: (told(one), leads.get(one.document, 0.0)), default=None)
    if best is None or not named or told(best) < LEAST:
        return []
    around = {one.document: one for one in (*passages.values(), *library.parts(best.document))}
    parts = [one for one in around.values() if one.title == best.title and one.date == best.date]
    return sorted(parts, key=lambda one: one.document)


def _lines(passage: Passage) -> list[Scored]:
    """The sentences of a part that are more than a heading or a row."""
    return [
        Scored(passage.document, start, end, text, SUMMED, frozenset(), frozenset())
        for start, end in passage.sentences
        if len((text := passage.text[start:end]).split()) > HEADING_WORDS
        and not MARKUP.match(text)
        and _FRONT.match(text) is None
    ]
