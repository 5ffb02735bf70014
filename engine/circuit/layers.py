"""How one layer is laid: what its heads lend and write, and the units of its MLP."""

from __future__ import annotations

from torch import Tensor

from engine.qwen3 import Layer


def reads(layer: Layer, queries: Tensor | None, keys: Tensor | None, query: int, head: int) -> None:
    """Rows [d, hidden] reading the normed stream become a query head and a key head; None leaves what is there."""
    attention, norm = layer.self_attn, layer.input_layernorm.weight.double()
    for projection, rows, at in ((attention.q_proj, queries, query), (attention.k_proj, keys, head)):
        if rows is not None:
            projection.weight[at * len(rows) : (at + 1) * len(rows)] = (rows / norm).float()


def lends(layer: Layer, head: int, rows: Tensor, first: int = 0) -> None:
    """Values of a key head from its dimension `first` on: rows [n, hidden] reading the normed stream."""
    start = head * layer.self_attn.head_dim + first
    layer.self_attn.v_proj.weight[start : start + len(rows)] = (rows / layer.input_layernorm.weight.double()).float()


def writes(layer: Layer, query: int, rows: Tensor, first: int = 0) -> None:
    """What a query head writes for each of the values [n, hidden]."""
    start = query * layer.self_attn.head_dim + first
    layer.self_attn.o_proj.weight[:, start : start + len(rows)] = rows.T.float()


class Units:
    """Units of an MLP, laid one after the other; those left over write nothing."""

    def __init__(self, layer: Layer) -> None:
        self.mlp, self.norm, self.used = layer.mlp, layer.post_attention_layernorm.weight.double(), 0
        layer.mlp.down_proj.weight.zero_()

    def add(self, gate: Tensor, up: Tensor, out: Tensor) -> None:
        """silu(gate . x) * (up . x) is written along `out` [hidden]."""
        self.mlp.gate_proj.weight[self.used] = (gate / self.norm).float()
        self.mlp.up_proj.weight[self.used] = (up / self.norm).float()
        self.mlp.down_proj.weight[:, self.used] = out.float()
        self.used += 1
