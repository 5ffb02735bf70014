"""Rows of numbers as int8 with one positive float32 scale a row: symmetric, rounded half to even.

x is kept as codes * scale with scale = max|row| / 127, so no element moves by more than half a scale.
"""

from __future__ import annotations

import torch
from torch import Tensor

LARGEST_CODE = 127  # -128 is never used: the range is symmetric


def quantise_rows(rows: Tensor) -> tuple[Tensor, Tensor]:
    """[..., K] finite floats -> codes [..., K] int8, scales [...] float32."""
    rows = rows.float()
    scales = rows.abs().amax(dim=-1) / LARGEST_CODE
    # a row of zeros (or one so small that its scale underflows) gets scale 0 and codes 0, not 0/0
    divisors = torch.where(scales > 0, scales, 1.0).unsqueeze(-1)
    codes = (rows / divisors).round().clamp(-LARGEST_CODE, LARGEST_CODE)
    return codes.to(torch.int8), scales
