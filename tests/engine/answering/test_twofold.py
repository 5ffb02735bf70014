"""Questions that ask several things are asked one by one, and what all of them tell is the answer."""

from __future__ import annotations

import time

import pytest
from rare import POLICY, Rare, asked_of, passages_of, reading

from engine.answering.questions.twofold import questions_in
from engine.answering.quoting import Quoting
from engine.interleave import Hop

SEVERAL = """
When and where was Otto born? | When was Otto born? | Where was Otto born?
When, where and why did Otto leave? | When did Otto leave? | Where did Otto leave? | Why did Otto leave?
On which weekday and at what time does it open? | On which weekday does it open? | At what time does it open?
How tall and how heavy is Ben? | How tall is Ben? | How heavy is Ben?
What kind of wood and what kind of glue did I use? | What kind of wood did I use? | What kind of glue did I use?
Who is the vet, and what is the price of a visit? | Who is the vet? | What is the price of a visit (vet)?
Who is the vet? What does she charge? | Who is the vet? | What does she charge (vet)?
When is the party? And where? | When is the party? | Where is the party?
Where did Mateo get stuck, and how long? | Where did Mateo get stuck? | How long did Mateo get stuck?
Which pills do I take and when? | Which pills do I take? | When do I take the pills?
Which teeth were filled and when? | Which teeth were filled? | When were the teeth filled?
Is Ben married and to whom? | Is Ben married? | To whom is Ben married?
Did I pay the rent, and if so, when? | Did I pay the rent? | When did I pay the rent?
Did Ben pass the exam and did he get the job? | Did Ben pass the exam? | Did Ben get the job?
By whom was it painted and in what year? | By whom was it painted? | In what year was it painted?
What happened and who was there? | What happened? | Who was there (happened)?
Which tree fell and who removed it? | Which tree fell? | Who removed it (tree)?
What was the film we saw and who directed it? | What was the film we saw? | Who directed it (film)?
Where is the cabin that we rented and how do I get in? | Where is the cabin that we rented? | How do I get in (cabin rented)?
Which part of the body did Ana hurt, and which did Leo hurt? | Which part of the body did Ana hurt? | Which part of the body did Leo hurt?
How many seedlings did Aroha plant, and how many did she lose? | How many seedlings did Aroha plant? | How many seedlings did Aroha lose?
How much do I pay for gas and how much for water? | How much do I pay for gas? | How much do I pay for water?
At which hotel did we stay and how much at the spa? | At which hotel did we stay? | How much at the spa (hotel)?
How many came to the gig, and how many to the launch? | How many came to the gig? | How many came to the launch?
Which plants need shade and which need sun? | Which plants need shade? | Which plants need sun?
When is Ben's birthday and when is Anna's? | When is Ben's birthday? | When is Anna's birthday?
When was Ben born and when was Anna? | When was Ben born? | When was Anna born?
When did Anna's mother die and how old was she? | When did Anna's mother die? | How old was Anna's mother?
How old are Ben's kids and what are their names? | How old are Ben's kids? | What are Ben's kids' names?
What idea did Yuwei share, and how did her mother respond? | What idea did Yuwei share? | How did Yuwei's mother respond?
Who was the first guest at Misti, and what did she buy? | Who was the first guest at Misti? | What did she buy (first guest Misti)?
When did I buy the bike, how much was it and who sold it? | When did I buy the bike? | How much was it (bike)? | Who sold it (bike)?
Which dentist did Mia see and what did he charge? | Which dentist did Mia see? | What did he charge (dentist Mia)?
When is Mum's birthday, and what did I give her last year? | When is Mum's birthday? | What did I give Mum last year?
What time does the train leave and from which platform? | What time does the train leave? | From which platform does the train leave?
Who wrote "What If and Why Not" and when was it? | Who wrote "What If and Why Not"? | When was it (wrote)?
"""  # noqa: E501


@pytest.mark.parametrize("line", SEVERAL.strip().splitlines())
def test_each_is_asked_by_itself(line: str) -> None:
    asked, *alone = line.split(" | ")
    assert list(questions_in(asked)) == alone


ONE = """
Who are Anna and Ben?
What did Anna and Ben buy?
Who is the actor who played Hamlet and who was born in Leeds?
What is the river that runs through Bath and which flows into the sea?
Which show and which character's costume gave Thuy trouble?
What is the job of the man whose son I took on, and whom my son examined?
What made the old man forget his troubles and how tired he was?
Can you tell me when and where Otto was born?
What did the doctor say about when and where I can swim?
What did Ben say about why he left and where he went?
Where does it say what to do and who to call?
What is the difference between how and why?
Who lives in Bath and has two dogs?
Who sang "How long and how far"?
What does "as and when" mean?
I bought a lamp and what?
Is it open?
and who?
"""


@pytest.mark.parametrize("asked", [*ONE.strip().splitlines(), ""])
def test_one_question_stays_one(asked: str) -> None:
    assert questions_in(asked) == ()


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


@pytest.mark.parametrize(
    "unit",
    ["who and what ", "what, when and ", "is it? and how ", "which a, and which b ", "is it and how ", "A and B "],
)
def test_long_questions_take_little_time(unit: str) -> None:
    began = time.perf_counter()
    questions_in(unit * 20_000)
    assert time.perf_counter() - began < 5
