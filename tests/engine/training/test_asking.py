"""Questions that rules make of sentences."""

from __future__ import annotations

import random
from collections import Counter

import pytest

from engine.training.asking import count_words, present, turn

KNOWN = count_words(["she had to open it, to move, to stop, to carry and to marry; she did not moved"])


@pytest.mark.parametrize(
    ("past", "now"),
    [("opened", "open"), ("moved", "move"), ("stopped", "stop"), ("carried", "carry"), ("went", "go")],
)
def test_verbs_without_their_past(past: str, now: str) -> None:
    assert present(past, KNOWN) == now


@pytest.mark.parametrize(
    ("sentence", "question", "answer"),
    [
        ("Anna opened the bakery in 1998.", "when did Anna open the bakery", "1998"),
        ("Anna opened the bakery in 1998.", "who opened the bakery in 1998", "Anna"),
        ("Anna opened the bakery in 1998.", "what did Anna open in 1998", "the bakery"),
        ("The old bridge was built by Isambard Brunel.", "who was the old bridge built by", "Isambard Brunel"),
        ("The concert was moved to Malmö.", "where was the concert moved", "Malmö"),
        ("I carried 12 boxes up the stairs.", "how many boxes did I carry", "12"),
    ],
)
def test_each_way_to_ask(sentence: str, question: str, answer: str) -> None:
    made = [turn(random.Random(seed), sentence, KNOWN) for seed in range(60)]
    assert (question.lower(), answer) in {(one.question.strip("?").lower(), one.answer) for one in made if one}
    for one in made:
        assert one is not None
        assert sentence[one.start : one.end] == one.answer
        assert one.answer.lower() not in one.question.lower()


@pytest.mark.parametrize("sentence", ["Was it built in 1911?", "Why did he leave.", "Green, mostly.", "- [ ] milk"])
def test_what_is_no_statement_is_not_asked_for(sentence: str) -> None:
    assert all(turn(random.Random(seed), sentence, Counter()) is None for seed in range(10))
