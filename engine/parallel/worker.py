"""A rank other than 0: holds its shard of the routing keys, answers for it, and encodes what it is given.

Writes nothing to disk. Everything it knows comes from the bank's directory and from rank 0.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from engine.config import ConfigError, ModelConfig
from engine.fused import Encode, encoder
from engine.memory import BankCorrupt, BankError, BankLayout, BankView
from engine.memory.manifest import read_manifest
from engine.memory.pack import Pack
from engine.memory.view import PackView
from engine.parallel.link import FOREVER_S, Link, Message, PeerGone
from engine.tiers.memory import BankMemory
from engine.tiers.residency import Residency
from engine.tiers.shards import chunks_of, documents_of, shards
from engine.weights import load

REPLY_S = 60.0  # for rank 0 to take a reply
SETTLE_S = 10.0  # for a folder shared by several machines to show what rank 0 has just committed
RETRY_S = 0.05

log = logging.getLogger("twin.engine")
Reply = tuple[dict[str, Any], list[Tensor]]


class Worker:
    """Serves one message after the other until rank 0 says stop or is gone."""

    def __init__(self, link: Link) -> None:
        self.link = link
        self.device = link.device
        self._handlers: dict[str, Callable[[Message], Reply]] = {
            "open": self._open, "view": self._view, "choose": self._choose, "content": self._content,
            "encode": self._encode,
        }  # fmt: skip
        self._allowed: Tensor | None = None
        self._encoder: Encode | None = None

    @torch.inference_mode()
    def serve(self) -> None:
        while True:
            try:
                message = self.link.receive(0, timeout_s=FOREVER_S)
                if message.kind == "stop":
                    return
                try:
                    fields, tensors = self._handlers[message.kind](message)
                except (BankError, ConfigError, OSError, torch.OutOfMemoryError) as error:
                    log.exception("%s failed", message.kind)
                    self.link.send(0, "failed", {"why": str(error)[:1000]}, timeout_s=REPLY_S)
                else:
                    self.link.send(0, "done", fields, tensors, timeout_s=REPLY_S)
            except PeerGone:  # with rank 0 the question is gone, too; what it committed is on disk
                log.info("rank 0 is gone: rank %d leaves", self.link.rank)
                return

    def _open(self, message: Message) -> Reply:
        fields = message.fields
        self.checkpoint, self.directory = Path(fields["checkpoint"]), Path(fields["bank"])
        if fields["threads"]:
            torch.set_num_threads(fields["threads"])
        torch.set_flush_denormal(True)
        self.config = ModelConfig.read(self.checkpoint)
        self.layout = BankLayout.from_json(fields["layout"])
        self._residency = Residency(self.config, self.layout, str(self.device))
        self._encoder, self._allowed = None, None
        return {}, []

    def _view(self, message: Message) -> Reply:
        """The bank as rank 0 sees it, and of it this rank's share."""
        view = open_view(self.directory, self.layout, message.fields["generation"])
        runs = shards(view, self.link.ranks)[self.link.rank]
        self._memory: BankMemory = self._residency.memory(view, runs)
        counts = {"documents": documents_of(runs), "chunks": chunks_of(runs)}
        return counts | {"tiers": self._memory.tiers.line}, []

    def _choose(self, message: Message) -> Reply:
        """The best of this rank's documents, with their chunks, so that rank 0 knows how much content to expect."""
        fields, prepared = message.fields, message.tensors[0]
        if fields["allowed"] == "new":
            self._allowed = message.tensors[1].cpu()
        elif fields["allowed"] == "none":
            self._allowed = None
        found = self._memory.select(fields["at"], prepared, fields["keep"], self._allowed)
        places = [self._memory.view.find(document) for document in found.documents.tolist()]
        chunks = [int(pack.doc_offsets[row + 1] - pack.doc_offsets[row]) for pack, row in places]
        return {}, [found.documents, found.scores, torch.tensor(chunks, dtype=torch.long)]

    def _content(self, message: Message) -> Reply:
        keys, values = self._memory.content(message.fields["at"], message.tensors[0])
        return {}, [torch.stack((keys, values))]  # [2, G, chunks, d]

    def _encode(self, message: Message) -> Reply:
        """One batch of token rows: routing keys [L, chunks, G*d] and content [2, L, G, chunks, d] of each, flat."""
        if self._encoder is None:
            self._encoder = encoder(load(self.checkpoint, device=str(self.device), dtype=torch.bfloat16))
        lengths, tokens = message.tensors
        rows = [row.tolist() for row in torch.split(tokens, lengths.tolist())]
        found = self._encoder(rows)
        routing = torch.cat([one.routing_keys.float().reshape(-1).cpu() for one in found])
        content = torch.cat([torch.stack((one.keys, one.values)).bfloat16().reshape(-1).cpu() for one in found])
        return {}, [routing, content]


def open_view(directory: Path, layout: BankLayout, generation: int) -> BankView:
    """A bank's committed state for reading only; nothing is swept or written.

    Raises BankError when rank 0's state does not show within SETTLE_S.
    """
    deadline = time.monotonic() + SETTLE_S
    while True:
        try:
            manifest = read_manifest(directory)
            if manifest is not None and manifest.generation == generation:
                entries = manifest.packs
                packs = [PackView(Pack.open(directory / entry.file, layout), entry.dead) for entry in entries]
                return BankView(generation, tuple(packs))
        except BankCorrupt:
            if time.monotonic() > deadline:
                raise
        if time.monotonic() > deadline:
            raise BankError(f"{directory} does not show what rank 0 wrote last (commit {generation}): "
                            "is it the same folder on all machines?")  # fmt: skip
        time.sleep(RETRY_S)
