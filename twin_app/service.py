"""A memory's owner as a service of the person's own login: a systemd user unit, or a launchd agent on macOS.

Makes texts and paths and runs the system's own tool where there is one; each home has a service of its own.
"""

from __future__ import annotations

import hashlib
import os
import plistlib
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from twin_app.errors import BUSY, TwinError
from twin_app.locations import Locations, make_private

PACKAGE_ROOT = Path(__file__).resolve().parents[1]
TOOL_S = 30.0  # systemctl or launchctl may take


@dataclass(frozen=True, slots=True)
class Service:
    """The service of one memory on one platform; `environment` is what the owner must know of the person's."""

    locations: Locations
    platform: str
    units: Path  # where the platform looks for them
    environment: Mapping[str, str]

    @property
    def name(self) -> str:
        """`twin-memory`; with a home of its own, that home's hash as well."""
        if self.locations.home is None:
            return "twin-memory"
        return "twin-memory-" + hashlib.sha256(os.fsencode(self.locations.data.resolve())).hexdigest()[:8]

    @property
    def is_launchd(self) -> bool:
        return self.platform == "darwin"

    @property
    def file(self) -> Path:
        return self.units / (f"org.{self.name}.plist" if self.is_launchd else f"{self.name}.service")

    @property
    def tool(self) -> str:
        return "launchctl" if self.is_launchd else "systemctl"

    def command(self) -> list[str]:
        home = [] if self.locations.home is None else ["--home", str(self.locations.home)]
        return [sys.executable, "-m", "twin_app.owner", "--stay", *home]

    def text(self) -> str:
        return self._plist() if self.is_launchd else self._unit()

    def _unit(self) -> str:
        variables = "".join(f"Environment={_quoted(f'{key}={value}')}\n" for key, value in self.environment.items())
        words = " ".join(_quoted(word.replace("$", "$$")) for word in self.command())
        return (
            "[Unit]\n"
            f"Description=Twin, the memory at {_plain(str(self.locations.data))}\n\n"
            "[Service]\n"
            f"ExecStart={words}\n"
            f"WorkingDirectory={_plain(str(PACKAGE_ROOT))}\n"
            f"{variables}"
            "UMask=0077\n"
            f"StandardError=append:{_plain(str(self.locations.owner_log))}\n"  # where errors point the person to
            "Restart=on-failure\n"
            f"SuccessExitStatus={BUSY}\n"  # a command has started an owner before
            "\n[Install]\nWantedBy=default.target\n"
        )

    def _plist(self) -> str:
        agent: dict[str, Any] = {
            "Label": f"org.{self.name}",
            "ProgramArguments": self.command(),
            "WorkingDirectory": str(PACKAGE_ROOT),
            "EnvironmentVariables": dict(self.environment),
            "RunAtLoad": True,
            "KeepAlive": {"SuccessfulExit": False},
            "Umask": 0o077,
            "StandardErrorPath": str(self.locations.owner_log),
        }
        return plistlib.dumps(agent).decode("utf-8")

    def install(self) -> str:
        """Writes the file and starts the service; in words what was done and what is left to do. Raises TwinError."""
        if any(ord(character) < 32 for character in str(self.locations.data)):
            raise TwinError(f"{str(self.locations.data)!r} has characters that a service's file cannot hold")
        make_private(self.units)
        descriptor = os.open(self.file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(self.text())
        steps: list[Sequence[str]] = (
            [("bootstrap", f"gui/{os.getuid()}", str(self.file))]
            if self.is_launchd
            else [("--user", "daemon-reload"), ("--user", "enable", "--now", self.file.name)]
        )
        return self._run(steps, "it starts at every login from now on, and runs already")

    def remove(self) -> str:
        """Ends the service, then removes its file. Raises TwinError, and leaves the file, where it cannot be ended."""
        if not self.file.exists():
            return f"there is no service of this memory ({self.file})"
        steps: list[Sequence[str]] = (
            [("bootout", f"gui/{os.getuid()}/org.{self.name}")]
            if self.is_launchd
            else [("--user", "disable", "--now", self.file.name), ("--user", "daemon-reload")]
        )
        said = self._run(steps[:1] if self._is_known() else (), "it is stopped")
        self.file.unlink()
        if steps[1:]:
            self._run(steps[1:], "")
        return said

    def _is_known(self) -> bool:
        """launchd cannot end what it has not been given, as after an installation that failed; systemd can."""
        has_tool = shutil.which(self.tool) is not None
        return not (self.is_launchd and has_tool) or self._call(("list", f"org.{self.name}")).returncode == 0

    def state(self) -> dict[str, Any]:
        """`{"installed", "file", "tool", "active"}`; `active` is the tool's own word, None where there is no tool."""
        active = None
        if self.file.exists() and shutil.which(self.tool):
            ask = ("list", f"org.{self.name}") if self.is_launchd else ("--user", "is-active", self.file.name)
            done = self._call(ask)
            active = ("active" if done.returncode == 0 else "inactive") if self.is_launchd else done.stdout.strip()
        return {
            "installed": self.file.exists(), "file": str(self.file),
            "tool": self.tool if shutil.which(self.tool) else None, "active": active,
        }  # fmt: skip

    def _run(self, steps: Sequence[Sequence[str]], said: str) -> str:
        by_hand = "; ".join(" ".join([self.tool, *step]) for step in steps)
        if shutil.which(self.tool) is None:
            return f"there is no {self.tool} here: run `{by_hand}` where there is one"
        for step in steps:
            done = self._call(step)
            if done.returncode != 0:
                why = " ".join((done.stderr or done.stdout).split()) or f"exit code {done.returncode}"
                raise TwinError(
                    f"{self.tool} {' '.join(step)} failed: {why}; run `{by_hand}` in a login of your own "
                    f"(the service's file is {self.file})"
                )
        return said

    def _call(self, arguments: Sequence[str]) -> subprocess.CompletedProcess[str]:
        try:
            return subprocess.run([self.tool, *arguments], capture_output=True, text=True, timeout=TOOL_S, check=False)
        except (OSError, subprocess.TimeoutExpired) as error:
            raise TwinError(f"{self.tool} cannot be run: {error}") from error


def units_folder(platform: str, user: Path, config: Path) -> Path:
    """Where a person's own services are described: launchd's agents, or systemd's units under XDG_CONFIG_HOME."""
    return user / "Library" / "LaunchAgents" if platform == "darwin" else config / "systemd" / "user"


def _plain(text: str) -> str:
    """For values that systemd takes to the end of the line."""
    return text.replace("%", "%%")


def _quoted(text: str) -> str:
    """One word for systemd, whatever is in it."""
    escaped = _plain(text).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
