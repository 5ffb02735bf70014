"""What a file says, where a summary of it is asked for: how each of its parts begins, as far as there is room.

A model that quotes writes no summary; where a part of a text begins, it says what it is about (the lead of newspapers,
the first sentence of a paragraph)."""

from __future__ import annotations

import re
from itertools import zip_longest

from engine.answering.evidence.sentences import MARKUP, Scored
from engine.answering.files import Files, Told
from engine.answering.questions.question import Question
from engine.answering.quote import HEADING_WORDS, Quoted, once, shown
from engine.answering.words.grammar import LONGEST
from engine.answering.words.stems import stem
from engine.library import Passage

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
SUMMED = 0.6  # how sure it is that this file is meant


def asks_for_a_summary(question: Question) -> bool:
    return _ASKED.search(question.text[:LONGEST]) is not None


def summary_of(files: Files) -> Told | None:
    """Of the file that the question names best; None where none is asked for, or it names none that is open."""
    if not asks_for_a_summary(files.question):
        return None
    asked = {s: weight for s, weight in files.weights.items() if s not in _ONLY_ASKS}
    named = {s: weight for s, weight in asked.items() if s not in _ANY_TEXT} or asked
    lines = [line for line in map(_lines, files.named(named)) if line]
    if not lines:
        return None
    first_lines = once([line for row in zip_longest(*lines) for line in row if line is not None])
    said = tuple(sorted(shown(first_lines), key=lambda line: line.place))
    return Told(Quoted(said, SUMMED, said, is_whole=True))


def _lines(passage: Passage) -> list[Scored]:
    """The sentences of a part that are more than a heading or a row."""
    return [
        Scored(passage.document, start, end, text, SUMMED, frozenset(), frozenset())
        for start, end in passage.sentences
        if len((text := passage.text[start:end]).split()) > HEADING_WORDS
        and not MARKUP.match(text)
        and _FRONT.match(text) is None
    ]
