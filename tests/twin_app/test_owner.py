"""One owner a home: started on demand, replaced when of another version, gone in good order."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from owners import SMALL, client

from twin_app import __version__
from twin_app.client import Client
from twin_app.errors import TwinError
from twin_app.locations import SOCKET_PATH_LIMIT, locate
from twin_app.ownership import is_owned
from twin_app.protocol import encode, receive


def wait(condition: Callable[[], object], seconds: float = 10.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.02)


def test_an_owner_is_started_once_and_stops(home: Path) -> None:
    one = client(home)
    pid = one.call("status", {})["owner_pid"]
    assert client(home).call("status", {})["owner_pid"] == pid != os.getpid()
    assert one.stop() == pid
    assert (home / "closed").exists()
    assert not is_owned(one.locations.lock)
    assert not one.locations.socket.exists()
    assert one.stop() is None
    assert one.call("status", {})["owner_pid"] != pid


def test_everything_is_private(home: Path) -> None:
    one = client(home)
    one.call("status", {})
    files = [path for path in home.rglob("*") if path.is_file()]
    assert {path.name for path in files} >= {"owner.lock", "owner.log", "opened"}
    for path in files:
        assert stat.S_IMODE(path.stat().st_mode) == 0o600, path
    for folder in (home, home / "logs", one.locations.runtime):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700, folder
    assert stat.S_IMODE(one.locations.socket.stat().st_mode) == 0o600


def test_clients_that_start_together_get_one_owner(home: Path) -> None:
    pids: list[int] = []
    threads = [
        threading.Thread(target=lambda: pids.append(client(home).call("status", {})["owner_pid"])) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len(pids) == 4
    assert len(set(pids)) == 1
    assert (home / "opened").read_text().split() == [str(pids[0])]


def test_a_killed_owner_leaves_nothing_in_the_way(home: Path) -> None:
    one = client(home)
    pid = one.call("status", {})["owner_pid"]
    os.kill(pid, signal.SIGKILL)
    wait(lambda: not is_owned(one.locations.lock))
    assert one.locations.socket.exists()  # stale
    note = one.locations.lock.read_text()
    one.locations.lock.write_text(note.replace(str(pid), str(os.getpid())))  # a recycled pid: ours lives
    assert one.call("status", {})["owner_pid"] not in (pid, os.getpid())


def test_sigterm_lets_the_call_in_flight_end_in_good_order(home: Path) -> None:
    one = client(home)
    pid = one.call("status", {})["owner_pid"]
    seen: list[str] = []
    begun = threading.Event()

    def add() -> None:
        try:
            one.call("add", {"paths": [], "again": True}, lambda event: begun.set())
        except TwinError as error:
            seen.append(f"{type(error).__name__}: {error}")

    thread = threading.Thread(target=add)
    thread.start()
    assert begun.wait(10)
    os.kill(pid, signal.SIGTERM)
    thread.join(10)
    assert seen == ["OwnerError: adding was interrupted"]
    wait(lambda: not is_owned(one.locations.lock))
    assert (home / "cancelled").read_text() == "True"
    assert (home / "closed").exists()


def test_a_client_that_leaves_cancels_its_call(home: Path) -> None:
    one = client(home)
    one.call("status", {})
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(str(one.locations.socket))
        params = {"paths": [], "again": True}
        connection.sendall(encode({"twin": 1, "version": "0.1.0", "method": "add", "params": params}))
        with connection.makefile("rb") as stream:
            assert (receive(stream) or {})["event"] == "accepted"
            assert (receive(stream) or {})["event"] == "progress"
    wait(lambda: (home / "cancelled").exists() and (home / "cancelled").read_text() == "True")


def test_an_idle_owner_leaves_unless_it_is_busy(home: Path) -> None:
    home.mkdir()
    (home / "busy").touch()
    (home / "config.toml").write_text("idle_minutes = 0.005\n")
    one = client(home)
    one.call("status", {})
    time.sleep(1.5)
    assert is_owned(one.locations.lock)
    (home / "busy").unlink()
    wait(lambda: not is_owned(one.locations.lock))
    assert "idle" in one.locations.owner_log.read_text()


def test_an_owner_whose_home_vanished_leaves_and_another_serves_the_new_one(home: Path) -> None:
    one = client(home)
    pid = one.call("status", {})["owner_pid"]
    shutil.move(home, home.with_name("moved"))
    fresh = one.call("status", {})["owner_pid"]
    assert fresh != pid
    wait(lambda: not is_owned(home.with_name("moved") / "owner.lock"))
    assert one.call("status", {})["owner_pid"] == fresh  # the old one took its own socket only


def test_an_owner_of_another_version_is_replaced(home: Path) -> None:
    locations = locate(home)
    locations.prepare()
    code = """import sys, twin_app
