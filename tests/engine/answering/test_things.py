"""Things asked for by what they are, and the table of them."""

from __future__ import annotations

import pytest
from rare import asked_of

from engine.answering.questions.kinds import kind_of
from engine.answering.questions.question import Question
from engine.answering.questions.things import kinds_of_things


@pytest.mark.parametrize(
    ("question", "kind", "one", "none"),
    [
        ("What breed is Nadia's dog?", "dog", "a retired greyhound", "the seller's a nurse"),
        ("What breed is their cat?", "cat", "a grey Siamese", "a beagle"),
        ("Which medicine was my mother put on for her blood pressure?", "drug", "Propranolol, 40 mg", "a diet"),
        ("What bird had built its nest in the tractor?", "bird", "there's a wren's nest in the seat", "an engine"),
        ("From what fruit does Teuvo make spirits?", "fruit", "only from blackcurrants", "in a kettle"),
        ("What kind of wood are the planks of?", "wood", "it is larch", "it leaks"),
        ("What kind of pet does Elena have?", "pet", "our tortoise", "storm petrels"),
        ("What animals did they spot?", "animal", "a moose and her calf", "the mill"),
        ("What is Tamsin allergic to?", "food", "no shellfish for Tamsin", "no thanks"),
        ("What did the two of them plant?", "plant", "we put in garlic", "we dug"),
    ],
)
def test_a_question_asks_for_things_of_a_kind(question: str, kind: str, one: str, none: str) -> None:
    asked = Question.of(question)
    assert asked.kind is not None
    assert (asked.kind.name, asked.kind.is_open) == (kind, True)
    assert asked.expects(one)
    assert not asked.expects(none)
    assert not asked.lacks(none)  # nobody has listed all birds


@pytest.mark.parametrize(
    "question",
    [
        "What food truck did Marcus buy?",
        "What is the name of the dog?",
        "What breed are her chickens?",
        "What time is the game?",
        "What was the mark that Nadia gave Owen's cooking?",
        "What is Anna's plant watering schedule?",
    ],
)
def test_other_questions_do_not(question: str) -> None:
    kind = kind_of(question)
    assert kind is None or not kind.is_open


def test_a_thing_of_the_kind_leads_before_more_of_the_questions_words() -> None:
    talk = (
        "Carmen: I've had migraines, four of them since the start of the month.\n"
        "Jonah: Did you see someone?\n"
        "Carmen: The doctor thinks it's no sleep, she's put me on something called propranolol.\n"
        "Jonah: And does it help against migraines?\n"
    )
    quoted = asked_of("What drug was Carmen first prescribed for her migraines?", [talk]).chosen()
    assert quoted is not None
    assert "propranolol" in quoted.sentences[0].text


def test_the_table_is_of_lower_case_words_and_knows_what_it_takes_in() -> None:
    kinds = kinds_of_things()
    assert kinds["animal"].words > kinds["bird"].words
    assert all(word == word.lower() for things in kinds.values() for word in things.words)


@pytest.mark.parametrize(
    ("question", "text", "answer"),
    [
        ("What drug was Gran put on?", "Gran was put on eplerenone instead of warfarin.", "eplerenone"),
        ("What vehicle does Omar drive?", "Omar drives a Unimog to the bus.", "Unimog"),
        ("What bone did Omar break?", "Omar broke his femur and came back on Monday.", "femur"),
    ],
)
def test_a_word_of_the_table_stands_for_no_other_thing(question: str, text: str, answer: str) -> None:
    quoting = asked_of(question, [text])
    quoted = quoting.chosen()
    assert quoted is not None
    assert answer in quoting.span(quoted)[0]


def test_names_and_homonyms_are_no_things() -> None:
    animals = kinds_of_things()["animal"]
    assert animals.search("at the Bear Clinic she does fly back") is None
    assert kinds_of_things()["language"].search("in Welsh") is not None
