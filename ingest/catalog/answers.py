"""Conversations: saved answers with their citations, and which documents each answer was made from.

An answer is saved as the JSON object the person got. It remembers every document whose words may be in it
(cited, near, or opened on the way) and their sources, so that forgetting finds it when they are long gone.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb

from ingest.catalog.database import Database, Row, aware, take_ids, utc_now
from ingest.catalog.rows import AnswerRow, CitationRow, document_id
from ingest.catalog.sources import clean, path_blob

_ANSWER = "SELECT id, conversation, question, answer, grounded, created_at, result, forgotten FROM answers "


class Answers:
    """Saved answers, oldest first in a conversation."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def save(self, question: str, result: Mapping[str, Any], *, conversation: int | None = None) -> AnswerRow:
        """Save the object `twin ask --json` prints; without a conversation a new one begins. One commit."""
        now = utc_now()
        citations = result.get("citations", ())
        with self._database.transaction() as connection:
            if conversation is None:
                conversation = take_ids(connection, "conversation", 1)[0]
                connection.execute("INSERT INTO conversations (id, created_at) VALUES (?, ?)", [conversation, now])
            answer = take_ids(connection, "answer", 1)[0]
            row = (answer, conversation, clean(question), clean(str(result.get("answer", ""))))
            documents = _made_from(result)
            connection.execute(
                """INSERT INTO answers SELECT ?, ?, ?, ?, ?, ?, ?, ?::BIGINT[],
                coalesce(list(DISTINCT source), []), false
                FROM documents WHERE id IN (SELECT unnest(?::BIGINT[]))""",
                [*row, bool(result.get("grounded")), now, json.dumps(result), documents, documents],
            )
            if citations:
                connection.execute(
                    """INSERT INTO citations SELECT ?, unnest(?::INTEGER[]), unnest(?::BIGINT[]),
                    unnest(?::BLOB[]), unnest(?::TEXT[]), unnest(?::INTEGER[]), unnest(?::INTEGER[]),
                    unnest(?::INTEGER[]), unnest(?::TEXT[]), unnest(?::TEXT[]), unnest(?::TEXT[]), false""",
                    [answer, *_columns(citations)],
                )
            self._database.fault("answer: written")
        return AnswerRow(*row, bool(result.get("grounded")), aware(now), dict(result), forgotten=False)

    def last(self) -> AnswerRow | None:
        """The newest answer of all."""
        return next(iter(self._where("ORDER BY id DESC LIMIT 1", [])), None)

    def get(self, number: int) -> AnswerRow | None:
        """The answer with this number."""
        return next(iter(self._where("WHERE id = ?", [number])), None)

    def conversation(self, number: int | None = None) -> list[AnswerRow]:
        """The answers of a conversation, oldest first; of the last one if None. Empty if there is none."""
        if number is None:
            last = self.last()
            return [] if last is None else self.conversation(last.conversation)
        return self._where("WHERE conversation = ? ORDER BY id", [number])

    def citation(self, n: int, answer: int | None = None) -> CitationRow | None:
        """Citation n of an answer (None: of the last one)."""
        return next((row for row in self.citations(answer) if row.n == n), None)

    def citations(self, answer: int | None = None) -> list[CitationRow]:
        """The citations of an answer (None: of the last one), in order."""
        if answer is None:
            last = self.last()
            return [] if last is None else self.citations(last.id)
        rows = self._database.rows(
            """SELECT c.answer, c.n, c.document, c.path, c.quote, c.page, c.line_start, c.line_end, c.message,
            c.date, c.source_sha256, c.forgotten,
            EXISTS (FROM documents d WHERE d.id = c.document AND d.retired_at IS NULL)
            FROM citations c WHERE c.answer = ? ORDER BY c.n""",
            [answer],
        )
        return [_citation(row) for row in rows]

    def _where(self, condition: str, parameters: Sequence[object]) -> list[AnswerRow]:
        return [
            AnswerRow(
                id=number,
                conversation=conversation,
                question=question,
                answer=answer,
                grounded=grounded,
                created_at=aware(created_at),
                result=json.loads(result or "{}"),
                forgotten=forgotten,
            )
            for number, conversation, question, answer, grounded, created_at, result, forgotten in (
                self._database.rows(_ANSWER + condition, parameters)
            )
        ]


def blank(
    connection: duckdb.DuckDBPyConnection, removed: Sequence[int], whole: Sequence[int], parts: Sequence[int]
) -> int:
    """Empty every answer made from removed documents or whole sources; returns how many there were.

    Of sources that stay in parts, also answers made from a document of theirs that left memory before: nobody
    can tell any more whether it held the forgotten words. Called when the documents' rows are gone.
    """
    rows = connection.execute(
        """UPDATE answers SET answer = '', result = '', forgotten = true
        WHERE NOT forgotten AND (list_has_any(documents, ?::BIGINT[]) OR list_has_any(sources, ?::BIGINT[])
            OR (list_has_any(sources, ?::BIGINT[])
                AND EXISTS (SELECT 1 FROM (SELECT unnest(answers.documents) AS id) made
                            WHERE made.id NOT IN (SELECT id FROM documents))))
        RETURNING id""",
        [list(removed), list(whole), list(parts)],
    ).fetchall()
    connection.execute(
        """UPDATE citations SET quote = '', path = NULL, message = NULL, forgotten = true
        WHERE answer IN (SELECT unnest(?::BIGINT[])) AND document NOT IN (SELECT id FROM documents)""",
        [[row[0] for row in rows]],
    )
    return len(rows)


def _made_from(result: Mapping[str, Any]) -> list[int]:
    labels = [citation["document"] for name in ("citations", "nearest") for citation in result.get(name, ())]
    labels += [label for hop in result.get("hops", ()) for label in hop.get("opened", ())]
    return sorted({number for label in labels if (number := document_id(label)) is not None})


def _columns(citations: Sequence[Mapping[str, Any]]) -> list[list[object]]:
    messages = [citation.get("message") for citation in citations]
    return [
        [citation["n"] for citation in citations],
        [document_id(citation["document"]) for citation in citations],
        [path_blob(Path(citation["source"])) for citation in citations],
        [clean(citation["quote"]) for citation in citations],
        *([citation.get(name) for citation in citations] for name in ("page", "line_start", "line_end")),
        [json.dumps(message) if message else None for message in messages],
        [citation.get("date") for citation in citations],
        [citation.get("source_sha256", "") for citation in citations],
    ]


def _citation(row: Row) -> CitationRow:
    (
        answer,
        n,
        document,
        path,
        quote,
        page,
        line_start,
        line_end,
        message,
        date,
        sha256,
        forgotten,
        present,
    ) = row
    return CitationRow(
        answer=answer,
        n=n,
        document=document,
        path=None if path is None else Path(os.fsdecode(path)),
        quote=quote,
        page=page,
        line_start=line_start,
        line_end=line_end,
        message=json.loads(message) if message else None,
        date=date,
        source_sha256=sha256,
        forgotten=forgotten,
        present=present,
    )