twin_app.__version__ = "0.0.9"
from twin_app.owner import main
sys.exit(main())"""
    old = subprocess.Popen(
        [sys.executable, "-c", code, "--home", str(home), *SMALL],
        cwd=Path(__file__).parents[2],
        stderr=subprocess.DEVNULL,
    )
    wait(locations.socket.exists)
    told: list[str] = []
    one = Client(locations, {}, told.append, SMALL)
    assert one.call("status", {})["owner_pid"] != old.pid
    assert old.wait(10) == 0
    assert any("0.0.9" in line for line in told)


def test_a_bug_is_logged_and_the_owner_goes_on(home: Path) -> None:
    one = client(home)
    with pytest.raises(TwinError, match=r"internal error, see .*owner\.log"):
        one.call("model_list", {})
    assert "ValueError: a bug" in one.locations.owner_log.read_text()
    with pytest.raises(TwinError, match="no such method"):
        one.call("close", {})
    assert one.call("status", {})["documents"] == 0


def test_nonsense_on_the_socket_disturbs_nobody(home: Path) -> None:
    one = client(home)
    pid = one.call("status", {})["owner_pid"]
    for bytes_sent in (b"", b"\0\xff\n", b"[1]\n", b'{"twin": 1', json.dumps({"twin": 7}).encode() + b"\n"):
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(str(one.locations.socket))
            connection.sendall(bytes_sent)
    assert one.call("status", {})["owner_pid"] == pid


def test_a_running_owner_follows_the_settings(home: Path) -> None:
    one = client(home)
    assert one.call("status", {})["model"] == "twin-tiny"
    (home / "config.toml").write_text('model = "other"\n')
    assert one.call("status", {})["model"] == "other"
    one.overrides = {"model": "flagged"}
    assert one.call("status", {})["model"] == "other", "a flag is for one request and never changes the memory's model"
    (home / "config.toml").write_text("modle = 1\n")
    with pytest.raises(TwinError, match="did you mean model"):
        one.call("status", {})


def test_it_follows_the_settings_file_while_nobody_asks(home: Path) -> None:
    one = client(home)
    one.call("status", {})
    (home / "config.toml").write_text('ignore = ["private/"]\n')
    wait(lambda: (home / "configured").exists() and (home / "configured").read_text() == "private/")
    (home / "config.toml").write_text("ignore = 7\n")  # the next request tells of it; the owner goes on as it was
    wait(lambda: "the settings' file is not followed" in one.locations.owner_log.read_text())
    assert (home / "configured").read_text() == "private/"


def test_a_flag_of_one_request_does_not_configure_the_memory(home: Path) -> None:
    one = client(home)
    one.call("status", {})
    one.overrides = {"retrieval": "words", "opener": "less {path}"}
    one.call("status", {})
    assert not (home / "configured").exists()


def test_a_client_that_takes_nothing_does_not_keep_an_owner_from_leaving(home: Path) -> None:
    one = client(home)
    pid = one.call("status", {})["owner_pid"]
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(str(one.locations.socket))
        params = {"total": 200_000}  # far more than a socket holds
        connection.sendall(
            encode({"twin": 1, "version": __version__, "method": "documents", "params": params, "settings": {}})
        )
        time.sleep(1.0)  # until the owner's thread waits in its send
        os.kill(pid, signal.SIGTERM)
        wait(lambda: not is_owned(one.locations.lock), seconds=20)
    assert "a call did not end" not in one.locations.owner_log.read_text()


def test_a_long_home_has_a_short_socket(tmp_path: Path) -> None:
    home = tmp_path.joinpath(*["a folder with quite a long name"] * 8)
    one = client(home)
    assert len(os.fsencode(one.locations.socket)) <= SOCKET_PATH_LIMIT
    assert one.call("status", {})["documents"] == 0
