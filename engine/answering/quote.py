"""From scored sentences to an answer: one sentence that says it, or a chain of two where a name leads from one
document to the next."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from engine.answering.evidence.lists import listed
from engine.answering.evidence.sentences import FEATURES, MARKUP, Scored, names_in
from engine.answering.questions.question import Question
from engine.answering.words.grammar import MONTH_NAME, WEEKDAY
from engine.answering.words.pronouns import NAME_WITHIN
from engine.answering.words.related import HINTED
from engine.answering.words.stems import WORD, stem, stems_of
from engine.answering.words.times import times_in
from engine.library import Passage

ENOUGH = 0.85  # share of the question's weight that one sentence and its surroundings cover: no further hop
CHAIN_GAIN = 0.1  # share of the question a chain must cover beyond the best single sentence
CHAIN_WORDS = 0.2  # share its end must cover by words where the kind of answer is easily met by chance
CHAIN_GAIN_OVER_GOOD = 0.3  # and beyond one that covers half of it and holds the kind of answer asked for
SAME = 0.4  # share of the question that its end is worth for naming in full whom the other names
UNANSWERED = 0.2  # what a best sentence without the kind of answer asked for counts less
DATED = re.compile(rf"\d{{1,4}}|{WEEKDAY}|{MONTH_NAME}", re.I)  # leads nowhere: dates stand everywhere
_ALSO_NAMES = frozenset("april may june august".split())
_IN_FULL = re.compile(r"\b[A-Z][\w’'-]*[a-z] (?:(?:van|von|de|der|den|la|da|dos|al|bin|Mc|O’) ?)*[A-Z][\w’'-]*[a-z]\b")
_POINTS_BACK = re.compile(r"\W*(?:he|she|it|they|that|this)\b(?!['’]ll)", re.I)
_OF_US = re.compile(r"\b(?:I|we)\b", re.I)
HEADING_WORDS = 3  # at most: "2. Rent" says nothing beside a sentence
BESIDE = 0.3  # of the best sentence's score: what else of its document is shown while there is room
NO_KIND = FEATURES.index("no_kind")
INSTEAD = 0.3  # and may answer in its place
ELSEWHERE = 0.5  # and of other documents
CITED, OPENING = 0.5, 0.25  # of what is cited beside it; the second, of sentences that say what the best leaves open
SHOWN_WORDS = 40  # of the answer as shown; citations carry the sentences whole
BESIDES = 12  # best sentences of which some are cited as well
BRIDGES = 3
DAY_DOCUMENTS, DAY_LINES = 5, 6  # of a day that is asked for as a whole
DAY_SURE = 0.5


@dataclass(frozen=True, slots=True)
class Quoted:
    """Sentences that support the answer, the answering one first."""

    sentences: tuple[Scored, ...]
    score: float
    told: tuple[Scored, ...]  # those that are shown as the answer: the first, further ones where there is room
    chained: bool = False  # the first answers only together with the second, of another document
    is_list: bool = False  # told: the whole list that is asked for
    is_whole: bool = False  # told: both sides of a comparison, or what was gathered: documents beside each other
    signs: tuple[float, ...] = ()  # of how sure it is (answering.sureness)

    @property
    def text(self) -> str:
        return "\n".join(sentence.text for sentence in self.told)

    @property
    def cited(self) -> list[Scored]:
        """What is cited: each text once, though a copy of its file has it as well."""
        first: dict[str, Scored] = {}
        for sentence in self.sentences:
            first.setdefault(sentence.text, sentence)
        return list(first.values())

    @property
    def own(self) -> str:
        """Of what is shown, what stands in the first sentence's document, or is said next: enough beside a short
        answer."""
        if self.is_whole or (self.sentences[0].turn is not None and not self.chained):
            return self.text
        first = self.sentences[0].document
        return "\n".join(line.text for line in self.told if line.document == first)


def share(stems: frozenset[str], weights: Mapping[str, float]) -> float:
    return sum(weights[s] for s in stems if s in weights) / (sum(weights.values()) or 1.0)


def is_enough(question: Question, best: Scored | None, weights: Mapping[str, float]) -> bool:
    """One hop answers it: a sentence with its surroundings covers nearly all that was asked, in the kind asked for."""
    if best is None or share(best.near, weights) < ENOUGH:
        return False
    return not question.lacks(best.says)


def bridges(question: Question, found: Sequence[Scored], most: int = BRIDGES) -> list[Scored]:
    """Sentences that name something the question did not, best first, one a document; where it is asked of
    somebody who is named by what is said of them, those first that have a name in full beside what is said."""
    somebody = list[Scored]()
    if question.asks_of_somebody and found:
        near = max(len(sentence.near) for sentence in found[:BESIDES])
        somebody = [s for s in found[:BESIDES] if len(s.near) == near > 0 and people_in(s.text, question)]
    out: dict[int, Scored] = {}
    for sentence in somebody:
        out.setdefault(sentence.document, sentence)
    for sentence in found:
        if len(out) >= most:
            break
        if sentence.document not in out and sentence.covered and names_in(sentence.text, question):
            out[sentence.document] = sentence
    return list(out.values())[:most]


def people_in(text: str, question: Question) -> list[str]:
    """Names of two words or more that the question does not have: of somebody, mostly."""
    names = (match.group() for match in _IN_FULL.finditer(text))
    return [name for name in names if question.names.isdisjoint(stems_of(name)) and not is_a_date(name)]


def is_a_date(name: str) -> bool:
    """Whether a name has a weekday, a month or a number in it; April, May, June and August are names as well."""
    words = (word.lower() for word in WORD.findall(name))
    return any(DATED.fullmatch(word) for word in words if word not in _ALSO_NAMES)


def bridge_text(question: Question, bridge: Scored) -> str:
    """Words to look for in the next hop: the names the bridge brings, and what it left unanswered, with the names of a
    question that is of nobody else."""
    own = question.names if not question.is_nested else frozenset[str]()
    left = [w for s, w in zip(question.stems, question.words, strict=True) if s not in bridge.covered or s in own]
    return " ".join([*names_in(bridge.text, question), *left])


def chain(
    question: Question, bridge: Scored, second: Sequence[Scored], weights: Mapping[str, float]
) -> tuple[Scored, float] | None:
    """The sentence of another document that goes on from a bridge: (sentence, share of the question both cover)."""
    names = {stem(name.lower()) for name in names_in(bridge.text, question) if not DATED.fullmatch(name)}
    people = people_in(bridge.text, question)
    best: tuple[float, int, float, Scored] | None = None
    for sentence in second:
        if sentence.document == bridge.document or question.lacks(sentence.says):
            continue
        if not names & sentence.words:
            continue
        same = question.asks_of_somebody and question.kind is not None and any(name in sentence.text for name in people)
        hinted = HINTED * share(sentence.hinted - bridge.near, weights)
        if not same and share(sentence.covered - bridge.covered, weights) + hinted < CHAIN_GAIN:
            continue
        words = share(sentence.covered - question.kind_stems, weights) + hinted
        if not same and not question.is_specific and words < CHAIN_WORDS:
            continue
        both = min(1.0, share(bridge.near | sentence.covered, weights) + max(hinted, SAME * same))
        named = len(names.intersection(stems_of(sentence.text)))  # of rows side by side, the one that has the name
        if best is None or (both, named, sentence.score) > best[:3]:
            best = (both, named, sentence.score, sentence)
    return (best[3], best[0]) if best else None


def choose(
    question: Question,
    found: Sequence[Scored],
    links: Sequence[tuple[Scored, Scored, float]],
    weights: Mapping[str, float],
    behind: Callable[[Scored], Sequence[Scored]] = lambda best: (),
) -> Quoted | None:
    """The answer: the best single sentence, or the best chain (bridge, answer, share) where it covers clearly more.
    behind: what is said next where a sentence's document ends.

    A question that names nothing by another thing is answered by one sentence: of 44 such questions of six sets that a
    chain answered, 9 were right, and 26 by the best sentence (docs/log.md)."""
    if not found:
        return None
    best = found[0]
    single, gain = share(best.near, weights), CHAIN_GAIN
    if question.lacks(best.says):
        single -= UNANSWERED
    elif single > 0.5:
        gain = CHAIN_GAIN_OVER_GOOD
    if links and question.is_nested:
        bridge, answer, both = max(links, key=lambda link: (link[2], link[1].score))
        if both > single + gain:
            score = max(answer.score, bridge.score, 0.5 * (1.0 + min(1.0, both)) * best.score)
            said = tuple(shown(once((answer, best, bridge))))
            return Quoted(tuple(once((answer, bridge, *said))), score, said, chained=True)
    found = answering_first(question, found)
    best = found[0]
    left = {s: share(s.near - best.near, weights) for s in found[1:BESIDES] if s.text != best.text}
    more = [s for s in left if s.score >= (OPENING if left[s] >= CHAIN_GAIN else CITED) * best.score]
    more = sorted(more, key=lambda s: -left[s])[:3]  # first what the best leaves open
    beside = [
        s
        for s in found[1:]
        if s.score >= (BESIDE if s.document == best.document else ELSEWHERE) * best.score
        and len(s.text.split()) > HEADING_WORDS
    ]
    if best.turn is not None:
        own = sorted((s for s in found if s.document == best.document), key=lambda s: s.start)
        before, next_ones = excerpt(best, [*own, *behind(best)])
        told = (*before, best, *next_ones)
        more = [s for s in more if all((s.document, s.start) != (one.document, one.start) for one in told)]
        return Quoted((best, *in_one(next_ones), *in_one(before), *more), best.score, told)
    own = sorted((s for s in found if s.document == best.document), key=lambda s: s.start)
    if question.asks_all and (items := listed(question, best, own)):
        told = tuple(shown(items))
        return Quoted(tuple(once([best, *items, *more])), best.score, told, is_list=len(told) == len(items))
    told = in_order(shown([best, *beside]))
    return Quoted(tuple(dict.fromkeys((best, *told, *more))), best.score, told)


def answering_first(question: Question, found: Sequence[Scored]) -> Sequence[Scored]:
    """The sentences, and in front, where the best has no answer of the kind asked for, the next of its document that
    has: a title says most of a question's words."""
    best = found[0]
    if not best.features or best.features[NO_KIND] < 1.0:
        return found
    others = (s for s in found[1:BESIDES] if s.document == best.document and s.score >= INSTEAD * best.score)
    instead = next((s for s in others if question.expects(s.says)), None)
    return found if instead is None else [instead, *(s for s in found if s is not instead)]


