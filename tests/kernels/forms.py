"""The forms a kernel is tested in: PyTorch here, Triton in its interpreter (in a process of its own) or on a GPU."""

from __future__ import annotations

import os
from dataclasses import dataclass

import pytest
import torch
from torch import Tensor

from kernels.backend import Backend

torch.set_num_threads(1)  # on tensors this small two threads beside other work take ten times as long as one
INTERPRETING = os.environ.get("TRITON_INTERPRET") == "1"  # Triton has to be imported with it: test_interpreter.py
NO_GPU = pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")


@dataclass(frozen=True)
class Form:
    backend: Backend
    device: str

    def put(self, *tensors: Tensor) -> list[Tensor]:
        """The tensors where this form runs, strides kept."""
        return [move(tensor, self.device) for tensor in tensors]


def move(tensor: Tensor, device: str) -> Tensor:
    if device == "cpu":
        return tensor
    size = (
        1 + sum((n - 1) * step for n, step in zip(tensor.shape, tensor.stride(), strict=True)) if tensor.numel() else 0
    )
    flat = tensor.as_strided((size,), (1,)).to(device)
    return flat.as_strided(tensor.shape, tensor.stride())


PYTORCH = pytest.param(Form("torch", "cpu"), id="torch")
TRITON = (
    pytest.param(Form("triton", "cpu"), id="interpreter")
    if INTERPRETING
    else pytest.param(Form("triton", "cuda"), id="gpu", marks=[pytest.mark.gpu, NO_GPU])
)
all_forms = pytest.mark.parametrize("form", [PYTORCH, TRITON])
