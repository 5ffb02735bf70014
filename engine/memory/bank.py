"""A directory of packs, changed by one writer at a time and read by any number of threads.

Every change is: new packs, then the manifest (the commit), then unlinking what no longer counts. Readers
take a BankView, which stays valid and unchanged whatever is written later. One process owns a bank.
"""

import heapq
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from operator import attrgetter
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray

from engine.memory.check import sweep, verify
from engine.memory.durable import FaultPoint, flush_directory, make_directory, no_fault
from engine.memory.layout import BankCorrupt, BankLayout, BankMismatch, EncodedDocument
from engine.memory.manifest import MANIFEST_NAME, Manifest, PackEntry, read_manifest, write_manifest
from engine.memory.pack import PACK_SUFFIX, REBUILD, Pack, StoredDocument, store, write_pack
from engine.memory.view import BankView, PackView

MAX_PACK_BYTES = 256 << 20
MERGE_TIERS = (32, 4)  # packs under 1/32 (8 MiB) and under 1/4 (64 MiB) of the largest size are merged ...
MERGE_COUNT = 8  # ... when a tier has more than this many, so that the number of packs stays small at any size
DEAD_SHARE = 0.25  # of a pack's chunks; beyond it the pack is rewritten


class Bank:
    """Documents added, removed and compacted on disk; every method is durable when it returns.

    A method that raises OSError (disk full) leaves the last commit in place. When only the flush after the
    commit failed, that commit may already hold the change: documents() tells.
    """

    def __init__(self, directory: Path, layout: BankLayout, max_pack_bytes: int, fault_point: FaultPoint) -> None:
        self.directory = directory
        self.layout = layout
        self._max_pack_bytes = max_pack_bytes
        self._fault_point = fault_point
        self._lock = threading.Lock()  # of the writer
        if read_manifest(directory) is None:
            self._create()
        self._view = self._load()

    @classmethod
    def open(
        cls,
        directory: Path,
        layout: BankLayout,
        *,
        max_pack_bytes: int = MAX_PACK_BYTES,
        fault_point: FaultPoint = no_fault,
    ) -> Self:
        """Open or create the bank; sweeps interrupted writes. Raises BankMismatch, BankCorrupt."""
        return cls(directory, layout, max_pack_bytes, fault_point)

    def view(self) -> BankView:
        """The newest snapshot; takes no lock."""
        return self._view

    def documents(self) -> frozenset[int]:
        """The IDs of all live documents."""
        return frozenset(self.document_ids().tolist())

    def document_ids(self) -> NDArray[np.int64]:
        """The IDs of all live documents, ascending: for half a million a hundredth of what a set costs."""
        packs = self._view.packs
        return np.sort(np.concatenate([np.empty(0, np.int64), *(p.document_ids[p.live].numpy() for p in packs)]))

    def add(self, documents: Sequence[EncodedDocument]) -> None:
        """Add all or none; ValueError for a malformed document or an ID that is live or comes twice."""
        for document in documents:
            document.check(self.layout)
        ordered = sorted(documents, key=attrgetter("document"))
        ids = np.array([document.document for document in ordered], np.int64)
        if twice := ids[1:][np.diff(ids) == 0].tolist():
            raise ValueError(f"documents given twice in one batch: {twice[:5]}")
        with self._lock:
            for view in self._view.packs:
                if (rows := view.find(ids)).size:
                    raise ValueError(f"already in the bank: {view.document_ids[rows][:5].tolist()}; remove them first")
            if ordered:
                with self._last_commit_on_failure():
                    self._commit((*self._view.packs, *self._write_packs(map(store, ordered))))

    def remove(self, documents: Iterable[int]) -> int:
        """Take documents out of every later view; gives how many were in. compact() gives the space back."""
        wanted = np.unique(np.fromiter(documents, np.int64))
        with self._lock:
            found = [view.document_ids[view.find(wanted)].tolist() for view in self._view.packs]
            removed = sum(map(len, found))
            if removed:
                with self._last_commit_on_failure():
                    self._commit(
                        tuple(
                            PackView(view.pack, tuple(sorted((*view.dead, *dead)))) if dead else view
                            for view, dead in zip(self._view.packs, found, strict=True)
                        )
                    )
            return removed

    def compact(self, *, purge: bool = False) -> int:
        """Merge small packs, rewrite those with many dead documents (purge: with any); gives bytes freed."""
        before = self._view.size_bytes
        while True:  # each turn commits, so other writers may come between, and little extra space is needed
            with self._lock:
                group = self._next_rewrite(purge)
                if not group:
                    return max(0, before - self._view.size_bytes)
                with self._last_commit_on_failure():
                    self._rewrite(group)

    def verify(self) -> list[str]:
        """Every problem of the files, one sentence each; reads all of them."""
        with self._lock:
            return verify(self.directory, self.layout)

    def _next_rewrite(self, purge: bool) -> list[PackView]:
        packs = self._view.packs
        for tier in MERGE_TIERS:
            small = [view for view in packs if view.pack.size_bytes < self._max_pack_bytes // tier]
            if len(small) > MERGE_COUNT:
                return small
        return next(([view] for view in packs if view.dead_share > DEAD_SHARE or (purge and view.dead)), [])

    def _rewrite(self, group: list[PackView]) -> None:
        for view in group:  # or damage would be copied under a fresh checksum, never to be found again
            if damaged := view.pack.damaged_sections():
                raise BankCorrupt(f"{view.pack.path}: {', '.join(damaged)} damaged. {REBUILD}")
        merged = heapq.merge(*(view.stored() for view in group), key=attrgetter("document"))
        kept = tuple(view for view in self._view.packs if view not in group)
        self._commit((*kept, *self._write_packs(merged)))
        for view in group:
            view.pack.path.unlink()
            self._fault_point("pack unlinked")
        flush_directory(self.directory)

    def _write_packs(self, documents: Iterable[StoredDocument]) -> list[PackView]:
        """Write documents, ordered by ID, into as many packs as the largest size asks for."""
        written: list[PackView] = []
        batch: list[StoredDocument] = []

        def write_batch() -> None:
            name = f"{self._view.generation + 1:08d}-{len(written):04d}{PACK_SUFFIX}"
            write_pack(self.directory / name, self.layout, batch, self._fault_point)
            written.append(PackView(Pack.open(self.directory / name, self.layout)))
            batch.clear()

        batch_bytes = 0
        for document in documents:
            if batch and batch_bytes + document.size_bytes > self._max_pack_bytes:
                write_batch()
                batch_bytes = 0
            batch.append(document)
            batch_bytes += document.size_bytes
        if batch:
            write_batch()
        return written

    def _commit(self, packs: tuple[PackView, ...]) -> None:
        view = BankView(self._view.generation + 1, packs)
        entries = tuple(PackEntry(pack.pack.path.name, pack.pack.checksum, pack.dead) for pack in packs)
        write_manifest(self.directory, Manifest(view.generation, self.layout, entries), self._fault_point)
        self._view = view

    @contextmanager
    def _last_commit_on_failure(self) -> Iterator[None]:
        """The disk knows what was committed when a step failed: take that up again and sweep the rest."""
        try:
            yield
        except BaseException:
            self._view = self._load()
            raise

    def _create(self) -> None:
        make_directory(self.directory)
        if not any(self.directory.glob(f"*{PACK_SUFFIX}")):
            write_manifest(self.directory, Manifest(0, self.layout, ()), self._fault_point)

    def _load(self) -> BankView:
        manifest = read_manifest(self.directory)
        if manifest is None:  # while its packs are there, or it vanished under a running bank
            raise BankCorrupt(f"{self.directory / MANIFEST_NAME} is missing. {REBUILD}")
        if manifest.layout != self.layout:
            raise BankMismatch(
                f"{self.directory} was encoded by another model: {manifest.layout.differences(self.layout)}. "
                "Use that model, or encode into another directory."
            )
        sweep(self.directory, manifest)
        return BankView(manifest.generation, tuple(self._open_pack(entry) for entry in manifest.packs))

    def _open_pack(self, entry: PackEntry) -> PackView:
        pack = Pack.open(self.directory / entry.file, self.layout)
        if pack.checksum != entry.checksum:
            raise BankCorrupt(f"{pack.path} is not the pack that the manifest names. {REBUILD}")
        return PackView(pack, entry.dead)
