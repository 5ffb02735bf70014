"""Words that stand for a question's word in its answer: held for a part of its weight, and never beside the word."""

from __future__ import annotations

import pytest

from engine.answering.evidence.sentences import score_sentences, term_weights
from engine.answering.questions.question import Question
from engine.answering.words.related import (
    HINTED,
    beyond,
    heaviest_missing,
    known,
    related_to,
    themselves,
    weight_of,
    with_hints,
)
from engine.answering.words.stems import STOP, stem, stems_of
from engine.library import Passage
from ingest.sentences import sentences

WEIGHTS = with_hints({"sleep": 4.0, "rome": 2.0})


@pytest.mark.parametrize(
    ("text", "held", "weight", "missing"),
    [
        ("We sleep in Rome", {"sleep", "rome"}, 6.0, 0.0),
        ("Staying in Rome", {"~sleep", "rome"}, 2.0 + 4.0 * HINTED, 4.0 * (1.0 - HINTED)),
        ("We sleep, staying there", {"sleep"}, 4.0, 2.0),
        ("A dog", set(), 0.0, 4.0),
    ],
)
def test_a_related_word_counts_in_part(text: str, held: set[str], weight: float, missing: float) -> None:
    found = known(stems_of(text), ("sleep", "rome"))
    assert found == held
    assert weight_of(found, WEIGHTS) == pytest.approx(weight)
    assert heaviest_missing(found, WEIGHTS) == pytest.approx(missing)
    assert themselves(found) == {s for s in held if not s.startswith("~")}


def test_a_word_and_its_hint_are_one() -> None:
    assert weight_of(frozenset({"sleep", "~sleep"}), WEIGHTS) == 4.0
    assert beyond(frozenset({"~sleep", "rome"}), frozenset({"sleep"})) == {"rome"}


@pytest.mark.parametrize(
    ("word", "text", "hinted"),
    [
        ("fixed-term", "a fixed term of a year", True),
        ("part-time", "she works part time", True),
        ("half-price", "at half the price", True),
        ("fixed-term", "a fixed sum", False),
        ("co-owner", "the owner", False),
    ],
)
def test_its_parts_hint_at_a_compound(word: str, text: str, hinted: bool) -> None:
    assert known(stems_of(text), (stem(word),)) == (frozenset({"~" + stem(word)}) if hinted else frozenset())


def test_the_table_is_of_single_words_that_say_something() -> None:
    from importlib.resources import files

    lines = files("engine.answering.words").joinpath("related.txt").read_text(encoding="utf-8").splitlines()
    asked = [line.partition(":")[0] for line in lines]
    assert len(asked) == len(set(asked)) > 300
    for line in lines:
        word, _, told = line.partition(":")
        assert word not in STOP
        assert 1 <= len(told.split()) <= 18
        assert line == line.lower()
        assert stem(word) not in related_to(stem(word))


def test_of_two_sentences_the_one_with_a_related_word_answers() -> None:
    text = "Rome, second evening: pizza with Jo. We are staying at Hotel Lido in Via Nomentana. The tickets are paid."
    question = Question.of("Where do we sleep in Rome?")
    passage = Passage(1, "", text, tuple(sentences(text)))
    found = score_sentences(question, term_weights(question, {"sleep": 4.0, "rome": 2.0}), [passage], {1: 1.0})
    assert "Hotel Lido" in found[0].text
