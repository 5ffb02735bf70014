"""Answers a question that compares: both sides are asked by themselves, over all that the hops have opened, and what
they tell is held against one another. A side that is not found is what the next hop looks for."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.answering.compared import Compared
from engine.answering.countries import countries_in
from engine.answering.lives import DAY, day_of, event_of, ordered
from engine.answering.quantities import quantities
from engine.answering.quote import Quoted, once, shown
from engine.answering.sentences import Scored
from engine.answering.stems import STOP, WORD, stem, stems_of
from engine.answering.times import times_in
from engine.answering.verbs import VERBS
from engine.interleave import Step
from engine.library import Passage

if TYPE_CHECKING:
    from engine.answering.quoting import Quoting

ABOUT = 0.6  # share of a side's name that a sentence with its surroundings must have
LOOKED_AT = 8  # best sentences of a side
MEASURES = {  # which quantities an adjective may mean, the likeliest first
    "duration": ("time",), "money": ("money",), "big": ("area", "length", "volume", "weight", ""), "tall": ("length",),
    "high": ("length", "share", "money", ""), "heavy": ("weight",), "deep": ("length",), "wide": ("length",),
    "thick": ("length",), "warm": ("heat", ""), "hot": ("heat", ""), "cold": ("heat", ""), "loud": ("noise",),
    "strong": ("share", ""), "fast": ("time", "speed"), "long": ("length", "time", ""), "far": ("length", "time"),
    "many": ("",),
}  # fmt: skip
Value = tuple[int, ...] | float | str | frozenset[str]


@dataclass(frozen=True, slots=True)
class Told:
    """What one side's best sentence tells."""

    value: Value
    of: str  # the quantity's unit family; empty for anything else
    sentence: Scored
    score: float
    beside: tuple[Scored, ...] = ()  # how whoever is meant was found


class Comparing:
    def __init__(self, compared: Compared, ask: Callable[[str], Quoting]) -> None:
        self.compared = compared
        self.sides = (ask(compared.asks[0]), ask(compared.asks[1]))
        self.searched: set[int] = set()
        self.short = ""  # the answer in a word, once there is one

    def following(self, passages: Sequence[Passage], leads: Mapping[int, float], best: Scored | None) -> Step | None:
        """Looks for the sides that nothing is known of yet."""
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
        through = dict(pair for step in steps for pair in step.through)
        return Step(looking_for, steps[0].reason, tuple(through.items()))

    def answer(self, passages: Sequence[Passage], leads: Mapping[int, float]) -> Quoted | None:
        """Both sides' sentences, the one that wins first; None where one is not known, or neither wins."""
        told = [self._told(at, passages, leads) for at in range(2)]
        one, other = told
        if one is None or other is None or one.of != other.of:
            return None
        rule, sides = self.compared.rule, self.compared.sides
        if rule == "both":
            self.short = "yes" if one.value == other.value == "yes" else "no"
        elif rule == "same":
            self.short = "yes" if _are_same(one.value, other.value) else "no"
        elif (less := _is_less(one.value, other.value)) is None:
            return None
        else:
            wins = less == (rule in ("least", "before"))
            self.short = ("yes" if wins else "no") if self.compared.is_judged else sides[0 if wins else 1]
            if not wins and not self.compared.is_judged:
                one, other = other, one
        score = min(one.score, other.score)
        lines = tuple(once((one.sentence, other.sentence, *one.beside, *other.beside)))
        return Quoted(lines, score, tuple(shown(lines)), chained=True)

    def span(self, quoted: Quoted) -> tuple[str, float]:
        return self.short, quoted.score

    def _told(self, at: int, passages: Sequence[Passage], leads: Mapping[int, float]) -> Told | None:
        side = self.sides[at]
        side.see(passages, leads)
        if side.unnesting is not None:
            side.unnesting.names(passages, leads)
        quoted = side.chosen()
        if quoted is None:
            return None
        reading = side.by
        assert not isinstance(reading, Comparing)
        if reading is side and side.unnesting is not None and side.unnesting.nested.of is not None:
            return None  # what is said of a film is not said of its director
        beside = quoted.sentences[1:2] if reading is not side else ()
        own = _own(reading)
        other = _own(self.sides[1 - at])
        heard = [quoted.sentences[0], *reading.heard[:LOOKED_AT]]
        about = [(one, _share(own, one.near)) for one in once(heard)]
        most = max((share for _, share in about), default=0.0)
        for sentence, share in about:
            if share < max(ABOUT, most - 0.01) or _share(other - own, sentence.covered) > _share(own, sentence.covered):
                continue
            if (found := self._value(reading, sentence, own)) is not None:
                value, of = found
                score = quoted.score * min(1.0, sentence.score / max(quoted.sentences[0].score, 1e-6))
                return Told(value, of, sentence, max(score, 0.5 * quoted.score), beside)
        return None

    def _value(self, side: Quoting, sentence: Scored, own: frozenset[str]) -> tuple[Value, str] | None:
        by, text = self.compared.by, sentence.text
        if self.compared.rule == "both":
            word, _ = side.span(_alone(sentence))
            return (word, "") if word in ("yes", "no") else None
        if by == "country":
            found = {country for _, country in countries_in(text)}
            return (frozenset(found), "") if found else None
        if by in ("time", "born"):
            day = _day(side, sentence)
            return (day, "") if day is not None else None
        if self.compared.rule == "same":
            run, likely = side.span(_alone(sentence))
            stems = frozenset(s for s in stems_of(run) if s not in STOP and s not in side.question.stems)
            return (stems, "") if stems and likely >= side.policy.span_at else None
        families = MEASURES.get(by, ("",))
        found_here = [one for one in quantities(text) if one.of in families]
        if not found_here:
            return None
        place = max((m.end() for m in WORD.finditer(text) if stem(m.group().lower()) in own), default=0)
        best = min(found_here, key=lambda one: (families.index(one.of), one.at[0] < place, abs(one.at[0] - place)))
        return best.value, best.of


