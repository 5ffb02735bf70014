"""Folded scoring for mean over heads: one [T, G*d] x [G*d, N] product and a max over rows (see README.md)."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

TILE_CHUNKS = 8192  # 8192 x 128 bf16 keys = 2 MiB: stays in a core's L2 beside the product


def fold_queries(queries: Tensor, kv_heads: int, cosine: bool) -> Tensor:
    """Routing queries [T, H, d] -> [T, G*d]: the mean over heads moved into the query.

    score[t, n] = mean_h <q[t, h], k[n, g(h)]> = <fold(q)[t], k[n]>, exactly, because the mean is linear in k.
    """
    tokens, heads, head_dim = queries.shape
    queries = queries.float()
    if cosine:
        queries = F.normalize(queries, dim=-1)
    grouped = queries.view(tokens, kv_heads, heads // kv_heads, head_dim).sum(dim=2)
    return (grouped / heads).reshape(tokens, kv_heads * head_dim)


def folded_chunk_scores(
    folded: Tensor, keys: Tensor, scales: Tensor | None, query_reduce: str, tile: int = TILE_CHUNKS
) -> Tensor:
    """folded [T, K] against keys [N, K] (int8 with scales [N], or floating) -> one float32 a chunk [N].

    `last` means the caller's last row. Keys are read once, in order, `tile` chunks at a time, so beside the keys
    no more than [T, tile] floats exist. A chunk's scale is positive: it commutes with the max over tokens.
    """
    if query_reduce == "last":
        folded = folded[-1:]
    elif query_reduce == "mean":
        folded = folded.mean(dim=0, keepdim=True)
    out = torch.empty(keys.shape[0], dtype=torch.float32, device=keys.device)
    # int8 levels are exact in bf16; the query is rounded (2^-9), which costs less order than int8 does (README.md)
    dtype = torch.bfloat16 if keys.dtype in (torch.int8, torch.bfloat16) else torch.float32
    rows = folded.to(dtype)
    for start in range(0, keys.shape[0], tile):
        block = keys[start : start + tile].to(dtype)  # [n, K]
        out[start : start + tile] = (rows @ block.T).amax(dim=0).float()  # [T, n] -> [n]
    return out if scales is None else out * scales
