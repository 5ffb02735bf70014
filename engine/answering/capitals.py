"""A question typed in small letters, with the capitals that memory writes its names with: names count as names
however they are typed."""

from __future__ import annotations

import re
from collections.abc import Sequence

from engine.answering.stems import STOP
from engine.library import Passage

_WORD = re.compile(r"[^\W\d_][\w-]*")
_NO_NAMES = frozenset("may march mark will may might can see so the".split())
OFTEN = 3.0  # as often with a capital as without: "Gran" of a memory that has "gran" now and then


def with_capitals(question: str, passages: Sequence[Passage]) -> str:
    """As it was typed where it has a capital behind its first letter, but for "I"."""
    if re.search(r"(?<!\A)(?!I\b)[A-Z]", question) is not None:
        return question
    text = "\n".join(passage.text for passage in passages)
    named = {word for word in {m.group().lower() for m in _WORD.finditer(question)} if _is_name(word, text)}
    written = _WORD.sub(lambda m: m.group().capitalize() if m.group().lower() in named else m.group(), question)
    written = re.sub(r"(?<![\w'’.])i(?![\w.])", "I", written)
    return written[:1].upper() + written[1:]


def _is_name(word: str, text: str) -> bool:
    """Whether a text writes a word with a capital where no sentence begins: behind a word in small letters, or beside
    another name."""
    if word in STOP | _NO_NAMES or len(word) < len("Al") or word.capitalize() not in text:
        return False
    name = re.escape(word.capitalize())
    inside = rf"(?<=[a-z,] ){name}\b|\b(?<=[A-Za-z] ){name}\b(?=[:'’])|\b{name}(?= [A-Z][a-z]+(?:[:,]| [a-z]))"
    capital = len(re.findall(inside, text))
    return capital >= OFTEN * len(re.findall(rf"\b{re.escape(word)}\b", text)) and capital > 0
