"""The engine's view of the catalog and the word index for one question: texts, word evidence, documents of a time."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ingest.catalog import Catalog, DocumentRow
from ingest.dates import from_name, in_heading
from ingest.sentences import sentences
from ingest.word_queries import content_words
from ingest.words import Words

if TYPE_CHECKING:
    from engine.answering.words.times import Time
    from engine.library import Dated, Passage

FIRST_PERSON = re.compile(r"\b(?:I|i(?!\.e)|[Mm](?:e|y|ine|yself))\b")
_OF_US = re.compile(r"\b(?:I|i|[Mm]y|[Mm]e|[Ww]e|[Uu]s|[Oo]ur)\b")
_LABELS = frozenset("question answer front back name town host port note item date".split())
YOU = "you"  # what exports call the person they were made for
DAY = len("2025-03-12")
RELATED_WEIGHT = 0.15  # of a word's evidence that a related word's is worth
PARTS = 30  # of a file, before a document and behind it, that are looked at with it
CONTEXT_WEIGHT = 0.5  # of a word in a document's context, as `Words.evidence` has it


@dataclass(frozen=True, slots=True)
class Asking:
    """A question as asked, with everything that narrows or colours it."""

    question: str
    context: str = ""  # standard input, or what was asked before (-c)
    allowed: NDArray[np.int64] | None = None  # document ids it may see; None = all
    top: int = 10
    retrieval: str = "both"
    me: tuple[str, ...] = ()
    total: int | None = None  # documents that memory held then (--as-of); None = those it holds now


class CatalogLibrary:
    """The engine's view of the catalog and the word index (engine.library.Library)."""

    def __init__(self, catalog: Catalog, words: Words, asking: Asking) -> None:
        self.catalog, self.index, self.asking = catalog, words, asking
        self.rows: dict[int, DocumentRow] = {}

    def passages(self, documents: Sequence[int]) -> list[Passage]:
        found = self.catalog.documents.get(documents)
        self.rows |= found
        is_now = self.asking.total is None  # what was said next then may stand elsewhere by now
        talks = [row for row in found.values() if is_now and row.retired_at is None and is_talk(row)]
        behind = {
            number: row
            for number, row in self.catalog.documents.following(talks).items()
            if is_talk(row) and _goes_on(found[number], row) and self._may_see(row.id)
        }
        self.rows |= {row.id: row for row in behind.values()}
        said_next = {number: passage(row, self.asking.me) for number, row in behind.items()}
        return [passage(row, self.asking.me, said_next.get(number)) for number, row in found.items()]

    def parts(self, document: int) -> list[Passage]:
        row = self.rows.get(document)
        if row is None or row.retired_at is not None:
            return []
        found, _, _ = self.catalog.documents.around(row.source, row.ord, PARTS, PARTS)
        seen = [part for part in found if self._may_see(part.id)]
        self.rows |= {part.id: part for part in seen}
        return [passage(part, self.asking.me) for part in seen]

    def _may_see(self, document: int) -> bool:
        return self.asking.allowed is None or bool(np.isin(document, self.asking.allowed))

    def words(self, text: str, limit: int) -> Mapping[int, float]:
        if self.asking.retrieval == "latent":
            return {}
        if not FIRST_PERSON.search(text):
            return self._evidence(text, limit)
        named = " ".join([text, *self.asking.me])  # "I" is written as a name in chats, mails and minutes
        return self._own(self._evidence(named, limit))

    def dated(self) -> Dated | None:
        """Documents whose own date lies in a time that the question names; the fewer they are, the more that tells."""
        from engine.library import Dated

        if not len(self._then):
            return None
        total = self.catalog.counts().documents
        return Dated(frozenset(self._then.tolist()), _rarity(len(self._then), total) / _rarity(1, total))

    @cached_property
    def _times(self) -> tuple[Time, ...]:
        from engine.answering.words.times import times_in

        return times_in(self.asking.question)

    @cached_property
    def _then(self) -> NDArray[np.int64]:
        """Ids of the documents of the times that the question names, rising."""
        found = self.catalog.documents.dated([(time.first, time.last) for time in self._times])
        return found if self.asking.allowed is None else np.intersect1d(found, self.asking.allowed)

    def _evidence(self, text: str, limit: int) -> dict[int, float]:
        """Word evidence, a day that the question names in other spellings too; of documents of that time as many as of
        all of memory, those without any of the words last. Words related to the question's count a little."""
        from engine.answering.words.forms import group_of
        from engine.answering.words.related import words_for

        is_whole = self.asking.question in text
        phrases = [phrase for time in self._times for phrase in time.written()] if is_whole else []
        phrases += [form for word in content_words(text) for form in group_of(word) if form != word]
        found = self.index.evidence(text, limit, self.asking.allowed, phrases=phrases)
        if hints := words_for(content_words(text)) if is_whole else []:
            hinted = self.index.evidence("", limit, self.asking.allowed, phrases=hints)
            scores = {d: found.get(d, 0.0) + RELATED_WEIGHT * hinted.get(d, 0.0) for d in found | hinted}
            found = dict(sorted(scores.items(), key=lambda item: -item[1])[:limit])
        if not len(self._then):
            return found
        inside = self.index.evidence(text, limit, self._then, phrases=phrases)
        dated = {number: max(score, found.get(number, 0.0)) for number, score in inside.items()}
        return found | dated | {int(number): 0.0 for number in self._then[:limit] if number not in inside | found}

    def _own(self, evidence: dict[int, float]) -> dict[int, float]:
        """What exports have from "You" counts as if the owner's name stood there; best first again."""
        rarity = self.index.rarity(" ".join(self.asking.me)) if self.asking.me else {}
        bonus = CONTEXT_WEIGHT * max(rarity.values(), default=1.0)
        said = {
            row.id
            for row in self.catalog.documents.get(list(evidence)).values()
            if any(message.author.lower() == YOU for _, message in row.document.messages)
        }
        scores = {number: score + bonus * (number in said) for number, score in evidence.items()}
        return dict(sorted(scores.items(), key=lambda item: -item[1]))

    def rarity(self, words: Sequence[str]) -> Mapping[str, float]:
        """Of a word with several forms, that of the commonest; of a compound, that of its rarest part."""
        from engine.answering.words.forms import group_of

        forms = {word: (word, *group_of(word)) for word in words}
        parts = {word: word.split("-") for word in words if "-" in word}
        found = self.index.rarity(" ".join(form for group in (*forms.values(), *parts.values()) for form in group))
        for word, own in parts.items():
            if word not in found and (known := [found[part] for part in own if part in found]):
                found[word] = max(known)
        return {word: min(found.get(form, found[word]) for form in forms[word]) for word in words if word in found}


