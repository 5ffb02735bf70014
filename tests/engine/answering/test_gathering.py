"""Things that several documents tell of are gathered where all of them are asked for."""

from __future__ import annotations

import pytest
from rare import asked_of

THEO = "Theo: I play the trumpet.\nMia: Ha.\nTheo: Yes."
CHATS = (
    "Theo: I played the trumpet at the wedding once.\nMarie: My piano needs tuning.\nTheo: Ha, I am sure.",
    "Theo: My double bass has a crack again.\nMarie: Do you still have the guitar?\nTheo: I never had.",
    'Theo: I am reading "The Salt Path" now.\nMarie: I liked it, I am at "Wolf Hall".\nTheo: Too long for me.',
    'Marie: What are you reading, Theo?\nTheo: I finished "The Outrun" last night.\nMarie: Lend it to me.',
)


@pytest.mark.parametrize(
    ("question", "things"),
    [
        ("Which instruments does Theo play?", "trumpet, bass"),
        ("What books has Theo read?", "The Salt Path, The Outrun"),
    ],
)
def test_things_are_gathered_from_several_documents(question: str, things: str) -> None:
    quoting = asked_of(question, CHATS)
    quoted = quoting.chosen()
    assert quoted is not None
    assert quoting.span(quoted)[0] == things
    assert len({line.document for line in quoted.told}) == 2


@pytest.mark.parametrize(
    "question", ["Which instrument does Theo play?", "What books has Marie read?", "What illness does Theo have?"]
)
def test_one_thing_is_no_list(question: str) -> None:
    quoting = asked_of(question, CHATS)
    quoting.chosen()
    assert quoting.gathered is None


@pytest.mark.parametrize(
    ("question", "texts"),
    [
        ("What foods is Leo allergic to?", ["Leo is allergic to nuts.", "Leo is not allergic to milk, only to eggs."]),
        ("Which instruments does Theo play?", [THEO, "Theo: My sister plays the flute.\nMia: Ha.\nTheo: Yes."]),
        ("Which instruments do I play?", [THEO, "Mia: I play the piano.\nTheo: Oh.\nMia: Yes."]),
        ("Which languages does Priya speak?", ["Priya speaks Hindi.", "Priya's husband speaks Gujarati."]),
        ("Which medicines does my mother take now?", ["In 2019 my mother took warfarin.", "She takes aspirin now."]),
    ],
)
def test_what_is_denied_or_anothers_is_not_gathered(question: str, texts: list[str]) -> None:
    quoting = asked_of(question, texts)
    quoting.chosen()
    assert quoting.gathered is None
