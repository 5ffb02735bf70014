"""Watched folders in a storm of operations: then catalog, bank and disk agree, and no rename was encoded again."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from storm import Storm, kill_owner

OPERATIONS, SECONDS = 100, 5.0


@pytest.fixture
def storm(tmp_path: Path, home: Path) -> Storm:
    """Two watched folders with 20 files, all of them in memory."""
    storm = Storm(tmp_path / "files", home)
    for _ in range(20):
        storm.create()
    storm.client.call("watch", {"paths": [str(folder) for folder in storm.folders]})
    storm.until(lambda: storm.is_settled() and not storm.differences())
    return storm


def rage(storm: Storm, specials: dict[int, Callable[[], object]]) -> None:
    before = storm.documents()
    storm.run(OPERATIONS, SECONDS, lambda number: specials.get(number, lambda: None)())
    (storm.folders[0] / "last.md").write_text("# last\n\nThe last word of the storm is xylophone.\n")
    searchable = storm.until(lambda: storm.client.call("search", {"words": "xylophone"})["passages"])
    answerable = searchable + storm.until(lambda: storm.is_settled() and not storm.differences())
    print(f"\nsearchable {searchable:.1f} s, all answerable {answerable:.1f} s after the last write")
    after = storm.documents()
    assert len(before.keys() & after.keys()) > 3
    for text in before.keys() & after.keys():
        assert after[text] == before[text], f"read anew though only its name changed: {text}"
    assert storm.client.call("verify", {"forgotten": None}) == {"ok": True, "problems": []}
    assert "Traceback" not in (storm.home / "logs" / "owner.log").read_text()


def test_a_storm(storm: Storm) -> None:
    """With a folder that vanishes for a while, a queue that overflows, and a tree that moves."""
    rage(storm, {30: storm.vanish, 60: storm.overflow, 85: storm.move_a_tree})
    assert "overflowed" in (storm.home / "logs" / "owner.log").read_text(), "or this test does not test what it says"


def test_a_storm_in_which_the_owner_is_killed(storm: Storm) -> None:
    rage(storm, {40: lambda: kill_owner(storm.home), 41: storm.state, 80: lambda: kill_owner(storm.home)})


@pytest.mark.skip(reason="takes a minute and more: python tests/twin_app/storm.py 500 60")
def test_five_hundred_operations_in_a_minute(storm: Storm) -> None:
    storm.run(500, 60.0)
    storm.until(lambda: storm.is_settled() and not storm.differences())
