"""Whether a sentence says what something is called, where its name is asked for.

Names stand everywhere, so that "What is the name of Thuy's dog?" finds one in any sentence about Thuy. One that tells
says that it is a name ("called Beryl", "her name is"), or has the thing and the name side by side.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from engine.answering.kinds import ROLE
from engine.answering.question import Question
from engine.answering.sentences import Scored
from engine.answering.stems import STOP, plain, stem, stems_of
from engine.answering.talk import Talk
from engine.answering.things import things_for
from engine.library import Passage

_ASKED = re.compile(
    r"\b(?:what|which)\b.*\b(?:(?<!user)(?<!file)names?|called|named)\b"
    r"|\bwhat did\b.*\b(?:name|call) (?:him|her|it|them|his|their|its|my|our)\b",
    re.IGNORECASE,
)
_NOT = re.compile(r"\bname[sd]? (?:after|for|tag|day|brand)\b|\bcalled (?:for|off|in|out|on)\b", re.IGNORECASE)
_ONLY_ASKS = frozenset(
    map(stem, "name named call called first last full real exact title give gave choose chose pick picked".split())
)
_CALLS = re.compile(
    r"\b(?:called|named|names?|name['’]s|calls?|calling|naming|christened|baptised|titled|entitled|known as)\b",
    re.IGNORECASE,
)
_NAME = re.compile(r"(?<![\w’'])[A-Z][\w’'-]*|[\"“«][^\"”»\n]{2,60}[\"”»]")
_KIN = re.compile(
    rf"\b(?:{ROLE}|boyfriend|girlfriend|twins?|child(?:ren)?|baby|grandson|granddaughter|friend)s?\b", re.IGNORECASE
)
_BEGINS = re.compile(r"(?:\A|[.!?:;\"“*>-])\s*\Z")
_NAME_THEN_KIN = re.compile(  # "Pilar, my sister", "Pilar is her sister", "Pilar (my sister"
    r"\s*(?:[,(–—:|-]|(?:is|was)\b|['’]s\b(?=\s(?:my|his|her|our|their)\b))\s*(?:who is |who was )?"
    r"(?:(?:my|his|her|our|their|your|the|an?|[\w-]+['’]s) )?(?:\w+ )?"
)
_KIN_THEN_NAME = re.compile(r"\W*(?:(?:is|was|called|named)\W+)?")  # "my sister Pilar", "the sister is Pilar"
_NO_NAMES = frozenset(
    "poor dear old little big sweet lovely happy good great nice oh ah hi hey hello yes no well thanks thank sorry"
    " please welcome mr mrs ms dr sir miss one first second next last new".split()
)
_DAYS = re.compile(
    r"(?:mon|tues|wednes|thurs|fri|satur|sun)day|january|february|march|april|may|june|july|august|september|october"
    r"|november|december|christmas|easter",
    re.IGNORECASE,
)


def asks_a_name(question: Question) -> bool:
    """What something is called is asked for."""
    return _ASKED.search(question.text) is not None and _NOT.search(question.text) is None


def tells_the_name(question: Question, passage: Passage, sentence: Scored) -> bool:
    """Whether a sentence says what the thing that is asked of is called."""
    talk = Talk.of(passage.text, passage.writers)
    things = {s for s in question.stems if s not in question.names and s not in _ONLY_ASKS}
    text = sentence.says
    before = next((a for a, b in reversed(passage.sentences) if b <= sentence.start), sentence.start)
    if (turn := talk.turn(sentence.start)) is not None:
        before = min(before, turn.start)
    beside = f"{passage.context} {passage.text[before : sentence.end]}"
    calls = _CALLS.search(beside, len(passage.context)) is not None
    if text == text.lower():  # written without capitals
        return not things or _has(text, things) or (calls and _has(beside, things))
    if not (names := list(_names(question, passage, talk, sentence))):
        return False
    if things and (kin := [match for match in _KIN.finditer(text) if stem(match.group().lower()) in things]):
        calls = _CALLS.search(text) is not None
        return calls or any(_is_of(text, name, one) for name in names for one in kin)
    return not things or _has(text, things) or (calls and _has(beside, things))


def _names(question: Question, passage: Passage, talk: Talk, sentence: Scored) -> Iterator[re.Match[str]]:
    """What may be a name in a sentence: none that the question has, nobody who talks, no day, no word that stands
    elsewhere without a capital."""
    text = sentence.says
    talkers = frozenset(stems_of(" ".join({turn.speaker for turn in talk.turns})))
    for match in _NAME.finditer(text):
        name = match.group()
        words = stems_of(name)
        if not words or _DAYS.fullmatch(name) or question.names.issuperset(words) or talkers.issuperset(words):
            continue
        if (
            name[0].isalpha()
            and _BEGINS.search(text[: match.start()])
            and (plain(name.lower()) in STOP | _NO_NAMES or re.search(rf"\b{re.escape(name.lower())}\b", passage.text))
        ):
            continue
        yield match


def _is_of(text: str, name: re.Match[str], kin: re.Match[str]) -> bool:
    """Whether a name and what somebody is to another are of one person: not in "Declan's mum"."""
    if name.start() < kin.start():
        owns = name.group().endswith(("'s", "’s"))
        return not owns and _NAME_THEN_KIN.fullmatch(text, name.end(), kin.start()) is not None
    return _KIN_THEN_NAME.fullmatch(text, kin.end(), name.start()) is not None


def _has(text: str, things: set[str]) -> bool:
    """Whether a text names one of the things, or says what kind of one it is: a beagle where a dog is asked of."""
    if not things.isdisjoint(stems_of(text)):
        return True
    return any(kind.search(text) is not None for kind in map(things_for, things) if kind is not None)
