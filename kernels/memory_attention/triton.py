"""memory_attention on a GPU: selected chunks are read where they lie, and nothing is concatenated or repeated.

The query heads of a group are rows of one tile, so their keys and values are read once. Three runs of keys pass under
the same online softmax: template head, selected chunks (through their indices), own tokens.
"""

from __future__ import annotations

from typing import Any

import torch
import triton
import triton.language as tl
from torch import Tensor

from kernels.backend import interpreting

LOG2_E = 1.4426950408889634


@triton.jit
def load_rows(base, rows, stride, there, D, BLOCK_D: tl.constexpr, DOT: tl.constexpr):
    """Rows of d elements, as operands of a product -> [rows, BLOCK_D]."""
    d = tl.arange(0, BLOCK_D)
    found = tl.load(base + rows[:, None] * stride + d[None, :], mask=there[:, None] & (d < D)[None, :], other=0.0)
    return found.to(DOT)


@triton.jit
def attend(q, k, v, seen, top, total, acc, scale):
    """One tile of keys under the online softmax: q [M, d], k, v [N, d], seen [M, N]."""
    scores = tl.dot(q, tl.trans(k), input_precision="ieee") * scale  # in units of log 2
    scores = tl.where(seen, scores, float("-inf"))
    new_top = tl.maximum(top, tl.max(scores, axis=1))
    shift = tl.where(new_top == float("-inf"), 0.0, new_top)  # a row that has seen nothing yet
    weights = tl.exp2(scores - shift[:, None])
    old = tl.exp2(top - shift)
    acc = acc * old[:, None] + tl.dot(weights.to(v.dtype), v, input_precision="ieee")
    return new_top, total * old + tl.sum(weights, axis=1), acc


@triton.jit
def memory_attention_fwd_kernel(
    q, own_k, own_v, head_k, head_v, content_k, content_v, chunks, chunk_offsets, out, log_sums,
    q_b, q_h, q_t, ok_b, ok_g, ok_s, ov_b, ov_g, ov_s, hk_g, hk_s, hv_g, hv_s, ck_n, ck_g, cv_n, cv_g,
    T, S, S0, D, scale,
    GROUP: tl.constexpr, DOT: tl.constexpr, BLOCK_M: tl.constexpr, BLOCK_N: tl.constexpr, BLOCK_D: tl.constexpr,
):  # fmt: skip
    g, b = tl.program_id(1).to(tl.int64), tl.program_id(2).to(tl.int64)
    heads = tl.num_programs(1) * GROUP
    m = tl.program_id(0) * BLOCK_M + tl.arange(0, BLOCK_M)  # rows: a token's GROUP heads side by side
    token, h = m // GROUP, g * GROUP + m % GROUP
    real = token < T
    d = tl.arange(0, BLOCK_D)
    q_tile = tl.load(
        q + b * q_b + h[:, None] * q_h + token[:, None] * q_t + d[None, :],
        mask=real[:, None] & (d < D)[None, :],
        other=0.0,
    ).to(DOT)
    n = tl.arange(0, BLOCK_N)
    top = tl.full([BLOCK_M], float("-inf"), tl.float32)
    total = tl.zeros([BLOCK_M], tl.float32)
    acc = tl.zeros([BLOCK_M, BLOCK_D], tl.float32)

    for start in range(0, S0, BLOCK_N):
        there = start + n < S0
        rows = (start + n).to(tl.int64)
        k = load_rows(head_k + g * hk_g, rows, hk_s, there, D, BLOCK_D, DOT)
        v = load_rows(head_v + g * hv_g, rows, hv_s, there, D, BLOCK_D, DOT)
        top, total, acc = attend(q_tile, k, v, real[:, None] & there[None, :], top, total, acc, scale)

    last = tl.load(chunk_offsets + b + 1)
    for start in range(tl.load(chunk_offsets + b), last, BLOCK_N):
        there = start + n < last
        rows = tl.load(chunks + start + n, mask=there, other=0)
        k = load_rows(content_k + g * ck_g, rows, ck_n, there, D, BLOCK_D, DOT)
        v = load_rows(content_v + g * cv_g, rows, cv_n, there, D, BLOCK_D, DOT)
        top, total, acc = attend(q_tile, k, v, real[:, None] & there[None, :], top, total, acc, scale)

    limit = token + (S - T)  # the own tokens a row sees: up to itself
    for start in range(0, tl.max(tl.where(real, limit + 1, 0), axis=0), BLOCK_N):
        there = start + n < S
        rows = (start + n).to(tl.int64)
        k = load_rows(own_k + b * ok_b + g * ok_g, rows, ok_s, there, D, BLOCK_D, DOT)
        v = load_rows(own_v + b * ov_b + g * ov_g, rows, ov_s, there, D, BLOCK_D, DOT)
        seen = real[:, None] & there[None, :] & (start + n[None, :] <= limit[:, None])
        top, total, acc = attend(q_tile, k, v, seen, top, total, acc, scale)

    place = (b * heads + h) * T + token
    acc = acc / tl.where(real, total, 1.0)[:, None]
    tl.store(out + place[:, None] * D + d[None, :], acc.to(out.dtype.element_ty), mask=real[:, None] & (d < D)[None, :])
    tl.store(log_sums + place, top + tl.log2(tl.where(real, total, 1.0)), mask=real)


