"""Changing the model: a second bank grows while the old one serves, and either can be dropped."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

import pytest
from owners import ROOT, twin
from real_memory import Caller, Json, add, documents, lines, packs, problems, wait

from twin_app import engines as engines_module
from twin_app.errors import TwinError
from twin_app.models import Models
from twin_app.settings import Settings, read_file
from twin_app.twin import Twin

sys.path.insert(0, str(ROOT / "tests" / "engine"))
from tiny import checkpoint

QUESTION = {"question": "What is the password of the boat?", "save": False}


@pytest.fixture
def notes(tmp_path: Path) -> Path:
    folder = tmp_path / "notes"
    folder.mkdir()
    for name in ("boat", "lamp", "car", "tent", "oven"):
        (folder / f"{name}.md").write_text(f"# {name}\n\nThe password of the {name} is {name}-7741.\n")
    return folder


@pytest.fixture(scope="module")
def other(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small random checkpoint of its own vocabulary."""
    return checkpoint(tmp_path_factory.mktemp("checkpoints") / "other")


def models(memory: Twin) -> dict[str, Json]:
    return {model["model"]: model for model in memory.model_list({}, Caller())["models"]}


def ask(memory: Twin, **params: object) -> Json:
    return memory.ask({**QUESTION, **params}, Caller(memory.settings))


def test_the_old_model_serves_until_the_new_one_has_everything(
    home: Path, notes: Path, other: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engines_module, "FOLLOW_DOCUMENTS", 2)
    new = str(other)
    memory = Twin(home, Settings())
    add(memory, notes)
    wait(memory)
    monkeypatch.setattr(memory.encoding, "go_on", lambda: None)  # every question would set the background going
    before = packs(home)
    memory.engines.configure(Settings(model=new))
    memory.settings = Settings(model=new)
    looks = iter([False] * 3 + [True] * 1000)
    memory.engines.follow(lambda: next(looks))
    status = memory.status({}, Caller())
    assert 0 < status["changing"]["encoded"] < 5
    assert (status["changing"]["model"], status["model"]) == (new, "twin-tiny")
    assert status["queued"] == 5 - status["changing"]["encoded"]
    with pytest.raises(TwinError, match=r"encoded \d of 5 documents.*twin model use"):
        ask(memory, model=new)
    assert all(document["encoded"] for document in documents(memory).values())
    result = ask(memory)
    assert (result["model"], result["grounded"]) == ("twin-tiny", True)
    memory.close()
    begun = {name: held for name, held in packs(home).items() if name not in before and name.endswith(".pack")}
    assert begun

    memory = Twin(home, Settings(model=new))  # as after a kill: the next owner goes on with what is there
    wait(memory)
    assert memory.status({}, Caller()).items() >= {"model": new, "changing": None, "queued": 0}.items()
    assert ask(memory)["model"] == new
    assert ask(memory, model="twin-tiny")["model"] == "twin-tiny", "its bank is complete"
    after = packs(home)
    assert {name: after[name] for name in before} == before, "the old bank is as it was"
    assert problems(memory) == []

    (notes / "new.md").write_text("# New\n\nSomething else.\n")
    add(memory, notes)
    with pytest.raises(TwinError, match="5 of 6 documents"):
        ask(memory, model="twin-tiny")
    with pytest.raises(TwinError, match="in use"):
        memory.model_drop({"name": new}, Caller())
    assert memory.model_drop({"name": "twin-tiny"}, Caller())["bytes"] > 0
    assert len(memory.engines.held()) == 1
    assert models(memory)["twin-tiny"]["encoded"] is None
    assert problems(memory) == []
    memory.close()


def test_what_is_forgotten_leaves_every_bank(home: Path, notes: Path, other: Path) -> None:
    memory = Twin(home, Settings())
    add(memory, notes)
    memory.configure(Settings(model=str(other)))
    wait(memory)
    assert {len(held) for held in memory.engines.held().values()} == {5}
    receipt = memory.forget({"paths": [str(notes / "boat.md")], "confirm": True}, Caller())
    assert {len(held) for held in memory.engines.held().values()} == {4}
    assert memory.verify({"forgotten": receipt}, Caller()) == {"ok": True, "problems": []}
    memory.close()


def test_one_checkpoint_under_two_names_is_one_model(home: Path, notes: Path, tmp_path: Path) -> None:
    copied = tmp_path / "a copy of it"
    shutil.copytree(Models(home).path("twin-tiny"), copied)
    memory = Twin(home, Settings())
    add(memory, notes, model=str(copied))
    assert ask(memory, model=str(copied))["grounded"]
    memory.configure(Settings(model=str(copied)))
    wait(memory)
    assert memory.status({}, Caller()).items() >= {"model": str(copied), "changing": None}.items()
    assert len(memory.engines.held()) == 1
    shutil.rmtree(copied)
    memory.close()
    memory = Twin(home, Settings(model=str(copied)))
    with pytest.raises(TwinError, match=r"there is no checkpoint in .*one of twin-tiny"):
        ask(memory)
    memory.configure(Settings())
    wait(memory)
    assert ask(memory)["grounded"]
    memory.close()


def test_a_model_that_cannot_be_loaded_leaves_the_old_one_in_use(home: Path, notes: Path, tmp_path: Path) -> None:
    broken = tmp_path / "broken"
    shutil.copytree(Models(home).path("twin-tiny"), broken)
    weights = broken / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:1000])
    memory = Twin(home, Settings())
    add(memory, notes)
    memory.configure(Settings(model=str(broken)))
    wait(memory)
    status = memory.status({}, Caller())
    assert status["model"] == "twin-tiny"
    assert status["changing"]["trouble"]
    assert ask(memory)["grounded"]
    memory.close()


def test_the_command_line_changes_models(home: Path, notes: Path, other: Path) -> None:
    unknown = twin(home, "add", str(notes), "--model", "no-such-model")
    assert (unknown.returncode, "only twin-tiny" in unknown.stderr) == (1, True)
    assert twin(home, "add", str(notes), "--model", str(other)).returncode == 0, "an empty memory takes any model"
    assert read_file(home / "config.toml")["model"] == str(other)
    (status,) = lines(home, "status")
    assert (status["model"], status["changing"], status["queued"]) == (str(other), None, 0)
    refused = twin(home, "add", str(notes), "--model", "twin-tiny")
    assert (refused.returncode, "twin model use twin-tiny" in refused.stderr) == (1, True)

    used = twin(home, "model", "use", "twin-tiny", "--now")
    assert used.returncode == 0, used.stderr
    assert lines(home, "status")[0]["model"] == "twin-tiny"
    found = json.loads(twin(home, "--json", "model", "list").stdout)["models"]
    assert [model["model"] for model in found if model["used"]] == ["twin-tiny"]
    assert {model["model"]: model["encoded"] for model in found}[str(other)] == 5
    assert twin(home, "model", "drop", str(other)).returncode == 0
    again = twin(home, "model", "drop", str(other))
    assert (again.returncode, "no bank" in again.stderr) == (1, True)
