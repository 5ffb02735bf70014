"""Whose memory it is: "I" and "my" in a question mean the owner, in chats and mail, and so does an export's "You"."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from real_memory import Caller, add, documents

from twin_app.catalog_library import FIRST_PERSON
from twin_app.settings import Settings
from twin_app.twin import Twin

SAID = "My locker code at the gym is {}, in case I forget it."


def chat(path: Path, authors: dict[str, int]) -> None:
    messages = [
        {"id": n, "type": "message", "date": f"2024-05-08T13:0{n}:00", "from": author, "text": SAID.format(code)}
        for n, (author, code) in enumerate(authors.items(), 1)
    ]
    path.write_text(json.dumps({"name": "Gym", "type": "private_group", "id": 1, "messages": messages}))


def mail(path: Path, sender: str, code: int) -> None:
    path.write_text(
        f"From: {sender}\nTo: gym@example.org\nDate: Wed, 8 May 2024 13:00:00 +0000\nSubject: Locker\n\n"
        f"{SAID.format(code)}\n"
    )


@pytest.mark.parametrize(
    ("name", "me"), [("You", ()), ("You", ("Ada Byron",)), ("Ada Byron", ("Ada Byron", "ada@example.org"))]
)
def test_the_owners_own_words_come_first_in_a_chat(home: Path, tmp_path: Path, name: str, me: tuple[str, ...]) -> None:
    chat(tmp_path / "result.json", {"Bo": 9023, name: 4417, "Cleo": 1188})
    memory = Twin(home, Settings(me=me))
    add(memory, tmp_path / "result.json")
    held = documents(memory)
    for question in ("What is my locker code?", "Which locker code do I have?", "my locker code"):
        result = memory.ask({"question": question, "retrieval": "words", "save": False}, Caller(memory.settings))
        assert "4417" in held[result["hops"][0]["routed"][0]]["text"], question
    memory.close()


def test_the_owners_side_of_mail_is_known(home: Path, tmp_path: Path) -> None:
    mail(tmp_path / "a.eml", "Bo Ek <bo@example.net>", 9023)
    mail(tmp_path / "b.eml", "Ada Byron <ada@countess.example>", 4417)
    memory = Twin(home, Settings(me=("Ada Byron", "ada@countess.example")))
    add(memory, tmp_path)
    held = documents(memory)
    result = memory.ask({"question": "What is my locker code?", "retrieval": "words"}, Caller(memory.settings))
    assert "4417" in held[result["hops"][0]["routed"][0]]["text"]
    memory.close()


@pytest.mark.parametrize(
    ("text", "is_own"), [("Where did i park?", True), ("Mine?", True), ("a chat, i.e. talk", False)]
)
def test_first_person(text: str, is_own: bool) -> None:
    assert bool(FIRST_PERSON.search(text)) == is_own
