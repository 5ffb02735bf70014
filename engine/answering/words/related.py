"""Words that speak of what a question's word speaks of: "until May" of when a lease ends, "200 degrees" of how hot."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from importlib.resources import files

from engine.answering.words.stems import stem

HINT = "~"  # before a stem: it is not there itself, a related word is
HINTED = 0.5  # of a word's weight that a related one has
PARTS = 4  # of a compound at most; longer ones are no words


@cache
def _table() -> Mapping[str, tuple[str, ...]]:
    """related.txt: the stem of a word that a question may use, then the words that its answer may use instead."""
    found: dict[str, list[str]] = {}
    for line in files(__package__).joinpath("related.txt").read_text(encoding="utf-8").splitlines():
        asked, _, told = line.partition(":")
        found.setdefault(stem(asked), []).extend(told.split())
    return {asked: tuple(dict.fromkeys(told)) for asked, told in found.items()}


@cache
def related_to(asked: str) -> frozenset[str]:
    """Stems that may stand for this one in an answer."""
    return frozenset(map(stem, _table().get(asked, ()))) - {asked}


def words_for(words: Iterable[str]) -> list[str]:
    """Words that an answer may use for these."""
    asked = dict.fromkeys(map(stem, words))
    return list(dict.fromkeys(told for one in asked for told in _table().get(one, ()) if stem(told) not in asked))


def with_hints(weights: Mapping[str, float]) -> dict[str, float]:
    """Weights of the question's stems, and of their hints."""
    return {**weights, **{HINT + s: HINTED * weight for s, weight in weights.items()}}


def known(stems: Iterable[str], asked: Iterable[str]) -> frozenset[str]:
    """The question's stems among these, or their hints; `teach` meets `teacher`, which stemming keeps apart. The parts
    of a compound are a hint of it: "fixed" and "term" of "fixed-term"."""
    words = set(stems)
    held = (_held(words, one) for one in asked)
    return frozenset(one for one in held if one is not None)


def _held(words: set[str], asked: str) -> str | None:
    if asked in words:
        return asked
    if len(asked) > 3 and any(
        len(w) > 3 and abs(len(w) - len(asked)) <= 3 and (w.startswith(asked) or asked.startswith(w)) for w in words
    ):
        return asked
    parts = [part for part in asked.split("-", PARTS) if part]
    if 1 < len(parts) <= PARTS and all(any(_is_of(word, part) for word in words) for part in parts):
        return HINT + asked
    return None if words.isdisjoint(related_to(asked)) else HINT + asked


def _is_of(word: str, part: str) -> bool:
    """Whether a stem is that of a compound's part, which was stemmed as the compound's end or not at all."""
    short, long = sorted((word, part), key=len)
    return long.startswith(short) and len(long) - len(short) <= min(3, len(short) - 1)


def themselves(held: frozenset[str]) -> frozenset[str]:
    """Without hints."""
    return frozenset(s for s in held if s[0] != HINT)


def hints(held: frozenset[str]) -> frozenset[str]:
    """The stems of which only a related word is there."""
    return frozenset(s[1:] for s in held if s[0] == HINT) - held


def weight_of(held: frozenset[str], weights: Mapping[str, float]) -> float:
    """Of what is held, each stem once; weights: `with_hints`."""
    return sum(weights[s] for s in held if s[0] != HINT or s[1:] not in held)


def beyond(held: frozenset[str], other: frozenset[str]) -> frozenset[str]:
    """What is held that the other does not hold; a hint is nothing beyond the word itself."""
    return frozenset(s for s in held - other if s[0] != HINT or s[1:] not in other)


def heaviest_missing(held: frozenset[str], weights: Mapping[str, float]) -> float:
    """Weight of the heaviest of the question's stems that is not held; what a hint leaves of it."""
    missing = ((s, w) for s, w in weights.items() if s[0] != HINT and s not in held)
    return max((w - weights[HINT + s] * (HINT + s in held) for s, w in missing), default=0.0)
