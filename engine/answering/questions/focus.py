"""The thing that a question asks for: `code` in "What is the new door code of the container?"."""

from __future__ import annotations

from collections.abc import Sequence

from engine.answering.words.grammar import AUXILIARIES, LONGEST
from engine.answering.words.stems import STOP, WORD, plain, stem
from engine.answering.words.verbs import VERBS

_AUXILIARY = frozenset("do does did will would".split())
_COSTS = frozenset("cost costs weigh weighs".split())
_PAYS = frozenset("pay paid spend give charge charged".split())
_GENERAL = frozenset("time date day days year month week number place person people amount part thing point".split())
_BE = frozenset("is was are were".split())
_ASKS_ALONE = frozenset("what which who where when".split())
_ASKS = _ASKS_ALONE | {word + end for word in _ASKS_ALONE for end in ("'s", "’s")}
_VERBS = frozenset(AUXILIARIES)
_ASKING = _ASKS | frozenset("how why whose whom".split())
_SOUGHT = frozenset("code password pin".split())
FEW = 7  # words of a search
_ENDS = frozenset(
    "of for in on at to from with by about as that who which where when between during until since before after "
    "now".split()
)
_BEFORE = frozenset("the a an my our your his her its their name kind sort type of this that these those".split())
_NO_THING = (
    STOP
    | _ENDS
    | _GENERAL
    | frozenset("back last next yet ever still already again allowed forbidden permitted closed".split())
)


def focus_of(text: str) -> str | None:
    """The head of what is asked for, as a stem: the noun behind what, which, how many, or what "what is" speaks of."""
    words = [match.group() for match in WORD.finditer(text[:LONGEST])]
    lower = [word.lower() for word in words]
    for at, word in enumerate(lower):
        rest, following = words[at + 1 :], lower[at + 1 : at + 2]
        if word == "how" and following == ["much"] and not _AUXILIARY.isdisjoint(lower[at + 2 : at + 3]):
            return _bought(rest[2:])
        if word == "how" and following in (["many"], ["much"]):
            return _head(rest[2:] if lower[at + 2 : at + 3] in (["is"], ["was"]) else rest[1:])
        if word in _ASKS_ALONE and following and following[0] in _BE:
            return _head(rest[1:])
        if word in _ASKS - _ASKS_ALONE:
            return _head(rest)
        if word in ("what", "which"):
            bought = None if _AUXILIARY.isdisjoint(following) else _bought(rest[1:])
            return bought or _head(rest, verbal=True)
    if lower[:1] and lower[0] in _VERBS:
        return _judged(words)
    return next((stem(word) for word in lower if word in _SOUGHT), None) if is_bare(lower) else None


def is_bare(words: Sequence[str]) -> bool:
    """Whether words, in small letters, are typed as into a search: "container door code"."""
    return len(words) <= FEW and _VERBS.isdisjoint(words) and _ASKING.isdisjoint(words)


def _judged(words: Sequence[str]) -> str | None:
    """Of "Does the hotel include breakfast?" and "Are pets allowed in the flat?": the stem of the last thing, not
    named, that stands before it is said where or when."""
    found = None
    for word in words[1:]:
        low = word.lower()
        if low in _ENDS and low != "to" and found is not None:
            break
        if word[0].islower() and low == plain(low) and low not in _NO_THING and stem(low) not in VERBS:
            found = stem(low)
    return found


def _bought(words: Sequence[str]) -> str | None:
    """Of "the boots cost" and "we pay for the boots": the noun's stem."""
    lower = [word.lower() for word in words]
    for at, word in enumerate(lower):
        if word in _COSTS:
            return _head(words[:at])
        if word == "for" and not _PAYS.isdisjoint(lower[:at]):
            return _head(words[at + 1 :])
    return None


def _head(words: Sequence[str], verbal: bool = False) -> str | None:
    """Of words that begin with a noun and what stands before it: the noun's stem. verbal: a verb may follow at once."""
    run = list[str]()
    for at, word in enumerate(words):
        low = word.lower()
        if plain(low) != low and at < len(words) - 1:  # Maja's
            run.clear()
        elif low not in STOP and low not in _ENDS and not (run and word[0].isupper() and run[-1].islower()):
            run.append(word)
        elif run:
            return _thing(run[0] if verbal and low not in _VERBS | _ENDS else run[-1])
        elif low not in _BEFORE:
            return None
    return _thing(run[-1]) if run else None


def _thing(word: str) -> str | None:
    """Texts seldom say the words that only tell a kind of answer."""
    return None if word.lower() in _GENERAL else stem(word)
