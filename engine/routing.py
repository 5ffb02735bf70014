"""Which documents a layer reads: scores of every document in memory for the question's tokens, and the best k.

Memory is given as segments (a pack of the bank, or tensors in hand), each scored in tiles; only one float a chunk
leaves a segment, so peak memory does not grow with the bank.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor

from engine.config import ModelConfig
from kernels.maxsim import exact_chunk_scores, fold_queries, folded_chunk_scores, segment_reduce


class Segment(Protocol):
    """Some documents of a memory, their chunks one after the other."""

    @property
    def document_ids(self) -> Tensor: ...  # [D] int64

    @property
    def live(self) -> Tensor: ...  # [D] bool; others are never selected

    @property
    def doc_offsets(self) -> Tensor: ...  # [D+1] int64, in chunks

    def routing_keys(self, layer_index: int) -> tuple[Tensor, Tensor | None]: ...  # [N, G*d], scale [N] if int8


@dataclass(frozen=True, slots=True)
class Selection:
    """Documents by falling score."""

    documents: Tensor  # [k] int64
    scores: Tensor  # [k] float32


def segment_scores(queries: Tensor, segment: Segment, layer_index: int, config: ModelConfig) -> Tensor:
    """Routing queries [T, H, d] -> one score a document of the segment [D] (msa.md stage 2)."""
    routing = config.routing
    keys, scales = segment.routing_keys(layer_index)
    queries = queries.to(keys.device)  # the few queries go to the keys: a bank's are mapped into host memory
    if routing.folds:
        folded = fold_queries(queries, config.kv_heads, routing.cosine)
        chunks = folded_chunk_scores(folded, keys, scales, routing.query_reduce)
    else:
        chunks = exact_chunk_scores(
            queries,
            keys.view(-1, config.kv_heads, config.head_dim),
            scales,
            cosine=routing.cosine,
            head_reduce=routing.head_reduce,
            query_reduce=routing.query_reduce,
        )
    return segment_reduce(chunks, segment.doc_offsets, routing.chunk_reduce) * routing.scale(config.head_dim)


def select(
    queries: Tensor,
    segments: Iterable[Segment],
    layer_index: int,
    config: ModelConfig,
    keep: int,
    allowed: Tensor | None = None,
) -> Selection:
    """The `keep` best documents of all segments for one layer; `allowed` (sorted ids) narrows memory."""
    documents, scores = [torch.empty(0, dtype=torch.long)], [torch.empty(0)]
    for segment in segments:
        if segment.document_ids.numel() == 0:
            continue
        found = segment_scores(queries, segment, layer_index, config).cpu()
        wanted = segment.live if allowed is None else segment.live & torch.isin(segment.document_ids, allowed)
        found = found.masked_fill(~wanted, float("-inf"))
        best = found.topk(min(keep, found.numel()))
        real = best.values > float("-inf")
        scores.append(best.values[real])
        documents.append(segment.document_ids[best.indices[real]])
    merged, ids = torch.cat(scores), torch.cat(documents)
    best = merged.topk(min(keep, merged.numel()))
    return Selection(ids[best.indices], best.values)


@dataclass(frozen=True, slots=True)
class TensorSegment:
    """Documents held in memory: what training, parity and tests route over."""

    document_ids: Tensor
    live: Tensor
    doc_offsets: Tensor
    keys: Sequence[Tensor]  # per routing layer [N, G*d]

    def routing_keys(self, layer_index: int) -> tuple[Tensor, Tensor | None]:
        return self.keys[layer_index], None
