"""Checkpoints on disk: the released names, one file or shards, and what is said when something is wrong."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from tiny import CASES, REFERENCE, checkpoint, config, random_model

from engine.config import ConfigError
from engine.weights import load, save


@pytest.mark.parametrize("name", CASES)
def test_a_released_checkpoint_comes_back_under_the_very_names(name: str, tmp_path: Path) -> None:
    given = load_file(REFERENCE / name / "checkpoint" / "model.safetensors")
    save(load(REFERENCE / name / "checkpoint"), tmp_path)
    kept = load_file(tmp_path / "model.safetensors")
    assert set(kept) == set(given)
    for tensor, value in given.items():
        assert torch.equal(kept[tensor].reshape(-1), value.float().reshape(-1)), tensor
    configs = [json.loads((folder / "config.json").read_text(encoding="utf-8"))
               for folder in (REFERENCE / name / "checkpoint", tmp_path)]  # fmt: skip
    assert configs[0] == configs[1]


def test_untied_embeddings_have_their_own_tensor(tmp_path: Path) -> None:
    model = random_model(config(tie_word_embeddings=False))
    save(model, tmp_path)
    assert "lm_head.weight" in load_file(tmp_path / "model.safetensors")
    assert torch.equal(load(tmp_path).lm_head.weight, model.lm_head.weight)


def test_shards(tmp_path: Path) -> None:
    checkpoint(tmp_path, seed=3)
    whole = load(tmp_path).state_dict()
    state = load_file(tmp_path / "model.safetensors")
    places = {name: f"model-{1 + at % 2:05d}-of-00002.safetensors" for at, name in enumerate(sorted(state))}
    for file in set(places.values()):
        save_file({name: state[name] for name in state if places[name] == file}, tmp_path / file)
    (tmp_path / "model.safetensors").unlink()
    (tmp_path / "model.safetensors.index.json").write_text(json.dumps({"weight_map": places}), encoding="utf-8")
    sharded = load(tmp_path).state_dict()
    assert set(sharded) == set(whole)
    assert all(torch.equal(sharded[name], value) for name, value in whole.items())
    (tmp_path / "model-00002-of-00002.safetensors").unlink()
    with pytest.raises(ConfigError, match="model-00002-of-00002"):
        load(tmp_path)


def test_loads_in_the_asked_type_ready_to_run(tmp_path: Path) -> None:
    model = load(checkpoint(tmp_path), dtype=torch.bfloat16)
    assert {parameter.dtype for parameter in model.parameters()} == {torch.bfloat16}
    assert not model.training
    assert not any(parameter.requires_grad or parameter.is_meta for parameter in model.parameters())


def test_tensors_nobody_asked_for_are_left(tmp_path: Path) -> None:
    path = checkpoint(tmp_path) / "model.safetensors"
    state = load_file(path)
    save_file({**state, "lm_head.weight": torch.zeros(1024, 64), "other": torch.zeros(1)}, path)
    assert set(load(tmp_path).state_dict()) == set(state)


def test_a_missing_tensor_is_named(tmp_path: Path) -> None:
    path = checkpoint(tmp_path) / "model.safetensors"
    state = load_file(path)
    del state["model.layers.2.self_attn.router_q_proj.0.weight"]
    save_file(state, path)
    with pytest.raises(ConfigError, match=r"layers\.2\.self_attn\.router_q_proj\.0\.weight"):
        load(tmp_path)


def test_a_tensor_of_another_shape_is_named(tmp_path: Path) -> None:
    path = checkpoint(tmp_path) / "model.safetensors"
    state = load_file(path)
    state["model.norm.weight"] = torch.ones(63)
    save_file(state, path)
    with pytest.raises(ConfigError, match=r"model\.norm\.weight is \[63\].*\[64\]"):
        load(tmp_path)


@pytest.mark.parametrize("content", [None, b"", b"not safetensors at all"], ids=["missing", "empty", "broken"])
def test_an_unreadable_file_is_named(content: bytes | None, tmp_path: Path) -> None:
    path = checkpoint(tmp_path) / "model.safetensors"
    path.unlink()
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ConfigError, match=r"model\.safetensors"):
        load(tmp_path)


def test_a_checkpoint_without_a_temperature_takes_it_from_its_configuration(tmp_path: Path) -> None:
    path = checkpoint(tmp_path) / "model.safetensors"
    state = load_file(path)
    del state["temperature"]
    save_file(state, path)
    assert float(load(tmp_path).temperature) == pytest.approx(0.1)
