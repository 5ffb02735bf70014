"""What changed answers how things are; what may change, or is another's, does not."""

from __future__ import annotations

import pytest
from rare import asked_of

CODE = "The door code of the container is 4417."
RENT = "The rent is 11,400 SEK per month, payable in advance."
CONCERT = "The concert is on 15 June 2025 in the church."
CASES = [
    ("When is the concert?", CONCERT, "The concert had to be postponed: it is now on 29 June 2025.", True),
    ("When is the concert?", CONCERT, "The concert was moved, and is now on 29 June 2025.", True),
    ("When is the concert?", CONCERT, "The concert has been rescheduled; new date: 29 June 2025.", True),
    ("When is the concert?", CONCERT, "The concert was moved; it is a pity, on 29 June 2025 we sing at home.", False),
    ("Is the concert on 15 June?", CONCERT, "The concert had to be postponed: it is now on 29 June 2025.", True),
    ("Is the concert on 15 June?", CONCERT, "The concert is now on 15 June 2025, at six.", False),
    ("Was the concert on 15 June?", CONCERT, "The concert had to be postponed: it is now on 29 June 2025.", False),
    ("When is the concert?", CONCERT, "The rehearsal for the concert was moved: it is now on 29 May 2025.", False),
    ("What is the door code of the container?", CODE, "New code is 9063.", True),
    ("What is the door code of the container?", CODE, "The new code: 9063.", True),
    ("What is the door code of the container?", CODE, "The door code of the container is now 9063.", True),
    ("What is the door code of the container?", CODE, "The code has not changed since 2019.", False),
    ("What is the door code of the container?", CODE, "The code may be changed to 9063 next week.", False),
    ("What is the door code of the container?", CODE, "New code proposed: 9063, not decided.", False),
    ("What is the door code of the container?", CODE, "Changed my code on Netflix to 9063.", False),
    ("What is the door code of the container?", CODE, "Instead of a code we use key 22B now.", False),
    ("What is the door code of the container?", CODE, "The garage code is now 9063.", False),
    ("What is the door code of the container?", CODE, "New code for the bicycles is 9063.", False),
    ("What was the door code of the container?", CODE, "New code is 9063.", False),
    ("What was the original door code of the container?", CODE, "New code is 9063.", False),
    ("what is my pin for the bank card", "The pin for the bank card is 4417.", "New pin for the phone is 9063.", False),
    ("How much is the rent?", RENT, "From 1 April 2025 the rent for flat 1302 is 12,450 SEK instead of 11,400.", True),
    ("how much do I pay for the rent", RENT, "The rent is therefore raised to 12,450 SEK.", True),
    ("How much is the rent?", RENT, "The rent goes up to 12,450 SEK in May.", True),
    ("How much is the rent?", RENT, "The garage rent is now 80 SEK.", False),
    ("How much is the rent?", RENT, "Tom says his rent went up to 900 SEK.", False),
    ("How much is the rent?", RENT, "Rumour: the rent may be raised to 700 SEK.", False),
    ("How much is the rent?", RENT, "The rent of my sister's new flat is 12,450 SEK.", False),
    ("How much is the rent?", RENT, "The rent deposit is changed to 1,200 SEK.", False),
    ("How much is the rent?", RENT, "Paid the rent, now only 55 SEK left.", False),
    ("How much was the rent?", RENT, "The rent is raised to 12,450 SEK.", False),
    ("How much is the rent?", RENT, "The rent is now due on the 25th, reminder fee 60 SEK.", False),
    ("How much is the rent?", RENT, "The rent is now 3 days late, 60 SEK fee.", False),
    ("How much is the rent?", RENT, "The rent is now 500 SEK higher.", False),
    ("How much is the rent?", RENT, "The rent goes to Mr Lind, 300 SEK of it in cash.", False),
    ("How much is the rent?", RENT, "The new rent is 2000 SEK above what Anna pays.", False),
    ("How much is the rent?", RENT, "Draft: the rent is raised to 99,000 SEK.", False),
    ("How much is the rent?", RENT, "In the novel, the rent is raised to 99,000 SEK.", False),
    ("How much is the rent?", RENT, "The rent is lowered to 9,000 SEK for our neighbours.", False),
    ("How much is the rent?", RENT, "The rent was raised from 10,000 to 11,000 SEK in 2019.", False),
    ("How much is the rent?", RENT, "The rent was raised to 12,450 SEK.", True),
    ("What is the door code of the container?", CODE, "The code was changed to 9063.", True),
    ("What is the door code of the container?", CODE, "The code will be changed to 9063 next month.", False),
    ("What is the door code of the container?", CODE, "The old code is now 9063 on the cellar.", False),
    ("Who is the caretaker?", "The caretaker is Rune Mattsson.", "The new caretaker is friendly, Anna says.", False),
    ("Who is the caretaker?", "The caretaker is Rune Mattsson.", "The caretaker is now on Facebook.", False),
    ("When is the launch?", "The launch is on 15 April.", "The launch was moved to the hall, see 13 May.", False),
    ("When is the launch?", "The launch is on 15 April.", "The launch moves from 15 April to 13 May.", True),
    ("When is the wedding?", "The wedding is on 7 June.", "The wedding cake tasting is now on 3 May.", False),
    ("Who is the caretaker?", "The caretaker is Rune Mattsson.", "The new caretaker is Leif Hansson.", True),
    ("Who was the caretaker?", "The caretaker was Rune Mattsson.", "The new caretaker is Leif Hansson.", False),
    ("Who is the landlord?", "The landlord is Rune Mattsson.", "The landlord now has a dog called Rex.", False),
    ("Where is the piano?", "The piano is in the hall.", "The piano is now in the kitchen.", True),
    ("Where is the piano?", "The piano is in the hall.", "Anna's piano is now in the kitchen.", False),
]


@pytest.mark.parametrize(("question", "before", "later", "changes"), CASES)
def test_what_changed(question: str, before: str, later: str, changes: bool) -> None:
    filler = "Rehearsals are in the container, by the door."
    texts = [f"{filler} {before}", f"The container, by the door. {later}"]
    quoted = asked_of(question, texts, "Notes", ["2024-09-02", "2025-02-08"]).chosen()
    assert quoted is not None
    assert (quoted.sentences[0].text == later) is changes


def test_of_an_earlier_day_nothing_takes_a_place() -> None:
    texts = [CODE, "New code is 9063, for the container."]
    quoted = asked_of("What is the door code of the container?", texts, "Notes", ["2025-02-08", "2024-09-02"]).chosen()
    assert quoted is not None
    assert "4417" in quoted.sentences[0].text
