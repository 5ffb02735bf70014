"""Forgetting on real files, looked for in the raw bytes; and the process killed between every two steps."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from ingest.catalog import Catalog, Receipt, StoreItem, document_label
from ingest.types import Document

ROOT = Path(__file__).parents[2]
MARKER = "xyzzy-marker-7731"


def doc(text: str, date: str | None = None, context: str = "") -> Document:
    return Document(text, context, "Title", (), 0, len(text), date=date)


def item(path: str, documents: Sequence[Document], sha256: str = "aa") -> StoreItem:
    return StoreItem(Path(path), "text", sha256, 10, 0, "Title", documents, [5] * len(documents))


def plain(directory: Path) -> Catalog:
    return Catalog.open(directory / "catalog.duckdb", compression="uncompressed")


def files_with(directory: Path, marker: str) -> list[str]:
    return [path.name for path in directory.rglob("*") if path.is_file() and marker.encode() in path.read_bytes()]


def answer_from(document: int, quote: str) -> dict[str, object]:
    citation = {"n": 1, "document": document_label(document), "source": "/n/secret", "quote": quote}
    return {"answer": f"It says {quote}", "grounded": True, "citations": [citation]}


def test_no_byte_of_a_forgotten_file_is_left(tmp_path: Path) -> None:
    catalog = plain(tmp_path)
    filler = [doc(f"filler {n} " * 30) for n in range(300)]
    catalog.store([item("/n/secret", [doc(f"old {MARKER}"), doc("b")], "99"), item("/n/rest", filler, "55")])
    result = catalog.store([item("/n/secret", [doc(f"new {MARKER}", context=MARKER)], "11")])
    number = result.added[0][0]
    cited = catalog.answers.save("q?", answer_from(number, MARKER))
    near = {"answer": "", "nearest": [{"document": document_label(number), "quote": MARKER}]}
    catalog.answers.save("near?", near)
    opened = {"answer": MARKER, "hops": [{"opened": [document_label(number)]}]}
    catalog.answers.save("opened?", opened)
    other = catalog.answers.save("other?", {"answer": "left alone", "grounded": False})
    (secret,) = catalog.sources.inside(Path("/n/secret"))
    catalog.events.log("added", {"documents": 1}, source=secret.id)
    catalog.close()
    assert files_with(tmp_path, MARKER) == ["catalog.duckdb"]

    catalog = plain(tmp_path)
    selection = catalog.forgetting.choose(sources=[secret.id])
    assert (selection.paths, selection.documents) == ((Path("/n/secret"),), (number,))
    receipt = catalog.forgetting.forget(selection)
    assert catalog.forgetting.rewrite_due
    assert catalog.forgetting.remaining(receipt) != []
    catalog.rewrite()
    assert not catalog.forgetting.rewrite_due
    assert catalog.forgetting.remaining(receipt) == []
    assert (receipt.removed, receipt.answers, receipt.content_sha256) == ((number,), 3, ("11",))
    assert Receipt.from_json(json.loads(json.dumps(receipt.to_json()))) == receipt
    assert files_with(tmp_path, MARKER) == []  # while it is open, the log included
    assert files_with(tmp_path, "/n/secret") == []
    assert files_with(tmp_path, "filler 299") == ["catalog.duckdb"]

    citation = catalog.answers.citation(1, cited.id)
    assert citation is not None
    assert (citation.forgotten, citation.quote, citation.path) == (True, "", None)
    conversation = catalog.answers.conversation(cited.conversation)
    assert [(row.question, row.answer, row.result) for row in conversation] == [("q?", "", {})]
    assert catalog.answers.last() == other
    assert catalog.events.tail(9) == []
    assert catalog.counts().documents == 300
    assert catalog.check() == []
    catalog.close()
    assert files_with(tmp_path, MARKER) == []


def test_what_was_forgotten_is_known_by_path_and_content(tmp_path: Path) -> None:
    catalog = plain(tmp_path)
    catalog.store([item("/n/a", [doc("one")], "11"), item("/n/b", [doc("two")], "22")])
    catalog.forgetting.forget(catalog.forgetting.choose(sources=[1]))
    assert catalog.forgetting.forgotten([Path("/n/a"), Path("/n/b")]) == {Path("/n/a")}
    assert catalog.forgetting.forgotten_content("11")
    assert not catalog.forgetting.forgotten_content("22")
    assert not catalog.forgetting.forgotten_content("")
    catalog.rewrite()
    assert catalog.forgetting.forgotten_content("11")
    catalog.forgetting.lift([Path("/n/a")])
    assert not catalog.forgetting.forgotten_content("11")
    assert catalog.forgetting.forgotten([Path("/n/a")]) == frozenset()
    catalog.close()


def test_a_forgotten_passage_is_left_out_when_its_file_is_read_again(tmp_path: Path) -> None:
    catalog = plain(tmp_path)
    documents = [doc("one"), doc(MARKER), doc("three"), doc(MARKER)]
    result = catalog.store([item("/n/a", documents), item("/n/b", [doc(MARKER)])])
    selection = catalog.forgetting.choose(documents=[result.added[1][0]])
    assert selection.sources == ()
    assert selection.documents == (result.added[1][0], result.added[3][0])  # both copies in this file
    receipt = catalog.forgetting.forget(selection)
    assert receipt.still_in == 1
    catalog.rewrite()
    assert any("/n/b holds the same text" in line for line in catalog.forgetting.remaining(receipt))
    again = catalog.store([item("/n/a", [doc("zero"), *documents], "bb")])
    assert [document.text for _, document in again.added] == ["zero"]
    assert again.kept == 2
    again = catalog.store([item("/n/a", documents, "cc")], again=True)
    assert [document.text for _, document in again.added] == [MARKER, MARKER]
    assert catalog.check() == []
    catalog.close()


def test_forgetting_before_a_date_takes_emptied_files_whole(tmp_path: Path) -> None:
    catalog = plain(tmp_path)
    old, new = "2019-05-01T10:00:00", "2021-01-01"
    catalog.store(
        [
            item("/n/mixed", [doc("a", old), doc("b", new)], "11"),
            item("/n/old", [doc("c", old), doc("d", "2020")], "22"),
            item("/n/new", [doc("e", new)], "33"),
        ]
    )
    selection = catalog.forgetting.choose(before="2021-01-01")
    assert selection.paths == (Path("/n/old"),)
    assert len(selection.documents) == 3
    receipt = catalog.forgetting.forget(selection)
    assert len(receipt.removed) == 3
    assert [row.document.text for row in catalog.documents.stream()] == ["b", "e"]
    assert not catalog.forgetting.choose(before="2021-01-01")
    catalog.close()


def test_a_retired_version_is_forgotten_with_its_file(tmp_path: Path) -> None:
    catalog = plain(tmp_path)
    catalog.store([item("/n/a", [doc(f"old {MARKER}")])])
    catalog.store([item("/n/a", [doc("new")])], retire=True)
    receipt = catalog.forgetting.forget(catalog.forgetting.choose(sources=[1]))
    assert len(receipt.removed) == 2
    catalog.rewrite()
    assert files_with(tmp_path, MARKER) == []
    catalog.close()


def test_answers_from_an_older_version_or_a_vanished_file_are_forgotten_too(tmp_path: Path) -> None:
    catalog = plain(tmp_path)
    result = catalog.store([item("/n/secret", [doc(f"old {MARKER}"), doc("b")]), item("/n/rest", [doc("rest")])])
    saved = catalog.answers.save("q?", answer_from(result.added[0][0], MARKER))
    other = catalog.answers.save("r?", answer_from(result.added[2][0], "rest"))
    (secret,) = catalog.sources.inside(Path("/n/secret"))
    catalog.store([item("/n/secret", [doc("b")], "bb")])  # an edit: the cited document leaves
    catalog.sources.rename(secret.id, Path("/n/moved"))
    catalog.sources.remove([secret.id])
    assert catalog.sources.inside(Path("/n/moved")) == []
    (gone,) = catalog.sources.inside(Path("/n/moved"), gone=True)
    receipt = catalog.forgetting.forget(catalog.forgetting.choose(sources=[gone.id]))
    assert receipt.answers == 1
    catalog.rewrite()
    assert files_with(tmp_path, MARKER) == []
    assert catalog.answers.conversation(saved.conversation)[0].forgotten
    assert catalog.answers.last() == other
    assert catalog.sources.inside(Path("/n/moved"), gone=True) == []
    catalog.close()


def test_what_a_later_message_repeats_of_a_forgotten_one_goes_too(tmp_path: Path) -> None:
    first = f"{MARKER} is\nwhat I said at some length"
    notes = [
        "",
        f"Chat, Ben:\n(before: Ana: {MARKER} is what I said…)\n",
        "Chat, Ana:\n(before: Ben: well)\n",
    ]
    chat = [doc(first, context=notes[0]), doc("well", context=notes[1]), doc("good", context=notes[2])]
    catalog = plain(tmp_path)
    result = catalog.store([item("/n/chat", chat)])
    ids = [number for number, _ in result.added]
    catalog.documents.mark_encoded(ids, [5, 5, 5])
    receipt = catalog.forgetting.forget(catalog.forgetting.choose(documents=ids[:1]))
    assert receipt.removed == (ids[0], ids[1])
    rows = catalog.documents.of_source(1)
    assert [row.document.text for row in rows] == ["well", "good"]
    assert [row.document.context for row in rows] == ["Chat, Ben:\n", notes[2]]
    assert rows[0].id > ids[2]
    assert [row.encoded for row in rows] == [False, True]
    assert catalog.check() == []
    catalog.rewrite()
    assert files_with(tmp_path, MARKER) == []
    assert catalog.forgetting.remaining(receipt) == []
    again = catalog.store([item("/n/chat", chat, "bb")])
    assert (again.added, again.kept) == ((), 2)
    assert files_with(tmp_path, MARKER) == []
    catalog.close()


def test_a_receipt_that_is_none_is_refused() -> None:
    for value in ({}, {"removed": ["x"]}, {"removed": 3}):
        with pytest.raises(ValueError, match="not"):
            Receipt.from_json(value)


CHILD = """
import os, signal, sys
from pathlib import Path
from ingest.catalog import Catalog, StoreItem
from ingest.types import Document

