"""Opens a bank's snapshots on the tiers of this machine: measures what is free, plans, and keeps resident keys from
one snapshot to the next.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import torch
from torch import Tensor

from engine.config import ModelConfig
from engine.memory import BankLayout, BankView
from engine.tiers.memory import BankMemory
from engine.tiers.plan import Free, Sizes, plan
from engine.tiers.resident import Place, Resident
from engine.tiers.shards import Run, chunks_of, whole


class Residency:
    """For one bank and device. `place` and `free` are the device's own unless a test brings another device."""

    def __init__(
        self,
        config: ModelConfig,
        layout: BankLayout,
        device: str,
        *,
        place: Place | None = None,
        free: Callable[[], Free] | None = None,
    ) -> None:
        self.config, self.layout, self.device = config, layout, device
        self._free = free or (lambda: measure(device))
        self._resident: Resident | None = None
        if place is not None or device.startswith("cuda"):
            self._resident = Resident(len(layout.layers), 0, place or self._to_device)

    def memory(self, view: BankView, runs: Sequence[Run] | None = None) -> BankMemory:
        """A snapshot, or one rank's runs of it, with its routing keys on the best tier they fit on."""
        runs = whole(view) if runs is None else runs
        free, resident = self._free(), self._resident
        if resident is not None and free.device is not None:
            free = replace(free, device=free.device + resident.size_bytes)  # its own bytes are free to it
        tiers = plan(self.layout, Sizes.of(self.layout, chunks_of(runs)), free)
        if resident is None:
            return BankMemory(view, self.config, runs=runs, tiers=tiers)
        resident.budget = tiers.resident
        memory = BankMemory(view, self.config, runs=runs, resident=resident, tiers=tiers)
        if resident.refused:
            reason = f"the GPU took {resident.size_bytes / 1e9:.1f} GB of the routing keys and then ran out of memory"
            memory.tiers = replace(tiers, routing="host", resident=resident.size_bytes, reason=reason)
        return memory

    def _to_device(self, tensor: Tensor) -> Tensor:
        return tensor.to(self.device, non_blocking=tensor.is_pinned())


def measure(device: str) -> Free:
    """Bytes that are free now on the device and the host."""
    on_gpu = device.startswith("cuda")
    return Free(torch.cuda.mem_get_info(device)[0] if on_gpu else None, _free_host_bytes())


def _free_host_bytes() -> int:
    try:
        for line in Path("/proc/meminfo").read_text(encoding="ascii").splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) * 1024
    except OSError:
        pass  # not Linux
    return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 2
