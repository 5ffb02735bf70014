"""Asks about the facts that were told: single, changed, compared, chained over documents, unanswerable."""

from __future__ import annotations

import random
from datetime import timedelta
from itertools import pairwise

from engine.training.generator.life import DATED, Fact, Life
from engine.training.generator.noise import as_typed
from engine.training.generator.phrases import Phrase
from engine.training.generator.types import Evidence, GeneratedQuestion
from engine.training.generator.values import (
    Answer,
    Day,
    Person,
    Voice,
    person_form,
    with_article,
    with_preposition,
)

NOW = (
    "",
    " now",
    " currently",
    " these days",
    " at the moment",
    " today",
    " nowadays",
    " at present",
    " by now",
)
UNANSWERABLE = 0.12  # of the questions asked


class Asker:
    def __init__(self, rng: random.Random, life: Life, told: list[Fact], chains: list[list[Fact]]) -> None:
        self.rng, self.life, self.told, self.chains = rng, life, told, chains
        self.voice = Voice(life.me)
        self.newer = {id(fact.apart[0]): fact for fact in told if fact.stage == "new"}
        self.hidden: list[tuple[Fact, str]] = []  # behind the unanswerable questions: fact and slot asked for
        self._asked: set[str] = set()
        self._made: list[GeneratedQuestion] = []

    def questions(self) -> list[GeneratedQuestion]:
        for fact in self.told:
            if id(fact) in self.newer:
                self._before(fact)
                continue
            for _ in range(1 + (self.rng.random() < 0.35)):
                self._single(fact)
        for chain in self.chains:
            if all(fact.spans for fact in chain):
                for start in (*range(len(chain) - 1), 0):
                    self._chained(chain[start:])
        self._comparisons()
        for _ in range(2 + int(len(self._made) * UNANSWERABLE)):
            self._unanswerable()
        self.rng.shuffle(self._made)
        return self._made

    def wording(self, fact: Fact, phrase: Phrase, given: dict[str, str] | None = None) -> str:
        """The phrase as the owner says it; `given` describes slots. "" where a long one needs a genitive."""
        fits, rng = True, self.rng

        def fill(slot: str, form: str) -> str:
            nonlocal fits
            value: Answer | None = fact.values.get(slot)
            if given and slot in given:
                if isinstance(value, Person) and form not in ("", "him", "'s"):
                    return person_form(value, form, self.voice, "")
                text = given[slot]
                if form == "'s":
                    fits = fits and text.count(" ") < 3  # "my dentist's", not "the dentist Anna recommended's"
                    return text + "'s"
                return with_article(text) if form == "a" else with_preposition(text) if form == "on" else text
            if isinstance(value, Person):
                name = value.short if rng.random() < 0.65 else value.full
                if slot in fact.introduced and rng.random() < 0.5:
                    name = f"my {value.relation}"
                return person_form(value, form, self.voice, name)
            text = value.accepted[0] if value else ""
            return with_article(text) if form == "a" else with_preposition(text) if form == "on" else text

        text = phrase.render(rng, fill)
        return text if fits else ""

    def _single(self, fact: Fact) -> None:
        slot = self._slot(fact)
        if not slot:
            return
        kind, phrase = self._choose(fact.frame.ask[slot])
        if kind == "yesno":
            self._yes_or_no(fact, slot, phrase)
            return
        changed = fact.stage == "new" and slot == fact.frame.change and fact.apart[0].spans
        text = self.wording(fact, phrase)
        if changed:
            kind, text = "changed", text + NOW[int(self.rng.random() * len(NOW))]
        elif self.life.me in (fact.values[s] for s in fact.frame.key):
            kind = "first-person"
        self._ask(text, _answers(fact, slot), [_proof(fact, slot)], kind)

    def _slot(self, fact: Fact) -> str:
        """A slot that can be asked for: it was told, and not as "I" or "you"."""
        known = [slot for slot in fact.frame.ask if fact.literals.get(slot)]
        return known[int(self.rng.random() * len(known))] if known else ""

    def _yes_or_no(self, fact: Fact, slot: str, phrase: Phrase) -> None:
        right, value = self.rng.random() < 0.5, fact.values[slot]
        if isinstance(value, Day):
            other = Day(value.date + timedelta(1 + int(self.rng.random() * 20)))
            shown = (value if right else other).accepted[0]
        else:
            shown = fact.literals[slot] if right else self.life.slot(*fact.frame.slots[slot])
        if right or shown not in value.accepted:
            text = self.wording(fact, phrase, {slot: shown})
            self._ask(text, [fact.literals[slot], "yes" if right else "no"], [_proof(fact, slot)], "yesno")

    def _before(self, old: Fact) -> None:
        """Of a value that changed: asks for the old one, told by its document and perhaps by the new one."""
        new, slot = self.newer[id(old)], old.frame.change
        if not old.literals.get(slot):
            return
        proofs = [_proof(old, slot)] + ([_proof(new, "old")] if "old" in new.spans else [])
        phrase = old.frame.before[int(self.rng.random() * len(old.frame.before))]
        self._ask(self.wording(new, phrase), _answers(old, slot), proofs, "changed")

    def _chained(self, chain: list[Fact]) -> None:
        """Asks for a slot of the last fact, its subject described by the facts before it."""
        last, slot = chain[-1], self._slot(chain[-1])
        proofs: list[Evidence] = []
        given: dict[str, str] = {}
        for fact, following in pairwise(chain):
            bridge = next(s for s in fact.frame.describe if _same(fact.values.get(s), following))
            target = next(s for s in following.frame.key if following.values[s] is fact.values[bridge])
            if bridge not in fact.spans:
                return
            proofs.append(_proof(fact, bridge))
            text = self._retry(fact, fact.frame.describe[bridge], given)
            if not text:
                return
            given = {target: text}
        if slot:
            asks = [phrase for kind, phrase in last.frame.ask[slot] if kind != "yesno"]
            text = self._retry(last, asks, given) if asks else ""
            kind = ("two-hop", "three-hop")[len(chain) - 2]
            self._ask(text, _answers(last, slot), [*proofs, _proof(last, slot)], kind)

    def _retry(self, fact: Fact, phrases: list[Phrase], given: dict[str, str]) -> str:
        phrases = [phrase for phrase in phrases if phrase.slots <= fact.spans.keys()]
        for _ in range(8 if phrases else 0):
            if text := self.wording(fact, phrases[int(self.rng.random() * len(phrases))], given):
                return text
        return ""

    def _comparisons(self) -> None:
        groups: dict[tuple[str, ...], list[Fact]] = {}
        for fact in self.told:
            frame = fact.frame
            told = fact.spans.get(frame.by) if fact.literals.get(frame.by) else None
            if frame.compare and fact.stage == "only" and told and told == fact.spans.get(frame.compared):
                shared = (frame.name, *(fact.values[s].accepted[0] for s in frame.key if s != frame.by))
                groups.setdefault(shared, []).append(fact)
        for group in groups.values():
            for one, two in pairwise(group):
                frame, slot = one.frame, one.frame.compared
                first, second = one.values[slot].number, two.values[slot].number
                if one.document == two.document or first is None or second is None or first == second:
                    continue
                named = {"a": one.values[frame.by].accepted[0], "b": two.values[frame.by].accepted[0]}
                text = self.wording(one, frame.compare[int(self.rng.random() * len(frame.compare))], named)
                better = one if first > second else two
                self._ask(text, _answers(better, frame.by), [_proof(one, slot), _proof(two, slot)], "two-hop")

    def _unanswerable(self) -> None:
        """Known people and things, but what is asked for was never told."""
        if not self.told:
            return
        fact, chance = self.told[int(self.rng.random() * len(self.told))], self.rng.random()
        frame = fact.frame
        if chance < 0.3 and fact.stage == "only":  # told, but not this of it
            known = [s for s in frame.ask if s not in fact.spans]
            if known and not self._elsewhere(fact):
                self._ask_hidden(fact, known)
            return
        shared = {s: fact.values[s] for s in frame.key if s != frame.vary} if chance < 0.8 else {}
        hidden = self.life.draw(frame, shared)
        if hidden:
            self._ask_hidden(hidden, list(frame.ask))

    def _elsewhere(self, fact: Fact) -> bool:
        return any(other is not fact and other.identity == fact.identity for other in self.told)

    def _ask_hidden(self, fact: Fact, slots: list[str]) -> None:
        slot = slots[int(self.rng.random() * len(slots))]
        kind, phrase = self._choose(fact.frame.ask[slot])
        if not set(DATED) & {fact.frame.slots[s][0] for s in phrase.slots} and kind != "yesno":
            self._ask(self.wording(fact, phrase), [], [], "unanswerable")
            self.hidden.append((fact, slot))

    def _choose(self, asks: list[tuple[str, Phrase]]) -> tuple[str, Phrase]:
        return asks[int(self.rng.random() * len(asks))]

    def _ask(self, text: str, answers: list[str], proofs: list[Evidence], kind: str) -> None:
        """Adds the question unless it has been asked, or needs one document twice."""
        gold = [document for document, _, _ in proofs]
        if text and text not in self._asked and len(set(gold)) == len(gold):
            self._asked.add(text)
            self._made.append(GeneratedQuestion(as_typed(self.rng, text), answers, gold, proofs, kind))


def _same(value: Answer | None, following: Fact) -> bool:
    return any(following.values[slot] is value for slot in following.frame.key)


def _answers(fact: Fact, slot: str) -> list[str]:
    """As written in the document first, then the other spellings."""
    return list(dict.fromkeys([fact.literals[slot], *fact.values[slot].accepted]))


def _proof(fact: Fact, slot: str) -> Evidence:
    start, end = fact.spans[slot]
    return fact.document, start, end
