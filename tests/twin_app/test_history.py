"""`history = "keep"`: what a file said before can be seen with --as-of, and forgetting removes it all the same."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
from real_memory import Caller, Json, add, packs, problems, wait

from twin_app.settings import Settings
from twin_app.twin import Twin

KEEP = Settings(history="keep")
VERSIONS = ("green", "blue", "amber")


@pytest.fixture
def memory(home: Path) -> Iterator[Twin]:
    opened = Twin(home, KEEP)
    yield opened
    opened.close()


def write(path: Path, colour: str) -> None:
    path.write_text(f"# Door\n\nThe front door is painted {colour} since spring.\n")
    later = time.time_ns()
    os.utime(path, ns=(later, later))  # a file system may count time in coarse steps


def then() -> str:
    """A moment between two versions."""
    time.sleep(0.02)
    moment = datetime.now().astimezone().isoformat()
    time.sleep(0.02)
    return moment


def listed(memory: Twin, as_of: str | None = None) -> list[str]:
    caller = Caller(memory.settings)
    memory.documents({"as_of": as_of}, caller)
    return [item["text"] for item in caller.items()]


def found(memory: Twin, word: str, as_of: str | None = None) -> list[Json]:
    passages: list[Json] = memory.search({"words": word, "as_of": as_of}, Caller(memory.settings))["passages"]
    return passages


def test_a_file_edited_three_times_deleted_and_recreated(memory: Twin, tmp_path: Path) -> None:
    folder = tmp_path / "notes"
    folder.mkdir()
    door = folder / "door.md"
    (folder / "other.md").write_text("# Other\n\nThe roof has tiles.\n")
    before = then()
    moments: dict[str, str] = {}
    for colour in VERSIONS:
        write(door, colour)
        add(memory, folder)
        moments[colour] = then()
    door.unlink()
    add(memory, folder)
    without = then()
    write(door, "green")
    add(memory, folder)
    wait(memory)

    assert listed(memory, before) == []
    for colour in VERSIONS:
        texts = " ".join(listed(memory, moments[colour]))
        assert [other for other in VERSIONS if other in texts] == [colour]
        (passage,) = found(memory, "painted", moments[colour])
        assert colour in passage["quote"]
        assert passage["state"] == "changed"
        assert found(memory, "roof", moments[colour])
    assert found(memory, "painted", without) == []
    (now,) = found(memory, "painted")
    assert ("green" in now["quote"], now["state"]) == (True, "unchanged")
    assert sum("door" in text for text in listed(memory)) == 1

    question = {"question": "What colour is the front door painted?", "save": False}
    answer = memory.ask({**question, "as_of": moments["blue"]}, Caller(memory.settings))
    cited = [*answer["citations"], *answer["nearest"]]  # how sure the model is of it is not what is looked at here
    assert ("blue" in cited[0]["quote"], cited[0]["state"]) == (True, "changed")
    assert answer["coverage"] == {"documents": 2, "searched": 2, "unreadable": 0}
    latent = memory.ask({**question, "as_of": moments["blue"], "retrieval": "latent"}, Caller(memory.settings))
    assert latent["coverage"]["searched"] == 2, "retired versions keep their tensors"
    present = memory.ask(question, Caller(memory.settings))
    assert "green" in [*present["citations"], *present["nearest"]][0]["quote"]
    assert problems(memory) == []


def test_forgetting_removes_what_was_retired(memory: Twin, home: Path, tmp_path: Path) -> None:
    door = tmp_path / "door.md"
    moments: list[str] = []
    for colour in VERSIONS:
        write(door, colour)
        add(memory, door)
        moments.append(then())
    receipt = memory.forget({"paths": [str(door)], "confirm": True}, Caller(memory.settings))
    assert len(receipt["removed"]) == 3
    for moment in moments:
        assert listed(memory, moment) == []
        assert found(memory, "painted", moment) == []
    assert memory.verify({"forgotten": receipt}, Caller(memory.settings)) == {"ok": True, "problems": []}
    assert problems(memory) == []
    assert not any(b"amber" in held for held in packs(home).values())


def test_with_history_off_the_past_is_gone(home: Path, tmp_path: Path) -> None:
    memory = Twin(home, Settings())
    door = tmp_path / "door.md"
    write(door, "green")
    add(memory, door)
    moment = then()
    write(door, "blue")
    add(memory, door)
    assert listed(memory, moment) == []
    assert len(found(memory, "painted")) == 1
    memory.close()
