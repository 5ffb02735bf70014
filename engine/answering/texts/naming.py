"""How sentences name somebody by what they are to another: "directed by Max Varnel", "Owen (Farida's husband)", "the
third son of Prince Johann Georg and his wife, Princess Birgitta"."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache, lru_cache

from engine.answering.words.countries import any_country
from engine.answering.words.grammar import LONGEST
from engine.answering.words.stems import stems_of

CAPITAL = "A-ZÀ-ÖØ-ÞĀĂĄĆČĎĐĒĘĚĞĪİŁŃŇŐŘŚŞŠŤŪŮŹŻŽ"
_WORD = rf"(?:(?:Jr|Sr|St|Dr|Mr|Mrs|Ms|Hon|Rev|Prof|Capt|Col|Gen|Lt|[{CAPITAL}])\.|[{CAPITAL}][\w’'&-]*)"
PARTICLE = r"(?:of|de|del|della|di|da|do|dos|das|du|van|von|der|den|ter|la|le|el|al|bin|ibn|the|à|y|zu|av)"
_TITLED = rf",? (?:(?:Jr|Sr)\.?|\d+(?:st|nd|rd|th) {_WORD}(?: of {_WORD})*)"
NAME = rf"{_WORD}(?:(?: {PARTICLE}){{0,2}} {_WORD})*(?:{_TITLED})?"
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
    "painter|sculptor": "painted|sculpted",
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
MAKERS = tuple(_MADE)
OF_WORKS = frozenset(
    "composer performer singer artist author writer novelist screenwriter scriptwriter lyricist".split()
)
_SPOUSE = "husband|wife|spouse|widow|widower|fiancée?|partner|consort"
_SAME = {  # how texts call them
    "father|dad": "father|dad|papa|papá|daddy",
    "mother|mum|mom": "mother|mum|mom|mama|mamá|mummy",
    "parent": "father|dad|mother|mum|mom|parent",
    "child": "child|kid|son|daughter",
    "sibling": "brother|sister|sibling|twin",
    "husband|wife|spouse|widow|widower|fiancé|fiancée|partner": _SPOUSE,
}
_CHILD = r"\b(?<!-)(?:[Ss]on|[Dd]aughter|[Cc]hild|[Cc]hildren|[Hh]eir|born|[Oo]ffspring)\b"
_DESCRIBING = rf"(?:(?:the |an? )?(?:(?:[a-z][\w/-]*|{any_country()}) ){{0,5}}?)"
_THE_NAME = rf"(?!{any_country()} [a-z])(?P<name>{NAME})"
_OF_PARENTS = {
    "father|dad|parent": rf"{_CHILD}[^.;]*? (?:of|to) {_DESCRIBING}{_THE_NAME}",
    "mother|mum|mom": rf"{_CHILD}[^.;]{{0,80}}? (?:of|to) [^.;]{{0,120}}?\band (?:of )?"
    rf"(?:(?:his|her|the|first|second|third|wife|consort) )*{_DESCRIBING}{_THE_NAME}",
    "child|son|daughter": rf"\b(?:father|mother|parent)s? of {_DESCRIBING}{_THE_NAME}",
    "husband|wife|spouse|partner": r"\b(?:married|marries|marrying|[Mm]arriage)(?: is| was)?(?: to| with)? "
    rf"{_DESCRIBING}{_THE_NAME}",
}
_NOBODY = frozenset("He She His Her They Their It In On At The A An My Our I We After Before When As And But".split())
_SUBJECT = re.compile(rf"\W*({NAME})")
_QUEEN = rf"{_CHILD}[^.;]*? (?:of|to) {_DESCRIBING}(?P<name>(?:Queen|Princess|Lady|Empress|Countess|Duchess)\b {NAME})"


def named(noun: str, whose: str, text: str, *, speaks: bool = False) -> Iterator[str]:
    """Names that a sentence gives to whoever is `noun` of somebody or something, the likeliest first. speaks: that
    somebody is who says it."""
    noun, text = noun.lower(), text[:LONGEST]
    own = frozenset(stems_of(re.sub(r"\(.*?\)", "", whose)))
    for pattern in (*_of_makers(noun), *_beside(noun, whose)) if is_made(noun) else _beside(noun, whose):
        for match in pattern.finditer(text):
            if name := _new(match, own):
                yield name
    if is_made(noun):
        return
    for pattern in _of_kin(noun, speaks):
        for match in pattern.finditer(text):
            if _is_told_of(own, text, match) and (name := _new(match, own)):
                yield name


def _new(match: re.Match[str], own: frozenset[str]) -> str | None:
    """A name that is somebody else's; a country's people is nobody's."""
    name = match["name"].strip()
    is_people = re.fullmatch(rf"{any_country()}(?: {_WORD})?", name) is not None
    return None if is_people or own.issuperset(stems_of(name)) else name


