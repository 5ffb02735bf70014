"""Questions that ask two things are asked one by one, and what both tell is the answer."""

from __future__ import annotations

import time

import pytest
from rare import POLICY, Rare, asked_of, passages_of, reading

from engine.answering.quoting import Quoting
from engine.answering.twofold import two_of
from engine.interleave import Hop

TWO = [
    ("When and where was Otto born?", "When was Otto born?", "Where was Otto born?"),
    ("On which weekday and at what time does the group meet?", "On which weekday does the group meet?",
     "At what time does the group meet?"),
    ("Who is the vet, and what is the price of a visit?", "Who is the vet?", "What is the price of a visit (vet)?"),
    ("Where did Mateo get stuck, and how long?", "Where did Mateo get stuck?", "How long did Mateo get stuck?"),
    ("What sport does the roofer's daughter play, and in what position?",
     "What sport does the roofer's daughter play?", "In what position does the roofer's daughter play?"),
    ("Which part of the body did Lucía hurt in March, and which did Mateo hurt in May?",
     "Which part of the body did Lucía hurt in March?", "Which part of the body did Mateo hurt in May?"),
    ("How many seedlings did Aroha plant at first, and how many did she lose?",
     "How many seedlings did Aroha plant at first?", "How many seedlings did Aroha lose?"),
    ("Which new job did Thuy accept, and what condition did she attach?", "Which new job did Thuy accept?",
     "What condition did Thuy attach?"),
    ("What idea did Yuwei share at breakfast, and how did her mother respond?",
     "What idea did Yuwei share at breakfast?", "How did Yuwei's mother respond?"),
    ("For whom was Aroha's blanket, and how many squares did it have?", "For whom was Aroha's blanket?",
     "How many squares did it have (Aroha's blanket)?"),
    ("Who bought the Kangoo and how many kilometres had it done?", "Who bought the Kangoo?",
     "How many kilometres had it done (Kangoo)?"),
    ("Who was the first guest at Misti, and what did she buy?", "Who was the first guest at Misti?",
     "What did she buy (first guest Misti)?"),
]  # fmt: skip


@pytest.mark.parametrize(("asked", "one", "other"), TWO)
def test_each_is_asked_by_itself(asked: str, one: str, other: str) -> None:
    assert two_of(asked) == (one, other)


@pytest.mark.parametrize(
    "asked",
    [
        "Who are Anna and Ben?",
        "What did Anna and Ben buy?",
        "Who is the actor who played Hamlet and who was born in Leeds?",  # of one and the same
        "What is the river that runs through Bath and which flows into the sea?",
        "Which show and which character's costume gave Thuy trouble?",
        "What is the job of the man whose son I took on, and whom my son examined?",
        "What made the old man forget his troubles and how tired he was?",
        "I bought a lamp and what?",
        "Is it open?",
        "and who?",
        "",
    ],
)
def test_one_question_stays_one(asked: str) -> None:
    assert two_of(asked) is None


TEXTS = (
    "Viktor has been at the school for six years.\nViktor plays the trombone.",
    "The boiler was repaired by Norrvik in May. It cost 1,640 euros.",
    "Farida was born on 30 May 1979 in Herat.\nHannah was born on 9 September 1983 in Leeds.",
)


@pytest.mark.parametrize(
    ("asked", "answer"),
    [
        ("When and where was Farida born?", "30 May 1979; Herat"),
        ("Where was Hannah born, and which instrument does Viktor play?", "Leeds; trombone"),
    ],
)
def test_both_are_told(asked: str, answer: str) -> None:
    quoting = asked_of(asked, TEXTS)
    quoted = quoting.chosen()
    assert quoted is not None
    assert quoting.span(quoted)[0] == answer
    assert all(any(part in one.text for one in quoted.told) for part in answer.split("; "))


def test_what_is_not_told_yet_is_looked_for() -> None:
    (passage,) = passages_of(TEXTS[:1])
    quoting = Quoting("Which instrument does Viktor play, and when was Farida born?", Rare(), POLICY, *reading())  # type: ignore[arg-type]
    step = quoting.following([Hop(1, [], (passage,), "the question", {1: 1.0})])
    assert step is not None
    assert "farida" in step.looking_for
    assert "viktor" not in step.looking_for


@pytest.mark.parametrize("unit", ["who and what ", "which a, and which b ", "is it and how ", "A and B "])
def test_long_questions_take_little_time(unit: str) -> None:
    began = time.perf_counter()
    two_of(unit * 20_000)
    assert time.perf_counter() - began < 5
