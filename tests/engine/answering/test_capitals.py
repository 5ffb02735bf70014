"""Names that are typed in small letters are found by the capitals that memory has."""

from __future__ import annotations

import pytest

from engine.answering.questions.capitals import with_capitals
from engine.library import Passage

TEXT = (
    "Petra came to Lagerhuset with Oskar Blom. Ask for Camilla. The mark was good, and will be.\n"
    "Daniel Okafor: I said so. Soup is on the stove, the soup of Will. We go in May, as we may.\n"
    "Later I saw Petra's dog and a rose. Gate Code: 4711. Family Dinner: pasta. Then Bill came, and Long John Silver.\n"
    "Daniel Okafor: Bye. The rent is due."
)


def test_who_writes_has_a_name() -> None:
    mail = Passage(1, "Rehearsals\n", "We stay on Thursday.", [(0, 20)], writers=[(0, "Henrike Bolt")])
    assert with_capitals("who is henrike bolt", [mail]) == "Who is Henrike Bolt"
    office = Passage(2, "Paper\n", "See you in the office.", [(0, 22)], writers=[(0, "Journal Office")])
    assert with_capitals("when is the office lunch", [mail, office]) == "When is the office lunch"


@pytest.mark.parametrize(
    ("typed", "written"),
    [
        ("where did petra's dog go", "Where did Petra's dog go"),
        ("who did the sound at lagerhuset", "Who did the sound at Lagerhuset"),
        ("oskar blom phone", "Oskar Blom phone"),
        ("what did daniel say", "What did Daniel say"),
        ("will i get soup in may?", "Will I get soup in may?"),
        ("what's the mark i got, i.e. when", "What's the mark I got, i.e. when"),
        ("Where did petra go", "Where did Petra go"),
        ("where did petra and Anna go", "where did petra and Anna go"),
        ("what did I tell petra", "What did I tell Petra"),
        ("ask for rose", "Ask for rose"),
        ("what is the code for the gate", "What is the code for the gate"),
        ("what do we cook for dinner", "What do we cook for dinner"),
        ("how much is the bill", "How much is the bill"),
        ("how long is the i-95 walk", "How long is the i-95 walk"),
        ("", ""),
    ],
)
def test_names_get_their_capitals(typed: str, written: str) -> None:
    assert with_capitals(typed, [Passage(1, "", TEXT, [])]) == written


def test_a_name_that_is_mostly_a_word_stays_one() -> None:
    text = "We saw Rose. A rose, the rose and that rose."
    assert with_capitals("where is rose", [Passage(1, "", text, [])]) == "Where is rose"
