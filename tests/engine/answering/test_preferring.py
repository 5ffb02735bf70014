"""What comes first of sentences that are about as good: somebody by name, how it is done."""

from __future__ import annotations

import pytest
from rare import asked_of

from engine.answering.words.verbs import tells_to


def first(question: str, texts: list[str]) -> str:
    quoted = asked_of(question, texts).chosen()
    assert quoted is not None
    return quoted.sentences[0].text


def test_somebody_by_name_before_the_same_man() -> None:
    texts = [
        "For the sound I have asked the same man who did it at Lagerhuset.",
        "The sound at Lagerhuset was by Oskar Blom.",
    ]
    assert "Oskar" in first("Who did the sound at Lagerhuset?", texts)
    assert "same man" in first("Who did the sound at Lagerhuset?", [texts[0], "Oskar Blom likes Lagerhuset."])


def test_a_place_by_its_label() -> None:
    party = "Emil's birthday party\nWhen: Saturday 2025-10-11, all day\nWhere: Judith's garden"
    assert first("Where is Emil's birthday party?", [party]) == "Where: Judith's garden"
    assert first("When is Emil's birthday party?", [party]).startswith("When:")
    shop = "Judith bought the tent at Naturkompaniet.\nWhere: Judith's garden, to try the tent"
    assert "Naturkompaniet" in first("Where did Judith buy the tent?", [shop])
    tent = "The tent is in the cellar.\nWhere: the tent goes to the garden"
    assert "cellar" in first("Where is the tent?", [tent])
    vet = "The vet is in Hamngatan.\nWhere: tba"
    assert "Hamngatan" in first("Where is the vet?", [vet])
    other = "Where: the harbour hall"
    assert first("Where is Emil's birthday party?", ["Emil's birthday party is in the garden.", other]) != other


def test_what_stands_above_an_answered_mail_is_no_answer() -> None:
    mail = "Wednesday is fine.\nOn Mon, 3 Feb 2025, Petra Lind wrote:\n> Shall we meet?"
    assert "wrote" not in first("Who is Petra Lind?", [mail])
    assert "wrote" in first("When did Petra Lind write?", [mail])
    assert "grandpa" in first("What was on the wall in 1944?", ["On the wall in 1944 grandpa wrote:\nPeace soon."])


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
        ("Call Tom about the boiler reset.", False),
        ("Open day at the shed on Friday.", False),
        ("Get to the cabin by Friday, Tom said.", False),
        ("Pay rent for the bike on Friday.", False),
        ("Work was hard.", False),
        ("Thank you Anna", False),
    ],
)
def test_what_tells_to_do_something(text: str, is_told: bool) -> None:
    assert tells_to(text) is is_told


def test_how_to_do_it_before_that_it_was_done() -> None:
    texts = ["I reset the boiler at seven, which helped.", "The boiler may lock. Press the reset key once."]
    assert first("How do I reset the boiler?", texts) == "Press the reset key once."
    assert first("When did I reset the boiler?", texts) == texts[0]


@pytest.mark.parametrize(
    ("text", "is_sure"),
    [
        ("# 9 March\n\nI fixed the pipe in the kitchen.", True),
        ("# 8 March\n\nI fixed the pipe in March, in the kitchen.", False),
    ],
)
def test_what_a_day_is_asked_of_stands_under_it(text: str, is_sure: bool) -> None:
    quoted = asked_of("What happened on 9 March?", [text]).chosen()
    before = asked_of("What happened to the pipe?", [text]).chosen()
    assert quoted is not None
    assert before is not None
    assert (quoted.score > 0.33) is is_sure
