"""Who is meant by "the director of Web of Suspicion" or "Zilphia's husband", as sentences about the one name the other:
"directed by Max Varnel", "married to Myles Horton"."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from engine.answering.texts.naming import CAPITAL, MAKERS, OF_WORKS, PARTICLE, is_made, named
from engine.answering.words.grammar import AUXILIARY, LONGEST
from engine.answering.words.stems import STOP
from engine.answering.words.verbs import is_verb

_SPOUSE = "husband|wife|spouse|widow|widower|fiancée?"
_KIN = rf"father|mother|dad|mum|mom|parent|child|son|daughter|brother|sister|sibling|{_SPOUSE}"
_THROUGH = {  # kin of kin: first whose, then what of theirs
    "paternal grandfather": ("father", "father"),
    "paternal grandmother": ("father", "mother"),
    "maternal grandfather": ("mother", "father"),
    "maternal grandmother": ("mother", "mother"),
    "father-in-law": ("spouse", "father"),
    "mother-in-law": ("spouse", "mother"),
}
_WORKS = (
    r"(?:film|movie|song|single|album|book|novel|play|opera|series|show|game|magazine|newspaper|company|band|painting"
    r"|poem)"
)
_NOUN = "|".join((*_THROUGH, *MAKERS, _KIN))
_FULL_NAME = rf"[“\"'‘({CAPITAL}\d.#][^\n]*"
_OF = re.compile(
    rf"\b(?:the )?(?P<noun>(?-i:{_NOUN})) of (?:(?-i:the) )?(?:(?:\d{{4}} )?(?P<work>{_WORKS}) )?(?!I\b|We\b)"
    rf"(?P<of>(?-i:{_FULL_NAME}))",
    re.I,
)
_WHOSE = re.compile(
    r"['’]s? (?:(?:late|main|first|second|last|only|older|elder|younger|eldest|youngest) )?"
    rf"(?P<noun>{_NOUN})\b(?!-| of\b)",
    re.I,
)
_BEGINS = re.compile(
    rf"(?:.*\b(?:{AUXILIARY}|of|the|from|by|with|to|in|country|and|or)\b"
    r"|\A\W*(?:who|what|which|when|where|why|how)(?:['’]s)?\b) ?",
)
_WITHIN = rf"(?:{PARTICLE}|in|a|an|on|for|to|with)"
_FULL = re.compile(rf"[{CAPITAL}“\"'][^\s]*(?: (?:[{CAPITAL}\d(][^\s]*|{_WITHIN}(?= )|[-–—&]))*\Z")
_SMALL = re.compile(rf"(?:{PARTICLE}|and|in|a|an|on|for|at|to|with|from|by|or|vs\.?|as|&|-|–|—)", re.I)


@dataclass(frozen=True, slots=True)
class Of:
    """What somebody is to another, or to a work: `noun` of `whose`."""

    noun: str
    whose: str
    at: tuple[int, int]  # of the words that say so, in the question
    is_of_work: bool = False  # a film's director, not a department's

    @property
    def asks(self) -> str:
        """The question who that is."""
        noun = self.noun.lower()
        made = is_made(noun) if self.is_of_work else None
        return f"Who {made} {self.whose}?" if made else f"Who is the {noun} of {self.whose}?"

    def is_all_of(self, question: str) -> bool:
        """Whether nothing else is asked: "Who is the father of Arghun?"."""
        around = f"{question[: self.at[0]]} {question[self.at[1] :]}"
        return re.fullmatch(r"\W*who(?:['’]s| is| was| are| were)\W*", around, re.I) is not None

    @property
    def through(self) -> tuple[Of, str] | None:
        """Of kin of kin, the one in between, and what is asked of them."""
        if (parts := _THROUGH.get(self.noun.lower())) is None:
            return None
        return Of(parts[0], self.whose, self.at), f"Who is the {parts[1]} of"

    def named(self, text: str, *, speaks: bool = False) -> Iterator[str]:
        """Names that a sentence gives to whoever is meant, the likeliest first. speaks: as naming.named."""
        return named(self.noun, self.whose, text, speaks=speaks)


def of_in(text: str) -> Of | None:
    """What is said to name somebody by, where a name stands behind or before it: the last one, the innermost."""
    text = text[:LONGEST]
    if (match := _OF.search(text)) is not None:
        start, end = match.span("of")
        while (inner := _OF.search(text, start)) is not None:
            match = inner
            start, end = match.span("of")
        end = start + _length(text[start:end].rstrip("?!. "))
        if text[start:end].strip() and not text[start:end].endswith(("'s", "’s")):
            is_of_work = match["work"] is not None or match["noun"] in OF_WORKS
            return Of(match["noun"], text[start:end].strip(), (match.start(), end), is_of_work)
    if (match := _WHOSE.search(text)) is not None and _ends(text[match.end() :]):
        begun = _BEGINS.match(text[: match.start()])
        at = begun.end() if begun else 0
        name = _FULL.search(text[at : match.start()])
        if name is not None and not re.search(r"\band \Z", text[: at + name.start()]):
            noun = match["noun"].lower()
            return Of(match["noun"], name.group(), (at + name.start(), match.end()), noun in OF_WORKS)
    return None


def _ends(behind: str) -> bool:
    """Whether no further noun stands behind, as in "Maria's singer friend"."""
    following = re.match(r"\s*([\w’'-]+)", behind)
    if following is None or behind.startswith(("'", "’")):
        return True
    word = following[1].lower()
    return word in STOP or word == "now" or is_verb(word)


def _length(text: str) -> int:
    """Characters of a name that a question goes on from: up to a word without a capital that names do not have."""
    end = depth = 0
    for word in re.finditer(r"\S+", text):
        depth += word.group().count("(") - word.group().count(")")
        bare = word.group().strip(".,:;!?()'’\"“”")
        small = bare[:1].islower() and _SMALL.fullmatch(bare) is None
        if depth <= 0 and ")" not in word.group() and (small or word.group() in ("'s", "’s")):
            break
        if not bare[:1].islower() or depth > 0:
            end = word.end()
    return end
