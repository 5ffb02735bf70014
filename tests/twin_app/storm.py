"""A storm over watched folders, with real files and a real owner; then what memory says is compared with the disk.

`python tests/twin_app/storm.py 500 60` runs 500 operations within a minute and prints the times.
"""

from __future__ import annotations

import hashlib
import os
import random
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from twin_app.client import Client
from twin_app.locations import locate
from twin_app.ownership import is_owned, read_note

SETTLE_S = 90.0
SWARM = 9_000  # files made and removed while the owner is halted: more events than the kernel keeps (16,384)
WORDS = "harbour orchard station library bakery garden ladder kettle window bridge engine letter".split()
Json = dict[str, Any]


@dataclass
class Storm:
    """Two watched folders under `base`, and operations on them; `home` is the memory's."""

    base: Path
    home: Path
    chance: random.Random = field(default_factory=lambda: random.Random(11))
    made: int = 0
    edited: set[str] = field(default_factory=set)  # words that stand for files that were written more than once

    def __post_init__(self) -> None:
        self.client = Client(locate(self.home), {}, lambda line: None, (), 60.0)
        self.folders = [self.base / "one", self.base / "two"]
        for folder in self.folders:
            (folder / "deep" / "er").mkdir(parents=True)

    def items(self, method: str) -> list[Json]:
        found: list[Json] = []
        self.client.call(method, {}, lambda event: found.append(event["value"]))
        return found

    def files(self) -> list[Path]:
        return sorted(path for folder in self.folders for path in folder.rglob("*.md"))

    def create(self) -> None:
        """Half of a new file, and then the rest."""
        folder = self.chance.choice(self.folders) / self.chance.choice(["", "deep", "deep/er"])
        self.made += 1
        name = f"note{self.made:04}"
        with (folder / f"{name}.md").open("w") as file:
            file.write(f"# {name}\n\nThe {self.chance.choice(WORDS)} ")
            file.flush()
            if self.chance.random() < 0.2:
                time.sleep(0.05)
            file.write(f"of {name} stands beside the {self.chance.choice(WORDS)}.\n")

    def edit(self) -> None:
        """In place, or as editors do: a new file takes the old one's place."""
        path = self.chance.choice(self.files())
        self.edited.add(word_of(path))
        text = path.read_text() + f"\nThen came a {self.chance.choice(WORDS)} to {word_of(path)}.\n"
        if self.chance.random() < 0.5:
            path.write_text(text)
        else:
            other = path.with_name(f".{path.name}.new")
            other.write_text(text)
            other.replace(path)

    def rename(self) -> None:
        path = self.chance.choice(self.files())
        folder = self.chance.choice(self.folders) / self.chance.choice(["", "deep", "deep/er"])
        path.rename(folder / f"{path.stem.split('-')[0]}-{self.chance.randrange(1000):03}.md")

    def delete(self) -> None:
        self.chance.choice(self.files()).unlink()

    def move_a_tree(self) -> None:
        there, here = self.folders[0] / "deep", self.folders[1] / f"tree{self.made}"
        there.rename(here)
        (there / "er").mkdir(parents=True)

    def vanish(self) -> None:
        """A folder is not there for a while."""
        folder = self.folders[1]
        folder.rename(self.base / "away")
        time.sleep(1.5)
        (self.base / "away").rename(folder)

    def overflow(self) -> None:
        """More happens than the kernel keeps for the owner, who is halted."""
        owner = owner_of(self.home)
        os.kill(owner, signal.SIGSTOP)
        try:
            for number in range(SWARM):
                path = self.folders[0] / f"swarm{number}.tmp"
                path.touch()
                path.unlink()
            for _ in range(3):
                self.create()
        finally:
            os.kill(owner, signal.SIGCONT)

    def run(self, operations: int, seconds: float, special: Callable[[int], object] = lambda number: None) -> None:
        """So many operations, evenly over so many seconds."""
        began = time.monotonic()
        for number in range(operations):
            kinds = [self.create] * 4 + [self.edit] * 3 + [self.rename] * 3 + [self.delete] * 2
            special(number)
            self.chance.choice(kinds if len(self.files()) > 10 else [self.create])()
            time.sleep(max(0.0, began + seconds * (number + 1) / operations - time.monotonic()))

    def until(self, condition: Callable[[], object], seconds: float = SETTLE_S) -> float:
        """How long it took."""
        began = time.monotonic()
        while not condition():
            if time.monotonic() - began > seconds:
                raise AssertionError(f"not within {seconds:g} s: {self.differences()} {self.state()}")
            time.sleep(0.1)
        return time.monotonic() - began

    def state(self) -> Json:
        """A snapshot of what memory is doing; starts an owner where there is none."""
        return self.client.call("activity", {"once": True})

    def is_settled(self) -> bool:
        state = self.state()
        return not state["moving"] and not state["queued"]["files"] and not state["queued"]["documents"]

    def differences(self) -> list[str]:
        """Where the catalog is not what the disk is."""
        held = {item["source"]: item for item in self.items("sources") if item["state"] != "ignored"}
        disk = {str(path): hashlib.sha256(path.read_bytes()).hexdigest() for path in self.files()}
        problems = [f"{path} is not in memory" for path in disk.keys() - held.keys()]
        problems += [f"{path} is in memory and gone" for path in held.keys() - disk.keys()]
        for path in disk.keys() & held.keys():
            if held[path]["sha256"] != disk[path] or held[path]["state"] != "ready":
                problems.append(f"{path} is {held[path]['state']} ({held[path]['reason']})")
        return problems

    def documents(self) -> dict[str, str]:
        """Text -> name of the document."""
        return {item["text"]: item["document"] for item in self.items("documents")}


def word_of(path: Path) -> str:
    return path.stem.split("-")[0]


def owner_of(home: Path) -> int:
    note = read_note(home / "owner.lock")
    assert note is not None
    return note.pid


def kill_owner(home: Path) -> None:
    with suppress(ProcessLookupError):
        os.kill(owner_of(home), signal.SIGKILL)
    deadline = time.monotonic() + 10
    while is_owned(home / "owner.lock"):
        assert time.monotonic() < deadline
        time.sleep(0.02)


def main(operations: int, seconds: float) -> None:
    base = Path(tempfile.mkdtemp(prefix="storm"))
    storm = Storm(base, base / "home")
    try:
        for _ in range(30):
            storm.create()
        storm.client.call("watch", {"paths": [str(folder) for folder in storm.folders]})
        storm.until(lambda: storm.is_settled() and not storm.differences())
        before = storm.documents()
        specials = {
            operations // 4: storm.vanish,
            operations // 2: storm.overflow,
            operations * 3 // 4: storm.move_a_tree,
        }
        storm.run(operations, seconds, lambda number: specials.get(number, lambda: None)())
        (storm.folders[0] / "last.md").write_text("# last\n\nThe last word of the storm is xylophone.\n")
        searchable = storm.until(lambda: storm.client.call("search", {"words": "xylophone"})["passages"])
        answerable = searchable + storm.until(lambda: storm.is_settled() and not storm.differences())
        after = storm.documents()
        moved = [text for text in after if text in before and after[text] != before[text]]
        print(f"searchable {searchable:.1f} s, all answerable {answerable:.1f} s after the last write")
        print(f"{len(after)} documents; {len(moved)} of the renamed were encoded again")
        print("verify:", storm.client.call("verify", {"forgotten": None}))
    finally:
        storm.client.stop()
        shutil.rmtree(base)


if __name__ == "__main__":
    main(int(sys.argv[1]), float(sys.argv[2]))
