"""The engines of a memory, loaded when first needed, shared by everyone in turns: asking goes before encoding.

One model serves: the catalog's "encoded" is about its bank. When the settings name another, that one's bank is
filled in the background (`follow`), and it serves from the moment nothing is missing.
"""

from __future__ import annotations

import logging
import math
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ingest.catalog import Catalog
from twin_app.banks import Banks
from twin_app.errors import TwinError
from twin_app.loading import Loading
from twin_app.models import Models
from twin_app.precedence import Precedence
from twin_app.settings import Settings

if TYPE_CHECKING:
    from engine.memory import Bank
    from engine.session import Engine

FOLLOW_DOCUMENTS = 512  # of a model to come, between two commits of its bank
ASKED_S = 60.0  # after a question the next one is expected this soon, and encoding keeps its batches small
ASKED_TOKENS = 1024  # of one: 0.3 of the wait that the full size costs a question, 0.8 of its speed (docs/log.md)

log = logging.getLogger("twin.memory")


class Interrupted(Exception):
    """Encoding was told to stop; nothing of its batch was kept."""


class Engines:
    """Holds the engine that serves, the one to come, and the last guest of a single question; banks under `folder`."""

    def __init__(self, folder: Path, models: Models, catalog: Catalog, settings: Settings) -> None:
        self.models, self.catalog, self.settings = models, catalog, settings
        self.banks = Banks.read(folder)
        self._loading = Loading(models, self.banks, catalog)
        self._left: int | None = None  # documents the model to come still lacks; None = nobody has looked yet
        self._rate = 0.0  # of following, documents a second
        self.trouble = ""  # why the model to come cannot be loaded
        self._turn = Precedence()
        self._asked_at = -math.inf

    @property
    def folder(self) -> Path:
        return self.banks.folder

    @property
    def model(self) -> str:
        """The name of the model that serves; what the settings say until one has, or when its checkpoint is gone."""
        serving = self.banks.model
        return serving if serving and self.models.has(serving) else self.settings.model

    def is_changing(self) -> bool:
        """Whether another model is to serve. That two names lead to one checkpoint is known once both were read."""
        wanted = self.settings.model
        return wanted != self.model and self._loading.known(wanted) != self.banks.serving

    @contextmanager
    def asking(self, model: str | None = None) -> Iterator[Engine]:
        """The engine for a question, the serving one unless `model` names another whose bank lacks nothing;
        encoding gives way between two batches."""
        from engine.parallel import ParallelError

        self._asked_at = time.monotonic()

        with self._turn.soon():
            try:
                yield self._serving() if model is None else self._guest(model)
            except ParallelError as error:
                self._loading.forget()
                raise TwinError(str(error)) from error
            finally:
                self._asked_at = time.monotonic()

    def close(self) -> None:
        """Ends what the engines run beside this process."""
        with self._turn.soon():
            self._loading.forget()

    @property
    def tiers(self) -> list[str]:
        """Where the serving model's routing keys and content lie, a line a rank; nothing while it is not loaded."""
        engine = self._loading.open.get(self.banks.serving)
        return engine.tiers() if engine is not None else []

    def encode(self, documents: Sequence[tuple[int, str]], cancelled: Callable[[], bool]) -> list[int]:
        """(id, text with context) into the serving bank, then marked as encoded in the catalog; both are durable on
        return. Gives the token counts; none, with nothing done, when `cancelled` or when another model serves by now.
        """
        with self._turn:
            engine = self._serving()
            is_asked = time.monotonic() - self._asked_at < ASKED_S
            counts = self._encode(engine, documents, cancelled, **({"batch_tokens": ASKED_TOKENS} if is_asked else {}))
            if counts:
                ids = [number for number, _ in documents]
                if left := set(ids) - self.catalog.documents.mark_encoded(ids, counts):  # meanwhile
                    engine.bank.remove(left)
            return counts

    def _encode(
        self, engine: Engine, documents: Sequence[tuple[int, str]], cancelled: Callable[[], bool], **size: int
    ) -> list[int]:
        """Into the bank of `engine`, whose turn is held."""

        def between() -> None:
            self._turn.give_way()
            if cancelled() or engine not in self._loading.open.values():
                raise Interrupted

        from engine.parallel import ParallelError

        try:
            return engine.encode(documents, between=between, **size)
        except Interrupted:
            return []
        except ParallelError as error:
            self._loading.forget()
            raise TwinError(str(error)) from error
        except BaseException:
            self._loading.forget()  # opened anew, bank and catalog agree again, whatever was written
            raise

    def follow(self, cancelled: Callable[[], bool]) -> None:
        """Fills the bank of the model to come, newest documents first, and lets it serve when nothing is missing.

        What is durable of it stays, whatever ends this; the next call goes on.
        """
        while self.is_changing() and not cancelled():
            wanted = self.settings.model
            with self._turn:
                try:
                    engine = self._loading.engine(wanted, self.settings)
                except TwinError as error:
                    self.trouble = str(error)
                    raise
                missing = self._missing(engine)
                self._left, began = len(missing), time.monotonic()
                if self._is_alias():
                    return
                if not missing:
                    self._switch(wanted)
                    return
                self.banks.begin(self._loading.fingerprint(wanted), wanted)
            for start in range(0, len(missing), FOLLOW_DOCUMENTS):
                if self.settings.model != wanted:
                    break
                batch = missing[start : start + FOLLOW_DOCUMENTS]
                rows = self.catalog.documents.get(batch).values()
                with self._turn:
                    texts = [(row.id, row.document.context + row.document.text) for row in rows]
                    if not self._encode(engine, texts, cancelled):
                        break
                self._left -= len(batch)
                self._rate = (start + len(batch)) / max(time.monotonic() - began, 1e-3)

    def _is_alias(self) -> bool:
        """Whether the settings call the checkpoint that serves by another name; it goes by that one from now on."""
        wanted = self.settings.model
        if not self.banks.serving or self._loading.known(wanted) != self.banks.serving:
            return False
        if wanted != self.banks.model:
            self.banks.serve(self.banks.serving, wanted)
        return True

    def _missing(self, engine: Engine) -> list[int]:
        held = engine.bank.documents()
        return [number for number in self.catalog.documents.newest_first().tolist() if number not in held]

    def switch_now(self) -> None:
        """Lets the model in the settings serve at once; what its bank lacks waits to be encoded."""
        with self._turn.soon():
            if self.is_changing():
                self._loading.engine(self.settings.model, self.settings)
            if self.is_changing():
                self._switch(self.settings.model)

    def _switch(self, model: str) -> None:
        """Makes a loaded model the serving one, and catalog and its bank agree. The note comes first: a start that
        finds the two apart makes them agree again."""
        fingerprint = self._loading.fingerprint(model)
        self.banks.serve(fingerprint, model)
        try:
            self._agree(self._loading.open[fingerprint])
        except BaseException:
            self._loading.forget()
            raise
        self._loading.keep({fingerprint})
        self._left, self.trouble = None, ""
        log.info("%s serves", model)

    def behind(self) -> int:
        """Documents the model to come still lacks, 0 when there is none to come."""
        if not self.is_changing():
            return 0
        return self.catalog.counts().documents if self._left is None else self._left

    def changing(self) -> dict[str, Any] | None:
        """For `status`: the model to come and how far its bank is."""
        if not self.is_changing():
            return None
        documents, left = self.catalog.counts().documents, self.behind()
        eta = round(left / self._rate) if self._rate else None
        return {
            "model": self.settings.model, "encoded": max(0, documents - left), "documents": documents, "eta_s": eta,
            "trouble": self.trouble,
        }  # fmt: skip

    def remove(self, documents: Sequence[int]) -> None:
        """Takes documents out of every open bank. What is not open sweeps them when it is opened."""
        with self._turn.soon():
            for engine in self._loading.open.values():
                engine.bank.remove(documents)
                engine.bank.compact()

    def purge(self, known: set[int]) -> None:
        """Leaves only known documents in every bank, of whatever model, and rewrites what held others' tensors."""
        from engine.memory import BankError

        with self._turn:
            for directory in self.banks.directories():
                try:
                    bank = self._bank(directory)
                    bank.remove(bank.documents() - known)
                    bank.compact(purge=True)
                except BankError as error:  # nobody can tell what is in it; it is encoded anew
                    log.warning("a damaged bank is removed: %s", error)
                    self._loading.drop(directory.name)
                    shutil.rmtree(directory)

    def held(self) -> dict[str, frozenset[int]]:
        """The documents with tensors in each bank, by fingerprint."""
        from engine.memory import BankError

        try:
            with self._turn:
                return {directory.name: self._bank(directory).documents() for directory in self.banks.directories()}
        except BankError as error:
            raise TwinError(str(error)) from error

    def drop(self, model: str) -> int:
        """Removes the bank of a model that neither serves nor is to; gives the bytes that were freed."""
        with self._turn.soon():
            found = list(self.banks.called(model))
            if not found and model in self.models.names():
                found = [key for key in [self._loading.fingerprint(model)] if key in self.banks.names]
            if not found:
                raise TwinError(f"there is no bank of {model}: `twin model list` shows which there are")
            free = set(found) - {self.banks.serving, self._loading.known(self.settings.model)}
            if not free:
                raise TwinError(f"{model} is in use: `twin model use OTHER --now` first, then drop it")
            for fingerprint in free:
                self._loading.drop(fingerprint)
            return sum(self.banks.drop(fingerprint) for fingerprint in free)

    def _bank(self, directory: Path) -> Bank:
        engine = self._loading.open.get(directory.name)
        return self.banks.open(directory) if engine is None else engine.bank

    def verify(self) -> list[str]:
        """Problems of the serving bank, and where it and the catalog disagree."""
        with self._turn:
            if not self._loading.open and not self.banks.directories():
                missing = len(self.catalog.documents.encoded_ids())
                return [f"{missing} documents are said to be encoded, but there is no bank"] if missing else []
            bank = self._serving().bank
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
        with self._turn.soon():
            mine, now = ((one.device, one.threads, one.ranks) for one in (self.settings, settings))
            if mine != now:
                self._loading.forget()
            if settings.model != self.settings.model:
                self._left, self._rate, self.trouble = None, 0.0, ""
            self.settings = settings
            self._is_alias()

    def load(self) -> None:
        """Loads the serving engine now, so that the catalog knows what its bank lacks."""
        with self._turn.soon():
            self._serving()

    def mend(self) -> None:
        """Removes banks that are damaged, loads everything anew, and makes catalog and bank agree: what is lost waits
        to be encoded again."""
        from engine.memory import BankError

        with self._turn.soon():
            self._loading.forget()
            for directory in self.banks.directories():
                try:
                    is_damaged = bool(self.banks.open(directory).verify())
                except BankError:
                    is_damaged = True
                if is_damaged:
                    log.warning("a damaged bank is removed: %s", directory)
                    shutil.rmtree(directory)
            if self.catalog.counts().documents:
                self._serving()

    def serves(self, model: str) -> bool:
        """Whether a name or path leads to the checkpoint that serves, or will when something is first encoded."""
        return model == self.model or self._loading.fingerprint(model) == (
            self.banks.serving or self._loading.fingerprint(self.model)
        )

    def _serving(self) -> Engine:
        """Raises TwinError when its checkpoint is not there any more."""
        if engine := self._loading.open.get(self.banks.serving):
            return engine
        model = self.model
        engine = self._loading.engine(model, self.settings)
        if (
            self._loading.fingerprint(model) != self.banks.serving
        ):  # the first, or the checkpoint of that name was replaced
            self._switch(model)
        else:
            self._agree(engine)
        return engine

    def _guest(self, model: str) -> Engine:
        """The engine of another model for one question. Raises TwinError when its bank lacks documents."""
        if self.serves(model):
            return self._serving()
        engine = self._loading.engine(model, self.settings)
        self._loading.keep({self.banks.serving, self._loading.known(self.settings.model), self._loading.known(model)})
        if missing := len(self._missing(engine)):
            total = len(self.catalog.documents.ids())
            raise TwinError(
                f"{model} has encoded {total - missing:,} of {total:,} documents, so it cannot answer for this memory: "
                f"`twin model use {model}` encodes the rest, in the background"
            )
        return engine

    def _agree(self, engine: Engine) -> None:
        """Makes the catalog say what the serving bank holds: documents without tensors wait again."""
        said = self.catalog.documents.encoded_ids()
        held = engine.bank.document_ids()  # arrays throughout: sets of half a million documents cost seconds
        # Written before a kill, or while another model served: as good as new, IDs are never given twice.
        if whole := np.setdiff1d(held, said, assume_unique=True).tolist():
            view = engine.bank.view()
            places = [view.find(document) for document in whole]
            self.catalog.documents.mark_encoded(whole, [int(pack.pack.document_tokens[row]) for pack, row in places])
        if lost := np.setdiff1d(said, held, assume_unique=True).tolist():
            self.catalog.documents.mark_pending(lost)
