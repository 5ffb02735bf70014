"""Irregular forms and everyday names of the same thing."""

from __future__ import annotations

import pytest

from engine.answering.questions.question import Question
from engine.answering.words.forms import _GROUPS, base_of, group_of
from engine.answering.words.stems import stem


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("bought", "buy"),
        ("won", "winner"),
        ("children", "kid"),
        ("bikes", "bicycle"),
        ("mum", "mother"),
        ("wives", "wife"),
    ],
)
def test_forms_of_a_word_have_one_stem(one: str, other: str) -> None:
    assert stem(one) == stem(other)
    assert set(group_of(one)) == set(group_of(other))
    assert base_of(one) == group_of(one)[0]


@pytest.mark.parametrize(("one", "other"), [("bus", "bu"), ("mothers", "moth"), ("left", "right"), ("glass", "glas")])
def test_others_stay_apart(one: str, other: str) -> None:
    assert stem(one) != stem(other)


def test_no_word_stands_in_two_groups() -> None:
    words = [word for group in _GROUPS for word in group]
    assert len(words) == len(set(words))


def test_a_question_asks_in_another_form_than_the_text_answers() -> None:
    asked = Question.of("When did we buy the kids' bikes?")
    assert asked.stems == tuple(map(stem, ("buy", "children", "bicycle")))


@pytest.mark.parametrize(
    ("written", "typed"), [("Sinéad", "sinead"), ("Wrocław", "wroclaw"), ("Straße", "strasse"), ("cafés", "cafe")]
)
def test_words_are_the_same_without_their_accents(written: str, typed: str) -> None:
    assert stem(written) == stem(typed)
