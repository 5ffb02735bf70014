"""A memory of its own that grows from size to size: files are read and encoded as `twin add` does, then derived.

Whatever kills it, the next call goes on: what the memory holds says how far it has come.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from twin_app.bench.derived import BATCH, FOLDER, derive, fold
from twin_app.bench.material import Material
from twin_app.protocol import Event
from twin_app.settings import Settings
from twin_app.twin import Twin

PART_FILES = 250  # added at a time: about a million tokens, after which a kill costs nothing


@dataclass(slots=True)
class Quiet:
    """A call nobody listens to, but for its progress."""

    settings: Settings
    progress: Callable[[Event], None] = lambda event: None

    def emit(self, event: Event) -> None:
        self.progress(event)

    def cancelled(self) -> bool:
        return False


@dataclass(frozen=True, slots=True)
class Grown:
    """What one growth did."""

    encoded_tokens: int
    seconds: float  # of `add`, all in: reading, storing, words, encoding, writing
    kinds: tuple[str, ...]  # of the filler written: real, generated, altered


class Growth:
    """Files under `folder`/files, the memory under `folder`/home."""

    def __init__(self, folder: Path, material: Material, settings: Settings) -> None:
        self.files, self.home = folder / "files", folder / "home"
        self.material, self.settings = material, settings

    def open(self) -> Twin:
        self.home.mkdir(mode=0o700, parents=True, exist_ok=True)
        return Twin(self.home, self.settings)

    def gold_paths(self) -> dict[str, Path]:
        return {name: self.files / "gold" / name for name in self.material.gold}

    def encode_to(self, tokens: int, progress: Callable[[Event], None]) -> Grown:
        """Adds files until memory holds `tokens`."""
        memory = self.open()
        kinds: set[str] = set()
        try:
            before = memory.catalog.counts().tokens
            self._write(self.material.gold, self.files / "gold")
            added = self._add(memory, self.files / "gold", progress)
            written = len(list((self.files / "filler").rglob("*.txt")))
            if written:  # of a run that was ended between writing and adding
                added += self._add(memory, self.files / "filler", progress)
            measure = memory.models.measure(self.settings.model)
            filler = islice(self.material.filler(), written, None)
            held = memory.catalog.counts().tokens
            while held < tokens:
                part = self._part(filler, tokens - held, measure, kinds)
                folder = self.files / "filler" / f"{written:07d}"
                self._write({f"{written + at:07d}.txt": text for at, text in enumerate(part)}, folder)
                written += len(part)
                added += self._add(memory, folder, progress)
                held = memory.catalog.counts().tokens
            return Grown(memory.catalog.counts().tokens - before, added, tuple(sorted(kinds)))
        finally:
            memory.close()

    def derive_to(self, tokens: int, progress: Callable[[Event], None]) -> int:
        """Derives documents until memory holds `tokens`; gives how many are derived now."""
        memory = self.open()
        try:
            lengths = self._origins(memory)
            origins = list(lengths)
            derived = sum(row.documents for row in memory.catalog.sources.inside(FOLDER))
            held, began, start = memory.catalog.counts().tokens, time.monotonic(), memory.catalog.counts().tokens
            while held < tokens:
                turn, at = divmod(derived, len(origins))
                missing = 1 + (tokens - held) * len(lengths) // sum(lengths.values())
                chosen = origins[at : at + min(BATCH, missing)]
                held += derive(memory, chosen, turn)
                derived += len(chosen)
                with memory.engines.asking() as engine:
                    fold(engine.bank)
                rate = round((held - start) / (time.monotonic() - began))
                progress({"event": "progress", "phase": "deriving", "done": held, "total": tokens, "unit": "tokens",
                          "rate": rate})  # fmt: skip
            return derived
        finally:
            memory.close()

    def _origins(self, memory: Twin) -> dict[int, int]:
        """Encoded documents that no question is about, with their tokens."""
        return {
            row.id: row.tokens or 0
            for source in memory.catalog.sources.inside(self.files / "filler")
            for row in memory.catalog.documents.of_source(source.id)
            if row.encoded
        }

    def _part(
        self, filler: Iterator[tuple[str, str]], tokens: int, measure: Callable[[str], int], kinds: set[str]
    ) -> list[str]:
        """The next texts, of `tokens` together at most; the last one is cut to what is missing."""
        part: list[str] = []
        for kind, text in filler:
            kinds.add(kind)
            size = measure(text)
            part.append(text[: max(80, len(text) * tokens // size)] if size > tokens else text)
            tokens -= size
            if tokens <= 0 or len(part) == PART_FILES:
                break
        return part

    def _write(self, texts: dict[str, str], folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in texts.items():
            if not (folder / name).exists():
                (folder / name).write_text(text, encoding="utf-8")

    def _add(self, memory: Twin, folder: Path, progress: Callable[[Event], None]) -> float:
        """Seconds it took."""
        began = time.monotonic()
        memory.add({"paths": [str(folder)]}, Quiet(self.settings, progress))
        return time.monotonic() - began
