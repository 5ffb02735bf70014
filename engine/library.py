"""What the engine asks of its caller: the texts of documents, and word evidence as plain scores. It knows no more."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Passage:
    """One document's original text."""

    document: int
    context: str  # put before the text for encoding
    text: str
    sentences: Sequence[tuple[int, int]]  # spans in text, in order
    date: str | None = None  # ISO 8601; of its file where it says none itself
    moments: Sequence[tuple[int, str]] = ()  # when what begins at a place in text was written: messages, diaries
    writers: Sequence[tuple[int, str]] = ()  # and who wrote it, where that is known: mails, messages
    me: Sequence[str] = ()  # names of whoever asks
    behind: Passage | None = None  # of a talk that is longer than a document: what is said next

    def written(self, at: int) -> str | None:
        """When what stands at a place in the text was written; None where it is not told as of a time."""
        return next((moment for start, moment in reversed(self.moments) if start <= at), None)

    @property
    def title(self) -> str:
        """Of its file or talk, which its context begins with; headings, a day and who writes come behind."""
        return re.split(r" > |, |\n", self.context, maxsplit=1)[0]

    @property
    def encoded(self) -> str:
        return self.context + self.text


@dataclass(frozen=True, slots=True)
class Dated:
    """Documents of a time that a question names."""

    documents: Set[int]
    strength: float  # how much it tells that a document is one of them: 1 where there is only one, 0 where all are


class Library(Protocol):
    """Asked by one thread at a time, `words` and `dated` by another than the rest."""

    def passages(self, documents: Sequence[int]) -> Sequence[Passage]:
        """Texts of documents; one that left memory meanwhile is left out."""

    def parts(self, document: int) -> Sequence[Passage]:
        """Of the file that a document is a part of, in order, those around it and itself that may be seen."""

    def words(self, text: str, limit: int) -> Mapping[int, float]:
        """Word evidence for a text: the best documents and their scores, higher is better; {} where there is none."""

    def dated(self) -> Dated | None:
        """Documents whose dates lie in a time that the question names; None where it names none, or none is of it."""

    def rarity(self, words: Sequence[str]) -> Mapping[str, float]:
        """How telling each lower-cased word is in this memory (inverse document frequency, > 0)."""
