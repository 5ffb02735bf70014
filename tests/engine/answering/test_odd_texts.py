"""Texts that no pattern was written for: questions about them are answered or refused, never broken off."""

from __future__ import annotations

import re
import time
from datetime import date
from pathlib import Path

import pytest
import torch
from rare import asked_of as quoting_over

import engine
from engine.answering.evidence.meaning import Meanings
from engine.answering.evidence.particular import particular
from engine.answering.evidence.sentences import score_sentences, term_weights
from engine.answering.evidence.verdict import verdict
from engine.answering.questions.compared import compared_of
from engine.answering.questions.kinds import kind_of
from engine.answering.questions.nested import nested_of
from engine.answering.questions.question import Question
from engine.answering.reading.fitting import may_answer
from engine.answering.reading.reader import NEVER, READER, Reads
from engine.answering.reading.windows import asked_of, window_of
from engine.answering.texts.lives import event_of, ordered
from engine.answering.texts.naming import named
from engine.answering.texts.relative import meant
from engine.answering.words.quantities import quantities
from engine.answering.words.times import times_in
from engine.library import Passage
from engine.tokenizer import MemoryTokenizer
from engine.training.quoting import spans
from engine.weights import load

TINY = Path(engine.__path__[0]) / "checkpoints" / "twin-tiny"


@pytest.mark.parametrize("text", ["\u017fix days ago", "last FR\u0130DAY", "next \u017funday", "in \u017fix weeks"])
def test_letters_that_only_look_the_same_to_a_pattern_mean_no_day(text: str) -> None:
    meant(text, "2024-05-08")


def test_old_print_is_read_as_it_is_meant() -> None:
    assert [time.first for time in times_in("3 \u017feptember")] == ["09-03"]
    assert [one.value for one in quantities("\u017fix hours, 2 thou\u017fand pounds, 3 \u212ag")] == [360, 2000, 3000]


@pytest.mark.parametrize("near", ["yesterday", "last week", "last month", "last year"])
def test_there_is_nothing_before_the_first_day(near: str) -> None:
    assert list(times_in(f"It was {near}.", date(1, 1, 1))) == []


def test_braces_in_a_question_stay() -> None:
    compared = compared_of("Which cost more in {2024}, the mower or the bike?")
    assert compared is not None
    assert all("{2024}" in asked for asked in compared.asks)


def test_an_address_is_looked_for_in_a_line_of_ats() -> None:
    kind = kind_of("What is her email address?")
    assert kind is not None
    assert isinstance(kind.looks, re.Pattern)
    began = time.perf_counter()
    assert kind.looks.search("a@" * 3000) is None
    assert time.perf_counter() - began < 5.0
    assert [m.group() for m in kind.looks.finditer("to ada@mail.example, please")] == ["ada@mail.example"]


@pytest.mark.parametrize(("asked", "text"), [("___", "The rent is 900 euros."), ("When was the rent raised?", "___ ")])
def test_nothing_is_read_where_there_are_no_words(asked: str, text: str) -> None:
    meanings = Meanings(load(TINY, device="cpu", dtype=torch.float32), MemoryTokenizer(TINY / "tokenizer.json"))
    reads, question = Reads.load(TINY / READER, meanings), Question.of(asked)
    passage, weights = Passage(1, "", text, spans(text) or ((0, len(text)),)), term_weights(question, {})
    found = score_sentences(question, weights, [passage], {1: 1.0})
    windows = [window_of(question, weights, passage, one) for one in found]
    assert all(reading.logit <= NEVER / 2 for reading in reads(asked_of(question, weights), windows))


@pytest.mark.parametrize(
    ("asked", "then"),
    [
        ("What is the birthday of the landlord of Rosa?", "When was Gwen born?"),
        ("When is the birthday of my landlord's wife?", "When is the birthday of Gwen's wife?"),
    ],
)
def test_a_relation_of_who_is_found_is_still_asked_for(asked: str, then: str) -> None:
    nested = nested_of(asked)
    assert nested is not None
    assert nested.second("Gwen") == then


def test_a_certificate_is_no_birth() -> None:
    assert event_of("When did Max's birth certificate arrive?") is None
    assert event_of("What is Max's date of birth?") == "born"


def test_a_number_is_no_denial() -> None:
    asked, none = Question.of("Is the flat on the second floor?"), frozenset[str]()
    near = frozenset(asked.stems)
    assert verdict(asked, "No. It is on the third.", near, none) == "No"
    assert verdict(asked, "No. 12 Elm Street has three floors.", near, none) is None


@pytest.mark.parametrize("asked", ["How old did Anna turn?", "Who is in Old Street?", "Where in the old town was it?"])
def test_what_is_old_is_not_how_things_were(asked: str) -> None:
    assert not Question.of(asked).asks_before
    assert Question.of("What is the old code?").asks_before


def test_every_number_word_is_a_number() -> None:
    for word in ("thirteen", "sixteen", "nineteen", "seventy"):
        assert may_answer(Question.of("How many guests came?"), word)


@pytest.mark.parametrize("asked", ["Isn’t the shop closed?", "Can't I bring a dog?", "Won't it rain?", "Is it open?"])
def test_denied_questions_are_for_a_yes_or_no(asked: str) -> None:
    assert Question.of(asked).is_yes_no


@pytest.mark.parametrize(
    ("asked", "text", "country"),
    [
        ("Which country did we visit in May?", "In May a Swedish friend took us to Portugal.", "Portugal"),
        ("What is the nationality of Jo?", "Jo lives in Norway and is a Swedish singer.", "Swedish"),
    ],
)
def test_people_are_a_country_where_it_is_asked_whose_they_are(asked: str, text: str, country: str) -> None:
    assert particular(Question.of(asked), text) == country


