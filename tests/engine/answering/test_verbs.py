"""What an answer lacks: things count, what is done is said in other words."""

import pytest

from engine.answering.words.stems import stem
from engine.answering.words.verbs import VERBS, thing_missing


@pytest.mark.parametrize("word", ["bought", "sleeps", "replacing", "lent", "deal"])
def test_forms_of_everyday_verbs_are_known(word: str) -> None:
    assert stem(word) in VERBS


@pytest.mark.parametrize("word", ["shoe", "string", "phone", "invoice", "Maja"])
def test_things_are_no_verbs(word: str) -> None:
    assert stem(word) not in VERBS


def test_the_heaviest_thing_that_is_missing_counts() -> None:
    weights = {stem(word): weight for word, weight in (("replaced", 8.0), ("battery", 4.0), ("hall", 2.0))}
    none = frozenset[str]()
    assert thing_missing(frozenset(weights), none, weights) == 0.0
    assert thing_missing(frozenset({stem("battery"), stem("hall")}), none, weights) == 0.0
    assert thing_missing(frozenset({stem("battery")}), none, weights) == 0.25
    assert thing_missing(none, none, weights) == 0.5
    assert thing_missing(none, frozenset(weights), weights) == 0.25, "related words are there"
    assert thing_missing(none, none, {}) == 0.0
