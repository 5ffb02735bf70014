"""The word index: exact words for `twin search`, stemmed words of text and context as evidence (BM25).

Two FTS5 tables over one table of texts, with the documents' ids as row ids; the standard library's SQLite.
The texts are here too: FTS5 needs a row's old words to take it out, and after a crash the catalog may not
have them. Derived from the catalog: a damaged file is made anew, and the caller adds what ids() lacks.
"""

from __future__ import annotations

import json
import math
import sqlite3
import threading
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ingest.word_queries import content_words, exact_queries, indexable, quoted, vocabulary_form

_VERSION = 1  # in PRAGMA user_version; a file of another version is made anew

Allowed = Collection[int] | NDArray[np.int64] | None

# A word is a run of letters and digits; an address, a serial number or foo_bar is found as the phrase of its
# parts. So "example.com" finds jo@example.com too, which it would not if "@" and "." were parts of words.
_SCHEMA = f"""
CREATE TABLE passages (id INTEGER PRIMARY KEY, text TEXT NOT NULL, context TEXT NOT NULL);
CREATE VIRTUAL TABLE exact USING fts5(
    text, content='passages', content_rowid='id', tokenize='unicode61 remove_diacritics 2');
CREATE VIRTUAL TABLE stemmed USING fts5(
    text, context, content='passages', content_rowid='id', tokenize='porter unicode61 remove_diacritics 2');
PRAGMA user_version = {_VERSION};
"""

# Not FTS5's own "ORDER BY rank": that sorts all that match, whatever the limit (44 ms against 30 for 46,000 matches).
K1 = 1.2  # of FTS5's BM25
LIKELY = (
    1.6  # of 64 results the last is worth so many times the word that 64 hold; wrong guesses cost, and 1.6 costs least
)
_PRUNED_FROM = 20_000  # passages; below, scoring everything takes a millisecond or two
_BEST = "ORDER BY score DESC, rowid"
_CHOSEN = "FROM passages WHERE id IN (SELECT value FROM json_each(?))"


