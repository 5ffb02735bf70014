"""Near misses ask for what no document says."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from few_texts import TEXTS, TINY

from engine.training.misses import near_miss, pool_of, telling
from engine.training.quoting import Closed
from engine.training.samples import Maker

ASKED = "Where does the boat of Anna Berg lie since 2019?"


@pytest.fixture(scope="module")
def closed() -> Closed:
    texts = [
        *TEXTS,
        ("anna.md\n", "The boat of Anna Berg lies at pier 3 since 2019."),
        ("t.md\n", "Tea with Ida Holm."),
    ]
    return Closed(texts, Maker(TINY, Path("no data")).meanings)


def test_what_tells_a_question_from_others() -> None:
    assert [(kind, ASKED[a:b]) for kind, a, b in telling(ASKED)] == [
        ("name 2", "Anna Berg"), ("year", "2019"), ("thing", "boat"),
    ]  # fmt: skip
    assert not list(telling("What is its name?"))


def test_one_telling_word_is_replaced(closed: Closed) -> None:
    pool = pool_of(["Who is Ida Holm?", "What happened in 1987?", "Is the piano in tune?"])
    made = {near_miss(random.Random(seed), ASKED, [3], pool, closed) for seed in range(30)}
    assert made == {
        ASKED.replace("Anna Berg", "Ida Holm"),
        ASKED.replace("2019", "1987"),
        ASKED.replace("boat", "piano"),
    }


def test_what_another_document_may_answer_is_no_miss(closed: Closed) -> None:
    question, pool = "Which colour is the bicycle painted?", pool_of(["Where is the kitchen?", "Who sails the boat?"])
    assert near_miss(random.Random(1), question, [1], pool, closed) is None
    assert near_miss(random.Random(1), question, [1], {}, closed) is None
    assert near_miss(random.Random(1), question, [1], pool_of(["Who tunes the piano?"]), closed) is not None
