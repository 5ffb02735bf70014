"""Questions that compare are asked of either side, and what both tell is held against one another."""

from __future__ import annotations

import time

import pytest
from rare import POLICY, Rare, asked_of, passages_of, reading

from engine.answering.evidence.choosing import choice_of
from engine.answering.evidence.sentences import Scored
from engine.answering.questions.compared import compared_of
from engine.answering.quoting import Quoting
from engine.answering.telling import is_less
from engine.answering.words.quantities import quantities
from engine.interleave import Hop

COMPARED = [
    ("Which was cheaper, the guest house in Whitby or the hotel in Cádiz?", "least",
     "How much did the guest house in Whitby cost?", "How much did the hotel in Cádiz cost?"),
    ("Which of the two flats is bigger, the one on Harrogate Road or the one on Lidgett Lane?", "most",
     "How big is the flat on Harrogate Road?", "How big is the flat on Lidgett Lane?"),
    ("Who is older, Farida or Hannah?", "least", "When was Farida born?", "When was Hannah born?"),
    ("Which took longer, the drive to Whitby or the flight to Gdańsk?", "most",
     "How long did the drive to Whitby take?", "How long did the flight to Gdańsk take?"),
    ("Was Diego Lugano or John R. Gunn born first?", "least", "When was Diego Lugano born?",
     "When was John R. Gunn born?"),
    ("Who was born first out of Heng Pov and Rajesh Bhola?", "least", "When was Heng Pov born?",
     "When was Rajesh Bhola born?"),
    ("Which band was formed first The Exies or Circus Diablo?", "least", "When was The Exies formed?",
     "When was Circus Diablo formed?"),
    ("Which film has the director who died later, The Rack or Cantaclaro?", "most",
     "When did the director of film The Rack die?", "When did the director of film Cantaclaro die?"),
    ("Am I older than my wife?", "least", "When was I born?", "When was my wife born?"),
    ("Was it quieter in the room at the mill than in the one in Etxalar?", "least",
     "How loud is it in the room at the mill?", "How loud is it in the room in Etxalar?"),
    ("Did I buy the Kangoo before I sold the Berlingo?", "before", "When did I buy the Kangoo?",
     "When I sold the Berlingo?"),
    ("Was Anna born before Ben?", "before", "When was Anna born?", "When was Ben born?"),
    ("Did Anna finish before Ben?", "before", "When did Anna finish?", "When did Ben finish?"),
    ("Was the van sold before the car?", "before", "When was the van sold?", "When was the car sold?"),
    ("Was Ben born before World War II?", "before", "When was Ben born?", "When was World War II?"),
    ("Was the house sold before the wedding?", "before", "When was the house sold?", "When was the wedding?"),
    ("Was the house built before the war?", "before", "When was the house built?", "When was the war?"),
    ("Did I go to Rome after Lisbon?", "after", "When did I go to Rome?", "When did I go to Lisbon?"),
    ("Are Leila Haddad and Connor Sykes from the same town?", "same", "Which town is Leila Haddad from?",
     "Which town is Connor Sykes from?"),
    ("Do Iker and my father-in-law have trouble with the same ear?", "same", "Which ear does Iker have trouble with?",
     "Which ear does my father-in-law have trouble with?"),
    ("Do both films Kraurya and Penniless Hearts have the directors that share the same nationality?", "same",
     "Which country is the director of film Kraurya from?",
     "Which country is the director of film Penniless Hearts from?"),
    ("Are both villages, Totkuh and Feyzabad, Khatam, located in the same country?", "same",
     "Which country is Totkuh from?", "Which country is Feyzabad, Khatam from?"),
    ("Do Mr Coker and Mr Lewandowski both still work?", "both", "Does Mr Coker still work?",
     "Does Mr Lewandowski still work?"),
]  # fmt: skip


@pytest.mark.parametrize(("asked", "rule", "one", "other"), COMPARED)
def test_either_side_is_asked(asked: str, rule: str, one: str, other: str) -> None:
    compared = compared_of(asked)
    assert compared is not None
    assert (compared.rule, *compared.asks) == (rule, one, other)


