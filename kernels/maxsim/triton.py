"""maxsim on a GPU: keys read once, products and their max over tokens never leave registers.

Three launches, a top-k and a sort (of PyTorch) answer several questions, and nothing waits for the host. The keys stand
on the first side of each matrix instruction, so that the padding of a short question falls on its short side.
"""

from __future__ import annotations

import torch
import triton
import triton.language as tl
from torch import Tensor

from kernels.backend import interpreting
from kernels.quantise import quantise_rows

# Order of documents as one integer: the score's bits, made monotone, above; the row, counted down, below. One top-k of
# them is then also the order among equal scores.
ROW_BITS = 32


@triton.jit
def maxsim_fwd_kernel(
    q, q_scales, k, k_scales, offsets, out,
    N, K, stride_q, stride_k, stride_out,
    INT8: tl.constexpr, HAS_SCALES: tl.constexpr, WIDEN: tl.constexpr,
    BLOCK_N: tl.constexpr, BLOCK_M: tl.constexpr, BLOCK_K: tl.constexpr,
):  # fmt: skip
    # questions vary fastest: those that read the same keys run side by side and find them in L2
    question, block = tl.program_id(0), tl.program_id(1)
    n = block.to(tl.int64) * BLOCK_N + tl.arange(0, BLOCK_N)  # [BLOCK_N], 64 bit: N * K passes 2^31 at 2M chunks
    inside = n < N
    start, end = tl.load(offsets + question), tl.load(offsets + question + 1)
    best = tl.full([BLOCK_N], float("-inf"), tl.float32)
    for first in range(start, end, BLOCK_M):
        m = first + tl.arange(0, BLOCK_M)
        if INT8:
            acc = tl.zeros([BLOCK_N, BLOCK_M], tl.int32)
        else:
            acc = tl.zeros([BLOCK_N, BLOCK_M], tl.float32)
        for column in range(0, K, BLOCK_K):
            c = column + tl.arange(0, BLOCK_K)
            keys = tl.load(
                k + n[:, None] * stride_k + c[None, :], mask=inside[:, None] & (c < K)[None, :], other=0
            )  # [BLOCK_N, BLOCK_K]
            rows = tl.load(
                q + m[None, :] * stride_q + c[:, None], mask=(m < end)[None, :] & (c < K)[:, None], other=0
            )  # [BLOCK_K, BLOCK_M]
            if INT8:
                acc = tl.dot(keys, rows, acc, out_dtype=tl.int32)
            elif WIDEN:  # Triton's interpreter multiplies the bits of bf16 as if they were integers
                acc = tl.dot(keys.to(tl.float32), rows.to(tl.float32), acc)
            else:
                acc = tl.dot(keys, rows, acc, input_precision="ieee")
        scores = acc.to(tl.float32)
        if INT8:
            scores = scores * tl.load(q_scales + m, mask=m < end, other=0.0)[None, :]
        scores = tl.where((m < end)[None, :], scores, float("-inf"))
        best = tl.maximum(best, tl.max(scores, axis=1))
    if HAS_SCALES:  # positive: commutes with the max
        best = best * tl.load(k_scales + n, mask=inside, other=0.0)
    tl.store(out + question.to(tl.int64) * stride_out + n, best, mask=inside)


@triton.jit
def order_of(scores, rows):
    """[...] float32 and rows below 2^32 -> int64 that sorts by score, and by falling row among equal scores."""
    bits = (scores + 0.0).to(tl.int32, bitcast=True)  # -0.0 + 0.0 = 0.0: equal scores have equal bits
    bits = tl.where(bits < 0, bits ^ 0x7FFFFFFF, bits)
    return (bits.to(tl.int64) << 32) | (4294967295 - rows.to(tl.int64))


