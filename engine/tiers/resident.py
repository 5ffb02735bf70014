"""Routing keys on a device: copies of whole runs, several joined into one block so that a scan is few launches.

What the device does not take stays mapped. Knows of the device only how a tensor is put there (`Place`).
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import torch
from torch import Tensor

from engine.routing import Segment
from engine.tiers.shards import Origin, Run

BLOCK_CHUNKS = 1 << 18  # joined at most: 270 MB a layer of an MSA-4B, and what is copied anew when a run of it goes
MAX_SMALL = 8  # blocks of less than half of that, of documents that came later, before they are joined

log = logging.getLogger("twin.engine")
Place = Callable[[Tensor], Tensor]
"""Puts a tensor of the host onto the device; raises torch.OutOfMemoryError when there is no room."""


@dataclass(frozen=True, slots=True, eq=False)
class Block:
    """Several runs' documents in one segment, on the device."""

    origins: tuple[Origin, ...]  # of its runs
    document_ids: Tensor  # [D] on the host: only what is chosen is looked up
    live: Tensor  # [D] on the device
    doc_offsets: Tensor  # [D+1] on the device
    keys: tuple[Tensor, ...]  # a routing layer [N, G*d] int8 each, on the device
    scales: tuple[Tensor, ...]  # [N] each
    largest: tuple[float, ...]  # of each layer's scales

    @property
    def chunks(self) -> int:
        return self.keys[0].shape[0]

    @property
    def size_bytes(self) -> int:
        return sum(part.nbytes for part in (*self.keys, *self.scales))

    def routing_keys(self, layer_index: int) -> tuple[Tensor, Tensor]:
        return self.keys[layer_index], self.scales[layer_index]

    def largest_scale(self, layer_index: int) -> float:
        return self.largest[layer_index]


@dataclass(slots=True)
class Resident:
    """What of a memory lies on a device, `budget` bytes of keys at most."""

    layers: int
    budget: int
    place: Place
    blocks: list[Block] = field(default_factory=list)
    refused: bool = False  # the device once had less room than it said: no more is asked of it

    @property
    def size_bytes(self) -> int:
        return sum(block.size_bytes for block in self.blocks)

    def over(self, runs: Sequence[Run]) -> list[Segment]:
        """The documents of `runs`, on the device as far as there is room. What is new is put there, what is gone
        is dropped, and of what stays only the flags of the dead are sent again."""
        shown = {run.origin: run for run in runs}
        self.blocks = [block for block in self.blocks if all(origin in shown for origin in block.origins)]
        small = [block for block in self.blocks if block.chunks < BLOCK_CHUNKS // 2]
        if len(small) > MAX_SMALL:
            self.blocks = [block for block in self.blocks if block not in small]  # freed before they are joined
        held = {origin for block in self.blocks for origin in block.origins}
        self.blocks = [replace(block, live=self._live([shown[o] for o in block.origins])) for block in self.blocks]
        rest = self._take([run for run in runs if run.origin not in held and len(run.document_ids)])
        return [*self.blocks, *rest]

    def _take(self, runs: Sequence[Run]) -> list[Run]:
        """Puts new runs onto the device in their order while there is room; gives those that found none."""
        room, fitting = 0 if self.refused else self.budget - self.size_bytes, list[Run]()
        for run in runs:
            size = sum(part.nbytes for part in run.routing_keys(0)) * self.layers
            if size > room:
                break
            room -= size
            fitting.append(run)
        taken = 0
        for group in groups(fitting):
            try:
                self.blocks.append(self._block(group))
            except torch.OutOfMemoryError:
                self.refused = True
                log.warning("the device took %.1f GB of routing keys and no more", self.size_bytes / 1e9)
                break
            taken += len(group)
        return list(runs[taken:])

    def release(self) -> None:
        """Gives everything back to the device, and takes no more of it."""
        self.blocks, self.refused = [], True
        if torch.cuda.is_available():
            torch.cuda.empty_cache()

    def _live(self, group: Sequence[Run]) -> Tensor:
        return self.place(torch.cat([run.live for run in group]))

    def _block(self, group: Sequence[Run]) -> Block:
        begins = torch.tensor([0, *(run.chunks for run in group)]).cumsum(0)
        offsets = [run.doc_offsets[:-1] + begin for run, begin in zip(group, begins[:-1], strict=True)]
        layers = [[run.routing_keys(layer) for run in group] for layer in range(self.layers)]
        return Block(
            tuple(run.origin for run in group),
            torch.cat([run.document_ids for run in group]),
            self._live(group),
            self.place(torch.cat([*offsets, begins[-1:]])),
            tuple(self.place(torch.cat([keys for keys, _ in parts])) for parts in layers),
            tuple(self.place(torch.cat([scales for _, scales in parts])) for parts in layers),
            tuple(max(run.largest_scale(layer) for run in group) for layer in range(self.layers)),
        )


def groups(runs: Sequence[Run]) -> list[list[Run]]:
    """In order, as many together as make BLOCK_CHUNKS."""
    out: list[list[Run]] = []
    held = BLOCK_CHUNKS
    for run in runs:
        if held + run.chunks > BLOCK_CHUNKS:
            out.append([])
            held = 0
        out[-1].append(run)
        held += run.chunks
    return out
