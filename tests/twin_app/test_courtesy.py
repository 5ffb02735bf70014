"""The question in what is typed."""

from __future__ import annotations

import time

import pytest

from twin_app.courtesy import LONGEST, question_in


@pytest.mark.parametrize(
    "typed",
    [
        "Hi, when is the viewing?",
        "Hey Twin, when is the viewing?",
        "Hi, quick question: when is the viewing?",
        "ok so when is the viewing?",
        "I forgot - when is the viewing?",
        "Could you look up for me: when is the viewing?",
        "Please tell me: when is the viewing?",
        "When is the viewing? Thanks!",
        "When is the viewing? Thank you so much.",
        "When is the viewing? Please be brief.",
        "When is the viewing? (I need it for tomorrow)",
        "When is the viewing? I can't remember.",
        "Question: when is the viewing? Answer:",
    ],
)
def test_what_stands_around_a_question_is_left_out(typed: str) -> None:
    assert question_in(typed) == "When is the viewing?"


@pytest.mark.parametrize(
    "typed",
    [
        "When is the viewing?",
        "Hi",
        "Thanks!",
        "Well water hardness",
        "So Young-mi's number",
        "Question mark on the invoice?",
        "Right knee operation date",
        "Hello Fresh subscription",
        "Who said thanks?",
        "What did I forget?",
        "I bought a lamp in May. How much was it?",
        "Which one did I say I need for tomorrow?",
        "tell me about the roof",
        "Now that Anna has left, who does the books?",
        "Please and Thank You: who wrote it?",
        "Good morning?",
        "Good Morning America is on when?",
        "Please Please Me is by whom?",
        "",
    ],
)
def test_all_else_stays_as_it_is(typed: str) -> None:
    assert question_in(typed) == typed


def test_long_texts_take_no_time() -> None:
    began = time.monotonic()
    for text in ("so ", "hi, ", "? thanks ", " ", "I need it ", "please ", "well, "):
        for length in (LONGEST, 100_000):
            question_in((text * length)[:length])
    assert time.monotonic() - began < 2.0
