"""chunk_pool on a GPU: K, V and K^R of a chunk are read once and leave as means, unit routing keys and int8 codes."""

from __future__ import annotations

from typing import Any

import torch
import triton
import triton.language as tl
from torch import Tensor
from torch.nn import functional as F

from kernels.chunk_pool.pool import Chunks

TOKENS_AT_ONCE = 4  # of a chunk: 4 x 1,024 elements in flight a program with MSA-4B's shapes


@triton.jit
def mean_of_chunk(
    x, document, stride_b, stride_t, stride_g, first, last, G, D,
    BLOCK_T: tl.constexpr, BLOCK_G: tl.constexpr, BLOCK_D: tl.constexpr,
):  # fmt: skip
    """Mean over tokens first:last of one document -> [BLOCK_G, BLOCK_D] float32; zero where there are none."""
    g, d = tl.arange(0, BLOCK_G), tl.arange(0, BLOCK_D)
    inside = (g < G)[:, None] & (d < D)[None, :]
    base = x + document * stride_b + g[:, None] * stride_g + d[None, :]
    total = tl.zeros([BLOCK_G, BLOCK_D], tl.float32)
    for start in range(first, last, BLOCK_T):
        t = start + tl.arange(0, BLOCK_T).to(tl.int64)
        there = (t < last)[:, None, None] & inside[None, :, :]
        total += tl.sum(
            tl.load(base[None, :, :] + t[:, None, None] * stride_t, mask=there, other=0.0).to(tl.float32), 0
        )
    return total / tl.maximum(last - first, 1).to(tl.float32)


@triton.jit
def chunk_pool_fwd_kernel(
    k, v, r, lengths, out_k, out_v, out_r, scales,
    k_b, k_t, k_g, v_b, v_t, v_g, r_b, r_t, r_g, C, G, D,
    SIZE: tl.constexpr, UNIT: tl.constexpr, INT8: tl.constexpr, OWN_ROUTING: tl.constexpr,
    BLOCK_T: tl.constexpr, BLOCK_G: tl.constexpr, BLOCK_D: tl.constexpr,
):  # fmt: skip
    chunk, document = tl.program_id(0), tl.program_id(1).to(tl.int64)
    first = chunk * SIZE
    last = tl.maximum(tl.minimum(tl.load(lengths + document), first + SIZE), first)
    g, d = tl.arange(0, BLOCK_G), tl.arange(0, BLOCK_D)
    inside = (g < G)[:, None] & (d < D)[None, :]
    place = document * C + chunk
    out = place * G * D + g[:, None] * D + d[None, :]
    mean_k = mean_of_chunk(k, document, k_b, k_t, k_g, first, last, G, D, BLOCK_T, BLOCK_G, BLOCK_D)
    tl.store(out_k + out, mean_k, mask=inside)
    mean_v = mean_of_chunk(v, document, v_b, v_t, v_g, first, last, G, D, BLOCK_T, BLOCK_G, BLOCK_D)
    tl.store(out_v + out, mean_v, mask=inside)
    if OWN_ROUTING:
        mean_r = mean_of_chunk(r, document, r_b, r_t, r_g, first, last, G, D, BLOCK_T, BLOCK_G, BLOCK_D)
    else:
        mean_r = mean_k
    if UNIT:
        mean_r = mean_r / tl.maximum(tl.sqrt(tl.sum(mean_r * mean_r, axis=1)), 1e-12)[:, None]
    if INT8:
        scale = tl.max(tl.max(tl.abs(mean_r), axis=1), axis=0) / 127.0
        codes = tl.div_rn(mean_r, tl.where(scale > 0.0, scale, 1.0))
        codes = (codes + 12582912.0) - 12582912.0  # 1.5 * 2^23: what is left of the sum is rounded half to even
        codes = tl.minimum(tl.maximum(codes, -127.0), 127.0)
        tl.store(out_r + out, codes.to(tl.int8), mask=inside)
        tl.store(scales + place, scale)
    else:
        tl.store(out_r + out, mean_r, mask=inside)


