"""What a reader looks at: a question and the best sentences, each with what stands around it, as marked words."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from engine.answering.evidence.sentences import Scored
from engine.answering.questions.kinds import KINDS
from engine.answering.questions.question import Question
from engine.answering.questions.things import is_denied
from engine.answering.texts.surroundings import table_headers
from engine.answering.texts.talk import Talk
from engine.answering.words.stems import STOP, plain, stem
from engine.library import Passage

WORD = re.compile(r"[$€£¥]?[^\W_]+(?:['’.,@_/:-][^\W_]+)*%?|[^\w\s]")
MONTH = re.compile(
    r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|sept|oct|nov|dec)[a-z]*\Z|\w+day\Z|(?:1[0-9]|20)\d\d\Z", re.I
)
NUMBER = re.compile(
    r".*\d|(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|twenty|thirty|forty|fifty|sixty|hundred"
    r"|thousand|million|billion|dozen|half|first|second|third)s?\Z",
    re.I,
)
_WHO_DOES = re.compile(r"(?:i|we|you|he|she|they|it)(?:['’](?:m|s|ll|ve|d|re))?\Z", re.I)
_OPENING = frozenset('"“«‘')
_NUMBERED = re.compile(r"[A-Z][\w’'-]+\Z")  # Henry I, World War I
ASKED = 40  # words of a question
CONTEXT, BEFORE, SENTENCE, BEHIND = 10, 16, 56, 12  # words of a window
MARKS = (
    "inside", "context", "repeats", "capital", "digit", "number", "date", "stop", "kind", "mark", "line", "stressed",
)  # fmt: skip
_BIT = {name: 1 << at for at, name in enumerate(MARKS)}
MAY_END = ~(_BIT["mark"] | _BIT["context"])
KIND_OF = {kind.name: at + 1 for at, kind in enumerate(KINDS)}  # 0: none is expected


@dataclass(frozen=True, slots=True)
class Window:
    """A candidate sentence of `words[first:last]`, what stands around it before and behind."""

    words: tuple[str, ...]
    marks: npt.NDArray[np.int16]  # [words] bits of MARKS
    weights: npt.NDArray[np.float32]  # [words] of the question's word that stands here, the rarest being 1
    features: npt.NDArray[np.float32]  # answering.evidence.sentences.FEATURES
    first: int
    last: int
    places: tuple[tuple[int, int], ...]  # of words[first:last] in the document's text
    barred: tuple[int, ...] = ()  # of these, what no answer has: "I" and "they", unless the question is for a clause


@dataclass(frozen=True, slots=True)
class Asked:
    words: tuple[str, ...]
    marks: npt.NDArray[np.int16]
    weights: npt.NDArray[np.float32]
    kind: int


def asked_of(question: Question, weights: Mapping[str, float]) -> Asked:
    words = tuple(m.group() for m in WORD.finditer(question.text))[:ASKED]
    marks, found = marked(question, weights, " ".join(words), words, "inside", frozenset())
    return Asked(words, marks, found, KIND_OF.get(question.kind.wider or "", 0) if question.kind else 0)


def window_of(question: Question, weights: Mapping[str, float], passage: Passage, scored: Scored) -> Window:
    """The window of one scored sentence of a passage; in talk, "I" and "you" as the names they stand for."""
    at = [start for start, _ in passage.sentences].index(scored.start)
    text = passage.text[scored.start : scored.end]
    header = table_headers(passage.text, passage.sentences[: at + 1])[at]
    before = passage.sentences[at - 1][0] if at else scored.start, scored.start
    if header is not None:
        before = passage.sentences[header]
    behind = scored.end, passage.sentences[at + 1][1] if at + 1 < len(passage.sentences) else scored.end
    talk = Talk.of(passage.text, passage.writers)

    def words(start: int, end: int) -> list[str]:
        return [talk.named(m.group(), m.start()) for m in WORD.finditer(passage.text, start, end)]

    tokens = list(WORD.finditer(text))[:SENTENCE]
    holds = frozenset(
        place
        for match in (question.kind.looks.finditer(text) if question.kind else ())
        if question.kind is None or not question.kind.is_open or not is_denied(text, match.start())
        for place in range(match.start(), match.end())
    )
    parts = (
        ([m.group() for m in WORD.finditer(passage.context)][:CONTEXT], "context", frozenset[int](), passage.context),
        (words(*before)[-BEFORE:], "", frozenset[int](), passage.text[slice(*before)]),
        (
            words(scored.start, scored.end)[:SENTENCE],
            "inside",
            frozenset(i for i, m in enumerate(tokens) if m.start() in holds),
            text,
        ),
        (words(*behind)[:BEHIND], "", frozenset[int](), passage.text[slice(*behind)]),
    )
    read = [marked(question, weights, whole, held, where, kinds) for held, where, kinds, whole in parts]
    first = len(parts[0][0]) + len(parts[1][0])
    return Window(
        tuple(word for held, *_ in parts for word in held),
        np.concatenate([marks for marks, _ in read]),
        np.concatenate([found for _, found in read]),
        np.array(scored.features, dtype=np.float32),
        first,
        first + len(tokens),
        tuple((scored.start + m.start(), scored.start + m.end()) for m in tokens),
        () if question.asks_a_clause or question.asks_who else tuple(who_does([m.group() for m in tokens])),
    )


def who_does(words: Sequence[str]) -> Iterator[int]:
    """Places of pronouns that somebody does something by: of a name for a thing they are no part, unless it is a title
    ("She Loves You") or a king's number."""
    for at, word in enumerate(words):
        if not _WHO_DOES.match(word):
            continue
        before, behind = words[at - 1] if at else "", words[at + 1] if at + 1 < len(words) else ""
        is_name = word[0].isupper() and (
            word == "IT"
            or before in _OPENING
            or (_NUMBERED.match(before) is not None and before.lower() not in STOP)
            or (behind[:1].isupper() and behind.lower() != behind.upper() and not _WHO_DOES.match(behind))
        )
        if not is_name and (word[0] in "Ii" or word.islower() or before in ("", ".", ":", "!", "?", "…")):
            yield at


def marked(
    question: Question, weights: Mapping[str, float], text: str, words: Sequence[str], where: str, kinds: frozenset[int]
) -> tuple[npt.NDArray[np.int16], npt.NDArray[np.float32]]:
    marks, found = np.zeros(len(words), np.int16), np.zeros(len(words), np.float32)
    heaviest = max(weights.values(), default=1.0)
    capitals = not text.isupper()
    for at, word in enumerate(words):
        bits = _BIT[where] if where else 0
        if not word[-1].isalnum() and len(word) == 1:
            marks[at] = bits | _BIT["mark"]
            continue
        root = stem(plain(word.lower()))
        if root in weights:
            bits |= _BIT["repeats"]
            found[at] = weights[root] / heaviest
        for name, holds in (
            ("capital", capitals and word[0].isupper()),
            ("digit", any(c.isdigit() for c in word)),
            ("number", NUMBER.match(word) is not None),
            ("date", MONTH.match(word) is not None),
            ("stop", word.lower() in STOP),
            ("kind", at in kinds),
            ("line", at == 0),
            ("stressed", root in question.names),
        ):
            if holds:
                bits |= _BIT[name]
        marks[at] = bits
    return marks, found
