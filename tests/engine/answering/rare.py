"""What tests of quoting have in common: a library that knows how rare words are, and the embedded reader."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from itertools import zip_longest
from pathlib import Path

import torch

import engine
from engine.answering.evidence.meaning import Meanings
from engine.answering.quoting import Quoting
from engine.answering.reading.reader import READER, Reads
from engine.interleave import Hop
from engine.library import Passage
from engine.policy import Policy
from engine.tokenizer import MemoryTokenizer
from engine.weights import load
from ingest.sentences import sentences

TINY = Path(engine.__path__[0]) / "checkpoints" / "twin-tiny"
POLICY = Policy(answer="quote", max_hops=3, reader_weights=(0.5, 0.8, 0.0), choosing_weight=0.1)


class Rare:
    """A library of which only the rarity of words is asked, and what else stands in a file."""

    def __init__(self, *more: Passage) -> None:
        self.more = more

    def parts(self, document: int) -> tuple[Passage, ...]:
        return self.more

    def rarity(self, words: Sequence[str]) -> dict[str, float]:
        return dict.fromkeys(words, 3.0)


@cache
def reading() -> tuple[Meanings, Reads]:
    meanings = Meanings(load(TINY, device="cpu", dtype=torch.float32), MemoryTokenizer(TINY / "tokenizer.json"))
    return meanings, Reads.load(TINY / READER, meanings)


def passages_of(texts: Sequence[str], title: str = "", dates: Sequence[str] = ()) -> tuple[Passage, ...]:
    """dates: of the texts."""
    return tuple(
        Passage(n, title and f"{title}, {n}:\n", text, list(sentences(text)), date)
        for n, (text, date) in enumerate(zip_longest(texts, dates), 1)
    )


def asked_of(question: str, texts: Sequence[str], title: str = "", dates: Sequence[str] = ()) -> Quoting:
    """A question over texts that the first hop opens all; further hops find nothing."""
    passages = passages_of(texts, title, dates)
    quoting = Quoting(question, Rare(), POLICY, *reading())  # type: ignore[arg-type]
    hops = [Hop(1, [], passages, "the question", {passage.document: 1.0 for passage in passages})]
    while len(hops) < POLICY.max_hops and quoting.following(hops) is not None:
        hops.append(Hop(len(hops) + 1, [], (), "another", {}))
    return quoting
