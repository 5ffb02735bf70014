"""A document being written: keeps count of words and where each slot of each fact was first said."""

from __future__ import annotations

import random
from dataclasses import replace

from engine.training.generator.frames import Statement
from engine.training.generator.life import Fact, Life
from engine.training.generator.phrases import Phrase
from engine.training.generator.values import (
    Person,
    Voice,
    person_form,
    with_article,
    with_preposition,
)
from engine.training.generator.words import words

FULL = 130  # words after which nothing is added: the longest statement still keeps the text under 170
NOBODY = Voice()
PERSONAL = ("diary", "chat", "mail", "note")  # registers in which people talk of anything
ENDINGS = ("", "", ".", ".", "!", "...", " :)")


class Page:
    def __init__(self, rng: random.Random, life: Life, voice: Voice) -> None:
        self.rng, self.life, self.voice = rng, life, voice
        self.goal = 23 + int(95 * rng.random() ** 1.7)  # words
        self.words = 0
        self._parts: list[str] = []
        self._length = 0
        self._names: dict[int, str] = {}
        self._said: set[str] = set()

    @property
    def text(self) -> str:
        return "".join(self._parts)

    @property
    def full(self) -> bool:
        return self.words > FULL

    def put(self, text: str) -> None:
        """Appends text as it is: marks, line ends, names before messages."""
        if text:
            self._parts.append(text)
            self._length += len(text)
            self.words += len(text.split())

    def line(self, text: str = "") -> None:
        """Ends the line, if there is one, and begins the next with `text`."""
        self.put(("\n" if self._parts else "") + text)

    def tell(self, fact: Fact, how: str = "say") -> None:
        """States the fact here, in the page's voice; `how` is say, line or table (a row)."""
        found = fact.frame
        if how == "table" and found.table:
            self._sentence(fact, found.table[1], end="", item=True)
        elif how == "line" and found.line and fact.stage != "new":
            self._statement(fact, found.line, end="", item=True)
        else:
            self._statement(fact, found.new if fact.stage == "new" and found.new else found.say)

    def chatter(self, kind: str, end: str | None = None) -> None:
        """A sentence of small talk."""
        for _ in range(4):
            text = self.speak("talk any" if kind in PERSONAL and self.rng.random() < 0.3 else f"talk {kind}")
            if text not in self._said:
                break
        self._said.add(text)
        self._gap()
        self.put(self._finish(text, end))

    def speak(self, kind: str, name: str = "") -> str:
        """An entry of a table, not yet put anywhere; `{0}` in it is `name`."""
        known = words(kind)
        phrase = known[int(self.rng.random() * len(known))]
        return phrase.render(self.rng, lambda slot, form: name if slot == "0" else self.life.slot(slot, form))

    def turn(self, author: Person | None, addressee: Person | None = None, casual: bool | None = None) -> None:
        """From here on another person writes."""
        casual = self.voice.casual if casual is None else casual
        self.voice = replace(self.voice, author=author, addressee=addressee, casual=casual)

    def _statement(self, fact: Fact, known: list[Statement], end: str | None = None, item: bool = False) -> None:
        sentences = known[int(self.rng.random() * len(known))]
        for number, sentence in enumerate(sentences):
            self._sentence(fact, sentence, end, item, opens=number == 0 and not item)

    def _sentence(self, fact: Fact, phrase: Phrase, end: str | None, item: bool, opens: bool = False) -> None:
        literals: dict[str, str] = {}

        def fill(slot: str, form: str) -> str:
            value = fact.values[slot]
            if isinstance(value, Person):
                name = self._name(value, fact, slot)
                # Phrases agree with "I" and "you" as who; elsewhere only "me", "you", "my", "your" fit.
                voice = self.voice if slot == "who" or form in ("him", "'s") else NOBODY
                if form in ("", "him", "'s"):
                    known = value.first if slot in fact.introduced else name
                    literals.setdefault(slot, "" if value in (voice.author, voice.addressee) else known)
                return person_form(value, "him" if item and not form else form, voice, name)
            text = value.write(self.rng, self.voice.today)
            literals.setdefault(slot, text)
            return with_article(text) if form == "a" else with_preposition(text) if form == "on" else text

        text = phrase.render(self.rng, fill)
        if opens and self.rng.random() < 0.1 and ":" not in text:
            text = f"{self.speak('opener')} {text}"
        text = self._finish(text, end, small=item)
        self._gap()
        start = self._length
        self.put(text)
        for slot, literal in literals.items():
            if slot not in fact.spans:
                fact.spans[slot] = (start, self._length)
                if literal not in text:  # it begins the sentence, and was given a capital
                    literal = literal[:1].upper() + literal[1:]
                fact.literals[slot] = literal

    def _name(self, person: Person, fact: Fact, slot: str) -> str:
        """First name, full name, or with the relation to the writing owner: "my sister Anna"."""
        name = self._names.get(id(person))
        if name is None or self.rng.random() < 0.2:
            name = self._names[id(person)] = person.write(self.rng, None)
        if (
            person.relation
            and not person.title
            and self.voice.author is self.life.me
            and person is not self.voice.addressee
            and self.rng.random() < 0.25
        ):
            fact.introduced.add(slot)
            return f"my {person.relation} {person.first}"
        return name

    def _finish(self, text: str, end: str | None, small: bool = False) -> str:
        """With a capital and a full stop, as far as people of this voice write them."""
        if end is None:
            end = ENDINGS[int(self.rng.random() * len(ENDINGS))] if self.voice.casual else "."
            if not (text[-1].isalnum() or text[-1] in ")\"'%"):
                end = ""
        small = small or self.voice.casual or "-" in text.split(" ", 1)[0]  # "srv-7" stays as it is
        return (text if small else text[:1].upper() + text[1:]) + end

    def _gap(self) -> None:
        """What parts this sentence from the one before: a line end where that one has no full stop."""
        if self._parts and self._parts[-1][-1] not in " \n":
            self.put(" " if self._parts[-1][-1] in ".!?" else "\n")
