"""Where a name is asked for, the answer says that it is one."""

from __future__ import annotations

import pytest
from rare import asked_of

from engine.answering.evidence.named import asks_a_name
from engine.answering.questions.question import Question
from engine.answering.sureness import SIGNS
from engine.answering.texts.surnames import Surname

TALK = (
    "Thuy: We've got a van! She's a Hiace from 2011, cream, and she's called Beryl.\n"
    "Zofia: A van! And how is your mum? My sister Pilar sends her love.\n"
    "Thuy: Mum is well. Declan's mum has knitted me a thing. Declan walked the Overland Track with his brother.\n"
    "Zofia: I have a beagle now. His name is Klops.\n"
    "Thuy: Poor hens of yours, with a beagle about."
)


def unnamed(question: str, text: str = TALK) -> float:
    quoted = asked_of(question, [text]).chosen()
    assert quoted is not None
    return dict(zip(SIGNS, quoted.signs, strict=True))["unsaid"]


@pytest.mark.parametrize(
    "question",
    [
        "What is Thuy's van called?",
        "What is the name of Zofia's sister?",
        "What is the name of Zofia's dog?",
        "what is the name of zofia's dog",
        "What did Zofia call her beagle?",
    ],
)
def test_what_something_is_called_is_told(question: str) -> None:
    assert unnamed(question) == 0.0


@pytest.mark.parametrize(
    "question",
    ["What is the name of Declan's brother?", "What is the name of Declan's mum?", "What are Zofia's hens called?"],
)
def test_a_name_beside_is_none(question: str) -> None:
    assert unnamed(question) == 1.0


def test_where_nothing_has_a_capital_nobody_knows() -> None:
    assert unnamed("What is Rhys's dog called?", "rhys: got a new dog at last, nel.\nfarid: lovely!\nrhys: yes.") == 0.0


@pytest.mark.parametrize(
    "question",
    [
        "Who called me?",
        "What was the meeting called off for?",
        "Whom is the boat named after?",
        "What brand name is it?",
    ],
)
def test_no_name_is_asked_for(question: str) -> None:
    assert not asks_a_name(Question.of(question))


@pytest.mark.parametrize(
    ("question", "text"),
    [
        ("What is the name of Anna's brother?", "Anna's brother Øyvind is visiting."),
        ("What is my son's school called?", "My son starts at Ekbacken School in August."),
        ("What is the name of Anna's husband?", "Anna is married to Per Lind since 2012."),
        ("What is the name of the plumber?", "The plumber we use is Ola Nilsson."),
        ("What is our landlord called?", "| Gunnar Wallin | 070-123 | landlord |"),
        ("What is the name of our landlord?", "## Landlord\n\nGunnar Wallin, 070-123"),
        ("What is the name of the dog?", "Theo: our new dog arrived!\nMia: aww, what's its name?\nTheo: Biscuit :)"),
        ("What is Theo's dog called?", "5/3/24, 10:00 - Theo: our dog biscuit ate my shoe\n5/3/24, 10:01 - Mia: haha"),
        ("What is Anna's daughter called?", "Anna's daughter April turned six."),
        ("What is our plumber called?", "Contacts\n\nOla Nilsson\nPlumber\n070-555 12 12"),
        ("What is my landlord's name?", "| Landlord | |\n|---|---|\n| Name | Gunnar Wallin |"),
        ("What was Pat's secret fiancé called?", "She told us of an engagement. Pat was to marry a man called Lance."),
        ("What is Isla's secret boyfriend called?", "Isla swims a lot. She has a boy, I think; he is called Rafferty."),
        ("What name did they give the baby?", "Ana: the baby is here!\nBo: Oh!\nAna: 9lb 11, called her Nora."),
        ("What is the name of my throat doctor?", "note: booked ENT (Dr Cresswell) for the throat, 11 August"),
        ("What is the domain name of our site?", "We registered skogsby.se for our site."),
    ],
)
def test_names_are_told_in_many_ways(question: str, text: str) -> None:
    assert unnamed(question, text) == 0.0


@pytest.mark.parametrize(
    "question",
    ["What colour is the name plate?", "What time was the ambulance called?", "Which neighbour called the police?"],
)
def test_what_is_called_or_named_otherwise_asks_for_no_name(question: str) -> None:
    assert not asks_a_name(Question.of(question))


def test_a_sentence_that_tells_the_name_comes_before_one_with_more_of_the_questions_words() -> None:
    text = (
        "Ines: Guess what, we finally got a dog! A whippet, she is two.\n"
        "Marc: A whippet! What did you call her?\n"
        "Ines: Pepita. And how is your shoulder?\n"
        "Marc: Better.\nInes: Good."
    )
    quoted = asked_of("What is the name of Ines's dog?", [text]).chosen()
    assert quoted is not None
    assert quoted.sentences[0].text == "Ines: Pepita."


@pytest.mark.parametrize(
    ("question", "text", "is_told"),
    [
        ("What's the name of Jonas's choir?", "Jonas: In 2022 my choir was at Villa Ekudden, by the water.", False),
        ("What's the name of Jonas's choir?", "Jonas: My choir, Late Voices, was at Villa Ekudden.", True),
        ("What is the name of our hotel in Lisbon?", "The hotel in Lisbon is Casa Aurora.", True),
        ("What is the name of our hotel in Lisbon?", "We slept at Casa Aurora, a small hotel.", True),
        ("What is the name of our hotel in Lisbon?", "Our hotel in Lisbon was near Rossio.", False),
    ],
)
def test_where_a_thing_is_is_not_its_name(question: str, text: str, is_told: bool) -> None:
    assert unnamed(question, text) == float(not is_told)


@pytest.mark.parametrize(
    ("question", "text", "name"),
    [
        ("What is Priya's last name?", "Name: Priya Raman", "Raman"),
        ("What's the surname of Priya?", "I met Priya van der Berg at the door.", "van der Berg"),
        ("What is Priya's last name?", "Priya is Anna Raman's sister.", None),
        ("What is Priya's last name?", "Priya Raman's dog barked.", None),
        ("what is priya's last name?", "Name: Priya Raman", "Raman"),
        ("What is my sister's last name?", "My sister Anna Berg is here.", None),
        ("What is Anna's last name?", "My sister is called Anna Maria Berg.", "Berg"),
        ("What is Anna's last name?", "Anna Katarina has the last name Lund, not Berg.", None),
        ("What is Anna's last name now?", "Anna Berg married.", None),
        ("What was Maria's last name before the wedding?", "Maria Holm danced.", None),
        ("What is the surname of Priya's teacher?", "Name: Priya Raman", None),
        ("What is Priya's name?", "Name: Priya Raman", None),
    ],
)
def test_a_last_name_stands_behind_the_first(question: str, text: str, name: str | None) -> None:
    asked = Surname.of(question)
    assert (asked.short(text) if asked is not None else "") == (name or "")


def test_a_last_name_leads() -> None:
    held = asked_of("What is Priya's last name?", ["Name: Priya Raman\n\nNote: allergic to cats"])
    quoted = held.chosen()
    assert quoted is not None
    assert quoted.score > 0.5
    assert held.span(quoted)[0] == "Raman"
