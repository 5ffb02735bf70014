"""A summary of a file that is named: how its parts begin."""

from __future__ import annotations

import pytest
from rare import POLICY, Rare, reading

from engine.answering.questions.question import Question
from engine.answering.quoting import Quoting
from engine.answering.summing import asks_for_a_summary
from engine.interleave import Hop
from engine.library import Passage
from ingest.sentences import sentences

PARTS = {
    "Product weekly > 1. Kelp": "## 1. Kelp\n\nThe launch of Kelp moves to 13 May. Two reasons were given, both old.",
    "Product weekly > 2. Team": "## 2. Team\n\nElin starts in March as our designer. She had coffee with all of us.",
    "Lisbon, April": "The taxi comes at five in the morning. Bags are in the hall since yesterday.",
}


def summary(question: str) -> str | None:
    passages = tuple(
        Passage(n, f"{title}, 2025-03-25\n", text, list(sentences(text)), "2025-03-25")
        for n, (title, text) in enumerate(PARTS.items(), 1)
    )
    held = Quoting(question, Rare(), POLICY, *reading())  # type: ignore[arg-type]
    held.following([Hop(1, [], passages, "the question", {1: 1.0, 2: 0.9, 3: 0.8})])
    quoted = held.chosen()
    assert quoted is not None
    assert not quoted.is_whole or held.span(quoted) == ("", 0.0)
    return quoted.text if quoted.is_whole else None


def test_the_parts_of_the_file_begin_with_what_they_are_about() -> None:
    told = summary("Summarise the product weekly of 25 March")
    assert told is not None
    assert told.startswith("The launch of Kelp moves")
    assert "Elin starts in March as our designer." in told
    assert "taxi" not in told


@pytest.mark.parametrize(
    "question", ["Summarise the tide tables", "Summarise my life", "Sum up Kelp and Elin and Jonas"]
)
def test_of_a_file_that_is_not_there_nothing_is_summed(question: str) -> None:
    assert summary(question) is None


@pytest.mark.parametrize(
    ("question", "is_one"),
    [
        ("Can you summarise the rental contract?", True),
        ("Give me a short summary of the minutes", True),
        ("What does the contract say?", True),
        ("Briefly summarise the minutes", True),
        ("I need a summary of the minutes", True),
        ("tl;dr of the minutes", True),
        ("What does the contract say about pets?", False),
        ("What is in the contract about pets?", False),
        ("What is in the rental contract?", True),
        ("What does the mail from Norrvik say?", True),
        ("What is in the freezer?", False),
        ("What did the vet say?", False),
        ("What did my boss say?", False),
        ("Sum up what I owe", False),
        ("outline colour of the logo", False),
        ("Who wrote the summary?", False),
        ("What is the sum of the bill?", False),
    ],
)
def test_what_asks_for_a_summary(question: str, is_one: bool) -> None:
    assert asks_for_a_summary(Question.of(question)) is is_one
