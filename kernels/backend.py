"""Which form of a kernel runs: Triton where the tensors lie on a GPU, PyTorch everywhere else.

The choice follows from the device alone and is made anew at each call; tests and benchmarks name a form themselves.
Triton is imported when first needed: it exists on Linux only, and the CPU needs none.
"""

from __future__ import annotations

import importlib.util
from functools import cache
from typing import Literal

from torch import Tensor

Backend = Literal["torch", "triton"]


@cache
def has_triton() -> bool:
    return importlib.util.find_spec("triton") is not None


@cache
def interpreting() -> bool:
    """Triton was imported with TRITON_INTERPRET=1: its kernels run on the CPU, one program after the other."""
    if not has_triton():
        return False
    from triton import knobs

    return bool(knobs.runtime.interpret)


def choose(tensor: Tensor, asked: Backend | None = None) -> Backend:
    """The form for tensors that lie where `tensor` does; ValueError where the asked one cannot run there."""
    on_gpu = tensor.device.type == "cuda" and has_triton()
    if asked == "triton" and not on_gpu and not interpreting():
        raise ValueError(f"Triton kernels need CUDA tensors (or TRITON_INTERPRET=1), not {tensor.device}")
    return asked or ("triton" if on_gpu else "torch")
