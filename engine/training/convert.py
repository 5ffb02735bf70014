"""A Qwen3 checkpoint becomes an MSA checkpoint: the same backbone, with router projections beside its upper half.

Weights are linked or copied as they are; only the routers are new, in a shard of their own. What they know at first is
nothing but sameness: queries and keys of a layer go through one random projection, so that what is alike in the
backbone's own terms scores high. `train --from DIR --only routers` goes on from there with the backbone frozen.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from safetensors import safe_open
from safetensors.torch import save_file
from torch import Tensor

from engine.config import ConfigError, ModelConfig
from engine.qwen3 import MemoryModel
from engine.tokenizer import MemoryTokenizer
from engine.weights import load, weight_files

INDEX, ROUTERS = "model.safetensors.index.json", "model-routers.safetensors"
WHOLE, BACKBONE = "model.safetensors", "model-backbone.safetensors"  # transformers reads WHOLE without the index
BESIDE = ("tokenizer*.json", "vocab.json", "merges.txt", "generation_config.json", "*.jinja", "LICENSE*")
MSA: dict[str, Any] = {  # the paper's settings (sections 3 and 4), as released checkpoints write them
    "aux_loss_method": "INFONCE", "chunk_reduce_method": "max", "decouple_pooling_mode": "mean",
    "decouple_router": True, "doc_top_k": 16, "head_reduce_method": "mean", "infonce_loss_temp": 0.1,
    "pooling_kernel_size": 64, "query_reduce_method": "max", "top_k_docs": 16,
}  # fmt: skip
GROUPS = {"routers": ("router_q_proj", "router_k_proj")}  # --only NAME: the parameters that are trained


def convert(qwen3: Path, out: Path, *, seed: int = 1, layers: Sequence[int] | None = None) -> ModelConfig:
    """Writes the MSA checkpoint to `out`. layers: those that route; default the upper half.

    Raises ConfigError where `qwen3` is no Qwen3 checkpoint this engine can run, or `out` holds something.
    """
    raw = json.loads(_read(qwen3 / "config.json"))
    if raw.get("model_type") != "qwen3":
        raise ConfigError(
            f"{qwen3} is a {raw.get('model_type')!r} model: only dense Qwen3 checkpoints can be converted"
        )
    if out.exists() and any(out.iterdir()):
        raise ConfigError(f"{out} is not empty: name a new folder")
    MemoryTokenizer(qwen3 / "tokenizer.json")  # raises for a vocabulary without the template's marks
    count = ModelConfig.from_dict(raw).layers
    routed = range(count // 2, count) if layers is None else layers
    msa = MSA | {"router_layer_idx": ",".join(map(str, routed))}
    made = {**raw, "architectures": ["MSAForCausalLM"], "model_type": "msa", "msa_config": msa}
    config = ModelConfig.from_dict(made)
    shards = weight_files(qwen3)
    weight_map, dtype = _names(shards)
    out.mkdir(parents=True, exist_ok=True)
    for path in shards:
        _link(path, out / kept(path))
    for path in sorted({found for pattern in BESIDE for found in qwen3.glob(pattern)}):
        shutil.copy(path, out / path.name)
    routers = new_routers(config, seed, dtype)
    save_file(routers, out / ROUTERS, metadata={"format": "pt"})
    weight_map |= dict.fromkeys(routers, ROUTERS)
    total = sum((out / name).stat().st_size for name in set(weight_map.values()))
    index = {"metadata": {"total_size": total}, "weight_map": weight_map}
    (out / INDEX).write_text(json.dumps(index, indent=2) + "\n", encoding="utf-8")
    (out / "config.json").write_text(json.dumps(made, indent=2, sort_keys=True) + "\n", encoding="utf-8")
    return config


def new_routers(config: ModelConfig, seed: int, dtype: torch.dtype) -> dict[str, Tensor]:
    """Per routing layer one random projection [G*d, hidden], for keys as it is, for queries repeated over the heads of
    each group [H*d, hidden]; and the temperature of the loss, which released checkpoints hold as a tensor."""
    generator = torch.Generator().manual_seed(seed)
    made = {"temperature": torch.tensor(config.routing.temperature, dtype=dtype)}
    for layer in config.routing.layers:
        shape = (config.kv_heads, config.head_dim, config.hidden_size)
        keys = torch.randn(shape, generator=generator) * config.hidden_size**-0.5
        queries = keys.repeat_interleave(config.groups, dim=0)
        name = f"model.layers.{layer}.self_attn.router"
        made[f"{name}_k_proj.0.weight"] = keys.flatten(0, 1).to(dtype)
        made[f"{name}_q_proj.0.weight"] = queries.flatten(0, 1).to(dtype)
    return made


def trainable(checkpoint: Path, only: str | None) -> MemoryModel:
    """The checkpoint in float32, as stored, of which the parameters of the group `only` (None: all) take gradients."""
    model = load(checkpoint, circuit=False).train()
    for name, parameter in model.named_parameters():
        parameter.requires_grad_(only is None or any(part in name for part in GROUPS[only]))
    return model


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise ConfigError(f"{path} cannot be read: {error.strerror}; name the folder of a Qwen3 checkpoint") from error


def _names(shards: Sequence[Path]) -> tuple[dict[str, str], torch.dtype]:
    """Which file holds each tensor, and the type of the first matrix."""
    names: dict[str, str] = {}
    dtype: torch.dtype | None = None
    for path in shards:
        if not path.is_file():
            raise ConfigError(f"{path} is missing: a Qwen3 checkpoint has its weights as safetensors")
        with safe_open(path, framework="pt") as file:
            for name in file.keys():  # noqa: SIM118 (safe_open is no mapping)
                names[name] = kept(path)
                if dtype is None and name.endswith("proj.weight"):
                    dtype = file.get_tensor(name).dtype
    if dtype is None:
        raise ConfigError(f"{shards[0].parent} holds no projection: it is no Qwen3 checkpoint")
    return names, dtype


def kept(shard: Path) -> str:
    """The name of a file of weights beside the routers'."""
    return BACKBONE if shard.name == WHOLE else shard.name


def _link(source: Path, target: Path) -> None:
    """A hard link where the file system gives one: gigabytes need not lie there twice."""
    try:
        os.link(source.resolve(), target)
    except OSError:
        shutil.copy(source, target)
