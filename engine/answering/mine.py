"""What somebody calls theirs, in a question and in what others say: "my brother", "my new phone number"."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from engine.answering.grammar import KIN, ROLE
from engine.answering.stems import STOP, plain, stem

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
        words = [plain(word.lower()) for word in match[1].split()]
        last = next((at for at, word in enumerate(words) if word in STOP), len(words)) - 1
        somebody = [
            word for at, word in enumerate(words) if _KIN.fullmatch(word) or (at == last and _ROLE.fullmatch(word))
        ]
        stems = frozenset(map(stem, somebody[:1] or (word for word in words if word not in STOP)))
        if stems:
            yield Mine(stems, bool(somebody))


def is_me(speaker: str, me: Sequence[str]) -> bool:
    """Whether somebody's name is one of `me`, in full or the first alone."""
    low = speaker.casefold()
    return any(low == name.casefold() or low == name.casefold().split()[0] for name in me if name.strip())
