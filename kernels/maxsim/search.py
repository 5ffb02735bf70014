"""The dispatching functions: scores of chunks and documents, and the best documents for one or several questions."""

from __future__ import annotations

import torch
from torch import Tensor

from kernels.backend import Backend, choose
from kernels.maxsim import cpu
from kernels.maxsim.folded import reduce_queries
from kernels.maxsim.segments import best_rows, segment_reduce

OVERFETCH = 4  # documents scored again for each one kept: the true best 16 are among 64 scanned (docs/log.md)


def chunk_scores(
    queries: Tensor,
    keys: Tensor,
    scales: Tensor | None = None,
    offsets: Tensor | None = None,
    *,
    backend: Backend | None = None,
    tile: int | None = None,
) -> Tensor:
    """max over a question's tokens of <query, key>: folded queries against one layer's routing keys.

    queries [M, K]: question q's in rows offsets[q]:offsets[q+1], none of them empty; all are one question's where there
    are no offsets. keys [N, K], int8 with scales [N] or floating. -> [Q, N] float32. Keys are read once and in order,
    and no more than a tile of products exists. int8 keys meet queries rounded to int8: an error of some hundredths of
    the scores' spread, which `rescore` takes away where order matters.
    """
    if offsets is None:
        offsets = torch.arange(2, device=queries.device) * queries.shape[0]
    if choose(keys, backend) == "triton":
        from kernels.maxsim.triton import maxsim_fwd

        return maxsim_fwd(queries, keys, scales, offsets)
    return cpu.chunk_scores(queries.float(), keys, scales, offsets.tolist(), tile)


def folded_chunk_scores(
    folded: Tensor, keys: Tensor, scales: Tensor | None, query_reduce: str, tile: int | None = None
) -> Tensor:
    """One question's folded queries [T, K] against keys [N, K] -> one float32 a chunk [N]; `last`: the last row's."""
    return chunk_scores(reduce_queries(folded, query_reduce), keys, scales, tile=tile)[0]


def rescore(
    queries: Tensor,
    keys: Tensor,
    scales: Tensor | None,
    doc_offsets: Tensor,
    rows: Tensor,
    chunk_reduce: str = "max",
    *,
    backend: Backend | None = None,
) -> Tensor:
    """Scores of a few documents `rows` [C] for one question [M, K], free of the query's rounding -> [C] float32."""
    if choose(keys, backend) == "triton" and chunk_reduce == "max":
        from kernels.maxsim.triton import rescore_fwd

        whole = torch.arange(2, device=queries.device) * queries.shape[0]
        return rescore_fwd(queries, keys, scales, doc_offsets, rows[None], whole)[0]
    return cpu.rescore(queries, keys, scales, doc_offsets, rows, chunk_reduce)


def best_documents(
    queries: Tensor,
    keys: Tensor,
    scales: Tensor | None,
    doc_offsets: Tensor,
    keep: int,
    *,
    offsets: Tensor | None = None,
    wanted: Tensor | None = None,
    backend: Backend | None = None,
) -> tuple[Tensor, Tensor]:
    """Rows and scores of the `keep` best documents of each question, [Q, min(keep, D)] each, best first.

    doc_offsets [D+1] in chunks; of equal scores the earlier document comes first. Documents that are not `wanted` [D]
    bool, and those without chunks, have score -inf and stand last. On a GPU nothing waits for the host.
    """
    if offsets is None:
        offsets = torch.arange(2, device=queries.device) * queries.shape[0]
    if choose(keys, backend) == "triton":
        from kernels.maxsim.triton import best_documents_fwd

        return best_documents_fwd(queries, keys, scales, doc_offsets, offsets, wanted, keep, OVERFETCH)
    scanned = cpu.chunk_scores(queries.float(), keys, scales, offsets.tolist())
    rows, scores = [], []
    for chunks, (first, last) in zip(scanned, offsets.unfold(0, 2, 1).tolist(), strict=True):
        found = segment_reduce(chunks, doc_offsets, "max")
        if wanted is not None:
            found = found.masked_fill(~wanted, float("-inf"))
        near = best_rows(found, keep * OVERFETCH).sort().values
        exact = cpu.rescore(queries[first:last], keys, scales, doc_offsets, near)
        exact = exact.masked_fill(found[near] == float("-inf"), float("-inf"))
        best = best_rows(exact, keep)
        rows.append(near[best])
        scores.append(exact[best])
    return torch.stack(rows), torch.stack(scores)
