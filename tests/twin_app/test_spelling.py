"""Slips of the fingers: what memory has in place of a word that nothing in it has."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from real_memory import Caller, add

from ingest.words import Words
from twin_app.settings import Settings
from twin_app.spelling import respelled, slips
from twin_app.twin import Twin

TEXTS = (
    "The boiler was repaired in January by Marguerite from Calvorin.",
    "Anna signed the insurance for the apartment. She sent the registration form.",
    "A field behind the house, done in the past.",
    "The painter knows Maria; the adaption of the statue for Karin. A fracture.",
    "A pot with a con inside.",
    "Herr Müller drove from Wrocław to Straße 7.",
)


@pytest.fixture
def words(tmp_path: Path) -> Iterator[Words]:
    index = Words.open(tmp_path / "words.db")
    index.add([(number, text, "") for number, text in enumerate(TEXTS, 1)])
    yield index
    index.close()


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("Who repaird the boilre?", "Who repaird the boiler?"),  # "repair" is a word, so that an ending may be left
        ("Waht about my insurence", "What about my insurence"),  # of one stem: found as it is
        ("When was the boiller mended?", "When was the boiler mended?"),
        ("WHAT IS THE BOILRE?", "WHAT IS THE BOILRE?"),  # an abbreviation, as far as anybody knows
        ("What did Maguerite say?", "What did Marguerite say?"),
        ("What did Annna sign?", "What did Anna sign?"),
        ("regstration of the apartmnet", "registration of the apartment"),
        ("Boilre's age?", "Boiler's age?"),
        ("Who repaired the boiler?", "Who repaired the boiler?"),
        ("What did Anne sign?", "What did Anne sign?"),  # another name
        ("What did Ana sign?", "What did Ana sign?"),
        ("What of the drone?", "What of the drone?"),  # a word that memory lacks is none that it has
        ("Did I purchase it?", "Did I purchase it?"),
        ("Who has printed it?", "Who has printed it?"),
        ("ann@boilre.example or boilre.md or x_boilre", "ann@boilre.example or boilre.md or x_boilre"),
        ("Who went to Wroclaw?", "Who went to Wrocław?"),
        ("Where does Mueller live, in which Strasse?", "Where does Muller live, in which Straße?"),
        ("Which poet did Coen read?", "Which poet did Coen read?"),
        ("How much was the printer?", "How much was the printer?"),  # painter
        ("when was the adoption finished", "when was the adoption finished"),  # adaption
        ("where did karen move", "where did karen move"),  # Karin
        ("Karen moved where?", "Karen moved where?"),
        ("What does the statute say?", "What does the statute say?"),
        ("Who is Marian?", "Who is Marian?"),  # Maria
        ("Quand est la facture?", "Quand est la facture?"),
        ("Is there wheat in it?", "Is there wheat in it?"),
        ("obiler", "obiler"),
        ("Woiler?", "Woiler?"),  # nobody slips at once
    ],
)
def test_what_was_meant(words: Words, typed: str, meant: str) -> None:
    assert respelled(typed, slips(typed, words)) == meant


def test_of_what_a_question_may_not_see_nothing_is_told(words: Words) -> None:
    inside, outside = {2, 3}, {1}
    assert slips("When was the boilre mended?", words, outside) == {"boilre": "boiler"}
    assert slips("When was the boilre mended?", words, inside) == {}
    words.add([(9, "The boilre of a typist.", "")])
    assert slips("When was the boilre mended?", words, outside) == {"boilre": "boiler"}


def test_a_text_of_another_language_takes_no_time(words: Words) -> None:
    began = time.monotonic()
    slips(
        "zkouska " * 5_000 + " ".join(f"z{'abcdefghij'[n % 10]}{'klmnopqrst'[n // 10 % 10]}zzq" for n in range(99)),
        words,
    )
    assert time.monotonic() - began < 2.0


def test_a_slip_is_answered_and_told(home: Path, tmp_path: Path) -> None:
    notes = tmp_path / "notes"
    notes.mkdir()
    (notes / "boiler.md").write_text("The boiler was repaired on 3 March 2025 by Marguerite.\n")
    (notes / "garden.md").write_text("The beans came up on 9 May 2025.\n")
    memory = Twin(home, Settings())
    try:
        add(memory, notes)
        found = memory.ask({"question": "When was the boilre repaired?"}, Caller(memory.settings))
    finally:
        memory.close()
    assert found["question"] == "When was the boilre repaired?"
    assert found["grounded"]
    assert "3 March 2025" in found["answer"]
    assert "“boilre” taken for “boiler”" in found["hops"][0]["reason"]
