"""Scores of chunks and the best documents against float64, in every form: ragged, tied, empty, strided, far apart."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from forms import Form, all_forms
from torch import Tensor
from torch.nn import functional as F

from kernels.maxsim import OVERFETCH, best_documents, best_rows, chunk_scores, chunks_of, reference, rescore
from kernels.quantise import quantise_rows

# M question tokens, N chunks, K width, none a multiple of a tile
SHAPES = [(1, 1, 32), (7, 129, 128), (33, 70, 96), (70, 45, 1024)]
KINDS = ["int8", "bf16", "float32"]
# against the spread of the scores: int8 queries beside int8 keys; bf16 queries, and bf16 products on the CPU
TOLERANCE = {"int8": 0.08, "bf16": 0.06, "float32": 1e-5}


def case(tokens: int, chunks: int, width: int, kind: str) -> tuple[Tensor, Tensor, Tensor | None]:
    """Queries [M, K], keys [N, K] of unit length as `kind`, scales."""
    generator = torch.Generator().manual_seed(tokens * 1000 + chunks)
    queries = torch.randn(tokens, width, generator=generator) * width**-0.5
    keys = F.normalize(torch.randn(chunks, width, generator=generator), dim=-1)
    if kind == "int8":
        return queries, *quantise_rows(keys)
    return queries, keys.bfloat16() if kind == "bf16" else keys, None


def run_of(form: Form, queries: Tensor, keys: Tensor, scales: Tensor | None, *others: Tensor) -> list[Any]:
    queries, keys, *moved = form.put(queries, keys, *others)
    return [queries, keys, None if scales is None else scales.to(form.device), *moved]


@all_forms
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: "M{}-N{}-K{}".format(*shape))
def test_chunk_scores(form: Form, shape: tuple[int, int, int], kind: str) -> None:
    queries, keys, scales = case(*shape, kind)
    tokens = shape[0]
    offsets = torch.tensor([0, tokens]) if tokens < 3 else torch.tensor([0, 1, tokens // 2, tokens])
    want = reference.chunk_scores(queries, keys, scales, offsets)
    q, k, s, o = run_of(form, queries, keys, scales, offsets)
    got = chunk_scores(q, k, s, o, backend=form.backend).cpu()
    assert got.dtype == torch.float32
    assert got.shape == want.shape
    spread = float(want.std()) if want.numel() > 1 else float(want.abs().max())
    assert float((got - want).abs().max()) < TOLERANCE[kind] * spread  # NaN fails


@all_forms
@pytest.mark.parametrize("kind", KINDS)
def test_no_chunks(form: Form, kind: str) -> None:
    queries, keys, scales = case(5, 0, 64, kind)
    q, k, s, d = run_of(form, queries, keys, scales, torch.tensor([0]))
    assert chunk_scores(q, k, s, backend=form.backend).shape == (1, 0)
    rows, scores = best_documents(q, k, s, d, 4, backend=form.backend)
    assert rows.shape == scores.shape == (1, 0)


RAGGED = [1, 4, 0, 2, 1, 17, 0, 3, 1, 1, 5, 2, 9, 1, 0, 2]  # chunks of each document; some have none


def offsets_of(lengths: list[int]) -> Tensor:
    return torch.tensor([0, *lengths]).cumsum(0)


@all_forms
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("keep", [1, 3, 16, 50])
def test_best_documents_of_two_questions(form: Form, kind: str, keep: int) -> None:
    """The scan rounds, the second look does not: order and scores are those of float64."""
    queries, keys, scales = case(21, sum(RAGGED), 128, kind)
    documents, offsets = offsets_of(RAGGED), torch.tensor([0, 4, 21])
    wanted = torch.ones(len(RAGGED), dtype=torch.bool)
    wanted[[3, 5]] = False
    scored = reference.document_scores(queries, keys, scales, documents, offsets)
    want = scored.masked_fill(~wanted, float("-inf")).sort(dim=1, descending=True, stable=True)
    q, k, s, d, o, w = run_of(form, queries, keys, scales, documents, offsets, wanted)
    rows, scores = best_documents(q, k, s, d, keep, offsets=o, wanted=w, backend=form.backend)
    kept = min(keep, len(RAGGED))
    real = min(kept, 11)  # 16 documents less 2 unwanted and 3 empty ones
    assert rows.shape == scores.shape == (2, kept)
    assert rows[:, :real].tolist() == want.indices[:, :real].tolist()
    assert torch.allclose(scores[:, :real].cpu(), want.values[:, :real].float(), atol=1e-5, rtol=0)
    assert (scores[:, real:] == float("-inf")).all()
    assert all(sorted(row) == sorted(set(row)) for row in rows.tolist())


@all_forms
@pytest.mark.parametrize("kind", KINDS)
def test_equal_documents_come_in_memory_order(form: Form, kind: str) -> None:
    queries, keys, scales = case(6, 3, 64, kind)
    order = torch.tensor([2, 0, 1]).repeat(40)  # 120 documents of one chunk, three different ones
    tied = keys[order], None if scales is None else scales[order]
    q, k, s, d = run_of(form, queries, *tied, torch.arange(121))
    rows, scores = best_documents(q, k, s, d, 50, backend=form.backend)
    best = rescore(q, k, s, d, d[:3], backend=form.backend).cpu()
    names = best.argsort(descending=True).tolist()  # of the first three documents, which are all there are
    assert rows[0].tolist() == [*range(names[0], 120, 3), *range(names[1], 120, 3)][:50]
    assert len(set(scores[0].tolist())) == 2


@all_forms
def test_scores_of_negative_and_zero_documents_are_ordered(form: Form) -> None:
    values = torch.tensor([-0.5, 0.0, 2.0, -0.0, -3.0, 0.0, 1.0])
    keys = F.pad(values[:, None], (0, 31))
    q, k, d = form.put(F.pad(torch.ones(1, 1), (0, 31)), keys, torch.arange(8))
    rows, scores = best_documents(q, k, None, d, 7, backend=form.backend)
    assert rows[0].tolist() == [2, 6, 1, 3, 5, 0, 4]
    assert scores[0].tolist() == [2.0, 1.0, 0.0, 0.0, 0.0, -0.5, -3.0]


@all_forms
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("how", ["transposed", "every other row", "one row for all"])
def test_keys_need_not_be_contiguous(form: Form, kind: str, how: str) -> None:
    queries, keys, scales = case(9, 40, 64, kind)
    if how == "transposed":
        strided = keys.T.contiguous().T
    elif how == "every other row":
        strided = torch.stack((keys, keys.flip(0)), dim=1)[:, 0]
    else:
        strided, scales = keys[:1].expand(40, -1), None if scales is None else scales[:1].repeat(40)
    want = reference.chunk_scores(queries, strided.clone(), scales, torch.tensor([0, 9]))
    q, k, s = run_of(form, queries.T.contiguous().T, strided, scales)
    assert k.stride() == strided.stride()
    got = chunk_scores(q, k, s, backend=form.backend, tile=16).cpu()
    assert float((got - want).abs().max()) < TOLERANCE[kind] * float(want.abs().max())


@all_forms
def test_rows_beyond_two_to_the_31(form: Form) -> None:
    """Addresses are 64 bit: two rows 2^31 + 64 elements apart, of a storage of which nothing else is touched."""
    apart = 2**31 + 64
    storage = torch.empty(apart + 32, dtype=torch.int8, device=form.device)
    keys = storage.as_strided((2, 32), (apart, 1))
    keys.copy_(torch.stack((torch.full((32,), 1), torch.full((32,), 3))))
    queries, scales = torch.ones(1, 32, device=form.device), torch.ones(2, device=form.device)
    assert chunk_scores(queries, keys, scales, backend=form.backend)[0].tolist() == pytest.approx([32.0, 96.0])
    offsets = torch.tensor([0, 1, 2], device=form.device)
    rows, scores = best_documents(queries, keys, scales, offsets, 2, backend=form.backend)
    assert rows[0].tolist() == [1, 0]
    assert scores[0].tolist() == [96.0, 32.0]


@pytest.mark.parametrize("kind", ["int8", "bf16"])
@pytest.mark.parametrize("kept", [16, 64])
def test_the_scan_keeps_what_matters(kind: str, kept: int) -> None:
    """Of the best documents by float64, all are among the OVERFETCH times as many that the scan finds."""
    queries, keys, scales = case(32, 20_000, 128, kind)
    want = reference.chunk_scores(queries, keys, scales, torch.tensor([0, 32]))[0]
    scan = chunk_scores(queries, keys, scales)[0]
    best = set(want.topk(kept).indices.tolist())
    assert len(best & set(scan.topk(kept).indices.tolist())) >= 0.9 * kept
    assert best <= set(scan.topk(kept * OVERFETCH).indices.tolist())


def test_scores_do_not_depend_on_how_memory_is_cut() -> None:
    """To the last bit: what one process finds in one pack, four find in four."""
    queries, keys, scales = case(13, 999, 128, "int8")
    assert scales is not None
    whole = chunk_scores(queries, keys, scales)[0]
    again = rescore(queries, keys, scales, torch.arange(1000), torch.arange(999))
    for cut in (1, 100, 512, 998):
        parts = [slice(0, cut), slice(cut, None)]
        assert torch.equal(whole, torch.cat([chunk_scores(queries, keys[p], scales[p])[0] for p in parts]))
        ends = [torch.arange(cut + 1), torch.arange(1000 - cut)]
        looks = [rescore(queries, keys[p], scales[p], end, end[:-1]) for p, end in zip(parts, ends, strict=True)]
        assert torch.equal(again, torch.cat(looks))


@pytest.mark.parametrize("keep", [0, 1, 4, 9])
def test_best_rows_of_ties(keep: int) -> None:
    scores = torch.tensor([1.0, 3.0, 3.0, float("-inf"), 2.0, 3.0, 1.0])
    assert best_rows(scores, keep).tolist() == [1, 2, 5, 4, 0, 6, 3][:keep]


@all_forms
def test_a_mean_over_chunks_is_scored_again_too(form: Form) -> None:
    queries, keys, scales = case(9, 12, 64, "int8")
    documents = torch.tensor([0, 5, 6, 12])
    chunks = reference.chunk_scores(queries, keys, scales, torch.tensor([0, 9]))[0]
    want = torch.stack([chunks[:5].mean(), chunks[5], chunks[6:].mean()])[[2, 0]].float()
    q, k, s, d, rows = run_of(form, queries, keys, scales, documents, torch.tensor([2, 0]))
    got = rescore(q, k, s, d, rows, "mean", backend=form.backend).cpu()
    assert torch.allclose(got, want, atol=1e-6)


def test_chunks_of_documents_are_runs() -> None:
    offsets = torch.tensor([0, 2, 2, 5, 6])
    chunks, ends = chunks_of(torch.tensor([3, 0, 1, 2]), offsets)
    assert chunks.tolist() == [5, 0, 1, 2, 3, 4]
    assert ends.tolist() == [0, 1, 3, 3, 6]
    chunks, ends = chunks_of(torch.tensor([], dtype=torch.long), offsets)
    assert chunks.tolist() == []
    assert ends.tolist() == [0]
