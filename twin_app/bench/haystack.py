"""Haystacks of any size for the needle benchmark: RULER's noise, prose, and needles among needles.

Knows nothing of memories; a document is a passage as a person's file would hold it.
"""

from __future__ import annotations

import json
import lzma
import random
import uuid
from collections.abc import Iterator
from pathlib import Path

from ingest.types import Measure
from twin_app.bench.units import Doc, open_text
from twin_app.errors import UsageError

NOISE = "The grass is green. The sky is blue. The sun is yellow. Here we go. There and back again."
NOISE_TIMES = 6  # in a document
PASSAGE_WORDS = 120  # of prose in a document: some 160 tokens, so that a needle still fits into one
NEEDLES = 4  # in a document of needles among needles
LIFE = 120  # documents of one generated memory that prose is taken from


def haystack(kind: str, size: int, measure: Measure, text: Path | None, seed: int) -> tuple[Doc, ...]:
    """Documents of together at least `size` tokens; `text`: prose from this file instead of the generator."""
    rng = random.Random(f"{kind}/{seed}")
    made = {"noise": noise, "needles": needles, "uuids": uuids}.get(kind)
    texts = made(rng) if made else prose(text, rng)
    docs: list[Doc] = []
    tokens = 0
    for number, passage in enumerate(texts):
        if tokens >= size:
            return tuple(docs)
        docs.append(Doc(f"{number:06d}", passage))
        tokens += measure(passage)
    raise UsageError(f"{text} holds {tokens:,} tokens of text; {size:,} are needed")


def noise(rng: random.Random) -> Iterator[str]:
    while True:
        yield " ".join([NOISE] * NOISE_TIMES)


def needles(rng: random.Random) -> Iterator[str]:
    while True:
        lines = [needle(word_key(rng), str(rng.randrange(10**6, 10**7)), "numbers") for _ in range(NEEDLES)]
        yield " ".join(lines)


def uuids(rng: random.Random) -> Iterator[str]:
    while True:
        pairs = [[str(uuid.UUID(int=rng.getrandbits(128), version=4)) for _ in range(2)] for _ in range(NEEDLES // 2)]
        yield " ".join(needle(key, value, "uuids") for key, value in pairs)


def needle(key: str, value: str, kind: str) -> str:
    return f"One of the special magic {kind} for {key} is: {value}."


def word_key(rng: random.Random) -> str:
    """An adjective and a noun of no language, so that no text holds it: 10^9 different ones."""
    syllables = ["".join(rng.choice(part) for part in ("bdfgklmnprstvz", "aeiou", "lmnrst")) for _ in range(4)]
    return f"{syllables[0]}{syllables[1]}-{syllables[2]}{syllables[3]}"


def prose(text: Path | None, rng: random.Random) -> Iterator[str]:
    """Passages of the file (.txt, or .jsonl[.xz] with "text"), else documents of generated lives."""
    if text is not None:
        for whole in read_texts(text):
            words = whole.split()
            for start in range(0, len(words), PASSAGE_WORDS):
                yield " ".join(words[start : start + PASSAGE_WORDS])
        return
    from engine.training.generator import memory

    while True:
        for document in memory(rng.getrandbits(48), LIFE).documents:
            yield document.context + document.text


def read_texts(path: Path) -> Iterator[str]:
    """Raises UsageError where the file cannot be read."""
    try:
        if ".jsonl" not in path.suffixes:
            yield path.read_text(encoding="utf-8", errors="replace")
            return
        with open_text(path) as file:
            for line in file:
                yield str(json.loads(line)["text"])
    except (OSError, ValueError, KeyError, lzma.LZMAError) as error:
        raise UsageError(f"{path} is no text to read: {error}") from error
