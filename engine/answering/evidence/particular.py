"""Short answers that the form of a sentence gives away, where a reader of running text gets lost: days and places of
birth and death, nationalities, who is whose husband."""

from __future__ import annotations

import re

from engine.answering.questions.question import Question
from engine.answering.questions.relations import of_in
from engine.answering.texts.lives import day_of, event_of, place_of
from engine.answering.words.countries import countries_in, peoples
from engine.answering.words.stems import stems_of

_OF_SOMEBODY = re.compile(  # of whom "Dutch" tells more than a country does
    r"\bnationality\b|\bcitizenship\b|\b(?:is|are|was|were) (?:he|she|they|my|our|his|her|(?-i:[A-Z]))[^?]*\bfrom\b",
    re.I,
)


def particular(question: Question, text: str) -> str | None:
    """What a sentence says in answer to such a question, verbatim; None where it does not, or another is asked."""
    kind = question.kind.name if question.kind is not None else ""
    if kind == "country":
        found = [match.group() for match, _ in countries_in(text)]
        named = [name for name in found if not question.names.issuperset(stems_of(name))]
        is_of_people = _OF_SOMEBODY.search(question.text) is not None
        return next(iter(sorted(named, key=lambda name: (name in peoples()) != is_of_people)), None)
    if (event := event_of(question.text)) is not None:
        if kind == "time":
            return day_of(text, event)
        return place_of(text, event) if kind == "place" else None
    if question.asks_who and (of := of_in(question.text)) is not None and of.is_all_of(question.text):
        return next(of.named(text), None)
    return None
