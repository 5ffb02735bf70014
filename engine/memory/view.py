"""What readers of a bank hold: an immutable snapshot, valid and unchanged while others write.

In memory lie counts, ranges of IDs and a live flag a document; everything else is memory-mapped, and stays
readable after a compaction has unlinked its file.
"""

from collections.abc import Iterator
from functools import cached_property

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from engine.memory.pack import Pack, StoredDocument

Ids = NDArray[np.int64]


class PackView:
    """One pack as a snapshot sees it."""

    def __init__(self, pack: Pack, dead: tuple[int, ...] = ()) -> None:
        self.pack = pack
        self.dead = dead

    @property
    def document_ids(self) -> Tensor:
        """[D] int64, live and dead, ascending."""
        return self.pack.document_ids

    @property
    def doc_offsets(self) -> Tensor:
        """[D+1] int64: where each document's chunks begin and end."""
        return self.pack.doc_offsets

    @cached_property
    def live(self) -> Tensor:
        """[D] bool."""
        return ~torch.isin(self.document_ids, torch.tensor(self.dead, dtype=torch.int64))

    @property
    def documents(self) -> int:
        """Live documents."""
        return self.pack.documents - len(self.dead)

    @cached_property
    def tokens(self) -> int:
        """Tokens of the live documents."""
        return int(self.pack.document_tokens[self.live].sum()) if self.dead else self.pack.tokens

    @property
    def dead_share(self) -> float:
        """The share of the pack's chunks that belongs to dead documents."""
        if not self.dead:
            return 0.0
        return int(self.doc_offsets.diff()[~self.live].sum()) / self.pack.chunks

    def routing_keys(self, layer_index: int) -> tuple[Tensor, Tensor]:
        """Of the layer at this place in the layout: int8 [N, kv_heads*head_dim], float32 scales [N]."""
        return self.pack.routing_keys(layer_index)

    @cached_property
    def _largest_scales(self) -> list[float]:
        layers = range(len(self.pack.layout.layers))
        return [float(self.routing_keys(layer)[1].max()) if self.pack.chunks else 0.0 for layer in layers]

    def largest_scale(self, layer_index: int) -> float:
        """Of the layer's scales, dead documents' included."""
        return self._largest_scales[layer_index]

    def content(self, row: int) -> tuple[Tensor, Tensor]:
        """Keys and values [layers, kv_heads, chunks, head_dim] bf16 of the document at `row`, not copied."""
        return self.pack.content(row)

    def find(self, documents: Ids) -> Ids:
        """The rows of those of `documents` (ascending) that are live here."""
        first, end = np.searchsorted(documents, (self.pack.first_document, self.pack.last_document + 1))
        if first == end:
            return np.empty(0, np.int64)
        wanted, ids = documents[first:end], self.document_ids.numpy()
        rows: Ids = np.searchsorted(ids, wanted)
        rows = rows[ids[rows] == wanted]
        return rows[self.live.numpy()[rows]] if self.dead else rows

    def stored(self) -> Iterator[StoredDocument]:
        """The live documents in the order of their IDs, to be written into another pack."""
        return self.pack.stored(np.flatnonzero(self.live.numpy()))


class BankView:
    """A snapshot of a whole bank, as the commit `generation` left it."""

    def __init__(self, generation: int, packs: tuple[PackView, ...]) -> None:
        self.generation = generation
        self.packs = packs

    @cached_property
    def documents(self) -> int:
        """How many documents are live."""
        return sum(view.documents for view in self.packs)

    @cached_property
    def tokens(self) -> int:
        """Tokens of the live documents."""
        return sum(view.tokens for view in self.packs)

    @cached_property
    def size_bytes(self) -> int:
        """Bytes of the packs on disk, dead documents included."""
        return sum(view.pack.size_bytes for view in self.packs)

    @cached_property
    def _ranges(self) -> Ids:
        """First and last document of each pack, [packs, 2]."""
        ranges = [(view.pack.first_document, view.pack.last_document) for view in self.packs]
        return np.array(ranges, np.int64).reshape(-1, 2)

    def find(self, document: int) -> tuple[PackView, int]:
        """The pack and row of a live document; KeyError if it is not in memory."""
        # IDs are given in ascending order, so few packs' ranges hold any one of them and no index is needed.
        for place in np.flatnonzero((self._ranges[:, 0] <= document) & (document <= self._ranges[:, 1])):
            rows = self.packs[place].find(np.array([document], np.int64))
            if rows.size:
                return self.packs[place], int(rows[0])
        raise KeyError(f"document {document} is not in this bank")

    def content(self, document: int) -> tuple[Tensor, Tensor]:
        """Keys and values [layers, kv_heads, chunks, head_dim] bf16, not copied; KeyError if not live."""
        view, row = self.find(document)
        return view.content(row)
