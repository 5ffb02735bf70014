"""In a talk, what one says of themselves is no answer to what is asked of the other."""

from __future__ import annotations

from dataclasses import replace

import pytest
from rare import asked_of

from engine.answering.quoting import Quoting
from engine.answering.sureness import SIGNS
from engine.library import Passage
from ingest.sentences import sentences

PETS = (
    "Nadia: I collected my dog from the shelter last Sunday. She is called Biscuit.\n"
    "Owen: A dog! I am so pleased for you. What did she cost?\n"
    "Nadia: I paid ninety pounds, and I had to sign four forms.\n"
    "Owen: I only have my tortoise Clive, who was free.\n"
    "Nadia: You did well to take him in."
)
GROUP = PETS + "\nRoshan: I would take a cat."


def told(question: str, text: str = PETS) -> tuple[float, float]:
    """Whether the answer is another's, and by how much more of the question another tells."""
    quoted = asked_of(question, [text]).chosen()
    assert quoted is not None
    seen = dict(zip(SIGNS, quoted.signs, strict=True))
    return seen["anothers"], seen["told_of_another"]


@pytest.mark.parametrize(
    "question",
    [
        "When did Owen collect his dog from the shelter?",
        "How many pounds did Owen pay for his dog at the shelter?",
        "What is the name of the tortoise that Nadia has?",
        "when did owen collect his dog from the shelter",
    ],
)
def test_what_another_tells_of_themselves_is_no_answer(question: str) -> None:
    anothers, beyond = told(question)
    assert anothers == 1.0 or beyond > 0.3


@pytest.mark.parametrize(
    "question",
    [
        "When did Nadia collect her dog from the shelter?",
        "How many pounds did Nadia pay for her dog at the shelter?",
        "What is the name of the tortoise that Owen has?",
        "Whom did Owen do well to take in?",  # "you" is Owen where two talk
    ],
)
def test_what_is_told_of_the_one_who_is_asked_of_is(question: str) -> None:
    anothers, beyond = told(question)
    assert anothers == 0.0
    assert beyond <= 0.2


@pytest.mark.parametrize(
    ("question", "text"),
    [
        ("Who collected a dog from the shelter?", PETS),  # of nobody who talks
        ("When did Owen and Nadia collect a dog from the shelter?", PETS),  # of both
        (
            "When did Owen collect his dog from the shelter?",
            "I collected my dog from the shelter last Sunday.",
        ),  # no talk
    ],
)
def test_nothing_is_told_of_another_where_not_one_who_talks_is_asked_of(question: str, text: str) -> None:
    assert told(question, text) == (0.0, 0.0)


def test_where_more_than_two_talk_a_plain_sentence_is_nobodys() -> None:
    plain = "Nadia: The boiler was mended on Tuesday.\nOwen: At last, what a winter it was.\nNadia: It hums again."
    question = "When was the boiler of Owen mended?"
    assert told(question, plain)[0] == 1.0
    assert told(question, plain + "\nRoshan: Good news, all of it.")[0] == 0.0
    assert told("When did Owen collect his dog from the shelter?", GROUP)[0] == 1.0


def test_my_own_talk_is_told_apart_from_the_others() -> None:
    def asked_by(me: str) -> float:
        passage = Passage(1, "", PETS, list(sentences(PETS)), me=(me,))
        quoting: Quoting = asked_of("When did I collect my dog from the shelter?", [PETS])
        quoting.passages[1] = replace(passage, context="")
        quoted = quoting.chosen()
        assert quoted is not None
        return dict(zip(SIGNS, quoted.signs, strict=True))["anothers"]

    assert asked_by("Nadia") == 0.0
    assert asked_by("Owen") == 1.0
