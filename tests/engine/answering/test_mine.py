"""What is "I" and "my" to whoever asks: what others tell of themselves is no answer, what is told of the owner is."""

from __future__ import annotations

import time

import pytest
from rare import POLICY, Rare, reading

from engine.answering.questions.question import Question
from engine.answering.quoting import Quoting
from engine.answering.sureness import SIGNS
from engine.answering.texts.mine import is_me, mine_in
from engine.interleave import Hop
from engine.library import Passage
from ingest.sentences import sentences

ME = ("Edda Krog", "edda@krog.example")
CHAT = """04/02/2025, 19:02 - Mads Holt: I am moving to Bergen in May, my sister Runa lives there
04/02/2025, 19:03 - Edda Krog: That is far! My sister lives in Molde
04/02/2025, 19:05 - Mads Holt: My brother Anton takes over the flat. He pays 9,800 a month
04/02/2025, 19:06 - Edda Krog: My cat Pixel was at the vet today
11/02/2025, 08:12 - Mads Holt: My new phone number is 412 09 771
11/02/2025, 08:14 - Mads Holt: You left your umbrella in the red car"""
BOARD = """- Edda Krog joined the board on 18 March 2024.
- Ingrid Moe joined the board on 5 February 2022."""
TEAM = """name: Edda Krog; role: potter; started: 2019-02-04
name: Nils Torn; role: apprentice; started: 2024-01-08"""


def asked(question: str, text: str) -> Quoting:
    spans = list(sentences(text)) if text == CHAT else [(0, text.index("\n")), (text.index("\n") + 1, len(text))]
    passage = Passage(1, "", text, spans, "2025-02-11", me=ME)
    held = Quoting(question, Rare(), POLICY, *reading())  # type: ignore[arg-type]
    held.following([Hop(1, [], (passage,), "the question", {1: 1.0})])
    return held


def first(question: str, text: str) -> tuple[str, float]:
    """The answering sentence, and how much it, or what is told of what is asked, is another's."""
    quoted = asked(question, text).chosen()
    assert quoted is not None
    seen = dict(zip(SIGNS, quoted.signs, strict=True))
    return quoted.sentences[0].text, max(seen["anothers"], seen["told_of_another"])


@pytest.mark.parametrize(
    "question",
    ["What is my brother called?", "What is my new phone number?", "When am I moving to Bergen?"],
)  # fmt: skip
def test_what_others_call_theirs_is_not_mine(question: str) -> None:
    assert first(question, CHAT)[1] > 0.5


@pytest.mark.parametrize(
    ("question", "told"),
    [
        ("What is my cat called?", "Pixel"),
        ("Where does my sister live?", "Molde"),
        ("Where did I leave my umbrella?", "red car"),
        ("What is the phone number of Mads?", "412 09 771"),
    ],
)
def test_what_is_mine_is_found(question: str, told: str) -> None:
    text, anothers = first(question, CHAT)
    assert told in text
    assert anothers <= 0.2


@pytest.mark.parametrize(
    ("question", "text", "told"),
    [
        ("When did I join the board?", BOARD, "18 March 2024"),
        ("When did Ingrid join the board?", BOARD, "5 February 2022"),
        ("When did I start?", TEAM, "2019-02-04"),
        ("When did Nils Torn start?", TEAM, "2024-01-08"),
    ],
)
def test_the_owner_may_be_told_of_by_name(question: str, text: str, told: str) -> None:
    assert told in first(question, text)[0]


@pytest.mark.parametrize(
    ("text", "stems", "is_somebody"),
    [
        ("my brother's number", {"brother"}, True),
        ("my best friend Ola", {"friend"}, True),
        ("my dentist appointment", {"dentist", "appoint"}, False),
        ("my dentist", {"dentist"}, True),
        ("my landlord's number", {"landlord"}, True),
        ("my new phone number is", {"new", "phone", "number"}, False),
    ],
)
def test_what_is_called_mine(text: str, stems: set[str], is_somebody: bool) -> None:
    (found,) = mine_in(text)
    assert found.stems == stems
    assert found.is_somebody is is_somebody


