"""Conversations over the protocol: listing, searching, reading with the present state of each citation, naming,
removing and exporting them. Knows nothing of how answers are made."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from ingest.catalog import AnswerRow, Catalog, ConversationRow, DocumentRow, document_id
from twin_app import render
from twin_app.asking import States
from twin_app.errors import TwinError
from twin_app.protocol import Call, Params, Result
from twin_app.turns import Turn


class Conversations:
    """Methods of the protocol; `turn` is the right to write (`Turns.turn`)."""

    def __init__(self, catalog: Catalog, turn: Turn) -> None:
        self._catalog, self._turn = catalog, turn

    def find(self, params: Params, call: Call) -> Result:
        """Newest first; with `query`, those that have all its words."""
        words = str(params.get("query") or "").split()
        rows = self._catalog.conversations.find(words, params.get("limit"))
        return {"conversations": [_summary(row) for row in rows]}

    def get(self, params: Params, call: Call) -> Result:
        """Every answer as the person got it, with the citations' states as they are now.

        `present` is whether a citation's document still is in memory; `lost` lists the numbers of those whose
        is not. A forgotten answer has lost its words and citations, and keeps its question.
        """
        row = self._row(params)
        answers = self._catalog.answers.conversation(row.id)
        labels = [str(record["document"]) for answer in answers for record in _records(answer)]
        numbers = {label: number for label in labels if (number := document_id(label)) is not None}
        documents = self._catalog.documents.get(sorted(set(numbers.values())))
        cited = {Path(record["source"]) for answer in answers for record in _records(answer)}
        states = States(self._catalog, sorted(cited | {document.path for document in documents.values()}))

        def now(record: Mapping[str, Any]) -> dict[str, Any]:
            return {**record, **_present(record, documents.get(numbers.get(record["document"], -1)), states)}

        return {**_summary(row), "answers": [_answer(answer, now) for answer in answers]}

    def rename(self, params: Params, call: Call) -> Result:
        title = " ".join(str(params["title"]).split())
        self._catalog.conversations.rename(self._row(params).id, title)
        return _summary(self._row(params))

    def delete(self, params: Params, call: Call) -> Result:
        """Questions, answers and citations go, and the catalog's file is rewritten: nothing of them is left in it."""
        row = self._row(params)
        with self._turn("removing a conversation", call):
            answers = self._catalog.conversations.remove(row.id)
            self._catalog.rewrite()
        return {"conversation": row.id, "answers": answers}

    def export(self, params: Params, call: Call) -> Result:
        """`{"markdown": TEXT}`; as JSON, a conversation is exported by `conversation`."""
        return {"markdown": to_markdown(self.get(params, call))}

    def _row(self, params: Params) -> ConversationRow:
        number = params["conversation"]
        row = self._catalog.conversations.get(int(number))
        if row is None:
            raise TwinError(f"there is no conversation {number}: `twin conversations list` shows what there is")
        return row


def _summary(row: ConversationRow) -> dict[str, Any]:
    return {
        "conversation": row.id, "title": row.title or row.question, "named": bool(row.title),
        "created": row.created_at.isoformat(), "last": row.last_at.isoformat(), "answers": row.answers,
        "lost": row.lost,
    }  # fmt: skip


def _records(answer: AnswerRow) -> list[Mapping[str, Any]]:
    return [*answer.result.get("citations", ()), *answer.result.get("nearest", ())]


def _answer(answer: AnswerRow, now: Callable[[Mapping[str, Any]], dict[str, Any]]) -> dict[str, Any]:
    result = answer.result
    citations = [now(record) for record in result.get("citations", ())]
    return {
        "question": answer.question, "answer": answer.answer, "grounded": answer.grounded, **result,
        "id": answer.id, "asked": answer.created_at.isoformat(), "forgotten": answer.forgotten,
        "citations": citations, "nearest": [now(record) for record in result.get("nearest", ())],
        "lost": [record["n"] for record in citations if not record["present"]],
    }  # fmt: skip


def _present(record: Mapping[str, Any], document: DocumentRow | None, states: States) -> dict[str, Any]:
    """How a citation stands today. A renamed source has a new path; a document that left memory is no longer there,
    and of its file only whether it still is what was read can be told."""
    cited = Path(record["source"])
    if document is None:
        return {"present": False, "state": states.without_document(cited, str(record["source_sha256"]))}
    state = states.of_document(document)
    moved = document.path != cited and state == "unchanged"
    return {
        "present": document.retired_at is None, "source": str(document.path), "state": "moved" if moved else state,
    }  # fmt: skip


def to_markdown(conversation: Mapping[str, Any]) -> str:
    """A conversation as a Markdown document; citations under each answer, with the places they quote."""
    lines = [f"# {render.one_line(conversation['title'])}", ""]
    for answer in conversation["answers"]:
        lines += [
            f"## {render.one_line(answer['question'])}",
            "",
            f"*{answer['asked'][:16].replace('T', ' ')} UTC*",
            "",
        ]
        if answer["forgotten"]:
            lines += ["*The sources of this answer were forgotten, and its words with them.*", ""]
        elif not answer["grounded"]:
            lines += ["Nothing in memory grounded an answer." + (" Nearest:" if answer["nearest"] else ""), ""]
        else:
            lines += [render.clean(answer["answer"]), ""]
        for record in answer["citations"] or answer["nearest"]:
            remark = render.remarks(record)
            lines.append(f"{record['n']}. “{render.one_line(record['quote'])}” — {render.place_text(record)}{remark}")
        lines += [""] if answer["citations"] or answer["nearest"] else []
    return "\n".join(lines).rstrip().replace("<", "&lt;") + "\n"  # words of documents are no HTML
