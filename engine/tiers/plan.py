"""Which tier routing keys and content KV lie on: decided from sizes alone, so that it can be tried with made-up ones.

Knows nothing of devices, files or tensors.
"""

from __future__ import annotations

from dataclasses import dataclass

from engine.memory import BankLayout

WORKING_SHARE = 0.1  # of the device's free bytes, kept for activations and scores ...
WORKING_BYTES = 1 << 30  # ... and at least this much: a prefill of 2,000 tokens of an MSA-4B takes 0.6 GB
HOST_SHARE = 0.8  # of the host's free bytes that content may count on: the rest is the person's
SCALE_BYTES = 4
BF16_BYTES = 2


@dataclass(frozen=True, slots=True)
class Sizes:
    """What one process holds of a bank, in bytes."""

    routing: int  # int8 keys and their scales, all layers
    content: int  # bf16 keys and values, all layers

    @classmethod
    def of(cls, layout: BankLayout, chunks: int) -> Sizes:
        layers = len(layout.layers)
        routing = chunks * layers * (layout.key_dim + SCALE_BYTES)
        return cls(routing, chunks * layers * 2 * layout.key_dim * BF16_BYTES)


@dataclass(frozen=True, slots=True)
class Free:
    """Bytes to be had now; `device` is None where the model runs on the CPU."""

    device: int | None
    host: int


@dataclass(frozen=True, slots=True)
class Tiers:
    """Where things lie. routing: device, host or disk (mapped files, in host memory as far as it reaches); content:
    host or disk, from where selected documents are copied over."""

    routing: str
    content: str
    resident: int = 0  # bytes of routing keys that go onto the device, as many packs as fit
    reason: str = ""

    @property
    def line(self) -> str:
        """One line for `twin status`."""
        said = f"routing keys on {PLACES[self.routing]}, content on {PLACES[self.content]}"
        return f"{said}: {self.reason}" if self.reason else said


PLACES = {"device": "the GPU", "host": "the host's memory", "disk": "disk, read through the host's memory"}


def plan(layout: BankLayout, sizes: Sizes, free: Free) -> Tiers:
    """The quickest tier each kind fits on; what does not fit falls back one, and `reason` says why.

    layout: what a part too small to be worth moving is measured against (one document of one chunk).
    """
    host_room = int(free.host * HOST_SHARE)
    routing = "host" if sizes.routing <= host_room else "disk"
    content = "host" if sizes.content + (sizes.routing if routing == "host" else 0) <= host_room else "disk"
    reasons = []
    if content == "disk" or routing == "disk":
        reasons.append(f"{_gb(sizes.routing + sizes.content)} beside {_gb(host_room)} of host memory to be had")
    if free.device is None:
        return Tiers(routing, content, 0, "; ".join(reasons))
    device_room = free.device - max(WORKING_BYTES, int(free.device * WORKING_SHARE))
    if sizes.routing <= device_room:
        content = "host" if sizes.content <= host_room else "disk"
        return Tiers("device", content, sizes.routing, "" if content == "host" else "; ".join(reasons))
    least = Sizes.of(layout, 1).routing
    resident = device_room if device_room >= least else 0
    reasons.insert(
        0, f"{_gb(sizes.routing)} of routing keys, {_gb(resident)} of them fit the GPU and the CPU scores the rest"
    )
    return Tiers(routing, content, resident, "; ".join(reasons))


def _gb(size: int) -> str:
    return f"{size / 1e9:.1f} GB"
