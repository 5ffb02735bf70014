"""Rank 0's side of Memory Parallel: a question goes to all ranks, their best become one choice, owners send content.

Rank 0 holds a shard like the others and is the only one that writes. Any rank that fails ends the question with an
error that names it; after that the group is of no more use.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import torch
from torch import Tensor

from engine.config import ModelConfig
from engine.encode import Pooled
from engine.memory import BankLayout, BankView
from engine.parallel.errors import NOTHING_LOST, ParallelError, RankLost
from engine.parallel.link import Link, Message, PeerGone
from engine.routing import Selection, merge
from engine.tiers.memory import BankMemory
from engine.tiers.plan import Sizes
from engine.tiers.residency import Residency
from engine.tiers.shards import chunks_of, documents_of, shards

ANSWER_S = 30.0  # for a rank's part of one layer of a question
READ_BYTES_S = 100e6  # a rank that opens its share reads it from disk at least this fast
STOP_S = 5.0  # for a rank to take the word that it may leave
ENCODE_S = 600.0  # for one batch: 4,096 tokens of a 4B model on a few cores


class Processes(Protocol):
    """Who started the ranks."""

    remedy: str  # what to do when one is lost

    def stops(self) -> bool:
        """Whether the ranks are to end when they are used no more."""
        ...

    def why(self, rank: int, otherwise: str) -> str: ...

    def end(self, lost: int | None = None) -> None: ...


@dataclass(frozen=True, slots=True)
class Share:
    """What one rank holds."""

    documents: int
    chunks: int
    tiers: str

    def __str__(self) -> str:
        return f"{self.documents:,} documents, {self.tiers}"


class Ranks:
    """All ranks of a group, this process being rank 0. One thread at a time."""

    def __init__(self, link: Link, processes: Processes, *, answer_s: float = ANSWER_S):
        self.link, self.processes, self.answer_s = link, processes, answer_s
        self.others = range(1, link.ranks)
        self._due: dict[int, float] = {}  # ranks that owe a reply, and for how long it may be waited for
        self.shares: list[Share] = []
        self.lost: RankLost | None = None

    def open(self, checkpoint: Path, directory: Path, layout: BankLayout, threads: int) -> None:
        """Tells all ranks which bank they are about; `threads` 0 leaves each as it is."""
        self._layout, self._config = layout, ModelConfig.read(checkpoint)
        self._residency = Residency(self._config, layout, str(self.link.device))
        doing = "opening the bank"
        fields = {"checkpoint": str(checkpoint), "bank": str(directory), "threads": threads}
        for rank in self.others:
            self.send(rank, "open", fields | {"layout": layout.as_json()}, doing=doing)
        for rank in self.others:
            self.receive(rank, doing=doing)

    def device(self, chosen: str) -> str:
        """Where rank 0's model runs: beside its shard."""
        return chosen if self.link.device.type == "cpu" else str(self.link.device)

    def memory(self, view: BankView) -> RankedMemory:
        """A snapshot of the bank over all ranks; opens it on each of them."""
        doing, runs = "opening its share of the bank", shards(view, self.link.ranks)[0]
        size = Sizes.of(self._layout, chunks_of(runs)).routing
        for rank in self.others:
            told = {"generation": view.generation}
            self.send(rank, "view", told, doing=doing, reply_s=self.answer_s + size / READ_BYTES_S)
        own = self._residency.memory(view, runs)
        shares = [Share(documents_of(runs), chunks_of(runs), own.tiers.line)]
        for rank in self.others:
            fields = self.receive(rank, doing=doing).fields
            shares.append(Share(fields["documents"], fields["chunks"], fields["tiers"]))
        self.shares = shares
        return RankedMemory(self, own)

    def encode(
        self,
        batches: Sequence[Sequence[Sequence[int]]],
        local: Callable[[Sequence[Sequence[int]]], list[Pooled]],
        between: Callable[[], None],
    ) -> list[list[Pooled]]:
        """Each batch of token rows encoded, in order: a round gives every rank one, `between` is called between two."""
        out: list[list[Pooled]] = []
        for start in range(0, len(batches), self.link.ranks):
            between()
            round_of = batches[start : start + self.link.ranks]
            given = list(zip(self.others, round_of[1:], strict=False))
            for rank, batch in given:
                lengths = torch.tensor([len(row) for row in batch])
                tokens = torch.tensor([token for row in batch for token in row])
                self.send(rank, "encode", {}, [lengths, tokens], doing="encoding", reply_s=ENCODE_S)
            out.append(local(round_of[0]))
            for rank, batch in given:
                found = self.receive(rank, doing="encoding")
                out.append(self._pooled([len(row) for row in batch], *found.tensors))
        return out

    def _pooled(self, lengths: Sequence[int], routing: Tensor, content: Tensor) -> list[Pooled]:
        layers, groups, d = len(self._layout.layers), self._layout.kv_heads, self._layout.head_dim
        chunks = [-(-length // self._layout.chunk_size) for length in lengths]
        keys = torch.split(routing.cpu(), [layers * n * groups * d for n in chunks])
        both = torch.split(content.cpu(), [2 * layers * groups * n * d for n in chunks])
        out = []
        for n, key, pair in zip(chunks, keys, both, strict=True):
            k, v = pair.view(2, layers, groups, n, d)
            out.append(Pooled(k, v, key.view(layers, n, groups, d)))
        return out

    def send(
        self, rank: int, kind: str, fields: dict[str, Any], tensors: Sequence[Tensor] = (),
        *, doing: str, reply_s: float | None = None,
    ) -> None:  # fmt: skip
        """A request, for whose reply `receive` waits up to `reply_s`. Raises RankLost."""
        self._check()
        if rank in self._due:  # of a question that was given up: gloo sends nothing to who waits to send
            self._take(rank, doing)
        self._due[rank] = reply_s or self.answer_s
        try:
            self.link.send(rank, kind, fields, tensors, timeout_s=self.answer_s)
        except PeerGone as gone:
            raise self._lose(rank, doing, str(gone)) from gone

    def receive(self, rank: int, *, doing: str) -> Message:
        """Raises RankLost, or ParallelError with what the rank says."""
        self._check()
        message = self._take(rank, doing)
        if message.kind == "failed":
            raise ParallelError(f"rank {rank} failed while {doing}: {message.fields['why']}. {NOTHING_LOST}")
        return message

    def _take(self, rank: int, doing: str) -> Message:
        try:
            return self.link.receive(rank, timeout_s=self._due.pop(rank))
        except PeerGone as gone:
            raise self._lose(rank, doing, str(gone)) from gone

    def _check(self) -> None:
        if self.lost is not None:
            raise self.lost

    def _lose(self, rank: int, doing: str, why: str) -> RankLost:
        why = self.processes.why(rank, why)
        self.lost = RankLost(rank, self.link.ranks, doing, why, self.processes.remedy)
        return self.lost

    def close(self) -> None:
        """Ends the local ranks; those of torchrun wait for the next bank."""
        if self.processes.stops():
            self.stop()
        self.processes.end(lost=self.lost.rank if self.lost else None)

    def stop(self) -> None:
        """Tells every rank to leave; who cannot be told is gone already."""
        for rank in self.others:
            if self.lost is not None and rank == self.lost.rank:
                continue
            try:
                if rank in self._due:
                    self.link.receive(rank, timeout_s=STOP_S)
                self.link.send(rank, "stop", timeout_s=STOP_S)
            except PeerGone:
                continue


class RankedMemory:
    """A snapshot of the bank over all ranks (`engine.tiers.Memory`)."""

    def __init__(self, ranks: Ranks, own: BankMemory) -> None:
        self.ranks, self.own = ranks, own
        self._sent: Tensor | None = None  # what the others know as allowed
        self._owners: dict[int, tuple[int, int]] = {}  # document: rank and chunks, of what was chosen so far

    def select(self, at: int, prepared: Tensor, keep: int, allowed: Tensor | None) -> Selection:
        """The query goes to all, each scores its shard, and their best are one choice by the one order."""
        prepared = prepared.cpu()
        known = "none" if allowed is None else "same" if allowed is self._sent else "new"
        tensors = [prepared, *([allowed] if known == "new" and allowed is not None else [])]
        for rank in self.ranks.others:
            fields = {"at": at, "keep": keep, "allowed": known}
            self.ranks.send(rank, "choose", fields, tensors, doing="answering")
        self._sent = allowed
        found = [self.own.select(at, prepared, keep, allowed)]
        for rank in self.ranks.others:
            reply = self.ranks.receive(rank, doing="answering").tensors
            documents, scores, chunks = (tensor.cpu() for tensor in reply)
            self._owners |= {d: (rank, n) for d, n in zip(documents.tolist(), chunks.tolist(), strict=True)}
            found.append(Selection(documents, scores))
        return merge(found, keep)

    def content(self, at: int, documents: Tensor) -> tuple[Tensor, Tensor]:
        """Each owner sends its documents' part of the layer; all are put together as named."""
        named = documents.tolist()
        theirs = {rank: [d for d in named if self._owners.get(d, (0, 0))[0] == rank] for rank in self.ranks.others}
        asked = {rank: held for rank, held in theirs.items() if held}
        for rank, held in asked.items():
            self.ranks.send(rank, "content", {"at": at}, [torch.tensor(held)], doing="sending content")
        mine = [document for document in named if document not in self._owners]
        parts: dict[int, Tensor] = {}
        if mine:
            both = torch.stack(self.own.content(at, torch.tensor(mine)))
            chunks = [self._chunks(document) for document in mine]
            parts |= dict(zip(mine, torch.split(both, chunks, dim=2), strict=True))
        for rank, held in asked.items():
            (both,) = self.ranks.receive(rank, doing="sending content").tensors
            chunks = [self._owners[document][1] for document in held]
            parts |= dict(zip(held, torch.split(both, chunks, dim=2), strict=True))
        if not named:
            return self.own.content(at, documents)
        keys, values = torch.cat([parts[document] for document in named], dim=2)
        return keys, values

    def _chunks(self, document: int) -> int:
        pack, row = self.own.view.find(document)
        return int(pack.doc_offsets[row + 1] - pack.doc_offsets[row])
