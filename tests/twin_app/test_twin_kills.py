"""Killed at any moment, a memory is whole at the next start: nothing committed is lost, nothing is there twice."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest
from owners import ROOT, twin
from real_memory import Caller, add, documents, lines, problems

from twin_app.ownership import is_owned, read_note
from twin_app.settings import Settings
from twin_app.twin import Twin

FILES, ROUNDS = 150, 5


def kill_owner(home: Path) -> bool:
    """SIGKILL for the owner, whether it listens already or not; gives whether there was one."""
    lock = home / "owner.lock"
    note = read_note(lock) if lock.exists() and is_owned(lock) else None
    if note is None:
        return False
    with suppress(ProcessLookupError):
        os.kill(note.pid, signal.SIGKILL)
    deadline = time.monotonic() + 10
    while is_owned(lock) and time.monotonic() < deadline:
        time.sleep(0.02)
    return True


def test_kills_at_random_moments_lose_nothing(home: Path, tmp_path: Path) -> None:
    folder = tmp_path / "files"
    folder.mkdir()
    chance = random.Random(3)
    places = ("harbour", "orchard", "station", "library", "bakery")
    for number in range(FILES):
        sentences = [f"On day {number} we walked {chance.randint(2, 20)} km to the {chance.choice(places)}."] * 3
        (folder / f"{number:03}.md").write_text(f"# Walk {number}\n\n" + "\n\n".join(sentences) + "\n")
    committed: dict[str, str] = {}
    killed = 0
    for _ in range(ROUNDS):
        adding = subprocess.Popen(
            [sys.executable, "-m", "twin_app", "--home", str(home), "add", str(folder)],
            cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        time.sleep(chance.uniform(0.5, 3.5))
        listed = {document["document"]: document["text"] for document in lines(home, "documents")}
        assert committed.items() <= listed.items()
        committed = listed
        killed += kill_owner(home)
        adding.wait(60)
    assert killed >= ROUNDS - 1
    assert lines(home, "add", str(folder))[0]["failed"] == []
    found = lines(home, "documents")
    assert committed.items() <= {document["document"]: document["text"] for document in found}.items()
    assert {Path(document["source"]).name for document in found} == {f"{number:03}.md" for number in range(FILES)}
    places_in_source = [(document["source"], document["line_start"]) for document in found]
    assert len(set(places_in_source)) == len(places_in_source), "nothing is there twice"
    assert all(document["encoded"] for document in found)
    assert lines(home, "verify") == [{"ok": True, "problems": []}]
    assert lines(home, "status")[0]["queued"] == 0
    assert twin(home, "stop").returncode == 0


@pytest.fixture(scope="module")
def before(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a home that has read `old`, and new files that it has not."""
    base = tmp_path_factory.mktemp("before")
    for name, words in (("old/a.md", "The first barrel is oak."), ("old/b.md", "The second barrel is ash.")):
        (base / name).parent.mkdir(exist_ok=True)
        (base / name).write_text(f"# Barrels\n\n{words}\n")
    memory = Twin(base / "home", Settings(), compression="uncompressed")
    assert add(memory, base / "old")["read"] == 2
    memory.close()
    return base


def die(step: str, times: int, action: str, home: Path, path: Path) -> None:
    """Let a process do this to the memory, and die at this step."""
    script = Path(__file__).with_name("killing.py")
    environment = {**os.environ, "PYTHONPATH": f"{ROOT}:{script.parent}", "OMP_WAIT_POLICY": "PASSIVE"}
    done = subprocess.run(
        [sys.executable, str(script), step, str(times), action, str(home), str(path)],
        cwd=ROOT, capture_output=True, text=True, timeout=90, env=environment,
    )  # fmt: skip
    assert done.returncode == -signal.SIGKILL, f"{step} was never reached: {done.stderr}"


@pytest.mark.parametrize(
    ("step", "stored"),
    [
        ("store: written", False),
        ("store: committed", True),  # in the catalog, not yet found by words
        ("pack durable", True),  # a pack that no manifest names
        ("manifest durable", True),  # in the bank, and the catalog does not know
    ],
)
def test_killed_while_adding(before: Path, home: Path, step: str, stored: bool) -> None:
    shutil.copytree(before / "home", home)
    new = home.parent / "old"
    shutil.copytree(before / "old", new)
    (new / "c.md").write_text("# Barrels\n\nThe third barrel is cherry.\n")
    die(step, 1, "add", home, new)
    memory = Twin(home, Settings())
    assert any("cherry" in document["text"] for document in documents(memory).values()) == stored
    assert len(memory.search({"words": "cherry"}, Caller())["passages"]) == stored
    assert problems(memory) == []
    add(memory, new)
    found = documents(memory)
    assert [document["text"] for document in found.values()].count("The third barrel is cherry.") <= 1
    assert len({document["text"] for document in found.values() if Path(document["source"]).parent == new}) == 3
    assert all(document["encoded"] for document in found.values())
    assert problems(memory) == []
    memory.close()


@pytest.mark.parametrize("step", ["forget: committed", "rewrite: closed", "rewrite: replaced"])
def test_killed_while_forgetting(before: Path, home: Path, step: str) -> None:
    shutil.copytree(before / "home", home)
    assert any(b"The first barrel" in path.read_bytes() for path in home.glob("catalog.duckdb*"))
    die(step, 1, "forget", home, before / "old" / "a.md")
    memory = Twin(home, Settings(), compression="uncompressed")
    assert [document["text"] for document in documents(memory).values() if "ash" not in document["text"]] == []
    assert problems(memory) == []
    memory.close()
    assert not any(b"first barrel" in path.read_bytes().lower() for path in home.rglob("*") if path.is_file())
