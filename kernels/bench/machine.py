"""What this machine can do, measured in the same run: copying bytes, and products of each type."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

COPIED_BYTES = {"cpu": 1 << 27, "cuda": 1 << 31}  # well beyond the caches
EDGE = {"cpu": 1024, "cuda": 8192}  # of the square matrices


def fastest(runs: Mapping[str, Callable[[], object]], device: str, budget_s: float = 1.0) -> dict[str, float]:
    """Seconds of each one's fastest run, in rounds, after one that does not count: other work only ever adds time.

    On one CPU thread its processor time counts, which other work leaves alone.
    """
    best = dict.fromkeys(runs, float("inf"))
    spent = 0.0
    for round_number in range(1000):
        for name, run in runs.items():
            took = _once(run, device)
            spent += took
            if round_number:
                best[name] = min(best[name], took)
        if round_number >= 3 and spent > budget_s * len(runs):
            break
    return best


def _once(run: Callable[[], object], device: str) -> float:
    if device == "cuda":
        torch.cuda.synchronize()
        start, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))  # type: ignore[no-untyped-call]
        start.record()
        run()
        end.record()
        end.synchronize()
        return float(start.elapsed_time(end) / 1e3)
    clock = time.thread_time if torch.get_num_threads() == 1 else time.perf_counter
    begin = clock()
    run()
    return clock() - begin


@dataclass(frozen=True)
class Machine:
    device: str
    bytes_per_s: float  # of a copy, what is read and what is written together
    operations_per_s: dict[str, float]  # of square products, by the type of their operands

    def floor_s(self, moved_bytes: float, operations: float, kind: str) -> float:
        """What the longer of the two would take: moving each byte once, or the products alone."""
        return max(moved_bytes / self.bytes_per_s, operations / self.operations_per_s[kind])


def measure(device: str) -> Machine:
    source = torch.zeros(COPIED_BYTES[device], dtype=torch.int8, device=device)
    target = torch.ones_like(source)
    copying = fastest({"copy": lambda: target.copy_(source)}, device)["copy"]
    return Machine(device, 2 * source.numel() / copying, {k: _rate(device, k) for k in ("int8", "bf16", "float32")})


def _rate(device: str, kind: str) -> float:
    edge = EDGE[device]
    ones = torch.ones(edge, edge, device=device)
    one: Tensor = ones.to({"int8": torch.int8, "bf16": torch.bfloat16, "float32": torch.float32}[kind])
    other = one.T  # as routing keys lie: both sides along their rows
    run = (lambda: torch._int_mm(one, other)) if kind == "int8" else (lambda: one @ other)
    return float(2 * edge**3 / fastest({"product": run}, device)["product"])
