"""What somebody calls theirs, in a question and in what others say: "my brother", "my new phone number"."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from engine.answering.words.grammar import KIN, ROLE
from engine.answering.words.stems import STOP, plain, stem, unaccented

_MINE = re.compile(r"\bmy ((?:[^\W_][\w’'-]* ?){1,3})", re.IGNORECASE)
_KIN = re.compile(rf"(?:{KIN}|(?:girl|boy)?friend)s?", re.IGNORECASE)
_ROLE = re.compile(rf"{ROLE}s?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Mine:
    """What somebody calls theirs: "my brother", "my new phone number"."""

    stems: frozenset[str]
    is_somebody: bool  # who may speak for themselves


def mine_in(text: str) -> Iterator[Mine]:
    for match in _MINE.finditer(text):
        said = match[1].split()
        words = [plain(word.lower()) for word in said]
        last = next((at for at, word in enumerate(words) if word in STOP), len(words)) - 1
        owns = [at == last or word.endswith(("'s", "’s")) for at, word in enumerate(said)]
        pairs = zip(words, owns, strict=True)
        somebody = [word for word, is_own in pairs if _KIN.fullmatch(word) or (is_own and _ROLE.fullmatch(word))]
        stems = frozenset(map(stem, somebody[:1] or (word for word in words if word not in STOP)))
        if stems:
            yield Mine(stems, bool(somebody))


def is_me(speaker: str, me: Sequence[str]) -> bool:
    """Whether somebody is one of `me`: by the first name alone, with the last one or its initial, in any order, with
    what mail programs put beside it; or called "me" as copied chats do."""
    own = _words(speaker)
    if not own or own in (["me"], ["you"], ["user"]):
        return bool(own)
    for name in me:
        known = _words(name)
        if known and own[0] == known[0] and (len(own) == 1 or (own[-1] == known[-1] or own[-1] == known[-1][0])):
            return True
    return speaker.casefold() in {name.casefold() for name in me}


def _words(name: str) -> list[str]:
    """Lower-cased, without accents, marks, brackets and addresses; "Krog, Edda" from the first name on."""
    name = re.sub(r"\([^()]*\)|<[^<>]*>|\S+@\S+", " ", name)
    last, comma, first = name.partition(",")
    return re.findall(r"\w+", unaccented((f"{first} {last}" if comma else name).casefold()))
