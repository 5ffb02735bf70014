"""`Twin`: one memory, opened by its owner process. Ties catalog, words and engine together; every public method that
takes `(params, call)` is a method of the owner's protocol, with results as product.md's JSON says.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from dataclasses import replace
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any

from ingest.catalog import Catalog, CatalogBusy, CatalogError, DocumentRow, document_id, document_label
from ingest.limits import Limits
from ingest.words import Words
from twin_app.asking import Answerer, Asking, citation, snippet
from twin_app.engines import Engines
from twin_app.errors import BusyError, TwinError
from twin_app.forgetting import Forgetter
from twin_app.models import Models
from twin_app.pipeline import Pipeline, estimate
from twin_app.protocol import Call, Params, Result
from twin_app.settings import Settings

log = logging.getLogger("twin.memory")
GUESSED_RATE = 10_000  # tokens a second, for `--dry-run` before this memory has a rate of its own
BYTES_A_TOKEN = 4.2


class Unwatched:
    """Work nobody waits for: reports to nobody, ends when the memory closes."""

    def __init__(self, closing: threading.Event) -> None:
        self._closing = closing

    def emit(self, event: dict[str, Any]) -> None:
        """Nobody listens."""

    def cancelled(self) -> bool:
        return self._closing.is_set()


class Twin:
    def __init__(self, home: Path, settings: Settings) -> None:
        self.home, self.settings = home, settings
        try:
            self.catalog = Catalog.open(home / "catalog.duckdb")
        except CatalogBusy as error:
            raise BusyError(str(error)) from error
        except CatalogError as error:
            raise TwinError(str(error)) from error
        self.words = Words.open(home / "words.sqlite")
        self.models = Models(home / "models")
        self.engines = Engines(home / "bank", self.models, self.catalog, settings)
        self.forgetter = Forgetter(self.catalog, self.words, self.engines)
        self.answerer = Answerer(self.catalog, self.words)
        self._ingest = threading.Lock()  # one reads and encodes at a time
        self._closing = threading.Event()
        self._resuming: threading.Thread | None = None
        self.reconcile()
        self._resume()

    def reconcile(self) -> None:
        """Brings the word index into agreement with the catalog, and ends a `forget` that was cut short. The bank
        follows when it is opened (`Engines`)."""
        if self.catalog.forgetting.rewrite_due:
            self.forgetter.finish()
        known, held = set(self.catalog.documents.ids().tolist()), set(self.words.ids().tolist())
        self.words.remove(held - known)
        missing = sorted(known - held)
        for start in range(0, len(missing), 2000):
            rows = self.catalog.documents.get(missing[start : start + 2000]).values()
            self.words.add([(row.id, row.document.text, row.document.context) for row in rows])

    def _resume(self) -> None:
        """Goes on, in the background, with what was queued or not yet encoded when the last owner ended."""
        counts = self.catalog.counts()
        if not (counts.queued or counts.pending):
            return
        self._resuming = threading.Thread(target=self._work_on, name="resume", daemon=True)
        self._resuming.start()

    def _work_on(self) -> None:
        nobody = Unwatched(self._closing)
        try:
            with self._ingest:
                self.pipeline.resume(nobody)
                self.pipeline.encode(nobody)
        except Exception:
            log.exception("work left over from the last start could not be finished")

    @property
    def pipeline(self) -> Pipeline:
        retire = self.settings.history == "keep"
        return Pipeline(
            self.catalog, self.words, limits_of(self.settings), self._tokenizer.count, retire=retire,
            encoder=self.engines,
        )  # fmt: skip

    @cached_property
    def _tokenizer(self) -> Any:
        from engine.tokenizer import MemoryTokenizer

        return MemoryTokenizer(self.models.path(self.settings.model) / "tokenizer.json")

    def configure(self, settings: Settings) -> None:
        if settings.model != self.settings.model:
            self.__dict__.pop("_tokenizer", None)
        self.engines.configure(settings)
        self.settings = settings

    def busy(self) -> bool:
        return self._resuming is not None and self._resuming.is_alive()

    def close(self) -> None:
        self._closing.set()
        if self._resuming is not None:
            self._resuming.join()
        with self._ingest:
            self.words.close()
            self.catalog.close()

    def add(self, params: Params, call: Call) -> Result:
        paths, began = [Path(path) for path in params["paths"]], time.monotonic()
        if params.get("dry_run"):
            return self._plan(paths)
        if not self._ingest.acquire(blocking=False):
            call.emit({"event": "progress", "phase": "waiting for another add to finish"})
            self._ingest.acquire()
        try:
            report = self.pipeline.add(paths, call, again=bool(params.get("again")))
            encoded = self.pipeline.encode(call)
        finally:
            self._ingest.release()
            if call.cancelled() and not self._closing.is_set() and not self.busy():
                self._resume()
        self.catalog.events.log("add", {"read": report.read, "documents": report.documents, "encoded": encoded})
        return {
            "read": report.read, "unchanged": report.unchanged, "renamed": report.renamed,
            "removed": report.removed, "ignored": report.ignored, "failed": report.failed,
            "documents": report.documents, "tokens": report.tokens,
            "seconds": round(time.monotonic() - began, 2),
        }  # fmt: skip

    def _plan(self, paths: list[Path]) -> Result:
        """What `add --dry-run` says: nothing is read, tokens and minutes are estimated from sizes."""
        limits = limits_of(self.settings)
        known = {row.path: row for root in paths for row in self.catalog.sources.inside(root.absolute())}
        found = list(estimate(paths, limits, known))
        would = [{"path": str(f.path), "bytes": f.size} for f in found if not (f.ignored or f.failed)]
        total = sum(f.size for f in found if not (f.ignored or f.failed))
        tokens = round(total / BYTES_A_TOKEN)
        return {
            "would_read": would, "bytes": total, "tokens": tokens,
            "minutes": round(tokens / GUESSED_RATE / 60, 2),
            "ignored": [{"path": str(f.path), "rule": f.ignored} for f in found if f.ignored],
            "failed": [{"path": str(f.path), "reason": f.failed} for f in found if f.failed],
            "read": 0, "unchanged": len(known) - len(would) if known else 0, "renamed": 0, "documents": 0, "seconds": 0,
        }  # fmt: skip

    def ask(self, params: Params, call: Call) -> Result:
        asking = self._asking(params, str(params["question"]))
        earlier = self.catalog.answers.conversation() if params.get("continue") else []
        if earlier:
            asking = replace(asking, context="\n".join(filter(None, [earlier[-1].question, asking.context])))
        with self.engines.asking() as engine:
            result = self.answerer.answer(asking, engine, call, self.settings.model)
        if params.get("save", True) and not call.cancelled():
            self.catalog.answers.save(
                asking.question, result, conversation=earlier[-1].conversation if earlier else None
            )
        return result

    def ask_many(self, params: Params, call: Call) -> Result:
        nobody = Unwatched(self._closing)
        for item in params["questions"]:
            if call.cancelled():
                break
            asking = self._asking(params, str(item["question"]))
            with self.engines.asking() as engine:
                result = self.answerer.answer(asking, engine, nobody, self.settings.model)
            call.emit({"event": "item", "value": {"id": item["id"], **result}})
        return {}

    def _asking(self, params: Params, question: str) -> Asking:
        if not question.strip():
            raise TwinError("the question is empty")
        inside = params.get("inside")
        as_of = params.get("as_of")
        try:
            allowed = self.catalog.documents.select(
                since=params.get("since"), until=params.get("until"),
                folder=Path(inside).absolute() if inside else None,
                as_of=datetime.fromisoformat(as_of).astimezone() if as_of else None,
            )  # fmt: skip
        except ValueError as error:
            raise TwinError(f"{as_of!r} is no date: write it like 2025-03-01") from error
        retrieval = str(params.get("retrieval") or self.settings.retrieval)
        return Asking(
            question, str(params.get("context") or ""), allowed, int(params.get("top") or 10), retrieval,
            self.settings.me,
        )  # fmt: skip

    def search(self, params: Params, call: Call) -> Result:
        """Passages with the exact words; no model is loaded."""
        query = str(params["words"])
        hits = self.words.search(query, int(params.get("limit") or 10), self.catalog.documents.select())
        rows = self.catalog.documents.get([number for number, _ in hits])
        also = self.catalog.documents.also_in(list(rows))
        terms = query.replace('"', " ").split()
        passages: list[dict[str, Any]] = []
        for number, score in hits:
            if (row := rows.get(number)) is None:
                continue
            start, end = snippet(row.document.text, terms)
            found = citation(row, start, end, score, len(passages) + 1)
            passages.append(found | {"also_in": [str(path) for path in also.get(number, [])]})
        return {"passages": passages}

    def documents(self, params: Params, call: Call) -> Result:
        for row in self.catalog.documents.stream():
            if call.cancelled():
                break
            if row.retired_at is None:
                call.emit({"event": "item", "value": document_json(row)})
        return {}

    def sources(self, params: Params, call: Call) -> Result:
        for row in self.catalog.sources.all():
            if call.cancelled():
                break
            value = {
                "source": str(row.path), "kind": row.kind, "state": row.state, "reason": row.reason,
                "documents": row.documents, "encoded": row.encoded, "sha256": row.sha256, "bytes": row.size,
                "title": row.title,
            }  # fmt: skip
            call.emit({"event": "item", "value": value})
        return {}

    def show(self, params: Params, call: Call) -> Result:
        """A citation number of the last answer, or a document."""
        ref = str(params["ref"])
        if ref.isdecimal():
            cited = self.catalog.answers.citation(int(ref))
            if cited is None:
                raise TwinError(f"the last answer has no citation {ref}: ask something first, or name a document")
            number: int | None = cited.document
        else:
            cited, number = None, document_id(ref)
        row = self.catalog.documents.get([number]).get(number) if number is not None else None
        if row is None or number is None:
            raise TwinError(f"{ref} is not in memory: `twin documents` lists what is")
        found = document_json(row)
        if cited is not None:
            found |= {"line_start": cited.line_start, "line_end": cited.line_end, "quote": cited.quote}
        return found

    def forget(self, params: Params, call: Call) -> Result:
        with self._ingest:
            return self.forgetter.forget(params)

    def verify(self, params: Params, call: Call) -> Result:
        with self._ingest:
            problems = self.forgetter.verify(params["forgotten"]) if params.get("forgotten") else self._problems()
        return {"ok": not problems, "problems": problems}

    def _problems(self) -> list[str]:
        problems = [*self.catalog.check(), *self.words.check()]
        known, held = set(self.catalog.documents.ids().tolist()), set(self.words.ids().tolist())
        if lost := len(known - held):
            problems.append(f"{lost} documents cannot be found by words")
        if extra := len(held - known):
            problems.append(f"the word index holds {extra} documents the catalog does not know")
        return [*problems, *self.engines.verify()]

    def status(self, params: Params, call: Call) -> Result:
        counts = self.catalog.counts()
        return {
            "documents": counts.documents, "sources": counts.sources, "tokens": counts.tokens,
            "bytes_on_disk": sum(f.stat().st_size for f in self.home.rglob("*") if f.is_file()),
            "queued": counts.queued + counts.pending, "failed": counts.failed, "model": self.settings.model,
            "owner_pid": os.getpid(), "watching": [], "states": dict(counts.by_state),
        }  # fmt: skip

    def model_list(self, params: Params, call: Call) -> Result:
        used = self.settings.model
        names = self.models.names()
        return {"models": [{"model": n, "used": n == used} for n in (names if used in names else [*names, used])]}

    def model_info(self, params: Params, call: Call) -> Result:
        return self.models.info(str(params.get("name") or self.settings.model))

    def model_use(self, params: Params, call: Call) -> Result:
        """Checks the checkpoint; the client writes the setting, and the next request encodes with it."""
        path = self.models.path(str(params["name"]))
        return {"model": str(params["name"]), "path": str(path)}

    def model_pull(self, params: Params, call: Call) -> Result:
        name = str(params["name"])
        return {"model": name, "path": str(self.models.pull(name))}


def limits_of(settings: Settings) -> Limits:
    return Limits(
        text_bytes=int(settings.text_limit_mb * 1e6),
        pdf_bytes=int(settings.pdf_limit_mb * 1e6),
        mail_bytes=int(settings.mail_limit_mb * 1e6),
    )


def document_json(row: DocumentRow) -> dict[str, Any]:
    document = row.document
    first = document.messages[0][1] if document.messages else None
    return {
        "document": document_label(row.id), "source": str(row.path), "text": document.text,
        "context": document.context, "encoded": row.encoded, "title": document.title, "page": document.page,
        "line_start": document.line_start, "line_end": document.line_end,
        "message": first and {"author": first.author, "time": first.time, "index": first.index},
        "date": document.date,
    }  # fmt: skip