def _is_told_of(own: frozenset[str], text: str, match: re.Match[str]) -> bool:
    """Whether a sentence tells of somebody up to there: it begins with their name, or with nobody's, as "he" does."""
    begun = _SUBJECT.match(text)
    if begun is not None and begun[1].split()[0] not in _NOBODY and begun.end() <= match.start("name"):
        return not own.isdisjoint(stems_of(text[: match.start("name")]))
    return not own or not own <= frozenset(stems_of(text[match.end() :]))


def is_made(noun: str) -> str | None:
    """How one asks who has done it, of a work's director and the like: "directed"; None for kin."""
    done = _of(_MADE, noun)
    return _ACTIVE.get(noun, done.partition("|")[0]) if done is not None else None


@cache
def _of_makers(noun: str) -> tuple[re.Pattern[str], ...]:
    done, alone = _of(_MADE, noun), _of(_BY_ALONE, noun)
    ways = r"(?: (?:recorded|written|composed|performed|sung|painted))?"
    return tuple(
        re.compile(form)
        for form in (
            rf"\b(?:{done})\b(?:[^.;]{{0,60}}?) by {_DESCRIBING}{_THE_NAME}",
            rf"\b(?:{alone or '(?!)'})\b{ways} by {_DESCRIBING}{_THE_NAME}",
            rf"\b(?i:{noun}),? (?:is |was |were )?{_DESCRIBING}{_THE_NAME}",
            rf"(?P<name>{NAME}),? (?:who |also |had |then |has )?(?:{is_made(noun)})\b(?! by)",
        )
    )


@lru_cache(maxsize=256)
def _beside(noun: str, whose: str) -> tuple[re.Pattern[str], ...]:
    """ "Owen (Farida's husband)", "Farida's husband Owen", "Farida and her husband Owen"."""
    short = re.escape(whose.split()[0])
    called = rf"(?:[\w-]+ )?(?i:{_of(_SAME, noun) or noun})"
    says = r"(?:,? \(?| is (?:called |named )?| was (?:called |named )?)"
    return (
        re.compile(rf"(?P<name>{NAME}),? \(?{short}(?: \w+)?['’]s? {called}\b"),
        re.compile(rf"\b{short}(?: \w+)?['’]s? {called}{says}{_THE_NAME}"),
        re.compile(rf"\b(?i:{called}) of (?:the )?{short}(?: \w+)*?{says}{_THE_NAME}"),
        re.compile(rf"\b{short}(?: \w+)? (?:and|with|&|\+) (?:(?:his|her) )?{called},? \(?{_THE_NAME}"),
    )


@cache
def _of_kin(noun: str, speaks: bool) -> tuple[re.Pattern[str], ...]:
    """speaks: whose husband it is says "my husband"."""
    called = _of(_SAME, noun) or noun
    his = rf"(?:\b(?:[Hh]is|[Hh]er|[Tt]heir|whose|the|of{'|[Mm]y|[Oo]ur' if speaks else ''})|\+)"
    forms = [
        _of(_OF_PARENTS, noun) or "(?!)",
        rf"{his} (?:\w+ ){{0,2}}(?:{called})(?:s|ren)?,?(?: is| was| were)? {_DESCRIBING}{_THE_NAME}",
        rf"\b(?i:{called})s?(?: of| to) {_DESCRIBING}{_THE_NAME}"
        if noun not in ("father", "mother", "parent")
        else "(?!)",
        _QUEEN if noun in ("mother", "mum", "mom") else "(?!)",
    ]
    return tuple(map(re.compile, forms))


def _of(table: Mapping[str, str], noun: str) -> str | None:
    return next((found for nouns, found in table.items() if noun in nouns.split("|")), None)
