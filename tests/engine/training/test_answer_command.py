"""`python -m engine.training answer` in small, and what the presets answer by."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import torch
from few_texts import TINY
from safetensors import safe_open
from small_run import PRESET, write_data

import engine.training
from engine.answering.reading.reader import READER
from engine.config import ModelConfig
from engine.training import quoting, samples
from engine.training.__main__ import main
from engine.training.generator import memory
from engine.training.quoting import Fit
from engine.training.state import save_state
from engine.training.trainer import initialise
from engine.training.trusting import TRUSTED, Trust
from engine.weights import load

BY_HAND = (
    "latent_weight", "identity_weight", "query_whitening", "dated_weight", "choosing_weight", "grounded_weights",
    "grounded_at", "span_at",
)  # fmt: skip
SHIPPED = json.loads((TINY / "config.json").read_text(encoding="utf-8"))


def answering(checkpoint: Path) -> dict[str, Any]:
    return dict(ModelConfig.read(checkpoint).answering)


def by_hand(policy: dict[str, Any]) -> dict[str, Any]:
    return {name: policy[name] for name in BY_HAND}


def lines(out: Path, part: str) -> list[dict[str, Any]]:
    found = [json.loads(line) for line in (out / "answer.jsonl").read_text(encoding="utf-8").splitlines()]
    return [line for line in found if line["part"] == part]


@pytest.fixture
def exported(tmp_path: Path) -> Path:
    """A checkpoint of the small preset as `export` writes it, with twin-tiny's weights."""
    shutil.copy(TINY / "tokenizer.json", tmp_path)
    model = initialise(ModelConfig.from_dict(PRESET), 1)
    model.load_state_dict(load(TINY, circuit=False).state_dict())
    save_state(tmp_path / "state", model, {}, {"total": 0})
    main(["export", "--out", str(tmp_path), "--to", str(tmp_path / "model")])
    return tmp_path / "model"


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    torch.set_num_threads(1)
    for module, name, value in (
        (quoting, "GENERATED", range(1)), (quoting, "HELD_OUT", range(1, 2)), (samples, "LIVES", range(4000, 4002)),
        (samples, "SIZES", (12, 12)), (quoting, "memory", lambda seed, size: memory(seed, 12)),
    ):  # fmt: skip
        monkeypatch.setattr(module, name, value)
    monkeypatch.setattr("engine.training.__main__.HELD_LIVES", range(2000, 2001))
    for name, size in (("TEXTS", 4), ("ROW", 16), ("TOGETHER", 2)):
        monkeypatch.setattr(f"engine.training.language.{name}", size)


@pytest.mark.usefixtures("few")
def test_it_fits_and_trains_and_leaves_what_was_chosen_by_hand(exported: Path, tmp_path: Path) -> None:
    assert exported.joinpath("config.json").read_text(encoding="utf-8").count('"identity_circuit": 2') == 1
    assert SHIPPED["identity_circuit"] == 2
    assert by_hand(answering(exported)) == by_hand(SHIPPED["twin_config"])
    data, out = write_data(tmp_path / "sets"), tmp_path / "out"
    given = ["answer", "--data", str(data), "--to", str(exported), "--out", str(out), "--device", "cpu"]
    main([*given, "--minutes", "0.02", "--seed", "3", "--threads", "1"])
    policy = answering(exported)
    assert by_hand(policy) == by_hand(SHIPPED["twin_config"])
    assert len(policy["sentence_weights"]) == len(SHIPPED["twin_config"]["sentence_weights"])
    own, reader, _ = policy["reader_weights"]
    assert reader == pytest.approx(TRUSTED * own, abs=1e-3)
    assert (exported / READER).exists()
    for part in ("language", "reader"):
        steps = [line["step"] for line in lines(out, part)]
        assert steps == list(range(1, len(steps) + 1))
        with safe_open(out / f"{part}.state", framework="pt") as file:
            place = json.loads(file.metadata()["run"])
        assert (place["step"], place["seed"]) == (len(steps), 3)


@pytest.mark.parametrize("chosen", [True, False])
def test_thresholds_are_fitted_where_none_is_set_by_hand(
    tmp_path: Path, chosen: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("model.safetensors", "tokenizer.json", READER):
        shutil.copy(TINY / name, tmp_path)
    config = json.loads((TINY / "config.json").read_text(encoding="utf-8"))
    if not chosen:
        del config["twin_config"]["grounded_weights"]
    (tmp_path / "config.json").write_text(json.dumps(config), encoding="utf-8")
    fitted = Fit(tuple(SHIPPED["twin_config"]["sentence_weights"]), 0.5, 0.9, 0.9)
    monkeypatch.setattr("engine.training.quoting.fit", lambda *given: fitted)
    monkeypatch.setattr("engine.training.__main__.trust", lambda *given: Trust((1.0, 0.3, 0.0), 0.4, 0.2, ""))
    monkeypatch.setattr("engine.training.__main__.HELD_LIVES", range(0))
    main(["answer", "--further", "--minutes", "0", "--data", "none", "--to", str(tmp_path), "--out", str(tmp_path)])
    policy = answering(tmp_path)
    assert policy["reader_weights"] == [1.0, 0.3, 0.0]
    assert (policy["grounded_at"], policy["span_at"]) == ((0.33, 0.2) if chosen else (0.4, 0.2))


def test_both_presets_answer_alike() -> None:
    large = json.loads((Path(engine.training.__path__[0]) / "presets" / "large.json").read_text(encoding="utf-8"))
    assert large["twin_config"] == PRESET["twin_config"]
    assert "identity_circuit" not in large
