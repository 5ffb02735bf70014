"""What a question asks for: the words that matter, and the kind of answer it expects."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import snowballstemmer

Kind = Literal["time", "money", "number", "person", "place", "contact", "any"]

WORD = re.compile(r"[^\W_]+(?:['’.@_/:-][^\W_]+)*", re.UNICODE)
STOP = frozenset(
    "a an the of to in on at by for with from as is are was were be been being am it its this that these those he "
    "she they we i you me my mine your yours his her hers their theirs our ours him them us and or but if then than "
    "so not no do does did done have has had having will would can could may might shall should must there here who "
    "whom whose which what when where why how all any some many much more most very just about into over again ever "
    "also out up off only own same such too s t d ll re ve m please tell give name say said according get got did "
    "does was s' it's i'm that's let's kind sort type exactly actually".split()
)
_KINDS: tuple[tuple[Kind, re.Pattern[str]], ...] = (
    ("contact", re.compile(r"\b(phone|telephone|e-?mail|mobile|website|url|address|contact)\b", re.I)),
    ("money", re.compile(
        r"\bhow much\b.*\b(cost|pay|paid|price|rent|owe|charge|fee|spend|spent|worth|deposit|is|was|did|does)\b"
        r"|\b(price|cost|rent|fee|deposit|amount|total|premium|salary|budget)\b", re.I)),
    ("time", re.compile(
        r"\bwhen\b|\b(what|which) (date|day|time|year|month|weekday|week)\b|\bhow long ago\b|\bdeadline\b|\bbirthday\b"
        r"|\bdue\b|\bwhat time\b|\bsince when\b|\buntil when\b|\bexpire", re.I)),
    ("number", re.compile(
        r"\bhow (many|much|long|old|far|big|tall|high|large|heavy|often|fast|deep|wide|hot)\b"
        r"|\b(number|code|serial|percentage|size|temperature|dose|pressure|version|iban|pin)\b", re.I)),
    ("person", re.compile(r"\bwho(m|se)?\b|\b(what|which) (person|man|woman|doctor|author|actor|singer)\b", re.I)),
    ("place", re.compile(r"\bwhere\b|\b(what|which) (city|town|place|country|street|hotel|venue|restaurant)\b", re.I)),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Question:
    text: str
    stems: tuple[str, ...]  # of the words that matter, each once, in order
    words: tuple[str, ...]  # the same, lower-cased, unstemmed
    kind: Kind

    @classmethod
    def of(cls, text: str) -> Question:
        found: dict[str, str] = {}
        every = [m.group().lower() for m in WORD.finditer(text)]
        for word in [w for w in every if plain(w) not in STOP] or every:
            found.setdefault(stem(plain(word)), plain(word))
        return cls(text, tuple(found), tuple(found.values()), expected(text))


def expected(text: str) -> Kind:
    return next((kind for kind, pattern in _KINDS if pattern.search(text)), "any")


def plain(word: str) -> str:
    """Without a possessive ending."""
    return re.sub(r"['’]s?$", "", word)


_STEMMER = snowballstemmer.stemmer("english")


@lru_cache(maxsize=65536)
def stem(word: str) -> str:
    return _STEMMER.stemWord(word.lower())  # type: ignore[no-any-return]


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


_MONTH = r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)"  # noqa: E501
_PATTERNS: dict[Kind, re.Pattern[str]] = {
    "time": re.compile(
        rf"\b{_MONTH}\b\.?|\b(?:1[0-9]|20)\d\d\b|\b\d{{1,2}}[:.]\d\d\b|\b\d{{1,2}} ?[ap]\.?m\b|\b\d{{1,2}}[/.]\d{{1,2}}\b"
        r"|\b(?:mon|tues|wednes|thurs|fri|satur|sun)day\b|\b(?:today|tomorrow|yesterday|tonight|noon|midnight)\b"
        r"|\b(?:next|last|this) (?:week|month|year|spring|summer|autumn|winter)\b|\b\d+(?:st|nd|rd|th)\b", re.I),
    "money": re.compile(r"[$€£¥]\s?\d|\b\d[\d.,\s]*(?:euros?|eur|dollars?|usd|pounds?|gbp|kr|kronor|sek|cents?|k)\b"
                        r"|\b(?:eur|usd|gbp|sek|chf)\s?\d|\b\d+[.,]\d\d\b", re.I),
    "number": re.compile(r"\d|\b(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|dozen|twenty|thirty"
                         r"|forty|fifty|hundred|thousand|million|half|twice|once|every|daily|weekly)\b", re.I),
    "contact": re.compile(r"\+?\d[\d\s()/-]{5,}\d|\S+@\S+\.\w+|https?://|www\.|\b\d+[a-z]?,? [A-Z]|[A-Z]\w+ \d+"),
    "person": re.compile(r"\b[A-Z][\w’'-]+"),
    "place": re.compile(r"\b(?:in|at|on|to|from|near|behind|under|inside|into|by|opposite|next to|street|road)\b", re.I),
}  # fmt: skip


def holds(kind: Kind, text: str, known: Sequence[str]) -> bool:
    """Does the text hold an answer of this kind, beyond the question's own words (stems)?"""
    if kind == "any":
        return True
    for match in _PATTERNS[kind].finditer(text):
        if kind not in ("person", "place") or stem(plain(match.group().lower())) not in known:
            return True
    return False
