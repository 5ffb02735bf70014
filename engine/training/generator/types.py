"""What the generator gives: documents as the product encodes them, and questions with spans of evidence."""

from __future__ import annotations

from dataclasses import dataclass

Evidence = tuple[int, int, int]  # document id, start and end of the supporting sentence in that document's text


@dataclass(frozen=True, slots=True)
class GeneratedDocument:
    """One document of a memory: `context` (ends with a newline, or is empty) is encoded before `text`."""

    id: int  # its position in the memory
    context: str
    text: str  # 20 to 170 words
    kind: str  # the form: diary, chat, mail, table, ...
    date: str | None  # ISO 8601


@dataclass(frozen=True, slots=True)
class GeneratedQuestion:
    """A question; `answers`, `gold` and `evidence` are empty where the memory does not answer it.

    The first answer stands in a gold document's text; of a yes/no question, the second is yes or no.
    """

    question: str
    answers: list[str]
    gold: list[int]  # document ids, in hop order
    evidence: list[Evidence]  # one for each gold document, in the same order
    kind: str


@dataclass(frozen=True, slots=True)
class Memory:
    documents: list[GeneratedDocument]
    questions: list[GeneratedQuestion]