def test_of_i_nothing_is_asked_as_mine() -> None:
    assert Question.of("When did I see my dentist?").mine is None
    assert Question.of("When is my birthday?").asks_of_me


@pytest.mark.parametrize(
    ("speaker", "is_mine"),
    [
        *((name, True) for name in ("Edda Krog", "edda", "Edda K.", "Edda Marie Krog", "Krog, Edda", "Me")),
        *((name, True) for name in ("Edda Krog (Nordlys AS)", "Édda Krog <edda@krog.example>")),
        *((name, False) for name in ("Krog", "Edda Moe", "Edda M.", " ", "")),
    ],
)
def test_the_owner_is_known_by_a_first_name(speaker: str, is_mine: bool) -> None:
    assert is_me(speaker, ME) is is_mine


OFFICE = """I attach the contract, signing is on 3 May at 10:00.
We therefore ask for a reduction of the rent by 8 per cent."""
TALK = """04/02/2025, 19:02 - Ola Landlord: Hi, my number is 412 09 771
04/02/2025, 19:03 - Mads Holt: I booked us a table for Friday at 19:00
04/02/2025, 19:04 - Mads Holt: I have the drill
04/02/2025, 19:05 - Edda K.: I moved to Bergen in 2019, do you remember?"""
NOTES = """Passport renewed on 4 March 2021.
Tenant pays 9,800 a month in rent.
Dr Sole's prescription for Mads is at the pharmacy in Molde.
The interview with Elin has been moved to Friday.
Dr Sole did the course in May 2020."""


@pytest.mark.parametrize(
    ("question", "text", "writer", "is_anothers"),
    [
        ("When do I sign the contract?", OFFICE, "Elin Aas", False),
        ("What reduction of the rent did I ask for?", OFFICE, "Mads Holt", False),
        ("What is my landlord's number?", TALK, "", False),
        ("When is my dinner table booked with Mads?", TALK, "", False),
        ("Who has my drill?", TALK, "", False),
        ("When did I move to Bergen?", TALK, "", False),  # by a name cut short
        ("When did I renew the passport?", NOTES, "", False),
        ("What do I pay in rent?", NOTES, "", False),
        ("When do I have the interview?", NOTES, "", False),
        ("When did I do the course?", NOTES, "", True),
    ],
)
def test_true_answers_are_kept(question: str, text: str, writer: str, is_anothers: bool) -> None:
    """A reviewer's: a thing at a line's beginning is nobody, an office's "I" tells the owner, "us" is with them."""
    passage = Passage(1, "", text, list(sentences(text)), "2025-02-11", writers=[(0, writer)] if writer else (), me=ME)
    held = Quoting(question, Rare(), POLICY, *reading())  # type: ignore[arg-type]
    held.following([Hop(1, [], (passage,), "the question", {1: 1.0})])
    quoted = held.chosen()
    assert quoted is not None
    seen = dict(zip(SIGNS, quoted.signs, strict=True))
    assert (max(seen["anothers"], seen["told_of_another"]) > 0.2) is is_anothers, quoted.sentences[0].text


@pytest.mark.parametrize("part", ["Ab ", "Anna-", "Anna Bert ", "The Big Course Of Life "])
def test_long_lines_take_no_time(part: str) -> None:
    begun = time.perf_counter()
    first("When did I do the course?", f"Course {part * 2000}\nI did the course in May.")
    assert time.perf_counter() - begun < 2.0  # 3.6 s where a name was looked for from each of its words


def test_what_another_does_is_no_yes_for_me() -> None:
    mail = "Nadja moved to Porto for the new job.\nShe is glad."
    passage = Passage(1, "", mail, [(0, 37), (38, len(mail))], "2025-02-11", writers=[(0, "Nadja Roe")], me=ME)
    held = Quoting("Did I move to Porto?", Rare(), POLICY, *reading())  # type: ignore[arg-type]
    held.following([Hop(1, [], (passage,), "the question", {1: 1.0})])
    quoted = held.chosen()
    assert quoted is not None
    assert held.span(quoted) == ("", 0.0)
