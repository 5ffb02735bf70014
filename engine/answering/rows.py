"""Rows of the tables that are open, of which a question asks: by its times, and by what else it names."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from engine.answering.evidence.sentences import Scored
from engine.answering.files import Files, Told
from engine.answering.questions.question import Question
from engine.answering.quote import Quoted, shown
from engine.answering.texts.tables import Row, Table, tables_of, time_of
from engine.answering.words.related import known
from engine.answering.words.stems import stems_of

SURE = 0.6  # that this table is meant


def tables_in(files: Files) -> Iterator[Table]:
    seen = set[tuple[str, str | None]]()
    for part in files.passages.values():
        if (part.title, part.date) not in seen and tables_of([part]):
            seen.add((part.title, part.date))
            yield from tables_of(files.of(part))


def rows_of(question: Question, table: Table, others: frozenset[str]) -> list[int]:
    """The rows of which is asked: of the times that are named, and with all that neither title nor columns have."""
    chosen = list(range(len(table.rows)))
    if question.times and table.days is not None:
        has_year = any(len(time.first) == 10 for time, _ in question.times) and not question.timed(table.context)
        times = [time_of(row.cells.get(table.days, "")) for row in table.rows]
        if has_year and any(time is not None and len(time.first) < 10 for time in times):
            return []
        chosen = [
            at for at in chosen if (own := times[at]) is not None and any(t.covers(own) for t, _ in question.times)
        ]
    elif question.times and not question.timed(table.context):
        return []
    if not others:
        return chosen
    return [at for at in chosen if others <= known(stems_of(" ".join(table.rows[at].cells.values())), others)]


def has(column: str, stems: Iterable[str]) -> bool:
    return not frozenset(stems).isdisjoint(stems_of(column))


def rows_told(rows: Sequence[Row], short: str, sure: float = SURE) -> Told:
    lines = [Scored(row.passage.document, row.start, row.end, row.text, sure, frozenset(), frozenset()) for row in rows]
    return Told(Quoted(tuple(lines), sure, tuple(shown(lines)), is_whole=True), short)
