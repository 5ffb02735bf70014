"""Whom "he" and "her" stand for in prose: whoever the sentence before names."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from engine.answering.words.stems import STOP
from engine.library import Passage

_PRONOUN = re.compile(r"\b(?:he|she|his|her|him|hers)\b", re.I)
_SUBJECT = re.compile(
    r"\W*([A-Z][\w’-]+) (?:[A-Z][\w’-]+ )?(?:is|was|has|had|said|says|came|comes|went|lives?d?|works?|worked|told|tells"
    r"|wants?|took|takes|plays?|played|got|will|can|who|and)\b"
)
NAME_WITHIN = re.compile(r"(?<=[\w,;] )[A-Z][a-z]")


def whom(names: frozenset[str], passage: Passage, inside: Sequence[frozenset[str]]) -> Iterator[frozenset[str]]:
    """Of every sentence the question's names that its "he" or "her" stands for: those of the last one that names
    somebody, if no other name and no more than one sentence stand in between. inside: the question's stems in each."""
    meant, since = frozenset[str](), 0
    for (start, end), held in zip(passage.sentences, inside, strict=True):
        text = passage.text[start:end]
        if own := held & names:
            meant, since = own, 0
            yield frozenset()
        elif meant and (pronoun := _PRONOUN.search(text)) and not _names_another(text[: pronoun.start()]):
            since = 0
            yield meant
        else:
            since += 1
            if since > 1 or NAME_WITHIN.search(text) or _names_another(text):
                meant = frozenset()
            yield frozenset()


def _names_another(text: str) -> bool:
    """Whether somebody's name stands in a text, or begins it."""
    begun = _SUBJECT.match(text)
    return NAME_WITHIN.search(text) is not None or (begun is not None and begun.group(1).lower() not in STOP)
