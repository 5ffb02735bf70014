"""Units as real memories in this process: files that are read, stored, found by words and encoded as the product does
it, kept in a folder by their content, and asked through the product's library and engine.

One engine serves all of them; nobody owns them, and no client is needed.
"""

from __future__ import annotations

import hashlib
import os
import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from math import inf
from pathlib import Path
from typing import Any

from engine.config import ModelConfig
from engine.interleave import Ask, Hop
from engine.library import Library
from engine.memory import Bank
from engine.policy import Policy
from engine.session import Answer, Engine, fingerprint, layout_of
from ingest.catalog import Catalog, CatalogBusy
from ingest.limits import Limits
from ingest.scan import Scanner
from ingest.words import Words
from twin_app.activity import Activity
from twin_app.bench.units import Doc, Unit
from twin_app.catalog_library import Asking, CatalogLibrary
from twin_app.courtesy import question_in
from twin_app.errors import BusyError, TwinError
from twin_app.intake import Intake
from twin_app.models import Models
from twin_app.pipeline import Pipeline
from twin_app.reading import Reader
from twin_app.spelling import respelled, slips
from twin_app.storing import Storing
from twin_app.turns import Foreground

MADE_BY = (
    "ingest", "twin_app/pipeline.py", "engine/circuit", "engine/encode.py", "engine/fused.py", "engine/template.py",
    "engine/tokenizer.py", "twin_app/bench/unit_memory.py",
)  # fmt: skip
KINDS = {  # endings that files have as their ids do, where the text begins so; others are .txt
    ".csv": "", ".tsv": "", ".md": "", ".html": r"\s*<", ".eml": r"[\w-]+: ", ".ics": "BEGIN:VCALENDAR",
    ".vcf": "BEGIN:VCARD",
}  # fmt: skip
RANKED = 64  # documents asked for of a ranking: several may come from one file
TOLD = 512  # documents to encode, beyond which progress is told
WHOLE = "whole"  # the file that says that a kept memory is complete

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Asked:
    """What one question got, with document ids of the unit; rankings name each file once, best first."""

    rankings: tuple[tuple[str, ...], ...]  # one a hop
    opened: tuple[tuple[str, ...], ...]
    answer: str  # what would be shown if nothing were ever refused
    quotes: tuple[str, ...]  # the sentences behind it
    span: str  # the few words in it that answer, where the checkpoint gives any
    leads: bool  # whether they are put in front
    score: float  # compared with the checkpoint's grounded_at
    seconds: float
    signs: tuple[float, ...] = ()  # that the score was made of (engine.answering.sureness)

    @property
    def ranking(self) -> tuple[str, ...]:
        """Of the question alone."""
        return self.rankings[0] if self.rankings else ()

    @property
    def last(self) -> tuple[str, ...]:
        """Where all hops together have got to."""
        return self.rankings[-1] if self.rankings else ()


class Shelf:
    """Memories under one folder, all of one checkpoint, which is loaded once."""

    def __init__(self, model: str, folder: Path, *, device: str = "auto", say: Say = lambda text: None) -> None:
        self.folder, self.device, self.say = folder, device, say
        models = Models(folder / "models")
        self.checkpoint, self.measure = models.path(model), models.measure(model)
        config = ModelConfig.read(self.checkpoint)
        self.layout = layout_of(config, fingerprint(self.checkpoint))
        self.policy = Policy.of(config.answering)
        self._engine: Engine | None = None

    def engine(self, bank: Bank) -> Engine:
        """The one engine, on this bank from now on."""
        if self._engine is None:
            self._engine = Engine.open(self.checkpoint, bank.directory, device=self.device)
        self._engine.bank = bank
        return self._engine

    @contextmanager
    def memory(self, unit: Unit) -> Iterator[UnitMemory]:
        """The unit's memory: opened where it was made before by the same code and checkpoint, else made now."""
        folder = self.folder / self._key(unit)
        memory = UnitMemory(self, unit, folder)
        try:
            if not (folder / WHOLE).exists():
                memory.fill()
                (folder / WHOLE).touch()
            yield memory
        finally:
            memory.close()

    def _key(self, unit: Unit) -> str:
        digest = hashlib.sha256(f"{self.layout.model}\0{made_by()}".encode())
        for doc in unit.docs:
            digest.update(f"\0{doc.id}\0{doc.time}\0{doc.text}".encode("utf-8", "surrogatepass"))
        return f"{slug(unit.set)}-{digest.hexdigest()[:16]}"


