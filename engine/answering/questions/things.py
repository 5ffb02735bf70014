"""Things that a question asks for by what they are: a wren for "What bird ...?".

The table things.txt names kinds of everyday things, what asks for one (before the colon) and some of each (behind it; +
takes in those of another kind). It has the common ones, not all: a sentence without one may answer as well.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from engine.answering.questions.focus import focus_of
from engine.answering.words.grammar import AUXILIARY, LONGEST
from engine.answering.words.stems import stem

TABLE = "things.txt"
FEW = 150
_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
_BEGINS = re.compile(r"(?:\A|[.!?:;|\"“(*>\n-])\s*\Z")
_CAPITALS = frozenset("language religion dog cat cheese illness drug game subject dance music".split())
_MAIL = re.compile(r"\bsubject (?:line|of)\b", re.IGNORECASE)
_OWNED = re.compile(r"['’]s\Z")
_NAMED = re.compile(r"\b(?:names?|named|called)\b", re.IGNORECASE)
_ASKS = re.compile(r"\b(?:what|which)\b", re.IGNORECASE)
_CAT = re.compile(r"\b(?:cat|kitten)", re.IGNORECASE)
_OTHERS = re.compile(
    r"\b(?:horse|pony|cow|cattle|sheep|goat|pig|chicken|hen|rabbit|guinea|hamster|duck|goose|geese|bird|pigeon|bee)",
    re.IGNORECASE,
)
_BREED = re.compile(r"\bbreeds?\b", re.IGNORECASE)
_DONE = {
    verb: names
    for verbs, names in (
        ("eat eating ate cook cooking bake baking ordered", ("food",)),
        ("drink drinking", ("drink",)),
        ("plant planting grow growing", ("plant", "fruit")),
        ("wear wearing", ("garment", "jewellery")),
        ("allergic", ("food", "animal", "drug", "plant")),
        ("adopt adopted", ("animal",)),
        ("study studying", ("subject",)),
    )
    for verb in verbs.split()
}
_DOES = re.compile(
    rf"\bwhat(?:['’]s| {AUXILIARY}(?:n?['’]t)?)"
    r" (?:(?!that\b|which\b|who\b)[\w’'-]+ ){1,4}?(?<!['’]s )(?<!the )(?<!my )(?<!his )(?<!her )(?<!our )"
    rf"(?P<verb>{'|'.join(_DONE)})\b",
    re.IGNORECASE,
)

_DENIED = re.compile(r"(?:\b(?:not|no|never|without|instead of|than)|n['’]t)\W+(?:\w+\W+){0,2}\Z", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Things:
    """Words for things of one kind; looked for in a text as a pattern is."""

    words: frozenset[str]
    have_capitals: bool = False  # as languages have; else a capital within a sentence makes another name of a word

    @property
    def are_few(self) -> bool:
        """So few words that one seldom stands anywhere by chance, unlike foods and animals."""
        return len(self.words) <= FEW

    def finditer(self, text: str) -> Iterator[re.Match[str]]:
        for match in _WORD.finditer(text):
            is_name = (
                match.group()[0].isupper() and not self.have_capitals and _BEGINS.search(text, 0, match.start()) is None
            )
            if not is_name and self._has(match.group().lower()):
                yield match

    def search(self, text: str) -> re.Match[str] | None:
        return next(self.finditer(text), None)

    def bare(self, word: str) -> str:
        """A thing without the s of what it owns: the wren of "a wren's nest"."""
        return word if word.lower() in self.words else _OWNED.sub("", word)

    def _has(self, word: str) -> bool:
        return not self.words.isdisjoint((word, _OWNED.sub("", word), word.removesuffix("s")))


def things_asked(text: str) -> tuple[int, str, Things] | None:
    """Where a question asks for things of a kind, which, and what they are; None where for nothing of the table."""
    text = text[:LONGEST]
    if (asks := _ASKS.search(text)) is None or _NAMED.search(text) is not None or _MAIL.search(text):
        return None
    focus = focus_of(text)
    if _BREED.search(text) is not None and focus is not None:
        pet = "cat" if _CAT.search(text) is not None else "dog"
        return (asks.start(), pet, _things(pet)) if _OTHERS.search(text) is None else None
    if focus is not None and (name := _asked_by().get(focus)) is not None:
        return asks.start(), name, _things(name)
    if (does := _DOES.search(text)) is not None:
        names = _DONE[does["verb"].lower()]
        return asks.start(), names[0], Things(frozenset[str]().union(*(_things(name).words for name in names)))
    return None


def kinds_of_things() -> dict[str, Things]:
    """All kinds of the table, by name."""
    return {name: _things(name) for name in _table()}


def things_for(noun: str) -> Things | None:
    """Things of the kind that a noun's stem names."""
    return _things(name) if (name := _asked_by().get(noun)) is not None else None


@cache
def _things(name: str) -> Things:
    _, own, others = _table()[name]
    return Things(own.union(*(_things(other).words for other in others)), name in _CAPITALS)


@cache
def _asked_by() -> dict[str, str]:
    """Stem of a noun -> the kind that it asks for."""
    return {stem(noun): name for name, (asked, _, _) in _table().items() for noun in asked}


@cache
def _table() -> dict[str, tuple[tuple[str, ...], frozenset[str], tuple[str, ...]]]:
    """Name -> nouns that ask for it, words, kinds that it takes in."""
    table = {}
    for line in (files(__package__) / TABLE).read_text(encoding="utf-8").splitlines():
        asked, _, words = line.partition(": ")
        nouns, held = asked.split(), words.split()
        own = frozenset(word for word in held if not word.startswith("+"))
        table[nouns[0]] = (tuple(nouns), own, tuple(word[1:] for word in held if word.startswith("+")))
    return table


def is_denied(text: str, at: int) -> bool:
    """Whether what stands at a place of a text is said not to be so: warfarin in "eplerenone instead of warfarin"."""
    return _DENIED.search(text, 0, at) is not None
