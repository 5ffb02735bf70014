"""Questions that ask two things at once: "When and where was Otto born?", "Who is the vet, and what is the number?".
Each becomes a question of its own; what the second leaves out, the first has said."""

from __future__ import annotations

import re
from typing import NamedTuple

from engine.answering.focus import LONGEST
from engine.answering.question import Question
from engine.answering.stems import WORD, plain, stem
from engine.answering.verbs import VERBS

_WAY = r"(?:(?:on|at|in|from|to|for|with|by|until|since|through|of) )?"
_HOW = r"how(?: (?:many|much|long|often|far|old|big|tall|high|late|early|well))?"
_ASKS = rf"{_WAY}(?:who|whom|whose|what|which|when|where|why|{_HOW})\b"
_AUX = r"(?:is|are|am|was|were|did|does|do|has|have|had|can|could|will|would|should|must|may|might)"
_ALONE = r"(?:who|whom|when|where|why|how long|how often|how|what|how much|how many)"
_THING = rf"(?:what|which|whose|how many|how much) (?!{_AUX}\b)[\w’'-]+(?: (?!and\b|{_AUX}\b)[\w’'-]+)?"
# "When and where was ...", "On which weekday and at what time does ...", "Which show and which costume gave ..."
_PHRASE = re.compile(rf"\W*{_WAY}(?:{_THING}|{_ALONE}|\w+)", re.I)
_AT_ONCE = re.compile(
    rf"\W*(?P<one>{_WAY}(?:{_THING}|{_ALONE})),? and (?P<other>{_WAY}(?:{_THING}|{_ALONE}))"
    rf" (?P<rest>(?:{_AUX}|\w+ed|\w+s)\b.+)\Z",
    re.I,
)
_TWO = re.compile(rf"(?P<one>.+?)(?P<comma>,)? and (?P<other>(?-i:{_ASKS}).*)\Z", re.I)
_BEGINS = re.compile(rf"\W*(?:{_ASKS}|{_AUX}\b)", re.I)
_WITHIN = re.compile(r"(?<=\w )(?:who|which|that|whose|whom)\b", re.I)  # of a clause that the second may go on with
_SAME_THING = re.compile(rf"(?P<way>{_WAY})(?:which(?: ones?)?|how many)(?= (?:{_AUX}|in|to|at|by|on)\b)", re.I)
_ASKED = re.compile(
    rf"\W*(?P<asked>(?:which|what|how many) (?!{_AUX}\b)[\w’'-]+(?: (?!{_AUX}\b)[\w’'-]+){{0,3}}) (?={_AUX}\b)", re.I
)
_NO_QUESTION = re.compile(rf"{_WAY}whom (?!{_AUX}\b)|how [\w-]+ (?:he|she|it|they|I|we)\b", re.I)
_HE = re.compile(r"\b(?:he|she|him|they|them|(?P<his>his|their|her(?= [a-z]))|her)\b", re.I)
_IT = re.compile(r"\b(?:it|its|they|them|that|this|these|those|one|ones)\b", re.I)
_WHO = re.compile(r"\W*who\b", re.I)  # of whom the second may go on: "Who came first, and what did she buy?"
_NOBODY = frozenset(
    "monday tuesday wednesday thursday friday saturday sunday january february march april may june july august"
    " september october november december christmas easter".split()
)
LEAST = 2  # words that matter, of a question that stands for itself


class Two(NamedTuple):
    """Both questions, each as if it were asked alone."""

    one: str
    other: str


def two_of(text: str) -> Two | None:
    """The two questions in one; None of any other."""
    text = " ".join(text[:LONGEST].split()).rstrip("?!. ").strip()
    if (match := _AT_ONCE.match(text)) is not None:
        return Two(*(f"{asked[:1].upper()}{asked[1:]} {match['rest']}?" for asked in (match["one"], match["other"])))
    if (match := _TWO.match(text)) is None or _BEGINS.match(match["one"]) is None:
        return None
    one, other = match["one"], match["other"]
    is_clause = match["comma"] is None and _WITHIN.search(one) is not None
    if is_clause or _PHRASE.fullmatch(one) is not None or _NO_QUESTION.match(other) is not None:
        return None
    return Two(f"{one}?", f"{_by_itself(one, other)}?")


def _by_itself(one: str, other: str) -> str:
    """The second question with what only the first says: "How long did Ana live there" of "and how long"."""
    names = [name for name in _names(one) if name not in other]
    asked = _asked(one)
    if asked and (same := _SAME_THING.match(other)) is not None:
        other = f"{same['way']}{asked}{other[same.end() :]}"
    own = [word for word in _content(other) if stem(word) not in VERBS]
    rest = _rest(one)
    if rest and re.fullmatch(rf"{_ASKS}(?: (?!{_AUX}\b)[\w’'-]+){{0,2}}", other, re.I):
        other = f"{other} {rest}"
    elif not _names(other):
        if len(names) == 1 and not _WHO.match(one) and _HE.search(other):
            other = _HE.sub(lambda pronoun: f"{names[0]}'s" if pronoun["his"] else names[0], other, count=1)
        elif known := names if len(own) >= LEAST and not _IT.search(other) else _things(one, other):
            other = f"{other} ({' '.join(known)})"
    return other[:1].upper() + other[1:]


def _names(text: str) -> list[str]:
    """Names that a question has behind its first word, those of one run together."""
    found = re.finditer(r"(?<=\w )(?!I\b)[A-Z][\w’'-]*(?: (?!I\b)[A-Z][\w’'-]*)*", text)
    names = (plain(match.group()) for match in found)
    return [name for name in dict.fromkeys(names) if name.split()[0].lower() not in _NOBODY]


def _content(text: str) -> list[str]:
    """The words of a question that matter, as they stand."""
    asked = Question.of(text)
    return [m.group() for m in WORD.finditer(text) if plain(m.group().lower()) in asked.words]


def _things(one: str, other: str) -> list[str]:
    """What the first speaks of and the second does not name."""
    return [word for word in _content(one) if word not in other and stem(plain(word.lower())) not in VERBS]


def _asked(one: str) -> str:
    """What the first asks for, as it calls it: "which part of the body"."""
    match = _ASKED.match(one)
    return match["asked"][:1].lower() + match["asked"][1:] if match is not None else ""


def _rest(one: str) -> str:
    """What the first says behind what it asks for, the verb first: "did Ana live there"."""
    match = re.search(rf"\b{_AUX}\b.*", one, re.I)
    return match.group() if match is not None and match.start() > 0 else ""
