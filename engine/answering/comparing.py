"""Answers a question that compares: both sides are asked by themselves, over all that the hops have opened, and what
they tell is held against one another. A side of which nothing is known is what the next hop looks for."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING

from engine.answering.both import Both
from engine.answering.evidence.sentences import Scored
from engine.answering.questions.compared import Compared
from engine.answering.quote import Quoted, once, shown
from engine.answering.telling import Telling, counts, is_less, is_total, likeliness, tellings
from engine.answering.unnest import BEGINS
from engine.answering.words.stems import STOP, stem, stems_of
from engine.answering.words.verbs import VERBS
from engine.interleave import Step
from engine.library import Passage

if TYPE_CHECKING:
    from engine.answering.quoting import Quoting

_EVENTS = frozenset(map(stem, "born birth die died death".split()))
ABOUT = 0.5  # share of a side's name that a sentence with its surroundings must have
HAPPENED = 0.75  # and of what happened: the words for it are everybody's
LOOKED_AT = 200  # best sentences of a side
DECIDED = 0.5  # how sure it is at least where both sides tell it (docs/log.md)
UNDECIDED = 0.8  # of how sure it were otherwise, where one of them does not
WORTH = 0.5  # of a side's best sentence's score, that one further down has at least


@dataclass(frozen=True, slots=True)
class Told:
    """What is known of one side."""

    tellings: tuple[Telling, ...]  # one of each kind, the best first
    scores: tuple[float, ...]
    beside: tuple[Scored, ...] = ()  # how whoever is meant was found


class Comparing:
    def __init__(self, compared: Compared, ask: Callable[[str], Quoting]) -> None:
        self.compared = compared
        self.sides = (ask(compared.asks[0]), ask(compared.asks[1]))
        self.searched: set[int] = set()
        self.known: dict[tuple[int, int, int], Told | None] = {}  # by side, passages open and names tried
        self.short = ""  # the answer in a word, once there is one

    def following(self, passages: Sequence[Passage], leads: Mapping[int, float], best: Scored | None) -> Step | None:
        """Looks for the sides that nothing is known of yet, both at once."""
        steps = list[Step]()
        for at, side in enumerate(self.sides):
            if self._told(at, passages, leads) is not None:
                continue
            if side.unnesting is not None and (step := side.unnesting.following(passages, leads)) is not None:
                steps.append(step)
            elif at not in self.searched and best is not None:
                self.searched.add(at)
                context = next(one.context for one in passages if one.document == best.document)
                words = " ".join(side.question.words)
                steps.append(Step(words, f"to follow “{words[:120]}”", ((best.document, context + best.text),)))
        if not steps:
            return None
        looking_for = " ".join(dict.fromkeys(" ".join(step.looking_for for step in steps).split()))
        through = dict(chain.from_iterable(step.through for step in steps))
        return Step(looking_for, steps[0].reason, tuple(through.items()))

    def answer(self, passages: Sequence[Passage], leads: Mapping[int, float]) -> Quoted | None:
        """Both sides' sentences, the one that wins first; None where one is not known, or neither wins."""
        one, other = (self._told(at, passages, leads) for at in range(2))
        if one is None or other is None:
            return None
        for first, score in zip(one.tellings, one.scores, strict=True):
            for second, of_other in zip(other.tellings, other.scores, strict=True):
                if first.of == second.of and (wins := self._wins(first, second)) is not None:
                    self.short = ("Yes" if wins else "No") if self.compared.is_judged else self._side(wins)
                    found = first.sentence, second.sentence, *one.beside, *other.beside
                    if not wins and not self.compared.is_judged:
                        found = second.sentence, first.sentence, *other.beside, *one.beside
                    lines = tuple(once(found))
                    sure = DECIDED + (1.0 - DECIDED) * min(score, of_other)
                    return Quoted(lines, sure, tuple(shown(lines)), chained=True, is_whole=True)
        return None

    def span(self, quoted: Quoted) -> tuple[str, float]:
        return self.short, quoted.score

    def _side(self, is_first: bool) -> str:
        return self.compared.sides[0 if is_first else 1]

    def _wins(self, one: Telling, other: Telling) -> bool | None:
        """Whether the first side wins, or what is asked of both is so."""
        rule = self.compared.rule
        if rule == "both":
            return one.value == other.value == "Yes"
        if rule == "same":
            if isinstance(one.value, frozenset) and isinstance(other.value, frozenset):
                return not one.value.isdisjoint(other.value)
            if one.value != other.value:  # days
                return None if is_less(one.value, other.value) is None else False
            return True if isinstance(one.value, tuple) and all(one.value) else None
        less = is_less(one.value, other.value)
        return None if less is None else less == (rule in ("least", "before"))

    def _told(self, at: int, passages: Sequence[Passage], leads: Mapping[int, float]) -> Told | None:
        unnesting = self.sides[at].unnesting
        state = at, len(passages), len(unnesting.tried) if unnesting is not None else 0
        if state not in self.known:
            self.known[state] = self._read(at, passages, leads)
        return self.known[state]

    def _read(self, at: int, passages: Sequence[Passage], leads: Mapping[int, float]) -> Told | None:
        side = self.sides[at]
        side.see(passages, leads)
        if side.unnesting is not None:
            side.unnesting.names(passages, leads)
        quoted, reading = side.chosen(), side.by
        assert not isinstance(reading, Comparing | Both)  # a side is taken apart no further
        if quoted is None:
            return None
        if reading is side and side.unnesting is not None and side.unnesting.nested.of is not None:
            return None  # what is said of a film is not said of its director
        beside = quoted.sentences[1:2] if reading is not side else ()
        sentences = self._about(reading, at, quoted)
        found = dict[str, Telling]()
        for sentence in sentences:
            for telling in tellings(reading, sentence, self.compared, self._called(reading, at)):
                if telling.value == "Yes":
                    found[telling.of] = telling
                found.setdefault(telling.of, telling)
            if found and not counts(self.compared) and self.compared.rule != "both":
                break
        if not found:
            return None
        best = max(quoted.sentences[0].score, 1e-6)
        ordered = sorted(found.values(), key=lambda one: likeliness(one, self.compared))
        scores = (max(WORTH, min(1.0, one.sentence.score / best)) * quoted.score for one in ordered)
        return Told(tuple(ordered), tuple(scores), beside)

    def _about(self, reading: Quoting, at: int, quoted: Quoted) -> list[Scored]:
        """The best sentences that are about a side, and not about the other; of quantities those first that have more
        of what is asked, of sums the total."""
        own, other = self._called(reading, at), self._called(self.sides[1 - at], 1 - at)
        counting = counts(self.compared)
        heard = once([quoted.sentences[0], *(reading.found if counting else reading.heard)[:LOOKED_AT]])
        held = [(one, _share(own, one.near | one.hinted)) for one in heard if self._names(reading, one, own)]
        most = max((share for _, share in held), default=0.0)
        if most < (HAPPENED if self.compared.rule in ("before", "after") else ABOUT):
            return []
        about = [one for one, share in held if share >= most - 0.01]
        about = [one for one in about if _share(other - own, one.covered) <= _share(own, one.covered)]
        if not counting or not about:
            return about
        asked, first = frozenset(reading.question.stems) - own, about[0].document
        return sorted(about, key=lambda one: (one.document != first, not is_total(one), -len(asked & one.near)))

    def _names(self, reading: Quoting, sentence: Scored, own: frozenset[str]) -> bool:
        """Whether a sentence tells of a side and of nobody beside it. Of births, countries and what both may be it has
        to name it itself, or to stand in a document that begins with it; of what happened, all its names are around."""
        names = reading.question.names & own
        if self.compared.rule in ("before", "after"):
            deed = own - names
            return names <= sentence.near and (not deed or not deed.isdisjoint(sentence.near | sentence.hinted))
        if self.compared.by not in ("born", "country") and self.compared.rule != "both":
            return True
        passage = reading.passages[sentence.document]
        begins = frozenset(stems_of(passage.context + passage.text[:BEGINS]))
        return not own.isdisjoint(sentence.covered) or 2 * len(own & begins) >= len(own) > 0

    def _called(self, reading: Quoting, at: int) -> frozenset[str]:
        """Stems that a side is called by: of the name that was found for it, or of what the question calls it; of what
        happened, and of what somebody did, all that is said of it."""
        question = reading.question
        if self.compared.rule in ("before", "after") or question.text.startswith("When did "):
            return frozenset(question.stems) - question.kind_stems
        called = frozenset(question.stems) & frozenset(stems_of(self.compared.sides[at])) - STOP
        if reading is not self.sides[at] or not called:
            called = question.names
        own = called - question.kind_stems - _EVENTS
        return (question.names & own) or own - VERBS


def _share(own: frozenset[str], held: frozenset[str]) -> float:
    return len(own & held) / len(own) if own else 0.0
