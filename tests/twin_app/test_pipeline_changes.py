"""What `add` does to a memory when files are the same, edited, touched, renamed, left out or gone."""

from __future__ import annotations

import os
import random
import shutil
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from real_memory import Caller, add, documents, packs, problems, sources, wait

from twin_app.errors import CancelledError
from twin_app.reading import summary
from twin_app.settings import Settings
from twin_app.twin import Twin

GARDEN = "# Garden\n\n## Beds\n\nThe beans grow in bed four.\n\n## Water\n\nThe tap is behind the shed.\n"
HOUSE = "# House\n\nThe roof was mended in 2019 by Petra.\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "files"
    folder.mkdir()
    (folder / "garden.md").write_text(GARDEN)
    (folder / "house.md").write_text(HOUSE)
    return folder


@pytest.fixture
def memory(home: Path, folder: Path) -> Iterator[Twin]:
    """A memory that has read the folder."""
    memory = Twin(home, Settings())
    assert add(memory, folder)["read"] == 2
    yield memory
    memory.close()


def test_the_same_again_changes_nothing(memory: Twin, home: Path, folder: Path) -> None:
    before, stored = documents(memory), packs(home)
    assert len(before) >= 3
    assert stored
    report = add(memory, folder, folder / "house.md")
    assert {name: count for name, count in report.items() if count and name != "seconds"} == {"unchanged": 2}
    os.utime(folder / "house.md", (1, 1))
    touched = add(memory, folder)
    assert (touched["read"], touched["unchanged"]) == (0, 2)
    assert add(memory, folder)["unchanged"] == 2
    assert documents(memory) == before
    assert packs(home) == stored
    assert problems(memory) == []


def test_an_edit_changes_only_what_was_edited(memory: Twin, folder: Path) -> None:
    before = documents(memory)
    (folder / "garden.md").write_text("New first line.\n\n" + GARDEN.replace("four", "nine"))
    report = add(memory, folder)
    assert (report["read"], report["unchanged"]) == (1, 1)
    after = documents(memory)
    kept, gone = set(before) & set(after), set(before) - set(after)
    assert any("Petra" in before[name]["text"] for name in kept)
    assert any("tap" in before[name]["text"] for name in kept)
    assert all(after[name]["text"] == before[name]["text"] for name in kept)
    assert gone
    assert all("bed four" in before[name]["text"] for name in gone)
    assert any("bed nine" in document["text"] for document in after.values())
    assert all(document["encoded"] for document in after.values())
    assert min(set(after) - set(before)) > max(before), "a number is never given twice"
    water = next(document for document in after.values() if "tap" in document["text"])
    assert (folder / "garden.md").read_text().split("\n")[water["line_start"] - 1] in water["text"]
    assert problems(memory) == []


def test_renames_are_metadata_only(memory: Twin, home: Path, folder: Path) -> None:
    before, stored = documents(memory), packs(home)
    (folder / "new").mkdir()
    for name in ("garden.md", "house.md"):
        (folder / name).rename(folder / "new" / f"my {name}")
    report = add(memory, folder)
    assert (report["read"], report["renamed"], report["removed"]) == (0, 2, 0)
    after = documents(memory)
    assert {name: document["text"] for name, document in after.items()} == {
        name: document["text"] for name, document in before.items()
    }
    assert {document["source"] for document in after.values()} == {
        str(folder / "new" / "my garden.md"),
        str(folder / "new" / "my house.md"),
    }
    assert packs(home) == stored
    (folder / "new").rename(folder / "newer")
    assert add(memory, folder)["renamed"] == 2
    assert {source["state"] for source in sources(memory).values()} == {"ready"}
    assert problems(memory) == []


def test_a_copy_is_a_document_of_its_own(memory: Twin, folder: Path) -> None:
    shutil.copy(folder / "house.md", folder / "copy.md")
    assert add(memory, folder)["read"] == 1
    roof = [document["source"] for document in documents(memory).values() if "Petra" in document["text"]]
    assert sorted(roof) == [str(folder / "copy.md"), str(folder / "house.md")]


def test_whoever_missed_a_rename_cannot_remove_what_has_a_new_name(memory: Twin, folder: Path) -> None:
    before, stale = documents(memory).keys(), memory.catalog.sources.known([folder / "house.md"])
    (folder / "house.md").rename(folder / "home.md")
    assert add(memory, folder)["renamed"] == 1
    assert memory.storing.leave(stale.values(), retire=False) == []
    assert documents(memory).keys() == before
    assert sources(memory)["home.md"]["state"] == "ready"
    assert problems(memory) == []


