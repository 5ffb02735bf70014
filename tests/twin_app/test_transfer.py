"""A backup is complete, checked, and comes back as the very same memory; nothing is ever overwritten."""

from __future__ import annotations

import json
import resource
from pathlib import Path
from typing import Any

import pytest
from owners import twin
from real_memory import Caller, Json, add, documents, lines, problems, wait

from twin_app.errors import TwinError
from twin_app.locations import locate
from twin_app.settings import Settings
from twin_app.transfer import MANIFEST, read_import
from twin_app.twin import Twin

QUESTION = {"question": "What is the password of the boat?"}


def quiet(phase: str, done: int, total: int) -> None:
    """Nobody watches."""


@pytest.fixture
def notes(tmp_path: Path) -> Path:
    folder = tmp_path / "notes"
    folder.mkdir()
    for name in ("boat", "lamp", "car"):
        (folder / f"{name}.md").write_text(f"# {name}\n\nThe password of the {name} is {name}-7741.\n")
    return folder


def filled(home: Path, notes: Path) -> tuple[Twin, Json]:
    memory = Twin(home, Settings())
    add(memory, notes)
    answer = memory.ask(dict(QUESTION), Caller())
    assert answer["grounded"]
    return memory, answer


def export(memory: Twin, folder: Path, **params: Any) -> Json:
    return memory.export({"folder": str(folder), "settings": 'me = ["Ada"]\n', **params}, Caller())


@pytest.mark.parametrize("tensors", [True, False])
def test_an_export_comes_back_the_same(home: Path, notes: Path, tmp_path: Path, tensors: bool) -> None:
    memory, answer = filled(home, notes)
    held = documents(memory)
    result = export(memory, tmp_path / "backup", tensors=tensors)
    memory.ask({"question": "Where is the lamp?"}, Caller())  # the owner lives on
    memory.close()
    assert (result["documents"], result["conversations"]) == (3, 1)
    assert (tmp_path / "backup" / "bank").exists() == tensors
    assert [path for path in tmp_path.joinpath("backup").rglob("*") if path.lstat().st_mode & 0o077] == []

    restored = locate(tmp_path / "restored")
    manifest = read_import(tmp_path / "backup", restored, quiet)
    assert (manifest["tensors"], manifest["model"]) == (tensors, "twin-tiny")
    assert restored.config_file.read_text() == 'me = ["Ada"]\n'
    again = Twin(restored.data, Settings())
    wait(again)
    assert problems(again) == []
    assert documents(again) == held
    (talk,) = again.conversations({}, Caller())["conversations"]
    assert talk["title"] == QUESTION["question"]
    second = again.ask({**QUESTION, "save": False}, Caller())
    assert {key: second[key] for key in ("answer", "citations", "hops")} == {
        key: answer[key] for key in ("answer", "citations", "hops")
    }
    again.close()
    assert not (restored.data / "importing").exists()


def test_the_command_line_exports_while_it_is_in_use_and_refuses_to_overwrite(
    home: Path, notes: Path, tmp_path: Path
) -> None:
    assert twin(home, "add", str(notes)).returncode == 0
    backup = tmp_path / "back up"
    (done,) = lines(home, "export", str(backup))
    assert done["documents"] == 3
    full = twin(home, "export", str(backup))
    assert (full.returncode, "is not empty" in full.stderr) == (1, True)
    taken = twin(home, "import", str(backup))
    assert (taken.returncode, "is not empty (3 documents" in taken.stderr) == (1, True)
    other = tmp_path / "other"
    assert lines(other, "status")[0]["documents"] == 0, "an owner of the empty memory runs"
    imported = twin(other, "import", str(backup))
    assert imported.returncode == 0, imported.stderr
    assert lines(other, "verify") == [{"ok": True, "problems": []}]
    assert len(lines(other, "search", "password")) == 3
    none = twin(tmp_path / "third", "import", str(notes))
    assert (none.returncode, "no whole export" in none.stderr) == (1, True)


def test_a_damaged_or_cut_off_export_is_refused_and_changes_nothing(home: Path, notes: Path, tmp_path: Path) -> None:
    memory, _ = filled(home, notes)
    export(memory, tmp_path / "backup")
    memory.close()
    target = locate(tmp_path / "target")
    packs = sorted(path for path in (tmp_path / "backup" / "bank").rglob("*") if path.is_file())
    for path in (tmp_path / "backup" / "catalog.duckdb", packs[0]):
        kept = path.read_bytes()
        path.write_bytes(kept[:-1] + bytes([kept[-1] ^ 1]))
        with pytest.raises(TwinError, match=r"damaged"):
            read_import(tmp_path / "backup", target, quiet)
        path.write_bytes(kept)
    packs[0].rename(tmp_path / "kept")
    with pytest.raises(TwinError, match=r"No such file.*the memory is as it was"):
        read_import(tmp_path / "backup", target, quiet)
    (tmp_path / "kept").rename(packs[0])
    manifest = json.loads((tmp_path / "backup" / MANIFEST).read_text())
    for change, message in (
        ({"twin_export": 99}, "format 99"),
        ({"files": [*manifest["files"], {"path": "../evil", "bytes": 1, "sha256": "x"}]}, "names '../evil'"),
    ):
        (tmp_path / "backup" / MANIFEST).write_text(json.dumps({**manifest, **change}))
        with pytest.raises(TwinError, match=message):
            read_import(tmp_path / "backup", target, quiet)
    (tmp_path / "backup" / MANIFEST).unlink()  # killed before the end
    with pytest.raises(TwinError, match="written last"):
        read_import(tmp_path / "backup", target, quiet)
    assert {path.name for path in target.data.iterdir()} <= {"owner.lock", "logs"}


def test_an_export_that_is_given_up_or_finds_the_disk_full_leaves_nothing(
    home: Path, notes: Path, tmp_path: Path
) -> None:
    memory, _ = filled(home, notes)
    with pytest.raises(TwinError, match="nothing was exported"):
        memory.export({"folder": str(tmp_path / "a")}, Caller(leaves=lambda: True))
    kept = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, kept[1]))  # stands for a full disk: EFBIG instead of ENOSPC
    try:
        with pytest.raises(Exception, match=r"File too large|disk full|nothing is left"):
            export(memory, tmp_path / "b")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, kept)
    assert not (tmp_path / "a").exists()
    assert not (tmp_path / "b").exists()
    assert problems(memory) == []
    assert export(memory, tmp_path / "c")["documents"] == 3
    memory.close()
