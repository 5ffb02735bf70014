"""Questions that name a time find what is of that time, through the whole of asking."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from real_memory import Caller, add, documents

from ingest.catalog import DocumentRow
from ingest.types import Document, Message
from twin_app.catalog_library import moments_of, passage
from twin_app.settings import Settings
from twin_app.twin import Twin

DAYS = {
    "2025-02-26": "Bo called about the boat. We paid 300 for the mooring. The mast comes tomorrow.",
    "2025-02-27": "Ordered two books at the corner shop, one on the Song dynasty.",
    "2025-03-02": "Ordered a lamp. Bo called again.",
    "2025-03-09": "Dinner with Bo and Cleo, soup and bread.",
    "2024-02-27": "Ordered paint for the boat.",
}


@pytest.fixture
def memory(home: Path, tmp_path: Path) -> Iterator[Twin]:
    diary = tmp_path / "diary"
    diary.mkdir()
    for day, text in DAYS.items():
        (diary / f"{day}.md").write_text(f"{text}\n")
    (diary / "log.txt").write_text("03-09-2025 16:00 E17\n")
    memory = Twin(home, Settings())
    add(memory, diary)
    yield memory
    memory.close()


def first(memory: Twin, question: str, retrieval: str = "both", **more: object) -> str:
    params = {"question": question, "retrieval": retrieval, "save": False, **more}
    result = memory.ask(params, Caller(memory.settings))
    return Path(documents(memory)[result["hops"][0]["routed"][0]]["source"]).stem


@pytest.mark.parametrize("retrieval", ["latent", "words", "both"])
@pytest.mark.parametrize(
    ("question", "day"),
    [
        ("What did I order on February 27th, 2025?", "2025-02-27"),
        ("What did we order at the beginning of March?", "2025-03-02"),
        ("What happened on 9 March?", "2025-03-09"),
        ("What was ordered in February 2024?", "2024-02-27"),
    ],
)
def test_a_time_in_a_question_is_compared_with_the_dates_of_documents(
    memory: Twin, question: str, day: str, retrieval: str
) -> None:
    assert first(memory, question, retrieval) == day


def test_what_the_question_may_not_see_is_not_found_by_its_date(memory: Twin) -> None:
    assert first(memory, "What happened on 9 March?", until="2025-03-01") != "2025-03-09"


def test_the_right_day_answers(memory: Twin) -> None:
    result = memory.ask({"question": "Who called on 26 February 2025?", "save": False}, Caller(memory.settings))
    assert "Bo called about the boat." in result["citations"][0]["quote"]


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("When did Bo call about the boat?", "26 February 2025 (when it was written)"),
        ("When does the mast come?", "27 February 2025"),
    ],
)
def test_when_is_answered_by_the_day_that_is_meant(memory: Twin, question: str, answer: str) -> None:
    result = memory.ask({"question": question, "save": False}, Caller(memory.settings))
    assert result["answer"].splitlines()[0] == answer
    assert result["citations"][0]["date"].startswith("2025-02-26")


def test_a_day_is_told_by_what_was_written_on_it(memory: Twin) -> None:
    result = memory.ask({"question": "What happened on 9 March?", "save": False}, Caller(memory.settings))
    assert result["grounded"]
    assert "Dinner with Bo and Cleo" in result["answer"]
    assert {citation["date"][:10] for citation in result["citations"]} == {"2025-03-09"}
    assert len(result["hops"]) == 1


def test_a_day_of_which_nothing_is_known(memory: Twin) -> None:
    result = memory.ask({"question": "What happened on 24 July 2019?", "save": False}, Caller(memory.settings))
    assert "Dinner" not in result["answer"]


def test_the_files_time_is_no_day_of_what_it_says(home: Path, tmp_path: Path) -> None:
    (tmp_path / "boat.md").write_text("Bo called about the boat.\n")
    memory = Twin(home, Settings())
    add(memory, tmp_path / "boat.md")
    result = memory.ask({"question": "When did Bo call about the boat?", "save": False}, Caller(memory.settings))
    memory.close()
    assert "when it was written" not in result["answer"]


def test_no_sentence_goes_over_from_one_message_to_the_next() -> None:
    text = "Who shares a room with whom is on the list at the door of the hut\nI need to know how hot it gets"
    second = text.index("I need")
    messages = ((0, Message("Bo", "2025-05-22T09:00:00", 0)), (second, Message("Cleo", "2025-05-23T09:06:00", 1)))
    document = Document(
        text=text,
        context="Crew\n",
        title="Crew",
        headings=(),
        char_start=0,
        char_end=len(text),
        messages=messages,
        date="2025-05-22T09:00:00",
    )
    read = passage(row(document, "crew.txt"))
    assert [text[a:b] for a, b in read.sentences] == text.splitlines()
    assert [read.written(a) for a, _ in read.sentences] == ["2025-05-22T09:00:00", "2025-05-23T09:06:00"]


def row(document: Document, name: str) -> DocumentRow:
    """A document of a file that was added in 2026."""
    added = datetime(2026, 3, 1, 12, tzinfo=UTC)
    return DocumentRow(7, 1, Path(name), "text", "", 0, document, 0, True, added, None)


CHAT = """Ana: The boat is dry at last.
Bo: Good. I went to my first pottery class. It was cold.
Ana: Which evening?
Bo: Last Wednesday.
Ana: I sold the old sail on Thursday, for 80.
"""


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("When did Bo go to his first pottery class?", "21 May 2025"),
        ("When did Ana sell the old sail?", "22 May 2025"),
    ],
)
def test_what_is_said_next_says_when(home: Path, tmp_path: Path, question: str, answer: str) -> None:
    (tmp_path / "2025-05-28 chat.txt").write_text(CHAT)  # a Wednesday
    memory = Twin(home, Settings())
    try:
        add(memory, tmp_path / "2025-05-28 chat.txt")
        result = memory.ask({"question": question, "save": False}, Caller(memory.settings))
        assert result["answer"].splitlines()[0] == answer
    finally:
        memory.close()


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("When did Bo go to his first pottery class?", "21 May 2025"),
        ("On which day did Ana sell the old sail?", "22 May 2025"),
    ],
)
def test_a_talk_without_a_date_is_of_its_files_time(home: Path, tmp_path: Path, question: str, answer: str) -> None:
    """Not where that is the day on which it was added: it may be a copy's."""
    file = tmp_path / "crew.txt"
    file.write_text(CHAT)
    memory = Twin(home, Settings())
    try:
        add(memory, file)
        copied = memory.ask({"question": question, "save": False}, Caller(memory.settings))
        then = datetime(2025, 5, 28, 12).timestamp()
        file.write_text(CHAT + "Bo: Well done.\n")
        os.utime(file, (then, then))
        add(memory, file)
        kept = memory.ask({"question": question, "save": False}, Caller(memory.settings))
    finally:
        memory.close()
    assert "2025" not in copied["answer"]
    assert kept["answer"].splitlines()[0] == answer


NO_TALK = [
    "Item: kettle, bought at the market for 40 euro, I think\nItem: toaster, bought there, too\nItem: my old lamp\n",
    "Q: When was the roof repaired by us?\nA: We had it done by Gerber.\nQ: Did we pay?\nA: We did.\n",
    "HAMLET: I saw the ghost.\nHORATIO: My lord!\nHAMLET: I did.\nHORATIO: We saw it, too.\n",
    "Name: Ulla\nTown: Ulm\nName: Bert\nTown: Bonn\nName: Cleo\nTown: Rome\n",
]


@pytest.mark.parametrize(
    ("text", "date", "is_told"),
    [(CHAT, "2026-02-27T10:00:00", True), (CHAT, "2026-03-02T10:00:00", False)]
    + [(text, "2019-06-03T10:00:00", False) for text in NO_TALK],
)
def test_the_files_time_is_the_day_only_of_older_talk_between_people(text: str, date: str, is_told: bool) -> None:
    """Not of lists of labels, nor of a chat that has gone on since it was added (row: on 1 March 2026)."""
    document = Document(text, "", "crew", (), 0, len(text), date=date)
    assert moments_of(row(document, "crew.txt")) == ([(0, date)] if is_told else [])
