"""`twin doctor` finds what is broken, says what to do, and mends what is safe to mend."""

from __future__ import annotations

import json
import os
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from owners import ROOT, twin
from real_memory import Json, lines

from twin_app.doctor import LOW_BYTES, TOO_LOW_BYTES, check_disk, check_settings, check_terminal
from twin_app.locations import locate
from twin_app.ownership import is_owned
from twin_app.terminal import advice, look


def checks(home: Path, *options: str, code: int = 0) -> dict[str, Json]:
    done = twin(home, "--json", "doctor", *options)
    assert done.returncode == code, done.stdout + done.stderr
    return {check["check"]: check for line in done.stdout.splitlines() if (check := json.loads(line))}


@pytest.fixture
def memory(home: Path, tmp_path: Path) -> Path:
    (tmp_path / "note.md").write_text("# Boat\n\nThe boat lies in the northern harbour.\n")
    added = twin(home, "add", str(tmp_path / "note.md"))
    assert added.returncode == 0, added.stderr
    return home


def test_a_sound_memory_passes(memory: Path) -> None:
    found = checks(memory)
    assert set(found) == {
        *("settings", "permissions", "disk", "owner", "model", "agreement", "network", "terminal"),
    }
    assert {check["state"] for check in found.values()} <= {"ok", "warning"}
    assert found["network"]["state"] == "ok"
    assert "refused a connection" in found["network"]["detail"]
    assert str(lines(memory, "status")[0]["owner_pid"]) in found["owner"]["detail"]
    assert "terminal" in twin(memory, "doctor").stdout


def test_what_can_be_mended_is_mended(memory: Path) -> None:
    pid = lines(memory, "status")[0]["owner_pid"]
    os.kill(pid, signal.SIGKILL)
    while is_owned(memory / "owner.lock"):
        pass
    (memory / "logs" / "owner.log").chmod(0o644)
    (memory / "logs").chmod(0o755)
    found = checks(memory, code=1)
    assert (found["permissions"]["state"], found["owner"]["state"]) == ("problem", "warning")
    assert "owner.log" in found["permissions"]["detail"]
    assert "stale socket" in found["owner"]["detail"]
    os.kill(lines(memory, "status")[0]["owner_pid"], signal.SIGKILL)
    while is_owned(memory / "owner.lock"):
        pass
    fixed = checks(memory, "--fix")
    assert (fixed["permissions"]["state"], fixed["owner"]["state"]) == ("ok", "ok")
    assert "owner.log" in fixed["permissions"]["fixed"]
    assert fixed["owner"]["fixed"].startswith("removed ")
    assert stat.S_IMODE((memory / "logs" / "owner.log").stat().st_mode) == 0o600
    assert [path for path in memory.rglob("*") if path.lstat().st_mode & 0o077] == []


