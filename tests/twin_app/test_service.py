"""A service's file: in the right place, right for any home, and the system's own tool is asked to use it."""

from __future__ import annotations

import json
import os
import plistlib
import stat
import sys
import time
from pathlib import Path

import pytest
from owners import client, twin

from twin_app.errors import TwinError
from twin_app.locations import locate
from twin_app.ownership import is_owned
from twin_app.service import Service, units_folder

TOOL = """#!/bin/sh
printf '%s\\n' "$*" >> "{log}"
[ "$2" = is-active ] && echo active
exit {code}
"""


def tool(folder: Path, monkeypatch: pytest.MonkeyPatch, code: int = 0) -> Path:
    """A `systemctl` that notes what it is asked; the real one needs a login session of its own."""
    folder.mkdir(exist_ok=True)
    log = folder / "asked"
    (folder / "systemctl").write_text(TOOL.format(log=log, code=code))
    (folder / "systemctl").chmod(stat.S_IRWXU)
    monkeypatch.setenv("PATH", str(folder), prepend=os.pathsep)
    return log


@pytest.mark.skipif(sys.platform == "darwin", reason="systemd is Linux's")
def test_install_status_remove(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = tmp_path / 'a home with $spaces, 100% and "quotes"'
    log = tool(tmp_path / "bin", monkeypatch)
    done = twin(home, "service", "install")
    assert done.returncode == 0, done.stderr
    (unit,) = (tmp_path / "xdg" / "config" / "systemd" / "user").glob("twin-memory-*.service")
    assert stat.S_IMODE(unit.stat().st_mode) == 0o600
    text = unit.read_text()
    assert '--home" "' in text
    assert '$$spaces, 100%% and \\"quotes\\""' in text
    assert f'Environment="XDG_DATA_HOME={tmp_path}' in text
    log_of_owner = str(home / "logs" / "owner.log").replace("%", "%%")
    assert f"\nStandardError=append:{log_of_owner}\n" in text
    assert log.read_text().splitlines() == ["--user daemon-reload", f"--user enable --now {unit.name}"]
    status = json.loads(twin(home, "--json", "service", "status").stdout)
    assert status == {
        "installed": True, "file": str(unit), "tool": "systemctl", "active": "active", "owner_pid": None,
    }  # fmt: skip
    assert twin(home, "service", "remove").returncode == 0
    assert not unit.exists()
    assert "there is no service" in twin(home, "service", "remove").stderr
    assert twin(home, "service", "install").returncode == 0


@pytest.mark.skipif(sys.platform == "darwin", reason="systemd is Linux's")
def test_a_machine_without_systemd_or_a_failing_one_says_what_to_do(
    tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tool(tmp_path / "bin", monkeypatch)
    assert twin(home, "service", "install").returncode == 0
    (unit,) = (tmp_path / "xdg" / "config" / "systemd" / "user").iterdir()
    tool(tmp_path / "bin", monkeypatch, code=1)
    failed = twin(home, "--json", "service", "install")
    assert (failed.returncode, failed.stdout) == (1, "")
    assert "--user daemon-reload failed" in failed.stderr
    kept = twin(home, "service", "remove")
    assert (kept.returncode, unit.exists()) == (1, True)
    assert f"--user disable --now {unit.name} failed: exit code 1" in kept.stderr
    assert str(unit) in kept.stderr
    monkeypatch.setenv("PATH", str(tmp_path / "empty"))
    without = twin(home, "service", "install")
    assert (without.returncode, "there is no systemctl here: run `systemctl" in without.stderr) == (0, True)
    assert json.loads(twin(home, "--json", "service", "status").stdout)["tool"] is None


def test_an_agent_that_launchd_was_not_given_can_be_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """launchctl refuses to end what it does not know; what it cannot end for another reason stays."""
    agent = Service(locate(tmp_path / "home"), "darwin", tmp_path / "agents", {})
    launchctl = tmp_path / "bin" / "launchctl"
    launchctl.parent.mkdir()
    monkeypatch.setenv("PATH", str(launchctl.parent), prepend=os.pathsep)
    for known, is_left in ((0, True), (113, False)):
        launchctl.write_text(f"#!/bin/sh\n[ $1 = list ] && exit {known}\n[ $1 != bootout ]\n")
        launchctl.chmod(stat.S_IRWXU)
        assert "runs already" in agent.install()
        if is_left:
            with pytest.raises(TwinError, match="launchctl bootout"):
                agent.remove()
        else:
            assert agent.remove() == "it is stopped"
        assert agent.file.exists() == is_left


def test_each_home_has_its_own_and_launchd_is_served_too(tmp_path: Path) -> None:
    folders = units_folder("darwin", tmp_path, tmp_path / ".config")
    agent = Service(locate(tmp_path / "a b"), "darwin", folders, {"XDG_DATA_HOME": "/x"})
    plain = Service(locate(None), "darwin", folders, {})
    assert agent.file.parent == tmp_path / "Library" / "LaunchAgents"
    assert (plain.file.name, agent.file.name == plain.file.name) == ("org.twin-memory.plist", False)
    parsed = plistlib.loads(agent.text().encode())
    assert parsed["ProgramArguments"][-2:] == ["--home", str(tmp_path / "a b")]
    assert "--stay" in parsed["ProgramArguments"]


def test_the_owner_of_a_service_stays(home: Path) -> None:
    home.mkdir()
    (home / "config.toml").write_text("idle_minutes = 0.005\n")
    one = client(home)
    one.owner_options = (*one.owner_options, "--stay")
    one.call("status", {})
    time.sleep(1.5)
    assert is_owned(one.locations.lock)
