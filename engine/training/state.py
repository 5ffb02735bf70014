"""Checkpoints of a run: weights, optimisers and the place in the recipe, as safetensors and JSON, swapped in whole."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file

from engine.config import ConfigError
from engine.qwen3 import MemoryModel
from engine.weights import save


def save_state(
    folder: Path, model: MemoryModel, optimizers: dict[str, torch.optim.Optimizer], place: dict[str, Any]
) -> None:
    """Replaces `folder`; killed at any instant either the old or the new state is there (folder or folder.old)."""
    scratch, old = folder.with_suffix(".part"), folder.with_suffix(".old")
    shutil.rmtree(scratch, ignore_errors=True)
    save(model, scratch)
    tensors = {}
    names: dict[torch.Tensor, str] = {parameter: name for name, parameter in model.named_parameters()}
    for title, optimizer in optimizers.items():
        for parameter, state in optimizer.state.items():
            for key, value in state.items():
                tensors[f"{title}/{names[parameter]}/{key}"] = torch.as_tensor(value).detach().cpu().contiguous()
    save_file(tensors, scratch / "optimizers.safetensors")
    (scratch / "place.json").write_text(json.dumps(place, indent=2), encoding="utf-8")
    if folder.exists():  # else `old` is the only whole state
        shutil.rmtree(old, ignore_errors=True)
        folder.rename(old)
    scratch.rename(folder)
    shutil.rmtree(old, ignore_errors=True)


def find_state(folder: Path) -> Path | None:
    """Where the last whole state is, if there is one."""
    return next((path for path in (folder, folder.with_suffix(".old")) if (path / "place.json").exists()), None)


def load_place(state: Path) -> dict[str, Any]:
    place: dict[str, Any] = json.loads((state / "place.json").read_text(encoding="utf-8"))
    return place


def load_weights(state: Path, model: MemoryModel) -> None:
    """Raises ConfigError where the state is another configuration's."""
    try:
        model.load_state_dict(load_file(state / "model.safetensors"))
    except RuntimeError as error:  # names or shapes differ
        raise ConfigError(f"{state} is of a model of another shape: give the --preset it was trained with") from error


def load_optimizers(state: Path, model: MemoryModel, optimizers: dict[str, torch.optim.Optimizer]) -> None:
    parameters = dict(model.named_parameters())
    for full, value in load_file(state / "optimizers.safetensors").items():
        title, name, key = full.split("/")
        parameter = parameters[name]
        device = "cpu" if value.dim() == 0 else parameter.device
        optimizers[title].state[parameter][key] = value.to(device)
