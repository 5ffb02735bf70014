"""Which documents a layer reads: scores of every document in memory for the question's tokens, and the best k.

Memory is given as segments (a pack of the bank, or tensors in hand), each scored in tiles; only one float a document
leaves a segment. What a scan puts near the top is scored exactly, so that the choice is the same everywhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor
from torch.nn import functional as F

from engine.config import ModelConfig
from engine.exact import exact_scores, largest_key, slack
from kernels.maxsim import chunks_of, exact_chunk_scores, fold_queries, folded_chunk_scores, segment_reduce

BLOCK = 64
TOGETHER = 1024  # documents scored exactly at once; all of memory where all of it scores the same


class Segment(Protocol):
    """Some documents of a memory, their chunks one after the other."""

    @property
    def document_ids(self) -> Tensor: ...  # [D] int64

    @property
    def live(self) -> Tensor: ...  # [D] bool; others are never selected

    @property
    def doc_offsets(self) -> Tensor: ...  # [D+1] int64, in chunks

    def routing_keys(self, layer_index: int) -> tuple[Tensor, Tensor | None]: ...  # [N, G*d], scale [N] if int8

    def largest_scale(self, layer_index: int) -> float: ...  # of the keys' scales; 0 where they have none


@dataclass(frozen=True, slots=True)
class Selection:
    """Documents by falling score."""

    documents: Tensor  # [k] int64
    scores: Tensor  # [k] float32


def prepare(queries: Tensor, config: ModelConfig, whitening: Tensor | None = None) -> Tensor:
    """Routing queries [T, H, d] as they are scored, float32: heads folded into one row [T, G*d] where the reductions
    allow it, else [T, H, d], of unit length for cosine; of a checkpoint that goes by the last token that one alone.
    whitening [G*d, G*d] (engine.whitening): of folded rows, which keep their length. Made once a layer: all of memory
    sees the same bits."""
    if config.routing.query_reduce == "last":
        queries = queries[-1:]
    if config.routing.folds:
        folded = fold_queries(queries, config.kv_heads, config.routing.cosine)
        return folded if whitening is None else _whitened(folded, whitening.to(folded.device))
    return F.normalize(queries.float(), dim=-1) if config.routing.cosine else queries.float()


def _whitened(folded: Tensor, whitening: Tensor) -> Tensor:
    turned: Tensor = F.normalize(folded @ whitening, dim=-1) * folded.norm(dim=-1, keepdim=True)
    return turned


def segment_scores(queries: Tensor, segment: Segment, layer_index: int, config: ModelConfig) -> Tensor:
    """Routing queries [T, H, d] -> one score a document of the segment [D] (msa.md stage 2)."""
    return scan(prepare(queries, config), *segment.routing_keys(layer_index), segment.doc_offsets, config)


def scan(prepared: Tensor, keys: Tensor, scales: Tensor | None, doc_offsets: Tensor, config: ModelConfig) -> Tensor:
    """Scores [D] of all documents of a segment, on the device of its keys, as its fastest arithmetic rounds them."""
    routing = config.routing
    prepared = prepared.to(keys.device)  # the few queries go to the keys: a bank's are mapped into host memory
    if routing.folds:
        chunks = folded_chunk_scores(prepared, keys, scales, routing.query_reduce)
    else:
        chunks = exact_chunk_scores(
            prepared,
            keys.view(-1, config.kv_heads, config.head_dim),
            scales,
            cosine=False,  # `prepare` has seen to it
            head_reduce=routing.head_reduce,
            query_reduce=routing.query_reduce,
        )
    offsets = doc_offsets.to(keys.device)
    return segment_reduce(chunks, offsets, routing.chunk_reduce) * routing.scale(config.head_dim)


def select(
    queries: Tensor,
    segments: Iterable[Segment],
    layer_index: int,
    config: ModelConfig,
    keep: int,
    allowed: Tensor | None = None,
) -> Selection:
    """The `keep` best documents of all segments for one layer; `allowed` (sorted ids) narrows memory."""
    asked = [(segment, wanted(segment, allowed)) for segment in segments]
    return choose(prepare(queries, config), asked, layer_index, config, keep)


def wanted(segment: Segment, allowed: Tensor | None) -> Tensor:
    """Which documents of a segment a question may see, [D] bool where the segment's flags lie."""
    if allowed is None:
        return segment.live
    return segment.live & torch.isin(segment.document_ids, allowed).to(segment.live.device)


