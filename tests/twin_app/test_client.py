"""The client: what it does when an owner dies, cannot start, or keeps silent."""

from __future__ import annotations

import fcntl
import os
import threading
from pathlib import Path

import pytest
from owners import client

from twin_app.client import Client
from twin_app.errors import BusyError, OwnerError, OwnerGoneError, TwinError
from twin_app.locations import locate, make_runtime


def test_a_read_survives_the_death_of_the_owner(home: Path) -> None:
    told: list[str] = []
    one = client(home)
    one.narrate = told.append
    assert len(one.call("search", {"words": "die"})["passages"]) == 1
    assert any("ended unexpectedly" in line for line in told)
    assert len((home / "opened").read_text().split()) == 2


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
