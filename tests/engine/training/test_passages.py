"""Preparing sets: what is missing is left out, gold stays with its document, passages keep title and heading."""

from __future__ import annotations

from pathlib import Path

import pytest
from small_run import COLOURS, boat_text, groups, key_text, write_data, write_set

from engine.training.passages import GROUP, WORDS, pieces, prepare

SETS = {"hotpotqa-train", "notes", "squad11-train", "wikipedia-passages"}


@pytest.fixture
def prepared(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    prepare(write_data(tmp_path / "sets"), tmp_path / "data", seed=1)
    capsys.readouterr()
    return tmp_path / "data"


def test_missing_sets_are_told_and_left_out(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    prepare(write_data(tmp_path / "sets"), tmp_path / "data")
    told = capsys.readouterr()
    assert not told.out
    assert f"{tmp_path / 'sets' / 'text' / 'books.jsonl.xz'} is missing" in told.err
    assert f"{tmp_path / 'sets' / 'qa' / 'qamr.jsonl.xz'} is missing" in told.err
    assert not any(f"{name}.jsonl.xz" in told.err for name in SETS)
    assert {path.name for path in (tmp_path / "data").iterdir()} == {f"{name}.jsonl" for name in SETS}


def test_no_set_at_all_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "sets").mkdir()
    with pytest.raises(FileNotFoundError, match=r"none of the sets.*training\.md"):
        prepare(tmp_path / "sets", tmp_path / "data")
    assert not (tmp_path / "data").exists()


def test_what_is_prepared_is_kept(prepared: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = {path: (path.stat().st_mtime_ns, path.read_bytes()) for path in prepared.iterdir()}
    for path in (tmp_path / "sets").rglob("*.xz"):
        path.unlink()
    write_set(tmp_path / "sets" / "text" / "mail.jsonl.xz", [{"id": "m", "text": "A mail of a dozen words. " * 6}])
    prepare(tmp_path / "sets", prepared, seed=2)
    assert {path: (path.stat().st_mtime_ns, path.read_bytes()) for path in before} == before
    assert len(groups(prepared, "mail")) == 1
    assert "notes" not in capsys.readouterr().err


def test_the_seed_decides(tmp_path: Path) -> None:
    write_data(tmp_path / "sets")
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        prepare(tmp_path / "sets", tmp_path / name, seed=seed)
    first, again, other = ((tmp_path / name / "notes.jsonl").read_bytes() for name in "abc")
    assert first == again != other


def test_gold_is_the_document_with_the_answer(prepared: Path) -> None:
    asked = set()
    for group in groups(prepared, "squad11-train"):
        assert 0 < len(group["documents"]) <= GROUP
        for question, gold in group["questions"]:
            number = int(question.rstrip("?").split()[-1])
            assert len(gold) == 1
            context, text = group["documents"][gold[0]]
            assert context == f"Room {number}\n"
            assert key_text(number).rpartition(". The")[2] in text  # the long ones are cut around it
            assert not text.startswith("Room")
            assert len(text.split()) <= 1.3 * WORDS
            asked.add(number)
    assert asked == set(range(60))  # and nobody asked who owns the moon


def test_chains_keep_both_documents_in_order(prepared: Path) -> None:
    found = groups(prepared, "hotpotqa-train")
    assert len(found) == 6
    for n, group in enumerate(found):
        [[question, gold]] = group["questions"]
        assert question.endswith(f"room {n}?")
        assert [group["documents"][g][1] for g in gold] == [key_text(n), boat_text(n)]
        assert COLOURS[n] in group["documents"][gold[-1]][1]
        assert len(group["documents"]) == 4


def test_plain_text_becomes_neighbouring_passages(prepared: Path) -> None:
    found = groups(prepared, "notes")
    assert len(found) == 8
    for group in found:
        assert group["questions"] == []
        contexts = [context for context, _ in group["documents"]]
        title = contexts[0].partition(" > ")[0]
        assert title.startswith("cellar of ")
        assert set(contexts) == {f"{title} > Tools and Keys\n", f"{title} > Boats\n"}
        number = int(title.removeprefix("cellar of "))
        text = "\n\n".join(text for _, text in group["documents"])
        assert [text.count(key_text(40 + 10 * number + i)) for i in range(6)] == [1] * 6
        assert "#" not in text


def test_wikipedia_passages_stand_alone(prepared: Path) -> None:
    found = groups(prepared, "wikipedia-passages")
    assert sorted(len(group["documents"]) for group in found) == [4, GROUP]
    titles = {context for group in found for context, _ in group["documents"]}
    assert titles == {f"Harbour {n}\n" for n in range(20)}


def test_pieces_lose_no_words() -> None:
    sentences = [f"Sentence number {n} of this text says rather little." for n in range(90)]
    cut = list(pieces(" ".join(sentences), 50))
    assert " ".join(cut).split() == " ".join(sentences).split()
    assert max(len(piece.split()) for piece in cut) <= 50
    assert all(piece.endswith(".") for piece in cut)
    assert list(pieces("short enough", 50)) == ["short enough"]
