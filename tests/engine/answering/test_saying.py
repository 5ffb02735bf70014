"""A price has a number, an age is told as one, what is counted stands beside its number: else nothing was said."""

from __future__ import annotations

import pytest
from rare import asked_of

from engine.answering.sureness import SIGNS


def unsaid(question: str, text: str) -> float:
    quoted = asked_of(question, [text]).chosen()
    assert quoted is not None
    return dict(zip(SIGNS, quoted.signs, strict=True))["unsaid"]


@pytest.mark.parametrize(
    ("question", "text"),
    [
        ("How old is Biscuit?", "Biscuit is nine now."),
        ("How old is Biscuit?", "Our dog Biscuit, a 9-year-old beagle, is ill."),
        ("How old is Nina?", "- Nina, born 9 January 1987"),
        ("How old was Solveig?", "Ingrid: How old was Solveig then?\nDesmond: Eighty-one.\nIngrid: Bless her."),
        ("How many hives does Pinto look after?", "Pinto looks after 120 large hives near Soria."),
        ("How many eggs are in the cake?", "Ingredients of the cake\n- eggs: 4\n- flour"),
        ("How many cats does Ana have?", "Ana has a cat."),
        ("How much did the leaflet cost?", "The leaflet cost two grand."),
        ("What is Omar's e-mail address?", "Omar: omar@post.example"),
        ("What colour is the room?", "Living room: Fogbank 0812, matt."),
        ("What brand is the ladder?", "The brand of the ladder is Terranix."),
        ("What size is the jacket?", "The jacket is a medium."),
        ("What is the password of the router?", "The password of the router is under the table."),
    ],
)
def test_what_is_said(question: str, text: str) -> None:
    assert unsaid(question, text) == 0.0


@pytest.mark.parametrize(
    ("question", "text"),
    [
        ("How old is Biscuit?", "Last weighed at 19.9 kg, Biscuit should not get heavier."),
        ("How old is Pilar?", "Five years, with Pilar as witness."),
        (
            "How many hives does Pinto look after?",
            "Pinto looks after his hives and has written three long letters about it.",
        ),
        ("How much did the leaflet cost?", "Madame Perrot translated the leaflet for us."),
        ("What brand is the press?", "I kept the small cast-iron press."),
    ],
)
def test_what_is_not(question: str, text: str) -> None:
    assert unsaid(question, text) == 1.0


@pytest.mark.parametrize(
    ("question", "text", "is_anothers"),
    [
        ("What did Solveig say about the trench?", "Omar said the trench is too shallow.", 1.0),
        ("What did Omar say about the trench?", "Omar said the trench is too shallow.", 0.0),
        ("What did Omar say about the trench?", "Solveig wrote that the trench, says Omar, is too shallow.", 0.0),
        ("What did Omar say about the trench?", "The trench is too shallow.", 0.0),
        ("Where was Magnus born?", "Magnus was born on 7 February 1988.", 1.0),
        ("Where was Magnus born?", "Magnus was born in Bergen.", 0.0),
    ],
)
def test_another_says_it_or_nobody(question: str, text: str, is_anothers: float) -> None:
    assert unsaid(question, text) == is_anothers


def test_two_sentences_that_do_not_tell_the_name_are_no_surer_than_one() -> None:
    """A chain counts for what its sentences say together, and they say no name of a dog."""
    talk = "Ines: Guess what, we finally got a dog! A whippet, she is two.\nMarc: What did you call her?\nInes: Pepita."
    later = 'Ines: I am reading "The Wall" now.\nMarc: I finished "Stoner" on the train.'
    quoted = asked_of("What is the name of Marc's dog?", [talk, later]).chosen()
    assert quoted is not None
    assert quoted.chained
    assert quoted.score < 0.7  # 0.90 where being two made them surer
