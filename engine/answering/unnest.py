"""Answers a nested question part by part: whom or what its first part means, then the question with that name.

Both parts are read as any question is, over all that the hops have opened; the sentence that gives the name leads to
the next hop, and is shown beside the answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from engine.answering.nested import Nested
from engine.answering.quote import Quoted, once, people_in, shown
from engine.answering.sentences import Scored, names_in
from engine.answering.stems import STOP, WORD, stems_of
from engine.interleave import Step
from engine.library import Passage

if TYPE_CHECKING:
    from engine.answering.quoting import Quoting

LOOKED_AT = 4  # best sentences of the first part that may give the name
TOLD = 0.5  # share of what is said that a sentence with its surroundings must have to give the name
NAMES = 3  # tried at most


@dataclass(frozen=True, slots=True)
class Named:
    """Whom or what the first part may mean, and the sentence that says so."""

    name: str
    sentence: Scored
    sure: float


class Unnesting:
    def __init__(self, nested: Nested, ask: Callable[[str], Quoting]) -> None:
        """ask: a question of one part."""
        self.nested, self.ask = nested, ask
        self.tried: list[Named] = []

    def following(self, passages: Sequence[Passage], leads: Mapping[int, float]) -> Step | None:
        """Looks for what is asked of the likeliest name that was not tried; None where there is no further one."""
        if len(self.tried) >= NAMES:
            return None
        known = {named.name for named in self.tried}
        named = next((one for one in self.names(passages, leads) if one.name not in known), None)
        if named is None:
            return None
        self.tried.append(named)
        asked = self.ask(self.nested.second(named.name)).question
        looking_for = " ".join(dict.fromkeys([*WORD.findall(named.name), *asked.words]))
        passage = next(one for one in passages if one.document == named.sentence.document)
        through = ((passage.document, passage.context + named.sentence.text),)
        return Step(looking_for, f"to follow “{named.name}”", through)

    def names(self, passages: Sequence[Passage], leads: Mapping[int, float]) -> list[Named]:
        """Names that the best sentences for the first part give, the likeliest first."""
        first = self.ask(self.nested.first)
        first.see(passages, leads)
        if first.chosen() is None:
            return []
        out: dict[str, Named] = {}
        for sentence in first.heard[:LOOKED_AT]:
            if first.covers(sentence) < TOLD:
                continue
            for name in _names(first, sentence):
                out.setdefault(name, Named(name, sentence, sentence.score))
        return list(out.values())

    def answer(self, passages: Sequence[Passage], leads: Mapping[int, float]) -> tuple[Quoted, Quoting] | None:
        """The best answer to the second part, of any name that was tried, and whoever read it."""
        best: tuple[float, Quoted, Quoting] | None = None
        for named in self.tried:
            second = self.ask(self.nested.second(named.name))
            second.see(passages, leads)
            quoted = second.chosen()
            if quoted is None or not _answers(second, quoted.sentences[0], named):
                continue
            score = min(quoted.score, max(named.sure, 0.5))
            if best is None or score > best[0]:
                first = quoted.sentences[0]
                told = tuple(shown(once((first, named.sentence, *quoted.told))))
                sentences = tuple(once((first, named.sentence, *told, *quoted.sentences)))
                best = score, replace(quoted, sentences=sentences, told=told, score=score, chained=True), second
        return best[1:] if best is not None else None


def _answers(second: Quoting, sentence: Scored, named: Named) -> bool:
    """Whether a sentence is about the one who is named, and has an answer of the kind asked for."""
    question = second.question
    name = frozenset(stems_of(named.name)) & question.names or frozenset(stems_of(named.name))
    return not name.isdisjoint(sentence.near) and (question.kind is None or question.expects(sentence.text))


def _names(first: Quoting, sentence: Scored) -> list[str]:
    """What a sentence may name in answer to the first part: a name in full, who says it, the reader's run of words."""
    question = first.question
    run = first.run(sentence)
    if not question.asks_who:
        return [run] if any(word.lower() not in STOP for word in WORD.findall(run)) else []
    full = people_in(sentence.text, question)
    speaker = first.speaker(sentence, run)
    single = [name for name in names_in(sentence.text, question) if name.isalpha() and name[0].isupper()]
    chosen = [name for name in full if run and run in name] or ([run] if run[:1].isupper() else [])
    return list(dict.fromkeys(name for name in (*chosen, *([speaker] if speaker else []), *full, *single) if name))
