"""`Twin`: one memory, opened by its owner process. Ties catalog, words and engine together; every public method that
takes `(params, call)` is a method of the owner's protocol, with results as product.md's JSON says.
"""

from __future__ import annotations

import errno
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from ingest.catalog import AnswerRow, Catalog, CatalogBusy, CatalogError
from ingest.catalog.database import Compression, Fault, no_fault
from ingest.limits import Limits
from ingest.scan import Scanner
from ingest.words import Words
from twin_app.activity import Activity
from twin_app.agreement import Agreement
from twin_app.asking import Answerer
from twin_app.catalog_library import Asking
from twin_app.choice import Choice
from twin_app.conversations import Conversations
from twin_app.engines import Engines
from twin_app.errors import BusyError, CancelledError, TwinError
from twin_app.finding import Finder, moment_of
from twin_app.forgetting import Forgetter
from twin_app.intake import Intake
from twin_app.models import Models
from twin_app.pipeline import Pipeline
from twin_app.planning import plan
from twin_app.protocol import Call, Params, Result
from twin_app.reading import Reader
from twin_app.relay import Relay, Silent
from twin_app.settings import Settings
from twin_app.standing import Standing, source_json
from twin_app.storing import Storing
from twin_app.turns import Foreground, Turns, Watcher, refuse_cancelled
from twin_app.upkeep import Upkeep
from twin_app.viewing import Viewing
from twin_app.watched import Folders


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
        try:
            self._open(home, settings)
        except Exception as error:
            self.catalog.close()
            if (why := in_words(error)) is not None:
                raise TwinError(why) from error
            raise

    def _open(self, home: Path, settings: Settings) -> None:
        self.words = Words.open(home / "words.sqlite")
        self.models = Models(home / "models")
        self.engines = Engines(home / "bank", self.models, self.catalog, settings)
        self.agreement = Agreement(self.catalog, self.words, self.engines)
        self.forgetter = Forgetter(self.catalog, self.words, self.engines, self.agreement)
        self.answerer = Answerer(self.catalog, self.words)
        self.doing = Activity()
        self.storing = Storing(self.catalog, self.words, self.engines)
        self.foreground = Foreground()
        self.turns = Turns(self._read_on)  # reading and storing: seconds behind a file's last write
        self.encoding = Turns(self._encode_on)  # takes its time; whoever takes both turns takes them in this order
        self.folders = Folders(self.catalog, self._pipeline, self._go_on, settings)
        self.standing = Standing(self.catalog, self.engines, self.doing, self.folders, home)
        choice = self.choice = Choice(self.catalog, self.models, self.engines, self._alone, self._go_on)
        self.model_list, self.model_info, self.model_use = choice.models, choice.info, choice.use
        self.model_drop, self.model_pull = choice.drop, choice.pull
        upkeep = Upkeep(self.engines, self.agreement, self.forgetter, self._alone, self._go_on)
        self.verify, self.inspect, self.export = upkeep.verify, upkeep.inspect, upkeep.export
        self.finder = Finder(home, self.catalog, self.words)
        self.documents, self.show = self.finder.documents, self.finder.show
        talks = Conversations(self.catalog, self.turns.turn)
        self.conversations, self.conversation, self.export_conversation = talks.find, talks.get, talks.export
        self.rename_conversation, self.delete_conversation = talks.rename, talks.delete
        viewing = Viewing(self.catalog)
        self.source, self.places = viewing.source, viewing.places
        self.agreement.restore()
        self._go_on()
        self.folders.start()

    def _go_on(self) -> None:
        """In the background: files that are queued, documents not yet encoded, the bank of a model to come."""
        counts = self.catalog.counts()
        if counts.queued:
            self.turns.go_on()
        if counts.pending or self.engines.is_changing():
            self.encoding.go_on()

    def _read_on(self, background: Watcher) -> None:
        self._pipeline().drain(background)
        if self.catalog.counts().pending:
            self.encoding.go_on()

    def _encode_on(self, background: Watcher) -> None:
        self.engines.load()
        self._pipeline().encode(background)
        self.engines.follow(background.cancelled)

    def _pipeline(self) -> Pipeline:
        settings, retire = self.settings, self.settings.history == "keep"
        limits, measure = limits_of(settings), self.models.measure(self.engines.model)
        intake = Intake(self.catalog, self.storing, own=self.home, retire=retire)
        reader = Reader(self.storing, limits, measure, self.doing, self.foreground, retire=retire)
        return Pipeline(Scanner(limits, settings.ignore), intake, reader, self.storing, self.doing)

    def configure(self, settings: Settings) -> None:
        self.engines.configure(settings)
        self.settings = settings
        self.folders.configure(settings)
        if self.engines.is_changing():
            self.encoding.go_on()

    @contextmanager
    def _alone(self, doing: str, watcher: Watcher) -> Iterator[None]:
        """Nobody else writes meanwhile."""
        with self.turns.turn(doing, watcher), self.encoding.turn(doing, watcher), self.storing.lock:
            yield

    def in_words(self, error: Exception) -> str | None:
        return in_words(error)

    def busy(self) -> bool:
        return self.turns.busy() or self.encoding.busy() or self.folders.is_active()

    def close(self) -> None:
        self.folders.close()
        self.turns.close()
        self.encoding.close()
        self.engines.close()
        self.words.close()
        self.catalog.close()

    def add(self, params: Params, call: Call) -> Result:
        """What is left when the client leaves stays queued, and is read and encoded in the background."""
        paths, again = [Path(path) for path in params["paths"]], bool(params.get("again"))
        if params.get("dry_run"):
            return plan(paths, self.catalog, self._pipeline().scanner, again=again)
        self.choice.refuse_other(self.choice.flag(params, call))
        try:
            with Relay(call) as relay:
                began = time.monotonic()
                taken = self._pipeline().take(paths, again=again)  # the turn may be long in coming
                with self.turns.turn("another add", relay):
                    report = self._pipeline().read(taken, relay)
                with self.encoding.turn("encoding", relay):
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

    def ask(self, params: Params, call: Call) -> Result:
        asking = self._asking(params, str(params["question"]))
        earlier = self._earlier(params)
        if earlier:
            asking = replace(asking, context="\n".join(filter(None, [earlier[-1].question, asking.context])))
        model = self.choice.flag(params, call)
        try:
            with Relay(call) as relay, self.foreground.first(), self.engines.asking(model) as engine:
                result = self.answerer.answer(asking, engine, relay, model or self.engines.model)
        finally:
            self._go_on()
        refuse_cancelled(call)
        save = bool(params.get("save", True))
        self.finder.answered(saved=save)
        if save:
            self._save(asking.question, result, earlier[-1].conversation if earlier else None, call)
        return result

    def _save(self, question: str, result: Result, conversation: int | None, call: Call) -> None:
        """An answer that cannot be saved is an answer all the same."""
        try:
            saved = self.catalog.answers.save(question, result, conversation=conversation)
        except CatalogError as error:
            call.emit({"event": "note", "text": f"the answer could not be saved: {error}"})
        else:
            call.emit({"event": "saved", "conversation": saved.conversation, "answer": saved.id})

    def _earlier(self, params: Params) -> list[AnswerRow]:
        """The answers that a question goes on from: of the `conversation` named, or of the last one."""
        if (number := params.get("conversation")) is not None:
            return self.catalog.answers.conversation(int(number))
        return self.catalog.answers.conversation() if params.get("continue") else []

    def ask_many(self, params: Params, call: Call) -> Result:
        model = self.choice.flag(params, call)
        try:
            for item in params["questions"]:
                refuse_cancelled(call)
                asking = self._asking(params, item["question"])
                with self.foreground.first(), self.engines.asking(model) as engine:
                    result = self.answerer.answer(asking, engine, Silent(call), model or self.engines.model)
                call.emit({"event": "item", "value": {"id": item["id"], **result}})
        finally:
            self._go_on()
        return {}

    def _asking(self, params: Params, question: str) -> Asking:
        inside, moment = params.get("inside"), moment_of(params.get("as_of"))
        allowed = self.catalog.documents.select(
            since=params.get("since"), until=params.get("until"), as_of=moment,
            folder=Path(inside).absolute() if inside else None,
        )  # fmt: skip
        then = None if moment is None else self.catalog.documents.select(as_of=moment)
        retrieval = str(params.get("retrieval") or self.settings.retrieval)
        return Asking(
            question, str(params.get("context") or ""), allowed, int(params.get("top") or 10), retrieval,
            self.settings.me, None if then is None else len(then),
        )  # fmt: skip

    def search(self, params: Params, call: Call) -> Result:
        """Passages with the exact words; no model is loaded."""
        with self.foreground.first():
            return self.finder.search(params, call)

    def sources(self, params: Params, call: Call) -> Result:
        for row in self.catalog.sources.all():
            refuse_cancelled(call)
            value = source_json(row, self.doing.current())
            call.emit({"event": "item", "value": value})
        return {}

    def forget(self, params: Params, call: Call) -> Result:
        if not params.get("confirm"):
            return self.forgetter.forget(params)
        try:
            with Relay(call) as relay, self._alone("a forget", relay):
                return self.forgetter.forget(params)
        finally:
            self._go_on()  # neighbours that repeated a forgotten message are new documents

    def status(self, params: Params, call: Call) -> Result:
        return self.standing.status(self.settings)

    def activity(self, params: Params, call: Call) -> Result:
        """Snapshots while the client listens; with `once` a single one."""
        return self.standing.stream(call, once=bool(params.get("once")))

    def watch(self, params: Params, call: Call) -> Result:
        return self.folders.watch([Path(path) for path in params["paths"]])

    def unwatch(self, params: Params, call: Call) -> Result:
        return self.folders.unwatch([Path(path) for path in params["paths"]])

    def watched(self, params: Params, call: Call) -> Result:
        return {"watching": self.folders.list()}

    def explain(self, params: Params, call: Call) -> Result:
        return self.folders.explain(Path(params["path"]))


def in_words(error: Exception) -> str | None:
    """In words for the person: what the machine refused to a memory, and what to do; None for anything else."""
    if isinstance(error, CatalogError):
        return str(error)
    if isinstance(error, sqlite3.OperationalError | sqlite3.DatabaseError):
        return f"the word index cannot be used: {error}; make room on the disk, then `twin doctor --fix`"
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EIO):
        return f"{error.filename or 'the memory'}: {error.strerror}; make room on the disk, and run the command again"
    return None


def limits_of(settings: Settings) -> Limits:
    return Limits(
        text_bytes=int(settings.text_limit_mb * 1e6),
        pdf_bytes=int(settings.pdf_limit_mb * 1e6),
        book_bytes=int(settings.pdf_limit_mb * 1e6),
        mail_bytes=int(settings.mail_limit_mb * 1e6),
    )
