"""In a talk, what one says of themselves is no answer to what is asked of the other."""

from __future__ import annotations

from dataclasses import replace

import pytest
from rare import asked_of

from engine.answering.quoting import Quoting
from engine.answering.sureness import SIGNS
from engine.library import Passage
from ingest.sentences import sentences

PETS = (
    "Nadia: I collected my dog from the shelter last Sunday. She is called Biscuit.\n"
    "Owen: A dog! I am so pleased for you. What did she cost?\n"
    "Nadia: I paid ninety pounds, and I had to sign four forms.\n"
    "Owen: I only have my tortoise Clive, who was free.\n"
    "Nadia: You did well to take him in."
)
GROUP = PETS + "\nRoshan: I would take a cat."


def told(question: str, text: str = PETS) -> tuple[float, float]:
    """Whether the answer is another's, and by how much more of the question another tells."""
    quoted = asked_of(question, [text]).chosen()
    assert quoted is not None
    seen = dict(zip(SIGNS, quoted.signs, strict=True))
    return seen["anothers"], seen["told_of_another"]


@pytest.mark.parametrize(
    "question",
    [
        "When did Owen collect his dog from the shelter?",
        "How many pounds did Owen pay for his dog at the shelter?",
        "What is the name of the tortoise that Nadia has?",
        "when did owen collect his dog from the shelter",
    ],
)
def test_what_another_tells_of_themselves_is_no_answer(question: str) -> None:
    anothers, beyond = told(question)
    assert anothers == 1.0 or beyond > 0.3


@pytest.mark.parametrize(
    "question",
    [
        "When did Nadia collect her dog from the shelter?",
        "How many pounds did Nadia pay for her dog at the shelter?",
        "What is the name of the tortoise that Owen has?",
        "Whom did Owen do well to take in?",  # "you" is Owen where two talk
    ],
)
def test_what_is_told_of_the_one_who_is_asked_of_is(question: str) -> None:
    anothers, beyond = told(question)
    assert anothers == 0.0
    assert beyond <= 0.2


@pytest.mark.parametrize(
    ("question", "least", "most"),
    [
        ("What does Owen want for his daughter?", 0.4, 2.0),  # Nadia has one
        ("What does Nadia want for her daughter?", 0.0, 0.0),
        ("What does Owen want for his birthday?", 0.0, 0.0),
        ("What did Owen get for his birthday?", 0.0, 0.0),  # "your birthday"
        ("What bicycle does Owen want for his daughter's birthday?", 0.0, 0.2),  # as heavy a thing is his own
    ],
)
def test_what_only_another_speaks_of_counts_against_an_answer(question: str, least: float, most: float) -> None:
    text = (
        "Nadia: My daughter turns five in May and talks of nothing else.\nOwen: I can imagine. I want a new bicycle.\n"
        "Nadia: For your birthday in June?\nOwen: Yes, I want a red one. Mine was stolen in Cardiff."
    )
    assert least <= told(question, text)[1] <= most


def test_what_stands_outside_of_talk_or_is_said_among_more_may_be_anybodys() -> None:
    talk = "Nadia: My bees swarmed, and I lost a hive.\nOwen: I am sorry.\nNadia: I have two hives left.\nOwen: I see."
    question = "How many hives does Owen have?"
    alone, beside = asked_of(question, [talk]).chosen(), asked_of(question, [talk, "Six hives stand at the mill."])
    assert alone is not None
    group = asked_of(question, [talk + "\nRoshan: Mine are three."]).chosen()
    assert group is not None
    quoted = beside.chosen()
    assert quoted is not None
    at = SIGNS.index("told_of_another")
    assert alone.signs[at] > max(quoted.signs[at], group.signs[at])


@pytest.mark.parametrize(
    ("question", "text"),
    [
        ("Who collected a dog from the shelter?", PETS),  # of nobody who talks
        ("When did Owen and Nadia collect a dog from the shelter?", PETS),  # of both
        (
            "When did Owen collect his dog from the shelter?",
            "I collected my dog from the shelter last Sunday.",
        ),  # no talk
    ],
)
def test_nothing_is_told_of_another_where_not_one_who_talks_is_asked_of(question: str, text: str) -> None:
    assert told(question, text) == (0.0, 0.0)


