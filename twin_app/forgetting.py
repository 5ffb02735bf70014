"""`twin forget`: what would go, then the removal from catalog, words, every bank and saved answers, and the rewriting
of the storage that held it. A forget that was cut short is finished at the next start (`Agreement.restore`)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ingest.catalog import Catalog, Receipt, Selection, document_id, document_label
from ingest.words import Words
from twin_app.agreement import Agreement
from twin_app.engines import Engines
from twin_app.errors import TwinError
from twin_app.protocol import Params, Result


class Forgetter:
    def __init__(self, catalog: Catalog, words: Words, engines: Engines, agreement: Agreement) -> None:
        self.catalog, self.words, self.engines, self.agreement = catalog, words, engines, agreement

    def forget(self, params: Params) -> Result:
        """Without `confirm`: what it would remove. With it: the receipt.

        `copies` are sources with the same text, which stay. `questions_kept`: of the answers that were blanked, the
        person's own questions stay in their conversations.
        """
        selection = self._selection(params)
        copies = [str(path) for path in self.catalog.forgetting.copies(selection)]
        if not params.get("confirm"):
            return {
                "sources": len(selection.sources), "documents": len(selection.documents),
                "paths": [str(path) for path in selection.paths], "copies": copies,
            }  # fmt: skip
        receipt = self.catalog.forgetting.forget(selection)
        self.agreement.finish_forgetting()
        self.catalog.events.log("forget", {"documents": len(receipt.removed), "answers": receipt.answers})
        return receipt.to_json() | {
            "documents": len(receipt.removed), "sources": len(receipt.path_sha256), "copies": copies,
            "questions_kept": receipt.answers,
        }  # fmt: skip

    def verify(self, receipt: Any) -> list[str]:
        """What can still be reached of a receipt, in words; [] if nothing."""
        if not isinstance(receipt, dict):
            raise TwinError("a receipt is a JSON object, as `twin forget --json` prints it")
        try:
            wanted = Receipt.from_json(receipt)
        except ValueError as error:
            raise TwinError(str(error)) from error
        removed = set(wanted.removed)
        by_words = sorted(removed & set(self.words.ids().tolist()))
        in_banks = sorted(removed & frozenset().union(*self.engines.held().values()))
        return [
            *self.catalog.forgetting.remaining(wanted),
            *(f"{document_label(number)} is in the word index" for number in by_words),
            *(f"{document_label(number)} is in a bank" for number in in_banks),
        ]

    def _selection(self, params: Params) -> Selection:
        sources: list[int] = []
        for path in params.get("paths") or ():
            rows = self.catalog.sources.inside(Path(path).absolute(), gone=True)
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
