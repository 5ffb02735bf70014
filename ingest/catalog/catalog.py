"""The catalog as one object: its tables, the batch commit, totals, and whether it agrees with itself."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ingest.catalog.answers import Answers
from ingest.catalog.conversations import Conversations
from ingest.catalog.database import Compression, Database, Fault, no_fault
from ingest.catalog.documents import Documents
from ingest.catalog.events import Events
from ingest.catalog.forgetting import Forgetting
from ingest.catalog.rows import Counts, StoreItem, StoreResult
from ingest.catalog.sources import Sources
from ingest.catalog.storing import store
from ingest.catalog.watched import Watched

_PROBLEMS = (
    (
        "d-{:06d} belongs to no source",
        "SELECT id FROM documents WHERE source NOT IN (SELECT id FROM sources) ORDER BY id",
    ),
    (
        "d-{:06d} was given twice",
        "SELECT id FROM documents GROUP BY id HAVING count(*) > 1 ORDER BY id",
    ),
    (
        "d-{:06d} is above the last id that was given",
        """SELECT id FROM documents
        WHERE id > (SELECT value FROM counters WHERE name = 'document') ORDER BY id""",
    ),
    (
        "the text of d-{:06d} is not what was stored",
        "SELECT id FROM documents WHERE sha256(text) <> lower(hex(text_sha256)) ORDER BY id",
    ),
    (
        "d-{:06d} is encoded, but of unknown length",
        "SELECT id FROM documents WHERE encoded_at IS NOT NULL AND tokens IS NULL ORDER BY id",
    ),
    (
        "source {} ({}) is entered twice",
        "SELECT min(id), any_value(display) FROM sources GROUP BY path HAVING count(*) > 1 ORDER BY 1",
    ),
    (
        "source {} ({}) is ready with nothing read",
        """SELECT id, display FROM sources WHERE state IN ('ready', 'partial') AND gone_at IS NULL
        AND id NOT IN (SELECT source FROM documents WHERE retired_at IS NULL) ORDER BY id""",
    ),
    (
        "source {} ({}) is ready, but not all of it is encoded",
        """SELECT id, display FROM sources WHERE state IN ('ready', 'partial')
        AND id IN (SELECT source FROM documents WHERE retired_at IS NULL AND encoded_at IS NULL)
        ORDER BY id""",
    ),
    (
        "answer {} cites a document that was forgotten, and is not blanked",
        """SELECT DISTINCT a.id FROM answers a JOIN citations c ON c.answer = a.id
        WHERE c.forgotten AND (NOT a.forgotten OR a.result <> '' OR c.quote <> '') ORDER BY a.id""",
    ),
)
"""(what is wrong, query of the rows of which it is wrong)."""


class Catalog:
    """One open catalog. Threads may share it; a second process gets CatalogBusy."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.sources = Sources(database)
        self.documents = Documents(database)
        self.answers = Answers(database)
        self.conversations = Conversations(database)
        self.events = Events(database)
        self.forgetting = Forgetting(database)
        self.watched = Watched(database)

    @classmethod
    def open(cls, path: Path, *, compression: Compression = "auto", fault: Fault = no_fault) -> Catalog:
        """Open or create the catalog at `path`. Raises CatalogBusy or CatalogError.

        Tests give `compression="uncompressed"` to look for bytes, and `fault` to end the process at a step.
        """
        return cls(Database(path, compression, fault))

    def close(self) -> None:
        """Give the file free."""
        self._database.close()

    def store(self, items: Sequence[StoreItem], *, retire: bool = False, again: bool = False) -> StoreResult:
        """Store a batch of files in one commit, each in place of its old version; durable on return.

        `retire`: history = keep. `again`: passages forgotten one by one are stored too.
        """
        return store(self._database, items, retire=retire, again=again)

    def rewrite(self) -> None:
        """Write the file anew with live rows only, so that no byte of what was removed is left in it."""
        self._database.rewrite()

    def copy_to(self, path: Path, *, encoded: bool = True) -> None:
        """The catalog as it is now in a new file; without `encoded` as if nothing were encoded yet."""
        self._database.copy_to(path, encoded=encoded)

    def counts(self) -> Counts:
        """Totals for `twin status`."""
        ((documents, encoded, tokens, pending, retired),) = self._database.rows(
            """SELECT count(*) FILTER (WHERE retired_at IS NULL),
            count(encoded_at) FILTER (WHERE retired_at IS NULL),
            coalesce(sum(tokens) FILTER (WHERE retired_at IS NULL), 0)::BIGINT,
            coalesce(sum(tokens) FILTER (WHERE retired_at IS NULL AND encoded_at IS NULL), 0)::BIGINT,
            count(retired_at) FROM documents"""
        )
        states: dict[str, int] = dict(
            self._database.rows("SELECT state, count(*) FROM sources WHERE gone_at IS NULL GROUP BY state")
        )
        return Counts(sum(states.values()), documents, encoded, tokens, retired, states, pending)

    def check(self) -> list[str]:
        """Where the catalog does not agree with itself, in words; [] if all is well."""
        return [what.format(*row) for what, sql in _PROBLEMS for row in self._database.rows(sql)]
