"""maxsim in PyTorch, in tiles that stay in a core's cache: integer products where the processor has them.

A scan gives approximate scores of all chunks; the few best documents are then scored again in float64, where products
of int8 keys are exact. Neither depends on tiles, threads or how memory is split.
"""

from __future__ import annotations

from functools import cache
from itertools import pairwise

import torch
from torch import Tensor
from torch.nn import functional as F

from kernels.maxsim.segments import chunks_of, segment_reduce
from kernels.quantise import LARGEST_CODE

TILE_SCORES = 1 << 18  # products of one tile: 1 MiB of them, half of two cores' L2 (docs/log.md)
ROW_MULTIPLE = 16


@cache
def has_int8_products() -> bool:
    """AVX-512 VNNI: 2.5 to 3 times the rate of bf16 products, and nothing to convert (README.md)."""
    asked = getattr(torch.cpu, "_is_vnni_supported", None)
    return bool(asked and asked())


@cache
def has_bf16_products() -> bool:
    asked = getattr(torch.cpu, "_is_avx512_bf16_supported", None)
    return bool(asked and asked())


def scan_dtype(keys: Tensor) -> torch.dtype:
    """What products with these keys are computed in."""
    on_cpu = keys.device.type == "cpu"
    if keys.dtype == torch.int8 and on_cpu and has_int8_products():
        return torch.int8
    if keys.dtype in (torch.int8, torch.bfloat16) and on_cpu and has_bf16_products():
        return torch.bfloat16
    return torch.float32


def chunk_scores(
    queries: Tensor, keys: Tensor, scales: Tensor | None, bounds: list[int], tile: int | None = None
) -> Tensor:
    """queries [M, K] float32, question q in rows bounds[q]:bounds[q+1]; keys [N, K] -> [Q, N] float32."""
    questions = list(pairwise(bounds))
    out = torch.empty(len(questions), keys.shape[0], dtype=torch.float32, device=keys.device)
    dtype = scan_dtype(keys)
    tile = tile or max(256, TILE_SCORES // max(1, queries.shape[0]))
    if dtype == torch.int8:
        _integer_scan(out, queries, keys, questions, tile)
    else:
        rows = queries.to(dtype).T  # [K, M]
        for start in range(0, keys.shape[0], tile):
            products = (keys[start : start + tile].to(dtype) @ rows).float()  # [n, M]
            for question, (first, last) in enumerate(questions):
                torch.amax(products[:, first:last], dim=1, out=out[question, start : start + tile])
    return out if scales is None else out.mul_(scales)


def _integer_scan(out: Tensor, queries: Tensor, keys: Tensor, questions: list[tuple[int, int]], tile: int) -> None:
    """One scale a question, not one a token: it commutes with the max, so the max is taken over integers."""
    steps = torch.stack([queries[a:b].abs().amax() / LARGEST_CODE for a, b in questions])
    divisors = torch.where(steps > 0, steps, 1.0)
    codes = torch.cat([queries[a:b] / divisor for (a, b), divisor in zip(questions, divisors, strict=True)])
    codes = codes.round_().clamp_(-LARGEST_CODE, LARGEST_CODE).to(torch.int8)
    if codes.shape[0] > 1:  # oneDNN takes 2.3 times as long for 31 rows as for 32
        codes = F.pad(codes, (0, 0, 0, -codes.shape[0] % ROW_MULTIPLE))
    rows = codes.T.contiguous()  # [K, M]
    for start in range(0, keys.shape[0], tile):
        # contiguous, as packs are: PyTorch 2.13 multiplies wrongly where rows overlap or lie over 2^31 apart
        block = keys[start : start + tile].contiguous()
        products = torch._int_mm(block, rows)  # [n, M] int32, exact
        for question, (first, last) in enumerate(questions):
            found = products[:, first] if last == first + 1 else products[:, first:last].amax(dim=1)
            out[question, start : start + tile] = found
    out *= steps[:, None]


def rescore(
    queries: Tensor, keys: Tensor, scales: Tensor | None, doc_offsets: Tensor, rows: Tensor, chunk_reduce: str = "max"
) -> Tensor:
    """Scores of documents `rows` [C] for one question's queries [M, K], in float64 -> [C] float32."""
    chunks, offsets = chunks_of(rows, doc_offsets)
    products = keys[chunks].double() @ queries.double().T  # [chunks, M]
    best = products.amax(dim=1)
    if scales is not None:
        best = best * scales[chunks]
    return segment_reduce(best, offsets, chunk_reduce).float()
