"""What a checkpoint's config.json says, parsed once, checked, and frozen.

Knows the released layout (`model_type: msa`, `msa_config`) and a plain Qwen3 config (no routing layers).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

Reduce = Literal["max", "mean", "last"]
CIRCUIT = 2  # version of engine/circuit: a change of what it lays is a new one, since banks hold what it encodes


class ConfigError(ValueError):
    """A checkpoint's configuration this engine cannot run; the message says which key."""


@dataclass(frozen=True, slots=True)
class RoutingConfig:
    """How documents are scored (paper section 3; `msa_config` of the released checkpoints)."""

    layers: tuple[int, ...]
    chunk_size: int  # P: tokens per chunk
    top_k: int  # k: documents selected per routing layer
    head_reduce: Reduce = "mean"
    query_reduce: Reduce = "max"
    chunk_reduce: Reduce = "max"
    separate_router: bool = True  # False: the layer's own RoPE'd queries and pooled keys route
    cosine: bool = True  # False: scaled dot product
    temperature: float = 0.1  # of the auxiliary loss, section 3.4

    def scale(self, head_dim: int) -> float:
        """Factor on every score. With plain keys head_dim^-0.5 stays even when they are normalised."""
        return 1.0 if self.cosine and self.separate_router else head_dim**-0.5

    @property
    def folds(self) -> bool:
        """Mean over heads comes first and is linear in the key: heads fold into one row (`kernels.maxsim`)."""
        return self.head_reduce == "mean"


@dataclass(frozen=True, slots=True)
class ModelConfig:
    """Qwen3 backbone with grouped-query attention, and its routing layers."""

    vocab_size: int
    hidden_size: int
    intermediate_size: int
    layers: int
    heads: int  # H
    kv_heads: int  # G
    head_dim: int  # d
    rms_norm_eps: float
    rope_theta: float
    tied_embeddings: bool
    routing: RoutingConfig
    identity_circuit: int  # version of the circuit that is laid over the weights when they are loaded; 0 = none
    answering: Mapping[str, Any]  # the checkpoint's `twin_config`: how it answers (engine.policy)
    raw: Mapping[str, Any]  # config.json as read, written back unchanged

    @classmethod
    def from_dict(cls, raw: Mapping[str, Any]) -> ModelConfig:
        try:
            layers, heads, hidden = raw["num_hidden_layers"], raw["num_attention_heads"], raw["hidden_size"]
            rope = raw.get("rope_parameters") or {}
            scaling = raw.get("rope_scaling") or rope
            if (scaling.get("rope_type") or scaling.get("type", "default")) != "default":
                raise ConfigError("config.json asks for scaled RoPE, which this engine does not have")
            config = cls(
                vocab_size=raw["vocab_size"],
                hidden_size=hidden,
                intermediate_size=raw["intermediate_size"],
                layers=layers,
                heads=heads,
                kv_heads=raw.get("num_key_value_heads", heads),
                head_dim=raw.get("head_dim") or hidden // heads,
                rms_norm_eps=raw.get("rms_norm_eps", 1e-6),
                rope_theta=float(raw.get("rope_theta") or rope.get("rope_theta", 10_000.0)),
                tied_embeddings=raw.get("tie_word_embeddings", False),
                routing=_routing(raw.get("msa_config") or {}, layers),
                identity_circuit=raw.get("identity_circuit", 0),
                answering=dict(raw.get("twin_config") or {}),
                raw=dict(raw),
            )
        except KeyError as missing:
            raise ConfigError(f"config.json lacks {missing}") from None
        if config.heads % config.kv_heads:
            raise ConfigError(f"{config.heads} query heads do not divide into {config.kv_heads} groups")
        if config.head_dim % 2:
            raise ConfigError(f"head_dim {config.head_dim} is odd; RoPE turns pairs")
        if raw.get("attention_bias") or raw.get("use_sliding_window"):
            raise ConfigError("attention_bias and sliding windows are not part of MSA's backbone")
        if config.identity_circuit not in (0, CIRCUIT):
            raise ConfigError(
                f"config.json asks for identity_circuit {config.identity_circuit!r}; this engine lays version "
                f"{CIRCUIT}: use a newer Twin, or remove the line (the model then writes no IDs)"
            )
        return config

    @classmethod
    def read(cls, checkpoint: Path) -> ModelConfig:
        path = checkpoint / "config.json"
        try:
            return cls.from_dict(json.loads(path.read_text(encoding="utf-8")))
        except (OSError, json.JSONDecodeError) as error:
            raise ConfigError(f"{path} cannot be read as a checkpoint's configuration: {error}") from error

    def without_circuit(self) -> ModelConfig:
        """Of weights that have it laid into them: saved, they need no laying."""
        raw = {key: value for key, value in self.raw.items() if key != "identity_circuit"}
        return replace(self, identity_circuit=0, raw=raw)

    @property
    def groups(self) -> int:
        """Query heads per key/value head."""
        return self.heads // self.kv_heads


def _routing(msa: Mapping[str, Any], layers: int) -> RoutingConfig:
    def reduce(key: str, default: Reduce, allowed: tuple[Reduce, ...]) -> Reduce:
        value = msa.get(key) or default
        if value not in allowed:
            raise ConfigError(f"msa_config.{key} is {value!r}; known are {', '.join(allowed)}")
        return value

    named = msa.get("router_layer_idx", "")
    if named == "all":
        routed = tuple(range(layers))
    else:
        parts = named.split(",") if isinstance(named, str) else named
        try:
            routed = tuple(sorted({int(part) for part in parts if str(part).strip()}))
        except ValueError:
            raise ConfigError(f"msa_config.router_layer_idx is {named!r}; known: 'all', or as '18,19'") from None
    if any(not 0 <= layer < layers for layer in routed):
        raise ConfigError(f"msa_config.router_layer_idx names a layer outside 0..{layers - 1}")
    if msa.get("decouple_pooling_mode", "mean") != "mean":
        raise ConfigError("msa_config.decouple_pooling_mode: only mean pooling is known")
    return RoutingConfig(
        layers=routed,
        chunk_size=int(msa.get("pooling_kernel_size", 64)),
        top_k=int(msa.get("top_k_docs") or msa.get("doc_top_k") or 16),
        head_reduce=reduce("head_reduce_method", "mean", ("max", "mean", "last")),
        query_reduce=reduce("query_reduce_method", "max", ("max", "mean", "last")),
        chunk_reduce=reduce("chunk_reduce_method", "max", ("max", "mean")),
        separate_router=bool(msa.get("decouple_router", True)),
        cosine=msa.get("aux_loss_method", "INFONCE") == "INFONCE",
        temperature=float(msa.get("infonce_loss_temp") or 0.1),
    )
