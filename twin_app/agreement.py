"""Catalog, word index and banks agree: brought about at every start and after a forget, and checked by `verify`."""

from __future__ import annotations

import numpy as np

from ingest.catalog import Catalog
from ingest.words import Words
from twin_app.engines import Engines

DOCUMENTS = 2000  # taken into the word index at a time


class Agreement:
    """The catalog is the truth; the others are derived from it. A bank follows when it is opened (`Engines`)."""

    def __init__(self, catalog: Catalog, words: Words, engines: Engines) -> None:
        self.catalog, self.words, self.engines = catalog, words, engines

    def restore(self) -> None:
        """Ends a `forget` that was cut short, and makes the word index hold the catalog's documents."""
        if self.catalog.forgetting.rewrite_due:
            self.finish_forgetting()
        else:
            self.restore_words()

    def finish_forgetting(self) -> None:
        """Everything that follows the catalog's commit of a `forget`; done again from here after a kill."""
        self.restore_words()
        self.words.purge()
        if self.engines.folder.exists():
            self.engines.purge(self._known())
        self.catalog.rewrite()

    def restore_words(self) -> None:
        known, held = self.catalog.documents.ids(), self.words.ids()
        self.words.remove(np.setdiff1d(held, known, assume_unique=True).tolist())
        missing = np.setdiff1d(known, held, assume_unique=True).tolist()
        for start in range(0, len(missing), DOCUMENTS):
            rows = self.catalog.documents.get(missing[start : start + DOCUMENTS]).values()
            self.words.add([(row.id, row.document.text, row.document.context) for row in rows])

    def problems(self) -> list[str]:
        """Where they disagree, in words; [] if all is well."""
        problems = [*self.catalog.check(), *self.words.check()]
        known, held = self._known(), self._found_by_words()
        if lost := len(known - held):
            problems.append(f"{lost} documents cannot be found by words")
        if extra := len(held - known):
            problems.append(f"the word index holds {extra} documents the catalog does not know")
        return [*problems, *self.engines.verify()]

    def _known(self) -> set[int]:
        return set(self.catalog.documents.ids().tolist())

    def _found_by_words(self) -> set[int]:
        return set(self.words.ids().tolist())
