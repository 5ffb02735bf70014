"""Routing queries with the heads folded in, for mean over heads (see README.md)."""

from __future__ import annotations

from torch import Tensor
from torch.nn import functional as F


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


def reduce_queries(folded: Tensor, query_reduce: str) -> Tensor:
    """folded [T, K] -> the rows to take the max over: all of them, their mean, or the caller's last.

    The mean over question tokens is linear as well, so it folds into one row.
    """
    if query_reduce == "last":
        return folded[-1:]
    if query_reduce == "mean":
        return folded.mean(dim=0, keepdim=True)
    return folded
