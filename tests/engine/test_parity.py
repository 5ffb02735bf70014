"""`python -m engine.parity`: numbers recorded from the released code, and that a wrong number is noticed."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from tiny import CASES, REFERENCE

from engine import parity


@pytest.mark.parametrize("name", CASES)
def test_recorded_cases_hold(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert parity.main([str(REFERENCE / name)]) == 0
    lines = capsys.readouterr().out.splitlines()
    recorded = load_file(REFERENCE / name / "expected.safetensors")
    assert {line.split()[0] for line in lines[:-1]} == set(recorded)
    assert len(recorded) >= 13
    assert lines[-1] == "parity holds"


@pytest.fixture
def case(tmp_path: Path) -> Path:
    return Path(shutil.copytree(REFERENCE / "paper", tmp_path / "case"))


def alter(case: Path, name: str, change: torch.Tensor | float) -> None:
    """Adds `change` to the tensor's first element."""
    expected = load_file(case / "expected.safetensors")
    expected[name].view(-1)[0] += change
    save_file(expected, case / "expected.safetensors")


@pytest.mark.parametrize(
    "name",
    [
        "pooled_k.2", "pooled_v.3", "routing_k.2", "selected_scores.3", "prefill_logits", "decode_logits",
        "hop2_prefill_last_logits", "hop2_selected_scores.2",
    ],
)  # fmt: skip
def test_one_number_beyond_the_tolerance_fails(name: str, case: Path, capsys: pytest.CaptureFixture[str]) -> None:
    alter(case, name, 2.5e-3)
    assert parity.main([str(case)]) == 1
    failed = [line.split()[0] for line in capsys.readouterr().out.splitlines() if line.endswith("FAIL")]
    assert failed == [name]


def test_within_the_tolerance_passes(case: Path) -> None:
    alter(case, "prefill_logits", 5e-4)
    assert parity.main([str(case)]) == 0


def test_another_document_fails(case: Path) -> None:
    alter(case, "selected_docs.2", 1)
    assert parity.main([str(case)]) == 1


def test_chunks_of_another_document_fail(case: Path) -> None:
    alter(case, "chunk_doc", 1)
    assert parity.main([str(case)]) == 1


@pytest.mark.parametrize("name", ["prefill_logits", "pooled_k.2"])
def test_nan_never_passes(name: str, case: Path) -> None:
    alter(case, name, float("nan"))
    assert parity.main([str(case)]) == 1


def test_nan_in_the_weights_never_passes(case: Path) -> None:
    path = case / "checkpoint" / "model.safetensors"
    weights = load_file(path)
    weights["model.norm.weight"][0] = float("nan")
    save_file(weights, path, metadata={"format": "pt"})
    assert parity.main([str(case)]) == 1


def test_without_hop2(case: Path, capsys: pytest.CaptureFixture[str]) -> None:
    inputs = json.loads((case / "inputs.json").read_text(encoding="utf-8"))
    del inputs["hop2"]
    (case / "inputs.json").write_text(json.dumps(inputs), encoding="utf-8")
    assert parity.main([str(case)]) == 1  # recorded but not recomputed: not parity
    expected = load_file(case / "expected.safetensors")
    save_file({n: t for n, t in expected.items() if not n.startswith("hop2")}, case / "expected.safetensors")
    capsys.readouterr()
    assert parity.main([str(case)]) == 0
    assert "hop2" not in capsys.readouterr().out


def test_another_shape_fails(case: Path) -> None:
    expected = load_file(case / "expected.safetensors")
    expected["decode_logits"] = expected["decode_logits"][:2].contiguous()
    save_file(expected, case / "expected.safetensors")
    assert parity.main([str(case)]) == 1


def test_nothing_recorded_is_not_parity(case: Path) -> None:
    save_file({}, case / "expected.safetensors")
    assert parity.main([str(case)]) == 1


def test_documents_of_equal_score_may_change_places() -> None:
    want, scores = torch.tensor([7, 3, 5, 1]), torch.tensor([0.9, 0.5, 0.5 - 5e-6, 0.1])
    assert parity._same_documents(torch.tensor([7, 5, 3, 1]), want, scores)
    assert parity._same_documents(want, want, scores)
    assert not parity._same_documents(torch.tensor([3, 7, 5, 1]), want, scores)
    assert not parity._same_documents(torch.tensor([7, 5, 2, 1]), want, scores)


def test_missing_checkpoint_says_which_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "inputs.json").write_text("{}", encoding="utf-8")
    save_file({"x": torch.zeros(1)}, tmp_path / "expected.safetensors")
    assert parity.main([str(tmp_path)]) == 1
    assert "config.json" in capsys.readouterr().out
