"""The catalog: what memory holds, where each piece came from, what was answered (DuckDB, one owner process).

`Catalog` is the only way in. Everything else in memory (words, bank) is derived from it and can be rebuilt.
"""

from ingest.catalog.catalog import Catalog
from ingest.catalog.database import CatalogBusy, CatalogError
from ingest.catalog.rows import (
    AnswerRow,
    CitationRow,
    ConversationRow,
    Counts,
    DocumentRow,
    EventRow,
    Mark,
    Receipt,
    Selection,
    SourceRow,
    State,
    StoreItem,
    StoreResult,
    WatchedRow,
    document_id,
    document_label,
)

__all__ = [
    "AnswerRow",
    "Catalog",
    "CatalogBusy",
    "CatalogError",
    "CitationRow",
    "ConversationRow",
    "Counts",
    "DocumentRow",
    "EventRow",
    "Mark",
    "Receipt",
    "Selection",
    "SourceRow",
    "State",
    "StoreItem",
    "StoreResult",
    "WatchedRow",
    "document_id",
    "document_label",
]
