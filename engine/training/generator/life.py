"""A random life: its people, organisations and facts, each fact an instance of a frame with drawn values.

No two facts share a frame and a key, so that a question has one answer; siblings share all of the key but one
slot.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import date, timedelta

from engine.training.generator import kinds
from engine.training.generator.frames import Frame, frames
from engine.training.generator.names import first_name, surname
from engine.training.generator.values import Answer, Person, Plain, Year
from engine.training.generator.words import words

RELATIONS = {
    "f": (
        "sister", "mother", "aunt", "cousin", "neighbour", "landlady", "boss", "colleague", "flatmate",
        "grandmother", "daughter", "niece", "goddaughter",
    ),
    "m": (
        "brother", "father", "uncle", "brother-in-law", "landlord", "trainer", "roommate", "grandfather",
        "son", "nephew", "godfather", "supervisor",
    ),
}  # fmt: skip
PERSONS = ("person", "other", "expert")
DATED = ("past", "future")


@dataclass(slots=True, eq=False)
class Fact:
    frame: Frame
    values: dict[str, Answer]
    stage: str = "only"  # or "old" and "new" where a value changed
    apart: list[Fact] = field(default_factory=list)  # facts that must stand in other documents
    document: int = -1  # where it is told; -1 = nowhere (yet)
    spans: dict[str, tuple[int, int]] = field(default_factory=dict)  # slot -> its first sentence
    literals: dict[str, str] = field(default_factory=dict)  # slot -> as written there
    introduced: set[str] = field(default_factory=set)  # people told with their relation: "my sister Anna"

    @property
    def identity(self) -> tuple[str, ...]:
        return (self.frame.name, *(self.values[slot].accepted[0] for slot in self.frame.key))

    def people(self) -> list[Person]:
        return [value for value in self.values.values() if isinstance(value, Person)]


class Life:
    def __init__(self, rng: random.Random, size: int) -> None:
        self.rng = rng
        self.currency = kinds.CURRENCIES[int(rng.random() * len(kinds.CURRENCIES))]
        self.begin = date(2015, 1, 1) + timedelta(int(rng.random() * 3300))  # of the first document
        self.day_first = rng.random() < 0.6
        self.organisations: list[tuple[str, Plain]] = []
        self.used: set[tuple[str, ...]] = set()
        self.people: list[Person] = []
        self._taken: set[str] = set()
        self.me = self.new_person()
        relations = {gender: rng.sample(known, len(known)) for gender, known in RELATIONS.items()}
        for _ in range(6 + size * 2 // 3):
            gender = "fm"[rng.random() < 0.5]
            known = relations[gender]
            self.people.append(self.new_person(gender, known.pop() if known and rng.random() < 0.5 else ""))
        self.core = self.people[: 4 + size // 10]

    def new_person(self, gender: str = "", relation: str = "", title: str = "") -> Person:
        """First and last names are each used once in a memory, so that either alone names a person."""
        rng = self.rng
        gender = gender or "fm"[rng.random() < 0.5]
        while True:
            first, last = first_name(rng, gender), surname(rng)
            if first not in self._taken and last not in self._taken:
                self._taken |= {first, last}
                return Person(first, last, gender, relation, title)

    def value(self, kind: str, argument: str = "") -> Answer:
        rng = self.rng
        if kind == "person" and rng.random() < 0.35:
            return self.me
        if kind in ("person", "other"):
            group = self.core if rng.random() < 0.7 else self.people
            return group[int(rng.random() * len(group))]
        if kind == "expert":
            person = self.new_person(title=argument)
            self.people.append(person)
            return person
        if kind == "year":
            return Year(self.begin.year - int(rng.random() * 12))
        if kind == "money":
            low, high = argument.split()
            return kinds.money(rng, int(low), int(high), self.currency)
        if kind == "org" or kind in kinds.ORGANISATIONS:
            return self._organisation(kind)
        found = kinds.plain(rng, kind, argument)
        if found is not None:
            return found
        phrase = words(kind)[int(rng.random() * len(words(kind)))]
        return Plain(phrase.render(rng, self.slot), sort=kind)

    def slot(self, kind: str, argument: str) -> str:
        """A value of `kind` in words, for phrases outside facts: small talk, lists of words."""
        value = self.value("other" if kind == "person" else kind, argument)
        return value.first if isinstance(value, Person) else value.accepted[0]

    def _organisation(self, kind: str) -> Plain:
        rng = self.rng
        known = [value for each, value in self.organisations if kind in ("org", each)]
        if known and rng.random() < (0.6 if kind == "org" else 0.2):
            return known[int(rng.random() * len(known))]
        kind = kinds.pick(rng, tuple(kinds.ORGANISATIONS)) if kind == "org" else kind
        value = kinds.organisation(rng, kind, lambda: surname(rng))
        self.organisations.append((kind, value))
        return value

    def draw(self, frame: Frame, forced: dict[str, Answer] | None = None) -> Fact | None:
        """A fact with a key not used yet, not registered; None where `forced` leaves no other."""
        for _ in range(8):
            values: dict[str, Answer] = dict(forced or {})
            people = {id(value) for value in values.values() if isinstance(value, Person)}
            for slot, (kind, argument) in frame.slots.items():
                if slot in values or kind in DATED:
                    continue
                value = self.value(kind, argument)
                if kind in PERSONS:
                    while id(value) in people:
                        value = self.value(kind, argument)
                    people.add(id(value))
                values[slot] = value
            fact = Fact(frame, values)
            if fact.identity not in self.used:
                return fact
        return None

    def state(self, frame: Frame, forced: dict[str, Answer] | None = None) -> list[Fact]:
        """A new fact of this life, as a list of one; empty where there is none."""
        fact = self.draw(frame, forced)
        if fact is None:
            return []
        self.used.add(fact.identity)
        return [fact]

    def siblings(self, frame: Frame, count: int) -> list[Fact]:
        """Facts that differ in one slot of the key (and in their values): hard negatives of one another."""
        first = self.state(frame)
        vary = frame.by if frame.by and self.rng.random() < 0.5 else frame.vary
        shared = {slot: first[0].values[slot] for slot in frame.key if slot != vary} if first else {}
        for _ in range(count - 1):
            first += self.state(frame, dict(shared))
        return first

    def changed(self, frame: Frame) -> list[Fact]:
        """The same key with an old and a new value."""
        old = self.state(frame)
        if not old:
            return []
        keyed = {slot: old[0].values[slot] for slot in frame.key}
        self.used.discard(old[0].identity)
        new = self.state(frame, keyed)
        if frame.change in old[0].values:
            before = old[0].values[frame.change]
            if not new or before.accepted[0] == new[0].values[frame.change].accepted[0]:
                return old
            new[0].values["old"] = before
        new[0].apart, new[0].stage, old[0].stage = [old[0]], "new", "old"
        return old + new

    def chain(self, length: int) -> list[Fact]:
        """Facts in hop order: each describes the entity that the next one is about."""
        rng = self.rng
        asked, slot = keyed_frames()[int(rng.random() * len(keyed_frames()))]
        given = self._strangers(asked, "")
        if asked.slots[slot][0] == "org":  # of a kind that other frames describe
            known = [kind for kind in kinds.ORGANISATIONS if describers(kind)]
            given[slot] = self.value(known[int(rng.random() * len(known))])
        facts = self.state(asked, given)
        while facts and len(facts) < length and slot:
            entity = facts[0].values[slot]
            found = describers(entity.sort)
            if entity is self.me or not found:
                break
            frame, described = found[int(rng.random() * len(found))]
            given = {described: entity}
            if len(facts) + 1 < length:
                given |= self._strangers(frame, described)
            new = self.state(frame, given)
            if not new:
                break
            new[0].apart = facts[:]
            facts = new + facts
            slot = next((s for s in frame.key if s != described and describers(new[0].values[s].sort)), "")
        return facts

    def _strangers(self, frame: Frame, besides: str) -> dict[str, Answer]:
        """Other people for the key slots that could hold the owner: they can be described."""
        known = self.people
        return {
            slot: known[int(self.rng.random() * len(known))]
            for slot in frame.key
            if slot != besides and frame.slots[slot][0] == "person"
        }

    def settle(self, fact: Fact, today: date) -> None:
        """Draws the days of a fact, near the date of the document that tells it."""
        for slot, (kind, argument) in fact.frame.slots.items():
            if kind in DATED and slot not in fact.values:
                fact.values[slot] = kinds.dated(self.rng, kind, argument, today, self.day_first)
        if fact.stage == "new" and "old" not in fact.values:
            fact.values["old"] = fact.apart[0].values[fact.frame.change]


def describers(sort: str) -> list[tuple[Frame, str]]:
    """Frames that describe an entity of this sort, with the slot it has there."""
    if not _DESCRIBERS:
        for frame in frames():
            for slot in frame.describe:
                _DESCRIBERS.setdefault(_sort(frame.slots[slot][0]), []).append((frame, slot))
    return _DESCRIBERS.get(sort, [])


def keyed_frames() -> list[tuple[Frame, str]]:
    """Frames that ask about an entity other frames may describe, with the slot it has in the key."""
    if not _KEYED:
        for frame in frames():
            for slot in frame.key:
                kind = frame.slots[slot][0]
                if kind == "org" or describers(_sort(kind)):
                    _KEYED.append((frame, slot))
    return _KEYED


def _sort(kind: str) -> str:
    return "person" if kind in PERSONS else kind


_DESCRIBERS: dict[str, list[tuple[Frame, str]]] = {}
_KEYED: list[tuple[Frame, str]] = []
