"""One question answered: hops and text as they come, citations with places, the object `twin ask --json` prints."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ingest.catalog import Catalog, DocumentRow, document_label
from ingest.places import lines_of
from ingest.sentences import sentences
from ingest.word_queries import vocabulary_form
from ingest.words import Words
from twin_app.catalog_library import Asking, CatalogLibrary
from twin_app.courtesy import question_in
from twin_app.reading import hash_file
from twin_app.spelling import respelled, slips
from twin_app.turns import Watcher, refuse_cancelled

if TYPE_CHECKING:
    from engine.session import Answer, Engine, Support

SCHEMA = 1
CONTEXT_CHARACTERS = 600  # of standard input or an earlier question that go along with a question


class Answerer:
    def __init__(self, catalog: Catalog, words: Words) -> None:
        self.catalog, self.words = catalog, words

    def answer(self, asking: Asking, engine: Engine, watcher: Watcher, model: str) -> dict[str, Any]:
        """Hops and text as events while they come, then the whole object. Raises CancelledError when cut short."""
        import torch

        from engine.interleave import Ask, Hop
        from engine.session import Text

        began = time.monotonic()
        question = question_in(asking.question)
        slipped = slips(question, self.words, asking.allowed)
        typed, asking = asking.question, replace(asking, question=respelled(question, slipped))
        library = CatalogLibrary(self.catalog, self.words, asking)
        allowed = None if asking.allowed is None else torch.from_numpy(asking.allowed)
        context = asking.context[:CONTEXT_CHARACTERS].strip()
        ask = Ask(asking.question, asking.retrieval, context, max(1, asking.top), allowed)
        hops: list[dict[str, Any]] = []
        answer: Answer | None = None
        routed, streamed = began, False
        for event in engine.answer(ask, library):
            if isinstance(event, Hop):
                hops.append(hop_json(event, {} if hops else slipped))
                watcher.emit({"event": "hop", **hops[-1]})
                routed = time.monotonic()
            elif isinstance(event, Text):
                watcher.emit({"event": "text", "delta": event.delta})
                streamed = True
            else:
                answer = event
            if answer is None and watcher.cancelled():
                break
        if answer is None:
            refuse_cancelled(watcher)
        assert answer is not None
        generated = time.monotonic()
        supports = answer.supports
        grounded = bool(answer.grounded and supports)
        shown = self.citations(supports, library.rows)
        text = answer.text if grounded else ""
        if text and not streamed:
            watcher.emit({"event": "text", "delta": text})
        done = time.monotonic()
        return {
            "schema": SCHEMA, "question": typed, "answer": text, "grounded": grounded,
            "citations": shown if grounded else [], "nearest": [] if grounded else shown, "hops": hops,
            "coverage": self.coverage(asking), "model": model,
            "timings_ms": {
                "route": _ms(routed - began), "read": _ms(done - generated), "generate": _ms(generated - routed),
                "total": _ms(done - began),
            },
        }  # fmt: skip

    def coverage(self, asking: Asking) -> dict[str, int]:
        """`searched`: documents that the retrieval asked for could find. `pending`, where there are any: those that
        the question may see and that are not encoded yet, so that only words find them."""
        counts = self.catalog.counts()
        seen = counts.documents if asking.allowed is None else len(asking.allowed)
        encoded = counts.encoded
        if asking.allowed is not None:
            encoded = int(np.isin(asking.allowed, self.catalog.documents.encoded_ids()).sum())
        found = {
            "documents": counts.documents if asking.total is None else asking.total,
            "searched": encoded if asking.retrieval == "latent" else seen, "unreadable": counts.failed,
        }  # fmt: skip
        is_behind = asking.retrieval != "words" and seen > encoded
        return found | ({"pending": seen - encoded} if is_behind else {})

    def citations(self, supports: Sequence[Support], rows: Mapping[int, DocumentRow]) -> list[dict[str, Any]]:
        present = self.catalog.documents.get([s.document for s in supports])  # in memory now, not a moment ago
        also = self.catalog.documents.also_in([s.document for s in supports]) if supports else {}
        out: list[dict[str, Any]] = []
        states = States(self.catalog, [row.path for row in present.values()])
        for support in supports:
            row = present.get(support.document)
            if row is None or row.document.text != rows[support.document].document.text:
                continue
            out.append(
                citation(row, support.start, support.end, support.score, len(out) + 1)
                | {"also_in": [str(path) for path in also.get(support.document, [])], "state": states.of_document(row)}
            )
        return out


def citation(row: DocumentRow, start: int, end: int, score: float, number: int) -> dict[str, Any]:
    """One citation: the words of document `row` in [start, end), at their place in the source."""
    document, quote = row.document, row.document.text[start:end]
    message = next((m for offset, m in reversed(document.messages) if offset <= start), None)
    first, last = lines_of(document, start, end)
    return {
        "n": number, "document": document_label(row.id), "source": str(row.path), "kind": row.kind,
        "title": document.title, "page": document.page, "line_start": first, "line_end": last,
        "message": message and {"author": message.author, "time": message.time, "index": message.index},
        "also_in": [], "date": (message.time if message and message.time else document.date), "quote": quote,
        "score": round(score, 4), "source_sha256": row.source_sha256, "state": "unchanged",
    }  # fmt: skip


class States:
    """Whether sources still are what was read; each is looked at once, and hashed only where size or time differ."""

    def __init__(self, catalog: Catalog, paths: Sequence[Path]) -> None:
        self._catalog, self._sources = catalog, catalog.sources.known(paths)
        self._found: dict[Path, str] = {}

    def of(self, path: Path) -> str:
        """unchanged, changed, moved (the same content under another name in memory) or gone."""
        if path not in self._found:
            self._found[path] = self._look(path)
        return self._found[path]

    def of_document(self, row: DocumentRow) -> str:
        """The state of a document's source; a retired document is what its file no longer says."""
        if row.retired_at is None:
            return self.of(row.path)
        return self.without_document(row.path, row.source_sha256)

    def without_document(self, path: Path, sha256: str) -> str:
        """The same for a file whose cited document left memory; `sha256` is of the file as it was read."""
        if self.of(path) != "gone":
            return "changed"
        return self._elsewhere(path, sha256)

    def _look(self, path: Path) -> str:
        source = self._sources.get(path)
        if source is None:
            return "gone"
        try:
            now = path.stat()
            if (now.st_size, now.st_mtime_ns) == (source.size, source.mtime_ns):
                return "unchanged"
            return "unchanged" if hash_file(path) == source.sha256 else "changed"
        except OSError:
            return self._elsewhere(path, source.sha256)

    def _elsewhere(self, path: Path, sha256: str) -> str:
        others = [row.path for row in self._catalog.sources.by_sha(sha256) if row.path != path]
        return "moved" if any(other.is_file() for other in others) else "gone"


def hop_json(hop: Any, slipped: Mapping[str, str]) -> dict[str, Any]:
    """slipped: words of the question that were taken for others."""
    taken = ", ".join(f"“{typed}” taken for “{meant}”" for typed, meant in slipped.items())
    return {
        "n": hop.number,
        "routed": [document_label(document) for document, _ in hop.routed],
        "opened": [document_label(passage.document) for passage in hop.opened],
        "reason": f"{hop.reason} ({taken})" if taken else hop.reason,
    }


def snippet(text: str, words: Sequence[str]) -> tuple[int, int]:
    """The sentence of a passage that holds most of the searched words: what `twin search` quotes."""
    spans = sentences(text) or [(0, len(text))]
    plain = [vocabulary_form(word) for word in words]  # as the index finds them: Faure for Fauré

    def held(span: tuple[int, int]) -> int:
        sentence = vocabulary_form(text[slice(*span)])
        return sum(word in sentence for word in plain)

    return max(spans, key=held)


def _ms(seconds: float) -> int:
    return round(1000 * seconds)
