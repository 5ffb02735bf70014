"""What every command prints, of one memory of real files: keys and types, verbatim quotes, places, exit codes."""

from __future__ import annotations

import json
import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from owners import ROOT, client, twin
from real_memory import Json, lines

FILES = (
    *("notes/car.md", "notes/allotment.txt", "mail/2024-01-22-rent.eml", "web/villa-ekudden.html"),
    *("papers/invoice-hallbergs-2025-0071.pdf", "chats/WhatsApp Chat with Daniel Okafor.txt", "diary/2024-08-10.md"),
)
QUESTION = "What is the plate of the car?"
TEXT_KINDS = ("markdown", "text")
PLACE = {
    "document": str, "source": str, "kind": str, "title": str, "page": (int, type(None)),
    "line_start": (int, type(None)), "line_end": (int, type(None)), "message": (dict, type(None)), "also_in": list,
    "date": (str, type(None)), "quote": str, "score": float, "source_sha256": str, "state": str, "n": int,
}  # fmt: skip
ANSWER = {
    "schema": int, "question": str, "answer": str, "grounded": bool, "citations": list, "nearest": list,
    "hops": list, "coverage": dict, "model": str, "timings_ms": dict,
}  # fmt: skip
DOCUMENT = {
    "document": str, "source": str, "text": str, "context": str, "encoded": bool, "title": str,
    "page": (int, type(None)), "line_start": (int, type(None)), "line_end": (int, type(None)),
    "message": (dict, type(None)), "date": str,
}  # fmt: skip
SOURCE = {"source": str, "kind": str, "state": str, "reason": str, "documents": int, "sha256": str}
STATUS = {
    "documents": int, "sources": int, "tokens": int, "bytes_on_disk": int, "queued": int, "failed": int,
    "model": str, "owner_pid": int, "watching": list,
}  # fmt: skip


@pytest.fixture(scope="module")
def memory() -> Iterator[Path]:
    """A home with a few of the samples in it, served by one owner for all tests here; none of them changes it."""
    folder = Path(tempfile.mkdtemp(prefix="tw", dir="/tmp"))
    home, files = folder / "home", folder / "files"
    for name in FILES:
        (files / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / "samples" / name, files / name)
    shutil.copy(files / "notes/car.md", files / "car again.md")
    runtime = os.environ.get("XDG_RUNTIME_DIR")
    os.environ["XDG_RUNTIME_DIR"] = str(folder)  # not that of the first test, which goes with it
    added = twin(home, "--json", "add", str(files))
    assert added.returncode == 0, added.stderr
    if runtime is not None:
        os.environ["XDG_RUNTIME_DIR"] = runtime
    assert json.loads(added.stdout)["read"] == len(FILES) + 1
    yield home
    client(home).stop()
    shutil.rmtree(folder)


def has(record: Json, wanted: dict[str, Any]) -> None:
    for key, kind in wanted.items():
        assert isinstance(record[key], kind), f"{key}: {record[key]!r}"


def texts(memory: Path) -> dict[str, Json]:
    return {document["document"]: document for document in lines(memory, "documents")}


def test_documents_and_sources(memory: Path) -> None:
    documents, sources = lines(memory, "documents"), lines(memory, "sources")
    assert len(sources) == len(FILES) + 1
    for source in sources:
        has(source, SOURCE)
        assert (source["state"], source["reason"]) == ("ready", "")
        assert source["documents"] == sum(document["source"] == source["source"] for document in documents) > 0
    kinds = {source["source"]: source["kind"] for source in sources}
    assert set(kinds.values()) == {"markdown", "text", "pdf", "html", "mail", "whatsapp"}
    for document in documents:
        has(document, DOCUMENT)
        assert document["encoded"]
        if (kind := kinds[document["source"]]) in TEXT_KINDS:
            latin = document["source"].endswith("allotment.txt")
            whole = Path(document["source"]).read_bytes().decode("latin-1" if latin else "utf-8")
            assert document["text"] in whole
            first = whole.split("\n")[document["line_start"] - 1 : document["line_end"]]
            assert document["text"].split("\n")[0] in first[0]
        assert (document["page"] is not None) == (kind == "pdf")
        assert (document["message"] is not None) == (kind in ("mail", "whatsapp"))
        if document["message"]:
            has(document["message"], {"author": str, "index": int, "time": (str, type(None))})


