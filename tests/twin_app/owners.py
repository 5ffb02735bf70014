"""Running the real owner and the real command line on a small memory."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import twin_app
from twin_app.client import Client
from twin_app.locations import locate
from twin_app.settings import load

ROOT = Path(twin_app.__file__).parents[1]
SMALL = ("--factory", "small_memory:SmallMemory")


def client(home: Path, *, patience_s: float = 20.0) -> Client:
    """A client whose owner, when it has to start one, serves a SmallMemory."""
    locations = locate(home)
    return Client(locations, load(locations.config_file).overrides, lambda line: None, SMALL, patience_s)


def twin(home: Path, *arguments: str, input: str = "") -> subprocess.CompletedProcess[str]:
    """The command line in a process of its own, run from the source tree."""
    return subprocess.run(
        [sys.executable, "-m", "twin_app", "--home", str(home), *arguments],
        cwd=ROOT,
        input=input,
        capture_output=True,
        text=True,
        timeout=60,
    )
