"""A question's words as memory spells them: of a word that nothing in memory has, and that is no other word, the one
that a slip of the fingers makes it from.

One letter too many or too few, two in the other order, or, of a word that is no name, one for another; never the first.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from string import ascii_lowercase

from ingest.words import Words

LEAST = 4  # letters of a word that is looked at
LEAST_OF_NAME = 5  # Jon is no John
_WORD = re.compile(r"(?<![\w@./'’-])[A-Za-z]{4,24}(?![\w@/]|[.-]\w)")
_LETTERS = (
    ("l", "ł"), ("o", "ø"), ("d", "đ"), ("i", "ı"), ("ss", "ß"), ("ae", "æ"), ("oe", "œ"), ("ae", "a"), ("oe", "o"),
    ("ue", "u"),
)  # fmt: skip
_ENDINGS = ("s", "es", "ed", "d", "ing")
_ASKING = frozenset("what when where which whose does should would could about there their have with from".split())


def slips(question: str, words: Words, is_word: Callable[[str], bool]) -> dict[str, str]:
    """Words of a question as they are typed -> as memory has them. is_word: that a word, in lower case, is one of the
    language, whatever memory holds."""
    found: dict[str, str] = {}
    for match in _WORD.finditer(question):
        typed = match.group()
        low = typed.lower()
        if typed in found or typed.isupper() or low in _ASKING or words.held([low]) or words.evidence(low, 1):
            continue
        is_name = typed[0].isupper() and match.start() > 0
        if any(map(is_word, {low, *map(low.removesuffix, _ENDINGS)})) or (is_name and len(typed) < LEAST_OF_NAME):
            continue
        if (meant := _nearest(low, words, is_name)) is not None:
            found[typed] = meant.capitalize() if typed[0].isupper() else meant
    return found


def respelled(question: str, found: dict[str, str]) -> str:
    return _WORD.sub(lambda match: found.get(match.group(), match.group()), question)


def _nearest(word: str, words: Words, is_name: bool) -> str | None:
    """The likeliest slip's word, of those the one that most documents have."""
    for slip in (_other_letters, _likely, _missing_or_more, *(() if is_name else (_another,))):
        forms = list(slip(word))
        if asking := _ASKING.intersection(forms):
            return min(asking)
        if held := words.held(forms):
            return min(held, key=lambda form: (-held[form], form))
    return None


def _other_letters(word: str) -> Iterator[str]:
    """Letters that are no accented ones, so that the index keeps them apart, and umlauts written out: Wroclaw, Strasse,
    Mueller."""
    for plain, letter in _LETTERS:
        for match in re.finditer(plain, word):
            yield word[: match.start()] + letter + word[match.end() :]


def _likely(word: str) -> Iterator[str]:
    """Two letters in the other order; one of a pair too many, or a pair's second missing."""
    for at in range(len(word) - 1):
        if word[at] != word[at + 1]:
            yield word[:at] + word[at + 1] + word[at] + word[at + 2 :]
        else:
            yield word[:at] + word[at + 1 :]
    for at in range(1, len(word)):
        yield word[:at] + word[at] + word[at:]


def _missing_or_more(word: str) -> Iterator[str]:
    for at in range(1, len(word)):
        yield word[:at] + word[at + 1 :]
    for at in range(1, len(word) + 1):
        for letter in ascii_lowercase:
            yield word[:at] + letter + word[at:]


def _another(word: str) -> Iterator[str]:
    for at in range(1, len(word)):
        for letter in ascii_lowercase:
            yield word[:at] + letter + word[at + 1 :]
