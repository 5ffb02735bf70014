"""What a person types, as FTS5 queries: whatever the input, the result is valid and no part of it controls.

Every word goes in as a quoted string, so that FTS5 reads it as text. Knows no database.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

_MOST_WORDS = 64  # of one query: FTS5 parses no expression of any size, and no question needs more

# Han and kana are written without spaces: each character is a word, so that any part of a run is a phrase.
_UNSPACED = "\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_CHARACTER = re.compile(f"([{_UNSPACED}])")
_RUN = re.compile(f"[{_UNSPACED}]+")

_PIECE = re.compile(r"(?P<minus>-(?=[\w\"“]))?(?:[\"“](?P<phrase>[^\"”]*)[\"”]?|(?P<word>[^\s\"“]+))")

# Function words of English questions, and what an apostrophe leaves of them (what's, don't).
_STOP_WORDS = frozenset(
    re.findall(
        r"\w+",
        """a about all also am an and any are as at be been being but by can could d did didn do does doesn
        don for from had has have he her here him his how i if in into is isn it its just ll m many may me
        might mine much must my no not of on or our re s shall she should so some t than that the their them
        then there these they this those to too us ve very was wasn we were weren what when where which who
        whom whose why will with would you your""",
    )
)


def indexable(text: str) -> str:
    """A text as the index takes it in: characters of unspaced scripts set apart."""
    return _CHARACTER.sub(r" \1 ", text)


def exact_queries(query: str) -> list[str]:
    """The queries to try in order: all words, then any of them; [] if there is no word in it.

    "quoted words" are a phrase, -word excludes.
    """
    wanted: list[str] = []
    unwanted: list[str] = []
    for piece in _PIECE.finditer(query):
        text = piece["phrase"] if piece["word"] is None else piece["word"]
        if any(character.isalnum() for character in text):
            (unwanted if piece["minus"] else wanted).append(quoted(text))
    if not wanted:  # "-5" alone is no exclusion: there is nothing to exclude it from
        wanted, unwanted = unwanted, []
    wanted, unwanted = _distinct(wanted), _distinct(unwanted)
    if not wanted:
        return []
    without = f" NOT ({' OR '.join(unwanted)})" if unwanted else ""
    joined = [" AND ".join(wanted)] + ([" OR ".join(wanted)] if len(wanted) > 1 else [])
    return [f"({words}){without}" for words in joined]


def content_words(question: str) -> list[str]:
    """A question's words without function words, lower-cased, each once; all words if none else is left.

    Runs of unspaced scripts give their pairs of characters.
    """
    words: list[str] = []
    for word in re.findall(r"\w+", question.lower()):
        runs = _RUN.findall(word)
        words += [run[i : i + 2] for run in runs for i in range(max(len(run) - 1, 1))]
        words += [part for part in _RUN.split(word) if any(character.isalnum() for character in part)]
    return _distinct([word for word in words if word not in _STOP_WORDS] or words)


def vocabulary_form(word: str) -> str:
    """A word as the exact index holds it: lower case, no accents."""
    plain = unicodedata.normalize("NFD", word.lower())
    return "".join(character for character in plain if not unicodedata.combining(character))


def _distinct(words: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(words))[:_MOST_WORDS]


def quoted(text: str) -> str:
    """A text as an FTS5 string: the phrase of its words."""
    # NUL would end the query early, and what UTF-8 cannot hold is in no text.
    plain = indexable(text).replace("\0", " ").encode("utf-8", "replace").decode()
    return '"' + plain.replace('"', '""') + '"'