@pytest.mark.parametrize(
    "asked",
    [
        "What is the name of the latest model for the autumn and winter collection?",
        "Which work's first draft did I complete and send by the end of December?",
        "Which flat had the lower council tax band, Harrogate Road or Lidgett Lane?",  # of no measure that is known
        "Did I call before noon?",
        "Did Wei Lin's parents buy their restaurant before 2000?",
        "Is the rent higher than usual?",
        "Who first wrote about the river's discovery and border?",
        "When did Anna and Ben move?",
        "",
    ],
)
def test_no_comparison(asked: str) -> None:
    assert compared_of(asked) is None


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("It cost EUR 1,450.50 and £620 in all", [(1450.5, "money euro"), (620.0, "money pound")]),
        ("two and a half hours, then a walk of 2 hours 40 minutes", [(150.0, "time"), (160.0, "time")]),
        ("48 m² for 300 euros", [(48.0, "area"), (300.0, "money euro")]),
        ("34 dB with the stream, 1.2 kg of flour", [(34.0, "noise"), (1200.0, "weight")]),
        ("1,200 kr on 12.3.2024 at 14:30", [(1200.0, "money crown")]),
        (
            "£2.4k, then £9.99 a month and €1.250,00",
            [(2400.0, "money pound"), (9.99, "money pound month"), (1250.0, "money euro")],
        ),
        ("two hundred kilos, half an hour, an hour and a half", [(200000.0, "weight"), (30.0, "time"), (90.0, "time")]),
        ("5 ft 11 inches at 59 °F or 15 °C", [(180.34, "length"), (59.0, "heat F"), (15.0, "heat")]),
        ("-5 °C at first, minus 2.5 °C then", [(-5.0, "heat"), (-2.5, "heat")]),
        (
            "1.450 euros, EUR450, EUR 1.450.000 and 1.450 kg",
            [(1450.0, "money euro"), (450.0, "money euro"), (1450000.0, "money euro"), (1450.0, "weight")],
        ),
        ("balance -€20, then €-5 and -$45.50", [(-20.0, "money euro"), (-5.0, "money euro"), (-45.5, "money dollar")]),
        ("-2 kg flour, 20 -30 minutes", []),
        (
            "Diesel at 1.789 euros a litre, 0.125 euros per kWh and $3.459",
            [(1.79, "money euro litre"), (0.12, "money euro kwh"), (3.46, "money dollar")],
        ),
        ("a long one", []),
    ],
)
def test_quantities(text: str, found: list[tuple[float, str]]) -> None:
    assert [(round(one.value, 2), one.of) for one in quantities(text) if one.of] == found


def test_what_is_less() -> None:
    assert is_less((1987, 8, 31), (1994, 8, 31))
    assert is_less((1987, 0, 0), (1987, 3, 1)) is None  # a year, and a day within it
    assert is_less(3.0, 2.0) is False
    assert is_less(2.0, 2.0) is None


@pytest.mark.parametrize(
    ("asked", "one", "other"),
    [
        ("Was it my left or my right knee that I hurt?", "left", "right"),
        ("Was my bad tooth on the right or on the left?", "right", "left"),
        ("cash or card at Garwood Electronics?", "cash", "card"),
        ("Which singer is American, Mark King or Nick Hexum?", "Mark King", "Nick Hexum"),
        ("Is Tulsa or Oklahoma City the capital?", "Tulsa", "Oklahoma City"),
    ],
)
def test_choices(asked: str, one: str, other: str) -> None:
    choice = choice_of(asked)
    assert choice is not None
    assert (choice.one, choice.other) == (one, other)


@pytest.mark.parametrize(
    "asked",
    ["When is the dinner or lunch at Pho Canal?", "What stands, or stood, here?", "Is it so or not?", "Who came?",
     "Do I need milk or eggs or flour?"],
)  # fmt: skip
def test_no_choice(asked: str) -> None:
    assert choice_of(asked) is None


def scored(text: str) -> Scored:
    return Scored(1, 0, len(text), text, 0.5, frozenset(), frozenset())


