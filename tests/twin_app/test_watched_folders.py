"""Watched folders in a memory: what happens to files happens to what is held of them, and nothing else does."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from owners import twin
from real_memory import Caller, documents, lines, packs, problems, sources
from storm import kill_owner

from twin_app.errors import TwinError
from twin_app.settings import Settings
from twin_app.twin import Twin

STABLE = 0.3
WATCHED = Settings(stable_seconds=STABLE, poll_seconds=0.5)


def until(condition: Callable[[], object], seconds: float = 40.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.05)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "files"
    folder.mkdir()
    (folder / "garden.md").write_text("# Garden\n\nThe beans grow in bed four.\n")
    (folder / "house.md").write_text("# House\n\nThe roof was mended in 2019 by Petra.\n")
    return folder


@pytest.fixture
def memory(home: Path) -> Iterator[Twin]:
    memory = Twin(home, WATCHED)
    yield memory
    memory.close()


def watch(memory: Twin, *paths: Path) -> None:
    memory.watch({"paths": [str(path) for path in paths]}, Caller())


def states(memory: Twin) -> dict[str, str]:
    return {name: source["state"] for name, source in sources(memory).items()}


def is_settled(memory: Twin) -> bool:
    now = memory.standing.snapshot(0)
    return not now["moving"] and not now["queued"]["files"] and not now["queued"]["documents"]


def settle(memory: Twin, wanted: dict[str, str]) -> None:
    try:
        until(lambda: is_settled(memory) and states(memory) == wanted)
    except AssertionError as error:
        raise AssertionError(f"{states(memory)} instead of {wanted}; {memory.standing.snapshot(0)}") from error


READY = {"garden.md": "ready", "house.md": "ready"}


def test_files_are_followed(memory: Twin, home: Path, folder: Path) -> None:
    """Made, edited, saved as editors do, renamed, moved, deleted to the last one."""
    watch(memory, folder)
    settle(memory, READY)
    before, stored = documents(memory), packs(home)
    (folder / "deep").mkdir()
    (folder / "house.md").rename(folder / "deep" / "home.md")
    (folder / "garden.md").rename(folder / "plot.md")
    settle(memory, {"plot.md": "ready", "home.md": "ready"})
    (folder / "deep").rename(folder / "deeper")
    until(lambda: any(str(folder / "deeper") in source["source"] for source in sources(memory).values()))
    settle(memory, {"plot.md": "ready", "home.md": "ready"})
    assert documents(memory).keys() == before.keys()
    assert packs(home) == stored
    (folder / ".plot.new").write_text("# Garden\n\nThe beans grow in bed nine.\n")
    (folder / ".plot.new").replace(folder / "plot.md")
    until(lambda: any("bed nine" in document["text"] for document in documents(memory).values()))
    assert not any("bed four" in document["text"] for document in documents(memory).values())
    (folder / "plot.md").unlink()
    (folder / "deeper" / "home.md").unlink()
    settle(memory, {})
    assert documents(memory) == {}
    assert problems(memory) == []


def test_a_folder_that_vanishes_is_offline_and_an_empty_one_in_its_place_deletes_nothing(
    memory: Twin, home: Path, folder: Path
) -> None:
    watch(memory, folder)
    settle(memory, READY)
    before, stored = documents(memory), packs(home)
    offline = {"garden.md": "offline", "house.md": "offline"}
    folder.rename(folder.with_name("unplugged"))
    settle(memory, offline)
    assert memory.standing.snapshot(0)["watching"][0]["state"] == "offline"
    assert len(memory.search({"words": "Petra"}, Caller())["passages"]) == 1
    folder.mkdir()
    (folder / "stranger.md").write_text("This lies where the disk should be.\n")
    settle(memory, offline | {"stranger.md": "ready"})
    memory.folders.watching.watcher.rescan()
    until(lambda: memory.folders.watching.watcher.roots()[0].due > 0)
    settle(memory, offline | {"stranger.md": "ready"})
    (folder / "stranger.md").unlink()
    settle(memory, offline | {"stranger.md": "offline"})
    folder.rmdir()
    folder.with_name("unplugged").rename(folder)
    settle(memory, READY)  # the stranger's place is known to be that of the disk by now
    assert documents(memory) == before
    tensors = {name: data for name, data in stored.items() if name.endswith(".pack")}
    assert tensors.items() <= packs(home).items()
    assert problems(memory) == []


def test_what_vanished_while_nobody_watched(home: Path, folder: Path) -> None:
    """A deleted file leaves at the next start; a folder emptied altogether may be a missing disk, and stays."""
    memory = Twin(home, WATCHED)
    watch(memory, folder)
    settle(memory, READY)
    memory.close()
    (folder / "house.md").rename(folder / "home.md")
    (folder / "garden.md").unlink()
    (folder / "new.md").write_text("A new file.\n")
    memory = Twin(home, WATCHED)
    until(lambda: "new.md" in states(memory) and "house.md" not in states(memory))
    memory.close()
    for path in folder.iterdir():
        path.unlink()
    memory = Twin(home, WATCHED)
    until(lambda: "offline" in states(memory).values())
    assert len(documents(memory)) >= 2
    assert problems(memory) == []
    memory.close()


def test_rules_are_followed_when_they_change(memory: Twin, folder: Path) -> None:
    watch(memory, folder)
    settle(memory, READY)
    (folder / ".twinignore").write_text("# mine\nhouse.md\n")
    settle(memory, {"garden.md": "ready", "house.md": "ignored", ".twinignore": "ignored"})
    assert not any("Petra" in document["text"] for document in documents(memory).values())
    told = memory.explain({"path": str(folder / "house.md")}, Caller())
    assert (told["read"], told["origin"], told["pattern"], told["line"]) == (
        False, str(folder / ".twinignore"), "house.md", 2,
    )  # fmt: skip
    (folder / ".twinignore").unlink()
    until(lambda: states(memory).get("house.md") == "ready")
    memory.configure(Settings(stable_seconds=STABLE, ignore=("gar*",)))
    until(lambda: states(memory).get("garden.md") == "ignored")
    assert sources(memory)["garden.md"]["reason"] == "setting ignore: gar*"
    assert problems(memory) == []


def test_explain_names_the_rule(memory: Twin, home: Path, folder: Path, tmp_path: Path) -> None:
    (folder / "node_modules" / "x").mkdir(parents=True)
    (folder / "node_modules" / "x" / "a.md").write_text("words\n")
    (folder / ".hidden.md").write_text("words\n")
    (folder / "photo.jpg").write_bytes(b"\xff\xd8\xff\xe0" + bytes(100))
    (folder / "link.md").symlink_to(folder / "house.md")
    with (folder / "large.txt").open("w") as file:
        file.write("words " * 100_000)
    memory.configure(Settings(stable_seconds=STABLE, text_limit_mb=0.5))
    watch(memory, folder)
    until(lambda: memory.folders.watching.watcher.root_of(folder / "house.md"))

    def told(path: Path) -> tuple[bool, str]:
        answer = memory.explain({"path": str(path)}, Caller())
        return answer["read"], answer["rule"]

    until(lambda: told(folder / "house.md") == (True, "no rule keeps it out"))
    assert told(folder) == (True, "no rule keeps it out")
    assert told(folder / ".hidden.md") == (False, "hidden")
    assert told(folder / "node_modules" / "x" / "a.md") == (False, "junk of the system or of programs (node_modules)")
    assert told(folder / "photo.jpg") == (False, "unsupported kind .jpg")
    assert told(folder / "link.md") == (False, "symbolic link (not followed)")
    assert told(folder / "large.txt") == (False, "larger than 0.5 MB (limit text_bytes)")
    assert told(tmp_path / "other.md")[1].startswith("outside every watched folder")
    assert told(folder / "no.md") == (False, "there is nothing at that path")
    assert told(home / "logs")[1] == "the memory's own folder"
    decided = memory.explain({"path": str(folder / "node_modules" / "x" / "a.md")}, Caller())
    assert decided["decided_at"] == str(folder / "node_modules")
    (folder / "house.md").write_text("# House\n\nThe roof is new.\n")
    until(lambda: told(folder / "house.md")[1].startswith("changed just now"))


def test_nested_folders_single_files_and_watching_no_more(memory: Twin, folder: Path) -> None:
    inner = folder / ".inner"
    inner.mkdir()
    (inner / "secret.md").write_text("The key lies under the blue pot.\n")
    single = folder.with_name("single.md")
    single.write_text("The single file.\n")
    watch(memory, folder, inner, single)
    wanted = READY | {"secret.md": "ready", "single.md": "ready"}
    settle(memory, wanted)
    memory.folders.watching.watcher.rescan()
    (inner / "more.md").write_text("More of it.\n")
    settle(memory, wanted | {"more.md": "ready"})
    with pytest.raises(TwinError, match="is not watched"):
        memory.unwatch({"paths": [str(inner / "secret.md")]}, Caller())
    memory.unwatch({"paths": [str(folder), str(inner)]}, Caller())
    (folder / "garden.md").unlink()
    single.write_text("The single file was edited.\n")
    until(lambda: any("edited" in document["text"] for document in documents(memory).values()))
    settle(memory, wanted | {"more.md": "ready"})
    memory.unwatch({"paths": [str(single)]}, Caller())
    assert not memory.folders.is_active()
    with pytest.raises(TwinError, match="there is no file or folder"):
        watch(memory, folder / "nowhere")


@pytest.fixture
def open_place() -> Iterator[Path]:
    """A folder that somebody who is not root can reach."""
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o777)
        yield Path(name)


@contextmanager
def nobody(home: Path) -> Iterator[None]:
    """Root may read everything, so root is somebody else meanwhile, whose memory it is."""
    if os.geteuid() != 0:
        yield
        return
    for path in (home, *home.rglob("*")):
        os.chown(path, 65_534, 65_534)
    os.seteuid(65_534)
    try:
        yield
    finally:
        os.seteuid(0)


def test_rights_that_are_lost_and_return(open_place: Path) -> None:
    """What memory holds stays meanwhile."""
    home, folder = open_place / "home", open_place / "files"
    for name in ("a.md", "deep/b.md"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(f"The words of {name}.\n")
    memory = Twin(home, WATCHED)
    try:
        watch(memory, folder)
        ready = {"a.md": "ready", "b.md": "ready"}
        settle(memory, ready)
        before = documents(memory)
        (folder / "a.md").chmod(0)
        (folder / "deep").chmod(0)
        with nobody(home):
            memory.folders.watching.watcher.rescan()
            until(lambda: states(memory).get("a.md") == states(memory).get("b.md") == "failed")
            assert "permission denied" in sources(memory)["a.md"]["reason"]
            assert "permission denied" in sources(memory)["b.md"]["reason"]
            assert documents(memory) == before
        (folder / "a.md").chmod(0o644)
        (folder / "deep").chmod(0o755)
        settle(memory, ready)
        assert documents(memory) == before
        assert problems(memory) == []
    finally:
        memory.close()


def test_the_command_and_an_owner_that_is_killed(home: Path, folder: Path) -> None:
    """Watching outlives the owner: the next one, whoever starts it, goes on."""
    nowhere = twin(home, "watch", str(folder), str(folder / "nowhere"))
    assert nowhere.returncode == 1
    assert "make it, or plug in its disk" in nowhere.stderr
    assert [item["path"] for item in lines(home, "watch", "--list")] == [str(folder)]
    assert lines(home, "status")[0]["watching"] == [str(folder)]
    until(lambda: {item["state"] for item in lines(home, "sources")} == {"ready"})
    kill_owner(home)
    (folder / "shed.md").write_text("# Shed\n\nThe shed is green.\n")
    until(lambda: lines(home, "search", "green"))
    (explained,) = lines(home, "watch", "--explain", str(folder / "shed.md"))
    assert (explained["read"], explained["root"]) == (True, str(folder))
    human = twin(home, "watch", "--explain", str(folder / ".git" / "x"))
    assert "there is nothing at that path" in human.stdout
    assert twin(home, "watch").returncode == twin(home, "watch", str(folder), "--list").returncode == 2
    assert lines(home, "watch", "--remove", str(folder))[0]["watching"] == []
    assert twin(home, "watch", "--remove", str(folder)).returncode == 1
    until(lambda: {item["state"] for item in lines(home, "sources")} == {"ready"})
    assert twin(home, "stop").returncode == 0
