"""The engine of a memory, loaded when first needed, shared by everyone in turns: asking goes before encoding."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from ingest.catalog import Catalog
from twin_app.errors import TwinError
from twin_app.models import Models
from twin_app.settings import Settings

if TYPE_CHECKING:
    from engine.memory import Bank
    from engine.session import Engine


class Engines:
    """Holds the engine of the model in the settings, and its bank under `folder`."""

    def __init__(self, folder: Path, models: Models, catalog: Catalog, settings: Settings) -> None:
        self.folder, self.models, self.catalog, self.settings = folder, models, catalog, settings
        self._engine: Engine | None = None
        self._turn = threading.RLock()
        self._asking = 0
        self._free = threading.Condition()

    @contextmanager
    def asking(self) -> Iterator[Engine]:
        """The engine for a question; encoding gives way between two batches."""
        with self._free:
            self._asking += 1
        try:
            with self._turn:
                yield self._load()
        finally:
            with self._free:
                self._asking -= 1
                self._free.notify_all()

    def _give_way(self) -> None:
        """Between two batches of encoding: lets everyone who asks go first."""
        with self._free:
            if not self._asking:
                return
        self._turn.release()
        try:
            with self._free:
                self._free.wait_for(lambda: not self._asking)
        finally:
            self._turn.acquire()

    def encode(self, documents: Sequence[tuple[int, str]]) -> list[int]:
        """(id, text with context) into the bank, durable on return; gives token counts."""
        with self._turn:
            return self._load().encode(documents, between=self._give_way)

    def remove(self, documents: Sequence[int]) -> None:
        """Takes documents out of the bank. With no engine loaded nothing is open: opening sweeps them (`_load`)."""
        with self._turn:
            if self._engine is not None:
                self._engine.bank.remove(documents)
                self._engine.bank.compact()

    def purge(self, known: set[int]) -> None:
        """Leaves only known documents in every bank, of whatever model, and rewrites what held others' tensors."""
        with self._turn:
            for bank in self._banks():
                bank.remove(bank.documents() - known)
                bank.compact(purge=True)

    def held(self) -> set[int]:
        """Documents with tensors in any bank."""
        with self._turn:
            return {document for bank in self._banks() for document in bank.documents()}

    def _banks(self) -> Iterator[Bank]:
        from engine.memory import Bank
        from engine.memory.manifest import read_manifest

        used = None if self._engine is None else self._engine.bank
        for directory in sorted(self.folder.glob("*")):
            manifest = read_manifest(directory)
            if manifest is not None:
                loaded = used is not None and used.directory == directory
                yield used if loaded and used is not None else Bank.open(directory, manifest.layout)

    def verify(self) -> list[str]:
        """Problems of the bank in use, and where it and the catalog disagree."""
        with self._turn:
            if self._engine is None and not self.folder.exists():
                missing = len(self.catalog.documents.encoded_ids())
                return [f"{missing} documents are said to be encoded, but there is no bank"] if missing else []
            bank = self._load().bank
            said = set(self.catalog.documents.encoded_ids().tolist())
            held = bank.documents()
            problems = bank.verify()
            if lost := said - held:
                problems.append(f"{len(lost)} documents are said to be encoded, but the bank lacks them")
            if extra := held - said:
                problems.append(f"the bank holds {len(extra)} documents the catalog does not know as encoded")
            return problems

    def bytes_on_disk(self) -> int:
        return sum(path.stat().st_size for path in self.folder.rglob("*") if path.is_file())

    def configure(self, settings: Settings) -> None:
        with self._turn:
            if (settings.model, settings.device) != (self.settings.model, self.settings.device):
                self.models.path(settings.model)
                self._engine = None
            self.settings = settings

    def _load(self) -> Engine:
        if self._engine is None:
            import torch

            from engine.config import ConfigError
            from engine.memory import BankError
            from engine.session import Engine, fingerprint

            if self.settings.threads:
                torch.set_num_threads(self.settings.threads)
            checkpoint = self.models.path(self.settings.model)
            try:
                directory = self.folder / fingerprint(checkpoint)
                engine = Engine.open(checkpoint, directory, device=self.settings.device)
            except (ConfigError, BankError) as error:
                raise TwinError(str(error)) from error
            self._agree(engine)
            self._engine = engine
        return self._engine

    def _agree(self, engine: Engine) -> None:
        """Brings bank and catalog into agreement: tensors nobody knows go, documents without tensors wait again."""
        said = set(self.catalog.documents.encoded_ids().tolist())
        held = engine.bank.documents()
        if orphans := held - said:
            known = set(self.catalog.documents.ids().tolist())
            # tensors of a model that was in use before are as good as new ones: IDs are never given twice
            if whole := orphans & known:
                self._adopt(engine, sorted(whole))
            engine.bank.remove(orphans - known)
        if lost := said - held:
            self.catalog.documents.mark_pending(sorted(lost))

    def _adopt(self, engine: Engine, documents: list[int]) -> None:
        view = engine.bank.view()
        places = [view.find(document) for document in documents]
        tokens = [int(pack.pack.document_tokens[row]) for pack, row in places]
        self.catalog.documents.mark_encoded(documents, tokens)
