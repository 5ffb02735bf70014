"""Scores of sentences as support for an answer: exact words weighed by rarity, meaning, kind of answer, document.

A handful of features a sentence, mostly between 0 and 1 (Kind.weight makes 2 of one), and one weight each
(Policy.sentence_weights, fitted by `engine.training.quoting`); `Scored.score` is their weighted sum through a sigmoid,
so that one threshold decides what is grounded.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from engine.answering.evidence.dated import is_dated, only_ahead
from engine.answering.evidence.meaning import Likeness, Meanings
from engine.answering.questions.question import Question
from engine.answering.texts.surroundings import surroundings, table_headers
from engine.answering.texts.talk import Talk
from engine.answering.words.grammar import LONGEST
from engine.answering.words.pronouns import whom
from engine.answering.words.related import beyond, heaviest_missing, hints, known, themselves, weight_of, with_hints
from engine.answering.words.stems import STOP, WORD, plain, stem, stems_of
from engine.library import Passage

FEATURES = (
    "words",  # share of the question's weight that the sentence's own words cover
    "around",  # the same with the sentences beside it, the passage's first ones and the document's context
    "before",  # what the sentence before (or a row's header) covers beyond it: answers often follow what they answer
    "missing",  # weight of the rarest word that is nowhere around, against the rarest asked
    "names",  # share of the question's names and numbers around
    "pairs",  # share of neighbouring question words that stand close together here
    "kind",  # an answer of the expected kind is here
    "no_kind",  # one is expected and is not here
    "document",  # the document's probability in the ranking, against the best
    "first",  # the best document
    "long",
    "short",
    "asks",  # ends with a question mark
    "echo",  # holds nothing that the question did not have, or is of another's "I" where the owner asks of "I"
    "markup",  # front matter, headings, rules of tables
    "recent",  # the question asks how things are now: how new the document is among those that say such a thing
    "meaning",  # likeness of the sentence to the question (answering.evidence.meaning)
    "meaning_around",
    "meaning_words",
    "focus",  # the thing asked for is named here; half where the question names none
    "focus_around",  # not here, but beside it or in the document's context
    "passage",  # share of the question's weight that the whole passage covers
    "unfit",  # an answer of a kind seldom met by chance is expected, and is not here
)
RECENT = FEATURES.index("recent")
WEIGHTS = (
    *(4.0, 2.0, 1.5, -1.5, 1.0, 1.0, 1.2, -0.8, 1.0, 0.5, -0.8, -0.8, -3.0, -3.0, -1.5, 8.0),
    *(0.0, 0.0, 0.0, 1.0, 0.3, 1.0, -1.0),
)
BIAS = -4.0
STILL_AHEAD = 0.5  # of an answer to when something happened, that a day is which was to come when it was told
OPENING, TOPIC = 6, 2  # of a passage's first six sentences, the first two that have a word of the question say what
# it is about: all behind them stand near these words. Of talk, none do
ABOUT = 0.3  # share of what a question about now speaks of that is around a sentence, to count as news of it
OLDER = 0.8  # of its rank, that counts for a date which is not the newest
MINUTE = 16  # characters of a date with its time, seconds left out: files that were copied together are as new
_WROTE = re.compile(  # above an answered mail
    r"\W*(?:on|am|le) [^\n\d]{0,12}(?:\d{1,2}\.? \w{3,9}\.?,? \d{4}|\d{4}-\d\d-\d\d|\d{1,2}[./]\d{1,2}[./]\d{2,4}"
    r"|\d{1,2}, \d{4})[^\n]{3,100} (?:wrote|schrieb|a écrit) ?:\s*\Z",
    re.I,
)
_OF_MAIL = re.compile(r"\b(?:e?-?mail\w*|address|wrote|write|written|sent|send|repl(?:y|ied)|answer(?:ed)?)\b", re.I)
MARKUP = re.compile(r"\s*(---\n\w+:|#{1,6} [^\n]*$|\|[ :|-]+\||title:|tags:|date:)")


@dataclass(frozen=True, slots=True)
class Scored:
    """A sentence as support: where it stands, how much of the question it covers."""

    document: int
    start: int
    end: int
    text: str
    score: float
    covered: frozenset[str]  # the question's stems in the sentence
    near: frozenset[str]  # and in the sentence, its neighbours, the passage's first or the document's context
    hinted: frozenset[str] = frozenset()  # those for which a related word is in the sentence
    words: frozenset[str] = frozenset()  # all stems of the sentence, its neighbours and the document's context
    features: tuple[float, ...] = ()
    logit: float = 0.0  # of these alone
    turn: int | None = None  # of a talk, counted within the document
    said: int = 0  # characters before what is said: of a talk, when and by whom

    @property
    def says(self) -> str:
        return self.text[self.said :]

    @property
    def place(self) -> tuple[int, int]:
        return self.document, self.start


def term_weights(question: Question, rarity: Mapping[str, float]) -> dict[str, float]:
    """Stem -> weight; the rarity of the word it stands for."""
    return {s: max(rarity.get(w, 1.0), 0.05) for s, w in zip(question.stems, question.words, strict=True)}


def score_sentences(
    question: Question,
    weights: Mapping[str, float],
    passages: Sequence[Passage],
    documents: Mapping[int, float],
    fitted: Sequence[float] = (),
    meanings: Meanings | None = None,
) -> list[Scored]:
    """All sentences of the passages, best first. documents: each document's share of the best one's probability."""
    factors, bias = (tuple(fitted[:-1]), fitted[-1]) if fitted else (WEIGHTS, BIAS)
    read: list[tuple[Passage, tuple[int, int], Seen]] = []
    for passage in passages:
        seen = read_sentences(question, weights, passage, documents.get(passage.document, 0.0), meanings)
        read.extend((passage, span, one) for span, one in zip(passage.sentences, seen, strict=True))
    recent = _recency(question, weights, read) if question.asks_now or question.asks_before else {}
    asks_of_mail = _OF_MAIL.search(question.text[:LONGEST]) is not None
    out: list[Scored] = []
    for at, (passage, (start, end), one) in enumerate(read):
        if not asks_of_mail and _WROTE.match(passage.text[start:end]) is not None:
            continue
        features = one.features
        if at in recent:
            features = (*features[:RECENT], recent[at], *features[RECENT + 1 :])
        logit = bias + sum(f * v for f, v in zip(factors, features, strict=True))
        held = one.covered, one.near, one.hinted, one.words, features, logit, one.turn, one.said
        out.append(Scored(passage.document, start, end, passage.text[start:end], sigmoid(logit), *held))
    return sorted(out, key=lambda s: (-s.score, s.document, s.start))


def lasting(sentence: Scored, fitted: Sequence[float] = ()) -> float:
    """The logit without what it has for being news: that chooses between sentences, and says nothing of their worth."""
    return sentence.logit - (fitted or WEIGHTS)[RECENT] * sentence.features[RECENT]


def _recency(
    question: Question, weights: Mapping[str, float], read: Sequence[tuple[Passage, tuple[int, int], Seen]]
) -> dict[int, float]:
    """Place -> rank of its document's date, the newest 1, of the sentences that may say how things are: they name
    the thing asked for, hold an answer of its kind, and cover half as much of what is spoken of as the best of them.
    Where some name whom it is about, these alone, by what they cover of the rest; where none names the thing asked for,
    the others. How things were before: 1 for all but the newest."""
    dated = {at: one for at, (passage, _, one) in enumerate(read) if passage.date and one.answers}
    telling = {at: one for at, one in dated.items() if one.telling} or dated
    own = {at: one for at, one in telling.items() if question.subjects and question.subjects <= one.covered}
    spoken_of = sum(weight for s, weight in weights.items() if s not in question.kind_stems) or 1.0
    named = sum(weights[s] for s in question.subjects) / spoken_of if own else 0.0
    telling = own or telling
    least = named + max(
        ABOUT * (1.0 - named), 0.5 * (max((one.about for one in telling.values()), default=0.0) - named)
    )
    dates = {at: (read[at][0].date or "")[:MINUTE] for at, one in telling.items() if one.about >= least}
    order = {date: at for at, date in enumerate(sorted(set(dates.values())), 1)}
    if question.asks_before:
        return {at: float(order[date] < len(order)) for at, date in dates.items()}
    return {at: order[date] / len(order) * (1.0 if order[date] == len(order) else OLDER) for at, date in dates.items()}


@dataclass(frozen=True, slots=True)
class Seen:
    """What a sentence shows of the question."""

    features: tuple[float, ...]
    covered: frozenset[str]
    near: frozenset[str]
    hinted: frozenset[str]
    words: frozenset[str]
    turn: int | None  # of a talk
    said: int  # characters before what is said
    answers: bool  # holds an answer of the kind asked for
    telling: bool  # and names the thing asked for
    about: float  # share of what is spoken of that is here and around, words for kinds of answers left out


def read_sentences(
    question: Question, weights: Mapping[str, float], passage: Passage, document: float, meanings: Meanings | None
) -> Iterator[Seen]:
    """Every sentence of a passage, with its neighbours and the document's context in view; of no date."""
    total = sum(weights.values()) or 1.0
    heaviest = max(weights.values(), default=1.0)
    asked, weights = tuple(weights), with_hints(weights)
    ordered = [stems_of(passage.text[a:b]) for a, b in passage.sentences]
    dated = question.asks_when and question.is_past  # then the day something was written is an answer
    talk = Talk.of(passage.text, passage.writers)
    talkers = frozenset(stems_of(" ".join({turn.speaker for turn in talk.turns})))
    people = [stems_of(talk.people(a, b)) for a, b in passage.sentences]
    mine = question.mine
    of_somebody = question.kind is not None and question.kind.name == "person"  # then who says it may be the answer
    begins = [a if of_somebody else talk.said(a, b) for a, b in passage.sentences]
    answering = [
        question.expects(passage.text[begin:end])
        or (dated and is_dated(passage, start, passage.text[start:end], talk))
        or (question.asks_who and not question.names.issuperset(told_of))
        for (start, end), begin, told_of in zip(passage.sentences, begins, people, strict=True)
    ]
    inside = [
        (known([*stems, *said_by], asked) - question.elsewhen(passage.text[a:b]))
        | (question.kind_stems if holds else frozenset())
        | question.timed(passage.text[a:b])
        for stems, said_by, holds, (a, b) in zip(ordered, people, answering, passage.sentences, strict=True)
    ]
    if not talk.turns:
        inside = [held | meant for held, meant in zip(inside, whom(question.names, passage, inside), strict=True)]
    titled = stems_of(passage.context)
    context = known(titled, asked) | question.timed(passage.context)
    asked_for = (question.focus,) if question.focus is not None else ()
    is_thing = question.kind is not None and question.kind.is_open
    named = [
        bool(themselves(known(stems, asked_for))) or (is_thing and holds)
        for stems, holds in zip(ordered, answering, strict=True)
    ]
    titled_so = bool(themselves(known(titled, asked_for)))
    whole = weight_of(context.union(*inside), weights) / total
    unfit = question.is_specific
    spoken_of = with_hints({s: weights[s] for s in asked if s not in question.kind_stems})
    spoken = sum(spoken_of[s] for s in asked if s in spoken_of) or 1.0
    beside_it = surroundings(passage.sentences, talk)
    opening = [at for at, held in enumerate(inside[:OPENING]) if held][:TOPIC] if not talk.turns else []
    headers = table_headers(passage.text, passage.sentences)
    alike = (
        meanings.likeness(question, [weights[stem] for stem in question.stems], passage)
        if meanings is not None
        else [Likeness(0.0, 0.0, 0.0)] * len(passage.sentences)
    )
    for at, (start, end) in enumerate(passage.sentences):
        text, covered = passage.text[start:end], inside[at]
        header = headers[at]
        before = inside[header] if header is not None else inside[at - 1] if at else frozenset[str]()
        then = question.dated(passage.written(start) or passage.date)
        first, last = beside_it[at]
        # of whom a sentence of talk tells, neither its neighbours nor a title say
        topic = (inside[said_first] for said_first in opening if said_first < at)
        near = covered.union(context, then, before, *topic, *inside[first:last]) - (talkers - covered)
        beside = titled_so or any(named[first:last]) or (header is not None and named[header])
        length = len(text.split())
        answered = float(answering[at]) * (STILL_AHEAD if dated and only_ahead(passage, start, end) else 1.0)
        features = (
            weight_of(covered, weights) / total,
            weight_of(near, weights) / total,
            weight_of(beyond(before, covered), weights) / total,
            heaviest_missing(near, weights) / heaviest,
            len(question.names & near) / len(question.names) if question.names else 0.5,
            _pairs(question, ordered[at]),
            answered * (question.kind.weight if question.kind is not None else 1.0),
            1.0 - answered if question.kind is not None and not question.kind.is_open else 0.0,
            document,
            float(document >= 1.0),
            min(1.0, max(0.0, (length - 30) / 50)),
            float(length < 4),
            float(text.rstrip().endswith("?")),
            float(
                _echo(question, text)
                or (question.asks_of_me and talk.is_of_others(start, end, question.asks_what_i_said, passage.me, mine))
            ),
            float(MARKUP.match(text) is not None),
            0.0,
            alike[at].own,
            alike[at].around,
            alike[at].words,
            float(named[at]) if asked_for else 0.5,
            float(not named[at] and beside),
            whole,
            float(unfit and not answering[at]),
        )
        words = frozenset(titled).union(*ordered[first:last], ordered[header] if header is not None else ())
        about = beside or not asked_for or question.focus in question.kind_stems
        answers = answering[at] or question.kind is None or question.kind.is_open
        turn = talk.number(start) if talk.turns else None
        said_of = weight_of(near & spoken_of.keys(), spoken_of) / spoken
        yield Seen(
            features,
            themselves(covered),
            themselves(near),
            hints(covered),
            words,
            turn,
            begins[at] - start,
            answers,
            about and answers,
            said_of,
        )


def _pairs(question: Question, stems: Sequence[str]) -> float:
    """Share of neighbouring question words that are within three words of one another in a sentence."""
    pairs = list(zip(question.stems, question.stems[1:], strict=False))
    if not pairs:
        return 0.0
    places: dict[str, list[int]] = {}
    for at, found in enumerate(stems):
        places.setdefault(found, []).append(at)
    close = sum(
        any(abs(a - b) <= 3 for a in places.get(left, ()) for b in places.get(right, ())) for left, right in pairs
    )
    return close / len(pairs)


def _echo(question: Question, text: str) -> bool:
    words = (m.group().lower() for m in WORD.finditer(text))
    return not any(stem(plain(w)) not in question.stems for w in words if w not in STOP)


def sigmoid(logit: float) -> float:
    return 1.0 / (1.0 + math.exp(-logit))


def names_in(text: str, question: Question) -> list[str]:
    """Words of a sentence that may lead to another document: names and numbers the question did not have."""
    found = []
    for match in WORD.finditer(text):
        word = match.group()
        if not (word[0].isupper() or word[0].isdigit()) or word.lower() in STOP or len(word) < 2:
            continue
        if stem(plain(word.lower())) not in question.stems and word not in found:
            found.append(word)
    return found
