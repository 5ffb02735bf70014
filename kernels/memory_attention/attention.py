"""The dispatching functions, and their PyTorch form: attention over template head, selected memory and own tokens."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

from kernels.backend import Backend, choose

KeysValues = tuple[Tensor, Tensor]


def memory_attention(
    queries: Tensor,
    own: KeysValues,
    head: KeysValues,
    content: KeysValues,
    chunks: Tensor,
    chunk_offsets: Tensor,
    *,
    backend: Backend | None = None,
) -> Tensor:
    """Attention of each question's tokens over [template head ; its selected chunks ; its own tokens] -> [B, H, T, d].

    queries [B, H, T, d]: the last T of the S own tokens, so T = S is prefill and T = 1 decode. own K, V [B, G, S, d],
    of which a token sees itself and what stands before it; head K, V [G, S0, d] and content K, V [N, G, d] (all chunks
    there are, any strides) are shared; question b reads chunks[chunk_offsets[b]:chunk_offsets[b+1]] of it.
    Scores are scaled by d^-0.5. Differentiable in queries, own, head and content.
    """
    if choose(queries, backend) == "triton":
        from kernels.memory_attention.triton import memory_attention_fwd

        return memory_attention_fwd(queries, own, head, content, chunks, chunk_offsets)
    batch, tokens, memory_at = queries.shape[0], queries.shape[2], head[0].shape[1]
    at, there = _padded(chunks, chunk_offsets)  # [B, C]
    parts = []
    for first, memory, last in zip(head, content, own, strict=True):
        found = memory[at] if there is None else torch.where(there[..., None, None], memory[at], 0)
        parts.append(torch.cat((first.expand(batch, *first.shape), found.transpose(1, 2), last), dim=2))
    length = parts[0].shape[2]
    mask = None
    if tokens > 1 or there is not None:
        mask = torch.ones(tokens, length, dtype=torch.bool, device=queries.device).tril(length - tokens)
    if mask is not None and there is not None:
        mask = mask.repeat(batch, 1, 1, 1)
        mask[..., memory_at : memory_at + at.shape[1]] = there[:, None, None]
    return grouped_attention(queries, parts[0], parts[1], mask=mask)


def _padded(chunks: Tensor, chunk_offsets: Tensor) -> tuple[Tensor, Tensor | None]:
    """Each question's chunks as a row [B, C], and where there are any; None where all questions have as many."""
    batch = chunk_offsets.numel() - 1
    if batch == 1:
        return chunks[None], None
    counts = chunk_offsets.diff()
    step = torch.arange(int(counts.max()) if batch else 0, device=chunks.device)
    there = step < counts[:, None]
    at = torch.zeros(there.shape, dtype=torch.long, device=chunks.device).masked_scatter(there, chunks)
    return at, None if bool(there.all()) else there


def grouped_attention(
    queries: Tensor, keys: Tensor, values: Tensor, *, mask: Tensor | None = None, causal: bool = False
) -> Tensor:
    """queries [B, H, T, d] over K, V [B, G, S, d] in memory as they are, G dividing H -> [B, H, T, d].

    mask: broadcasts to [B, 1, T, S], True where a token may look. A group's heads become rows of one head: repeating K
    and V for each of them takes longer than the attention itself where few tokens look at many keys (decode).
    """
    batch, heads, tokens, width = queries.shape
    groups = keys.shape[1]
    if causal or groups == heads:
        return F.scaled_dot_product_attention(
            queries, keys, values, attn_mask=mask, is_causal=causal, enable_gqa=groups != heads
        )
    rows = queries.reshape(batch, groups, heads // groups * tokens, width)
    if mask is not None and mask.shape[-2] != 1:
        mask = mask.repeat(*[1] * (mask.dim() - 2), heads // groups, 1)
    return F.scaled_dot_product_attention(rows, keys, values, attn_mask=mask).view(batch, heads, tokens, width)