@triton.jit
def attend_back(q, k, v, grad, log_sum, delta, seen, grad_q, grad_k, grad_v, inside, scale, factor):
    """One tile of keys: their gradients are added where they lie (several tiles of queries look at them)."""
    scores = tl.dot(q, tl.trans(k), input_precision="ieee") * scale
    weights = tl.where(seen, tl.exp2(scores - log_sum[:, None]), 0.0)  # [M, N], the softmax itself
    tl.atomic_add(grad_v, tl.dot(tl.trans(weights).to(grad.dtype), grad, input_precision="ieee"), mask=inside)
    back = weights * (tl.dot(grad, tl.trans(v), input_precision="ieee") - delta[:, None]) * factor
    tl.atomic_add(grad_k, tl.dot(tl.trans(back).to(q.dtype), q, input_precision="ieee"), mask=inside)
    return grad_q + tl.dot(back.to(k.dtype), k, input_precision="ieee")


@triton.jit
def memory_attention_bwd_kernel(
    q, own_k, own_v, head_k, head_v, content_k, content_v, chunks, chunk_offsets, grad, log_sums, deltas,
    grad_q, grad_own_k, grad_own_v, grad_head_k, grad_head_v, grad_content_k, grad_content_v,
    q_b, q_h, q_t, ok_b, ok_g, ok_s, ov_b, ov_g, ov_s, hk_g, hk_s, hv_g, hv_s, ck_n, ck_g, cv_n, cv_g,
    T, S, S0, D, scale, factor,
    GROUP: tl.constexpr, DOT: tl.constexpr, BLOCK_M: tl.constexpr, BLOCK_N: tl.constexpr, BLOCK_D: tl.constexpr,
):  # fmt: skip
    # gradients are contiguous float32 in the shapes of what they belong to
    g, b, groups = tl.program_id(1).to(tl.int64), tl.program_id(2).to(tl.int64), tl.num_programs(1)
    m = tl.program_id(0) * BLOCK_M + tl.arange(0, BLOCK_M)
    token, h = m // GROUP, g * GROUP + m % GROUP
    real = token < T
    d = tl.arange(0, BLOCK_D)
    wide, place = real[:, None] & (d < D)[None, :], (b * groups * GROUP + h) * T + token
    q_tile = tl.load(q + b * q_b + h[:, None] * q_h + token[:, None] * q_t + d[None, :], mask=wide, other=0.0).to(DOT)
    grad_tile = tl.load(grad + place[:, None] * D + d[None, :], mask=wide, other=0.0).to(DOT)
    log_sum = tl.load(log_sums + place, mask=real, other=0.0)
    delta = tl.load(deltas + place, mask=real, other=0.0)
    n = tl.arange(0, BLOCK_N)
    total = tl.zeros([BLOCK_M, BLOCK_D], tl.float32)

    for start in range(0, S0, BLOCK_N):
        there = start + n < S0
        rows = (start + n).to(tl.int64)
        k = load_rows(head_k + g * hk_g, rows, hk_s, there, D, BLOCK_D, DOT)
        v = load_rows(head_v + g * hv_g, rows, hv_s, there, D, BLOCK_D, DOT)
        to = (g * S0 + rows)[:, None] * D + d[None, :]
        total = attend_back(
            q_tile, k, v, grad_tile, log_sum, delta, real[:, None] & there[None, :], total,
            grad_head_k + to, grad_head_v + to, there[:, None] & (d < D)[None, :], scale, factor,
        )  # fmt: skip

    last = tl.load(chunk_offsets + b + 1)
    for start in range(tl.load(chunk_offsets + b), last, BLOCK_N):
        there = start + n < last
        rows = tl.load(chunks + start + n, mask=there, other=0)
        k = load_rows(content_k + g * ck_g, rows, ck_n, there, D, BLOCK_D, DOT)
        v = load_rows(content_v + g * cv_g, rows, cv_n, there, D, BLOCK_D, DOT)
        to = (rows * groups + g)[:, None] * D + d[None, :]
        total = attend_back(
            q_tile, k, v, grad_tile, log_sum, delta, real[:, None] & there[None, :], total,
            grad_content_k + to, grad_content_v + to, there[:, None] & (d < D)[None, :], scale, factor,
        )  # fmt: skip

    limit = token + (S - T)
    for start in range(0, tl.max(tl.where(real, limit + 1, 0), axis=0), BLOCK_N):
        there = start + n < S
        rows = (start + n).to(tl.int64)
        k = load_rows(own_k + b * ok_b + g * ok_g, rows, ok_s, there, D, BLOCK_D, DOT)
        v = load_rows(own_v + b * ov_b + g * ov_g, rows, ov_s, there, D, BLOCK_D, DOT)
        to = ((b * groups + g) * S + rows)[:, None] * D + d[None, :]
        total = attend_back(
            q_tile, k, v, grad_tile, log_sum, delta,
            real[:, None] & there[None, :] & (start + n[None, :] <= limit[:, None]), total,
            grad_own_k + to, grad_own_v + to, there[:, None] & (d < D)[None, :], scale, factor,
        )  # fmt: skip
    tl.store(grad_q + place[:, None] * D + d[None, :], total, mask=wide)