def excerpt(best: Scored, own: Sequence[Scored]) -> tuple[Sequence[Scored], Sequence[Scored]]:
    """Of a talk, what came before a sentence and what follows it, as far as there is room beside it, for the latter
    first: an answer is often the next one's. own: all sentences of the document, in order."""
    at = next(place for place, one in enumerate(own) if (one.document, one.start) == (best.document, best.start))
    first, last, room = at, at + 1, SHOWN_WORDS - len(best.text.split())
    if _POINTS_BACK.match(best.says) and first > 0 and (length := len(own[first - 1].text.split())) <= room:
        first, room = first - 1, room - length
    while last < len(own) and (length := len(own[last].text.split())) <= room:
        last, room = last + 1, room - length
    while first > 0 and (length := len(own[first - 1].text.split())) <= room:
        first, room = first - 1, room - length
    return own[first:at], own[at + 1 : last]


def in_one(sentences: Sequence[Scored]) -> list[Scored]:
    """Sentences one behind the other as one citation of each document; none of none."""
    out = []
    for _, group in groupby(sentences, key=lambda sentence: sentence.document):
        first, *rest = group
        text = "\n".join(sentence.text for sentence in (first, *rest))
        end, score = (rest or [first])[-1].end, max(sentence.score for sentence in (first, *rest))
        out.append(replace(first, end=end, text=text, score=score))
    return out


