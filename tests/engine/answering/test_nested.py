"""Nested questions are taken apart, and answered part by part."""

from __future__ import annotations

import pytest
from rare import POLICY, Rare, passages_of, reading

from engine.answering.questions.nested import nested_of
from engine.answering.quoting import Quoting
from engine.interleave import Hop

TAKEN_APART = [
    (
        "What is the number of the friend who recommended the plumber?",
        "Who recommended the plumber?", "What is the number of Gwen?",
    ),
    (
        "Which instrument does the person who gave Tilda a magic set play?",
        "Who gave Tilda a magic set?", "Which instrument does Gwen play?",
    ),
    (
        "On which day does the friend I lent money to have her birthday?",
        "Who I lent money to?", "On which day does Gwen have her birthday?",
    ),
    ("Where does the man live who mended the roof?", "Who mended the roof?", "Where does Gwen live?"),
    (
        "What does the man do for a living who paid for the repair?",
        "Who paid for the repair?", "What does Gwen do for a living?",
    ),
    (
        "On which date does the colleague from whom Deirdre took over wound care retire?",
        "Who Deirdre took over wound care from?", "On which date does Gwen retire?",
    ),
    ("Where does the woman work with whom I play tennis?", "Who I play tennis with?", "Where does Gwen work?"),
    ("Email of whoever has to hire the timpani", "Who has to hire the timpani?", "Email of Gwen?"),
    ("Number of the person baking for Nadia's birthday?", "Who baking for Nadia's birthday?", "Number of Gwen?"),
    ("What can't the treasurer of the club eat?", "Who is the treasurer of the club?", "What can't Gwen eat?"),
    ("Which room is my thesis supervisor's office?", "Who is my thesis supervisor?", "Which room is Gwen's office?"),
    ("How long does the thing I brought along bake?", "What I brought along?", "How long does Gwen bake?"),
    ("How do I water the plant whose name is Jade?", "Which plant has name is Jade?", "How do I water Gwen?"),
    ("Who wrote the book that Petra left for me?", "Which book Petra left for me?", "Who wrote Gwen?"),
    ("What's the price of the trampoline we ordered?", "Which trampoline we ordered?", "What's the price of Gwen?"),
]  # fmt: skip
WHOLE = [
    "Who is the man who fixed the roof?",  # only whom
    "What is the name of the doctor who treated Quentin?",
    "How many sessions did my brother Quentin get?",  # a name beside what he is
    "What did we pay for the vacuum cleaner?",
    "How tall is my mother?",  # kin is mostly called so
    "Where was our old dentist moving to?",
    "What was the ticket for the bird reserve?",
    "When did the war that ended the empire begin?",
    "What is the PIN of my bank card?",
    "Do you know what I need to bring to the party?",  # a frame around a plain question
    "Tell me what I have to pack for the trip",
    "Is there a dentist working on Saturdays?",
    "What happens if the tenant of flat 3 moves out?",
    "What did the owner's manual say about oil?",
    "What is the day that I was born?",
    "What did we decide about the cost of the painter?",
    "How is the new teacher at school?",
    "When did the teacher announce who won the contest?",  # what is asked beside who
    "When did the nurse call about who would visit?",
    "What did the doctor give the woman who fainted?",
    "When did the dentist visit my aunt who lives in Ulm?",
    "",
]


@pytest.mark.parametrize(("asked", "first", "second"), TAKEN_APART)
def test_taken_apart(asked: str, first: str, second: str) -> None:
    nested = nested_of(asked)
    assert nested is not None
    assert (nested.first, nested.second("Gwen")) == (first, second)


@pytest.mark.parametrize("asked", WHOLE)
def test_left_whole(asked: str) -> None:
    assert nested_of(asked) is None


TEXTS = (
    "The plumber that Annika Adeyemi recommended came about the tap. He charged 120 euros.",
    "Gwen: the shower is dripping again\nSamir: i'll bake the carrot cake for Nadia\nGwen: lovely",
    "Met Annika Adeyemi at the post office. She is learning the banjo. We had cake.",
    "Name: Samir Dragomir; Phone: +49 62 984 6031\nName: Olaf Moorcroft; Phone: +49 88 351 4740",
)


@pytest.mark.parametrize(
    ("asked", "answer", "bridge"),
    [
        (
            "What instrument is the friend who recommended the plumber learning?",
            "learning the banjo",
            "recommended came",
        ),
        ("Number of the person baking the carrot cake?", "+49 62 984 6031", "bake the carrot cake"),
    ],
)
def test_answered_part_by_part(asked: str, answer: str, bridge: str) -> None:
    passages = passages_of(TEXTS)
    quoting = Quoting(asked, Rare(), POLICY, *reading())  # type: ignore[arg-type]
    step = quoting.following([Hop(1, [], tuple(passages[:2]), "the question", {1: 1.0, 2: 0.9})])
    assert step is not None
    assert step.reason.startswith("to follow “")
    first = Hop(1, [], tuple(passages[:2]), "the question", {1: 1.0, 2: 0.9})
    quoting.following([first, Hop(2, [], tuple(passages[2:]), step.reason, {3: 1.0, 4: 0.9})])
    quoted = quoting.chosen()
    assert quoted is not None
    assert quoted.chained
    assert answer in quoted.sentences[0].text
    assert bridge in quoted.sentences[1].text


def test_a_question_with_no_name_to_follow_is_read_whole() -> None:
    text = "The neighbour who took in the parcel plays the tuba."
    (passage,) = passages_of([text])
    asked = "Which instrument does the neighbour who took in the parcel play?"
    quoting = Quoting(asked, Rare(), POLICY, *reading())  # type: ignore[arg-type]
    quoting.following([Hop(1, [], (passage,), "the question", {1: 1.0})])
    quoted = quoting.chosen()
    assert quoted is not None
    assert quoted.sentences[0].text == text
    assert quoting.by is quoting
