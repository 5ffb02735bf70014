"""What a memory is full of tells nothing apart: routing queries are whitened by the covariance of the bank's own keys.

A model's routers know how rare a word is in what they were trained on, not in this memory, where one name or one
app's boilerplate may stand in every second document. Along directions in which this bank's keys differ much anyway, a
question counts less: q (S + s I)^-1 in the place of q, the whitening of dense retrieval, on the question's side alone,
so that nothing is encoded again when memory grows. No part of the paper: a checkpoint asks for it by `twin_config`.
"""

from __future__ import annotations

import torch
from torch import Tensor

from engine.memory import BankView
from engine.memory.view import PackView
from kernels.maxsim import chunks_of

SAMPLED = 2048  # documents
PRIOR = 512  # chunks: what so few say of a memory's covariance counts half
STEPS = 4096.0  # of a key's element: sums of whole numbers are exact in float64, in whatever order


class Whitening:
    """Of one snapshot. The documents of a sample follow from their IDs and number, so it is the same however they
    lie in packs or on ranks."""

    def __init__(self, view: BankView, strength: float) -> None:
        """strength: of the part that leaves a question as it is, against a key's mean variance."""
        self.view, self.strength = view, strength
        self._known: dict[int, Tensor | None] = {}

    def of_layer(self, at: int) -> Tensor | None:
        """[K, K] float32 for prepared queries [T, K] of the routing layer at this place in the layout; None where
        memory is empty."""
        if at not in self._known:
            self._known[at] = self._made(at)
        return self._known[at]

    def _made(self, at: int) -> Tensor | None:
        parts = [self._keys(pack, at) for pack in self.view.packs]
        keys = torch.cat(parts) if parts else torch.empty(0, 0)
        count = len(keys)
        if not count:
            return None
        mean, squares = keys.sum(0) / count, keys.T @ keys / count
        covariance = (squares - torch.outer(mean, mean)) / squares.diagonal().mean()
        whole = torch.eye(len(mean), dtype=torch.float64)
        inverse: Tensor = torch.linalg.inv(count / (count + PRIOR) * covariance + self.strength * whole)
        return inverse.float()

    def _keys(self, pack: PackView, at: int) -> Tensor:
        """[N, K] float64 whole numbers: the sample's chunks in a pack."""
        rows = sampled(pack.document_ids, pack.live, self.view.documents)
        places, _ = chunks_of(rows, pack.doc_offsets)
        codes, scales = pack.routing_keys(at)
        return (codes[places].double() * scales[places].double()[:, None] * STEPS).round_()


def sampled(document_ids: Tensor, live: Tensor, documents: int) -> Tensor:
    """Rows of some SAMPLED of so many documents in all, of few all: those whose ID, scattered, falls low."""
    scattered = document_ids * 2654435761 % 2**32  # Knuth's multiplicative hash
    return (live & (scattered < SAMPLED / max(1, documents) * 2**32)).nonzero()[:, 0]