def of_a_day(passages: Sequence[Passage], question: Question) -> Quoted | None:
    """What documents of the time asked for tell of it, for a question that asks for nothing else: of each first what
    somebody did. First documents in which "I" or "we" tell it, and of these what one writes for oneself, then in the
    order given."""
    lines = list[list[Scored]]()
    lived = sorted(passages, key=lambda one: (not _is_lived(one), bool(one.writers)))
    for passage in lived:
        found = [
            Scored(passage.document, start, end, text, DAY_SURE, frozenset(), frozenset())
            for start, end in passage.sentences
            if len((text := passage.text[start:end]).split()) > HEADING_WORDS
            and not MARKUP.match(text)
            and not _is_only_a_day(text)
            and question.is_then(passage.written(start) or passage.date)
        ]
        lines.append(sorted(found, key=lambda s: -_eventful(s.text))[:DAY_LINES])
    first = [own[0] for own in lines if own][:DAY_DOCUMENTS]
    if not first:
        return None
    told = in_order(shown([*first, *(line for own in lines for line in own[1:])]))
    return Quoted(tuple(once([*told, *first])), DAY_SURE, told)


def _is_lived(passage: Passage) -> bool:
    """Whether "I" or "we" tell it: a diary or a message, no log."""
    return any(_OF_US.search(passage.text, start, end) is not None for start, end in passage.sentences)


def _is_only_a_day(text: str) -> bool:
    """A line that says which day it is, and nothing else."""
    for time in reversed(times_in(text)):
        text = text[: time.at[0]] + text[time.at[1] :]
    return len(WORD.findall(text)) < HEADING_WORDS - 1


def _eventful(text: str) -> int:
    """Whether "I" or "we" stands in a sentence, and whether somebody's or some place's name does."""
    return (_OF_US.search(text) is not None) + (NAME_WITHIN.search(text) is not None)


def once(sentences: Sequence[Scored]) -> list[Scored]:
    """Each place once: a sentence that a reader was heard about is there with another score."""
    places: dict[tuple[int, int], Scored] = {}
    for sentence in sentences:
        places.setdefault((sentence.document, sentence.start), sentence)
    return list(places.values())


def shown(sentences: Sequence[Scored]) -> list[Scored]:
    """The first sentence, and further ones while they stay within SHOWN_WORDS."""
    first, *rest = sentences
    taken, words = [first], len(first.text.split())
    for sentence in rest:
        length = len(sentence.text.split())
        if words + length <= SHOWN_WORDS and all(sentence.text != other.text for other in taken):
            taken.append(sentence)
            words += length
    return taken


def in_order(sentences: Sequence[Scored]) -> tuple[Scored, ...]:
    """A document after the other, the best sentence's first, each in its own order."""
    documents = list(dict.fromkeys(sentence.document for sentence in sentences))
    return tuple(sorted(sentences, key=lambda s: (documents.index(s.document), s.start)))
