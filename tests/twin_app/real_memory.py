"""A real memory for tests: `Twin` in this process, or an owner process of it whose catalog hides nothing."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from owners import twin

from twin_app.client import Client
from twin_app.locations import locate
from twin_app.settings import Settings
from twin_app.twin import Twin

Json = dict[str, Any]


@dataclass
class Caller:
    """A client that listens to everything, and leaves when it is told to."""

    settings: Settings = field(default_factory=Settings)
    events: list[Json] = field(default_factory=list)
    leaves: Callable[[], bool] = lambda: False

    def emit(self, event: Json) -> None:
        self.events.append(event)

    def cancelled(self) -> bool:
        return self.leaves()

    def items(self) -> list[Json]:
        return [event["value"] for event in self.events if event["event"] == "item"]


def add(memory: Twin, *paths: Path, **params: Any) -> Json:
    return memory.add({"paths": [str(path) for path in paths], **params}, Caller(memory.settings))


def documents(memory: Twin) -> dict[str, Json]:
    """Every document by its name."""
    caller = Caller()
    memory.documents({}, caller)
    return {item["document"]: item for item in caller.items()}


def sources(memory: Twin) -> dict[str, Json]:
    """Every source by the name of its file."""
    caller = Caller()
    memory.sources({}, caller)
    return {Path(item["source"]).name: item for item in caller.items()}


def problems(memory: Twin) -> list[str]:
    found: list[str] = memory.verify({}, Caller())["problems"]
    return found


def wait(memory: Twin) -> None:
    """Until the background has nothing left to do."""
    deadline = time.monotonic() + 60
    while memory.busy():
        assert time.monotonic() < deadline, "the background does not come to an end"
        time.sleep(0.02)


def packs(home: Path) -> dict[str, bytes]:
    """The files of every bank, by name."""
    return {str(path.relative_to(home)): path.read_bytes() for path in (home / "bank").rglob("*") if path.is_file()}


def uncompressed(home: Path, settings: Settings) -> Twin:
    """For owners: what is in the catalog can be found in its file's bytes."""
    return Twin(home, settings, compression="uncompressed")


def start_uncompressed(home: Path) -> None:
    """Start an owner that every later `twin` with this home finds."""
    Client(locate(home), {}, lambda line: None, ("--factory", "real_memory:uncompressed"), 60.0).call("status", {})


def lines(home: Path, *arguments: str) -> list[Json]:
    """The JSON lines of a command that must succeed."""
    done = twin(home, "--json", *arguments)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]
