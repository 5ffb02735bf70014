"""`twin forget`: what would go, then the removal from catalog, words, every bank and saved answers, and the rewriting
of the storage that held it. A forget that was cut short is finished at the next start (`finish`)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ingest.catalog import Catalog, Receipt, Selection, document_id, document_label
from ingest.words import Words
from twin_app.engines import Engines
from twin_app.errors import TwinError
from twin_app.protocol import Params, Result


class Forgetter:
    def __init__(self, catalog: Catalog, words: Words, engines: Engines) -> None:
        self.catalog, self.words, self.engines = catalog, words, engines

    def forget(self, params: Params) -> Result:
        """Without `confirm`: what it would remove. With it: the receipt."""
        selection = self._selection(params)
        if not params.get("confirm"):
            return {
                "sources": len(selection.sources), "documents": len(selection.documents),
                "paths": [str(path) for path in selection.paths],
            }  # fmt: skip
        receipt = self.catalog.forgetting.forget(selection)
        self.finish(list(receipt.removed))
        self.catalog.events.log("forget", {"documents": len(receipt.removed), "answers": receipt.answers})
        return receipt.to_json() | {"documents": len(receipt.removed), "sources": len(receipt.path_sha256)}

    def finish(self, removed: list[int] | None = None) -> None:
        """Everything that follows the catalog's commit; repeated from the start after a kill."""
        known = set(self.catalog.documents.ids().tolist())
        gone = removed if removed is not None else sorted(set(self.words.ids().tolist()) - known)
        self.words.remove(gone)
        self.words.purge()
        if self.engines.folder.exists():
            self.engines.purge(known)
        self.catalog.rewrite()

    def verify(self, receipt: Any) -> list[str]:
        """What can still be reached of a receipt, in words; [] if nothing."""
        if not isinstance(receipt, dict):
            raise TwinError("a receipt is a JSON object, as `twin forget --json` prints it")
        try:
            wanted = Receipt.from_json(receipt)
        except ValueError as error:
            raise TwinError(str(error)) from error
        problems = self.catalog.forgetting.remaining(wanted)
        removed = set(wanted.removed)
        left = removed & set(self.words.ids().tolist())
        problems += [f"{document_label(number)} is in the word index" for number in sorted(left)]
        problems += [f"{document_label(number)} is in a bank" for number in sorted(removed & self.engines.held())]
        return problems

    def _selection(self, params: Params) -> Selection:
        sources: list[int] = []
        for path in params.get("paths") or ():
            rows = self.catalog.sources.inside(Path(path).absolute())
            if not rows:
                raise TwinError(f"nothing of {path} is in memory: `twin sources` lists what is")
            sources += [row.id for row in rows]
        documents: list[int] = []
        for label in params.get("documents") or ():
            number = document_id(label)
            if number is None or number not in self.catalog.documents.get([number]):
                raise TwinError(f"{label} is not in memory: `twin documents` lists what is")
            documents.append(number)
        return self.catalog.forgetting.choose(sources=sources, documents=documents, before=params.get("before"))
