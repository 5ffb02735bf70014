"""Texts that no pattern was written for: questions about them are answered or refused, never broken off."""

from __future__ import annotations

import re
import time
from datetime import date
from pathlib import Path

import pytest
import torch

import engine
from engine.answering.compared import compared_of
from engine.answering.kinds import kind_of
from engine.answering.lives import event_of
from engine.answering.meaning import Meanings
from engine.answering.nested import nested_of
from engine.answering.quantities import quantities
from engine.answering.question import Question
from engine.answering.reader import NEVER, READER, Reads
from engine.answering.relative import meant
from engine.answering.sentences import score_sentences, term_weights
from engine.answering.times import times_in
from engine.answering.verdict import verdict
from engine.answering.windows import asked_of, window_of
from engine.library import Passage
from engine.tokenizer import MemoryTokenizer
from engine.training.quoting import spans
from engine.weights import load

TINY = Path(engine.__path__[0]) / "checkpoints" / "twin-tiny"


@pytest.mark.parametrize("text", ["\u017fix days ago", "last FR\u0130DAY", "next \u017funday", "in \u017fix weeks"])
def test_letters_that_only_look_the_same_to_a_pattern_mean_no_day(text: str) -> None:
    meant(text, "2024-05-08")


def test_old_print_is_read_as_it_is_meant() -> None:
    assert [time.first for time in times_in("3 \u017feptember")] == ["09-03"]
    assert [one.value for one in quantities("\u017fix hours, 2 thou\u017fand pounds, 3 \u212ag")] == [360, 2000, 3000]


@pytest.mark.parametrize("near", ["yesterday", "last week", "last month", "last year"])
def test_there_is_nothing_before_the_first_day(near: str) -> None:
    assert list(times_in(f"It was {near}.", date(1, 1, 1))) == []


def test_braces_in_a_question_stay() -> None:
    compared = compared_of("Which cost more in {2024}, the mower or the bike?")
    assert compared is None or all("{2024}" in asked for asked in compared.asks)


def test_an_address_is_looked_for_in_a_line_of_ats() -> None:
    kind = kind_of("What is her email address?")
    assert kind is not None
    assert isinstance(kind.looks, re.Pattern)
    began = time.perf_counter()
    assert kind.looks.search("a@" * 3000) is None
    assert time.perf_counter() - began < 5.0
    assert [m.group() for m in kind.looks.finditer("to ada@mail.example, please")] == ["ada@mail.example"]


@pytest.mark.parametrize(("asked", "text"), [("___", "The rent is 900 euros."), ("When was the rent raised?", "___ ")])
def test_nothing_is_read_where_there_are_no_words(asked: str, text: str) -> None:
    meanings = Meanings(load(TINY, device="cpu", dtype=torch.float32), MemoryTokenizer(TINY / "tokenizer.json"))
    reads, question = Reads.load(TINY / READER, meanings), Question.of(asked)
    passage, weights = Passage(1, "", text, spans(text) or ((0, len(text)),)), term_weights(question, {})
    found = score_sentences(question, weights, [passage], {1: 1.0})
    windows = [window_of(question, weights, passage, one) for one in found]
    assert all(reading.logit <= NEVER / 2 for reading in reads(asked_of(question, weights), windows))


@pytest.mark.parametrize(
    ("asked", "then"),
    [
        ("What is the birthday of the landlord of Rosa?", "When was Gwen born?"),
        ("When is the birthday of my landlord's wife?", "When is the birthday of Gwen's wife?"),
    ],
)
def test_a_relation_of_who_is_found_is_still_asked_for(asked: str, then: str) -> None:
    nested = nested_of(asked)
    assert nested is not None
    assert nested.second("Gwen") == then


def test_a_certificate_is_no_birth() -> None:
    assert event_of("When did Max's birth certificate arrive?") is None
    assert event_of("What is Max's date of birth?") == "born"


def test_a_number_is_no_denial() -> None:
    asked, none = Question.of("Is the flat on the second floor?"), frozenset[str]()
    near = frozenset(asked.stems)
    assert verdict(asked, "No. It is on the third.", near, none) == "No"
    assert verdict(asked, "No. 12 Elm Street has three floors.", near, none) is None


@pytest.mark.parametrize("asked", ["How old did Anna turn?", "Who is in Old Street?", "Where in the old town was it?"])
def test_what_is_old_is_not_how_things_were(asked: str) -> None:
    assert not Question.of(asked).asks_before
    assert Question.of("What is the old code?").asks_before


def test_every_number_word_is_a_number() -> None:
    for word in ("thirteen", "sixteen", "nineteen", "seventy"):
        assert Question.of("How many guests came?").fits(word)


@pytest.mark.parametrize("asked", ["Isn’t the shop closed?", "Can't I bring a dog?", "Won't it rain?", "Is it open?"])
def test_denied_questions_are_for_a_yes_or_no(asked: str) -> None:
    assert Question.of(asked).is_yes_no
