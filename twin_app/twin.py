"""`Twin`: one memory, opened by its owner process. Ties catalog, words and engine together; every public method that
takes `(params, call)` is a method of the owner's protocol, with results as product.md's JSON says.
"""

from __future__ import annotations

import os
import time
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from ingest.catalog import Catalog, CatalogBusy, CatalogError, DocumentRow, document_id, document_label
from ingest.catalog.database import Compression, Fault, no_fault
from ingest.limits import Limits
from ingest.words import Words
from twin_app.agreement import Agreement
from twin_app.asking import Answerer, Asking, States, citation, snippet
from twin_app.engines import Engines
from twin_app.errors import BusyError, CancelledError, TwinError
from twin_app.forgetting import Forgetter
from twin_app.models import Models
from twin_app.pipeline import Pipeline
from twin_app.planning import plan
from twin_app.protocol import Call, Params, Result
from twin_app.relay import Relay, Silent
from twin_app.settings import Settings
from twin_app.turns import Turns, Watcher

SEARCHED = 20  # passages of `search`, when no limit is given


class Twin:
    """Methods may be called from any thread. `compression` and `fault` are for tests that look for bytes, or kill."""

    def __init__(
        self, home: Path, settings: Settings, *, compression: Compression = "auto", fault: Fault = no_fault
    ) -> None:
        self.home, self.settings = home, settings
        try:
            self.catalog = Catalog.open(home / "catalog.duckdb", compression=compression, fault=fault)
        except CatalogBusy as error:
            raise BusyError(str(error)) from error
        except CatalogError as error:
            raise TwinError(str(error)) from error
        self.words = Words.open(home / "words.sqlite")
        self.models = Models(home / "models")
        self.engines = Engines(home / "bank", self.models, self.catalog, settings)
        self.agreement = Agreement(self.catalog, self.words, self.engines)
        self.forgetter = Forgetter(self.catalog, self.words, self.engines, self.agreement)
        self.answerer = Answerer(self.catalog, self.words)
        self.turns = Turns(self._work_on)
        self.agreement.restore()
        self._go_on()

    def _go_on(self) -> None:
        """In the background: files that are queued, and documents that are not yet encoded."""
        counts = self.catalog.counts()
        if counts.queued or counts.pending:
            self.turns.go_on()

    def _work_on(self, background: Watcher) -> None:
        self._pipeline().resume(background)
        self.engines.load()
        self._pipeline().encode(background)

    def _pipeline(self) -> Pipeline:
        return Pipeline(
            self.catalog, self.words, limits_of(self.settings), self.models.measure(self.settings.model),
            retire=self.settings.history == "keep", encoder=self.engines, own=self.home,
        )  # fmt: skip

    def configure(self, settings: Settings) -> None:
        other_model = settings.model != self.settings.model
        self.engines.configure(settings)
        self.settings = settings
        if other_model and self.catalog.counts().documents:
            self.turns.go_on()

    def busy(self) -> bool:
        return self.turns.busy()

    def close(self) -> None:
        self.turns.close()
        self.words.close()
        self.catalog.close()

    def add(self, params: Params, call: Call) -> Result:
        """What is left when the client leaves stays queued, and is read and encoded in the background."""
        paths, again = [Path(path) for path in params["paths"]], bool(params.get("again"))
        if params.get("dry_run"):
            return plan(paths, self.catalog, limits_of(self.settings), again=again)
        self._refuse_other_model(call)
        try:
            with Relay(call) as relay, self.turns.turn("another add", relay):
                began = time.monotonic()
                report = self._pipeline().add(paths, relay, again=again)
                encoded = self._pipeline().encode(relay)
                seconds = round(time.monotonic() - began, 2)
                done = {"read": report.read, "documents": report.documents, "encoded": encoded}
                self.catalog.events.log("add", done | {"tokens": report.tokens, "seconds": seconds})
        finally:
            self._go_on()
        if call.cancelled():
            raise CancelledError(
                "interrupted: what is not in memory yet is queued, and the memory's owner goes on with it"
            )
        return {
            "read": report.read, "unchanged": report.unchanged, "renamed": report.renamed,
            "removed": report.removed, "ignored": report.ignored, "failed": report.failed,
            "documents": report.documents, "tokens": report.tokens, "seconds": seconds,
        }  # fmt: skip

    def _refuse_other_model(self, call: Call) -> None:
        """A flag must not silently encode the whole memory again."""
        if call.settings.model != self.settings.model:
            raise TwinError(
                f"this memory is encoded by {self.settings.model}, not by {call.settings.model}: "
                f"`twin model use {call.settings.model}` changes that, and encodes everything anew"
            )

    def ask(self, params: Params, call: Call) -> Result:
        self._refuse_other_model(call)
        asking = self._asking(params, str(params["question"]))
        earlier = self.catalog.answers.conversation() if params.get("continue") else []
        if earlier:
            asking = replace(asking, context="\n".join(filter(None, [earlier[-1].question, asking.context])))
        with Relay(call) as relay, self.engines.asking() as engine:
            result = self.answerer.answer(asking, engine, relay, self.settings.model)
        if params.get("save", True) and not call.cancelled():
            conversation = earlier[-1].conversation if earlier else None
            self.catalog.answers.save(asking.question, result, conversation=conversation)
        self._go_on()
        return result

    def ask_many(self, params: Params, call: Call) -> Result:
        self._refuse_other_model(call)
        for item in params["questions"]:
            if call.cancelled():
                break
            asking = self._asking(params, item["question"])
            with self.engines.asking() as engine:
                result = self.answerer.answer(asking, engine, Silent(call), self.settings.model)
            call.emit({"event": "item", "value": {"id": item["id"], **result}})
        self._go_on()
        return {}

    def _asking(self, params: Params, question: str) -> Asking:
        inside, as_of = params.get("inside"), params.get("as_of")
        try:
            moment = datetime.fromisoformat(as_of).astimezone() if as_of else None
        except ValueError as error:
            raise TwinError(f"{as_of!r} is no date: write it like 2025-03-01") from error
        allowed = self.catalog.documents.select(
            since=params.get("since"), until=params.get("until"), as_of=moment,
            folder=Path(inside).absolute() if inside else None,
        )  # fmt: skip
        retrieval = str(params.get("retrieval") or self.settings.retrieval)
        return Asking(
            question, str(params.get("context") or ""), allowed, int(params.get("top") or 10), retrieval,
            self.settings.me,
        )  # fmt: skip

    def search(self, params: Params, call: Call) -> Result:
        """Passages with the exact words; no model is loaded."""
        query = str(params["words"])
        hits = self.words.search(query, int(params.get("limit") or SEARCHED), self.catalog.documents.select())
        rows = self.catalog.documents.get([number for number, _ in hits])
        also = self.catalog.documents.also_in(list(rows))
        terms = query.replace('"', " ").split()
        passages: list[dict[str, Any]] = []
        states = States(self.catalog, [row.path for row in rows.values()])
        for number, score in hits:
            if (row := rows.get(number)) is None:
                continue
            start, end = snippet(row.document.text, terms)
            found = citation(row, start, end, score, len(passages) + 1)
            others = [str(path) for path in also.get(number, [])]
            passages.append(found | {"also_in": others, "state": states.of(row.path)})
        return {"passages": passages}

    def documents(self, params: Params, call: Call) -> Result:
        for row in self.catalog.documents.stream():
            if call.cancelled():
                break
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
        """A citation of the last answer by its number, or a document."""
        ref = str(params["ref"])
        cited = self.catalog.answers.citation(int(ref)) if ref.isdecimal() else None
        if cited is None and ref.isdecimal():
            raise TwinError(f"the last answer has no citation {ref}: ask something first, or name a document")
        number = cited.document if cited else document_id(ref)
        row = self.catalog.documents.get([number]).get(number) if number is not None else None
        if row is None:
            what = f"what citation {ref} quotes" if cited else ref
            raise TwinError(f"{what} is not in memory any more: `twin documents` lists what is")
        found = document_json(row)
        if cited is not None:
            place = {"line_start": cited.line_start, "line_end": cited.line_end, "message": cited.message}
            found |= {**place, "quote": cited.quote, "n": cited.n}
        return found

    def forget(self, params: Params, call: Call) -> Result:
        if not params.get("confirm"):
            return self.forgetter.forget(params)
        try:
            with Relay(call) as relay, self.turns.turn("a forget", relay):
                return self.forgetter.forget(params)
        finally:
            self._go_on()  # neighbours that repeated a forgotten message are new documents

    def verify(self, params: Params, call: Call) -> Result:
        receipt = params.get("forgotten")
        with Relay(call) as relay, self.turns.turn("a verify", relay):
            problems = self.agreement.problems() if receipt is None else self.forgetter.verify(receipt)
        self._go_on()
        return {"ok": not problems, "problems": problems}

    def status(self, params: Params, call: Call) -> Result:
        counts = self.catalog.counts()
        pending = counts.pending if self.engines.is_settled else counts.documents  # nobody has looked into its bank yet
        return {
            "documents": counts.documents, "sources": counts.sources, "tokens": counts.tokens,
            "bytes_on_disk": bytes_in(self.home), "queued": counts.queued + pending,
            "failed": counts.failed, "model": self.settings.model, "owner_pid": os.getpid(), "watching": [],
            "states": dict(counts.by_state),
        }  # fmt: skip

    def model_list(self, params: Params, call: Call) -> Result:
        used, names = self.settings.model, self.models.names()
        return {"models": [{"model": n, "used": n == used} for n in (names if used in names else [*names, used])]}

    def model_info(self, params: Params, call: Call) -> Result:
        return self.models.info(str(params.get("name") or self.settings.model))

    def model_use(self, params: Params, call: Call) -> Result:
        """Checks the checkpoint; the client writes the setting, and the next request begins to encode with it."""
        return {"model": str(params["name"]), "path": str(self.models.path(str(params["name"])))}

    def model_pull(self, params: Params, call: Call) -> Result:
        return {"model": str(params["name"]), "path": str(self.models.pull(str(params["name"])))}


def limits_of(settings: Settings) -> Limits:
    return Limits(
        text_bytes=int(settings.text_limit_mb * 1e6),
        pdf_bytes=int(settings.pdf_limit_mb * 1e6),
        mail_bytes=int(settings.mail_limit_mb * 1e6),
    )


def bytes_in(folder: Path) -> int:
    """Bytes of the files in a folder, of which some may come and go meanwhile."""
    total = 0
    for path in folder.rglob("*"):
        with suppress(FileNotFoundError):
            total += path.lstat().st_size if path.is_file() else 0
    return total


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