ADVICE = (
    "Nadia: I have had headaches all week.\nOwen: You should take magnesium before bed.\nNadia: And if that fails?\n"
    "Owen: Then you need to see Dr Ray on Long Street.\nNadia: Thanks, I will."
)
FERRY = (
    "Nadia: We booked the ferry to Aran for 12 July.\nOwen: Great, we leave from Doolin then.\n"
    "Nadia: I sleep at Ruth's."
)
LADDER = (
    "Nadia: I heard that Owen broke his leg.\nOwen: I am fine.\nNadia: I saw him fall off the ladder on Sunday.\n"
    "Owen: Yes."
)
RENT = (
    "Landlord: The rent for the flat is 900 euros from June.\nOwen: And the deposit?\n"
    "Landlord: Two months, 1800 euros.\nOwen: Fine, I will move in on 3 June, as you said."
)
VAN = (
    "Owen Reyes: My cousins are all on the move.\nNadia Moss: Ella bought a van in June, I heard.\n"
    "Owen Reyes: And Karl bought a boat, you know.\nNadia Moss: Ella paid 4000 euros for the van."
)
JORDAN = (
    "Jordan: How was your trip?\nNadia: I stayed ten days and paid 900 euros for the trip.\n"
    "Jordan: I want to go as well.\nNadia: You will love Petra."
)
PILLS = "Doctor: Moss\nMedicine: Ferrogan, one a day\nDoctor: Ray\nMedicine: Aspirin, two a day"


@pytest.mark.parametrize(
    ("question", "text"),
    [
        ("What did Owen recommend for the headaches?", ADVICE),
        ("When does Owen take the ferry to Aran?", FERRY),
        ("When did Owen fall off the ladder?", LADDER),
        ("What deposit does Owen have to pay?", RENT),
        ("When did Ella Reyes buy a van?", VAN),
        ("How much did the trip to Jordan cost?", JORDAN),
        ("what pills did doctor moss prescribe?", PILLS),
    ],
)
def test_what_may_be_of_either_counts_for_nobody(question: str, text: str) -> None:
    anothers, beyond = told(question, text)
    assert anothers == 0.0
    assert beyond <= 0.2


@pytest.mark.parametrize(
    ("question", "text"),
    [
        ("Owen paid how many pounds for his dog at the shelter?", PETS),  # a name at the beginning
        ("How many pounds did Owen pay for his dog at the shelter?", PETS.replace("Owen:", "Owen Reyes:")),
        ("How many pounds did Owen pay for his dog at the shelter?", PETS.replace("Owen:", "OWEN:")),
        ("How many pounds did Owen pay for his dog at the shelter?", PETS.replace("Nadia:", "Nadia Reyes:")),
        ("how many pounds did owen pay for his dog at the RSPCA", PETS),
    ],
)
def test_who_is_asked_of_is_known_by_a_first_name(question: str, text: str) -> None:
    anothers, beyond = told(question, text)
    assert anothers == 1.0 or beyond > 0.3


def test_where_more_than_two_talk_a_plain_sentence_is_nobodys() -> None:
    plain = "Nadia: The boiler was mended on Tuesday.\nOwen: At last, I froze in my bed.\nNadia: It hums again."
    question = "When was the boiler of Owen mended?"
    assert told(question, plain)[0] == 1.0
    assert told(question, plain + "\nRoshan: Good news, all of it.")[0] == 0.0
    assert told("When did Owen collect his dog from the shelter?", GROUP)[0] == 1.0


def test_my_own_talk_is_told_apart_from_the_others() -> None:
    def asked_by(me: str) -> float:
        passage = Passage(1, "", PETS, list(sentences(PETS)), me=(me,))
        quoting: Quoting = asked_of("When did I collect my dog from the shelter?", [PETS])
        quoting.passages[1] = replace(passage, context="")
        quoted = quoting.chosen()
        assert quoted is not None
        return dict(zip(SIGNS, quoted.signs, strict=True))["anothers"]

    assert asked_by("Nadia") < 0.0
    assert asked_by("Owen") == 1.0


AKI = (
    "Teuvo: My son Aki lives in Malaga since 2016, he repairs boats.\nMarisol: How nice! I only have my two dogs.\n"
    "Teuvo: Aki has a girlfriend too.\nMarisol: I see."
)


@pytest.mark.parametrize(
    ("question", "is_told"),
    [
        ("Which city does Marisol's son live in?", False),
        ("What does Marisol's son repair?", False),
        ("Which city does Teuvo's son live in?", True),
        ("What does Teuvo's son repair?", True),
    ],
)
def test_whose_son_he_is_counts_when_his_name_is_known(question: str, is_told: bool) -> None:
    quoted = asked_of(question, [AKI]).chosen()
    assert quoted is not None
    assert (quoted.score > 0.5) is is_told