def choose(
    prepared: Tensor, segments: Iterable[tuple[Segment, Tensor]], layer_index: int, config: ModelConfig, keep: int
) -> Selection:
    """`select` for a prepared question over segments and which of their documents are wanted.

    With int8 keys the outcome follows from question and keys alone, bit for bit, however the documents lie in
    segments and on whatever device or rank (engine.exact). Equal scores are ordered by the document's ID.
    """
    found: list[_Scanned] = []
    for segment, seen in segments:
        if segment.document_ids.numel():
            keys, scales = segment.routing_keys(layer_index)
            scores = scan(prepared, keys, scales, segment.doc_offsets, config)
            found.append(_Scanned(segment, keys, scales, scores.masked_fill_(~seen, float("-inf"))))
    if not found:
        return merge([], keep)
    devices = {one.scores.device for one in found}
    every = torch.cat([one.scores if len(devices) == 1 else one.scores.cpu() for one in found])
    least = float(_surely_best(every, keep).topk(min(keep, every.numel())).values[-1])
    longest = max(one.segment.largest_scale(layer_index) for one in found)
    least -= slack(prepared, largest_key(longest, config), config) if longest else 0.0
    near = _near_the_top(found, every, least)
    exact = [(one, rows) for one, rows in near if one.scales is not None]
    plain = [one.as_scanned(rows) for one, rows in near if one.scales is None]
    return merge([*plain, *_scored_exactly(exact, prepared, config)], keep)


def _near_the_top(found: Sequence[_Scanned], every: Tensor, least: float) -> list[tuple[_Scanned, Tensor]]:
    """Rows of each segment's documents that reach `least`; every: the scores of all segments, one after the other."""
    rows = ((every >= least) & (every > float("-inf"))).nonzero()[:, 0]
    ends = torch.tensor([len(one.scores) for one in found], device=rows.device).cumsum(0)
    shares = torch.bincount(torch.bucketize(rows, ends, right=True), minlength=len(found)).tolist()
    own = zip(found, torch.split(rows, shares), [0, *ends.tolist()[:-1]], strict=True)
    return [(one, part - begin) for one, part, begin in own if len(part)]


def _surely_best(scores: Tensor, keep: int) -> Tensor:
    """Some of the scores [D], the `keep` best among them: a tenth of the time of looking for them in all."""
    blocks = len(scores) // BLOCK
    if blocks < 4 * keep:
        return scores
    tops = scores[: blocks * BLOCK].view(blocks, BLOCK).amax(dim=1)
    least = tops.topk(keep).values[-1]  # `keep` scores reach it, so the best ones do
    return scores[scores >= least]


def _scored_exactly(near: Sequence[tuple[_Scanned, Tensor]], prepared: Tensor, config: ModelConfig) -> list[Selection]:
    """Documents at these rows of int8 segments, TOGETHER at a time: of many packs each gives few."""
    out: list[Selection] = []
    pieces = [(one, part) for one, rows in near for part in torch.split(rows, TOGETHER)]
    while pieces:
        taken = [pieces.pop(0)]
        while pieces and sum(len(rows) for _, rows in taken) + len(pieces[0][1]) <= TOGETHER:
            taken.append(pieces.pop(0))
        gathered = [one.gathered(rows) for one, rows in taken]
        devices = {codes.device for codes, _, _ in gathered}
        home = devices.pop() if len(devices) == 1 else torch.device("cpu")
        codes, scales, counts = (torch.cat([part.to(home) for part in parts]) for parts in zip(*gathered, strict=True))
        ids = torch.cat([one.segment.document_ids[rows.cpu()] for one, rows in taken])
        out.append(Selection(ids, exact_scores(prepared, codes, scales, counts, config).cpu()))
    return out


def merge(selections: Sequence[Selection], keep: int) -> Selection:
    """The `keep` best of several, by falling score and rising ID: the one order everywhere."""
    documents = torch.cat([torch.empty(0, dtype=torch.long), *(one.documents for one in selections)])
    scores = torch.cat([torch.empty(0), *(one.scores for one in selections)])
    by_id = documents.argsort()
    order = by_id[scores[by_id].argsort(descending=True, stable=True)[:keep]]
    return Selection(documents[order], scores[order])


@dataclass(frozen=True, slots=True)
class _Scanned:
    segment: Segment
    keys: Tensor
    scales: Tensor | None
    scores: Tensor  # [D] where the keys are, -inf for what is not wanted

    def as_scanned(self, rows: Tensor) -> Selection:
        return Selection(self.segment.document_ids[rows.cpu()], self.scores[rows.to(self.scores.device)].cpu())

    def gathered(self, rows: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Keys and scales of the documents at `rows`, one after the other, and how many chunks each has."""
        assert self.scales is not None
        offsets = self.segment.doc_offsets
        chunks, own = chunks_of(rows.to(offsets.device), offsets)
        at = chunks.to(self.keys.device)
        return self.keys[at], self.scales[at], own.diff().to(self.keys.device)


@dataclass(frozen=True, slots=True)
class TensorSegment:
    """Documents held in memory: what training, parity and tests route over."""

    document_ids: Tensor
    live: Tensor
    doc_offsets: Tensor
    keys: Sequence[Tensor]  # per routing layer [N, G*d]

    def routing_keys(self, layer_index: int) -> tuple[Tensor, Tensor | None]:
        return self.keys[layer_index], None

    def largest_scale(self, layer_index: int) -> float:
        return 0.0
