"""Lists in answer to a question for all of them."""

from __future__ import annotations

import pytest

from engine.answering.evidence.lists import in_a_row, listed
from engine.answering.evidence.sentences import Scored, score_sentences, term_weights
from engine.answering.questions.question import Question
from engine.answering.quote import choose
from engine.library import Passage
from ingest.sentences import sentences

NOTE = (
    "If found, ring Rosa.\n\nAllergies:\n- wasp stings (swelling)\n- penicillin\n- hazelnuts. Only raw.\n- latex\n\n"
    "Blood: O-"
)


def read(asked: str, text: str) -> tuple[Question, dict[str, float], list[Scored]]:
    question = Question.of(asked)
    weights = term_weights(question, dict.fromkeys(question.words, 3.0))
    return (
        question,
        weights,
        score_sentences(question, weights, [Passage(1, "", text, list(sentences(text)))], {1: 1.0}),
    )


@pytest.mark.parametrize("asked", ["List my allergies", "What are my allergies?"])
def test_a_list_is_shown_whole_with_the_line_that_names_it(asked: str) -> None:
    question, weights, found = read(asked, NOTE)
    quoted = choose(question, found, [], weights)
    assert quoted is not None
    assert quoted.is_list
    assert [s.text for s in quoted.told] == [
        "Allergies:", "- wasp stings (swelling)", "- penicillin", "- hazelnuts.", "- latex",
    ]  # fmt: skip
    assert in_a_row(quoted.told) == "wasp stings, penicillin, hazelnuts, latex"


@pytest.mark.parametrize(
    ("asked", "text"),
    [
        ("What am I allergic to?", NOTE),  # not asked for all
        ("What are my hobbies?", NOTE),
        ("What are my allergies?", "I forget them.\nAllergies:"),
        ("What are my allergies?", "Allergies:\n- pollen\n\nNot a list."),
        (
            "What are my allergies?",
            "Allergies:\n" + "".join(f"- number {n}\n" for n in range(30)),
        ),  # not to be shown whole
    ],
)
def test_no_list(asked: str, text: str) -> None:
    question, weights, found = read(asked, text)
    quoted = choose(question, found, [], weights)
    assert quoted is None or not quoted.is_list


def test_the_best_sentence_is_one_of_the_list() -> None:
    question, _, found = read("What are my allergies?", NOTE)
    own = sorted(found, key=lambda s: s.start)
    assert listed(question, own[0], own) == []
    assert len(listed(question, own[2], own)) == 5
    assert in_a_row(own[:1]) == ""
