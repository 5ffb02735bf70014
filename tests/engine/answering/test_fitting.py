"""A run of words is put in front of an answer only where it may be one."""

from __future__ import annotations

import pytest

from engine.answering.questions.question import Question
from engine.answering.reading.fitting import is_no_place, is_of_name, may_answer


@pytest.mark.parametrize(
    ("question", "run", "fits"),
    [
        ("Where does the class go?", "9th", False),
        ("Where does the class go?", "9 Wharf Street", True),
        ("Where was he born?", "on 7 February 1988", False),
        ("Where was he born?", "in Bergen in 1988", True),
        ("How old is Judith?", "0170 881 2290", False),
        ("How old is Judith?", "39", True),
        ("In which room is the course?", "in the same room", False),
        ("How old was the fossil?", "120 000 000 years", True),
        ("What is Nadja's address in Porto?", "address", False),
        ("What is Nadja's address in Porto?", "Rua das Taipas 112", True),
        ("Why was the operation moved?", "the 25th of November", False),
        ("Why was the operation moved?", "the surgeon broke his wrist", True),
        ("Why did Silje not come?", "tonight", False),
        ("Why did Silje not come?", "tired tonight", True),
        ("How many people work there?", "2025", False),
        ("How many people work there?", "14", True),
        ("Who noticed it?", "Somebody", False),
        ("Who noticed it?", "Elin", True),
        ("How much did it cost?", "the new boots", False),
        ("How much did it cost?", "36,800", True),
        ("How many are there?", "two of them", True),
        ("When did we leave?", "in the rain", True),
        ("When do we meet?", "a serving hatch", False),
        ("When do we meet?", "a friend of Nora", False),
        ("When do we meet?", "Fridays", True),
        ("When was it built?", "the nineteenth century", True),
        ("When do we meet?", "the last week of May", True),
        ("What is it?", "9th", True),
        ("Who wrote the mail?", "HV-770-2291", False),
        ("Which oven did we order?", "1,849 euros", False),
        ("Which bus goes there?", "58", True),
        ("When does my passport run out?", "€100", False),
        ("What is Yusuf's mobile number?", "2025-10-09", False),
        ("What is Yusuf's mobile number?", "085 555 0163", True),
        ("What is the rent?", "the flat", False),
        ("What is Wim's parrot called?", "the sofa", False),
        ("What is Wim's parrot called?", "Captain", True),
        ("What is the baby called?", "two Fridays", False),
        ("What is the baby called?", "Friday Jones", True),
        ("On which day did it end?", "the flat", False),
        ("What time is the concert?", "in the hall", False),
        ("What time is the concert?", "at half past seven", True),
        ("What did we get?", "75 pounds", True),
    ],
)
def test_a_short_answer_is_of_the_kind_asked_for(question: str, run: str, fits: bool) -> None:
    assert may_answer(Question.of(question), run) is fits


@pytest.mark.parametrize(
    ("run", "behind", "fits"),
    [
        ("3.15", " per cent.", False),
        ("3.15", "\n> percent", False),
        ("12.50", "\u00a0SEK", False),
        ("twelve months", ", as agreed.", False),
        ("at half past ten", ".", True),
        ("30 September", " at the latest.", True),
        ("at 7.45", " in the hall.", True),
        ("9:31", " Eurostar to Paris", True),
        ("14:00", " hours sharp", True),
        ("911", ", they say", True),
        ("in the 1990s", ".", True),
        ("every two weeks", ".", True),
        ("two days before Christmas", ".", True),
        ("after the concert", " of 3 May.", True),
    ],
)
def test_a_measure_and_a_length_do_not_answer_when(run: str, behind: str, fits: bool) -> None:
    assert may_answer(Question.of("When does it end?"), run, behind) is fits


@pytest.mark.parametrize(
    ("question", "text", "run", "rest"),
    [
        ("What is Petra's cat called?", "Petra Vance: I adopted a cat.", "Vance", True),
        ("Who is Vance?", "Petra Vance came.", "Petra", True),
        ("What is Petra's cat called?", "Petra calls it Mimosa.", "Mimosa", False),
        ("Who came with Petra?", "Anna Petra Vance came.", "Bo", False),
        ("Where is Petra?", "Petra Vance is out.", "Vance", False),
    ],
)
def test_the_rest_of_a_name_is_no_answer(question: str, text: str, run: str, rest: bool) -> None:
    before, _, behind = text.partition(run)
    assert is_of_name(Question.of(question), before, run, behind) is rest


@pytest.mark.parametrize(
    ("question", "before", "run", "is_none"),
    [
        ("Where was the meeting?", "We agreed to ask for ", "a lower rent", True),
        ("Where was the meeting?", "We talked about the ", "cellar", True),
        ("Where was the meeting?", "We left for ", "Oslo", False),
        ("Where was the meeting?", "We met in the ", "cellar", False),
        ("What was it about?", "We talked about the ", "cellar", False),
    ],
)
def test_what_something_is_for_is_no_place(question: str, before: str, run: str, is_none: bool) -> None:
    assert is_no_place(Question.of(question), before, run) is is_none
