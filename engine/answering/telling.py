"""What a sentence tells of one side of a comparison: a day, a quantity, a country, yes or no."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.answering.evidence.sentences import Scored
from engine.answering.evidence.verdict import DENIES
from engine.answering.questions.compared import Compared
from engine.answering.quote import Quoted
from engine.answering.texts.lives import DAY, day_of, event_of, ordered
from engine.answering.words.countries import countries_in
from engine.answering.words.quantities import quantities
from engine.answering.words.stems import STOP, WORD, stem, stems_of
from engine.answering.words.times import times_in
from engine.answering.words.verbs import VERBS

if TYPE_CHECKING:
    from engine.answering.quoting import Quoting

MEASURES = {  # which quantities an adjective may mean, the likeliest first
    "duration": ("time",), "money": ("money",), "big": ("area", "length", "volume", ""), "tall": ("length",),
    "high": ("length", "share", "money", ""), "heavy": ("weight",), "deep": ("length",), "wide": ("length",),
    "thick": ("length",), "warm": ("heat",), "hot": ("heat",), "cold": ("heat",), "loud": ("noise",),
    "strong": ("share", ""), "fast": ("time", "speed"), "long": ("length", "time", ""), "far": ("length", "time"),
    "many": ("",),
}  # fmt: skip
_TOTAL = re.compile(r"\b(?:total|sum|altogether|all together|in all)\b", re.I)
_PART = re.compile(r"[,;:] (?=[A-Z])|\b(?:but|while|whereas)\b")  # where somebody else may be spoken of
_IS_A = re.compile(r"\b(?:is|was|are|were) (?:an?|the) [a-z]")
_BESIDE = 25  # characters between a name and the day of birth in a list
_ADJACENT = 5  # characters at most between two countries that are told of one
Value = tuple[int, ...] | float | str | frozenset[str]


@dataclass(frozen=True, slots=True)
class Telling:
    value: Value
    of: str  # a quantity's kind (quantities.Quantity.of); empty for anything else
    sentence: Scored


def tellings(side: Quoting, sentence: Scored, compared: Compared, own: frozenset[str]) -> Iterator[Telling]:
    """Of a sentence about a side, what can be held against the other one. own: stems that the side is called by."""
    if counts(compared):
        yield from _quantities(sentence, compared.by, own)
        return
    value: Value | None
    if compared.rule == "both":
        value = _judged(side, sentence, compared, own)
    elif compared.by == "country":
        value = _countries(sentence.text)
    elif compared.by in ("time", "born"):
        value = _day(side, sentence, own)
    else:
        run, likely = side.span(alone(sentence))
        stems = frozenset(s for s in stems_of(run) if s not in STOP and s not in side.question.stems)
        value = stems if stems and likely >= side.policy.span_at else None
    if value is not None:
        yield Telling(value, "", sentence)


def counts(compared: Compared) -> bool:
    """Whether quantities are compared, which need no reader."""
    return compared.rule in ("least", "most") and compared.by not in ("time", "born")


def likeliness(telling: Telling, compared: Compared) -> int:
    """Of several kinds of quantities, the place of this one among those that may be meant: 0 for the likeliest."""
    families = MEASURES.get(compared.by, ("",))
    kind = telling.of.partition(" ")[0]
    return families.index(kind) if kind in families else len(families)


def class_of(compared: Compared) -> frozenset[str]:
    """Of "Are A and B both American writers?", what they may be; nothing where it is asked what they do."""
    named = frozenset(stems_of(compared.by)) - (STOP - {"may"}) if compared.rule == "both" else frozenset[str]()
    is_being = compared.asks[0].startswith(("Is ", "Was "))
    return named if is_being and named.isdisjoint(VERBS) else frozenset()


def is_less(one: Value, other: Value) -> bool | None:
    """None where neither is: a year and a day within it."""
    if isinstance(one, tuple) and isinstance(other, tuple):
        for left, right in zip(one, other, strict=True):
            if not left or not right:
                return None
            if left != right:
                return left < right
        return None
    assert isinstance(one, float | int)
    assert isinstance(other, float | int)
    return None if one == other else one < other


def alone(sentence: Scored) -> Quoted:
    return Quoted((sentence,), sentence.score, (sentence,))


def is_total(sentence: Scored) -> bool:
    """Whether a sum is what a line gives."""
    return _TOTAL.search(sentence.text) is not None


def _judged(side: Quoting, sentence: Scored, compared: Compared, own: frozenset[str]) -> str | None:
    """Yes or no; of what somebody may be, yes where what is said of them names it, no where another thing is named."""
    if named := class_of(compared):
        said = next((part for part in _PART.split(sentence.text) if own & frozenset(stems_of(part))), "")
        if not said or DENIES.search(said):
            return None
        if named <= frozenset(stems_of(said)):
            return "Yes"
        other = _IS_A.search(said)
        return "No" if other is not None and own & frozenset(stems_of(said[: other.start()])) else None
    word, _ = side.span(alone(sentence))
    return word if word in ("Yes", "No") else None


def _quantities(sentence: Scored, by: str, own: frozenset[str]) -> Iterator[Telling]:
    """One of each kind: the nearest behind the side's name, or before it."""
    families, text = MEASURES.get(by, ("",)), sentence.text
    place = max((m.end() for m in WORD.finditer(text) if stem(m.group().lower()) in own), default=0)
    found = [one for one in quantities(text) if one.of.partition(" ")[0] in families]
    for of in dict.fromkeys(one.of for one in found):
        if held := [one for one in found if one.of == of]:
            best = min(held, key=lambda one: (one.at[0] < place, abs(one.at[0] - place)))
            is_slow = by == "fast" and of == "time"
            yield Telling(-best.value if is_slow else best.value, of, sentence)


def _countries(text: str) -> frozenset[str] | None:
    """The first one, and what stands right behind it, as in "Israeli-American"."""
    found, end = list[str](), 0
    for match, country in countries_in(text):
        if found and match.start() - end > _ADJACENT:
            break
        found.append(country)
        end = match.end()
    return frozenset(found) or None


def _listed(line: str, own: frozenset[str]) -> tuple[int, ...] | None:
    """The day behind a name that begins a line of a list or a table."""
    row = re.sub(r"\s+", " ", line)
    words = list(WORD.finditer(row))
    end = words[0].end() if words and stem(words[0].group().lower()) in own else None
    match = DAY.search(row, end, end + _BESIDE) if end is not None else None
    return ordered(match.group()) if match is not None else None


def _day(side: Quoting, sentence: Scored, own: frozenset[str]) -> tuple[int, ...] | None:
    """Year, month and day that a sentence tells, by the day it was written where it does not say the year. Of a birth
    or a death only where it says so, or stands beside the name."""
    text, event = sentence.text, event_of(side.question.text)
    if event is not None:
        at = next((m.start() for m in WORD.finditer(text) if stem(m.group().lower()) in own), 0)
        if (day := day_of(text[at:], event) or day_of(text, event)) is not None:  # behind the name first
            return ordered(day)
        return next((found for line in text.splitlines() if (found := _listed(line, own)) is not None), None)
    run, _ = side.span(alone(sentence))
    for one in (run, text):
        if (match := DAY.search(one)) is not None:
            return ordered(match.group())
    written = side.written(sentence)
    for one in (run, text):
        for time in times_in(one):
            if len(time.first) == len("05-12") and written is not None:
                return int(written[:4]), *map(int, time.first.split("-"))
            if len(time.first) == len("2024-05-12"):
                return tuple(map(int, time.first.split("-")))
    if written is not None and side.question.is_past:
        return tuple(map(int, written[:10].split("-")))
    return None
