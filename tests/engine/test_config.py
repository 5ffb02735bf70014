"""config.json and twin_config: what is read, what is refused and with which words."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tiny import CASES, REFERENCE, config

from engine.config import ConfigError, ModelConfig
from engine.policy import Policy


@pytest.mark.parametrize("name", CASES)
def test_reads_the_released_layout(name: str) -> None:
    read = ModelConfig.read(REFERENCE / name / "checkpoint")
    assert (read.layers, read.heads, read.kv_heads, read.head_dim, read.groups) == (4, 4, 2, 16, 2)
    assert read.routing.layers == (2, 3)
    assert (read.routing.chunk_size, read.routing.top_k) == (16, 4)
    assert read.rope_theta == 5_000_000.0
    assert read.tied_embeddings
    assert read.raw == json.loads((REFERENCE / name / "checkpoint" / "config.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    ("name", "separate", "cosine", "folds", "scale"),
    [
        ("paper", True, True, True, 1.0),
        ("scaled", True, False, True, 0.25),
        ("shared-keys", False, True, False, 0.25),
        ("last-token", True, True, True, 1.0),
    ],
)
def test_how_a_case_routes(name: str, separate: bool, cosine: bool, folds: bool, scale: float) -> None:
    routing = ModelConfig.read(REFERENCE / name / "checkpoint").routing
    assert (routing.separate_router, routing.cosine, routing.folds, routing.scale(16)) == (
        separate, cosine, folds, scale,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("written", "layers"),
    [
        ("all", (0, 1, 2, 3)),
        ("2,3", (2, 3)),
        ("3, 1", (1, 3)),
        ("0", (0,)),
        ([1, 2], (1, 2)),
        ("", ()),
        ("2,2", (2,)),
    ],
    ids=str,
)
def test_routing_layers(written: Any, layers: tuple[int, ...]) -> None:
    assert ModelConfig.from_dict(config(router_layer_idx=written)).routing.layers == layers


def test_released_4b_layout() -> None:
    """The shape of MSA-4B: 36 layers, the upper half routes."""
    layers = ",".join(map(str, range(18, 36)))
    raw = config(num_hidden_layers=36, num_attention_heads=32, num_key_value_heads=8, head_dim=128,
                 router_layer_idx=layers, pooling_kernel_size=64, top_k_docs=16,
                 aux_loss_method="INFONCE_DECOUPLE")  # fmt: skip
    read = ModelConfig.from_dict(raw)
    assert read.routing.layers == tuple(range(18, 36))
    assert (read.groups, read.routing.chunk_size, read.routing.top_k, read.routing.cosine) == (
        4,
        64,
        16,
        False,
    )


def test_a_plain_qwen3_has_no_routing_layers_and_newer_rope_keys_are_known() -> None:
    raw = config()
    del raw["msa_config"], raw["rope_theta"], raw["head_dim"]
    raw["rope_parameters"] = {"rope_theta": 1e6, "rope_type": "default"}
    read = ModelConfig.from_dict(raw)
    assert read.routing.layers == ()
    assert read.rope_theta == 1e6
    assert read.head_dim == 16  # hidden / heads


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"router_layer_idx": "4"}, "router_layer_idx"),
        ({"router_layer_idx": "18-35"}, "router_layer_idx"),
        ({"head_reduce_method": "median"}, "head_reduce_method"),
        ({"query_reduce_method": "sum"}, "query_reduce_method"),
        ({"chunk_reduce_method": "last"}, "chunk_reduce_method"),
        ({"num_key_value_heads": 3}, "groups"),
        ({"head_dim": 15}, "head_dim"),
        ({"attention_bias": True}, "attention_bias"),
        ({"use_sliding_window": True}, "sliding"),
        ({"rope_scaling": {"rope_type": "yarn", "factor": 4.0}}, "RoPE"),
        ({"rope_scaling": {"type": "linear", "factor": 2.0}}, "RoPE"),
        ({"rope_parameters": {"rope_type": "dynamic"}}, "RoPE"),
    ],
    ids=str,
)
def test_refuses_by_name(changes: dict[str, Any], named: str) -> None:
    with pytest.raises(ConfigError, match=named):
        ModelConfig.from_dict(config(**changes))


@pytest.mark.parametrize("key", ["vocab_size", "hidden_size", "num_hidden_layers", "num_attention_heads"])
def test_names_a_missing_key(key: str) -> None:
    raw = config()
    del raw[key]
    with pytest.raises(ConfigError, match=key):
        ModelConfig.from_dict(raw)


@pytest.mark.parametrize("content", [None, "", "{", "[1"], ids=["missing", "empty", "cut", "no object"])
def test_names_an_unreadable_file(content: str | None, tmp_path: Path) -> None:
    if content is not None:
        (tmp_path / "config.json").write_text(content, encoding="utf-8")
    with pytest.raises(ConfigError, match=r"config\.json"):
        ModelConfig.read(tmp_path)


def test_policy() -> None:
    assert Policy.of({}) == Policy()
    assert Policy().answer == "generate"
    assert Policy().identity_weight == 1.0  # a checkpoint that says nothing generates, as the paper does
    read = Policy.of({"answer": "quote", "layer_weights": [0.5, 1.5], "max_hops": 2})
    assert (read.answer, read.layer_weights, read.max_hops) == ("quote", (0.5, 1.5), 2)


@pytest.mark.parametrize(
    ("raw", "named"),
    [
        ({"anwser": "quote"}, "anwser"),
        ({"answer": "guess"}, "guess"),
        ({"reader_weights": [1.0]}, "reader_weights needs three"),
        ({"grounded_weights": [1.0, 1.0, 1.0, 0.0]}, "grounded_weights needs 10 weights and a bias"),
    ],
)
def test_policy_refuses_by_name(raw: dict[str, Any], named: str) -> None:
    with pytest.raises(ConfigError, match=named):
        Policy.of(raw)
