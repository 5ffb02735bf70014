"""What goes into memory and what leaves it: catalog, words and bank are written in this order, one change at a time.

The catalog's commit is the truth; words and bank follow it and are brought back into agreement (`Agreement`).
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Protocol

from ingest.catalog import Catalog, SourceRow, StoreItem
from ingest.words import Words


class Encoder(Protocol):
    """The engine's side of ingest: durable on return."""

    def encode(self, documents: Sequence[tuple[int, str]], cancelled: Callable[[], bool]) -> list[int]: ...

    def remove(self, documents: Sequence[int]) -> None: ...


class Storing:
    """Shared by all threads. Whoever must see nothing change (`verify`) holds `lock`."""

    def __init__(self, catalog: Catalog, words: Words, encoder: Encoder) -> None:
        self.catalog, self.words, self.encoder = catalog, words, encoder
        self.lock = threading.RLock()

    def store(self, items: Sequence[StoreItem], *, retire: bool, again: bool) -> None:
        """Files as they were read, in place of their old versions; found by words on return."""
        if not items:
            return
        with self.lock:
            stored = self.catalog.store(items, retire=retire, again=again)
            self._gone(stored.removed)
            self.words.add([(number, document.text, document.context) for number, document in stored.added])

    def leave(self, rows: Iterable[SourceRow], *, retire: bool) -> list[SourceRow]:
        """Sources that are not there, or not to be read, any more; what they held leaves memory. Gives those that left.

        But for one that has another path by now: whoever looked for it took its old name for a file that is gone.
        """
        looked_for = list(rows)
        with self.lock:
            still = self.catalog.sources.known([row.path for row in looked_for])
            leaving = [row for row in looked_for if row.path in still and still[row.path].id == row.id]
            if leaving:
                self._gone(self.catalog.sources.remove(sorted({row.id for row in leaving}), retire=retire))
        return leaving

    def rename(self, old: SourceRow, path: Path) -> None:
        """A source under its new name: nothing is read or encoded."""
        with self.lock:
            self._gone(self.catalog.sources.rename(old.id, path))
            self.catalog.events.log("renamed", source=old.id)

    def _gone(self, documents: Sequence[int]) -> None:
        if documents:
            self.words.remove(documents)
            self.encoder.remove(documents)
