"""Who somebody is, is told by a sentence that describes them."""

from __future__ import annotations

import pytest
from rare import asked_of

from engine.answering.texts.describing import Described


@pytest.mark.parametrize(
    ("question", "name"),
    [
        ("Who is Grace?", "Grace"),
        ("And who was Rune Mattsson?", "Rune Mattsson"),
        ("Who is Dr. Okafor?", "Dr. Okafor"),
        ("Who is Ludwig van Beethoven?", "Ludwig van Beethoven"),
        ("who is petra", None),  # until it has its capital
        ("who is driving", None),
        ("Who is coming?", None),
        ("WHAT IS THE RENT?", None),
        ("Who Is Coming To Dinner?", None),
        ("Who's Leif Hansson again?", "Leif Hansson"),
        ("Tell me about Grace", "Grace"),
        ("What do I know about Priya?", "Priya"),
        ("What is Kelp?", "Kelp"),
        ("Who are the Bergdahls?", "Bergdahl"),
        ("Who is my dentist?", None),
        ("Who is the caretaker?", None),
        ("who is chair of the board", None),
        ("What is the rent?", None),
        ("What is my IBAN?", None),
        ("Who is Anna's dentist?", None),
        ("Who is Anna married to?", None),
        ("what is the wifi password", None),
    ],
)
def test_a_name_alone_asks_for_a_description(question: str, name: str | None) -> None:
    found = Described.of(question)
    assert (found and found.name) == name


@pytest.mark.parametrize(
    ("name", "text", "short"),
    [
        ("Leif Hansson", "The new caretaker from 1 April 2025 is Leif Hansson.", "The new caretaker from 1 April 2025"),
        ("Hanna", "My colleague Hanna Rask then has your file.", "My colleague"),
        ("Grace", "We visited Daniel's mother Grace in Leeds.", "Daniel's mother"),
        ("Kelp", "Kelp is the rewrite of the tide prediction.", "the rewrite of the tide prediction"),
        ("Grace", "Grace, my mother-in-law, came at eleven.", "my mother-in-law"),
        ("Priya Raman", "Present: Priya Raman (chair), Jonas Ekström", "chair"),
        ("Inês Carvalhal", "Teacher: Inês Carvalhal", "Teacher"),
        ("Anna", "I threw out the toaster Anna gave us.", ""),
        ("Anna", "The doctor Anna saw was late.", ""),
        ("Anna", "Anna, the rent is due on Friday.", ""),
        ("Anna", "Dear Anna, my apologies.", ""),
        ("Anna", "Bring Anna, the drill, and the tape.", ""),
        ("Anna", "Anna, from now on, pays half.", ""),
        ("Anna", "I wish Anna was my boss.", ""),
        ("Anna", "If Anna is a member, she gets 10% off.", ""),
        ("Anna", "Nobody said Anna was the thief.", ""),
        ("Anna", "Anna is the worst", ""),
        ("Anna", "The problem is Anna.", ""),
        ("Anna", "My old cat's name was Anna.", ""),
        ("Anna", "Remember: Anna is off", ""),
        ("Anna", "Anna (not coming)", ""),
        ("Anna", "My sister Anna gave us a toaster.", "My sister"),
        ("Grace", "source: Grace Okafor, dictated on the phone", ""),
        ("Petra", "My birthday present for Petra: nobody plays cowbell", ""),
        ("Maja", "Rain jackets, the green one for Maja.", ""),
        ("Grace", "In the water Grace was happy.", ""),
        ("Grace", "Grace's sister is a nurse.", ""),
        ("Anna", "Joanna is a nurse.", ""),
        ("Anna", "My neighbour Anna-Lena sings.", ""),
    ],
)
def test_what_describes_somebody(name: str, text: str, short: str) -> None:
    assert Described(name).short(text) == short
    assert (Described(name).rank(text) >= 2) is bool(short)


def test_a_cell_with_the_name_is_better_than_a_row_that_mentions_it() -> None:
    grace = Described("Grace")
    assert grace.rank("| third floor | Grace | has a cat |") == 1
    assert grace.rank("| Orchid | bedroom | a present from Grace |") == 0


def test_who_somebody_is_before_what_they_did() -> None:
    texts = [
        "Grace came on Friday. Grace ate the soup. Grace slept well.",
        "On Sunday Daniel's mother Grace went home with Grace's bag.",
    ]
    held = asked_of("Who is Grace?", texts)
    quoted = held.chosen()
    assert quoted is not None
    assert held.span(quoted)[0] == "Daniel's mother"
    held = asked_of("Who is Grace?", texts[:1])
    quoted = held.chosen()
    assert quoted is not None
    assert held.span(quoted)[0] == "", "what is said of her is shown, and no word of it called the answer"
