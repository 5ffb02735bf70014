"""Boxes that are not ticked are what is left to do."""

from __future__ import annotations

import pytest
from rare import POLICY, Rare, reading

from engine.answering.quoting import Quoting
from engine.interleave import Hop
from engine.library import Passage
from ingest.sentences import sentences

FILES = {
    "Lisbon, April 2025": "## Before\n\n- [x] passports\n- [x] map\n- [ ] tell the bank\n- [ ] plants, key",
    "Tide queries": "## Open\n\n- [ ] vacuum settings\n- [x] alarm",
}
TODO = {"To do": "## Flat\n- [ ] ceiling\n- [x] sweep\n\n## Trip to Porto\n- [ ] train\n- [ ] address\n- [x] passport"}


def told(question: str, files: dict[str, str] = FILES, *more: Passage) -> str | None:
    passages = tuple(
        Passage(n, f"{title}\n", text, list(sentences(text))) for n, (title, text) in enumerate(files.items(), 1)
    )
    held = Quoting(question, Rare(*more), POLICY, *reading())  # type: ignore[arg-type]
    held.following([Hop(1, [], passages, "the question", {1: 1.0, 2: 0.9})])
    quoted = held.chosen()
    return quoted.text if quoted is not None and held.whole is not None and quoted is held.whole.quoted else None


def test_of_the_file_that_is_named() -> None:
    assert told("What is left to do for Lisbon?") == "- [ ] tell the bank\n- [ ] plants, key"
    assert told("What is still open in the tide queries?") == "- [ ] vacuum settings"


def test_of_the_section_that_is_named() -> None:
    assert told("What do I still have to do for the Porto trip?", TODO) == "- [ ] train\n- [ ] address"
    assert told("What is left to do for the flat?", TODO) == "- [ ] ceiling"
    assert told("What is still on my to-do list?", TODO) == "- [ ] ceiling\n- [ ] train\n- [ ] address"
    assert told("What is left to do for Rome?", TODO) is None


@pytest.mark.parametrize(
    ("question", "list_", "boxes"),
    [
        ("What do I have to pay for the school trip?", "# School trip\n- [ ] pack the rain coat", None),
        ("What do I still have to buy for the party?", "# Party\n- [ ] buy juice\n- [ ] invite Ada", "- [ ] buy juice"),
        ("What does Tom have to do?", "# Tom's birthday\n- [ ] order cake", None),
        (
            "What do I still have to do for the garden?",
            "# Garden party\n- [ ] chairs\n\n# Garden\n- [ ] mow",
            "- [ ] mow",
        ),
        ("What is left to do on the boat?", "# Boat\n- [x] paint hull\n\n# Boat house\n- [ ] fix door", None),
        ("What is not done in the sauna?", "# Sauna\n- [ ] buy oil", None),
    ],
)
def test_a_box_of_something_else_is_not_meant(question: str, list_: str, boxes: str | None) -> None:
    assert told(question, {"To do": list_}) == boxes


def test_parts_that_are_not_open_are_of_the_file_as_well() -> None:
    rest = Passage(3, "Lisbon, April 2025\n", "- [ ] print the tickets", [(0, 23)])
    assert told("What is left to do for Lisbon?", {"Lisbon, April 2025": "The taxi comes at five."}, rest) == rest.text
    of_rome = Passage(3, "Rome\n", "- [ ] print the tickets", [(0, 23)])
    assert told("What is left to do for Lisbon?", {"Lisbon, April 2025": "The taxi comes at five."}, of_rome) is None


def test_of_all_where_none_is() -> None:
    text = told("What are my open tasks?")
    assert text is not None
    assert text.count("[ ]") == 3
    assert "[x]" not in text


@pytest.mark.parametrize(
    "question",
    [
        "What did we do in Lisbon?",
        "What did I have to pay?",
        "When does the bank open?",
        "What is left of the paint?",
        "What is left to do in Rome?",
    ],
)
def test_of_nothing_else(question: str) -> None:
    assert told(question) is None


def test_where_all_is_ticked_nothing_is_told() -> None:
    assert told("What are my open tasks?", {"Done": "- [x] passports\n- [x] map"}) is None