def die(step):
    if step == sys.argv[2]:
        os.kill(os.getpid(), signal.SIGKILL)

def item(path, texts, sha256):
    documents = [Document(t, "", "Title", (), 0, len(t)) for t in texts]
    return StoreItem(Path(path), "text", sha256, 10, 0, "Title", documents, [5] * len(documents))

catalog = Catalog.open(Path(sys.argv[1]), compression="uncompressed", fault=die)
match sys.argv[2].split(":")[0]:
    case "store": catalog.store([item("/n/secret", ["new"], "bb"), item("/n/more", ["more"], "cc")])
    case "encoded": catalog.documents.mark_encoded([1, 2], [5, 5])
    case "rename": catalog.sources.rename(1, Path("/n/renamed"))
    case "remove": catalog.sources.remove([1])
    case "answer": catalog.answers.save("q?", {"answer": "a", "grounded": True})
    case "forget": catalog.forgetting.forget(catalog.forgetting.choose(sources=[1]))
    case "rewrite":
        catalog.forgetting.forget(catalog.forgetting.choose(sources=[1]))
        catalog.rewrite()
"""
OLD = ["keep", f"old {MARKER}"]


def kill_at(directory: Path, step: str) -> Catalog:
    catalog = plain(directory)
    catalog.store([item("/n/secret", [doc(text) for text in OLD]), item("/n/rest", [doc("rest")], "dd")])
    catalog.close()
    command = [sys.executable, "-c", CHILD, str(directory / "catalog.duckdb"), step]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert done.returncode == -signal.SIGKILL, done.stderr
    reopened = plain(directory)
    assert reopened.check() == []
    assert "rest" in texts(reopened)
    return reopened


def texts(catalog: Catalog) -> list[str]:
    return [row.document.text for row in catalog.documents.stream()]


@pytest.mark.parametrize("step", ["store: written", "encoded: written", "rename: written", "remove: written"])
def test_killed_before_a_commit_nothing_has_changed(tmp_path: Path, step: str) -> None:
    catalog = kill_at(tmp_path, step)
    assert texts(catalog) == [*OLD, "rest"]
    assert [row.path.name for row in catalog.sources.all()] == ["rest", "secret"]
    assert catalog.counts().encoded == 0
    result = catalog.store([item("/n/next", [doc("next")])])
    assert result.added[0][0] > max(row.id for row in catalog.documents.of_source(2))
    catalog.close()


def test_killed_before_an_answer_is_saved_there_is_none(tmp_path: Path) -> None:
    catalog = kill_at(tmp_path, "answer: written")
    assert catalog.answers.last() is None
    assert catalog.answers.conversation() == []
    catalog.close()


def test_killed_after_a_commit_all_of_it_is_there(tmp_path: Path) -> None:
    catalog = kill_at(tmp_path / "stored", "store: committed")
    assert sorted(texts(catalog)) == ["more", "new", "rest"]
    catalog.close()
    catalog = kill_at(tmp_path / "encoded", "encoded: committed")
    assert catalog.counts().encoded == 2
    assert catalog.counts().by_state == {"ready": 1, "stored": 1}
    catalog.close()


def test_killed_before_forgetting_is_committed_nothing_is_forgotten(tmp_path: Path) -> None:
    catalog = kill_at(tmp_path, "forget: written")
    assert texts(catalog) == [*OLD, "rest"]
    assert not catalog.forgetting.rewrite_due
    catalog.close()


@pytest.mark.parametrize(
    "step",
    [
        "forget: committed",
        "rewrite: copied",
        "rewrite: flushed",
        "rewrite: closed",
        "rewrite: replaced",
    ],
)
def test_killed_while_forgetting_the_next_start_can_end_it(tmp_path: Path, step: str) -> None:
    catalog = kill_at(tmp_path, step)
    assert texts(catalog) == ["rest"]
    assert catalog.forgetting.rewrite_due == (step != "rewrite: replaced")
    if catalog.forgetting.rewrite_due:
        catalog.rewrite()
    assert not catalog.forgetting.rewrite_due
    assert files_with(tmp_path, MARKER) == []
    assert sorted(path.name for path in tmp_path.iterdir()) == ["catalog.duckdb"]
    assert catalog.forgetting.forgotten([Path("/n/secret")])
    catalog.close()
