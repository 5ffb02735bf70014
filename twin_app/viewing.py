"""A source as the app shows it: its documents around a place, whether the file still is what was read, and where
documents stand. Knows nothing of asking."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ingest.catalog import Catalog, DocumentRow, SourceRow, document_id, document_label
from twin_app.asking import States
from twin_app.errors import TwinError
from twin_app.finding import document_json
from twin_app.protocol import Call, Params, Result

WINDOW = 40  # documents before and after the one asked for
MOST = 400


class Viewing:
    """Methods of the protocol."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog

    def source(self, params: Params, call: Call) -> Result:
        """The documents of a source around `document`, or from its beginning; `source` is its path.

        `before` and `after` say how many; `earlier` and `later` how many more there are. A document that left
        memory is no error where its source is still there: `document` in the result is then None.
        """
        before, after = (min(MOST, int(params.get(name, WINDOW))) for name in ("before", "after"))
        number = document_id(str(params.get("document") or ""))
        row = self._catalog.documents.get([number]).get(number) if number is not None else None
        source = self._source(row, params.get("source"))
        start = row.ord if row is not None else 0
        documents, earlier, later = self._catalog.documents.around(source.id, start, before, after)
        if row is not None and row.id not in {near.id for near in documents}:  # retired: its neighbours are not
            documents, earlier, later = [row], 0, 0
        return {
            "source": str(source.path), "kind": source.kind, "title": source.title, "state": source.state,
            "reason": source.reason, "bytes": source.size,
            "since": States(self._catalog, [source.path]).of(source.path),
            "document": row and document_label(row.id), "documents": [document_json(near) for near in documents],
            "earlier": earlier, "later": later,
        }  # fmt: skip

    def places(self, params: Params, call: Call) -> Result:
        """Where documents stand, without their text, by their labels; those that are not there are left out."""
        numbers = [number for label in params["documents"] if (number := document_id(str(label))) is not None]
        found: dict[str, dict[str, Any]] = {}
        for row in self._catalog.documents.get(numbers).values():
            place = document_json(row)
            del place["text"], place["context"]
            found[place["document"]] = place
        return {"places": found}

    def _source(self, row: DocumentRow | None, path: Any) -> SourceRow:
        if row is not None:
            found = self._catalog.sources.by_ids([row.source]).get(row.source)
        else:
            known = self._catalog.sources.known([Path(str(path))]) if path else {}
            found = known.get(Path(str(path)))
        if found is None:
            raise TwinError(f"{path or 'this document'} is not in memory any more: `twin sources` lists what is")
        return found
