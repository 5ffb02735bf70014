"""Finding without a model: exact words, lists of documents, and what a number or a label on the command line means.

A number is that of the list the person saw last: citations of the last answer, what was nearest when nothing
grounded one, or the passages of a search. Of a search only places are noted (`last-list.json`), never words.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any

from ingest.catalog import AnswerRow, Catalog, DocumentRow, document_id, document_label
from ingest.words import Words
from twin_app.asking import States, citation, snippet
from twin_app.errors import TwinError
from twin_app.protocol import Call, Params, Result
from twin_app.turns import refuse_cancelled

SEARCHED = 20  # passages, when no limit is given
NOTE = "last-list.json"
UNSAVED = (
    "the last answer was not saved (--no-save), so its numbers mean nothing any more: name the document (d-000123)"
)


class Finder:
    """Methods of the protocol; `home` is where the last list is noted."""

    def __init__(self, home: Path, catalog: Catalog, words: Words) -> None:
        self._note, self._catalog, self._words = home / NOTE, catalog, words

    def search(self, params: Params, call: Call) -> Result:
        """Passages with the exact words, best first. With `listed` the person sees their numbers, so they count."""
        query, moment = str(params["words"]), moment_of(params.get("as_of"))
        allowed = self._catalog.documents.select(as_of=moment)
        hits = self._words.search(query, int(params.get("limit") or SEARCHED), allowed)
        rows = self._catalog.documents.get([number for number, _ in hits])
        also = self._catalog.documents.also_in(list(rows))
        terms = query.replace('"', " ").split()
        passages: list[dict[str, Any]] = []
        spans: list[tuple[str, int, int]] = []
        states = States(self._catalog, [row.path for row in rows.values()])
        for number, score in hits:
            if (row := rows.get(number)) is None:
                continue
            start, end = snippet(row.document.text, terms)
            found = citation(row, start, end, score, len(passages) + 1)
            others = [str(path) for path in also.get(number, [])]
            passages.append(found | {"also_in": others, "state": states.of_document(row)})
            spans.append((document_label(number), start, end))
        if params.get("listed"):
            self._listed({"search": spans})
        return {"passages": passages}

    def documents(self, params: Params, call: Call) -> Result:
        for row in self._catalog.documents.stream(moment_of(params.get("as_of"))):
            refuse_cancelled(call)
            call.emit({"event": "item", "value": document_json(row)})
        return {}

    def show(self, params: Params, call: Call) -> Result:
        """A document: by its label, or by its number in the last list, or in that of a saved `answer`."""
        ref = str(params["ref"]).strip()
        if not (ref.isascii() and ref.isdecimal()):
            return document_json(self._document(document_id(ref), ref))
        answer = params.get("answer")
        record = self._listed_at(int(ref)) if answer is None else _numbered(self._answer(int(answer)), int(ref))
        number = document_id(str(record["document"]))
        found = document_json(self._document(number, f"what [{ref}] quotes"))
        return found | {key: value for key, value in record.items() if key in found or key in ("quote", "n")}

    def answered(self, *, saved: bool) -> None:
        """From now on numbers mean the last saved answer's, or nothing where it was not saved."""
        self._listed(None if saved else {"unsaved": True})

    def _listed(self, note: Mapping[str, Any] | None) -> None:
        if note is None:
            self._note.unlink(missing_ok=True)
            return
        with suppress(OSError):  # a full disk: the list before it counts
            self._note.touch(mode=0o600)
            self._note.write_text(json.dumps(note), encoding="utf-8")

    def _listed_at(self, position: int) -> Mapping[str, Any]:
        try:
            note = json.loads(self._note.read_text(encoding="utf-8"))
        except (FileNotFoundError, ValueError):
            note = {}
        if "unsaved" in note:
            raise TwinError(UNSAVED)
        if "search" not in note:
            last = self._catalog.answers.last()
            if last is None:
                raise TwinError(
                    f"there is no [{position}]: ask or search something first, or name a document (d-000123)"
                )
            return _numbered(last, position)
        if not 0 < position <= len(note["search"]):
            raise TwinError(f"the last search found {len(note['search'])} passages: there is no [{position}]")
        label, start, end = note["search"][position - 1]
        row = self._document(document_id(label), f"what [{position}] quotes")
        return citation(row, start, end, 0.0, position)

    def _answer(self, number: int) -> AnswerRow:
        found = self._catalog.answers.get(number)
        if found is None:
            raise TwinError(f"there is no saved answer {number}: `twin conversations list` shows what there is")
        return found

    def _document(self, number: int | None, what: str) -> DocumentRow:
        row = None if number is None else self._catalog.documents.get([number]).get(number)
        if row is None:
            raise TwinError(f"{what} is not in memory any more: `twin documents` lists what is")
        return row


def _numbered(answer: AnswerRow, position: int) -> Mapping[str, Any]:
    """The citation with this number, or what was nearest under it."""
    if answer.forgotten:
        raise TwinError("the sources of that answer were forgotten, and its citations with them")
    records = answer.result.get("citations") or answer.result.get("nearest") or []
    for record in records:
        if record["n"] == position:
            found: Mapping[str, Any] = record
            return found
    raise TwinError(
        f"the last answer has no [{position}], only {len(records)}: ask again, or name a document (d-000123)"
    )


def moment_of(as_of: Any) -> datetime | None:
    """The moment of `--as-of`, local where it has no zone. Raises TwinError."""
    if not as_of:
        return None
    try:
        return datetime.fromisoformat(str(as_of)).astimezone()
    except (ValueError, OverflowError) as error:
        raise TwinError(f"{as_of!r} is no date: write it like 2025-03-01") from error


def document_json(row: DocumentRow) -> dict[str, Any]:
    document = row.document
    first = document.messages[0][1] if document.messages else None
    found = {
        "document": document_label(row.id), "source": str(row.path), "text": document.text,
        "context": document.context, "encoded": row.encoded, "title": document.title, "page": document.page,
        "line_start": document.line_start, "line_end": document.line_end,
        "message": first and {"author": first.author, "time": first.time, "index": first.index},
        "date": document.date,
    }  # fmt: skip
    return found if row.retired_at is None else found | {"retired": row.retired_at.isoformat()}