def test_what_is_deleted_leaves(memory: Twin, folder: Path) -> None:
    (folder / "house.md").unlink()
    assert add(memory, folder)["removed"] == 1
    assert set(sources(memory)) == {"garden.md"}
    assert not any("Petra" in document["text"] for document in documents(memory).values())
    assert memory.search({"words": "Petra"}, Caller())["passages"] == []
    assert problems(memory) == []


def test_a_folder_that_vanishes_is_offline_and_comes_back(memory: Twin, home: Path, folder: Path) -> None:
    before, stored = documents(memory), packs(home)
    folder.rename(folder.with_name("unplugged"))
    for _ in range(2):
        add(memory, folder)
        assert {source["state"] for source in sources(memory).values()} == {"offline"}
    folder.mkdir()  # the place where a disk would be mounted
    add(memory, folder)
    assert {source["state"] for source in sources(memory).values()} == {"offline"}
    assert documents(memory) == before
    folder.rmdir()
    folder.with_name("unplugged").rename(folder)
    report = add(memory, folder)
    assert (report["read"], report["unchanged"]) == (0, 2)
    assert {(source["state"], source["reason"]) for source in sources(memory).values()} == {("ready", "")}
    assert (documents(memory), packs(home)) == (before, stored)


def test_a_stranger_where_a_disk_is_missing_deletes_nothing(memory: Twin, folder: Path) -> None:
    before = documents(memory)
    folder.rename(folder.with_name("unplugged"))
    folder.mkdir()
    (folder / "stranger.md").write_text("A note that somebody left where the disk is mounted.\n")
    report = add(memory, folder)
    assert (report["read"], report["removed"]) == (1, 0)
    assert before.items() <= documents(memory).items()
    assert {name: row["state"] for name, row in sources(memory).items()} == {
        "house.md": "offline", "garden.md": "offline", "stranger.md": "ready",
    }  # fmt: skip
    (folder / "stranger.md").rename(folder / "guest.md")
    (folder / "another.md").write_text("The ferry leaves at nine.\n")
    assert add(memory, folder)["removed"] == 0, "renamed, and what is offline stays offline"


def test_what_may_no_longer_be_read_leaves(memory: Twin, home: Path, folder: Path) -> None:
    (folder / ".twinignore").write_text("house.md\n")
    assert any(file["path"].endswith("house.md") for file in add(memory, folder)["ignored"])
    assert sources(memory)["house.md"]["state"] == "ignored"
    assert {document["source"] for document in documents(memory).values()} == {str(folder / "garden.md")}
    (folder / "garden.md").write_bytes(random.Random(7).randbytes(5000))
    add(memory, folder)
    assert documents(memory) == {}
    assert sources(memory)["garden.md"]["state"] in ("ignored", "failed")
    assert sources(memory)["garden.md"]["reason"]
    (folder / "garden.md").write_text(GARDEN)
    memory.configure(Settings(text_limit_mb=0.000_01))
    add(memory, folder)
    assert sources(memory)["garden.md"]["state"] == "ignored"
    memory.configure(Settings())
    assert add(memory, folder)["read"] == 1
    (folder / ".twinignore").write_text("*.md\n!house.md\n")
    assert add(memory, folder)["read"] == 1
    assert {document["source"] for document in documents(memory).values()} == {str(folder / "house.md")}
    assert problems(memory) == []


def test_hidden_files_named_themselves_stay(memory: Twin, folder: Path) -> None:
    (folder / ".secret.md").write_text("The key lies under the blue pot.\n")
    assert add(memory, folder)["read"] == 0
    assert add(memory, folder / ".secret.md")["read"] == 1
    add(memory, folder)
    assert sources(memory)[".secret.md"]["state"] == "ready"


def test_what_a_client_that_left_had_queued_is_read_all_the_same(memory: Twin, folder: Path) -> None:
    for number in range(20):
        (folder / f"{number:02}.md").write_text(f"Note number {number} of the walk.\n")
    checks = iter(range(10_000))
    caller = Caller(leaves=lambda: next(checks) >= 5)
    with pytest.raises(CancelledError, match="queued"):
        memory.add({"paths": [str(folder)]}, caller)
    assert problems(memory) == []  # the background lets it go first
    wait(memory)
    found = documents(memory)
    assert len({document["source"] for document in found.values()}) == 22
    assert all(document["encoded"] for document in found.values())
    assert {source["state"] for source in sources(memory).values()} == {"ready"}


