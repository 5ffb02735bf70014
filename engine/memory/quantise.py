"""Routing keys as int8 with one float32 scale for each chunk row: symmetric, rounded half to even.

x is kept as codes * scale with scale = max|row| / 127, so no element moves by more than half a scale.
"""

import torch
from torch import Tensor

LARGEST_CODE = 127  # -128 is never used: the range is symmetric


def quantise(rows: Tensor) -> tuple[Tensor, Tensor]:
    """[..., K] float32 -> codes [..., K] int8, scales [...] float32; ValueError on NaN or infinity."""
    if not bool(torch.isfinite(rows).all()):
        raise ValueError("routing keys hold NaN or infinity and cannot be quantised")
    scales = rows.abs().amax(dim=-1) / LARGEST_CODE
    # A row of zeros (or one so small that its scale underflows) gets scale 0 and codes 0, not 0/0.
    divisors = torch.where(scales > 0, scales, 1.0).unsqueeze(-1)
    codes = (rows / divisors).round().clamp(-LARGEST_CODE, LARGEST_CODE)
    return codes.to(torch.int8), scales


def dequantise(codes: Tensor, scales: Tensor) -> Tensor:
    """[..., K] int8, [...] float32 -> [..., K] float32."""
    return codes.to(torch.float32) * scales.unsqueeze(-1)
