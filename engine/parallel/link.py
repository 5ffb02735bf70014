"""Messages between rank 0 and the others over torch.distributed: a small JSON header, then tensors.

Headers go through gloo, tensors through the backend of `device` (NCCL between GPUs). Each wait is bounded but that
for the next question. Knows nothing of what the messages mean.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor

HEADER_BYTES = 4096  # one message of fixed size: its length needs no message of its own
FOREVER_S = 3e8  # ten years: gloo has no wait without an end
DTYPES = {"f32": torch.float32, "bf16": torch.bfloat16, "i64": torch.int64}
NAMES = {dtype: name for name, dtype in DTYPES.items()}


class PeerGone(Exception):
    """The other end closed, died or said nothing in time; `args[0]` tells which."""


@dataclass(frozen=True, slots=True)
class Message:
    kind: str
    fields: dict[str, Any]
    tensors: list[Tensor]  # where they travelled


@dataclass(frozen=True, slots=True)
class Link:
    """This end of the process group that is joined (`engine.parallel.launch`)."""

    device: torch.device  # where tensors travel: the host, or this rank's GPU

    @property
    def rank(self) -> int:
        return dist.get_rank()

    @property
    def ranks(self) -> int:
        return dist.get_world_size()

    def send(
        self, to: int, kind: str, fields: dict[str, Any] | None = None, tensors: Sequence[Tensor] = (),
        *, timeout_s: float,
    ) -> None:  # fmt: skip
        """Raises PeerGone. Empty tensors are not sent, their shape is."""
        shapes = [[NAMES[tensor.dtype], *tensor.shape] for tensor in tensors]
        text = json.dumps({"kind": kind, "fields": fields or {}, "tensors": shapes}).encode()
        assert len(text) <= HEADER_BYTES, f"{kind}: what grows with memory belongs into a tensor"
        header = torch.frombuffer(bytearray(text.ljust(HEADER_BYTES)), dtype=torch.uint8)
        parts = [header, *(tensor.to(self.device).contiguous() for tensor in tensors if tensor.numel())]
        try:
            for work in [dist.isend(part, to) for part in parts]:
                _wait(work, timeout_s)
        except RuntimeError as error:
            raise PeerGone(_reason(error, timeout_s)) from error

    def receive(self, source: int, *, timeout_s: float) -> Message:
        """The next message of a rank; raises PeerGone."""
        header = torch.zeros(HEADER_BYTES, dtype=torch.uint8)
        try:
            _wait(dist.irecv(header, source), timeout_s)
            told = json.loads(header.numpy().tobytes())
            tensors = [torch.zeros(shape, dtype=DTYPES[dtype], device=self.device) for dtype, *shape in told["tensors"]]
            for work in [dist.irecv(tensor, source) for tensor in tensors if tensor.numel()]:
                _wait(work, timeout_s)
        except RuntimeError as error:
            raise PeerGone(_reason(error, timeout_s)) from error
        return Message(told["kind"], told["fields"], tensors)


def _wait(work: dist.Work | None, timeout_s: float) -> None:
    assert work is not None, "this process is of the group"
    work.wait(timedelta(seconds=timeout_s))


def _reason(error: RuntimeError, timeout_s: float) -> str:
    """gloo says it in many ways (closed by peer, reset, timed out, and with its own source's lines)."""
    if "imed out" in str(error):
        return f"no answer within {timeout_s:.3g} s"
    return "its connection was closed"
