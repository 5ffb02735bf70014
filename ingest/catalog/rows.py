"""What goes into the catalog and what comes out of it: frozen records, with times in UTC and paths as `Path`.

Paths may hold bytes that are no UTF-8 (surrogate escapes, as the operating system's own functions use them).
This file imports no database.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from ingest.types import Document

State = Literal["queued", "reading", "stored", "ready", "partial", "failed", "ignored", "offline"]


def document_label(document: int) -> str:
    """How people and JSON name a document: d-000123."""
    return f"d-{document:06d}"


def document_id(label: str) -> int | None:
    """The id in a label (d-000123), or None if it is no label."""
    found = re.fullmatch(r"d-(\d{1,18})", label.strip(), re.ASCII)
    return int(found[1]) if found else None


@dataclass(frozen=True, slots=True)
class Mark:
    """A state to give a file without touching its documents; None leaves size and time as they are."""

    path: Path
    state: State
    reason: str = ""
    kind: str | None = None
    size: int | None = None
    mtime_ns: int | None = None


@dataclass(frozen=True, slots=True)
class StoreItem:
    """A file as it was read. State "stored" turns "ready" ("partial" with a reason) once all is encoded."""

    path: Path
    kind: str
    sha256: str  # hex, of the file
    size: int
    mtime_ns: int
    title: str
    documents: Sequence[Document]
    tokens: Sequence[int] = ()  # of each document (context and text); () if not known yet
    state: State = "stored"
    reason: str = ""


@dataclass(frozen=True, slots=True)
class StoreResult:
    """What a commit changed. `removed` left memory (retired ones stay and are not in it)."""

    added: tuple[tuple[int, Document], ...]
    removed: tuple[int, ...]
    kept: int


@dataclass(frozen=True, slots=True)
class SourceRow:
    """A source, with how many documents of it memory holds and how many of those are encoded."""

    id: int
    path: Path
    kind: str
    sha256: str
    size: int
    mtime_ns: int
    title: str
    state: State
    reason: str
    added_at: datetime
    changed_at: datetime
    documents: int
    encoded: int


@dataclass(frozen=True, slots=True)
class WatchedRow:
    """A folder, or a single file, that is kept in memory from now on."""

    path: Path
    is_file: bool
    added_at: datetime


@dataclass(frozen=True, slots=True)
class DocumentRow:
    """A document with its source. `document.date` is the file's time where the reader had none."""

    id: int
    source: int
    path: Path
    kind: str
    source_sha256: str
    ord: int  # place among the documents of its source, from 0
    document: Document
    tokens: int | None
    encoded: bool
    added_at: datetime
    retired_at: datetime | None


@dataclass(frozen=True, slots=True)
class Counts:
    """Totals for `status`; of documents only those in memory now (not retired)."""

    sources: int
    documents: int
    encoded: int
    tokens: int
    retired: int
    by_state: Mapping[str, int]  # state -> sources
    pending_tokens: int = 0  # of the documents not yet encoded

    @property
    def pending(self) -> int:
        """Documents stored and not yet encoded."""
        return self.documents - self.encoded

    @property
    def queued(self) -> int:
        """Files seen and not yet stored."""
        return self.by_state.get("queued", 0) + self.by_state.get("reading", 0)

    @property
    def failed(self) -> int:
        """Files that could not be read."""
        return self.by_state.get("failed", 0)


@dataclass(frozen=True, slots=True)
class AnswerRow:
    """A saved answer. After a `forget` that touched it, `answer` is "" and `result` empty."""

    id: int
    conversation: int
    question: str
    answer: str
    grounded: bool
    created_at: datetime
    result: Mapping[str, Any]
    forgotten: bool


@dataclass(frozen=True, slots=True)
class ConversationRow:
    """A conversation. `title` is "" until the person gives one; `question` is its first."""

    id: int
    title: str
    created_at: datetime
    last_at: datetime
    answers: int
    question: str
    lost: int  # answers of which a cited document is no longer in memory


@dataclass(frozen=True, slots=True)
class CitationRow:
    """A saved citation. Once forgotten, `path` is None, `quote` "". `present`: its document is in memory."""

    answer: int
    n: int
    document: int
    path: Path | None
    quote: str
    page: int | None
    line_start: int | None
    line_end: int | None
    message: Mapping[str, Any] | None
    date: str | None
    source_sha256: str
    forgotten: bool
    present: bool


@dataclass(frozen=True, slots=True)
class EventRow:
    """One line of the event log."""

    seq: int
    at: datetime
    kind: str
    source: int | None
    detail: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Selection:
    """What a `forget` would remove: whole sources, and single documents of sources that stay."""

    sources: tuple[int, ...] = ()
    documents: tuple[int, ...] = ()  # every document that goes, those of `sources` included
    paths: tuple[Path, ...] = ()  # of `sources`

    def __bool__(self) -> bool:
        return bool(self.sources or self.documents)


@dataclass(frozen=True, slots=True)
class Receipt:
    """What was forgotten, by hash only: no text and no path. `removed` is for words and bank."""

    at: str  # ISO 8601, UTC
    path_sha256: tuple[str, ...] = ()  # of whole sources
    content_sha256: tuple[str, ...] = ()
    text_sha256: tuple[str, ...] = ()  # of every document's text
    removed: tuple[int, ...] = ()  # ids of the documents
    answers: int = 0  # saved answers that were blanked
    still_in: int = field(default=0)  # documents of other sources that hold one of these texts

    def to_json(self) -> dict[str, Any]:
        """As one JSON object; `from_json` reads it back."""
        plain = asdict(self)
        plain["removed"] = [document_label(document) for document in self.removed]
        return {name: list(value) if isinstance(value, tuple) else value for name, value in plain.items()}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Receipt:
        """Raises ValueError if it is not a receipt; keys it does not know are left aside."""
        try:
            removed = [document_id(label) for label in value["removed"]]
            if None in removed:
                raise ValueError("a document is not named like d-000123")
            return cls(
                at=str(value["at"]),
                path_sha256=tuple(map(str, value["path_sha256"])),
                content_sha256=tuple(map(str, value["content_sha256"])),
                text_sha256=tuple(map(str, value["text_sha256"])),
                removed=tuple(document for document in removed if document is not None),
                answers=int(value["answers"]),
                still_in=int(value["still_in"]),
            )
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"not a receipt of twin forget: {error!r}") from error