class Words:
    """One open word index. Threads may share it: searching does not wait for writing."""

    def __init__(self, path: Path) -> None:
        self._path = path
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.touch(mode=0o600)  # the log beside it gets the same mode
        try:
            self._writer = self._prepared()
        except sqlite3.OperationalError:  # locked, or no space: not the file's fault
            raise
        except sqlite3.DatabaseError:
            for suffix in ("", "-wal", "-shm"):
                path.with_name(path.name + suffix).unlink(missing_ok=True)
            path.touch(mode=0o600)
            self._writer = self._prepared()
        self._reader = self._connect()
        self._reader.execute("CREATE VIRTUAL TABLE temp.vocabulary USING fts5vocab('main', 'exact', 'row')")
        self._writing = threading.RLock()
        self._reading = threading.RLock()

    @classmethod
    def open(cls, path: Path) -> Words:
        """Open or create the index at `path`."""
        return cls(path)

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self._path, isolation_level=None, check_same_thread=False)
        try:
            # FULL: a commit is on the disk when it returns. secure_delete: freed pages are zeroed.
            for setting in ("journal_mode = WAL", "synchronous = FULL", "secure_delete = ON"):
                connection.execute(f"PRAGMA {setting}").fetchall()
        except sqlite3.DatabaseError:
            connection.close()
            raise
        return connection

    def _prepared(self) -> sqlite3.Connection:
        connection = self._connect()
        try:
            ((version,),) = connection.execute("PRAGMA user_version").fetchall()
            if version == 0:
                connection.executescript(f"BEGIN; {_SCHEMA} COMMIT;")
            elif version != _VERSION:
                raise sqlite3.DatabaseError(f"{self._path} is of version {version}")
            connection.execute("SELECT rowid FROM exact LIMIT 1").fetchall()
        except sqlite3.DatabaseError:
            connection.close()
            raise
        return connection

    def close(self) -> None:
        """Give the file free."""
        with self._writing, self._reading:
            self._reader.close()
            self._writer.close()

    @contextmanager
    def _commit(self) -> Iterator[sqlite3.Connection]:
        with self._writing:
            self._writer.execute("BEGIN IMMEDIATE")
            try:
                yield self._writer
                self._writer.execute("COMMIT")
            except BaseException:
                if self._writer.in_transaction:
                    self._writer.execute("ROLLBACK")
                raise

    def add(self, rows: Sequence[tuple[int, str, str]]) -> None:
        """Take in (id, text, context), in place of what an id may have had; durable on return."""
        latest = {number: (number, indexable(text), indexable(context)) for number, text, context in rows}
        with self._commit() as connection:
            _take_out(connection, latest)
            values = list(latest.values())
            connection.executemany("INSERT INTO passages VALUES (?, ?, ?)", values)
            connection.executemany("INSERT INTO exact(rowid, text) VALUES (?, ?)", [value[:2] for value in values])
            connection.executemany("INSERT INTO stemmed(rowid, text, context) VALUES (?, ?, ?)", values)

    def remove(self, ids: Iterable[int]) -> None:
        """Take out these ids, those not there left aside. Durable on return; see purge()."""
        with self._commit() as connection:
            _take_out(connection, ids)

    def purge(self) -> None:
        """Write the file anew, so that no byte of what was removed is left in it or in its log."""
        with self._writing, self._reading:
            for table in (
                "exact",
                "stemmed",
            ):  # one segment each: old segments hold the words of removed rows
                self._writer.execute(f"INSERT INTO {table}({table}) VALUES ('optimize')")
            self._writer.execute("VACUUM")
            self._writer.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

    def ids(self) -> NDArray[np.int64]:
        """The ids in the index, rising."""
        # Of a small table with the same row ids: the texts need not be walked.
        rows = self._read("SELECT id FROM exact_docsize ORDER BY id")
        return np.fromiter((row[0] for row in rows), dtype=np.int64, count=len(rows))

    def search(self, query: str, limit: int, allowed: Allowed = None) -> list[tuple[int, float]]:
        """(id, score) of the passages with all words of the query, best first; of any word if none has all.

        "quoted words" are a phrase, -word excludes. No input is an error.
        """
        sql = f"SELECT rowid, -bm25(exact) AS score FROM exact WHERE exact MATCH ? {_BEST}"
        for words in exact_queries(query):
            if found := self._ranked(sql, (words,), limit, allowed):
                return found
        return []

    def evidence(
        self,
        text: str,
        limit: int,
        allowed: Allowed = None,
        weights: tuple[float, float] = (1.0, 0.5),
        phrases: Sequence[str] = (),
    ) -> dict[int, float]:
        """BM25 of a question's content words, stemmed: id -> score, higher is better, best first.

        `weights` are those of text and context; `phrases` count as words of the question.
        """
        words = [quoted(word) for word in (*content_words(text), *phrases)]
        if not words:
            return {}
        found = self._without_common(words, limit, weights) if allowed is None else None
        return dict(found if found is not None else self._bm25(" OR ".join(words), limit, allowed, weights))

    def _without_common(
        self, words: Sequence[str], limit: int, weights: tuple[float, float]
    ) -> list[tuple[int, float]] | None:
        """The same best passages without scoring all that hold but the question's commonest words (MaxScore, Turtle and
        Flood 1995); None where that cannot be sure of them, or is no gain.

        No word adds more than its rarity times K1 + 1. Passages with a rarer word are scored in two queries: by those
        alone, and, where they hold a common one too, by all. What holds none is worth less than `bound`.
        """
        ((total,),) = self._read("SELECT count(*) FROM exact_docsize")
        if total < _PRUNED_FROM:
            return None
        held = {w: self._read("SELECT count(*) FROM stemmed WHERE stemmed MATCH ?", (w,))[0][0] for w in words}
        rarity = {w: max(1e-6, math.log((total - n + 0.5) / (n + 0.5))) for w, n in held.items()}
        order = sorted(words, key=lambda word: held[word])
        enough = next((w for at, w in enumerate(order) if sum(held[v] for v in order[: at + 1]) >= limit), order[-1])
        bound, common = 0.0, set[str]()
        for word in order[:0:-1]:
            if bound + (K1 + 1) * rarity[word] >= LIKELY * rarity[enough]:
                break
            bound += (K1 + 1) * rarity[word]
            common.add(word)
        if not common:
            return None
        rare = " OR ".join(w for w in words if w not in common)
        both = f"({rare}) AND ({' OR '.join(w for w in words if w in common)})"
        scores = dict(self._bm25(rare, limit, None, weights)) | dict(self._bm25(both, limit, None, weights))
        best = sorted(scores.items(), key=lambda item: (-item[1], item[0]))[:limit]
        return best if len(best) == limit and best[-1][1] > bound else None

    def _bm25(self, query: str, limit: int, allowed: Allowed, weights: tuple[float, float]) -> list[tuple[int, float]]:
        sql = f"SELECT rowid, -bm25(stemmed, ?, ?) AS score FROM stemmed WHERE stemmed MATCH ? {_BEST}"
        return self._ranked(sql, (*map(float, weights), query), limit, allowed)

    def rarity(self, text: str) -> dict[str, float]:
        """Inverse document frequency of each content word of a text, as BM25 defines it (0 or more)."""
        ((total,),) = self._read("SELECT count(*) FROM exact_docsize")
        found: dict[str, float] = {}
        for word in content_words(text):
            rows = self._read("SELECT doc FROM vocabulary WHERE term = ?", (vocabulary_form(word),))
            frequency = rows[0][0] if rows else 0
            found[word] = math.log(1 + (total - frequency + 0.5) / (frequency + 0.5))
        return found

    def has(self, word: str, allowed: Allowed = None) -> bool:
        """Whether a text or a context has a word of the same stem, among the allowed."""
        chosen = None if allowed is None else {int(number) for number in allowed}
        with self._reading:
            cursor = self._reader.execute("SELECT rowid FROM stemmed WHERE stemmed MATCH ?", (quoted(word),))
            found = any(chosen is None or number in chosen for (number,) in cursor)
            cursor.close()
        return found

    def held(self, forms: Sequence[str]) -> dict[str, int]:
        """Of words as vocabulary_form writes them, those that a text has: how many documents each."""
        rows = self._read(
            "SELECT term, doc FROM vocabulary WHERE term IN (SELECT value FROM json_each(?))", (json.dumps(forms),)
        )
        return {str(term): count for term, count in rows}

    def check(self) -> list[str]:
        """Where the index is not what its texts say, in words; [] if all is well."""
        problems: list[str] = []
        for table in ("exact", "stemmed"):
            try:
                with self._commit() as connection:
                    connection.execute(f"INSERT INTO {table}({table}, rank) VALUES ('integrity-check', 1)")
            except sqlite3.DatabaseError as error:
                problems.append(f"the word index ({table}) does not hold what it should: {error}")
        return problems

    def _read(self, sql: str, parameters: tuple[object, ...] = ()) -> list[tuple[int, ...]]:
        with self._reading:
            return self._reader.execute(sql, parameters).fetchall()

    def _ranked(
        self, sql: str, parameters: tuple[object, ...], limit: int, allowed: Allowed
    ) -> list[tuple[int, float]]:
        if allowed is None:
            with self._reading:
                return self._reader.execute(f"{sql} LIMIT ?", (*parameters, limit)).fetchall()
        chosen = allowed if isinstance(allowed, set | frozenset) else {int(number) for number in allowed}
        found: list[tuple[int, float]] = []
        with self._reading:
            cursor = self._reader.execute(sql, parameters)
            for number, score in cursor:
                if len(found) == limit:
                    break
                if number in chosen:
                    found.append((number, score))
            cursor.close()
        return found


def _take_out(connection: sqlite3.Connection, ids: Iterable[int]) -> None:
    chosen = (json.dumps([int(number) for number in ids]),)
    connection.execute(f"INSERT INTO exact(exact, rowid, text) SELECT 'delete', id, text {_CHOSEN}", chosen)
    connection.execute(
        f"INSERT INTO stemmed(stemmed, rowid, text, context) SELECT 'delete', id, text, context {_CHOSEN}",
        chosen,
    )
    connection.execute(f"DELETE {_CHOSEN}", chosen)
