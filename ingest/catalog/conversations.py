"""Conversations as a whole: listing and searching them, naming and removing one; their answers are `Answers`'."""

from __future__ import annotations

from collections.abc import Sequence

from ingest.catalog.database import Database, aware
from ingest.catalog.rows import ConversationRow
from ingest.catalog.sources import clean

_LOST = """(a.forgotten OR EXISTS (FROM citations c WHERE c.answer = a.id
    AND c.document NOT IN (SELECT id FROM documents WHERE retired_at IS NULL)))"""


class Conversations:
    """Conversations with at least one answer, newest first."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def find(self, words: Sequence[str] = (), limit: int | None = None) -> list[ConversationRow]:
        """Those in whose title, questions and answers every word occurs, in any case; all of them without words."""
        spoken = "EXISTS (FROM said WHERE said.id = c.id AND contains(said.text, lower(?)))"
        return self._where(" AND ".join(["true", *[spoken] * len(words)]), words, limit)

    def get(self, number: int) -> ConversationRow | None:
        """The conversation with this number."""
        return next(iter(self._where("c.id = ?", [number])), None)

    def _where(self, condition: str, parameters: Sequence[object], limit: int | None = None) -> list[ConversationRow]:
        rows = self._database.rows(
            f"""WITH said AS (
                SELECT conversation AS id, lower(question || ' ' || answer) AS text FROM answers
                UNION ALL SELECT id, lower(title) FROM conversations)
            SELECT c.id, coalesce(c.title, ''), c.created_at, max(a.created_at), count(*), arg_min(a.question, a.id),
                count(*) FILTER (WHERE {_LOST})
            FROM conversations c JOIN answers a ON a.conversation = c.id
            WHERE {condition}
            GROUP BY c.id, c.title, c.created_at ORDER BY max(a.id) DESC LIMIT ?""",
            [*parameters, limit],
        )
        return [
            ConversationRow(number, title, aware(created_at), aware(last_at), answers, question, lost)
            for number, title, created_at, last_at, answers, question, lost in rows
        ]

    def rename(self, number: int, title: str) -> bool:
        """Give a conversation a title of its own ("" = its first question); False when there is no such one."""
        with self._database.transaction() as connection:
            found = connection.execute(
                "UPDATE conversations SET title = ? WHERE id = ? RETURNING id", [clean(title), number]
            ).fetchone()
        return found is not None

    def remove(self, number: int) -> int:
        """Remove a conversation with its answers; how many they were. The file is to be rewritten after it."""
        with self._database.transaction() as connection:
            connection.execute(
                "DELETE FROM citations WHERE answer IN (SELECT id FROM answers WHERE conversation = ?)", [number]
            )
            answers = connection.execute("DELETE FROM answers WHERE conversation = ? RETURNING id", [number]).fetchall()
            connection.execute("DELETE FROM conversations WHERE id = ?", [number])
            # Sources that were kept only because an answer came from them go with the last such answer.
            connection.execute(
                """DELETE FROM sources WHERE gone_at IS NOT NULL AND id NOT IN (SELECT source FROM documents)
                AND id NOT IN (SELECT DISTINCT unnest(sources) FROM answers)"""
            )
            connection.execute("UPDATE counters SET value = 1 WHERE name = 'rewrite_due'")
            self._database.fault("conversation: written")
        return len(answers)
