"""A document's score from its run of chunks (CSR offsets)."""

from __future__ import annotations

import torch
from torch import Tensor


def segment_reduce(chunk_scores: Tensor, doc_offsets: Tensor, how: str) -> Tensor:
    """chunk_scores [N], doc_offsets [D+1] with no empty document -> [D]; how: max or mean."""
    lengths = doc_offsets.diff()
    document = torch.repeat_interleave(torch.arange(lengths.numel(), device=lengths.device), lengths)
    out = torch.empty(lengths.numel(), dtype=chunk_scores.dtype, device=chunk_scores.device)
    reduce = "amax" if how == "max" else "mean"
    return out.scatter_reduce_(0, document, chunk_scores, reduce=reduce, include_self=False)
