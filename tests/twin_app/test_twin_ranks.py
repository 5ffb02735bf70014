"""Ranks of Memory Parallel under a real owner: its own ones by the setting, and those torchrun starts."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from owners import ROOT, twin
from real_memory import lines

from twin_app.locations import locate
from twin_app.ownership import is_owned

QUESTION = "Where does the lamp number 7 hang?"


def notes(folder: Path) -> Path:
    folder.mkdir()
    for number in range(30):
        (folder / f"{number}.md").write_text(
            f"# Note {number}\n\nThe lamp number {number} hangs in room {number + 3}.\n"
        )
    return folder


def ask(home: Path) -> dict[str, Any]:
    done = twin(home, "--json", "ask", QUESTION, "--no-save")
    assert done.returncode in (0, 4), done.stderr
    told: dict[str, Any] = json.loads(done.stdout)
    return {key: told[key] for key in ("answer", "grounded", "citations", "nearest", "hops", "coverage")}


def children(pid: int) -> list[int]:
    return [
        int(child) for task in Path(f"/proc/{pid}/task").iterdir() for child in (task / "children").read_text().split()
    ]


def test_the_owner_starts_its_ranks_and_survives_them(home: Path, tmp_path: Path) -> None:
    assert twin(home, "add", str(notes(tmp_path / "notes"))).returncode == 0
    alone = ask(home)
    assert twin(home, "config", "set", "ranks", "2").returncode == 0
    assert ask(home) == alone
    (status,) = lines(home, "status")
    assert status["ranks"] == 2
    assert [line.split(",")[0] for line in status["tiers"]] == ["rank 0: 15 documents", "rank 1: 15 documents"]
    (rank,) = children(status["owner_pid"])
    os.kill(rank, signal.SIGKILL)
    lost = twin(home, "ask", QUESTION)
    assert lost.returncode == 1
    assert "rank 1 of 2 was lost" in lost.stderr
    assert "Nothing that was stored is lost: try again" in lost.stderr
    assert ask(home) == alone, "a rank anew"
    assert lines(home, "verify") == [{"ok": True, "problems": []}]
    (rank,) = children(status["owner_pid"])
    assert twin(home, "stop").returncode == 0
    deadline = time.monotonic() + 20
    while Path(f"/proc/{rank}").exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not Path(f"/proc/{rank}").exists()


def test_too_many_ranks_are_refused(home: Path) -> None:
    assert twin(home, "config", "set", "ranks", "65").returncode == 2
    assert twin(home, "config", "set", "ranks", "0").returncode == 2


def test_an_owner_under_torchrun(home: Path, tmp_path: Path) -> None:
    assert twin(home, "add", str(notes(tmp_path / "notes"))).returncode == 0
    alone = ask(home)
    assert twin(home, "stop").returncode == 0
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    run = subprocess.Popen(
        [*command, "-m", "twin_app.ranks", "--home", str(home)], cwd=ROOT, stderr=subprocess.PIPE, text=True
    )
    try:
        deadline = time.monotonic() + 60
        while not is_owned(locate(home).lock):
            assert run.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.05)
        assert ask(home) == alone
        (status,) = lines(home, "status")
        assert len(status["tiers"]) == 2
        assert status["owner_pid"] in children(run.pid)
        assert twin(home, "stop").returncode == 0
        said = run.communicate(timeout=60)[1]
        assert run.returncode == 0, said
    finally:
        run.terminate()  # torchrun ends its ranks, then itself
        run.communicate(timeout=60)
