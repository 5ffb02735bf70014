"""Scoring head by head, for the reductions that do not fold. Slower by the group size, and tiled as well."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

TILE_CHUNKS = 1024  # T x H x 1024 floats: 8 MiB for 64 tokens of 32 heads


def exact_chunk_scores(
    queries: Tensor,
    keys: Tensor,
    scales: Tensor | None,
    *,
    cosine: bool,
    head_reduce: str,
    query_reduce: str,
    tile: int = TILE_CHUNKS,
) -> Tensor:
    """queries [T, H, d] against keys [N, G, d] -> [N] float32: reduce over heads, then over question tokens.

    Keys come as stored: already of unit length per head where routing is by cosine.
    """
    heads, kv_heads = queries.shape[1], keys.shape[1]
    queries = queries.float()
    if cosine:
        queries = F.normalize(queries, dim=-1)
    out = torch.empty(keys.shape[0], dtype=torch.float32, device=keys.device)
    for start in range(0, keys.shape[0], tile):
        block = keys[start : start + tile].float()
        if scales is not None:
            block = block * scales[start : start + tile, None, None]
        block = block.repeat_interleave(heads // kv_heads, dim=1)  # [n, H, d]
        scores = torch.einsum("thd,nhd->thn", queries, block)
        out[start : start + tile] = _reduce(_reduce(scores, 1, head_reduce), 0, query_reduce)
    return out


def _reduce(scores: Tensor, dim: int, how: str) -> Tensor:
    if how == "max":
        return scores.amax(dim)
    if how == "mean":
        return scores.mean(dim)
    return scores.select(dim, -1)
