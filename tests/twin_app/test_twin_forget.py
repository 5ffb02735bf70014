"""`twin forget`: no byte of what was forgotten is left under the home, and only that is gone."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from owners import client, twin
from real_memory import Caller, add, documents, lines, problems, sources, start_uncompressed, wait

from twin_app.settings import Settings
from twin_app.twin import Twin

MARKER = "Quirinalsprocket"
CHAT = [
    (1, "Ana", "We meet at the harbour at nine."),
    (2, "Bo", f"My doctor is called {MARKER} and sits in Lund."),
    (3, "Ana", "Good to know, thank you."),
    (4, "Bo", "See you at the harbour then."),
]


def holding(home: Path, text: str) -> list[str]:
    """The files under the home with these words in them, whatever their case or width."""
    forms = {form.encode(coding) for form in (text, text.lower()) for coding in ("utf-8", "utf-16-le")}
    found = [path for path in home.rglob("*") if path.is_file() and any(form in path.read_bytes() for form in forms)]
    return sorted(str(path.relative_to(home)) for path in found)


def chat(path: Path) -> None:
    messages = [
        {"id": number, "type": "message", "date": f"2024-05-08T13:{number:02}:00", "from": author, "text": text}
        for number, author, text in CHAT
    ]
    path.write_text(json.dumps({"name": "Ana", "type": "personal_chat", "id": 1, "messages": messages}))


def test_no_byte_is_left_of_a_forgotten_file(home: Path, tmp_path: Path) -> None:
    folder = tmp_path / "files"
    folder.mkdir()
    secret = folder / f"{MARKER}.md"
    secret.write_text(f"# {MARKER}\n\nThe password of the boat is {MARKER} and nothing else.\n")
    (folder / "boat.md").write_text("# Boat\n\nThe boat lies in the northern harbour.\n")
    start_uncompressed(home)
    assert twin(home, "add", str(folder)).returncode == 0
    asked = twin(home, "--json", "ask", "What is the password of the boat?")
    assert MARKER in asked.stdout
    assert {name[:7] for name in holding(home, MARKER)} == {"catalog", "words.s"}
    (number,) = {document["document"] for document in lines(home, "documents") if MARKER in document["text"]}

    refused = twin(home, "forget", str(secret))
    assert (refused.returncode, refused.stdout) == (2, "")
    (receipt,) = lines(home, "forget", str(secret), "--yes")
    assert (receipt["removed"], receipt["sources"], receipt["documents"], receipt["answers"]) == ([number], 1, 1, 1)
    assert MARKER not in json.dumps(receipt)
    assert holding(home, MARKER) == []
    assert lines(home, "search", MARKER) == []
    (tmp_path / "receipt.json").write_text(json.dumps(receipt))
    assert lines(home, "verify", "--forgotten", str(tmp_path / "receipt.json")) == [{"ok": True, "problems": []}]
    assert lines(home, "verify") == [{"ok": True, "problems": []}]
    assert twin(home, "show", "1").returncode == 1
    assert twin(home, "show", number).returncode == 1
    assert [Path(document["source"]).name for document in lines(home, "documents")] == ["boat.md"]

    again = lines(home, "add", str(folder))[0]
    assert [Path(file["path"]) for file in again["ignored"]] == [secret]
    secret.rename(folder / "innocent.md")
    moved = lines(home, "add", str(folder))[0]
    assert (moved["read"], [Path(file["path"]).name for file in moved["ignored"]]) == (0, ["innocent.md"])
    assert holding(home, MARKER) == []
    assert lines(home, "add", str(folder), "--again")[0]["read"] >= 1
    assert len(lines(home, "search", MARKER)) == 1
    left = twin(home, "verify", "--forgotten", str(tmp_path / "receipt.json"))
    assert left.returncode == 1
    assert "same" in left.stdout
    client(home).stop()
    assert "catalog.duckdb" in holding(home, MARKER), "the proof above must be able to fail"


@pytest.fixture
def memory(home: Path, tmp_path: Path) -> Iterator[Twin]:
    chat(tmp_path / "result.json")
    memory = Twin(home, Settings(), compression="uncompressed")
    assert add(memory, tmp_path / "result.json")["read"] == 1
    yield memory
    memory.close()


def forget(memory: Twin, **params: object) -> dict[str, object]:
    return memory.forget({"confirm": True, **params}, Caller())


def test_a_message_takes_its_repetitions_along(memory: Twin, home: Path) -> None:
    before = documents(memory)
    (secret,) = [name for name, document in before.items() if MARKER in document["text"]]
    repeated = [name for name, document in before.items() if MARKER in document["context"]]
    assert repeated, "a message is read with the one before it"
    receipt = forget(memory, documents=[secret])
    assert problems(memory) == []
    wait(memory)
    after = documents(memory)
    assert receipt["removed"] == sorted([secret, *repeated])
    assert sorted(d["text"] for d in after.values()) == sorted(t for _, _, t in CHAT if MARKER not in t)
    assert all(document["encoded"] for document in after.values())
    assert MARKER not in json.dumps(after)
    assert len(memory.search({"words": "thank you"}, Caller())["passages"]) == 1
    assert problems(memory) == []
    assert holding(home, MARKER) == []
    assert sources(memory)["result.json"]["state"] == "ready"


def test_before_a_date_and_what_was_gone_already(memory: Twin, home: Path, tmp_path: Path) -> None:
    letter = tmp_path / "2019-03-01 letter.md"
    letter.write_text(f"---\ndate: 2019-03-01\n---\n\nDear {MARKER}, the harbour is frozen.\n")
    add(memory, letter)
    preview = memory.forget({"before": "2020-01-01"}, Caller())
    assert preview == {"sources": 1, "documents": 1, "paths": [str(letter)], "copies": []}
    assert len(documents(memory)) == len(CHAT) + 1
    assert forget(memory, before="2020-01-01")["documents"] == 1
    assert len(documents(memory)) == len(CHAT)

    old = tmp_path / "old"
    old.mkdir()
    (old / "note.md").write_text("The Zwetschgenbaum was cut down.\n")
    (old / "stays.md").write_text("The hedge was cut too.\n")
    add(memory, old)
    memory.ask({"question": "What happened to the Zwetschgenbaum?"}, Caller())
    (old / "note.md").unlink()
    assert add(memory, old)["removed"] == 1
    assert holding(home, "was cut down"), "the saved answer still quotes it"
    forget(memory, paths=[str(old / "note.md")])
    assert holding(home, "was cut down") == []
    assert problems(memory) == []
