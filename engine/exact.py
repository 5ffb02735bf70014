"""Scores whose bits depend on nothing but question and key: neither on tiles, threads, devices nor ranks.

A fast scan of all of memory rounds as its tiles fall. What it puts near the top is scored again here, with the
question in fixed point, so that every sum is one of whole numbers a float64 holds exactly, in whatever order.
Knows nothing of where the keys lie.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from engine.config import ModelConfig
from kernels.maxsim import segment_reduce

FRACTION_BITS = 22  # of the question's largest element: 2^22 * 2^7 (int8) * 2^10 (1024 elements) < 2^53
BF16_ERROR = 1.1 * 2.0**-8  # of a folded scan's score: bf16 rounds query and result by 2^-9 each
FLOAT_ERROR = 2.0**-14  # of a scan head by head, in float32
INT8_STEPS = 254.0  # or the folded query is rounded to int8, by one step a question: max|q| / 254 an element
TILE_ROWS = 8192  # chunks scored at once: [T, 8192] float64


def slack(prepared: Tensor, largest_key: float, config: ModelConfig) -> float:
    """By how much a document of the exact best k may lie below the scan's k-th: twice the scan's error.

    |scan - exact| <= e for all documents, so the exact k-th is not below the scan's k-th less e, and whoever reaches
    it exactly reaches it in the scan less another e. Cauchy-Schwarz bounds e by the lengths of query and key, whichever
    of its roundings the scan chose on this machine.
    """
    if not prepared.numel():
        return 0.0
    error = float(prepared.norm(dim=-1).max()) * (BF16_ERROR if config.routing.folds else FLOAT_ERROR)
    if config.routing.folds:
        error = max(error, float(prepared.abs().max()) * math.sqrt(prepared.shape[-1]) / INT8_STEPS + 1e-6)
    return 2 * error * largest_key * config.routing.scale(config.head_dim)


def largest_key(scale: float, config: ModelConfig) -> float:
    """No key as scored is longer: head by head of length one for cosine, else bounded by the largest int8 scale."""
    heads = config.kv_heads if config.routing.folds else 1
    if config.routing.cosine:
        return 1.02 * math.sqrt(heads)  # int8 lengthens a unit vector by less than 2 %
    return 127.0 * scale * math.sqrt(heads * config.head_dim)


def fixed_point(prepared: Tensor) -> tuple[Tensor, float]:
    """Whole numbers as float64 and the power of two that gives the question back."""
    largest = float(prepared.abs().max()) if prepared.numel() else 0.0
    unit = 2.0 ** (math.frexp(largest)[1] - FRACTION_BITS)
    return (prepared.double() / unit).round_(), unit


def exact_scores(prepared: Tensor, keys: Tensor, scales: Tensor, counts: Tensor, config: ModelConfig) -> Tensor:
    """Scores [n] float32 of documents with int8 keys [N, G*d] and scales [N], `counts` [n] chunks of each.

    prepared: `routing.prepare` of the question, [T, G*d] or [T, H, d] float32.
    """
    routing = config.routing
    device = torch.device("cpu") if keys.device.type == "mps" else keys.device  # MPS has no float64
    question, unit = fixed_point(prepared.to(device))
    offsets = torch.cat((counts.new_zeros(1), counts.cumsum(0)))
    tiles = zip(torch.split(keys, TILE_ROWS), torch.split(scales, TILE_ROWS), strict=True)
    found = [
        _chunk_scores(question, codes.to(device), config) * (scale.to(device).double() * unit) for codes, scale in tiles
    ]
    documents = segment_reduce(torch.cat(found), offsets.to(device), routing.chunk_reduce)
    return (documents * routing.scale(config.head_dim)).float()


def _chunk_scores(question: Tensor, codes: Tensor, config: ModelConfig) -> Tensor:
    """Whole numbers against int8 rows [n, G*d] -> one float64 a chunk, exact but for a division where a mean is
    taken."""
    if config.routing.folds:
        scores = question @ codes.double().T  # [T, n]
    else:
        grouped = question.view(len(question), config.kv_heads, -1, config.head_dim)  # [T, G, H/G, d]
        keys = codes.double().view(len(codes), config.kv_heads, config.head_dim)  # [n, G, d]
        heads = torch.einsum("tgrd,ngd->tgrn", grouped, keys).flatten(1, 2)  # [T, H, n]
        scores = _reduce(heads, 1, config.routing.head_reduce)
    return _reduce(scores, 0, config.routing.query_reduce)


def _reduce(scores: Tensor, dim: int, how: str) -> Tensor:
    if how == "max":
        return scores.amax(dim)
    if how == "mean":
        return scores.sum(dim) / scores.shape[dim]
    return scores.select(dim, -1)