def test_broken_settings_are_named_and_left_alone(home: Path, tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text('retrieval = "magic"\nmodle = "x"\nidle_minutes = "soon"\ndevice = "cpu"\n')
    check = check_settings(file)
    assert check.state == "problem"
    assert all(word in check.detail for word in ("retrieval", "did you mean model", "idle_minutes"))
    assert "device" not in check.detail
    home.mkdir(mode=0o700)
    (home / "config.toml").write_text("me = [\n\nidle_minutes = 5\n")
    for arguments in (("status",), ("search", "x"), ("stop",), ("config", "show"), ("ask", "x"), ("model", "list")):
        done = twin(home, *arguments)
        assert (done.returncode, done.stdout) == (2, ""), arguments
        assert str(home / "config.toml") in done.stderr
        assert "line " in done.stderr
        assert "correct it with an editor" in done.stderr
    found = checks(home, code=1)
    assert found["settings"]["state"] == "problem"
    assert (home / "config.toml").read_text().startswith("me = [")


def test_a_damaged_bank_is_found_and_encoded_again(memory: Path) -> None:
    twin(memory, "stop")
    for pack in (memory / "bank").rglob("*.pack"):
        data = bytearray(pack.read_bytes())
        data[len(data) // 2] ^= 0xFF
        pack.chmod(0o600)
        pack.write_bytes(data)
    found = checks(memory, code=1)
    assert "problem" in (found["agreement"]["state"], found["model"]["state"])
    fixed = checks(memory, "--fix")
    assert "damaged" in fixed["agreement"]["fixed"]
    while lines(memory, "status")[0]["queued"]:
        time.sleep(0.1)
    assert lines(memory, "verify") == [{"ok": True, "problems": []}]
    assert lines(memory, "documents")[0]["encoded"]


def test_the_owner_cannot_reach_out() -> None:
    """In a process of its own: the guard cannot be taken off again."""
    code = """
import socket, urllib.request
from twin_app.offline import NetworkForbidden, evidence, forbid_network, network_allowed
assert evidence()["refused"] is False
forbid_network()
assert evidence() == {"refused": True, "open": 0, "listed": evidence()["listed"]}
def refused(call):
    try:
        call()
    except NetworkForbidden:
        return True
    except OSError as error:
        assert isinstance(getattr(error, "reason", None), NetworkForbidden), error
        return True
assert refused(lambda: socket.create_connection(("127.0.0.1", 9), 0.1))
assert refused(lambda: socket.getaddrinfo("localhost", 80))
assert refused(lambda: urllib.request.urlopen("http://127.0.0.1:9/", timeout=0.1))
assert refused(lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"x", ("127.0.0.1", 9)))
assert refused(lambda: socket.socket(socket.AF_INET6).bind(("::1", 0)))
a, b = socket.socketpair(); a.sendall(b"x"); assert b.recv(1) == b"x"
with network_allowed():
    try:
        socket.create_connection(("127.0.0.1", 9), 0.1)
    except NetworkForbidden:
        raise SystemExit("a download could not be made")
    except OSError:
        pass
assert refused(lambda: socket.create_connection(("127.0.0.1", 9), 0.1))
"""
    subprocess.run([sys.executable, "-W", "ignore", "-c", code], cwd=ROOT, check=True, timeout=30)


@pytest.mark.parametrize(
    ("free", "state"), [(TOO_LOW_BYTES - 1, "problem"), (LOW_BYTES - 1, "warning"), (LOW_BYTES, "ok")]
)
def test_a_disk_that_runs_full(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, free: int, state: str) -> None:
    """A disk cannot be filled for a test: what is told of it is given; it is asked where the folder will be."""
    asked: list[Path] = []

    def usage(path: Path) -> Any:
        asked.append(path)
        return SimpleNamespace(free=free)

    monkeypatch.setattr("twin_app.doctor.shutil.disk_usage", usage)
    check = check_disk(tmp_path / "not" / "made" / "yet")
    assert (check.state, asked) == (state, [tmp_path])
    assert (str(tmp_path) in check.todo) == (state != "ok")


def test_terminals() -> None:
    plain = look({"TERM": "dumb"}, (80, 24), "utf-8", is_terminal=True)
    assert (plain.colours, plain.links, plain.utf8, advice(plain)) == ("none", None, True, [])
    rich = look(
        {"TERM": "xterm-256color", "COLORTERM": "truecolor", "TERM_PROGRAM": "WezTerm", "TMUX": "x", "SSH_TTY": "y"},
        (60, 10), "ANSI_X3.4-1968", is_terminal=True,
    )  # fmt: skip
    assert (rich.colours, rich.links, rich.clipboard, rich.multiplexer, rich.remote) == (
        "true",
        True,
        True,
        "tmux",
        True,
    )
    assert len(advice(rich)) == 3
    check = check_terminal(rich)
    assert check.state == "warning"
    assert "60×10" in check.detail
    assert look({"TERM": "xterm-256color", "NO_COLOR": "1"}, (80, 24), "UTF-8", is_terminal=True).colours == "none"


def test_a_home_open_to_others_is_closed_when_it_is_only_ours(home: Path, tmp_path: Path) -> None:
    home.mkdir(mode=0o755)
    locate(home).prepare()
    assert stat.S_IMODE(home.stat().st_mode) == 0o700
    shared = tmp_path / "shared"
    shared.mkdir(mode=0o755)
    (shared / "somebody's.txt").touch()
    locate(shared).prepare()
    assert stat.S_IMODE(shared.stat().st_mode) == 0o755, (
        "other things live there too: doctor tells, and --fix closes it"
    )