def _tiles(queries: Tensor, groups: int) -> tuple[tuple[int, int, int], dict[str, Any]]:
    batch, heads, tokens, width = queries.shape
    group = heads // groups
    block_m = max(16, min(64, triton.next_power_of_2(tokens * group)))
    exact = interpreting() or queries.dtype not in (torch.bfloat16, torch.float16)
    dot = {torch.bfloat16: tl.bfloat16, torch.float16: tl.float16}.get(queries.dtype, tl.float32)
    return (triton.cdiv(tokens * group, block_m), groups, batch), {
        "GROUP": group, "DOT": tl.float32 if exact else dot, "BLOCK_M": block_m, "BLOCK_N": 32 if exact else 64,
        "BLOCK_D": max(16, triton.next_power_of_2(width)), "num_warps": 4, "num_stages": 2, "enable_fp_fusion": True,
    }  # fmt: skip


class _MemoryAttention(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, queries: Tensor, *given: Tensor) -> Tensor:
        queries, *parts = (x if x.stride(-1) == 1 else x.contiguous() for x in (queries, *given[:6]))
        chunks, chunk_offsets = given[6].contiguous(), given[7]
        own_k, _, head_k, _, content_k, _ = parts
        batch, heads, tokens, width = queries.shape
        strides = [step for x in (queries, *parts) for step in x.stride()[:-1]]
        sizes = (tokens, own_k.shape[2], head_k.shape[1], width, width**-0.5 * LOG2_E)
        out = torch.empty(batch, heads, tokens, width, dtype=queries.dtype, device=queries.device)
        log_sums = torch.empty(batch, heads, tokens, dtype=torch.float32, device=queries.device)
        grid, tiles = _tiles(queries, content_k.shape[1])
        if out.numel():
            memory_attention_fwd_kernel[grid](
                queries, *parts, chunks, chunk_offsets, out, log_sums, *strides, *sizes, **tiles
            )
        ctx.save_for_backward(queries, *parts, chunks, chunk_offsets, out, log_sums)
        ctx.launch = (grid, tiles, strides, sizes)
        return out

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, ...]:
        queries, *parts, chunks, chunk_offsets, out, log_sums = ctx.saved_tensors
        grid, tiles, strides, sizes = ctx.launch
        grad = grads[0].contiguous()
        deltas = (grad.float() * out.float()).sum(dim=-1)
        found = [torch.zeros(x.shape, dtype=torch.float32, device=x.device) for x in (queries, *parts)]
        if grad.numel():
            memory_attention_bwd_kernel[grid](
                queries, *parts, chunks, chunk_offsets, grad, log_sums, deltas, *found,
                *strides, *sizes, queries.shape[-1] ** -0.5, **tiles,
            )  # fmt: skip
        return *(g.to(x.dtype) for g, x in zip(found, (queries, *parts), strict=True)), None, None


def memory_attention_fwd(
    queries: Tensor,
    own: tuple[Tensor, Tensor],
    head: tuple[Tensor, Tensor],
    content: tuple[Tensor, Tensor],
    chunks: Tensor,
    chunk_offsets: Tensor,
) -> Tensor:
    """`attention.memory_attention` for CUDA tensors."""
    out: Tensor = _MemoryAttention.apply(queries, *own, *head, *content, chunks, chunk_offsets)
    return out
