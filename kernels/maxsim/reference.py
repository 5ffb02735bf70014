"""What maxsim computes, as directly as PyTorch can say it: everything in float64, one document after the other."""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor


def chunk_scores(queries: Tensor, keys: Tensor, scales: Tensor | None, offsets: Tensor) -> Tensor:
    """queries [M, K], rows offsets[q]:offsets[q+1] of question q; keys [N, K] -> [Q, N] float64."""
    real = keys.double() if scales is None else keys.double() * scales.double()[:, None]
    products = queries.double() @ real.T  # [M, N]
    bounds = offsets.tolist()
    return torch.stack([products[a:b].amax(dim=0) for a, b in pairwise(bounds)])


def document_scores(
    queries: Tensor, keys: Tensor, scales: Tensor | None, doc_offsets: Tensor, offsets: Tensor
) -> Tensor:
    """One score a question and document [Q, D] float64; -inf for a document without chunks."""
    chunks = chunk_scores(queries, keys, scales, offsets)
    out = torch.full((chunks.shape[0], doc_offsets.numel() - 1), float("-inf"), dtype=torch.float64)
    for document, (start, end) in enumerate(pairwise(doc_offsets.tolist())):
        if end > start:
            out[:, document] = chunks[:, start:end].amax(dim=1)
    return out
