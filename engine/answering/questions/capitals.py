"""A question typed in small letters, with the capitals that memory writes its names with: names count as names
however they are typed."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from engine.answering.words.forms import group_of
from engine.answering.words.related import words_for
from engine.answering.words.stems import STOP, stem
from engine.answering.words.verbs import VERBS
from engine.library import Passage

OFTEN = 3.0  # as often with a capital as without: "Gran" of a memory that has "gran" now and then
TWICE = 2  # times beside another name: one heading has capitals anyway
LOOKED_AT = 200_000  # characters of the texts
MOST = 60  # words of a question
_WORD = re.compile(r"[^\W\d_][\w-]*")
_NAME = r"[^\W\d_a-z][\w-]{0,30}"
_INSIDE = re.compile(rf"(?<![\w’'-])[a-z][\w’'-]{{0,30}},? ({_NAME}(?: {_NAME}){{0,3}})")  # where no sentence begins
_BESIDE = re.compile(rf"(?<=[A-Za-z] ){_NAME}(?=[:'’])|(?<![\w-]){_NAME}(?= [A-Z][a-z]{{1,30}}(?:[:,]| [a-z]))")
_NO_NAMES = frozenset(
    "may march mark will might can see so the long old far big tall high good new first last next little great".split()
)


def with_capitals(question: str, passages: Sequence[Passage]) -> str:
    """As it was typed where it has a capital behind its first letter, but for "I"."""
    words = {match.group().lower() for match in _WORD.finditer(question)}
    if re.search(r"(?<!\A)(?!I\b)[A-Z]", question) is not None or len(words) > MOST:
        return question
    text = "\n".join(passage.text for passage in passages)[:LOOKED_AT]
    writers = " ".join(name.lower() for passage in passages for _, name in passage.writers).split()
    low = {match.group() for match in _WORD.finditer(text)}  # the Journal Office writes, and there is an office
    named = {word for word in words & (_names(text) | (set(writers) - low)) if not _is_ordinary(word)}
    written = _WORD.sub(lambda m: m.group().capitalize() if m.group().lower() in named else m.group(), question)
    written = re.sub(r"(?<![\w'’./-])i(?![\w./-])", "I", written)
    return written[:1].upper() + written[1:]


def _names(text: str) -> set[str]:
    """In small letters, the words that a text writes with a capital inside its sentences, or beside another name."""
    inside = Counter(word for names in _INSIDE.findall(text) for word in names.split(" "))
    beside = Counter(_BESIDE.findall(text))
    all_ = Counter(match.group() for match in _WORD.finditer(text))
    named = {word for word in inside | beside if inside[word] or beside[word] >= TWICE}
    return {word.lower() for word in named if all_[word] >= OFTEN * all_[word.lower()]}


def _is_ordinary(word: str) -> bool:
    """A word of every day, which headings have with a capital as well."""
    if len(word) < len("Al") or word in STOP or word in _NO_NAMES:
        return True
    return stem(word) in VERBS or bool(group_of(word) or words_for([word]))
