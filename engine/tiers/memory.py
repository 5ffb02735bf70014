"""What a question reads of a bank, layer by layer: the choice of documents, and the content of the chosen.

The keys lie on a device as far as the plan says and the device really takes them; the rest is mapped.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol

import torch
from torch import Tensor

from engine.config import ModelConfig
from engine.memory import BankView
from engine.routing import Segment, Selection, choose, wanted
from engine.tiers.fetch import Fetch
from engine.tiers.plan import Tiers
from engine.tiers.resident import Resident
from engine.tiers.shards import Run, whole

log = logging.getLogger("twin.engine")


class Memory(Protocol):
    """A bank's documents as one question sees them; unchanged while it is answered."""

    def select(self, at: int, prepared: Tensor, keep: int, allowed: Tensor | None) -> Selection:
        """The best documents for queries as `routing.prepare` makes them, in the routing layer at this place."""
        ...

    def content(self, at: int, documents: Tensor) -> tuple[Tensor, Tensor]:
        """Keys and values [G, chunks, d] bf16 of documents, one after the other as named."""
        ...


class BankMemory:
    """A snapshot of a bank, or one rank's share of it, in this process."""

    def __init__(
        self,
        view: BankView,
        config: ModelConfig,
        *,
        runs: Sequence[Run] | None = None,
        resident: Resident | None = None,
        tiers: Tiers | None = None,
    ) -> None:
        """runs: one rank's share, everything when None. resident: keeps keys on a device, from view to view."""
        self.view, self.config, self.resident = view, config, resident
        self.runs = whole(view) if runs is None else list(runs)
        self.tiers = tiers or Tiers("disk", "disk")
        self._segments: Sequence[Segment] = self.runs
        self._fetch: Fetch | None = None
        if resident is not None:
            self._segments = resident.over(self.runs)
            self._fetch = Fetch(view, len(config.routing.layers), resident.place)
        self._allowed: Tensor | None = None
        self._asked: list[tuple[Segment, Tensor]] | None = None

    def select(self, at: int, prepared: Tensor, keep: int, allowed: Tensor | None) -> Selection:
        try:
            return choose(prepared, self._seen(allowed), at, self.config, keep)
        except torch.OutOfMemoryError:
            if self.resident is None:
                raise
            self.fall_back()
        return choose(prepared, self._seen(allowed), at, self.config, keep)

    def content(self, at: int, documents: Tensor) -> tuple[Tensor, Tensor]:
        if not len(documents):
            empty = torch.empty(self.config.kv_heads, 0, self.config.head_dim, dtype=torch.bfloat16)
            return empty, empty
        if self._fetch is not None:
            try:
                return self._fetch.content(at, documents.tolist())
            except torch.OutOfMemoryError:
                self.fall_back()
            return self._fetch.content(at, documents.tolist())
        parts = [self.view.content(document) for document in documents.tolist()]
        return torch.cat([k[at] for k, _ in parts], dim=1), torch.cat([v[at] for _, v in parts], dim=1)

    def fall_back(self) -> None:
        """The device ran out of memory in the middle of a question: the keys are scored where they are mapped."""
        assert self.resident is not None
        self.resident.release()
        self._segments, self._asked = self.runs, None
        self.tiers = replace(self.tiers, routing="disk", resident=0, reason="the GPU ran out of memory")
        log.warning("%s", self.tiers.line)

    def _seen(self, allowed: Tensor | None) -> list[tuple[Segment, Tensor]]:
        """Segments, and which of their documents a question may see: made once for all its layers and hops."""
        if self._asked is None or allowed is not self._allowed:
            self._asked, self._allowed = [(one, wanted(one, allowed)) for one in self._segments], allowed
        return self._asked