class UnitMemory:
    """One unit's memory. `engine` is the shelf's, and answers from this memory until another one is opened."""

    def __init__(self, shelf: Shelf, unit: Unit, folder: Path) -> None:
        self.shelf, self.unit = shelf, unit
        self.files = folder / "files"
        home = folder / "home"
        self.files.mkdir(parents=True, exist_ok=True)
        try:
            self.catalog = Catalog.open(home / "catalog.duckdb")
        except CatalogBusy as error:
            raise BusyError(
                f"{folder} is in use by another benchmark: try again, or give it its own --cache"
            ) from error
        self.words = Words.open(home / "words.sqlite")
        self.bank = Bank.open(home / "bank", shelf.layout)
        self.engine = shelf.engine(self.bank)
        doing, storing = Activity(), Storing(self.catalog, self.words, self)
        intake = Intake(self.catalog, storing, own=home, retire=False)
        reader = Reader(storing, Limits(), shelf.measure, doing, Foreground(), retire=False)
        self.pipeline = Pipeline(Scanner(Limits(), ()), intake, reader, storing, doing)
        self.sources: dict[Path, str] = {}  # every file and the id of its document in the unit
        self._ids: dict[int, str] = {}
        self._paths = {doc.id: self._place(doc) for doc in unit.docs}

    def close(self) -> None:
        self.words.close()
        self.catalog.close()

    def fill(self) -> None:
        """Writes the files, reads them and encodes what was read. Raises TwinError when one cannot be read."""
        began = time.monotonic()
        for doc in self.unit.docs:
            write(self._paths[doc.id], doc)
        report = self.pipeline.add([self.files], self)
        if report.failed or report.ignored:
            raise TwinError(f"{self.unit.name}: not read: {[*report.failed, *report.ignored][:3]}")
        encoded = self.pipeline.encode(self)
        seconds = time.monotonic() - began
        self.shelf.say(
            f"{self.unit.set} {self.unit.name}: {len(self.unit.docs):,} files, {encoded:,} documents, "
            f"{report.tokens:,} tokens in {seconds:.0f} s"
        )

    @contextmanager
    def changing(self) -> Iterator[None]:
        """While its documents are changed and changed back: a run that ends in between leaves a memory to be filled
        again."""
        (self.files.parent / WHOLE).unlink(missing_ok=True)
        yield
        (self.files.parent / WHOLE).touch()

    def put(self, docs: Sequence[Doc]) -> None:
        """Writes these documents' files, new or over old ones, and reads them in, as an edited file is."""
        for doc in docs:
            if doc.id not in self._paths:
                self._paths[doc.id] = self._place(doc)
            write(self._paths[doc.id], doc)
        self.pipeline.add([self._paths[doc.id] for doc in docs], self)
        self.pipeline.encode(self)
        self._ids.clear()

    def encode(self, documents: Sequence[tuple[int, str]], cancelled: Callable[[], bool]) -> list[int]:
        counts = self.engine.encode(documents)
        self.catalog.documents.mark_encoded([number for number, _ in documents], counts)
        return counts

    def remove(self, documents: Sequence[int]) -> None:
        self.bank.remove(documents)
        self.bank.compact()

    def emit(self, event: Mapping[str, Any]) -> None:
        """Progress of the pipeline: a line for whoever waits for thousands of files; an edited one is no news."""
        if event.get("phase") == "encoding" and event["total"] > TOLD:
            self.shelf.say(
                f"{self.unit.set} {self.unit.name}: {event['done']:,} of {event['total']:,} documents encoded"
            )

    def cancelled(self) -> bool:
        return False

    def library(self, question: str, retrieval: str) -> CatalogLibrary:
        return CatalogLibrary(self.catalog, self.words, Asking(question, retrieval=retrieval))

    def ask(
        self, question: str, retrieval: str = "both", *, library: Library | None = None, policy: Policy | None = None
    ) -> Asked:
        """Asked as `twin ask` does it, but never refused: `Asked.score` is what a refusal looks at."""
        began = time.monotonic()
        self.engine.policy = replace(policy or self.shelf.policy, grounded_at=-inf)
        hops: list[Hop] = []
        answer: Answer | None = None
        question = self._meant(question)
        held = library or self.library(question, retrieval)
        for event in self.engine.answer(Ask(question, retrieval, top=RANKED), held):
            if isinstance(event, Hop):
                hops.append(event)
            elif isinstance(event, Answer):
                answer = event
        assert answer is not None
        seconds = time.monotonic() - began
        opened = [passage for hop in hops for passage in hop.opened]
        passages = {one.document: one for passage in opened for one in (passage.behind, passage) if one is not None}
        quotes = tuple(passages[s.document].text[s.start : s.end] for s in answer.supports)
        return Asked(
            tuple(self.named([document for document, _ in hop.routed]) for hop in hops),
            tuple(self.named([passage.document for passage in hop.opened]) for hop in hops),
            answer.text, quotes, answer.span, answer.leads, answer.score, seconds, answer.signs,
        )  # fmt: skip

    def _meant(self, typed: str) -> str:
        question = question_in(typed)
        return respelled(question, slips(question, self.words))

    def _place(self, doc: Doc) -> Path:
        """Where its file lies, named as people name files: the date, then what it is."""
        ending = Path(doc.id).suffix.lower()
        kind = ending if ending in KINDS and re.match(KINDS[ending], doc.text) else ".txt"
        name = slug(doc.id.removesuffix(kind))
        stem = f"{doc.time[:10]} {name}" if doc.time else name or "document"
        path = self.files / f"{stem}{kind}"
        if path in self.sources:  # ids that read the same as names
            path = self.files / f"{stem} {len(self.sources)}{kind}"
        self.sources[path] = doc.id
        return path

    def rank(self, question: str, retrieval: str = "both") -> tuple[str, ...]:
        """The ranking of the question alone, with nothing opened or answered: what `Asked.ranking` is, in less time."""
        self.engine.policy = replace(self.shelf.policy, identity_weight=0.0, max_hops=1)
        question = self._meant(question)
        events = self.engine.answer(Ask(question, retrieval, top=RANKED), self.library(question, retrieval))
        hop = next(event for event in events if isinstance(event, Hop))
        return self.named([document for document, _ in hop.routed])

    def named(self, documents: Sequence[int]) -> tuple[str, ...]:
        """The unit's ids of these documents' files, each once, in order."""
        ids = self.ids()
        return tuple(dict.fromkeys(ids[document] for document in documents))

    def ids(self) -> dict[int, str]:
        """Every document of the memory and the unit's id of the file it comes from."""
        if not self._ids:
            self._ids = {row.id: self.sources[row.path] for row in self.catalog.documents.stream()}
        return self._ids


def slug(text: str) -> str:
    return re.sub(r"[^\w.+-]+", "-", text).strip("-.")[:80]


def write(path: Path, doc: Doc) -> None:
    path.write_text(doc.text, encoding="utf-8", errors="replace")
    if doc.time:
        moment = datetime.fromisoformat(doc.time).timestamp()
        os.utime(path, (moment, moment))


@lru_cache(maxsize=1)
def made_by() -> str:
    """Identifies the code that reads and encodes: memories kept by other code are made again."""
    root = Path(__file__).parents[2]
    digest = hashlib.sha256()
    for name in MADE_BY:
        paths = sorted((root / name).rglob("*.py")) if (root / name).is_dir() else [root / name]
        for path in paths:
            digest.update(path.read_bytes())
    return digest.hexdigest()
