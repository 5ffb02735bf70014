"""Checkpoints that are loaded, each with its bank: found by name, told apart by fingerprint."""

from __future__ import annotations

from collections.abc import Container
from typing import TYPE_CHECKING

import numpy as np

from ingest.catalog import Catalog
from twin_app.banks import Banks
from twin_app.errors import TwinError
from twin_app.models import Models
from twin_app.settings import Settings

if TYPE_CHECKING:
    from engine.session import Engine


class Loading:
    """Not for several threads at once: `Engines` holds the turn."""

    def __init__(self, models: Models, banks: Banks, catalog: Catalog) -> None:
        self.models, self.banks, self.catalog = models, banks, catalog
        self.open: dict[str, Engine] = {}  # by fingerprint
        self._fingerprints: dict[str, str] = {}  # by name or path

    def known(self, model: str) -> str | None:
        """The fingerprint of a name, if it was looked up before."""
        return self._fingerprints.get(model)

    def fingerprint(self, model: str) -> str:
        """What tells a checkpoint apart, whatever it is called. Raises TwinError for a model that is not there."""
        if model not in self._fingerprints:
            from engine.config import ConfigError
            from engine.session import fingerprint

            try:
                self._fingerprints[model] = fingerprint(self.models.path(model))
            except (ConfigError, OSError) as error:
                raise TwinError(f"{model} cannot be used: {error}") from error
        return self._fingerprints[model]

    def engine(self, model: str, settings: Settings) -> Engine:
        """The loaded model with its bank, in which only documents of the catalog are. Raises TwinError."""
        fingerprint = self.fingerprint(model)
        if fingerprint not in self.open:
            self.open[fingerprint] = self._load(model, fingerprint, settings)
        return self.open[fingerprint]

    def _load(self, model: str, fingerprint: str, settings: Settings) -> Engine:
        import torch

        from engine.config import ConfigError
        from engine.memory import BankError
        from engine.parallel import ParallelError
        from engine.session import Engine

        if settings.threads:
            torch.set_num_threads(settings.threads)
        try:
            engine = Engine.open(
                self.models.path(model), self.banks.folder / fingerprint, device=settings.device, ranks=settings.ranks
            )
        except (ConfigError, BankError, ParallelError) as error:
            raise TwinError(str(error)) from error
        unknown = np.setdiff1d(engine.bank.document_ids(), self.catalog.documents.ids(), assume_unique=True)
        if unknown.size:
            engine.bank.remove(unknown.tolist())
            engine.bank.compact()
        return engine

    def keep(self, fingerprints: Container[str | None]) -> None:
        """Lets go of every other engine."""
        for fingerprint in [key for key in self.open if key not in fingerprints]:
            self.drop(fingerprint)

    def drop(self, fingerprint: str) -> None:
        """Lets go of one engine, and of what it runs beside this process."""
        if engine := self.open.pop(fingerprint, None):
            engine.close()

    def forget(self) -> None:
        """Nothing is loaded or known by name any more; what is used next is looked at anew."""
        self.keep(())
        self._fingerprints.clear()
