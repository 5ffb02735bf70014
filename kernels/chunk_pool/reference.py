"""What chunk_pool computes, as directly as PyTorch can say it: one chunk after the other, in float64."""

from __future__ import annotations

import torch
from torch import Tensor


def mean_chunks(x: Tensor, lengths: Tensor, size: int) -> Tensor:
    """x [B, T, G, d], of which document b has lengths[b] tokens -> [B, ceil(T / size), G, d] float64."""
    batch, tokens = x.shape[:2]
    chunks = -(-tokens // size)
    out = torch.zeros(batch, chunks, *x.shape[2:], dtype=torch.float64)
    for document, length in enumerate(lengths.tolist()):
        for chunk, start in enumerate(range(0, length, size)):
            out[document, chunk] = x[document, start : min(start + size, length)].double().mean(dim=0)
    return out


def unit_heads(x: Tensor) -> Tensor:
    """[..., d] scaled to length 1; zeros stay zeros."""
    unit: Tensor = x / x.norm(dim=-1, keepdim=True).clamp(min=1e-12)
    return unit
