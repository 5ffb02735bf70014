"""Sentences that say who somebody is, or what something is that has a name, where that is asked: "Who is Leif
Hansson?" is told by "the new caretaker is Leif Hansson", not by any line with his name."""

from __future__ import annotations

import re
from dataclasses import dataclass

from engine.answering.texts.naming import CAPITAL
from engine.answering.words.grammar import LONGEST, SOMEBODY
from engine.answering.words.stems import STOP

_UPPER = f"[{CAPITAL}]"
_WORDS = (
    rf"(?P<name>(?:Dr|Mr|Mrs|Ms)?(?:\. ?| )?[{CAPITAL}0-9][\w’'-]*"
    rf"(?: (?:(?:van|von|de|der|den|la|da|dos|al) )*[{CAPITAL}0-9][\w’'-]*){{0,3}})"
)
_ASKED = re.compile(
    rf"\W*(?i:(?:(?:and|so|but) )?(?:(?:who|what)(?:['’]s| is| was| are| were) (?:the )?"
    rf"|tell me (?:something )?about |what do (?:I|we|you) know (?:about|of) |describe )){_WORDS}"
    r"(?i: again| please)?\W*\Z"
)
_SEVERAL = re.compile(r"\W*who (?:are|were) the\b", re.I)
_WHO = re.compile(r"\W*(?:(?:and|so|but) )?(?:who|tell)\b", re.I)
_OWN = re.compile(r"(?:my|our)\b", re.I)
_PERSON = (  # what somebody does or is, beside grammar.ROLE
    rf"(?:{SOMEBODY}|\w+-in-law|(?:ex-?)?(?:fianc[ée]e?|stepson|stepdaughter)|caretaker|singer|drummer|bassist|guitarist"
    r"|pianist|organist|violinist|cellist|designer|developer|programmer|engineer|architect|customer|employe[er]|baker"
    r"|butcher|barber|farmer|fisherman|lecturer|professor|principal|pupil|student|president|secretary|captain|director"
    r"|author|writer|editor|journalist|photographer|artist|actor|actress|agent|assistant|consultant|tenant|patient|client"
    r"|resident|chef|cook|guide|surgeon|dermatologist|optician|pharmacist|psychologist|midwife|babysitter|sitter|driver"
    r"|pilot|mayor|priest|pastor|vicar|rabbi|imam|judge|solicitor|notary|broker|translator|interpreter|librarian|trainee"
    r"|intern|apprentice|founder|member|leader|organi[sz]er|deputy|successor|predecessor|conductor|publisher|landlord"
    r"|postman|fitter|repairman|beekeeper|goalkeeper|veterinarian|adviser|advisor|widow|widower|orphan)"
)
_NO_ONE = r"(?!(?:an?|the|one of the|my|our) (?:\w+ )?(?:bit|best|worst|last|first|only|same|thief|most|least)\b)"
_NO_THING = r"(?!\w+ (?:[\w’'-]+ )*(?:problem|worry|name|password|thing|reason|way|point|question|answer|one)s? )"
_UNTRUE = re.compile(r"\b(?:if|wish|said|says|thinks?|thought|whether|nobody|not|never|unless|like)\b[^.;!?]*\Z", re.I)
_WHOSE = rf"(?:my|our|your|his|her|their|(?-i:{_UPPER})[\w-]*(?:['’]s|s['’]))"
_BY = r"(?:saw|sat|gave|bought|made|wrote|got|had|took|met|found|lost|told|sent|brought|likes?|wants?|knows?|\w{2,}ed)"


@dataclass(frozen=True, slots=True)
class Described:
    """Somebody, or something, of whom a description is asked."""

    name: str
    is_somebody: bool = True  # "who"; a thing may be told in other ways

    @classmethod
    def of(cls, question: str) -> Described | None:
        """A name with its capitals (answering.questions.capitals), and nothing else that is asked."""
        text = question[:LONGEST]
        if text.isupper() or (asked := _ASKED.fullmatch(text)) is None:
            return None
        words = asked["name"].split()
        if _SEVERAL.match(question) is not None and len(words[-1]) > len("Lees") and words[-1].endswith("s"):
            words[-1] = words[-1].removesuffix("s")  # the Bergdahls
        if not STOP.isdisjoint(map(str.lower, words[:2])):  # "Who Is Coming To Dinner?"
            return None
        return cls(" ".join(words), _WHO.match(question) is not None)

    def rank(self, text: str, near: frozenset[str] = frozenset()) -> int:
        """How well a sentence says who or what it is: 3 what somebody is to whoever writes, 2 what they are, 1 a row of
        a table with the name; 0 for any other."""
        if self.name.split()[0] not in text:
            return 0
        if (found := self._found(text)) is not None:
            return 3 if _OWN.match(found) is not None else 2
        cell = rf"\|[ \t]*(?:{_UPPER}[\w-]* (?:and |& )?){{0,3}}{self._name}[ \t]*\|"
        return int(text.startswith("|") and re.search(cell, text[:LONGEST]) is not None)

    def short(self, text: str) -> str:
        """The description, where a sentence has one."""
        return self._found(text) or ""

    @property
    def _name(self) -> str:
        """With or without what follows it: Leif, where Leif Hansson is described, or the other way round."""
        first, *more = map(re.escape, self.name.split())
        return f"{first}(?: {' '.join(more)})" if more else f"{first}(?: (?-i:{_UPPER})[\\w’'-]+)?"

    def _found(self, text: str) -> str | None:
        text = text[:LONGEST]
        for form in _forms(self._name):
            found = re.search(form, text)
            if found is not None and _UNTRUE.search(text, 0, found.start()) is None:
                return found["is"].strip(" ,*_-–")
        return None


def _forms(name: str) -> tuple[str, ...]:
    bare = rf"(?<![\w’'])(?:\*\*)?{name}(?:\*\*)?(?![\w-])(?!['’]s)"
    begins = rf"(?:an?|the|my|our|his|her|their|{_UPPER}[\w-]*['’]s)"
    person = rf"(?i:{_PERSON})"
    return (
        rf"\b(?P<is>(?i:{_WHOSE}) (?:[a-z’'-]+ ){{0,2}}?{person})"
        rf"(?: {bare}(?! (?:hated|liked|loved|saw|is|and I)\b)|, {bare},)",
        rf"\b(?P<is>(?i:the) (?:[a-z’'-]+ ){{0,2}}?{person}),? {bare}(?! {_BY}\b)",
        rf"\b(?P<is>{_NO_THING}(?i:{_WHOSE}|the) (?:(?!(?:is|was|are|were|and|that)\b)[\w’'.-]+ ){{1,8}}?)"
        rf"(?:is|was|are|were) {bare}(?! [a-z])",
        rf"{bare},? (?:is|was|are|were) (?P<is>{_NO_ONE}(?:{begins}|one of)\b[^.;!?\n|(),]*)",
        rf"{bare}, (?P<is>(?:{begins} (?:[\w’'-]+ ){{0,3}}?{person}"
        rf"(?: (?:of|from|in|at|for) [^.;!?\n|(),]{{1,30}})?|from {_UPPER}\w+))"
        r"(?=[,.;!?\n]|\Z)",
        rf"{bare}[ ,]*\((?P<is>(?:[a-z’'-]+ ){{0,3}}{person}\b[^)\d]*)\)",
        rf"(?:\A|[|;,(\n]|- )[ \t]*(?:\*\*)?(?P<is>(?:[A-Za-z][a-z]+ )?{person})(?:\*\*)?:(?:\*\*)? {bare}",
    )
