"""A question's words as memory spells them: of a word that nothing in memory has, and that is none of the language, the
one that a slip of the fingers makes it from.

One letter too many or too few, two in the other order, or, of a word that is no name, the key beside; never the first
letter. Where a question may see a part of memory only, no other part is looked at.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from string import ascii_lowercase
from typing import TYPE_CHECKING

from ingest.words import Allowed, Words

if TYPE_CHECKING:
    from spellchecker import SpellChecker

LEAST_OF_NAME = 5  # letters: Jon is no John
MOST = 20  # unknown words: a text with more is of another language
_WORD = re.compile(r"(?<![\w@./'’-])[A-Za-z]{4,24}(?![\w@/]|[.-]\w)")
_ASKING = frozenset("what when where which whose does should would could about there their have with from".split())
_LETTERS = (
    ("l", "ł"), ("o", "ø"), ("d", "đ"), ("i", "ı"), ("ss", "ß"), ("ae", "æ"), ("oe", "œ"), ("oe", "o"), ("ue", "u"),
)  # fmt: skip
_ENDINGS = ("s", "es", "ed", "d", "ing")
_KEYS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")


def slips(question: str, words: Words, allowed: Allowed = None) -> dict[str, str]:
    """Words of a question as they are typed -> as memory, or what of it is allowed, has them."""
    found: dict[str, str] = {}
    seen = set[str]()
    for match in _WORD.finditer(question):
        typed = match.group()
        low = typed.lower()
        if typed in seen or typed.isupper() or low in _ASKING or words.has(low, allowed):
            continue
        seen.add(typed)
        is_name = typed[0].isupper()
        if len(seen) > MOST:
            return {}
        meant = _commonest(list(_other_letters(low, is_name)), words, allowed)
        if meant is None and not is_word(low):
            meant = min(_ASKING.intersection(_likely(low)), default=None)
            if meant is None and not (is_name and len(typed) < LEAST_OF_NAME):
                meant = _nearest(low, words, allowed, is_name)
        if meant is not None:
            found[typed] = meant.capitalize() if is_name else meant
    return found


def respelled(question: str, found: dict[str, str]) -> str:
    return _WORD.sub(lambda match: found.get(match.group(), match.group()), question)


def is_word(word: str) -> bool:
    """Whether a lower-case word, or what it is a form of, is English, whatever memory holds."""
    from engine.answering.words.forms import group_of
    from engine.answering.words.related import words_for

    language = _language()
    forms = {word, *map(word.removesuffix, _ENDINGS)}
    return any(form in language for form in forms) or bool(group_of(word) or words_for([word]))


@lru_cache(maxsize=1)
def _language() -> SpellChecker:
    """160,000 words; a tenth of a second, when the first unknown word is met."""
    from spellchecker import SpellChecker

    return SpellChecker(language="en")


def _nearest(word: str, words: Words, allowed: Allowed, is_name: bool) -> str | None:
    """Of the likeliest kind of slip that makes the word of any that memory has, the one that most documents have."""
    kinds: list[Callable[[str], Iterator[str]]] = [_likely, _missing_or_more]
    for slip in kinds if is_name else [*kinds, _beside]:
        forms = list(slip(word))
        if is_name and slip is _missing_or_more:  # Marian is no Maria
            forms = [form for form in forms if form[:-1] != word and form != word[:-1]]
        if (meant := _commonest(forms, words, allowed)) is not None:
            return meant
    return None


def _commonest(forms: Sequence[str], words: Words, allowed: Allowed) -> str | None:
    held = words.held(forms)
    if allowed is not None:
        held = {form: count for form, count in held.items() if words.has(form, allowed)}
    return min(held, key=lambda form: (-held[form], form), default=None)


def _other_letters(word: str, is_name: bool) -> Iterator[str]:
    """Letters that are no accented ones, so that the index keeps them apart, and umlauts written out: Wroclaw, Strasse,
    Mueller."""
    for plain, letter in _LETTERS:
        for match in re.finditer(plain, word):
            form = word[: match.start()] + letter + word[match.end() :]
            is_other = letter in "ou" and (len(form) < LEAST_OF_NAME if is_name else is_word(word) and is_word(form))
            if not is_other:  # a poet is no pot, Coen no con
                yield form


def _likely(word: str) -> Iterator[str]:
    """Two letters in the other order; one of a pair too many, or a pair's second missing."""
    for at in range(1, len(word) - 1):
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


def _beside(word: str) -> Iterator[str]:
    """The key beside the one that was meant, or a vowel for another."""
    for at in range(1, len(word)):
        for letter in _near(word[at]):
            yield word[:at] + letter + word[at + 1 :]


@lru_cache(maxsize=32)
def _near(letter: str) -> str:
    row, at = next((row, keys.index(letter)) for row, keys in enumerate(_KEYS) if letter in keys)
    beside = [_KEYS[row][max(0, at - 1) : at + 2]]
    beside += [_KEYS[other][max(0, at - 1) : at + 2] for other in (row - 1, row + 1) if 0 <= other < len(_KEYS)]
    return "".join(beside).replace(letter, "") + ("aeiou".replace(letter, "") if letter in "aeiou" else "")
