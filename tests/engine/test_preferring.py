"""What comes first of sentences that are about as good: somebody by name, and what took another's place."""

from __future__ import annotations

import pytest
from rare import asked_of

from engine.answering.verbs import tells_to

CODES = ["Rehearsals stay on Saturdays, in the container. Code of the door is 4417.", "The container changed. {}"]
DAYS = ["2024-09-02", "2025-02-08"]


def first(question: str, texts: list[str], title: str = "", dates: list[str] | None = None) -> str:
    quoted = asked_of(question, texts, title, dates or []).chosen()
    assert quoted is not None
    return quoted.sentences[0].text


def test_somebody_by_name_before_the_same_man() -> None:
    texts = [
        "For the sound I have asked the same man who did it at Lagerhuset.",
        "The sound at Lagerhuset was by Oskar Blom.",
    ]
    assert "Oskar" in first("Who did the sound at Lagerhuset?", texts)
    assert "same man" in first("Who did the sound at Lagerhuset?", [texts[0], "Oskar Blom likes Lagerhuset."])


@pytest.mark.parametrize(
    ("question", "later", "code"),
    [
        ("What is the door code of the container?", "New code is 9063.", "9063"),
        ("What's the door code of the container these days?", "New code is 9063.", "9063"),
        ("What was the door code of the container?", "New code is 9063.", "4417"),
        ("What was the original door code of the container?", "New code is 9063.", "4417"),
        ("What is the door code of the container?", "The garage code is now 9063.", "4417"),
        ("What is the door code of the container?", "New code for the bicycles is 9063.", "4417"),
        ("What is the door code of the container?", "New code comes on Friday.", "4417"),
    ],
)
def test_what_took_its_place(question: str, later: str, code: str) -> None:
    texts = [CODES[0], CODES[1].format(later)]
    assert code in first(question, texts, "Band", DAYS)


def test_of_another_talk_or_an_earlier_day_nothing_takes_a_place() -> None:
    texts = [CODES[0], CODES[1].format("New code is 9063.")]
    question = "What is the door code of the container?"
    assert "4417" in first(question, texts, "", DAYS)
    assert "4417" in first(question, texts, "Band", DAYS[::-1])


@pytest.mark.parametrize(
    ("text", "is_told"),
    [
        ("Press the reset key once.", True),
        ("2. Then press the reset key.", True),
        ("Please hold the key for ten seconds.", True),
        ("First check-up of Daniel was in May.", False),
        ("Pressed the reset key.", False),
        ("The reset key helped.", False),
        ("Never take off the cover.", False),
    ],
)
def test_what_tells_to_do_something(text: str, is_told: bool) -> None:
    assert tells_to(text) is is_told


def test_how_to_do_it_before_that_it_was_done() -> None:
    texts = ["I reset the boiler at seven, which helped.", "The boiler may lock. Press the reset key once."]
    assert first("How do I reset the boiler?", texts) == "Press the reset key once."
    assert first("When did I reset the boiler?", texts) == texts[0]


@pytest.mark.parametrize(
    ("question", "later", "price"),
    [
        ("How much is the rent?", "From 1 April 2025 the rent is 12,450 SEK a month instead of 11,400.", "12,450"),
        ("how much do I pay for the rent", "The rent is raised to 12,450 SEK.", "12,450"),
        ("How much was the rent?", "The rent is raised to 12,450 SEK.", "11,400"),
        ("How much is the rent?", "In the next village the rent is 12,450 SEK.", "11,400"),
        ("How much is the rent?", "The rent of my sister's new flat is 12,450 SEK.", "11,400"),
    ],
)
def test_what_is_raised_is_told_as_it_is_now(question: str, later: str, price: str) -> None:
    texts = ["The rent is 11,400 SEK per month, payable in advance.", later]
    assert price in first(question, texts, "", ["2022-08-12", "2025-01-24"])


@pytest.mark.parametrize(
    ("question", "before", "later", "told"),
    [
        ("When is the launch?", "The launch is on 15 April.", "The launch moves from 15 April to 13 May.", "13 May"),
        ("Who is the caretaker?", "The caretaker is Rune Mattsson.", "The new caretaker is Leif Hansson.", "Leif"),
        ("Who was the caretaker?", "The caretaker was Rune Mattsson.", "The new caretaker is Leif Hansson.", "Rune"),
        ("Where is the piano?", "The piano is in the hall.", "The piano is now in the kitchen.", "kitchen"),
        ("Where is the piano?", "The piano is in the hall.", "Anna's piano is now in the kitchen.", "hall"),
    ],
)
def test_who_where_and_when_as_they_are_now(question: str, before: str, later: str, told: str) -> None:
    assert told in first(question, [before, later], "", ["2024-08-12", "2025-01-24"])
