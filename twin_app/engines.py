"""The engine of a memory, loaded when first needed, shared by everyone in turns: asking goes before encoding.

A bank is kept for every model that was ever used, and brought into agreement with the catalog when it is opened.
"""

from __future__ import annotations

import logging
import shutil
import threading
from collections.abc import Callable, Iterator, Sequence
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

log = logging.getLogger("twin.memory")


class Interrupted(Exception):
    """Encoding was told to stop; nothing of its batch was kept."""


class Engines:
    """Holds the engine of the model in the settings, and its bank under `folder`."""

    def __init__(self, folder: Path, models: Models, catalog: Catalog, settings: Settings) -> None:
        self.folder, self.models, self.catalog, self.settings = folder, models, catalog, settings
        self.is_settled = True  # not between a change of model and the first look into its bank
        self._engine: Engine | None = None
        self._turn = threading.RLock()
        self._urgent = 0  # who wants the engine now
        self._free = threading.Condition()

    @contextmanager
    def asking(self) -> Iterator[Engine]:
        """The engine for a question; encoding gives way between two batches."""
        with self._soon():
            yield self._load()

    @contextmanager
    def _soon(self) -> Iterator[None]:
        with self._free:
            self._urgent += 1
        try:
            with self._turn:
                yield
        finally:
            with self._free:
                self._urgent -= 1
                self._free.notify_all()

    def _give_way(self) -> None:
        """Between two batches of encoding: lets everyone who is in a hurry go first."""
        with self._free:
            if not self._urgent:
                return
        self._turn.release()
        try:
            with self._free:
                self._free.wait_for(lambda: not self._urgent)
        finally:
            self._turn.acquire()

    def encode(self, documents: Sequence[tuple[int, str]], cancelled: Callable[[], bool]) -> list[int]:
        """(id, text with context) into the bank, then marked as encoded in the catalog; both are durable on return.

        Gives the token counts. Nothing is done, and none given, when `cancelled` or when the model was changed
        meanwhile.
        """

        def between() -> None:
            self._give_way()
            if cancelled() or self._engine is not engine:
                raise Interrupted

        with self._turn:
            engine = self._load()
            try:
                counts = engine.encode(documents, between=between)
                self.catalog.documents.mark_encoded([number for number, _ in documents], counts)
            except Interrupted:
                return []
            except BaseException:
                self._engine = None  # opened anew, bank and catalog agree again, whatever was written
                raise
            return counts

    def remove(self, documents: Sequence[int]) -> None:
        """Takes documents out of the bank. With no engine loaded nothing is open: opening sweeps them (`_agree`)."""
        with self._turn:
            if self._engine is not None:
                self._engine.bank.remove(documents)
                self._engine.bank.compact()

    def purge(self, known: set[int]) -> None:
        """Leaves only known documents in every bank, of whatever model, and rewrites what held others' tensors."""
        from engine.memory import BankError

        with self._turn:
            for directory in self._directories():
                try:
                    bank = self._bank(directory)
                    bank.remove(bank.documents() - known)
                    bank.compact(purge=True)
                except BankError as error:  # nobody can tell what is in it; it is encoded anew
                    log.warning("a damaged bank is removed: %s", error)
                    self._engine = None
                    shutil.rmtree(directory)

    def held(self) -> set[int]:
        """Documents with tensors in any bank."""
        from engine.memory import BankError

        try:
            with self._turn:
                banks = [self._bank(directory) for directory in self._directories()]
                return {document for bank in banks for document in bank.documents()}
        except BankError as error:
            raise TwinError(str(error)) from error

    def _directories(self) -> list[Path]:
        return sorted(path for path in self.folder.glob("*") if path.is_dir())

    def _bank(self, directory: Path) -> Bank:
        """The bank in a directory, with the layout it was written in."""
        from engine.memory import Bank, BankCorrupt
        from engine.memory.manifest import read_manifest

        if self._engine is not None and self._engine.bank.directory == directory:
            return self._engine.bank
        manifest = read_manifest(directory)
        if manifest is None:
            raise BankCorrupt(f"{directory} has no manifest")
        return Bank.open(directory, manifest.layout)

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

    def configure(self, settings: Settings) -> None:
        """The next use is with these settings; a model that cannot be loaded is an error then, not here."""
        with self._soon():
            if (settings.model, settings.device) != (self.settings.model, self.settings.device):
                self._engine = None
            if settings.model != self.settings.model:
                self.is_settled = False
            self.settings = settings

    def load(self) -> None:
        """Loads the engine now, so that the catalog knows what its bank lacks."""
        with self._soon():
            self._load()

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
            self._engine, self.is_settled = engine, True
        return self._engine

    def _agree(self, engine: Engine) -> None:
        """Brings bank and catalog into agreement: tensors nobody knows go, documents without tensors wait again."""
        known = set(self.catalog.documents.ids().tolist())
        said = set(self.catalog.documents.encoded_ids().tolist())
        held = engine.bank.documents()
        if unknown := held - known:
            engine.bank.remove(unknown)
            engine.bank.compact()
        # Written before a kill, or while this model was in use before: as good as new, IDs are never given twice.
        if whole := sorted((held & known) - said):
            view = engine.bank.view()
            places = [view.find(document) for document in whole]
            self.catalog.documents.mark_encoded(whole, [int(pack.pack.document_tokens[row]) for pack, row in places])
        if lost := sorted(said - held):
            self.catalog.documents.mark_pending(lost)
