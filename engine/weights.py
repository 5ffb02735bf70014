"""Checkpoints on disk: safetensors in the released layout, one file or sharded by an index."""

from __future__ import annotations

import json
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file

from engine.circuit import lay
from engine.config import ConfigError, ModelConfig
from engine.qwen3 import MemoryModel
from engine.tokenizer import MemoryTokenizer

_INDEX = "model.safetensors.index.json"


def load(
    checkpoint: Path, *, device: str = "cpu", dtype: torch.dtype = torch.float32, circuit: bool = True
) -> MemoryModel:
    """A checkpoint folder as a model in evaluation mode; raises ConfigError naming what is missing or odd.

    circuit: lay the circuit that writes IDs where config.json asks for it; False leaves the weights as they are stored.
    """
    config = ModelConfig.read(checkpoint)
    if circuit and config.identity_circuit:
        model = load(checkpoint, circuit=False)
        lay(model, MemoryTokenizer(checkpoint / "tokenizer.json"))
        return cast(model, device, dtype)
    with torch.device("meta"):
        model = MemoryModel(config)
    wanted = {name: tensor.shape for name, tensor in model.state_dict().items()}
    state: dict[str, torch.Tensor] = {}
    for path in weight_files(checkpoint):
        try:
            with safe_open(path, framework="pt") as file:
                for name in file.keys():  # noqa: SIM118 (safe_open is no mapping)
                    if name in wanted:
                        state[name] = file.get_tensor(name).to(device=device, dtype=dtype)
        except (OSError, SafetensorError) as error:
            raise ConfigError(f"{path} is not a readable safetensors file: {error}") from error
    state.setdefault("temperature", torch.tensor(config.routing.temperature, device=device, dtype=dtype))
    if missing := sorted(set(wanted) - set(state)):
        raise ConfigError(f"{checkpoint} lacks {len(missing)} tensors, {missing[0]} among them")
    for name, shape in wanted.items():
        if state[name].shape != shape:
            found = list(state[name].shape)
            raise ConfigError(f"{checkpoint}: {name} is {found}, config.json asks for {list(shape)}")
    model.load_state_dict(state, assign=True)
    return model.eval().requires_grad_(False)


def cast(model: MemoryModel, device: str, dtype: torch.dtype) -> MemoryModel:
    """The same model elsewhere or in another type; what need not change is shared."""
    with torch.device("meta"):
        other = MemoryModel(model.config)
    state = {name: value.to(device=device, dtype=dtype) for name, value in model.state_dict().items()}
    other.load_state_dict(state, assign=True)
    return other.eval().requires_grad_(False)


def save(model: MemoryModel, checkpoint: Path, dtype: torch.dtype | None = None) -> None:
    """Writes model.safetensors and config.json under the released names."""
    checkpoint.mkdir(parents=True, exist_ok=True)
    state = {name: value.detach().to("cpu", dtype).contiguous() for name, value in model.state_dict().items()}
    save_file(state, checkpoint / "model.safetensors", metadata={"format": "pt"})
    text = json.dumps(dict(model.config.raw), indent=2, sort_keys=True)
    (checkpoint / "config.json").write_text(text + "\n", encoding="utf-8")


def weight_files(checkpoint: Path) -> list[Path]:
    """The safetensors files of a checkpoint, one or sharded; they need not be there."""
    index = checkpoint / _INDEX
    if index.exists():
        names = set(json.loads(index.read_text(encoding="utf-8"))["weight_map"].values())
        return [checkpoint / name for name in sorted(names)]
    return [checkpoint / "model.safetensors"]
