"""The engine against an independent, direct implementation of the method, over many shapes of model."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest
import torch
from naive_msa import NaiveMSA, record
from safetensors.torch import load_file, save_file
from tiny import checkpoint

from engine import parity
from engine.parity import Case

AGREES = 1e-4  # float32, sums in another order; measured 4e-6 and less

SHAPES: dict[str, dict[str, Any]] = {
    "paper": {},
    "no grouping, all layers route": {
        "num_key_value_heads": 4, "router_layer_idx": "all", "num_hidden_layers": 3,
    },
    "6 heads in 2 groups, P 4": {
        "num_attention_heads": 6, "head_dim": 8, "pooling_kernel_size": 4, "num_hidden_layers": 5,
        "router_layer_idx": "1,3,4",
    },
    "8 heads in 1 group, first and third layer": {
        "num_attention_heads": 8, "num_key_value_heads": 1, "head_dim": 8, "router_layer_idx": "0,2",
    },
    "P 7, unscaled products": {"pooling_kernel_size": 7, "aux_loss_method": "INFONCE_DECOUPLE"},
    "P 64, last layer only": {"pooling_kernel_size": 64, "router_layer_idx": "3"},
    "plain keys, max over heads": {
        "decouple_router": False, "head_reduce_method": "max", "query_reduce_method": "mean",
        "chunk_reduce_method": "mean",
    },
    "plain keys, mean over heads": {"decouple_router": False, "pooling_kernel_size": 7},
    "plain keys, products": {
        "decouple_router": False, "aux_loss_method": "INFONCE_DECOUPLE", "num_key_value_heads": 1,
        "query_reduce_method": "last",
    },
    "max over heads, last token": {"head_reduce_method": "max", "query_reduce_method": "last"},
    "last head, mean over tokens": {"head_reduce_method": "last", "query_reduce_method": "mean"},
    "mean over everything": {
        "query_reduce_method": "mean", "chunk_reduce_method": "mean", "pooling_kernel_size": 4,
    },
    "untied, six layers, wide heads": {
        "tie_word_embeddings": False, "num_hidden_layers": 6, "router_layer_idx": "3,4,5", "head_dim": 32,
        "rope_theta": 5000000.0,
    },
    "products, max over heads, untied": {
        "aux_loss_method": "OTHER", "head_reduce_method": "max", "tie_word_embeddings": False,
        "num_attention_heads": 6, "num_key_value_heads": 6, "hidden_size": 48, "head_dim": 8,
    },
    "fewer documents than k": {"top_k_docs": 40},
}  # fmt: skip


def inputs(chunk: int, top_k: int, seed: int) -> dict[str, Any]:
    """Random tokens: documents of one token, around the edges of chunks, and longer; roles of every kind."""
    chance = random.Random(seed)

    def tokens(count: int) -> list[int]:
        return [chance.randrange(5, 1024) for _ in range(count)]

    lengths = [1, chunk - 1, chunk, chunk + 1, 2 * chunk, 3 * chunk + 2, 20, 33, 5]
    asked, hop, start = 9, 17, 3 + top_k
    return {
        "documents": [f"document {number}" for number in range(len(lengths))],
        "document_token_ids": [tokens(length) for length in lengths],
        "template_head_ids": tokens(4),
        "question": "?",
        "top_k_docs": top_k,
        "prefill": {
            "input_ids": tokens(asked + 3),
            "doc_ids": [0] * asked + [-2, -2, -1],
            "position_ids": list(range(start, start + asked + 3)),
        },
        "decode": {"input_ids": tokens(3), "position_ids": [start + asked + 3 + step for step in range(3)]},
        "hop2": {
            "prompt": "",
            "input_ids": tokens(asked + 4 + hop + 1),
            "doc_ids": [0] * asked + [-1] * 4 + [0] * hop + [-1],
            "position_ids": list(range(start, start + asked + 4 + hop + 1)),
        },
    }


def write_case(folder: Path, changes: dict[str, Any], *, top_k: int = 4) -> Path:
    """A case in the format of tests/reference, recorded from the naive implementation."""
    checkpoint(folder / "checkpoint", seed=1, **changes)
    config = json.loads((folder / "checkpoint" / "config.json").read_text(encoding="utf-8"))
    given = inputs(config["msa_config"]["pooling_kernel_size"], top_k, seed=2)
    weights = load_file(folder / "checkpoint" / "model.safetensors")
    (folder / "inputs.json").write_text(json.dumps(given), encoding="utf-8")
    save_file(record(NaiveMSA(config, weights), given), folder / "expected.safetensors")
    return folder


@pytest.mark.parametrize("name", SHAPES)
def test_engine_agrees_with_the_naive_implementation(name: str, tmp_path: Path) -> None:
    changes = SHAPES[name]
    case = Case(write_case(tmp_path, changes, top_k=changes.get("top_k_docs", 4)))
    got, routing = case.recompute(), case.layers
    assert set(got) == set(case.expected)
    assert {f"selected_docs.{layer}" for layer in routing} <= set(got)
    for tensor, want in case.expected.items():
        have = got[tensor]
        assert have.shape == want.shape, tensor
        assert torch.isfinite(want.double()).all(), tensor
        if have.dtype == torch.int64:
            assert have.tolist() == want.tolist(), tensor
        else:
            assert float((have - want).abs().max()) < AGREES, tensor


def test_shapes_reach_every_reduction_and_both_forms() -> None:
    def values(key: str, default: str) -> set[str]:
        return {shape.get(key, default) for shape in SHAPES.values()}

    assert values("head_reduce_method", "mean") == {"mean", "max", "last"}
    assert values("query_reduce_method", "max") == {"mean", "max", "last"}
    assert values("chunk_reduce_method", "max") == {"mean", "max"}


@pytest.mark.parametrize("name", ["6 heads in 2 groups, P 4", "products, max over heads, untied"])
def test_parity_passes_a_case_of_another_origin(name: str, tmp_path: Path) -> None:
    assert parity.main([str(write_case(tmp_path, SHAPES[name]))]) == 0


def test_naive_implementation_agrees_with_the_released_code(tmp_path: Path) -> None:
    """The yardstick itself: the recorded case `paper`, cut to its first documents' tensors."""
    folder = Path(__file__).parent.parent / "reference" / "paper"
    config = json.loads((folder / "checkpoint" / "config.json").read_text(encoding="utf-8"))
    given = json.loads((folder / "inputs.json").read_text(encoding="utf-8"))
    expected = load_file(folder / "expected.safetensors")
    naive = NaiveMSA(config, load_file(folder / "checkpoint" / "model.safetensors"))
    document = naive.encode(given["document_token_ids"][4])
    chunks = expected["chunk_doc"] == 4
    for name, kept in (
        ("pooled_k", document.keys),
        ("pooled_v", document.values),
        ("routing_k", document.routing_keys),
    ):
        for layer in naive.routing:
            recorded = expected[f"{name}.{layer}"][:, chunks].transpose(0, 1)
            assert recorded.numel()
            assert float((kept[layer] - recorded).abs().max()) < 1e-3
