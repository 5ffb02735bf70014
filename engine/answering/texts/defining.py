"""Lines that say what a term means, where that is asked: "What does E17 mean?" is told by the row that begins with it,
not by the log that is full of it."""

from __future__ import annotations

import re
from dataclasses import dataclass

from engine.answering.words.grammar import LONGEST
from engine.answering.words.stems import STOP, WORD

_ASKED = re.compile(
    r"\bwhat (?:does|do)\b(?P<of>.*?)\b(?:means?|stands? for)\b(?! (?:to|by)\b)"
    r"|\bwhat(?:['’]s| is| was) (?:the )?(?:meaning|definition) of (?P<whose>.+)"
    r"|\bwhat(?:['’]s| is| was) (?:(?:an?|the|this) )?(?:error|fault|warning|alarm)(?: code| message)?"
    r" (?P<what>\w*\d\w*)\W*\Z"
    r"|\A\W*(?:please )?explain (?:the |this )?(?P<explained>(?:\w+ )?\w*\d\w*(?: \w+)?)\W*\Z",
    re.I,
)
_TO_DO = re.compile(  # of a code alone: "what should I do when E17 shows"
    r"\bwhat (?:should|can|could|must|do|shall) (?:I|we|you|one) do (?:when|if|about)\b(?P<of>.+)", re.I
)
_CODE = re.compile(r"\b[A-Z]{1,4}-?\d[\w-]*")
_END = re.compile(r"[\n|]|[.;](?=\s|\Z)")
_BEYOND = re.compile(r"\b(?:of|on|in|at|for|from|when)\b")
_GOES_ON = (
    r"(?!(?:again|on|in|at|is|was|has|does|did|came|shows?|shown|appear\w*|keeps|and|or|for|to|not|never"
    r"|no (?!(?:(?!(?:longer|more|change|news|sign|idea|lines?|show)\b)[^\W\d]\w* ?){1,2}(?:[;.,|(\n]|\Z))"
    r"|cannot|since)\b)[^\W\d]"
)
_GENERAL = frozenset(  # of what sort a term is
    "code codes error errors fault faults message warning alarm number letter letters light sign symbol word term"
    " abbreviation acronym status sound say says said".split()
)


@dataclass(frozen=True, slots=True)
class Term:
    """A term whose meaning is asked."""

    name: str

    @classmethod
    def of(cls, question: str) -> Term | None:
        """Of what is asked for, the words that have a digit or a capital, or else the last one."""
        text = question[:LONGEST]
        if (to_do := _TO_DO.search(text)) is not None and (code := _CODE.search(to_do["of"])) is not None:
            return cls(code.group())
        if (asked := _ASKED.search(text)) is None:
            return None
        said = _BEYOND.split(next(group for group in asked.groups() if group is not None), maxsplit=1)[0]
        words = [match.group() for match in WORD.finditer(said)]
        words = [word for word in words if word.lower() not in STOP | _GENERAL]
        marked = [word for word in words if any(letter.isdigit() or letter.isupper() for letter in word)]
        name = " ".join(marked or words[-1:])
        return cls(name) if name else None

    def rank(self, text: str, near: frozenset[str] = frozenset()) -> int:
        """Of a line or a row that says what the term means, 2; of one that begins with a code and goes on, 1."""
        text = text[:LONGEST]
        if self.name.lower() not in text.lower():
            return 0
        return 2 if self._said(text) is not None else int(self._begun(text) is not None)

    def short(self, text: str) -> str:
        """What such a line says of it, to the end of the line, the cell or the sentence."""
        text = text[:LONGEST]
        found = self._said(text) or self._begun(text)
        return _END.split(text[found.end() :], maxsplit=1)[0].strip(" .*_)") if found is not None else ""

    def _said(self, text: str) -> re.Match[str] | None:
        """ "E17: leak", "| E17 | leak |", "E17 (leak)", "E17 means a leak"."""
        name = re.escape(self.name)
        begins = rf"(?:\A|[\n|;])[^\w\n]*(?:\d{{1,2}}[.)] *)?{name}\b['\"”’*`]*[ \t]*(?:[|:=–—→(]|- )[ \t|]*(?=[\w*])"
        says = rf"\b{name}\b['\"”’*`]* (?:means?|meant|stands? for|is short for|is when|indicates|signals)\b(?: that)?"
        return re.search(f"{begins}|{says}", text, re.I)

    def _begun(self, text: str) -> re.Match[str] | None:
        """ "E17 Flue blocked"; only a code may stand before what it means with nothing between."""
        if not self.name.isupper():
            return None
        return re.search(rf"(?:\A|\n)[^\w\n]*{re.escape(self.name)}[ \t]+(?={_GOES_ON})", text)
