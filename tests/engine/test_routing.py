"""The k best documents of a layer: over any number of segments, live and allowed ones only."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import pytest
import torch
from tiny import config
from torch import Tensor
from torch.nn import functional as F

from engine.config import ModelConfig
from engine.memory import quantise
from engine.routing import TensorSegment, _surely_best, segment_scores, select

CONFIG = ModelConfig.from_dict(config())  # 4 heads in 2 groups of 16
LENGTHS = [1, 4, 2, 1, 7, 3, 1, 1, 5, 2]
GENERATOR = torch.Generator().manual_seed(3)
QUERIES = torch.randn(6, 4, 16, generator=GENERATOR)
KEYS = F.normalize(torch.randn(2, sum(LENGTHS), 2, 16, generator=GENERATOR), dim=-1).flatten(2)


def segment(first: int, last: int, dead: tuple[int, ...] = ()) -> TensorSegment:
    """Documents first..last-1 (their IDs are 10 times their place)."""
    ids = torch.arange(first, last) * 10
    offsets = torch.tensor([0, *LENGTHS]).cumsum(0)
    chunks = KEYS[:, offsets[first] : offsets[last]]
    live = ~torch.isin(ids, torch.tensor(dead, dtype=torch.long))
    return TensorSegment(ids, live, offsets[first : last + 1] - offsets[first], list(chunks))


def expected(layer: int) -> list[tuple[int, float]]:
    """All documents by falling score, scored one chunk and one head at a time."""
    out, start = [], 0
    unit = F.normalize(QUERIES, dim=-1)
    for place, length in enumerate(LENGTHS):
        best = -2.0
        for key in KEYS[layer, start : start + length].view(length, 2, 16):
            best = max(best, max(sum(float(q[h] @ key[h // 2]) for h in range(4)) / 4 for q in unit))
        out.append((place * 10, best))
        start += length
    return sorted(out, key=lambda item: -item[1])


@pytest.mark.parametrize("layer", [0, 1])
@pytest.mark.parametrize("cuts", [(0, 10), (0, 1, 10), (0, 3, 4, 10), tuple(range(11))], ids=str)
def test_segments_do_not_matter(cuts: tuple[int, ...], layer: int) -> None:
    segments = [segment(a, b) for a, b in pairwise(cuts)]
    found = select(QUERIES, segments, layer, CONFIG, 4)
    want = expected(layer)[:4]
    assert found.documents.tolist() == [document for document, _ in want]
    assert found.scores.tolist() == pytest.approx([score for _, score in want], abs=1e-5)


def test_layers_choose_by_themselves() -> None:
    choices = [select(QUERIES, [segment(0, 10)], layer, CONFIG, 3).documents.tolist() for layer in (0, 1)]
    assert choices[0] != choices[1]


def test_dead_documents_are_never_chosen() -> None:
    best = [document for document, _ in expected(0)]
    found = select(QUERIES, [segment(0, 5, tuple(best[:2])), segment(5, 10, tuple(best[:2]))], 0, CONFIG, 4)
    assert found.documents.tolist() == best[2:6]


@pytest.mark.parametrize("allowed", [[], [30], [0, 30, 90], [5, 1000]], ids=str)
def test_only_allowed_documents(allowed: list[int]) -> None:
    found = select(QUERIES, [segment(0, 4), segment(4, 10)], 0, CONFIG, 8, torch.tensor(allowed, dtype=torch.long))
    assert found.documents.tolist() == [document for document, _ in expected(0) if document in allowed]


def test_fewer_documents_than_asked_for() -> None:
    found = select(QUERIES, [segment(0, 10)], 0, CONFIG, 64)
    assert sorted(found.documents.tolist()) == [place * 10 for place in range(10)]
    assert found.scores.tolist() == sorted(found.scores.tolist(), reverse=True)


@pytest.mark.parametrize("segments", [[], [segment(2, 2)], [segment(0, 2, (0, 10))]], ids=["none", "empty", "all dead"])
def test_an_empty_memory_gives_nothing(segments: list[TensorSegment]) -> None:
    found = select(QUERIES, segments, 0, CONFIG, 4)
    assert found.documents.tolist() == []
    assert found.documents.dtype == torch.int64
    assert found.scores.tolist() == []


@dataclass(frozen=True)
class Int8Segment:
    plain: TensorSegment

    @property
    def document_ids(self) -> Tensor:
        return self.plain.document_ids

    @property
    def live(self) -> Tensor:
        return self.plain.live

    @property
    def doc_offsets(self) -> Tensor:
        return self.plain.doc_offsets

    def routing_keys(self, layer_index: int) -> tuple[Tensor, Tensor]:
        return quantise(self.plain.keys[layer_index])

    def largest_scale(self, layer_index: int) -> float:
        return float(quantise(self.plain.keys[layer_index])[1].max())


@pytest.mark.parametrize(
    "changes",
    [
        {}, {"head_reduce_method": "max"}, {"query_reduce_method": "last", "chunk_reduce_method": "mean"},
        {"head_reduce_method": "last", "query_reduce_method": "mean"}, {"aux_loss_method": "NONE"},
        {"decouple_router": False, "head_reduce_method": "max"},
    ],
    ids=str,
)  # fmt: skip
def test_int8_keys_score_as_the_float_ones(changes: dict[str, object]) -> None:
    other = ModelConfig.from_dict(config(**changes))
    plain = segment_scores(QUERIES, segment(0, 10), 0, other)
    small = segment_scores(QUERIES, Int8Segment(segment(0, 10)), 0, other)
    assert plain.shape == (10,)
    assert float(plain.std()) > 0.02  # there is something to tell apart
    assert float((plain - small).abs().max()) < 0.02 * float(plain.abs().max())
    best = plain.topk(3).indices.tolist()
    assert set(best) & set(small.topk(3).indices.tolist())


@pytest.mark.parametrize("documents", [5, 4096, 40_000])
def test_the_best_scores_are_never_left_out(documents: int) -> None:
    generator = torch.Generator().manual_seed(documents)
    scores = torch.randn(documents, generator=generator)
    scores[::7] = float("-inf")
    scores[::5] = 1.5  # ties among the best
    kept, keep = _surely_best(scores, 16), min(16, documents)
    assert torch.equal(kept.topk(keep).values, scores.topk(keep).values)
    assert documents < 40_000 or len(kept) < documents