def test_an_add_that_waits_for_another_is_read_though_its_client_leaves(memory: Twin, folder: Path) -> None:
    (folder / "new.md").write_text("The ferry leaves at nine.\n")
    gone, ends = threading.Event(), list[BaseException]()

    def add_and_leave() -> None:
        try:
            memory.add({"paths": [str(folder)]}, Caller(leaves=gone.is_set))
        except CancelledError as error:
            ends.append(error)

    with memory.turns.turn("another add", Caller()):
        thread = threading.Thread(target=add_and_leave)
        thread.start()
        deadline = time.monotonic() + 20
        while sources(memory).get("new.md", {}).get("state") != "queued" and time.monotonic() < deadline:
            time.sleep(0.02)
        gone.set()
        thread.join(20)
    assert len(ends) == 1
    wait(memory)
    assert sources(memory)["new.md"]["state"] == "ready"
    assert len(memory.search({"words": "ferry"}, Caller())["passages"]) == 1


def test_what_others_do_while_an_add_waits_counts(memory: Twin, folder: Path) -> None:
    for name in ("read", "forgotten", "removed"):
        (folder / f"{name}.md").write_text(f"# {name}\n\nThis note is {name} while an add waits.\n")
    taken = memory._pipeline().take([folder])
    memory.forget({"paths": [str(folder / "forgotten.md")], "confirm": True}, Caller())
    (folder / "forgotten.md").write_text("The same file with other words.\n")
    (folder / "removed.md").unlink()
    memory._pipeline().drain(Caller())
    report = memory._pipeline().read(taken, Caller())
    assert (report.read, report.unchanged, report.failed) == (1, 2, [])
    assert report.documents == sources(memory)["read.md"]["documents"] > 0
    assert [Path(file["path"]).name for file in report.ignored] == ["forgotten.md"]
    assert memory.search({"words": "forgotten"}, Caller())["passages"] == []
    assert "removed.md" not in sources(memory)


def test_a_stranger_that_is_read_while_an_add_waits_deletes_nothing(memory: Twin, folder: Path) -> None:
    before = documents(memory)
    folder.rename(folder.with_name("unplugged"))
    folder.mkdir()
    (folder / "stranger.md").write_text("A note that somebody left where the disk is mounted.\n")
    taken = memory._pipeline().take([folder])
    memory._pipeline().drain(Caller())
    assert memory._pipeline().read(taken, Caller()).removed == 0
    assert before.items() <= documents(memory).items()


def test_history_is_kept_when_the_person_wants_it(memory: Twin, folder: Path) -> None:
    memory.configure(Settings(history="keep"))
    (folder / "house.md").write_text(HOUSE.replace("Petra", "Quentin"))
    add(memory, folder)
    assert not any("Petra" in document["text"] for document in documents(memory).values())
    assert memory.search({"words": "Petra"}, Caller())["passages"] == []
    assert len(memory.search({"words": "Quentin"}, Caller())["passages"]) == 1
    assert problems(memory) == []


def test_thousands_of_reasons_are_told_in_few_words() -> None:
    assert summary([]) == ""
    assert summary(["page 1: empty"]) == "page 1: empty"
    assert summary([f"mail {number}: broken" for number in range(3000)]).endswith("; and 2,995 more")


def test_another_model_has_a_bank_of_its_own(memory: Twin, home: Path, tmp_path: Path, folder: Path) -> None:
    embedded = memory.models.path("twin-tiny")
    other = tmp_path / "other"
    shutil.copytree(embedded, other)
    config = (other / "config.json").read_text()
    (other / "config.json").write_text(config.replace('"rope_theta": 1000000.0', '"rope_theta": 20000.0'))
    assert (other / "config.json").read_text() != config
    before = documents(memory)

    memory.configure(Settings(model=str(other)))
    (folder / "house.md").write_text(HOUSE.replace("Petra", "Quentin"))
    report = memory.add({"paths": [str(folder)]}, Caller(memory.settings))
    assert (report["read"], report["unchanged"]) == (1, 1)
    assert memory.status({}, Caller())["queued"] == 0
    assert problems(memory) == []
    assert len({name.split("/")[1] for name in packs(home)}) == 2

    memory.configure(Settings())
    found = memory.add({"paths": [str(folder)]}, Caller(memory.settings))
    assert found["unchanged"] == 2
    after = documents(memory)
    assert all(document["encoded"] for document in after.values())
    assert {document["text"] for document in after.values()} != {document["text"] for document in before.values()}
    assert problems(memory) == []