def check_answer(found: Json, documents: dict[str, Json], top: int) -> None:
    has(found, ANSWER)
    has(found["coverage"], dict.fromkeys(("documents", "searched", "unreadable"), int))
    has(found["timings_ms"], dict.fromkeys(("route", "read", "generate", "total"), int))
    assert found["schema"] == 1
    assert bool(found["citations"]) == found["grounded"]
    assert not (found["grounded"] and found["nearest"])
    quotes = [cited["quote"] for cited in found["citations"] + found["nearest"]]
    assert len(set(quotes)) == len(quotes), "a copy of a file is no second source"
    for number, cited in enumerate(found["citations"] + found["nearest"], 1):
        has(cited, PLACE)
        assert cited["n"] == number
        assert cited["quote"]
        assert cited["quote"] in documents[cited["document"]]["text"]
        assert cited["source"] == documents[cited["document"]]["source"]
        assert cited["state"] == "unchanged"
    for number, hop in enumerate(found["hops"], 1):
        assert hop["n"] == number
        assert isinstance(hop["reason"], str)
        assert len(hop["routed"]) >= min(top, found["coverage"]["searched"])
        assert len(set(hop["routed"])) == len(hop["routed"])
        assert set(hop["opened"]) <= set(documents)


@pytest.mark.parametrize("retrieval", ["latent", "words", "both"])
def test_ask(memory: Path, retrieval: str) -> None:
    documents = texts(memory)
    done = twin(memory, "--json", "ask", QUESTION, "--retrieval", retrieval, "--top", "12", "--no-save")
    found = json.loads(done.stdout)
    assert done.returncode == (0 if found["grounded"] else 4), done.stderr
    check_answer(found, documents, 12 if retrieval != "words" else 1)
    assert found["hops"]
    if retrieval != "latent":
        assert any("car" in documents[name]["source"] for name in found["hops"][0]["routed"][:3])


