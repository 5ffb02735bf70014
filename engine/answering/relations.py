"""Who is meant by "the director of Web of Suspicion" or "Zilphia's husband", as sentences about the one name the other:
"directed by Max Varnel", "married to Myles Horton"."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache

from engine.answering.countries import any_country
from engine.answering.focus import LONGEST
from engine.answering.stems import stems_of

_CAPITAL = "A-ZÀ-ÖØ-ÞĀĂĄĆČĎĐĒĘĚĞĪİŁŃŇŐŘŚŞŠŤŪŮŹŻŽ"
_WORD = rf"(?:(?:Jr|Sr|St|Dr|Mr|Mrs|Ms|Hon|Rev|Prof|Capt|Col|Gen|Lt|[{_CAPITAL}])\.|[{_CAPITAL}][\w’'&-]*)"
_PARTICLE = r"(?:of|de|del|della|di|da|do|dos|das|du|van|von|der|den|ter|la|le|el|al|bin|ibn|the|à|y|zu|av)"
_TITLED = rf",? (?:(?:Jr|Sr)\.?|\d+(?:st|nd|rd|th) {_WORD}(?: of {_WORD})*)"
NAME = rf"{_WORD}(?:(?: {_PARTICLE}){{0,2}} {_WORD})*(?:{_TITLED})?"
_MADE = {  # what somebody does, how texts say that it was done, and how one asks for whom
    "director": "directed",
    "producer": "produced",
    "composer": "composed|scored",
    "performer|singer|artist": "performed|recorded|sung|covered",
    "author|writer|novelist": "written|wrote|authored",
    "screenwriter|scriptwriter": "written",
    "lyricist": "lyrics|written",
    "founder": "founded|established|created|started|formed",
    "creator": "created|devised|developed",
    "designer|architect": "designed|built",
    "publisher": "published",
    "developer": "developed",
    "owner": "owned|bought|acquired",
    "presenter|host": "presented|hosted",
    "editor": "edited",
    "inventor": "invented|patented",
    "discoverer": "discovered",
    "painter|sculptor": "painted|painting|sculpted|sculpture|by",
    "conductor": "conducted",
}
_BY_ALONE = {  # what it is itself: "a song by"
    "performer|singer|artist": "song|single|track|ballad|album|record|hit|duet|version|EP|released",
    "author|writer|novelist": "novel|book|story|poem|play|memoir|series|work",
    "composer": "music|score|soundtrack|song|opera|ballet|symphony|piece",
    "screenwriter|scriptwriter": "screenplay|script",
    "painter|sculptor": "painting|portrait|sculpture|statue|work",
}
_ACTIVE = {
    "performer": "performed", "singer": "sang", "artist": "performed", "author": "wrote", "writer": "wrote",
    "novelist": "wrote", "screenwriter": "wrote", "scriptwriter": "wrote", "lyricist": "wrote the lyrics of",
}  # fmt: skip
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
_WORKS = r"(?:film|movie|song|single|album|book|novel|play|opera|series|show|game|magazine|newspaper|company|band|painting|poem)"
_NOUN = "|".join((*_THROUGH, *_MADE, _KIN))
_FULL_NAME = rf"[“\"'‘({_CAPITAL}\d.#][^\n]*"
_OF = re.compile(
    rf"\b(?:the )?(?P<noun>(?-i:{_NOUN})) of (?:(?-i:the) )?(?:(?:\d{{4}} )?{_WORKS} )?(?P<of>(?-i:{_FULL_NAME}))", re.I
)
_WHOSE = re.compile(
    rf"['’]s? (?:(?:late|main|first|second|last|only|older|elder|younger|eldest|youngest) )?(?P<noun>{_NOUN})\b(?!-| of\b)",
    re.I,
)
_BEGINS = re.compile(
    r"(?:.*\b(?:is|are|was|were|does|do|did|has|have|had|will|can|would|of|the|from|by|with|to|in|country|and|or)\b"
    r"|\A\W*(?:who|what|which|when|where|why|how)(?:['’]s)?\b) ?",
)
_SMALL = re.compile(rf"(?:{_PARTICLE}|and|in|a|an|on|for|at|to|with|from|by|or|vs\.?|as|&|-|–|—)", re.I)


@dataclass(frozen=True, slots=True)
class Of:
    """What somebody is to another, or to a work: `noun` of `whose`."""

    noun: str
    whose: str
    at: tuple[int, int]  # of the words that say so, in the question

    @property
    def asks(self) -> str:
        """The question who that is."""
        noun = self.noun.lower()
        if (done := _done(noun)) is None:
            return f"Who is the {noun} of {self.whose}?"
        return f"Who {_ACTIVE.get(noun, done.partition('|')[0])} {self.whose}?"

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

    def named(self, text: str) -> Iterator[str]:
        """Names that a sentence gives to whoever is meant, the likeliest first."""
        own = frozenset(stems_of(re.sub(r"\(.*?\)", "", self.whose)))
        for pattern in _says(self.noun.lower()):
            for match in pattern.finditer(text):
                name = match["name"].strip()
                if not own.issuperset(stems_of(name)) and not re.fullmatch(rf"{any_country()}(?: {_WORD})?", name):
                    yield name


def of_in(text: str) -> Of | None:
    """What is said to name somebody by, where a name stands behind or before it: the last one, which is the innermost."""
    text = text[:LONGEST]
    if (match := _OF.search(text)) is not None:
        start, end = match.span("of")
        while (inner := _OF.search(text, start)) is not None:
            match = inner
            start, end = match.span("of")
        end = start + _length(text[start:end].rstrip("?!. "))
        if text[start:end].strip() and not text[start:end].endswith(("'s", "’s")):
            return Of(match["noun"], text[start:end].strip(), (match.start(), end))
    if (match := _WHOSE.search(text)) is not None:
        begun = _BEGINS.match(text[: match.start()])
        at = begun.end() if begun else 0
        name = text[at : match.start()]
        if name and re.match(f"[{_CAPITAL}“\"']", name):
            return Of(match["noun"], name, (at, match.end()))
    return None


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


@cache
def _says(noun: str) -> tuple[re.Pattern[str], ...]:
    """Patterns with the group `name`, the plainest first."""
    describing = rf"(?:(?:the |an? )?(?:(?:[a-z][\w/-]*|{any_country()}) ){{0,5}}?)"
    name = rf"(?!{any_country()} [a-z])(?P<name>{NAME})"
    his = r"\b(?:his|her|their|whose|the|my|our|[Hh]is|[Hh]er)"
    if (done := _done(noun)) is not None:
        by = rf"\b(?:{done})\b(?:[^.;]{{0,60}}?) by {describing}{name}"
        alone = rf"\b(?:{_of(_BY_ALONE, noun)})\b(?: (?:recorded|written|composed|performed|sung|painted))? by {describing}{name}"
        forms = [
            *([alone] if _of(_BY_ALONE, noun) else []),
            rf"\b(?i:{noun}),? (?:is |was |were )?{describing}{name}",
            rf"(?P<name>{NAME}),? (?:who |also |had |then |has )?(?:{_ACTIVE.get(noun, done.partition('|')[0])})\b(?! by)",
        ]
        return tuple(map(re.compile, (by, *forms)))
    child = r"\b(?:[Ss]on|[Dd]aughter|[Cc]hild|[Cc]hildren|[Hh]eir|born|[Oo]ffspring|[Gg]randson)\b"
    if noun in ("father", "dad", "parent"):
        forms = [
            rf"{child}[^.;]*? (?:of|to) {describing}{name}",
            rf"{his} (?:late )?(?:father|dad),?(?: is| was)? {describing}{name}",
        ]
    elif noun in ("mother", "mum", "mom"):
        forms = [
            rf"{child}[^.;]*? (?:of|to) [^.;]*?\band (?:of )?(?:(?:his|her|the|first|second|third|wife|consort) )*{describing}{name}",
            rf"{his} (?:late )?(?:mother|mum|mom),?(?: is| was)? {describing}{name}",
            rf"{child}[^.;]*? (?:of|to) {describing}(?P<name>(?:Queen|Princess|Lady|Empress|Countess|Duchess)\b {NAME})",
        ]
    elif noun in ("child", "son", "daughter"):
        forms = [
            rf"\b(?:father|mother|parent)s? of {describing}{name}",
            rf"{his} (?:\w+ ){{0,2}}(?:child|son|daughter)(?:ren|s)?,?(?: is| was| were)? {describing}{name}",
        ]
    elif noun in ("brother", "sister", "sibling"):
        forms = [
            rf"\b(?:brother|sister|sibling|twin)s?(?: of| to)? {describing}{name}",
            rf"{his} (?:\w+ ){{0,2}}(?:brother|sister|sibling)s?,?(?: is| was| were)? {describing}{name}",
        ]
    else:
        forms = [
            rf"\b(?:[Ww]ife|[Hh]usband|[Ww]idow|[Ww]idower|[Cc]onsort|[Ss]pouse|[Pp]artner)(?: is| was)?(?: of| to|,)? {describing}{name}",
            rf"\b(?:married|marries|marrying|[Mm]arriage)(?: is| was)?(?: to| with)? {describing}{name}",
            rf"(?P<name>{NAME})['’]s (?:\w+ )?(?:wife|husband|widow|widower)\b",
        ]
    return tuple(map(re.compile, forms))


def _done(noun: str) -> str | None:
    return _of(_MADE, noun)


def _of(table: Mapping[str, str], noun: str) -> str | None:
    return next((found for nouns, found in table.items() if noun in nouns.split("|")), None)
