"""How questions are typed: one in five in small letters, unmarked, as keywords or with a typo."""

from __future__ import annotations

import random

from engine.training.generator.words import words

_FUNCTION_WORDS = frozenset((
    "what", "what's", "is", "'s", "was", "were", "are", "am", "do", "does", "did", "the", "a", "an",
    "of", "for", "to", "at", "in", "on", "which", "who", "whom", "when", "where", "how", "much", "many",
    "have", "has", "had", "can", "could", "should", "will", "would", "it", "that", "this", "me", "my",
    "i", "please", "tell", "there", "be", "been", "from", "by",
))  # fmt: skip
NOISY = 0.2


def as_typed(rng: random.Random, text: str) -> str:
    """The question as somebody types it."""
    chance = rng.random() / NOISY
    if chance >= 1:
        if rng.random() < 0.06:
            known = words("prefix")
            return f"{known[int(rng.random() * len(known))].source.capitalize()} {text}?"
        return text[0].upper() + text[1:] + "?"
    if chance < 0.4:
        return text.lower() + ("?" if rng.random() < 0.3 else "")
    if chance < 0.6:
        return text[0].upper() + text[1:]
    if chance < 0.8:
        return keywords(text)
    return typo(rng, text) + "?"


def keywords(text: str) -> str:
    kept = [word.removesuffix("'s") for word in text.split() if word.lower() not in _FUNCTION_WORDS]
    return " ".join(kept) if len(kept) > 1 else text


def typo(rng: random.Random, text: str) -> str:
    """Two neighbouring letters swapped, or one left out, in a longer word that is no name or number."""
    found = text.split(" ")
    places = [i for i, word in enumerate(found) if len(word) > 4 and word.isalpha() and word.islower()]
    if places:
        place = places[int(rng.random() * len(places))]
        word, at = found[place], 1 + int(rng.random() * (len(found[place]) - 3))
        swapped = word[:at] + word[at + 1] + word[at] + word[at + 2 :]
        found[place] = swapped if rng.random() < 0.5 else word[:at] + word[at + 1 :]
    return " ".join(found)