@triton.jit
def segment_max_kernel(
    scores, doc_offsets, wanted, out,
    D, stride_scores, stride_out,
    HAS_WANTED: tl.constexpr, BLOCK_D: tl.constexpr, BLOCK_C: tl.constexpr,
):  # fmt: skip
    # BLOCK_D documents a program, BLOCK_C of each one's chunks a step: most documents have few
    question = tl.program_id(1).to(tl.int64)
    d = tl.program_id(0) * BLOCK_D + tl.arange(0, BLOCK_D)
    inside = d < D
    start = tl.load(doc_offsets + d, mask=inside, other=0)
    length = tl.load(doc_offsets + d + 1, mask=inside, other=0) - start
    if HAS_WANTED:
        length = tl.where(tl.load(wanted + d, mask=inside, other=0) != 0, length, 0)
    best = tl.full([BLOCK_D], float("-inf"), tl.float32)
    longest = tl.max(length, axis=0)
    for step in range(0, longest, BLOCK_C):
        c = step + tl.arange(0, BLOCK_C)
        there = c[None, :] < length[:, None]
        found = tl.load(
            scores + question * stride_scores + start[:, None] + c[None, :], mask=there, other=float("-inf")
        )
        best = tl.maximum(best, tl.max(found, axis=1))
    tl.store(out + question * stride_out + d, order_of(best, d), mask=inside)


@triton.jit
def rescore_kernel(
    q, k, k_scales, doc_offsets, offsets, rows, out,
    K, C, stride_q, stride_k,
    HAS_SCALES: tl.constexpr, BLOCK_N: tl.constexpr, BLOCK_M: tl.constexpr, BLOCK_K: tl.constexpr,
):  # fmt: skip
    candidate, question = tl.program_id(0), tl.program_id(1)
    place = question * C + candidate
    row = tl.load(rows + place)
    first, last = tl.load(doc_offsets + row), tl.load(doc_offsets + row + 1)
    start, end = tl.load(offsets + question), tl.load(offsets + question + 1)
    best = tl.full([BLOCK_N], float("-inf"), tl.float32)
    for block in range(first, last, BLOCK_N):
        n = block + tl.arange(0, BLOCK_N).to(tl.int64)
        top = tl.full([BLOCK_N], float("-inf"), tl.float32)
        for token in range(start, end, BLOCK_M):
            m = token + tl.arange(0, BLOCK_M)
            acc = tl.zeros([BLOCK_N, BLOCK_M], tl.float32)
            for column in range(0, K, BLOCK_K):
                c = column + tl.arange(0, BLOCK_K)
                keys = tl.load(
                    k + n[:, None] * stride_k + c[None, :], mask=(n < last)[:, None] & (c < K)[None, :], other=0
                )
                tokens = tl.load(
                    q + m[None, :] * stride_q + c[:, None], mask=(m < end)[None, :] & (c < K)[:, None], other=0.0
                )
                acc = tl.dot(keys.to(tl.float32), tokens, acc, input_precision="ieee")
            top = tl.maximum(top, tl.max(tl.where((m < end)[None, :], acc, float("-inf")), axis=1))
        if HAS_SCALES:
            top = top * tl.load(k_scales + n, mask=n < last, other=0.0)
        best = tl.maximum(best, tl.where(n < last, top, float("-inf")))
    tl.store(out + place, tl.max(best, axis=0))


def _power_of_two(number: int, least: int, most: int) -> int:
    return max(least, min(most, int(triton.next_power_of_2(max(1, number)))))


def maxsim_fwd(queries: Tensor, keys: Tensor, scales: Tensor | None, offsets: Tensor) -> Tensor:
    """`search.chunk_scores` for CUDA tensors: [Q, N] float32."""
    questions, chunks, width = offsets.numel() - 1, keys.shape[0], keys.shape[1]
    out = torch.empty(questions, chunks, dtype=torch.float32, device=keys.device)
    if not chunks:
        return out
    integer = keys.dtype == torch.int8
    if integer:
        rows, row_scales = quantise_rows(queries.contiguous())
    else:
        rows, row_scales = queries.to(keys.dtype).contiguous(), queries
    keys = keys if keys.stride(1) == 1 else keys.contiguous()
    # thousands of small programs, not a few long ones: 512 of them reached half the bandwidth of 4,096 elsewhere (vLLM)
    block_n = 128 if chunks >= 1 << 19 else 64 if chunks >= 1 << 17 else 32
    maxsim_fwd_kernel[(questions, triton.cdiv(chunks, block_n))](
        rows, row_scales, keys, keys if scales is None else scales, offsets, out,
        chunks, width, rows.stride(0), keys.stride(0), out.stride(0),
        INT8=integer, HAS_SCALES=scales is not None, WIDEN=interpreting(),
        BLOCK_N=block_n, BLOCK_M=_power_of_two(rows.shape[0], 16, 64), BLOCK_K=_power_of_two(width, 32, 128),
        num_warps=4, num_stages=3, enable_fp_fusion=True,
    )  # fmt: skip
    return out


