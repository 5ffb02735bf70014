"""From chunks to documents: a document's score from its run of chunks (CSR offsets), and the best documents."""

from __future__ import annotations

import torch
from torch import Tensor


def segment_reduce(chunk_scores: Tensor, doc_offsets: Tensor, how: str) -> Tensor:
    """chunk_scores [N], doc_offsets [D+1] -> [D]; how: max (of a document without chunks: -inf) or mean."""
    return torch.segment_reduce(chunk_scores, how, offsets=doc_offsets)


def best_rows(scores: Tensor, keep: int) -> Tensor:
    """Rows of the `keep` best scores [D], best first; of equal scores the earlier row comes first.

    `Tensor.topk` leaves open which of equal scores it takes, so the answer would change with how memory is split.
    """
    keep = min(keep, scores.numel())
    if not keep:
        return torch.empty(0, dtype=torch.long, device=scores.device)
    least = scores.topk(keep, sorted=False).values.amin()
    rows = (scores >= least).nonzero()[:, 0]  # ascending, and more than `keep` where the last ones are tied
    return rows[scores[rows].argsort(descending=True, stable=True)[:keep]]


def chunks_of(rows: Tensor, doc_offsets: Tensor) -> tuple[Tensor, Tensor]:
    """The chunks of documents `rows`, one document after the other [C], and their own offsets [len(rows)+1]."""
    starts = doc_offsets[rows]
    lengths = doc_offsets[rows + 1] - starts
    offsets = torch.zeros(len(rows) + 1, dtype=torch.long, device=rows.device)
    torch.cumsum(lengths, 0, out=offsets[1:])
    places = torch.arange(int(offsets[-1]), device=rows.device)
    return places + torch.repeat_interleave(starts - offsets[:-1], lengths), offsets
