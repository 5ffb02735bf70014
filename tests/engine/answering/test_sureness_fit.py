"""How sure an answer is, fitted to rows of `twin bench refuse` by the training command."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest
import torch

from engine.answering.sureness import SIGNS, sureness
from engine.config import ConfigError
from engine.training.__main__ import main
from engine.training.sureness import fit, read_rows


def row(kind: str, name: str, signs: list[float]) -> str:
    return json.dumps({"set": name, "kind": kind, "signs": signs, "score": 0.5})


def written(path: Path, kinds: tuple[str, ...] = ("", "marked", "foreign")) -> Path:
    """Two sets whose answers are known by the first sign, the second being noise; what is foreign looks like both."""
    rng = random.Random(3)
    rest = [0.0] * (len(SIGNS) - 2)
    lines = [
        row(kind, name, [rng.gauss({"": 2.0, "marked": -1.0, "foreign": 9.0}[kind], 1.0), rng.gauss(0, 5), *rest])
        for name in ("one", "two")
        for kind in kinds
        for _ in range(60)
    ]
    lines.append(json.dumps({"set": "one", "kind": "", "retrieval": "bm25", "score": 3.0}))  # a baseline has no signs
    path.write_text("\n".join(lines) + "\n")
    return path


def test_the_signs_that_tell_get_the_weight(tmp_path: Path) -> None:
    rows = read_rows([written(tmp_path / "rows.jsonl")])
    assert rows.signs.shape == (240, len(SIGNS))
    fitted = fit(rows)
    first, second, *others = fitted.weights[:-1]
    assert first > 1.0 > 10 * abs(second)
    assert others == pytest.approx([0.0] * len(others), abs=1e-3)
    assert 0.0 < fitted.grounded_at < 1.0
    assert "one left out: AUROC 0.9" in fitted.report
    odds = torch.tensor([sureness(fitted.weights, signs) for signs in rows.signs.tolist()])
    refused = (odds.sigmoid() < fitted.grounded_at)[rows.known].float().mean()
    assert float(refused) == pytest.approx(1 / 9, abs=0.02)


def test_the_command_writes_them_into_the_checkpoint(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    checkpoint = tmp_path / "checkpoint"
    checkpoint.mkdir()
    (checkpoint / "config.json").write_text(json.dumps({"twin_config": {"grounded_at": 0.9, "span_at": 0.1}}))
    main(["sureness", "--rows", str(written(tmp_path / "rows.jsonl")), "--to", str(checkpoint)])
    kept = json.loads((checkpoint / "config.json").read_text())["twin_config"]
    assert len(kept["grounded_weights"]) == len(SIGNS) + 1
    assert kept["grounded_at"] != 0.9
    assert kept["span_at"] == 0.1
    assert "two left out" in capsys.readouterr().out


def test_both_kinds_of_question_are_needed(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="with and without an answer"):
        read_rows([written(tmp_path / "rows.jsonl", ("", "foreign"))])
    with pytest.raises(SystemExit):
        main(["sureness", "--to", str(tmp_path)])
