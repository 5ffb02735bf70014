"""Conversations: found, read with the present state of their citations, named, exported, and removed for good."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from owners import twin
from real_memory import Caller, Json, add, lines, start_uncompressed
from test_twin_forget import holding

from twin_app.errors import TwinError
from twin_app.settings import Settings
from twin_app.twin import Twin

QUESTION = "What is the password of the boat?"


@pytest.fixture
def notes(tmp_path: Path) -> Path:
    folder = tmp_path / "notes"
    folder.mkdir()
    (folder / "boat.md").write_text("# Boat\n\nThe password of the boat is <b>marlinspike</b>.\n")
    (folder / "lamp.md").write_text("# Lamp\n\nThe lamp in the hall was bought in Lund.\n")
    return folder


def ask(memory: Twin, question: str, **params: object) -> tuple[Json, Json]:
    caller = Caller(memory.settings)
    result = memory.ask({"question": question, **params}, caller)
    (saved,) = [event for event in caller.events if event["event"] == "saved"]
    return result, saved


def talk(memory: Twin, number: int) -> Json:
    return memory.conversation({"conversation": number}, Caller())


def found(memory: Twin, query: str = "") -> list[str]:
    return [row["title"] for row in memory.conversations({"query": query}, Caller())["conversations"]]


def test_conversations_are_found_named_and_continued(home: Path, notes: Path) -> None:
    memory = Twin(home, Settings())
    add(memory, notes)
    _, first = ask(memory, QUESTION)
    _, second = ask(memory, "Where was the lamp bought?")
    assert found(memory) == ["Where was the lamp bought?", QUESTION]
    assert found(memory, "PASSWORD marlinspike") == [QUESTION], "the answer's words count, in any case"
    assert found(memory, "100%") == found(memory, "password lund") == []
    _, third = ask(memory, "And the lamp?", conversation=first["conversation"])
    assert third["conversation"] == first["conversation"] != second["conversation"]
    assert [answer["question"] for answer in talk(memory, first["conversation"])["answers"]] == [
        QUESTION,
        "And the lamp?",
    ]
    memory.rename_conversation({"conversation": first["conversation"], "title": " The\nboat "}, Caller())
    assert found(memory) == ["The boat", "Where was the lamp bought?"]
    assert found(memory, "boat the") == ["The boat"]
    memory.close()
    reopened = Twin(home, Settings())
    assert found(reopened, "boat") == ["The boat"]
    with pytest.raises(TwinError, match="no conversation 99"):
        talk(reopened, 99)
    reopened.close()


def test_an_answer_that_lost_a_source_says_so(home: Path, notes: Path) -> None:
    memory = Twin(home, Settings())
    add(memory, notes)
    result, saved = ask(memory, QUESTION)
    number, cited = saved["conversation"], result["citations"][0]
    (answer,) = talk(memory, number)["answers"]
    assert (answer["lost"], answer["forgotten"], answer["id"]) == ([], False, saved["answer"])
    assert answer["citations"][0] == {**cited, "present": True}
    assert answer["coverage"] == result["coverage"]

    (notes / "boat.md").rename(notes / "ship.md")
    add(memory, notes)
    moved = talk(memory, number)["answers"][0]["citations"][0]
    assert (moved["state"], Path(moved["source"]).name, moved["present"]) == ("moved", "ship.md", True)

    (notes / "ship.md").write_text("# Boat\n\nNothing about it any more.\n")
    add(memory, notes)
    (answer,) = talk(memory, number)["answers"]
    assert answer["lost"] == [1]
    assert (answer["citations"][0]["present"], answer["citations"][0]["state"]) == (False, "gone")
    assert answer["citations"][0]["quote"] == cited["quote"], "what was read is kept until it is forgotten"
    assert memory.conversations({}, Caller())["conversations"][0]["lost"] == 1
    assert "no longer in memory" in memory.export_conversation({"conversation": number}, Caller())["markdown"]

    memory.forget({"paths": [str(notes / "ship.md")], "confirm": True}, Caller())
    (answer,) = talk(memory, number)["answers"]
    assert (answer["forgotten"], answer["answer"], answer["citations"]) == (True, "", [])
    exported = memory.export_conversation({"conversation": number}, Caller())["markdown"]
    assert "marlinspike" not in exported
    assert "were forgotten" in exported
    memory.close()


def test_the_command_line_shows_and_removes_them(home: Path, notes: Path) -> None:
    start_uncompressed(home)
    assert twin(home, "add", str(notes)).returncode == 0
    assert twin(home, "ask", QUESTION).returncode == 0
    assert twin(home, "ask", "Where was the lamp bought?").returncode in (0, 4)
    rows = lines(home, "conversations", "list", "marlinspike")
    assert [row["title"] for row in rows] == [QUESTION]
    number = str(rows[0]["conversation"])
    shown = twin(home, "conversations", "show", number).stdout
    assert shown.startswith(f"# {QUESTION}\n")
    assert "boat.md:3" in shown
    assert "&lt;b>marlinspike" in shown, "a document's markup is no markup of the export"
    assert json.loads(twin(home, "--json", "conversations", "show", number).stdout)["answers"][0]["grounded"]
    assert twin(home, "conversations", "rename", number, "Zephyrine", "boat").returncode == 0

    refused = twin(home, "conversations", "delete", number)
    assert (refused.returncode, "add --yes" in refused.stderr) == (2, True)
    assert holding(home, "Zephyrine")
    assert twin(home, "conversations", "delete", number, "--yes").returncode == 0
    assert holding(home, "Zephyrine") == holding(home, QUESTION) == []
    assert [row["title"] for row in lines(home, "conversations", "list")] == ["Where was the lamp bought?"]
    assert lines(home, "verify") == [{"ok": True, "problems": []}]
    assert twin(home, "conversations", "show", number).returncode == 1