def test_the_best_sentence_with_one_of_them_chooses() -> None:
    choice = choice_of("Was it my left or my right knee?")
    assert choice is not None
    assert choice.of([scored("My left knee took all of it."), scored("The right one went in 2017.")]) == "left"
    assert choice.of([scored("It hurt."), scored("The right one, then.")]) == "right"
    assert choice.of([scored("Left, not right."), scored("The right one.")]) is None
    assert choice.of([]) is None


TEXTS = (
    "Viewing number one. The flat on Harrogate Road has 68 square metres. Rent is £975 a month.",
    "Lidgett Lane: the flat on Lidgett Lane is 74 m². Rent is 1,060 pounds a month.",
    "Farida was born on 30 May 1979 in Herat.\nHannah was born on 9 September 1983 in Leeds.",
    "We bought the Kangoo on 12 February 2024.",
    "Nora Lindqvist, born 14 March 1986, together with Daniel Okafor, born 2 July 1984 (the tenants).",
    "The Berlingo was sold on Saturday, 2 March 2024.",
    "The Lame Devil is a film directed by Sacha Guitry.",
    "Stage Kisses is a film directed by Albert Kelley.",
    "Sacha Guitry (21 February 1885 – 24 July 1957) was a French director.",
    "Albert Kelley (7 October 1894 – 2 May 1989) was an American director.",
)
ASKED = [
    ("Which flat is bigger, the one on Harrogate Road or the one on Lidgett Lane?", "the one on Lidgett Lane"),
    ("Which flat is cheaper, the one on Harrogate Road or the one on Lidgett Lane?", "the one on Harrogate Road"),
    ("Who is older, Farida or Hannah?", "Farida"),
    ("Is Farida younger than Hannah?", "No"),
    ("Did we buy the Kangoo before the Berlingo was sold?", "Yes"),
    ("Which film has the director who died first, Stage Kisses or The Lame Devil?", "The Lame Devil"),
    ("Do the directors of films Stage Kisses and The Lame Devil have the same nationality?", "No"),
    ("Are Sacha Guitry and Albert Kelley both directors?", "Yes"),
    ("Were Farida and Hannah born at the same time?", "No"),
]


@pytest.mark.parametrize(("asked", "answer"), ASKED)
def test_compared(asked: str, answer: str) -> None:
    quoting = asked_of(asked, TEXTS)
    quoted = quoting.chosen()
    assert quoted is not None
    assert quoting.span(quoted) == (answer, quoted.score)
    assert quoted.score >= 0.5
    assert len({(one.document, one.start) for one in quoted.sentences}) >= 2
    assert quoted.own == quoted.text  # both sides are shown beside a short answer


def test_a_side_that_is_not_known_is_looked_for_and_not_guessed() -> None:
    (passage,) = passages_of(TEXTS[2:3])
    quoting = Quoting("Who is older, Farida or Gareth?", Rare(), POLICY, *reading())  # type: ignore[arg-type]
    step = quoting.following([Hop(1, [], (passage,), "the question", {1: 1.0})])
    assert step is not None
    assert "gareth" in step.looking_for
    assert "farida" not in step.looking_for
    quoted = quoting.chosen()
    assert quoted is not None
    assert quoting.span(quoted) == ("", 0.0)


def test_one_sentence_may_tell_of_both() -> None:
    quoting = asked_of("Who is older, Nora or Daniel?", TEXTS)
    quoted = quoting.chosen()
    assert quoted is not None
    assert quoting.span(quoted)[0] == "Daniel"


def test_what_happened_is_not_told_by_one_of_its_words() -> None:
    texts = (
        "The import runs every ten minutes since 3 May 2024.",
        "The rent is raised for the flat from 1 April 2024.",
    )
    quoting = asked_of("Did I run my first half marathon before I moved to the new flat?", texts)
    quoted = quoting.chosen()
    assert quoted is not None
    assert quoting.span(quoted) == ("", 0.0)


@pytest.mark.parametrize("unit", ["which is older, a or b ", "was it a or b ", "12 and a half hours ", "A and B "])
def test_long_questions_take_little_time(unit: str) -> None:
    began = time.perf_counter()
    text = unit * 20_000
    compared_of(text)
    choice_of(text)
    list(quantities(text))
    assert time.perf_counter() - began < 5
