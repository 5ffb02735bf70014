"""Packing blocks: budgets hold exactly, nothing is lost, sentences stay whole, time is linear."""

from __future__ import annotations

import itertools
import random
import time
from collections.abc import Callable

import pytest
from reading import measure

from ingest.context import Budget
from ingest.sentences import paragraphs, sentences
from ingest.split import Block, split


def pieces(text: str, budget: int, by_line: bool = False) -> list[str]:
    blocks = [Block(start, end, by_line) for start, end in paragraphs(text)]
    spans = list(split(text, blocks, measure=measure, budget=budget))
    assert all(first[1] <= second[0] for first, second in itertools.pairwise(spans))
    return [text[start:end] for start, end in spans]


def test_short_paragraphs_share_a_document() -> None:
    assert pieces("One is here.\n\nTwo is here.\n\nThree.", 64) == ["One is here.\n\nTwo is here.\n\nThree."]


def test_a_long_paragraph_is_cut_between_sentences() -> None:
    text = " ".join(f"Sentence number {i} tells of day {i}." for i in range(40))
    cut = pieces(text, 40)
    assert len(cut) > 5
    assert all(piece.startswith("Sentence") and piece.endswith(".") for piece in cut)


@pytest.mark.parametrize(
    "before",
    [
        "{}: ", "19:42 {}: ", "[05/03/2031, 07:02:19] {}: ", "2031-03-05 07:02 - {}: ", "[8 May 2023 19:42] {}: ",
        "May 8, 2023 7:42 PM - {}: ", "**{}:** ", "**{}**: ", "<{}> ", '{} said, "', "{}  19:42\n", "{} [7:42 PM]\n",
        "{}:\n", "{} (19:42): ", "Today at 19:42 {}: ", "{} — 08/05/2023 19:42\n", "{}, 8 May 2023 19:42\n", "{}:\r\n",
        "May 8, 2023 at 7:42 PM - {}: ", '{} writes: "',
    ],
)  # fmt: skip
def test_a_talk_is_cut_between_turns(before: str) -> None:
    names = [before.format(name) for name in ("Nadia R.", "Owen")]
    cut = pieces("\n".join(f"{names[n % 2]}That was day {n}. We went home. It rained." for n in range(30)), 90)
    assert len(cut) > 5
    assert all(piece.startswith(tuple(names)) for piece in cut)


def test_a_turn_that_is_too_long_is_cut_between_sentences() -> None:
    text = "Owen: Hello.\nNadia: " + " ".join(f"This is sentence {n} of hers." for n in range(30)) + "\nOwen: Well."
    cut = pieces(text, 40)
    assert len(cut) > 3
    assert all(piece.endswith(".") for piece in cut)


def test_looking_for_turns_takes_no_time() -> None:
    began = time.monotonic()
    for text in ("a " * 50_000, "1." * 50_000, "*" * 100_000, "(1:11" * 20_000, "Ab 1 " * 20_000, "a-b.c'" * 20_000):
        pieces(text + "\n" + text, 400)
    assert time.monotonic() - began < 20


def test_a_label_in_prose_makes_no_talk() -> None:
    lines = [f"this line {n} of a letter was wrapped where its columns end. And it goes" for n in range(20)]
    cut = pieces("\n".join([*lines[:7], "Note: that is the end", *lines[7:]]), 60)
    assert any(piece.startswith("And it goes") for piece in cut)


def test_a_long_sentence_is_cut_at_white_space() -> None:
    text = " ".join(f"word{i}" for i in range(300))
    cut = pieces(text, 20)
    assert " ".join(cut).split() == text.split()


def test_text_without_white_space_is_cut_anywhere() -> None:
    text = "x" * 1_000
    assert "".join(pieces(text, 10)) == text


def test_code_is_cut_at_line_ends() -> None:
    text = "\n".join(f"total = total + value_{i}  # Add. This. Up" for i in range(30))
    cut = pieces(text, 40, by_line=True)
    assert len(cut) > 3
    assert all(piece.startswith("total") and piece.endswith("Up") for piece in cut)


@pytest.mark.parametrize("budget", [1, 2, 7, 33])
@pytest.mark.parametrize(
    "ruler", [measure, len, lambda text: len(text.encode()) + 1], ids=["tokens", "characters", "bytes"]
)
def test_random_texts(budget: int, ruler: Callable[[str], int]) -> None:
    rng = random.Random(budget)
    alphabet = ["a", "B", "longerword", ". ", "! ", " ", "\n", "\r\n", "\n\n", "- ", "é", "😀", "z" * 50]
    for _ in range(60):
        text = "".join(rng.choices(alphabet, k=rng.randint(0, 80)))
        blocks = [Block(start, end, rng.random() < 0.2) for start, end in paragraphs(text)]
        cut = [text[start:end] for start, end in split(text, blocks, measure=ruler, budget=budget)]
        assert all(ruler(piece) <= budget or len(piece) == 1 for piece in cut)
        assert all(piece == piece.strip() != "" for piece in cut)
        assert "".join("".join(cut).split()) == "".join(text.split())


@pytest.mark.parametrize("unit", ["word ", "x", "A sentence. ", "line\n", "para\n\n", " "])
def test_measured_characters_grow_with_the_text_only(unit: str) -> None:
    measured: list[int] = []
    for size in (50_000, 200_000):
        text = unit * (size // len(unit)) + "end"
        total = 0

        def count(part: str) -> int:
            nonlocal total
            total += len(part)
            return -(-len(part) // 4)

        assert list(split(text, [Block(0, len(text))], measure=count, budget=64))
        measured.append(total)
    assert measured[1] <= 4.5 * measured[0]
    assert measured[1] <= 4 * 200_000


def test_sentences_are_whole_wherever_they_fit() -> None:
    text = "\n\n".join(" ".join(f"In chapter {c} the hero says {s} words." for s in range(9)) for c in range(9))
    whole = {text[start:end] for start, end in sentences(text)}
    for piece in pieces(text, 50):
        assert {piece[start:end] for start, end in sentences(piece)} <= whole


def test_context_lines() -> None:
    budget = Budget(measure, 100)
    assert budget.context(("Trip to Lisbon", "Day 2")) == "Trip to Lisbon > Day 2\n"
    assert budget.context(("Trip to Lisbon", "Trip to Lisbon", "Day 2")) == "Trip to Lisbon > Day 2\n"
    assert (
        budget.context(
            ("Chat with Anna",),
            date="2024-05-08T13:56:00",
            speaker="Anna",
            note="before: Ben: are you\ncoming?",
        )
        == "Chat with Anna, 2024-05-08 13:56, Anna:\n(before: Ben: are you coming?)\n"
    )
    assert budget.context(()) == ""


@pytest.mark.parametrize("max_tokens", [1, 5, 20, 64, 256])
def test_context_keeps_its_share(max_tokens: int) -> None:
    budget = Budget(measure, max_tokens)
    long = "A very long heading about everything " * 30
    context = budget.context((long, "Second " * 20, long), date="2024-05-08", speaker=long, note=long)
    assert measure(context) <= 0.4 * max_tokens
    if max_tokens >= 64:
        assert context.startswith("A very")
        assert "2024-05-08" in context
