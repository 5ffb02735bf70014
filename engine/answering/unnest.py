"""Answers a nested question part by part: whom or what its first part means, then the question with that name.

Both parts are read as any question is, over all that the hops have opened; the sentence that gives the name leads to
the next hop, and is shown beside the answer."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from engine.answering.evidence.particular import particular
from engine.answering.evidence.sentences import Scored, names_in
from engine.answering.questions.kinds import Kind
from engine.answering.questions.nested import Nested
from engine.answering.questions.placing import In
from engine.answering.questions.relations import Of
from engine.answering.quote import Quoted, is_a_date, once, people_in, shown
from engine.answering.texts.talk import Talk, bare
from engine.answering.words.stems import STOP, WORD, stems_of
from engine.interleave import Step
from engine.library import Passage

if TYPE_CHECKING:
    from engine.answering.quoting import Quoting

LOOKED_AT = 4  # best sentences of the first part that may give the name
TOLD = 0.5  # share of what is said that a sentence with its surroundings must have to give the name
FOUND = 100  # and of the second, where a plain form says it
NAMES = 3  # tried at most
_ALSO = {"phone": ("phone", "mobile"), "email": ("email",), "address": ("address",)}  # lists of people have these
_NOBODY = frozenset("i me you we us they it he she".split())
NAMED = 0.5  # of a name that a sentence with its surroundings must have
BEGINS = 60  # characters of a document that say what it is about
UNSURE = 0.5  # of a name: that of the answer to it counts for more


@dataclass(frozen=True, slots=True)
class Named:
    """Whom or what the first part may mean, and the sentence that says so."""

    name: str
    sentence: Scored
    sure: float

    def is_part_of(self, name: frozenset[str]) -> bool:
        return name.issuperset(stems_of(self.name))


class Unnesting:
    def __init__(self, nested: Nested, kind: Kind | None, ask: Callable[[str, Kind | None], Quoting]) -> None:
        """kind: of what is asked for; a name in place of "the friend" may hide it. ask: a question of one part."""
        self.nested, self.kind, self.ask = nested, kind, ask
        self.first: Quoting | None = None  # remembers what its reader has read from hop to hop
        self.tried: list[Named] = []
        self.seconds: dict[str, Quoting] = {}  # by name
        around = f"{nested.before} {nested.of.noun} {nested.behind}" if nested.of is not None else ""
        self.asked = frozenset(s for s in stems_of(around) if s not in STOP)  # that one sentence has to say

    def following(self, passages: Sequence[Passage], leads: Mapping[int, float]) -> Step | None:
        """Looks for what is asked of the likeliest name that was not tried; None where there is no further one."""
        for tried in self.tried:
            second = self._second(tried)
            if second.unnesting is not None and (step := second.unnesting.following(passages, leads)) is not None:
                return step
        if len(self.tried) >= NAMES:
            return None
        known = [frozenset(stems_of(named.name)) for named in self.tried]
        named = next((one for one in self.names(passages, leads) if not any(map(one.is_part_of, known))), None)
        if named is None:
            return None
        self.tried.append(named)
        return self._step(named, passages)

    def _step(self, named: Named, passages: Sequence[Passage]) -> Step:
        asked = self._second(named).question
        kind = _ALSO.get(self.kind.name, ()) if self.kind is not None else ()
        looking_for = " ".join(dict.fromkeys([*WORD.findall(named.name), *asked.words, *kind]))
        passage = next(one for one in passages if one.document == named.sentence.document)
        through = ((passage.document, passage.context + named.sentence.text),)
        return Step(looking_for, f"to follow “{named.name}”", through)

    def names(self, passages: Sequence[Passage], leads: Mapping[int, float]) -> list[Named]:
        """Names that the best sentences for the first part give, the likeliest first."""
        first = self.first = self.first or self.ask(self.nested.first, None)
        first.see(passages, leads)
        if first.chosen() is None:
            return []
        out: dict[str, Named] = {}
        if self.nested.of is not None:
            out = self._said(first, self.nested.of)
            if out and not (isinstance(self.nested.of, Of) and not self.nested.of.is_of_work):
                return list(out.values())
        for sentence in first.heard[:LOOKED_AT]:
            if first.covers(sentence) < TOLD:
                continue
            for name in _names(first, sentence):
                if not first.question.asks_who or _is_name(name, sentence, passages):
                    out.setdefault(name, Named(name, sentence, sentence.score))
        return list(out.values())

    def _said(self, first: Quoting, of: Of | In) -> dict[str, Named]:
        """Names that sentences plainly give to whoever is meant: sentences that tell of whom they are named by."""
        out: dict[str, Named] = {}
        own = frozenset(s for s in stems_of(re.sub(r"\(.*?\)", "", of.whose)) if s not in STOP)
        for sentence in first.heard:
            if first.covers(sentence) < TOLD or 2 * len(own & sentence.near) < len(own):
                continue
            speaker = first.speaker(sentence, "")
            speaks = speaker is not None and not own.isdisjoint(stems_of(speaker))
            for name in of.named(sentence.text, speaks=speaks):
                out.setdefault(name, Named(name, sentence, sentence.score))
        return out

    def answer(self, passages: Sequence[Passage], leads: Mapping[int, float]) -> tuple[Quoted, Quoting] | None:
        """The best answer to the second part, of any name that was tried, and whoever read it."""
        best: tuple[tuple[float, float], Quoted, Quoting] | None = None
        is_related = self.nested.of is not None
        for named in self.tried:
            second = self._second(named)
            second.see(passages, leads)
            quoted = second.chosen()
            telling = [one for one in second.heard if _answers(second, one, named)]
            if is_related:  # what is said in a plain form needs no reader
                plain = (one for one in second.found[:FOUND] if particular(second.question, one.text) is not None)
                telling.extend(one for one in plain if _answers(second, one, named) and one not in telling)
            if quoted is not None and second.by is not second:
                telling = [quoted.sentences[0]]
            first = max(telling, key=lambda one: _tells(second, one, named, is_related), default=None)
            if quoted is None or first is None:
                continue
            told = quoted.score * min(1.0, first.score / quoted.sentences[0].score)
            score = min(told, max(named.sure, UNSURE))
            if best is None or (score, told) > best[0]:
                lines = tuple(shown(once((first, named.sentence, *quoted.told))))
                sentences = tuple(once((first, named.sentence, *lines, *quoted.sentences)))
                chain = replace(quoted, sentences=sentences, told=lines, score=score, chained=True, is_list=False)
                best = (score, told), chain, second
        return best[1:] if best is not None else None

    def _second(self, named: Named) -> Quoting:
        if named.name not in self.seconds:
            self.seconds[named.name] = self.ask(self.nested.second(named.name), self.kind)
        return self.seconds[named.name]


def _answers(second: Quoting, sentence: Scored, named: Named) -> bool:
    """Whether a sentence stands near the name, and has an answer of the kind asked for."""
    question = second.question
    is_naming = (sentence.document, sentence.start) == (named.sentence.document, named.sentence.start)
    if is_naming and not sentence.text.lstrip("-*•| ").startswith(named.name):
        return False  # it tells of whom the name is a relation of, unless it begins with the name
    return not _stems(second, named).isdisjoint(sentence.near) and (
        not question.lacks(sentence.says) or particular(question, sentence.text) is not None
    )


def _tells(second: Quoting, sentence: Scored, named: Named, is_related: bool) -> tuple[float, bool, bool, int, bool]:
    """How well a sentence tells what is asked: share of the name that it or what is around it has, whether the document
    begins with it, whether it says in a plain form what is asked for, how many of the other words it has (of a work's
    maker, and kin: elsewhere such words lead astray), and whether it has the name itself, or is told of who has it."""
    name = _stems(second, named)
    plain = particular(second.question, sentence.text) is not None
    rest = second.weights.keys() - name - second.question.kind_stems if is_related else frozenset[str]()
    said = len((sentence.covered | sentence.hinted) & rest)
    passage = second.passages[sentence.document]
    told_of = frozenset(stems_of(passage.context + passage.text[:BEGINS])) if is_related else name
    share = len(name & sentence.near) / len(name)
    if is_related:
        share = float(share >= NAMED)  # "Lester Liebman" is Richard Lester
    return share, plain, name <= told_of, said, not name.isdisjoint(sentence.covered)


def _stems(second: Quoting, named: Named) -> frozenset[str]:
    name = frozenset(s for s in stems_of(named.name) if len(s) > 1)
    return name & second.question.names or name or frozenset(stems_of(named.name))


def _is_name(word: str, sentence: Scored, passages: Sequence[Passage]) -> bool:
    """Whether a word that begins a sentence is somebody's name: it stands with a capital within another one, too."""
    if bare(word) in _NOBODY:
        return False
    if " " in word or not sentence.text.lstrip("-*+•#> ").startswith(word):
        return True
    within = re.compile(rf"(?<=[\w,&(] ){re.escape(word)}\b")
    speakers = (turn.speaker for passage in passages for turn in Talk.of(passage.text).turns)
    if any(within.search(passage.text) for passage in passages) or any(word in name.split() for name in speakers):
        return True
    of_an_entry = re.match(rf"[-*+•\s]+{re.escape(word)}:", sentence.text) is not None  # "- Yvonne: a microscope"
    lower = re.compile(rf"\b{re.escape(word.lower())}\b")
    return of_an_entry and not any(lower.search(passage.text) for passage in passages)


def _names(first: Quoting, sentence: Scored) -> list[str]:
    """What a sentence may name in answer to the first part: a name in full, who says it, the reader's run of words."""
    question, run = first.question, first.run(sentence)
    says = [word for word in WORD.findall(run) if bare(word) not in STOP]
    if not question.asks_who:
        return [run] if says else []
    full = people_in(sentence.text, question)
    speaker = first.speaker(sentence, run)
    text = sentence.text
    single = [
        name for name in names_in(text, question) if name.isalpha() and not text.startswith(name) and not name.isupper()
    ]
    read = [name for name in full if says and run in name] or ([run] if says and says[0][0].isupper() else [])
    found = (*read, *((speaker,) if speaker else ()), *full, *single)
    return [name for name in dict.fromkeys(found) if not is_a_date(name) and question.names.isdisjoint(stems_of(name))]
