"""A bank's documents dealt to ranks: of every pack each rank gets one run of neighbours, by chunks.

A pure function of the bank's packs, so that every rank finds the same by itself, and stable: a pack that comes
changes no other pack's runs, and a removal none at all.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from engine.memory import BankView
from engine.memory.pack import Pack
from engine.memory.view import PackView

Origin = tuple[Pack, int, int]  # a pack and rows of it: immutable, so the same as long as it is the same object


@dataclass(frozen=True, eq=False)
class Run:
    """Neighbouring documents of one pack, at rows `first` to `last` - 1: a segment of memory."""

    view: PackView
    first: int
    last: int

    @property
    def origin(self) -> Origin:
        """What its tensors are made of; the same as long as only the dead among its documents change."""
        return self.view.pack, self.first, self.last

    @property
    def document_ids(self) -> Tensor:
        return self.view.document_ids[self.first : self.last]

    @cached_property
    def live(self) -> Tensor:
        return self.view.live[self.first : self.last]

    @cached_property
    def doc_offsets(self) -> Tensor:
        offsets = self.view.doc_offsets[self.first : self.last + 1]
        return offsets - offsets[0] if self.first else offsets

    @cached_property
    def _extent(self) -> tuple[int, int]:
        """Its chunks' places in the pack."""
        begin, end = self.view.doc_offsets[[self.first, self.last]].tolist()
        return begin, end

    @property
    def chunks(self) -> int:
        return self._extent[1] - self._extent[0]

    def routing_keys(self, layer_index: int) -> tuple[Tensor, Tensor]:
        keys, scales = self.view.routing_keys(layer_index)
        begin, end = self._extent
        return keys[begin:end], scales[begin:end]

    def largest_scale(self, layer_index: int) -> float:
        return self.view.largest_scale(layer_index)


def shards(view: BankView, ranks: int) -> list[list[Run]]:
    """Each rank's runs. Invariant: no two ranks' chunks, dead ones included, differ by more than twice those of
    the largest document.

    Dead documents are scanned like live ones until a compaction takes them away, so what is balanced is the work.
    """
    out: list[list[Run]] = [[] for _ in range(ranks)]
    held = np.zeros(ranks, np.int64)
    for pack in view.packs:
        offsets = pack.doc_offsets.numpy()
        rows = _cut(offsets, _fill(held, int(offsets[-1])))
        for rank, (first, last) in enumerate(pairwise(rows)):
            if last > first:
                out[rank].append(Run(pack, int(first), int(last)))
                held[rank] += offsets[last] - offsets[first]
    return out


def _fill(held: NDArray[np.int64], chunks: int) -> NDArray[np.float64]:
    """How many of so many new chunks each rank should get: as water fills vessels, the emptiest first."""
    levels = np.sort(held)
    for full in range(len(levels), 0, -1):  # the lowest `full` ranks get some, up to one level
        level = (levels[:full].sum() + chunks) / full
        if full == 1 or level >= levels[full - 1]:
            break
    out: NDArray[np.float64] = np.maximum(0.0, level - held)
    return out


def _cut(offsets: NDArray[np.int64], wanted: NDArray[np.float64]) -> Sequence[int]:
    """Rows at which each rank's run begins, and the end: the document boundary nearest to where it should be."""
    places = np.concatenate(([0.0], np.cumsum(wanted)))
    after = np.clip(np.searchsorted(offsets, places), 1, len(offsets) - 1)
    nearest = np.where(places - offsets[after - 1] <= offsets[after] - places, after - 1, after)
    nearest[0], nearest[-1] = 0, len(offsets) - 1
    return [int(row) for row in np.maximum.accumulate(nearest)]


def whole(view: BankView) -> list[Run]:
    """Everything, for one process."""
    return [Run(pack, 0, pack.pack.documents) for pack in view.packs]


def chunks_of(runs: Sequence[Run]) -> int:
    return sum(run.chunks for run in runs)


def documents_of(runs: Sequence[Run]) -> int:
    """Live ones."""
    return sum(int(torch.count_nonzero(run.live)) for run in runs)
