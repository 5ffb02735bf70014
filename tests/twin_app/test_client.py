"""The client: what it does when an owner dies, cannot start, or keeps silent."""

from __future__ import annotations

import fcntl
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from owners import ROOT, client

from twin_app.client import Client
from twin_app.errors import BusyError, OwnerError, OwnerGoneError, TwinError, UpgradedError
from twin_app.locations import locate, make_runtime
from twin_app.ownership import read_note


def test_a_read_survives_the_death_of_the_owner(home: Path) -> None:
    told: list[str] = []
    one = client(home)
    one.narrate = told.append
    assert len(one.call("search", {"words": "die"})["passages"]) == 1
    assert any("ended unexpectedly" in line for line in told)
    assert len((home / "opened").read_text().split()) == 2


def test_a_new_owner_has_its_own_time_to_start_however_long_the_call_had_lasted(home: Path) -> None:
    client(home).call("status", {})
    one = client(home, patience_s=0.3)

    def narrate(line: str) -> None:
        one.patience_s = 20.0  # from when the owner has died; a busy machine takes its time

    one.narrate = narrate
    assert len(one.call("search", {"words": "die late"})["passages"]) == 1


def test_two_versions_do_not_replace_each_other_for_ever(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As an app that was open during an upgrade: every owner it starts is of the version on disk."""
    told: list[str] = []

    def narrate(line: str) -> None:
        told.append(line)
        assert len(told) < 8, told

    monkeypatch.setattr("twin_app.client.__version__", "0.0.9")
    one = client(home)
    one.narrate = narrate
    for _ in range(2):
        with pytest.raises(UpgradedError, match="leave it and start it again") as caught:
            one.call("status", {})
        assert caught.value.exit_code == 1
    assert len([line for line in told if "instead" in line]) == 1, "from then on it leaves the others' owner alone"
    note = read_note(one.locations.lock)
    assert note is not None
    monkeypatch.undo()
    assert client(home).call("status", {})["owner_pid"] == note.pid


def test_stopping_an_owner_that_hangs_ends_with_what_to_do(home: Path) -> None:
    one = client(home)
    pid = one.call("status", {})["owner_pid"]
    one.patience_s = 0.5
    os.kill(pid, signal.SIGSTOP)
    bound = threading.Timer(20.0, os.kill, (pid, signal.SIGCONT))
    bound.start()
    try:
        with pytest.raises(BusyError, match=f"`kill -9 {pid}`"):
            one.stop()
    finally:
        bound.cancel()
        os.kill(pid, signal.SIGCONT)
    one.patience_s = 20.0
    assert one.stop() in (pid, None)  # what it had been told while it hung counts


def test_two_that_want_a_lock_somebody_looks_at_do_not_wait_for_each_other(tmp_path: Path) -> None:
    lock = tmp_path / "owner.lock"
    lock.touch()
    code = f"""import sys
from pathlib import Path
from twin_app import ownership
ownership.POLL_S = 0.2  # so that they cannot miss each other by luck
print("tries", flush=True)
print(ownership.take(Path({str(lock)!r}), Path("/s")) is not None, flush=True)
sys.stdin.read()"""
    with lock.open() as looked:
        fcntl.flock(looked, fcntl.LOCK_SH)
        both = [
            subprocess.Popen(
                [sys.executable, "-c", code], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
            )
            for _ in range(2)
        ]
        for process in both:
            assert process.stdout is not None
            assert process.stdout.readline() == "tries\n"
        time.sleep(0.5)  # both try again and again
    bounds = [threading.Timer(20.0, process.kill) for process in both]
    for bound in bounds:
        bound.start()
    said = sorted(process.stdout.readline() for process in both if process.stdout is not None)
    for bound in bounds:
        bound.cancel()
    for process in both:
        process.communicate(timeout=20)
    assert said == ["False\n", "True\n"]


def test_a_write_is_not_repeated(home: Path) -> None:
    one = client(home)
    with pytest.raises(OwnerGoneError, match=r"ended during 'forget'; see .*owner\.log"):
        one.call("forget", {"paths": ["/die"], "confirm": True})
    assert one.call("status", {})["documents"] == 0


def test_errors_carry_their_exit_code(home: Path) -> None:
    with pytest.raises(OwnerError, match="no citation 9") as caught:
        client(home).call("show", {"ref": "9"})
    assert caught.value.exit_code == 1


def test_events_come_in_order(home: Path) -> None:
    seen: list[str] = []
    result = client(home).call("documents", {}, lambda event: seen.append(event["value"]["document"]))
    assert result == {"documents": 2000}
    assert seen == [f"d-{number:06}" for number in range(2000)]


def test_an_owner_that_cannot_start_says_why(home: Path) -> None:
    home.mkdir()
    (home / "logs").mkdir()
    one = client(home)
    one.owner_options = ("--no-such-option",)
    with pytest.raises(TwinError, match=r"could not start: .*no-such-option"):
        one.call("status", {})


def test_a_memory_in_other_hands_is_busy(home: Path) -> None:
    one = client(home, patience_s=1.0)
    one.locations.prepare()
    one.locations.lock.touch()
    with one.locations.lock.open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(BusyError, match="try again") as caught:
            one.call("status", {})
    assert caught.value.exit_code == 3


def test_the_owner_is_found_from_another_runtime_folder(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pid = client(home).call("status", {})["owner_pid"]
    monkeypatch.delenv("XDG_RUNTIME_DIR")
    assert client(home).call("status", {})["owner_pid"] == pid


def test_one_home_has_one_socket_however_it_is_written(tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "home")
    assert locate(tmp_path / "link").socket == locate(tmp_path / "x" / ".." / "home").socket
    assert locate(tmp_path / "home").socket != locate(tmp_path / "other").socket


def test_without_a_home_the_platform_decides(tmp_path: Path) -> None:
    found = locate(None)
    assert found.data == tmp_path / "xdg" / "data" / "twin"
    assert found.config_file == tmp_path / "xdg" / "config" / "twin" / "config.toml"
    assert locate(None, {"TWIN_HOME": str(tmp_path)}).data == tmp_path


def test_a_runtime_folder_open_to_others_is_closed(tmp_path: Path) -> None:
    folder = tmp_path / "runtime"
    folder.mkdir(mode=0o755)
    make_runtime(folder)
    assert folder.stat().st_mode & 0o077 == 0
    (tmp_path / "link").symlink_to(folder)
    with pytest.raises(TwinError, match="does not belong to you"):
        make_runtime(tmp_path / "link")


def test_threads_share_a_client_and_leave_no_zombie(home: Path) -> None:
    one: Client = client(home)
    pids: set[int] = set()
    threads = [threading.Thread(target=lambda: pids.add(one.call("status", {})["owner_pid"])) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len(pids) == 1
    one.stop()
    (pid,) = pids
    for _ in range(200):
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return
        threading.Event().wait(0.02)
    pytest.fail("the owner was not reaped")
