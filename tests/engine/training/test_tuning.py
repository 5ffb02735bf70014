"""`python -m engine.training tune` in small, and what the people it learns of are."""

from __future__ import annotations

import json
import lzma
import shutil
from pathlib import Path

import pytest
import torch
from few_texts import TINY
from small_run import write_data

from engine.answering.reading.reader import READER, Reads
from engine.answering.reading.tuned import TUNED
from engine.training import tuning
from engine.training.__main__ import main
from engine.training.quoting import read_units
from engine.training.samples import Maker, bare_words

DOCUMENTS = [
    {"id": "notes.md", "text": "The plumber is Nils Falk. He asked for 640 kronor and was gone by noon."},
    {"id": "diary.md", "text": "We saw the heron again. Ruth thinks it nests behind the mill."},
]
ASKED = [
    {"id": "q1", "q": "Who mends the pipes?", "a": ["Nils Falk"], "gold": ["notes.md"]},
    {"id": "q2", "q": "How much did the plumber want?", "a": ["640 kronor"], "gold": ["notes.md"]},
    {"id": "q3", "q": "Where does the bird have its young?", "a": ["behind the mill"], "gold": ["diary.md"]},
    {"id": "q4", "q": "What is the electrician called?", "a": [], "gold": [], "unanswerable": True},
]


@pytest.fixture
def people(tmp_path: Path) -> Path:
    path = tmp_path / "people.jsonl.xz"
    with lzma.open(path, "wt", encoding="utf-8") as file:
        file.write(json.dumps({"set": "people", "unit": "one", "docs": DOCUMENTS, "qas": ASKED}) + "\n")
    return path


def test_a_question_with_an_answer_is_drawn_twice(people: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.training.samples.TAKEN_AWAY", 0.0)
    torch.set_num_threads(1)
    found = tuning.PeopleMaker(TINY, Path("none"), tuning.WINDOWS).of_people(people)
    assert sorted(bool(sample.right) for sample in found) == [False] + [True] * 6
    said = {" ".join(s.windows[w].words[i : i + n]) for s in found for w, i, n in s.right}
    assert said == {"Nils Falk", "640 kronor", "behind the mill"}


def test_it_learns_beside_the_reader_and_goes_on(
    people: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    # samples are made here: a process that other tests have used threads in is no good parent for forked ones
    monkeypatch.setattr(
        tuning, "in_processes", lambda maker, jobs, _: [getattr(maker, name)(*own) for name, own in jobs]
    )
    monkeypatch.setattr(tuning, "prepare", lambda maker, processes: maker.of_set("squad11-train"))
    checkpoint = tmp_path / "model"
    checkpoint.mkdir()
    for name in ("config.json", "model.safetensors", "tokenizer.json", READER):
        shutil.copy(TINY / name, checkpoint)
    data = write_data(tmp_path / "sets")
    before = (checkpoint / READER).read_bytes()
    given = [
        "tune", "--data", str(data), "--to", str(checkpoint), "--out", str(tmp_path / "out"), "--people", str(people),
        "--device", "cpu", "--threads", "1",
    ]  # fmt: skip
    main([*given, "--minutes", "0.05"])
    first = (checkpoint / TUNED).read_bytes()
    assert (checkpoint / READER).read_bytes() == before
    maker = Maker(checkpoint, data)
    Reads.load(checkpoint / READER, maker.meanings)
    main([*given, "--minutes", "0.1"])
    assert (checkpoint / TUNED).read_bytes() != first
    with pytest.raises(SystemExit):
        main(["tune", "--to", str(checkpoint)])
    assert "tune needs --data DIR and --to CHECKPOINT" in capsys.readouterr().err


def test_what_it_learns_of_says_what_it_is_asked() -> None:
    """Every answer stands in a document that it is said to stand in; no question comes twice in a memory."""
    files = tuning.shipped()
    assert files
    questions = 0
    for path in files:
        for unit, asked in read_units(path, tuning.ALL):
            texts = {document["id"]: " ".join(bare_words(document["text"])) for document in unit["docs"]}
            assert len({qa["q"] for qa in asked}) == len(asked)
            for qa in asked:
                questions += 1
                if qa.get("unanswerable"):
                    continue
                answers = [" ".join(bare_words(answer)) for answer in qa["a"]]
                assert any(answer in texts[gold] for answer in answers for gold in qa["gold"]), qa["q"]
    assert questions > 5000