def test_ask_in_since_and_until(memory: Path, tmp_path: Path) -> None:
    documents = texts(memory)

    def routed(*options: str) -> set[str]:
        done = twin(memory, "--json", "ask", QUESTION, "--no-save", "--top", "50", *options)
        assert done.returncode in (0, 4), done.stderr
        found = json.loads(done.stdout)
        assert found["coverage"]["searched"] <= len(documents)
        return {name for hop in found["hops"] for name in hop["routed"]}

    notes = next(Path(d["source"]).parent for d in documents.values() if d["source"].endswith("allotment.txt"))
    inside = routed("--in", str(notes))
    assert inside
    assert {Path(documents[name]["source"]).parent for name in inside} == {notes}
    assert not routed("--in", str(tmp_path))
    dates = sorted(document["date"] for document in documents.values())
    early = routed("--until", dates[len(dates) // 2][:10])
    late = routed("--since", dates[len(dates) // 2][:10])
    assert early
    assert all(documents[name]["date"][:10] <= dates[len(dates) // 2][:10] for name in early)
    assert late
    assert all(documents[name]["date"][:10] >= dates[len(dates) // 2][:10] for name in late)
    assert not routed("--as-of", "2001-01-01")


def test_questions_of_a_file(memory: Path, tmp_path: Path) -> None:
    file = tmp_path / "questions.jsonl"
    asked: list[Json] = [
        {"id": "a", "question": QUESTION},
        {"id": 7, "question": "Who sang the tide queries in Kungälv?"},
    ]
    file.write_text("".join(json.dumps(question) + "\n" for question in asked))
    documents, found = texts(memory), lines(memory, "ask", "--questions", str(file))
    assert [(item["id"], item["question"]) for item in found] == [(q["id"], q["question"]) for q in asked]
    for item in found:
        check_answer(item, documents, 10)


def test_search(memory: Path) -> None:
    documents, found = texts(memory), lines(memory, "search", "Storm Petrel")
    assert {Path(passage["source"]).name for passage in found} == {"car.md", "car again.md"}
    for passage in found:
        has(passage, PLACE)
        assert passage["quote"] in documents[passage["document"]]["text"]
        assert "Storm Petrel" in passage["quote"]
        assert "Storm Petrel" in Path(passage["source"]).read_text().split("\n")[passage["line_start"] - 1]
        assert len(passage["also_in"]) == 1
    assert lines(memory, "search", "xylographisch") == []


def test_show_open_and_going_on(memory: Path, tmp_path: Path) -> None:
    done = twin(memory, "--json", "ask", QUESTION)
    if done.returncode == 4:
        pytest.fail("the checkpoint grounds no answer to a plain question")
    cited = json.loads(done.stdout)["citations"][0]
    (shown,) = lines(memory, "show", "1")
    has(shown, DOCUMENT)
    assert (shown["document"], shown["quote"]) == (cited["document"], cited["quote"])
    assert (shown["line_start"], shown["page"]) == (cited["line_start"], cited["page"])
    (named,) = lines(memory, "show", cited["document"])
    assert named["text"] == shown["text"]
    missing = twin(memory, "show", "99")
    assert (missing.returncode, missing.stdout) == (1, "")

    opener, opened = tmp_path / "opener", tmp_path / "opened"
    opener.write_text(f'#!/bin/sh\nprintf "%s\\n" "$@" > "{opened}"\n')
    opener.chmod(opener.stat().st_mode | stat.S_IXUSR)
    assert twin(memory, "config", "set", "opener", f"{opener} {{path}} {{line}}").returncode == 0
    assert twin(memory, "open", "1").returncode == 0
    assert opened.read_text().splitlines() == [cited["source"], str(cited["line_start"] or 1)]

    again = json.loads(twin(memory, "--json", "ask", "-c", "And its colour?").stdout)
    assert again["question"] == "And its colour?"
    check_answer(again, texts(memory), 10)


def test_status_verify_and_dry_run(memory: Path, tmp_path: Path) -> None:
    (status,) = lines(memory, "status")
    has(status, STATUS)
    assert (status["documents"], status["queued"], status["failed"]) == (len(texts(memory)), 0, 0)
    assert status["tokens"] > 0
    assert lines(memory, "verify") == [{"ok": True, "problems": []}]
    assert [path for path in [memory, *memory.rglob("*")] if path.lstat().st_mode & 0o077] == [], "nobody else's"
    (tmp_path / "new.md").write_text("A new note about the zyzzyva.\n")
    (tmp_path / "empty.md").write_text("")
    (plan,) = lines(memory, "add", "--dry-run", str(tmp_path))
    assert [Path(file["path"]).name for file in plan["would_read"]] == ["new.md"]
    assert [(Path(file["path"]).name, file["rule"]) for file in plan["ignored"]] == [("empty.md", "empty file")]
    assert lines(memory, "search", "zyzzyva") == []


def test_a_flag_does_not_change_the_model_of_a_memory(memory: Path) -> None:
    for arguments in (("ask", QUESTION), ("add", str(ROOT / "samples/notes/health.md"))):
        done = twin(memory, "--model", "other", *arguments)
        assert (done.returncode, done.stdout) == (1, "")
        assert "twin model use other" in done.stderr
    assert lines(memory, "status")[0]["queued"] == 0


def test_an_empty_memory_grounds_nothing(home: Path) -> None:
    assert lines(home, "verify") == [{"ok": True, "problems": []}]
    done = twin(home, "--json", "ask", "Who am I?")
    found = json.loads(done.stdout)
    assert (done.returncode, found["grounded"], found["citations"], found["nearest"]) == (4, False, [], [])
    assert found["coverage"] == {"documents": 0, "searched": 0, "unreadable": 0}
    assert "Memory is empty: `twin add FOLDER`" in twin(home, "ask", "Who am I?").stdout
    assert lines(home, "documents") == lines(home, "sources") == []
    assert twin(home, "add", str(home / "none")).returncode == 1
    assert twin(home, "forget", str(home / "none"), "--yes").returncode == 1