def _launch(
    keys: Tensor, values: Tensor, routing: Tensor | None, lengths: Tensor, size: int, unit: bool, int8: bool
) -> tuple[Tensor, Tensor, Tensor, Tensor | None]:
    batch, tokens, groups, width = keys.shape
    chunks = triton.cdiv(tokens, size)
    keys, values, own = (
        x if x.stride(3) == 1 else x.contiguous() for x in (keys, values, keys if routing is None else routing)
    )
    shape = (batch, chunks, groups, width)
    out_k, out_v = (torch.empty(shape, dtype=torch.float32, device=keys.device) for _ in range(2))
    out_r = torch.empty(shape, dtype=torch.int8 if int8 else torch.float32, device=keys.device)
    scales = torch.empty(batch, chunks, dtype=torch.float32, device=keys.device) if int8 else None
    if batch and chunks:
        chunk_pool_fwd_kernel[(chunks, batch)](
            keys, values, own, lengths, out_k, out_v, out_r, out_k if scales is None else scales,
            *keys.stride()[:3], *values.stride()[:3], *own.stride()[:3], chunks, groups, width,
            SIZE=size, UNIT=unit, INT8=int8, OWN_ROUTING=routing is not None,
            BLOCK_T=min(TOKENS_AT_ONCE, triton.next_power_of_2(size)), BLOCK_G=triton.next_power_of_2(groups),
            BLOCK_D=triton.next_power_of_2(width), num_warps=4, enable_fp_fusion=True,
        )  # fmt: skip
    return out_k, out_v, out_r, scales


class _ChunkPool(torch.autograd.Function):
    """A token's gradient is its chunk's, shared out: one pass that PyTorch writes as well as a kernel would."""

    @staticmethod
    def forward(
        ctx: Any, keys: Tensor, values: Tensor, routing: Tensor | None, lengths: Tensor, size: int, unit: bool
    ) -> tuple[Tensor, Tensor, Tensor]:
        out_k, out_v, out_r, _ = _launch(keys, values, routing, lengths, size, False, False)
        ctx.save_for_backward(lengths, out_r)
        ctx.size, ctx.unit, ctx.tokens, ctx.dtype, ctx.own = size, unit, keys.shape[1], keys.dtype, routing is not None
        return out_k, out_v, F.normalize(out_r, dim=-1) if unit else out_r

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, ...]:
        lengths, pooled = ctx.saved_tensors
        grad_k, grad_v, grad_r = grads
        if ctx.unit:
            length = pooled.norm(dim=-1, keepdim=True).clamp(min=1e-12)
            along = (grad_r * pooled).sum(dim=-1, keepdim=True) / length**2
            grad_r = (grad_r - along * pooled) / length
        if not ctx.own:
            grad_k = grad_k + grad_r
        steps = torch.arange(ctx.tokens, device=lengths.device)
        at = steps // ctx.size  # [T]: each token's chunk
        counts = (lengths[:, None] - (at * ctx.size)[None]).clamp(1, ctx.size)
        share = (steps[None] < lengths[:, None]) / counts  # [B, T]; padding gets nothing

        def shared_out(grad: Tensor) -> Tensor:
            token: Tensor = grad[:, at] * share[..., None, None]
            return token.to(ctx.dtype)

        return shared_out(grad_k), shared_out(grad_v), shared_out(grad_r) if ctx.own else None, None, None, None


def chunk_pool_fwd(
    keys: Tensor, values: Tensor, routing: Tensor | None, lengths: Tensor, size: int, unit: bool, int8: bool
) -> Chunks:
    """`pool.chunk_pool` for CUDA tensors."""
    given = [x for x in (keys, values, routing) if x is not None]
    if not int8 and torch.is_grad_enabled() and any(x.requires_grad for x in given):
        pooled_k, pooled_v, pooled_r = _ChunkPool.apply(keys, values, routing, lengths, size, unit)
        return Chunks(pooled_k, pooled_v, pooled_r, None)
    return Chunks(*_launch(keys, values, routing, lengths, size, unit, int8))
