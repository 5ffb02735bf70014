"""Folded and exact scoring against each other and against arithmetic done by hand; what they allocate."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from kernels.maxsim import exact_chunk_scores, fold_queries, folded_chunk_scores, segment_reduce

SHAPES = [(4, 2, 16), (8, 1, 8), (6, 6, 8), (32, 8, 4)]  # H, G, d
TILE = 64


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def test_memory_nobody_wrote_is_nan() -> None:
    """What the tests below rest on, where they look at empty segments and at the edges of tiles."""
    assert torch.empty(3).isnan().all()


def random_case(
    heads: int, kv_heads: int, head_dim: int, *, tokens: int = 9, chunks: int = 200
) -> tuple[Tensor, Tensor]:
    """Queries [T, H, d] and unit keys [N, G, d]."""
    generator = torch.Generator().manual_seed(heads * 1000 + chunks)
    queries = torch.randn(tokens, heads, head_dim, generator=generator)
    return queries, F.normalize(torch.randn(chunks, kv_heads, head_dim, generator=generator), dim=-1)


def by_hand(queries: Tensor, keys: Tensor, query_reduce: str, *, cosine: bool) -> list[float]:
    """Mean over heads, then over tokens, one number at a time."""
    per_group = queries.shape[1] // keys.shape[1]
    out = []
    for key in keys.double():
        tokens = []
        for query in queries.double():
            unit = [q / q.norm() if cosine else q for q in query]
            heads = [float(q @ key[h // per_group]) for h, q in enumerate(unit)]
            tokens.append(sum(heads) / len(heads))
        out.append({"max": max(tokens), "mean": sum(tokens) / len(tokens), "last": tokens[-1]}[query_reduce])
    return out


@pytest.mark.parametrize("query_reduce", ["max", "mean", "last"])
@pytest.mark.parametrize("cosine", [True, False], ids=["cosine", "product"])
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_folded_is_exact_for_mean_over_heads(shape: tuple[int, int, int], cosine: bool, query_reduce: str) -> None:
    queries, keys = random_case(*shape, chunks=70)
    folded = fold_queries(queries, shape[1], cosine)
    assert folded.shape == (9, shape[1] * shape[2])
    fast = folded_chunk_scores(folded, keys.flatten(1), None, query_reduce, tile=TILE)
    slow = exact_chunk_scores(
        queries, keys, None, cosine=cosine, head_reduce="mean", query_reduce=query_reduce, tile=TILE
    )
    assert fast.dtype == slow.dtype == torch.float32
    assert torch.allclose(fast, slow, atol=1e-5, rtol=0)
    assert torch.allclose(fast, torch.tensor(by_hand(queries, keys, query_reduce, cosine=cosine)), atol=1e-5, rtol=0)


@pytest.mark.parametrize("head_reduce", ["max", "last"])
@pytest.mark.parametrize("query_reduce", ["max", "mean", "last"])
def test_exact_reduces_heads_before_tokens(head_reduce: str, query_reduce: str) -> None:
    queries, keys = random_case(4, 2, 16, tokens=5, chunks=11)
    got = exact_chunk_scores(
        queries, keys, None, cosine=False, head_reduce=head_reduce, query_reduce=query_reduce, tile=4
    )
    products = torch.stack([queries[:, h] @ keys[:, h // 2].T for h in range(4)])  # [H, T, N]
    heads = products.amax(0) if head_reduce == "max" else products[-1]
    want = {"max": heads.amax(0), "mean": heads.mean(0), "last": heads[-1]}[query_reduce]
    assert torch.allclose(got, want, atol=1e-5, rtol=0)


@pytest.mark.parametrize("chunks", [0, 1, TILE - 1, TILE, TILE + 1, 3 * TILE])
@pytest.mark.parametrize("tokens", [1, 7])
def test_tile_boundaries(chunks: int, tokens: int) -> None:
    queries, keys = random_case(4, 2, 16, tokens=tokens, chunks=chunks)
    folded = fold_queries(queries, 2, True)
    whole = folded_chunk_scores(folded, keys.flatten(1), None, "max", tile=10_000)
    tiled = folded_chunk_scores(folded, keys.flatten(1), None, "max", tile=TILE)
    exact = exact_chunk_scores(queries, keys, None, cosine=True, head_reduce="mean", query_reduce="max", tile=TILE)
    assert tiled.shape == exact.shape == (chunks,)
    assert not tiled.isnan().any()
    assert torch.allclose(tiled, whole, atol=1e-6, rtol=0)
    assert torch.allclose(tiled, exact, atol=1e-5, rtol=0)


def test_inputs_need_not_be_contiguous() -> None:
    queries, keys = random_case(8, 2, 16)
    strided_q = queries.transpose(0, 1).contiguous().transpose(0, 1)
    strided_k = torch.stack((keys, -keys), dim=-1)[..., 0]
    assert not strided_q.is_contiguous()
    assert not strided_k.is_contiguous()
    for cosine in (True, False):
        want = folded_chunk_scores(fold_queries(queries, 2, cosine), keys.flatten(1), None, "max")
        got = folded_chunk_scores(
            fold_queries(strided_q, 2, cosine), keys.flatten(1).T.contiguous().T, None, "max", tile=TILE
        )
        slow = exact_chunk_scores(
            strided_q, strided_k, None, cosine=cosine, head_reduce="mean", query_reduce="max", tile=TILE
        )
        assert torch.allclose(got, want, atol=1e-6)
        assert torch.allclose(slow, want, atol=1e-5)


def quantised(keys: Tensor) -> tuple[Tensor, Tensor]:
    scales = keys.abs().amax(-1) / 127
    return (keys / scales[:, None]).round().to(torch.int8), scales


def test_int8_keys_keep_the_ranking() -> None:
    queries, keys = random_case(8, 2, 64, tokens=16, chunks=4000)
    folded, flat = fold_queries(queries, 2, True), keys.flatten(1)
    codes, scales = quantised(flat)
    full = folded_chunk_scores(folded, flat, None, "max")
    small = folded_chunk_scores(folded, codes, scales, "max", tile=1000)
    assert float((full - small).abs().max()) < 2e-3  # measured 1.3e-3 (quantisation, and bf16 products)
    assert len(set(full.topk(64).indices.tolist()) & set(small.topk(64).indices.tolist())) >= 60
    exact = exact_chunk_scores(
        queries, codes.view(-1, 2, 64), scales, cosine=True, head_reduce="mean", query_reduce="max"
    )
    assert float((full - exact).abs().max()) < 2e-3
    assert len(set(full.topk(64).indices.tolist()) & set(exact.topk(64).indices.tolist())) >= 61


def test_a_key_of_zeros_scores_zero() -> None:
    folded = fold_queries(torch.randn(3, 4, 8), 2, True)
    codes, scales = torch.zeros(5, 16, dtype=torch.int8), torch.zeros(5)
    assert folded_chunk_scores(folded, codes, scales, "max").tolist() == [0.0] * 5


def test_equal_keys_score_equally_in_every_tile() -> None:
    queries, keys = random_case(4, 2, 16, chunks=1)
    scores = folded_chunk_scores(
        fold_queries(queries, 2, True), keys.flatten(1).expand(2 * TILE, -1), None, "max", tile=TILE
    )
    assert len(set(scores.tolist())) == 1


class Largest(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Remembers the most elements any operation made, views of what was given left out."""

    def __init__(self, *given: Tensor) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.elements, self.given = 0, {tensor.untyped_storage().data_ptr() for tensor in given}

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        out = func(*args, **(kwargs or {}))
        for leaf in tree_leaves(out):
            if isinstance(leaf, Tensor) and leaf.untyped_storage().data_ptr() not in self.given:
                self.elements = max(self.elements, leaf.untyped_storage().nbytes() // leaf.element_size())
        return out


@pytest.mark.parametrize("codes", [True, False], ids=["int8", "float32"])
def test_folded_never_holds_heads_by_tokens_by_chunks(codes: bool) -> None:
    heads, kv_heads, head_dim, tokens, chunks, tile = 32, 2, 4, 16, 6000, 256
    queries, keys = random_case(heads, kv_heads, head_dim, tokens=tokens, chunks=chunks)
    flat, scales = quantised(keys.flatten(1)) if codes else (keys.flatten(1), None)
    with Largest(queries, flat, keys) as seen:
        folded_chunk_scores(fold_queries(queries, kv_heads, True), flat, scales, "max", tile=tile)
    # the result, one tile's scores, one tile's keys, the queries; never the whole bank's keys once more
    assert chunks <= seen.elements <= max(chunks, tokens * tile, tile * kv_heads * head_dim)
    with Largest(queries, keys) as seen:
        exact_chunk_scores(queries, keys, None, cosine=True, head_reduce="max", query_reduce="max", tile=tile)
    # tiled as well; and this test sees such arrays
    assert tokens * heads * tile <= seen.elements < heads * tokens * chunks / 8


@pytest.mark.parametrize("how", ["max", "mean"])
@pytest.mark.parametrize("lengths", [[1], [1, 1, 1], [3, 1, 5, 2], [64], []], ids=str)
def test_segments_of_any_length(lengths: list[int], how: str) -> None:
    generator = torch.Generator().manual_seed(1)
    scores = torch.randn(sum(lengths), generator=generator) - 3.0  # all negative: 0 must not win
    offsets = torch.tensor([0, *torch.tensor(lengths, dtype=torch.long).cumsum(0).tolist()])
    runs = torch.split(scores, lengths) if lengths else ()
    want = [float(run.max() if how == "max" else run.mean()) for run in runs]
    got = segment_reduce(scores, offsets, how)
    assert got.shape == (len(lengths),)
    assert got.tolist() == pytest.approx(want, abs=1e-6)


def test_fold_of_one_head_a_group_is_the_query() -> None:
    queries = torch.randn(3, 4, 8)
    assert torch.allclose(fold_queries(queries, 4, False) * 4, queries.flatten(1))
    lengths = fold_queries(queries, 4, True).view(3, 4, 8).norm(dim=-1)
    assert torch.allclose(lengths, torch.full((3, 4), 0.25))
