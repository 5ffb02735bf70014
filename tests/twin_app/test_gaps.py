"""Small promises of the command line: numbers that mean what was seen last, copies that stay, words left out."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from owners import twin
from real_memory import Caller, add, documents, lines, problems

from twin_app.errors import CancelledError, TwinError
from twin_app.settings import Settings
from twin_app.twin import Twin


@pytest.fixture
def notes(tmp_path: Path) -> Path:
    folder = tmp_path / "notes"
    folder.mkdir()
    (folder / "flat.md").write_text("# Flat\n\nThe rent of the flat is 900 a month.\n")
    (folder / "boat.md").write_text("# Boat\n\nThe rent of the berth is 70 a month.\n")
    (folder / "copy.md").write_text((folder / "boat.md").read_text())
    return folder


def test_what_is_cut_short_is_no_result(home: Path, notes: Path) -> None:
    """As when the owner is stopped; whoever left does not hear of it."""
    memory = Twin(home, Settings())
    add(memory, notes)
    question = {"question": "What is the rent of the flat?", "id": 1}
    for method, params in (
        (memory.ask, question), (memory.ask_many, {"questions": [question] * 3}), (memory.documents, {}),
        (memory.sources, {}),
    ):  # fmt: skip
        for looks in (0, 1, 2):
            left = iter(range(looks))
            caller = Caller(leaves=lambda left=left: next(left, None) is None)  # type: ignore[misc]
            with pytest.raises(CancelledError, match="the owner was stopped: try again") as caught:
                method(params, caller)
            assert caught.value.exit_code == 3
            assert all(item.get("grounded", True) for item in caller.items())
    assert memory.conversations({}, Caller())["conversations"] == []
    memory.close()


def test_numbers_mean_the_list_that_was_seen_last(home: Path, notes: Path) -> None:
    assert twin(home, "add", str(notes)).returncode == 0
    nothing = twin(home, "show", "1")
    assert (nothing.returncode, "ask or search something first" in nothing.stderr) == (1, True)
    asked = json.loads(twin(home, "--json", "ask", "What is the rent of the flat?").stdout)
    assert lines(home, "show", "1")[0]["quote"] == asked["citations"][0]["quote"]

    listed = twin(home, "search", "rent", "-flat")
    assert (listed.returncode, "[1]" in listed.stdout, "flat.md" in listed.stdout) == (0, True, False), listed.stderr
    (second,) = lines(home, "show", "2")
    assert f"[2] “{second['quote']}”" in listed.stdout
    assert "70 a month" in second["quote"]
    assert lines(home, "search", "flat"), "--json is for programs: it changes no number"
    assert lines(home, "show", "2")[0]["quote"] == second["quote"]
    beyond = twin(home, "show", "9")
    assert (beyond.returncode, "2 passages" in beyond.stderr) == (1, True)
    assert "rent" not in (home / "last-list.json").read_text(), "places only, never words"

    assert twin(home, "ask", "What is the rent of the flat?", "--no-save").returncode == 0
    unsaved = twin(home, "show", "1")
    assert (unsaved.returncode, "--no-save" in unsaved.stderr) == (1, True)
    refused = twin(home, "ask", "-c", "--questions", "x.jsonl")
    assert (refused.returncode, "do not go together" in refused.stderr) == (2, True)


def test_what_was_nearest_can_be_shown(home: Path, notes: Path) -> None:
    memory = Twin(home, Settings())
    add(memory, notes)
    result = memory.ask({"question": "Who discovered xylographic zirconium?", "retrieval": "latent"}, Caller())
    if result["grounded"]:
        pytest.fail("the question has no answer in these notes")
    for record in result["nearest"]:
        assert memory.show({"ref": str(record["n"])}, Caller())["quote"] == record["quote"]
    with pytest.raises(TwinError, match=r"no \[99\]"):
        memory.show({"ref": "99"}, Caller())
    memory.close()


def test_a_copy_of_what_is_forgotten_stays_and_is_named(home: Path, notes: Path) -> None:
    memory = Twin(home, Settings())
    add(memory, notes)
    memory.ask({"question": "What is the rent of the berth?"}, Caller())
    preview = memory.forget({"paths": [str(notes / "boat.md")]}, Caller())
    assert preview["copies"] == [str(notes / "copy.md")]
    receipt = memory.forget({"paths": [str(notes / "boat.md")], "confirm": True}, Caller())
    assert (receipt["copies"], receipt["questions_kept"]) == ([str(notes / "copy.md")], 1)
    (notes / "copy.md").touch()
    add(memory, notes)
    assert {Path(item["source"]).name for item in documents(memory).values()} == {"flat.md", "copy.md"}
    left = memory.verify({"forgotten": receipt}, Caller())
    assert not left["ok"]
    assert any("copy.md holds the same text" in problem for problem in left["problems"])
    both = memory.forget({"paths": [str(notes / "copy.md")], "confirm": True}, Caller())
    assert memory.verify({"forgotten": both}, Caller())["ok"]
    assert memory.verify({"forgotten": receipt}, Caller())["ok"]
    assert problems(memory) == []
    memory.close()


def test_coverage_counts_what_could_be_searched(home: Path, notes: Path) -> None:
    memory = Twin(home, Settings())
    add(memory, notes)
    memory.catalog.documents.mark_pending([1])
    for retrieval, searched, pending in (("latent", 2, 1), ("both", 3, 1), ("words", 3, None)):
        for scope in ({}, {"inside": str(notes)}):
            asking = memory._asking({"retrieval": retrieval, **scope}, "What is the rent?")
            coverage = memory.answerer.coverage(asking)
            assert (coverage["searched"], coverage.get("pending")) == (searched, pending)
    memory.close()
