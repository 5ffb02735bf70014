"""Many clients, real processes, real deaths: no work is lost, and nobody meets an error that says nothing."""

from __future__ import annotations

import json
import os
import random
import resource
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from owners import ROOT, twin
from real_memory import lines

from twin_app.client import Client
from twin_app.errors import OwnerGoneError, TwinError
from twin_app.locations import locate
from twin_app.ownership import is_owned, read_note

STORM_S = 5.0
NAMES = ("boat", "lamp", "car", "tent", "oven", "bike", "sofa", "harp", "kite", "drum")


def notes(folder: Path, names: tuple[str, ...] = NAMES) -> Path:
    folder.mkdir()
    for name in names:
        (folder / f"{name}.md").write_text(f"# The {name}\n\nThe password of the {name} is {name}-7741.\n")
    return folder


def real(home: Path) -> Client:
    return Client(locate(home), {}, lambda line: None, (), 60.0)


def at_once(work: list[Callable[[], None]]) -> None:
    threads = [threading.Thread(target=one) for one in work]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(90)
        assert not thread.is_alive()


def start(home: Path, *arguments: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "twin_app", "--home", str(home), *arguments]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_ten_commands_with_no_owner_start_one(home: Path) -> None:
    running = [start(home, "--json", "status") for _ in range(10)]
    done = [(process, *process.communicate(timeout=90)) for process in running]
    assert [(process.returncode, narration) for process, _, narration in done if process.returncode] == []
    assert len({json.loads(out)["owner_pid"] for _, out, _ in done}) == 1


def test_ten_questions_at_once_get_their_own_answers(home: Path, tmp_path: Path) -> None:
    client = real(home)
    client.call("add", {"paths": [str(notes(tmp_path / "notes"))]})
    answers: dict[str, str] = {}

    def ask(name: str) -> None:
        result = client.call("ask", {"question": f"What is the password of the {name}?"})
        answers[name] = f"{result['answer']} {result['grounded']}"

    at_once([lambda name=name: ask(name) for name in NAMES])  # type: ignore[misc]
    assert {name for name, answer in answers.items() if f"{name}-7741" in answer and "True" in answer} == set(NAMES)
    assert len(client.call("conversations", {})["conversations"]) == len(NAMES)


def test_questions_that_the_end_of_the_owner_cuts_short_are_no_results(home: Path, tmp_path: Path) -> None:
    client = real(home)
    client.call("add", {"paths": [str(notes(tmp_path / "notes"))]})
    file, wanted = tmp_path / "questions.jsonl", 5000
    words = (f"What is the password of the {NAMES[number % 10]}?" for number in range(wanted))
    file.write_text("".join(json.dumps({"id": 1, "question": question}) + "\n" for question in words))
    with start(home, "ask", "--questions", str(file)) as asking:
        assert asking.stdout is not None
        first = asking.stdout.readline()
        note = read_note(home / "owner.lock")
        assert note is not None
        os.kill(note.pid, signal.SIGTERM)
        rest, complaint = asking.communicate(timeout=60)
    items = [json.loads(line) for line in [first, *rest.splitlines()]]
    assert len(items) < wanted
    assert (asking.returncode, complaint) == (3, "twin: the owner was stopped: try again\n")
    assert {item["grounded"] for item in items} == {True}


def test_a_storm_with_the_owner_killed_in_the_middle_of_it(home: Path, tmp_path: Path) -> None:
    """20 clients for some seconds; the owner dies by kill -9 twice while they wait for it."""
    folders = [notes(tmp_path / f"notes{number}", NAMES[number::4]) for number in range(4)]
    real(home).call("add", {"paths": [str(folders[0])]})
    end, complaints, served = time.monotonic() + STORM_S, list[str](), list[str]()
    work: list[tuple[str, dict[str, Any]]] = [
        ("search", {"words": "password"}),
        ("status", {}),
        ("ask", {"question": "What is the password of the boat?"}),
        ("documents", {}),
        *(("add", {"paths": [str(folder)]}) for folder in folders),
    ]

    def storm(number: int) -> None:
        client, chosen = real(home), random.Random(number)
        while time.monotonic() < end:
            method, params = work[number % len(work)] if number < len(work) else chosen.choice(work)
            try:
                client.call(method, params)
                served.append(method)
            except TwinError as error:  # twice under one call, or when part of a list had been seen
                if not (isinstance(error, OwnerGoneError) and "run the command again" in str(error)):
                    complaints.append(f"{method}: {error}")

    def kill() -> None:
        for _ in range(2):
            time.sleep(STORM_S / 3)
            note = read_note(home / "owner.lock")
            if note is not None and is_owned(home / "owner.lock"):
                os.kill(note.pid, signal.SIGKILL)

    at_once([*(lambda number=number: storm(number) for number in range(20)), kill])
    assert complaints == []
    assert len(set(served)) == 5, "every kind of command went through"
    client = real(home)
    for folder in folders:
        client.call("add", {"paths": [str(folder)]})
    assert len({document["source"] for document in lines(home, "documents")}) == len(NAMES)
    assert lines(home, "verify") == [{"ok": True, "problems": []}]


def test_control_c_ends_one_client_only(home: Path, tmp_path: Path) -> None:
    folder = tmp_path / "many"
    folder.mkdir()
    for number in range(200):
        (folder / f"{number}.md").write_text(f"# Lamp {number}\n\n" + f"The lamp number {number} hangs there. " * 4)
    adding = start(home, "add", str(folder))
    client = real(home)
    while not client.call("status", {})["documents"]:
        time.sleep(0.02)
    adding.send_signal(signal.SIGINT)
    said = adding.communicate(timeout=60)[1]
    assert (adding.returncode, "interrupted" in said) == (130, True)
    assert client.call("search", {"words": "lamp"})["passages"]
    deadline = time.monotonic() + 90
    while client.call("status", {})["queued"]:  # goes on by itself
        assert time.monotonic() < deadline
        time.sleep(0.1)
    assert client.call("status", {})["documents"] >= 200


@pytest.mark.timeout(300)
def test_a_full_disk_is_told_and_costs_nothing_that_was_there(home: Path, tmp_path: Path) -> None:
    """The owner may let no file grow: as on a full disk, every part of memory meets it at its own time."""
    assert twin(home, "add", str(notes(tmp_path / "notes"))).returncode == 0
    assert twin(home, "stop").returncode == 0
    chosen, folder = random.Random(7), tmp_path / "large"
    folder.mkdir()
    for number in range(3):
        words = ("".join(chosen.choices("abcdefghijklmnop", k=6)) for _ in range(2500))
        (folder / f"{number}.txt").write_text(" ".join(words))
    full = subprocess.run(
        [sys.executable, "-m", "twin_app", "--home", str(home), "add", str(folder)],
        cwd=ROOT, capture_output=True, text=True, timeout=110,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (40_000, 40_000)),
    )  # fmt: skip
    assert full.returncode == 1
    assert "disk" in full.stderr
    assert "internal error" not in full.stderr
    asked = twin(home, "--json", "ask", "What is the password of the boat?")
    assert (asked.returncode, "boat-7741" in asked.stdout) == (0, True), asked.stderr
    assert twin(home, "stop").returncode == 0
    assert twin(home, "forget", str(folder), "--yes").returncode == 0, "with room again everything works"
    (folder / "new.md").write_text("# New\n\nThere is room again.\n")
    assert twin(home, "add", str(folder / "new.md")).returncode == 0
    assert lines(home, "verify") == [{"ok": True, "problems": []}]
    assert {source["state"] for source in lines(home, "sources")} == {"ready"}
