"""The dispatching function and its PyTorch form: means over chunks of K, V and K^R, routing keys ready to be stored."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from kernels.backend import Backend, choose
from kernels.quantise import quantise_rows


@dataclass(frozen=True, slots=True)
class Chunks:
    """B documents' chunks, C each; those beyond a document's own are zero."""

    keys: Tensor  # [B, C, G, d] float32
    values: Tensor  # [B, C, G, d] float32
    routing_keys: Tensor  # [B, C, G, d] float32, or int8 codes
    routing_scales: Tensor | None  # [B, C] float32 where the routing keys are int8: one for all heads of a chunk


def chunk_pool(
    keys: Tensor,
    values: Tensor,
    routing: Tensor | None,
    lengths: Tensor,
    size: int,
    *,
    unit: bool,
    int8: bool = False,
    finite: bool = False,
    backend: Backend | None = None,
) -> Chunks:
    """Mean over chunks of `size` tokens; a document's last chunk averages what it has.

    keys, values, routing [B, T, G, d] as projected; lengths [B]: tokens of each document, padding behind them is never
    read. Without `routing` the pooled keys route. `unit`: routing keys are scaled to length 1 per head; `int8`: and
    quantised. Differentiable, but for int8 codes. `finite`: padding holds numbers, a CPU may multiply it by zero.
    """
    if choose(keys, backend) == "triton":
        from kernels.chunk_pool.triton import chunk_pool_fwd

        return chunk_pool_fwd(keys, values, routing, lengths, size, unit, int8)
    mean = _mean_by_product if finite and keys.dtype == torch.bfloat16 else mean_chunks
    pooled_k, pooled_v = mean(keys, lengths, size), mean(values, lengths, size)
    pooled_r = pooled_k if routing is None else mean(routing, lengths, size)
    if unit:
        pooled_r = F.normalize(pooled_r, dim=-1)
    if not int8:
        return Chunks(pooled_k, pooled_v, pooled_r, None)
    codes, scales = quantise_rows(pooled_r.flatten(2))
    return Chunks(pooled_k, pooled_v, codes.view(pooled_r.shape), scales)


def _mean_by_product(x: Tensor, lengths: Tensor, size: int) -> Tensor:
    """`mean_chunks` as a product with zeros and ones: float32 sums, rounded to bf16; a fifth of the time."""
    batch, tokens = x.shape[:2]
    steps, chunks = torch.arange(tokens, device=x.device), -(-tokens // size)
    inside = (steps // size == torch.arange(chunks, device=x.device)[:, None]) & (steps < lengths[:, None])[:, None]
    sums = torch.bmm(inside.to(x.dtype), x.flatten(2)).float()
    counts = inside.sum(dim=2).clamp_(min=1)
    return (sums / counts[..., None]).view(batch, chunks, *x.shape[2:])


def mean_chunks(x: Tensor, lengths: Tensor, size: int) -> Tensor:
    """[B, T, ...] -> [B, ceil(T / size), ...] float32: chunks that all documents have in full are summed as they lie,
    and only what stands behind them is masked (documents of like length are encoded together)."""
    batch, tokens = x.shape[:2]
    rest = x.shape[2:]
    full = int(lengths.min()) // size if batch else 0
    head, tail = x[:, : full * size], x[:, full * size :]
    means = head.reshape(batch, full, size, *rest).sum(dim=2, dtype=torch.float32) / size
    chunks = -(-tokens // size) - full
    if not chunks:
        return means
    steps = torch.arange(chunks * size, device=x.device)
    inside = steps < (lengths - full * size)[:, None]  # [B, chunks * size]
    shown = inside[:, : tail.shape[1]].view(batch, -1, *[1] * len(rest))
    kept = torch.where(shown, tail, 0)  # not a product: padding may hold anything
    padded = F.pad(kept, (0, 0) * len(rest) + (0, chunks * size - tail.shape[1]))
    sums = padded.view(batch, chunks, size, *rest).sum(dim=2, dtype=torch.float32)
    counts = inside.view(batch, chunks, size).sum(dim=2).clamp(min=1)
    return torch.cat((means, sums / counts.view(batch, chunks, *[1] * len(rest))), dim=1)
