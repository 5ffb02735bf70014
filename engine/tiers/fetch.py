"""Content KV of selected documents, from mapped packs onto a device: one gathered copy a layer, the next one ahead.

Layers choose much the same documents: while a layer computes, its documents' content of the next layer is on the
way, and what the next layer chooses beside them follows in a copy of its own.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from engine.memory import BankView
from engine.tiers.resident import Place


class Fetch:
    """For one snapshot of a bank. `place` puts a host tensor onto the device, without waiting where it is pinned."""

    def __init__(self, view: BankView, layers: int, place: Place) -> None:
        self.view, self.layers, self.place = view, layers, place
        on_gpu = place(torch.zeros(1)).device.type == "cuda"
        self._stream = torch.cuda.Stream() if on_gpu else None  # type: ignore[no-untyped-call]
        self._ahead: tuple[int, dict[int, Tensor]] = (-1, {})  # layer, and its documents that are on the way
        self.documents = self.hits = 0  # asked for, and of these already on the way

    def content(self, at: int, documents: Sequence[int]) -> tuple[Tensor, Tensor]:
        """Keys and values [G, chunks, d] on the device; the next layer's are on the way on return."""
        layer, ahead = self._ahead
        if layer != at:
            ahead = {}
        elif self._stream is not None:
            torch.cuda.current_stream().wait_stream(self._stream)
        missing = [document for document in documents if document not in ahead]
        self.documents += len(documents)
        self.hits += len(documents) - len(missing)
        held = ahead | self._copy(at, missing)
        both = torch.cat([held[document] for document in documents], dim=2)  # [2, G, chunks, d]
        if at + 1 < self.layers:
            self._ahead = (at + 1, self._copy_aside(at + 1, documents))
        return both[0], both[1]

    def _copy_aside(self, at: int, documents: Sequence[int]) -> dict[int, Tensor]:
        if self._stream is None:
            return self._copy(at, documents)
        with torch.cuda.stream(self._stream):
            found = self._copy(at, documents)
        for tensor in found.values():
            tensor.record_stream(torch.cuda.current_stream())
        return found

    def _copy(self, at: int, documents: Sequence[int]) -> dict[int, Tensor]:
        """One layer of each document, [2, G, chunks, d], gathered into one piece of pinned memory and copied once."""
        if not documents:
            return {}
        parts = [(keys[at], values[at]) for keys, values in map(self.view.content, documents)]
        shapes = [(2, *keys.shape) for keys, _ in parts]
        sizes = [2 * keys.numel() for keys, _ in parts]
        flat = torch.empty(sum(sizes), dtype=torch.bfloat16, pin_memory=self._stream is not None)
        torch.cat([part.reshape(-1) for pair in parts for part in pair], out=flat)
        copied = torch.split(self.place(flat), sizes)
        return {d: part.view(shape) for d, part, shape in zip(documents, copied, shapes, strict=True)}