def _day(side: Quoting, sentence: Scored) -> tuple[int, ...] | None:
    """Year, month and day that a sentence tells, by the day it was written where it does not say the year."""
    event = event_of(side.question.text)
    if event is not None and (day := day_of(sentence.text, event)) is not None:
        return ordered(day)
    run, _ = side.span(_alone(sentence))
    for text in (run, sentence.text):
        if (match := DAY.search(text)) is not None:
            return ordered(match.group())
    written = side.written(sentence)
    for text in (run, sentence.text):
        for time in times_in(text):
            if len(time.first) == len("05-12") and written is not None:
                return int(written[:4]), *map(int, time.first.split("-"))
            if len(time.first) == len("2024-05-12"):
                return tuple(map(int, time.first.split("-")))
    if written is not None and event is None and side.question.is_past:
        return tuple(map(int, written[:10].split("-")))
    return None


def _own(side: Quoting) -> frozenset[str]:
    """Stems that a side is called by."""
    names = side.question.names - frozenset(side.question.kind_stems)
    rest = frozenset(s for s in side.question.stems if s not in VERBS and s not in side.question.kind_stems)
    return names or rest


def _share(own: frozenset[str], held: frozenset[str]) -> float:
    return len(own & held) / len(own) if own else 0.0


def _alone(sentence: Scored) -> Quoted:
    return Quoted((sentence,), sentence.score, (sentence,))


def _are_same(one: Value, other: Value) -> bool:
    assert isinstance(one, frozenset) and isinstance(other, frozenset)
    return not one.isdisjoint(other)


def _is_less(one: Value, other: Value) -> bool | None:
    """None where neither is: a year and a day within it."""
    if isinstance(one, tuple) and isinstance(other, tuple):
        for left, right in zip(one, other, strict=True):
            if not left or not right:
                return None
            if left != right:
                return left < right
        return None
    assert isinstance(one, float | int) and isinstance(other, float | int)
    return None if one == other else one < other
