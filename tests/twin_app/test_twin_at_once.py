"""Several commands at once on one memory: everyone is served, nobody meets a lock, and a change of model is seen."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
from pathlib import Path

from owners import ROOT, twin
from real_memory import lines

from twin_app.models import Models


def start(home: Path, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "twin_app", "--home", str(home), *arguments],
        cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def notes(folder: Path, count: int) -> Path:
    folder.mkdir()
    for number in range(count):
        (folder / f"{number}.md").write_text(f"# {folder.name} {number}\n\nThe lamp number {number} hangs there.\n")
    return folder


def test_two_adds_and_two_questions(home: Path, tmp_path: Path) -> None:
    left, right = notes(tmp_path / "left", 30), notes(tmp_path / "right", 30)
    running = [
        start(home, "add", str(left)),
        start(home, "add", str(right)),
        start(home, "--json", "ask", "Where does the lamp hang?"),
        start(home, "--json", "search", "lamp"),
        start(home, "--json", "verify"),
    ]
    done = [(process, *process.communicate(timeout=90)) for process in running]
    for process, _, narration in done:
        assert process.returncode in (0, 4), narration
        assert "lock" not in narration.lower()
        assert "error" not in narration.lower()
    assert [process.returncode for process, *_ in (done[0], done[1], done[3], done[4])] == [0, 0, 0, 0]
    assert len(lines(home, "documents")) == 60
    assert lines(home, "verify") == [{"ok": True, "problems": []}]
    log = (home / "logs" / "owner.log").read_text()
    assert "Traceback" not in log


def test_another_model_encodes_anew_and_the_old_bank_stays(home: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    shutil.copytree(Models(home).path("twin-tiny"), other)
    config = json.loads((other / "config.json").read_text())
    (other / "config.json").write_text(json.dumps(config | {"rope_theta": 20_000.0}))
    assert twin(home, "add", str(notes(tmp_path / "notes", 3))).returncode == 0
    (first,) = (home / "bank").iterdir()
    packs = {path.name: path.read_bytes() for path in first.iterdir()}

    assert twin(home, "model", "use", str(other)).returncode == 0
    settle(home, str(other))
    assert len(list((home / "bank").iterdir())) == 2, "queued counts at once what the new bank lacks"
    assert all(document["encoded"] for document in lines(home, "documents"))
    assert lines(home, "verify") == [{"ok": True, "problems": []}]
    assert {path.name: path.read_bytes() for path in first.iterdir()} == packs

    assert twin(home, "model", "use", "twin-tiny").returncode == 0
    settle(home, "twin-tiny")
    assert {path.name: path.read_bytes() for path in first.iterdir()} == packs
    assert lines(home, "verify") == [{"ok": True, "problems": []}]
    wrong = twin(home, "model", "use", "no-such-model")
    assert (wrong.returncode, wrong.stdout) == (1, "")
    assert lines(home, "status")[0]["model"] == "twin-tiny"


def settle(home: Path, model: str) -> None:
    """Until everything is encoded by this model, and it serves."""
    deadline = time.monotonic() + 60
    while True:
        (status,) = lines(home, "status")
        if not status["queued"] and status["changing"] is None:  # the last one is encoded a moment before it serves
            assert status["model"] == model
            return
        assert time.monotonic() < deadline, status
        time.sleep(0.1)