@pytest.mark.parametrize(
    ("asked", "event"),
    [
        ("Where did we celebrate Max's birthday?", None),
        ("When is the birthday party?", None),
        ("Where did he live after his father's death?", None),
        ("When is my mother's birthday?", "born"),
        ("When does Max have his birthday?", "born"),
        ("When was the death of Anna?", "died"),
        ("Do you know when Ben's birthday is?", "born"),
        ("When did Mum say her birthday was?", "born"),
        ("Where did Ben's birthday take place?", None),
    ],
)
def test_what_is_done_on_a_birthday_is_no_birth(asked: str, event: str | None) -> None:
    assert event_of(asked) == event


def test_a_year_of_three_digits_has_an_order() -> None:
    assert ordered("850") == (850, 0, 0)


@pytest.mark.parametrize(
    ("asked", "several"),
    [
        ("What street does Tom live in?", False),
        ("Which year was it?", False),
        ("What did Thomas buy?", False),
        ("What happens on Friday?", False),
        ("Which train leaves at 8?", False),
        ("What costs the most?", False),
        ("Which gas does it use?", False),
        ("Which gas bills did I pay?", True),
        ("Which IDs do I have?", True),
        ("What plans do we have?", True),
        ("Which two cities did we see?", True),
        ("What medicines does she take?", True),
    ],
)
def test_a_verb_is_no_plural(asked: str, several: bool) -> None:
    assert Question.of(asked).asks_all == several


@pytest.mark.parametrize(
    ("asked", "kind"),
    [
        ("Which phone did Max buy?", None),
        ("What happened to my phone?", None),
        ("What did Anna's email promise?", None),
        ("What is my landlord's phone?", "phone"),
        ("vet phone", "phone"),
        ("How do I reach the sitter who lives above us?", "phone"),
        ("How can I contact Tom?", "phone"),
        ("How do I get Fiona on the phone?", "phone"),
        ("How do I reach the hut?", None),
        ("How do I reach the tower?", None),
        ("How do we call the red wine sauce?", None),
        ("How can I contact Ben by mail?", None),
        ("What did Ben say on the phone?", None),
        ("What did the email of May 3 say?", None),
        ("What's Anna's new email?", "email"),
        ("plumber's phone", "phone"),
        ("what is bens email", "email"),
        ("What is Rosa's email?", "email"),
    ],
)
def test_a_phone_is_a_thing_as_well(asked: str, kind: str | None) -> None:
    found = kind_of(asked)
    assert (found.name if found is not None else None) == kind


def test_a_denial_is_no_word_of_a_question() -> None:
    assert Question.of("Why didn’t Tom come to the party?").words == ("tom", "party")


def test_a_day_that_a_month_lacks_is_none() -> None:
    assert times_in("31 February 2024") == ()
    assert [time.last for time in times_in("in February 2023, at the end of June")] == ["2023-02-28", "06-30"]


def test_a_mother_is_looked_for_in_time_that_grows_with_the_text() -> None:
    began = time.perf_counter()
    assert list(named("mother", "Ana", "son of to " * 100)) == []
    assert time.perf_counter() - began < 5.0


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("Car insurance policy 4471-882, call 020 7946 0958 for claims.", True),
        ("Your phone insurance policy number is 4402 118 903.", True),
        ("Our telephone is 031-390 06 83.", False),
    ],
)
def test_a_telephone_is_no_policy(text: str, told: bool) -> None:
    assert Question.of("What is the policy number of my car insurance?").expects(text) == told


def test_a_time_of_another_year_is_not_meant() -> None:
    asked = Question.of("How much was the rent in March 2024?")
    assert asked.elsewhen("In March 2023 it was 850 euros.") == {"march", "2024"}
    assert asked.elsewhen("Rent March: 900 euros, invoice of 2 April 2024.") == set()
    assert asked.elsewhen("On 5 March 2024 it was raised.") == set()


@pytest.mark.parametrize("street", ["Skolvägen 3-5", "Lange Straße 8/10", "Nygatan 21:2", "Prinsengracht 21b"])
def test_a_house_may_have_several_numbers(street: str) -> None:
    assert Question.of("What is the address of the office?").expects(f"Our office: {street}.")


@pytest.mark.parametrize("text", ["number 26", "Gate 12", "about 40 people", "page 12"])
def test_a_counted_thing_is_no_address(text: str) -> None:
    assert not Question.of("What is the address of the office?").expects(f"It is {text}.")


@pytest.mark.parametrize("unit", ["1 ", "1,", "1.000 "])
def test_prices_are_looked_for_in_a_page_of_numbers(unit: str) -> None:
    kind = kind_of("How much did it cost?")
    assert kind is not None
    assert isinstance(kind.looks, re.Pattern)
    began = time.perf_counter()
    list(kind.looks.finditer(unit * 10_000))
    assert time.perf_counter() - began < 5.0


def test_the_number_of_a_line_is_none_that_is_told() -> None:
    asked = Question.of("What is the number of the police report?")
    assert not asked.expects("4. the number of the police report")
    assert asked.expects("4. the number of the police report is K-418")
    assert Question.of("How many guests came?").expects("44. ")  # alone it is told


def test_a_number_alone_is_an_answer() -> None:
    told = quoting_over("How many guests came to the party?", ("How many guests came to the party? 44.",))
    quoted = told.chosen()
    assert quoted is not None
    assert told.span(quoted)[0] == "44"


def test_weekdays_say_when() -> None:
    assert Question.of("When can I call the caretaker?").expects("Caretaker: weekdays 8 to 15")
    assert not Question.of("When can I call the caretaker?").expects("Caretaker: 8 keys")
