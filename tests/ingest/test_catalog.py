"""The catalog on real DuckDB files: what a commit changes, what keeps its id, and what questions see."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ingest.catalog import Catalog, Mark, StoreItem, document_id, document_label
from ingest.types import Document, Message

HOUR_NS = 3_600_000_000_000


def doc(text: str, context: str = "", start: int = 0, **more: object) -> Document:
    plain = Document(
        text=text,
        context=context,
        title="A title",
        headings=("One", "Two"),
        char_start=start,
        char_end=start + len(text),
        line_start=1,
        line_end=2,
    )
    return replace(plain, **more)  # type: ignore[arg-type]


def item(path: str | Path, texts: Sequence[str | Document], sha256: str = "aa", mtime_ns: int = 0) -> StoreItem:
    documents = [text if isinstance(text, Document) else doc(text) for text in texts]
    return StoreItem(
        path=Path(path),
        kind="text",
        sha256=sha256,
        size=10,
        mtime_ns=mtime_ns,
        title="A title",
        documents=documents,
        tokens=[len(document.text) for document in documents],
    )


@pytest.fixture
def catalog(tmp_path: Path) -> Iterator[Catalog]:
    opened = Catalog.open(tmp_path / "catalog.duckdb")
    yield opened
    assert opened.check() == []
    opened.close()


def texts(catalog: Catalog) -> list[str]:
    return [row.document.text for row in catalog.documents.stream()]


def encode_all(catalog: Catalog) -> list[int]:
    ids = [row.id for row in catalog.documents.pending(10_000)]
    catalog.documents.mark_encoded(ids, [7] * len(ids))
    return ids


def test_a_document_comes_back_as_it_was_stored(catalog: Catalog) -> None:
    message = Message(author="Ana", time="2024-05-08T13:56:00", index=3)
    given = doc("Grüße 🎈\0 end", "ctx", page=4, messages=((0, message),), date="2024-05-08", line_start=None, start=5)
    given = replace(given, lines=((0, 1, 1), (8, 4, 6)))
    result = catalog.store([item("/notes/a.txt", [given])])
    ((number, _),) = result.added
    row = catalog.documents.get([number])[number]
    assert row.document == given
    assert (row.path, row.kind, row.source_sha256, row.ord) == (Path("/notes/a.txt"), "text", "aa", 0)
    assert not row.encoded
    assert row.tokens == len(given.text)
    assert document_id(document_label(number)) == number
    assert [row.document for row in catalog.documents.stream()] == [given]


def test_an_edit_changes_only_its_own_documents(catalog: Catalog) -> None:
    catalog.store([item("/n/a", ["one", "two", "three"]), item("/n/b", ["one"])])
    encoded = encode_all(catalog)
    before = {row.document.text: row.id for row in catalog.documents.of_source(1)}
    result = catalog.store([item("/n/a", ["zero", "one", doc("three", start=90)], sha256="bb")])
    assert [document.text for _, document in result.added] == ["zero"]
    assert result.removed == (before["two"],)
    assert result.kept == 2
    after = catalog.documents.of_source(1)
    assert [row.document.text for row in after] == ["zero", "one", "three"]
    assert [row.id for row in after[1:]] == [before["one"], before["three"]]
    assert [row.encoded for row in after] == [False, True, True]
    assert after[2].document.char_start == 90
    assert after[0].id > max(encoded)
    (a,) = catalog.sources.known([Path("/n/a")]).values()
    assert (a.state, a.sha256, a.documents, a.encoded) == ("stored", "bb", 3, 2)


def test_the_same_file_twice_changes_nothing(catalog: Catalog) -> None:
    twice = [item("/n/a", ["same", "same", "other"])]
    first = catalog.store(twice)
    encode_all(catalog)
    second = catalog.store(twice)
    assert (second.added, second.removed, second.kept) == ((), (), 3)
    assert [row.id for row in catalog.documents.of_source(1)] == [number for number, _ in first.added]
    (row,) = catalog.sources.all()
    assert row.state == "ready"


def test_context_is_part_of_what_was_encoded(catalog: Catalog) -> None:
    catalog.store([item("/n/a", [doc("text", "old title")])])
    result = catalog.store([item("/n/a", [doc("text", "new title")])])
    assert len(result.added) == len(result.removed) == 1


def test_states_follow_the_encoding(catalog: Catalog) -> None:
    whole = item("/n/whole", ["a", "b"], mtime_ns=HOUR_NS)
    partial = replace(item("/n/partial", ["c"], mtime_ns=2 * HOUR_NS), reason="page 3: no text in it")
    failed = replace(item("/n/failed", []), state="failed", reason="it is encrypted")
    catalog.store([whole, partial, failed])
    pending = catalog.documents.pending(10)
    assert [row.document.text for row in pending] == ["c", "a", "b"]  # the newest file first
    catalog.documents.mark_encoded([pending[0].id, pending[1].id], [5, 6])
    states = {row.path.name: row.state for row in catalog.sources.all()}
    assert states == {"whole": "stored", "partial": "partial", "failed": "failed"}
    counts = catalog.counts()
    assert (counts.sources, counts.documents, counts.encoded, counts.pending, counts.failed) == (
        3,
        3,
        2,
        1,
        1,
    )
    catalog.documents.mark_encoded([pending[2].id], [1])
    assert catalog.counts().tokens == 12
    assert catalog.counts().by_state == {"ready": 1, "partial": 1, "failed": 1}
    catalog.documents.mark_pending()
    assert catalog.counts().encoded == 0
    assert catalog.counts().by_state == {"stored": 2, "failed": 1}


def test_marks_leave_documents_alone(catalog: Catalog) -> None:
    catalog.store([item("/n/a", ["one"])])
    catalog.sources.mark([Mark(Path("/n/a"), "offline"), Mark(Path("/n/new"), "ignored", "*.new", size=3)])
    known = catalog.sources.known([Path("/n/a"), Path("/n/new"), Path("/n/none")])
    assert set(known) == {Path("/n/a"), Path("/n/new")}
    assert (known[Path("/n/a")].state, known[Path("/n/a")].size) == ("offline", 10)
    assert (known[Path("/n/new")].reason, known[Path("/n/new")].size) == ("*.new", 3)
    assert texts(catalog) == ["one"]


def test_a_rename_is_metadata_only(catalog: Catalog) -> None:
    catalog.store([item("/n/old", ["one"], sha256="11"), item("/n/there", ["two"], sha256="22")])
    encode_all(catalog)
    (old,) = catalog.sources.by_sha("11")
    ids = {row.document.text: row.id for row in catalog.documents.stream()}
    assert catalog.sources.rename(old.id, Path("/n/there")) == (ids["two"],)
    (row,) = catalog.documents.stream()
    assert (row.id, row.path, row.encoded) == (ids["one"], Path("/n/there"), True)
    assert catalog.sources.known([Path("/n/old")]) == {}


def test_removed_sources_take_their_documents(catalog: Catalog) -> None:
    catalog.store([item("/n/a", ["one", "two"]), item("/n/b", ["three"])])
    (a,) = catalog.sources.inside(Path("/n/a"))
    assert len(catalog.sources.remove([a.id])) == 2
    assert texts(catalog) == ["three"]
    assert [row.path for row in catalog.sources.all()] == [Path("/n/b")]


def test_retired_documents_are_seen_only_by_a_question_about_then(catalog: Catalog) -> None:
    first = catalog.store([item("/n/a", ["old", "both"])])
    assert catalog.documents.select() is None
    then = datetime.now(UTC)
    result = catalog.store([item("/n/a", ["new", "both"], sha256="bb")], retire=True)
    assert result.removed == ()
    old, both = (number for number, _ in first.added)
    new = result.added[0][0]
    assert texts(catalog) == ["both", "new"]
    now = catalog.documents.select()
    past = catalog.documents.select(as_of=then)
    assert now is not None
    assert past is not None
    assert now.tolist() == [both, new]
    assert past.tolist() == [old, both]
    assert catalog.documents.ids().tolist() == [old, both, new]
    assert catalog.sources.remove([1], retire=True) == ()
    assert list(catalog.sources.all()) == []
    past = catalog.documents.select(as_of=then + timedelta(0))
    assert past is not None
    assert past.tolist() == [old, both]
    catalog.store([item("/n/a", ["again"])])
    assert texts(catalog) == ["again"]


def test_questions_can_be_bounded_by_date_and_folder(catalog: Catalog) -> None:
    dated = [doc("a", date="2023-12-31"), doc("b", date="2024-05-08T13:56:00"), doc("c", date="2024-05-09")]
    noon = int(datetime(2020, 1, 2, 12).timestamp() * 1e9)
    catalog.store([item("/n/x/a", dated), item("/n/x2", ["d"], mtime_ns=noon)])
    ids = {row.document.text: row.id for row in catalog.documents.stream()}

    def chosen(**bounds: object) -> str:
        found = catalog.documents.select(**bounds)  # type: ignore[arg-type]
        assert found is not None
        assert found.dtype == "int64"
        return "".join(name for name, number in ids.items() if number in found)

    assert chosen(since="2024") == "bc"
    assert chosen(until="2024-05-08") == "abd"
    assert chosen(since="2024-05-08T13:56:01") == "c"
    assert chosen(since="2020-01-02", until="2020-01-02") == "d"
    assert chosen(folder=Path("/n/x")) == "abc"
    assert chosen(folder=Path("/n/x2")) == "d"
    assert chosen(folder=Path("/")) == "abcd"
    assert chosen(folder=Path("/n/y")) == ""
    assert chosen(folder=Path("/n/x"), since="2024-05-09") == "c"


def test_documents_of_a_time(catalog: Catalog) -> None:
    held = {"a": "2023-12-31T23:00:00", "b": "2024-01-01", "c": "2024-05-08T13:56:00", "d": "2025-05-08"}
    catalog.store([item("/n/a", [doc(text, date=date) for text, date in held.items()])])
    ids = {row.id: row.document.text for row in catalog.documents.stream()}

    def dated(*spans: tuple[str, str]) -> str:
        return "".join(ids[int(number)] for number in catalog.documents.dated(spans))

    assert dated(("2024-05-08", "2024-05-08")) == "c"
    assert dated(("05-08", "05-08")) == "cd"
    assert dated(("12-30", "01-02")) == "ab"
    assert dated(("2023-01-01", "2023-12-31"), ("2025-01-01", "2025-12-31")) == "ad"
    assert dated(("2022-01-01", "2022-12-31")) == dated() == ""
    catalog.store([item("/n/a", [doc("d", date="2025-05-08")], sha256="bb")], retire=True)
    assert dated(("05-08", "05-08")) == "d"


def test_what_follows_and_other_sources_of_a_text(catalog: Catalog) -> None:
    catalog.store([item("/n/a", ["one", "two", "three"]), item("/n/b", ["two"]), item("/n/c", ["two", "two"])])
    rows = catalog.documents.of_source(1)
    ids = [row.id for row in rows]
    behind = catalog.documents.following(rows)
    assert {number: row.id for number, row in behind.items()} == {ids[0]: ids[1], ids[1]: ids[2]}
    assert catalog.documents.following([]) == {}
    assert catalog.documents.also_in(ids[:2]) == {ids[0]: [], ids[1]: [Path("/n/b"), Path("/n/c")]}


def test_any_file_name_and_any_text_is_held(catalog: Catalog) -> None:
    paths = [Path(os.fsdecode(name)) for name in (b"/n/\xff\xfe.txt", "/n/🎈\n'\".md".encode(), b"/n/%s")]
    catalog.store([item(path, [f"text {n}", "lone \ud83d surrogate"]) for n, path in enumerate(paths)])
    assert {row.path for row in catalog.sources.all()} == set(paths)
    assert set(catalog.sources.known(paths)) == set(paths)
    assert [row.path for row in catalog.documents.stream()][::2] == paths
    assert texts(catalog)[1] == "lone \ufffd surrogate"
    catalog.store([item(paths[0], ["changed"], mtime_ns=2**62)])
    assert len(list(catalog.sources.all())) == 3


def test_answers_and_their_citations(catalog: Catalog) -> None:
    assert catalog.answers.last() is None
    assert catalog.answers.conversation() == []
    assert catalog.answers.citation(1) is None
    result = catalog.store([item("/n/a", ["one", "two"])])
    label = document_label(result.added[0][0])
    citation = {
        "n": 1,
        "document": label,
        "source": "/n/a",
        "quote": "one",
        "page": None,
        "line_start": 1,
        "line_end": 2,
        "message": {"author": "Ana", "time": None, "index": 0},
        "date": "2024",
        "source_sha256": "aa",
    }
    first = catalog.answers.save("q?", {"answer": "One.", "grounded": True, "citations": [citation]})
    second = catalog.answers.save("and?", {"answer": "No.", "grounded": False}, conversation=first.conversation)
    catalog.answers.save("else?", {"answer": "", "grounded": False})
    assert [row.id for row in catalog.answers.conversation(first.conversation)] == [first.id, second.id]
    assert catalog.answers.conversation(first.conversation)[0] == first
    last = catalog.answers.last()
    assert last is not None
    assert last.question == "else?"
    found = catalog.answers.citation(1, first.id)
    assert found is not None
    assert (found.path, found.quote, found.message, found.present) == (
        Path("/n/a"),
        "one",
        citation["message"],
        True,
    )
    catalog.sources.remove([1])
    found = catalog.answers.citation(1, first.id)
    assert found is not None
    assert (found.quote, found.present, found.forgotten) == ("one", False, False)


def test_events_are_kept_in_order(catalog: Catalog) -> None:
    numbers = [catalog.events.log("added", {"files": n}, source=n) for n in range(3)]
    tail = catalog.events.tail(2)
    assert [row.seq for row in tail] == numbers[1:]
    assert (tail[-1].kind, tail[-1].source, tail[-1].detail) == ("added", 2, {"files": 2})
