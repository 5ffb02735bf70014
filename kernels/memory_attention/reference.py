"""What memory_attention computes, as directly as PyTorch can say it: one question, one head at a time, in float64."""

from __future__ import annotations

import torch
from torch import Tensor


def memory_attention(
    queries: Tensor,
    own: tuple[Tensor, Tensor],
    head: tuple[Tensor, Tensor],
    content: tuple[Tensor, Tensor],
    chunks: Tensor,
    chunk_offsets: Tensor,
) -> Tensor:
    """Shapes as in `attention.memory_attention` -> [B, H, T, d] float64."""
    batch, heads, tokens, width = queries.shape
    group = heads // own[0].shape[1]
    bounds = chunk_offsets.tolist()
    out = torch.empty(batch, heads, tokens, width, dtype=torch.float64)
    for b in range(batch):
        mine = chunks[bounds[b] : bounds[b + 1]]
        for h in range(heads):
            keys, values = (
                torch.cat((first[h // group], memory[mine, h // group], last[b, h // group])).double()
                for first, memory, last in zip(head, content, own, strict=True)
            )
            scores = queries[b, h].double() @ keys.T * width**-0.5  # [T, S]
            later = torch.ones(tokens, keys.shape[0]).triu(keys.shape[0] - tokens + 1).bool()
            out[b, h] = scores.masked_fill(later, float("-inf")).softmax(dim=-1) @ values
    return out
