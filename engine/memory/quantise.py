"""Routing keys as int8 with one float32 scale for each chunk row: symmetric, rounded half to even.

x is kept as codes * scale with scale = max|row| / 127, so no element moves by more than half a scale.
"""

import torch
from torch import Tensor

from kernels.quantise import quantise_rows


def quantise(rows: Tensor) -> tuple[Tensor, Tensor]:
    """[..., K] float32 -> codes [..., K] int8, scales [...] float32; ValueError on NaN or infinity."""
    if not bool(torch.isfinite(rows).all()):
        raise ValueError("routing keys hold NaN or infinity and cannot be quantised")
    return quantise_rows(rows)


def dequantise(codes: Tensor, scales: Tensor) -> Tensor:
    """[..., K] int8, [...] float32 -> [..., K] float32."""
    return codes.to(torch.float32) * scales.unsqueeze(-1)
