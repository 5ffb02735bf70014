"""Words as texts and questions are compared by: stems, and the words that say nothing."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

import snowballstemmer

from engine.answering.words.forms import base_of

WORD = re.compile(r"[^\W_]+(?:['’.@_/:-][^\W_]+)*", re.UNICODE)
STOP = frozenset(
    "a an the of to in on at by for with from as is are was were be been being am it its this that these those he "
    "she they we i you me my mine your yours his her hers their theirs our ours him them us and or but if then than "
    "so not no do does did done have has had having will would can could may might shall should must there here who "
    "whom whose which what when where why how all any some many much more most very just about into over again ever "
    "also out up off only own same such too s t d ll re ve m please tell give say said according get got now "
    "s' it's i'm that's let's kind sort type exactly actually name called currently take takes took taken go goes went "
    "come comes came make makes made want wants wanted use uses used let lets put does again "
    "don't doesn't didn't isn't aren't wasn't weren't hasn't haven't hadn't won't wouldn't can't cannot couldn't "
    "shouldn't mustn't needn't ain't i've i'll i'd we're we've we'll we'd you're you've you'll you'd he'll he'd she'll "
    "she'd they're they've they'll they'd it'll that'll "
    "between among during while until per each every either mean means meant".split()
)


def plain(word: str) -> str:
    """Without a possessive ending; there is one apostrophe."""
    return re.sub(r"'s?$", "", word.replace("’", "'"))


_STEMMER = snowballstemmer.stemmer("english")
_LETTERS = str.maketrans({"ł": "l", "ø": "o", "đ": "d", "ı": "i", "ß": "ss", "æ": "ae", "œ": "oe"})  # no accents


def unaccented(word: str) -> str:
    """A lower-cased word as it is typed where a keyboard has no accents: sinead of sinéad."""
    if word.isascii():
        return word
    letters = unicodedata.normalize("NFD", word.translate(_LETTERS))
    return "".join(letter for letter in letters if not unicodedata.combining(letter))


@lru_cache(maxsize=65536)
def stem(word: str) -> str:
    return _STEMMER.stemWord(base_of(unaccented(word.lower())))  # type: ignore[no-any-return]


def stems_of(text: str) -> list[str]:
    """Stems of all words of a text, in order; compounds joined by - / . : count in parts as well."""
    out = []
    for match in WORD.finditer(text):
        word = plain(match.group().lower())
        out.append(stem(word))
        parts = re.split(r"[-/.:@_]", word)
        if len(parts) > 1:
            out.extend(stem(part) for part in parts if part)
    return out