def rescore_fwd(
    queries: Tensor, keys: Tensor, scales: Tensor | None, doc_offsets: Tensor, rows: Tensor, offsets: Tensor
) -> Tensor:
    """Scores of documents rows [Q, C], question q's own, in float32 -> [Q, C]."""
    out = torch.empty(rows.shape, dtype=torch.float32, device=keys.device)
    if not rows.numel():
        return out
    queries = queries.float().contiguous()
    keys = keys if keys.stride(1) == 1 else keys.contiguous()
    rescore_kernel[(rows.shape[1], rows.shape[0])](
        queries, keys, keys if scales is None else scales, doc_offsets, offsets, rows.contiguous(), out,
        keys.shape[1], rows.shape[1], queries.stride(0), keys.stride(0),
        HAS_SCALES=scales is not None, BLOCK_N=16, BLOCK_M=_power_of_two(queries.shape[0], 16, 64),
        BLOCK_K=_power_of_two(keys.shape[1], 32, 64), num_warps=4, num_stages=2, enable_fp_fusion=True,
    )  # fmt: skip
    return out


def document_order(chunk_scores: Tensor, doc_offsets: Tensor, wanted: Tensor | None) -> Tensor:
    """chunk_scores [Q, N] -> [Q, D] int64, whose top-k is that of the documents' scores (`scores_and_rows`)."""
    questions, documents = chunk_scores.shape[0], doc_offsets.numel() - 1
    out = torch.empty(questions, documents, dtype=torch.int64, device=chunk_scores.device)
    if documents:
        mask = doc_offsets if wanted is None else wanted.to(torch.uint8)
        segment_max_kernel[(triton.cdiv(documents, 64), questions)](
            chunk_scores, doc_offsets, mask, out, documents, chunk_scores.stride(0), out.stride(0),
            HAS_WANTED=wanted is not None, BLOCK_D=64, BLOCK_C=8, num_warps=4, enable_fp_fusion=True,
        )  # fmt: skip
    return out


def scores_and_rows(order: Tensor) -> tuple[Tensor, Tensor]:
    """The scores and rows that `order_of` made into one integer."""
    rows = (1 << ROW_BITS) - 1 - (order & ((1 << ROW_BITS) - 1))
    bits = (order >> ROW_BITS).to(torch.int32)
    return torch.where(bits < 0, bits ^ 0x7FFFFFFF, bits).view(torch.float32), rows


def best_documents_fwd(
    queries: Tensor, keys: Tensor, scales: Tensor | None, doc_offsets: Tensor, offsets: Tensor,
    wanted: Tensor | None, keep: int, overfetch: int,
) -> tuple[Tensor, Tensor]:  # fmt: skip
    """`search.best_documents` for CUDA tensors: rows and scores [Q, min(keep, D)]."""
    documents = doc_offsets.numel() - 1
    order = document_order(maxsim_fwd(queries, keys, scales, offsets), doc_offsets, wanted)
    scanned, near = scores_and_rows(order.topk(min(keep * overfetch, documents), dim=1).values)
    near, at = near.sort(dim=1)  # by row, so that equal scores keep memory's order below
    scanned = scanned.gather(1, at)
    exact = rescore_fwd(queries, keys, scales, doc_offsets, near, offsets)
    exact = exact.masked_fill(scanned == float("-inf"), float("-inf"))
    best = exact.sort(dim=1, descending=True, stable=True)
    best_at = best.indices[:, : min(keep, documents)]
    return near.gather(1, best_at), exact.gather(1, best_at)
