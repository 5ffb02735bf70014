"""Sentences that say who somebody is, or what something is that has a name, where that is asked: "Who is Leif
Hansson?" is told by "the new caretaker is Leif Hansson", not by any line with his name."""

from __future__ import annotations

import re
from dataclasses import dataclass

from engine.answering.grammar import LONGEST, SOMEBODY
from engine.answering.stems import STOP

_WORDS = r"(?P<name>(?!the\b|my\b|our\b|your\b|this\b|that\b|an?\b)[\w’'-]+(?: [\w’'-]+){0,3}?)"
_ASKED = re.compile(
    rf"\W*(?:(?:and|so|but) )?(?:(?:who|what)(?:['’]s| is| was| are| were) (?:the )?|tell me (?:something )?about |"
    rf"what do (?:I|we|you) know (?:about|of) |describe ){_WORDS}(?: again| please)?\W*\Z",
    re.I,
)
_AGENT = (  # who does something: no water, letter or corner, and nothing as short as "for"
    r"(?:(?!water|letter|number|computer|paper|dinner|summer|winter|order|offer|corner|river|folder|weather|shower|floor"
    r"|colour|error|mirror|flower|power|tower|paper|other|another|after|under|over|never|later|earlier|former|newer|older"
    r"|better|whether|either|rather|together|ladder|drawer|freezer|cooker|boiler|printer|washer|dryer|trailer|counter"
    r"|chapter|poster|super|silver|leather|finger|shoulder|engineer-)"
    r"[a-z]{3,}(?:er|or|ist|ian|eer|man|woman|keeper|in-law)"
    r"|student|president|agent|assistant|consultant|tenant|patient|client|resident|caretaker|chef|cook|guide|nurse)"
)
_WHOSE = r"(?:my|our|your|his|her|their|the|(?-i:[A-Z])[\w-]*(?:['’]s|s['’]))"
_SEVERAL = re.compile(r"\W*who (?:are|were) the\b", re.I)
_OWN = re.compile(r"(?:my|our)\b", re.I)


@dataclass(frozen=True, slots=True)
class Described:
    """Somebody, or something, of whom a description is asked."""

    name: str

    @classmethod
    def of(cls, question: str) -> Described | None:
        """A name as it stands in the question; of one in small letters, the same with capitals."""
        asked = _ASKED.fullmatch(question[:LONGEST])
        if asked is None:
            return None
        words = asked["name"].split()
        if _SEVERAL.match(question) is not None and len(words[-1]) > len("Lees") and words[-1].endswith("s"):
            words[-1] = words[-1][:-1]  # the Bergdahls
        if not any(word[0].isupper() for word in words):
            is_role = re.fullmatch(rf"{SOMEBODY}s?|{_AGENT}s?", words[-1], re.I) is not None
            if is_role or re.match(r"\W*who\b", question, re.I) is None or not STOP.isdisjoint(words):
                return None
            words = [word.capitalize() for word in words]
        return cls(" ".join(words)) if all(word[0].isupper() or word[0].isdigit() for word in words) else None

    def rank(self, text: str) -> int:
        """How well a sentence says who or what it is: 3 what somebody is to whoever writes, 2 what they are, 1 a row of
        a table with the name; 0 for any other."""
        if (found := self._found(text)) is not None:
            return 3 if _OWN.match(found) is not None else 2
        cell = rf"\|\s*(?:[A-Z][\w-]* (?:and |& )?){{0,3}}{self._name}\s*\|"
        return int(text.startswith("|") and re.search(cell, text[:LONGEST]) is not None)

    def short(self, text: str) -> str:
        """The description, where a sentence has one."""
        return self._found(text) or ""

    @property
    def _name(self) -> str:
        """With or without what follows it: Leif, where Leif Hansson is described, or the other way round."""
        first, *more = map(re.escape, self.name.split())
        return f"{first}(?: {' '.join(more)})" if more else f"{first}(?: (?-i:[A-Z])[\\w’'-]+)?"

    def _found(self, text: str) -> str | None:
        text = text[:LONGEST]
        for form in _forms(self._name):
            if (found := re.search(form, text)) is not None:
                return found["is"].strip(" ,*_-–")
        return None


def _forms(name: str) -> tuple[str, ...]:
    bare = rf"(?<![\w’'])(?:\*\*)?{name}(?:\*\*)?(?![\w-])(?!['’]s)"
    begins = r"(?:an?|the|my|our|his|her|their|[A-Z][\w-]*['’]s)"
    whose, noun = rf"(?i:{_WHOSE})", rf"(?i:{SOMEBODY}|{_AGENT})"
    return (
        rf"\b(?P<is>{whose} (?:[a-z’'-]+ ){{0,2}}?{noun}),? {bare}",
        rf"\b(?P<is>{whose} (?:(?!(?:is|was|are|were)\b)[\w’'.-]+ ){{1,8}}?)(?:is|was|are|were) {bare}(?! [a-z])",
        rf"{bare},? (?:is|was|are|were) (?P<is>(?:{begins}|one of)\b[^.;!?\n|()]*)",
        rf"{bare}, (?P<is>(?:{begins}|from) (?:(?!\band\b)[^.;!?\n|(),])*)(?=[,.;!?\n]|\Z)",
        rf"{bare}[ ,]*\((?P<is>[a-z][^)\d]*)\)",
        rf"(?:\A|[|;,(\n]|- )\s*(?:\*\*)?(?P<is>(?:[A-Za-z][a-z]+ )?{noun})(?:\*\*)?:(?:\*\*)? {bare}",
    )