def is_talk(row: DocumentRow) -> bool:
    from engine.answering.texts.talk import Talk

    return bool(Talk.of(row.document.text).turns)


def _is_between_people(row: DocumentRow) -> bool:
    """Whether a document is a talk of people about themselves: of two or more who say something twice, who are no
    "Q" and "A" and no "HAMLET", and of whose turns every fifth has an "I"."""
    from engine.answering.texts.talk import MINE, Talk

    talk = Talk.of(row.document.text)
    said = Counter(turn.speaker for turn in talk.turns)
    people = [name for name, times in said.items() if times > 1 and len(name) > 1 and not name.isupper()]
    own = sum(_OF_US.search(talk.text, turn.said, turn.end) is not None for turn in talk.turns)
    return len(people) > 1 and MINE * len(talk.turns) <= own and not _LABELS.issuperset(name.lower() for name in people)


def _goes_on(row: DocumentRow, behind: DocumentRow) -> bool:
    """Whether the next document of a talk is of the same hour or day: one of another day is another talk."""
    one, next_one = row.document, behind.document
    if one.context == next_one.context:
        return True
    is_of_a_day = one.date is not None and next_one.date is not None and one.date[:DAY] == next_one.date[:DAY]
    return is_of_a_day and passage(row).title == passage(behind).title


def passage(row: DocumentRow, me: Sequence[str] = (), behind: Passage | None = None) -> Passage:
    """A document as the engine reads it; no sentence goes over from one message to the next."""
    from engine.library import Passage

    document, text = row.document, row.document.text
    starts = [0, *(place for place, _ in document.messages if place), len(text)]
    spans = [(a + first, a + last) for a, b in pairwise(starts) for first, last in sentences(text[a:b])]
    writers = [(place, _writer(message.author, me)) for place, message in document.messages]
    return Passage(row.id, document.context, text, spans, document.date, moments_of(row), writers, me, behind)


def _writer(author: str, me: Sequence[str]) -> str:
    """A writer's name; of what exports have from "You" the owner's."""
    return me[0] if me and author.lower() == YOU else author


def moments_of(row: DocumentRow) -> list[tuple[int, str]]:
    """(place in the text, ISO time) of what a document tells as of a time: its messages, or all of it where the date
    stands in its headings or its file's name, as a diary's does. That of a paper or a manual is only its own; a talk's
    without any is its file's where that is older than what memory holds of it: a copy's says when it was copied, and
    that of a file which goes on, when it last did."""
    document = row.document
    if said := [(place, message.time) for place, message in document.messages if message.time]:
        return said
    if document.date is None:
        return []
    day = document.date[:10]
    named = day == from_name(row.path.name) or any(day in text or day == in_heading(text) for text in document.headings)
    if named or (day < row.added_at.astimezone().date().isoformat() and _is_between_people(row)):
        return [(0, document.date)]
    return []


def _rarity(held: int, total: int) -> float:
    """Inverse document frequency as BM25 has it."""
    return math.log(1 + (total - held + 0.5) / (held + 0.5))
