"""Reading plain text: what is said of words, by a teacher's states or the model's own vectors."""

from __future__ import annotations

import json
import lzma
import random
from functools import partial
from itertools import islice
from pathlib import Path

import pytest
import torch
from few_texts import TEXTS, TINY, small_reader

from engine.answering.reading.reader import Reader, Words
from engine.training.language import Learner, Sources, Teacher, learn, lessons, own_vectors
from engine.training.samples import Maker
from engine.training.timed import Timed


@pytest.fixture(scope="module")
def words() -> Words:
    torch.set_num_threads(1)
    return Words(Maker(TINY, Path("no data")).meanings)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data")
    plain = [{"id": str(at), "text": text * 20} for at, (_, text) in enumerate(TEXTS)]
    asked = {
        "docs": [{"id": "a", "text": TEXTS[0][1]}],
        "qas": [{"q": "Which colour is the boat painted in these days?", "gold": ["a"], "a": ["green"]}],
    }
    for name, lines in (("text/plain", plain), ("qa/asked", [asked] * 9)):
        (folder / name).parent.mkdir()
        with lzma.open(folder / f"{name}.jsonl.xz", "wt", encoding="utf-8") as file:
            file.writelines(json.dumps(line) + "\n" for line in lines)
    return folder


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (("TEXTS", 4), ("ROW", 16), ("TOGETHER", 2), ("SCALED", 8)):
        monkeypatch.setattr(f"engine.training.language.{name}", value)


def test_rows_come_from_every_set(data: Path) -> None:
    rows = Sources(data).rows(random.Random(1), 60)
    assert all(8 <= len(row) <= 80 for row in rows)
    assert any(row[:2] == ["Which", "colour"] for row in rows), "a question before its paragraph"
    assert any(row[:2] == ["The", "boat"] for row in rows)
    with pytest.raises(FileNotFoundError, match="holds no text"):
        Sources(data / "elsewhere")


def test_a_folder_of_texts_that_are_too_short_is_no_source(tmp_path: Path) -> None:
    (tmp_path / "text").mkdir()
    with lzma.open(tmp_path / "text" / "short.jsonl.xz", "wt", encoding="utf-8") as file:
        file.write('{"id": "1", "text": "Milk, bread."}\n')
    with pytest.raises(FileNotFoundError, match="no text of 8 words"):
        Sources(tmp_path)


@pytest.mark.usefixtures("small")
def test_words_that_are_hidden_are_learnt_from_those_around(words: Words, data: Path, tmp_path: Path) -> None:
    width = words.meanings.table.shape[1]
    run = Timed(lambda: Learner(small_reader(words.meanings), width), tmp_path / "state", 1e-2)
    above = run.own.reader.meet.weight.clone()
    held = [run.learn(loss, 0.0) for loss in islice(lessons(words, data, None, 0), 60)]
    assert sum(held[-10:]) < 0.8 * sum(held[:10])
    assert torch.equal(run.own.reader.meet.weight, above), "what meets the question is not touched"


@pytest.mark.usefixtures("small")
def test_a_step_has_the_same_words_wherever_it_is_gone_on_with(
    words: Words, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("engine.training.language.TOGETHER", 3)

    def read(step: int, count: int) -> list[tuple[object, ...]]:
        return [loss.args for loss in islice(lessons(words, data, None, step), count) if isinstance(loss, partial)]

    whole = [(rows, drawn) for rows, _, drawn in read(0, 20)]
    assert [(rows, drawn) for rows, _, drawn in read(13, 7)] == whole[13:]
    assert len({drawn for _, drawn in whole}) == 20


@pytest.mark.usefixtures("small")
def test_a_reader_that_has_read_is_given_back(words: Words, data: Path, tmp_path: Path) -> None:
    read = learn(words, data, None, tmp_path / "state", 0.02, log=lambda line: None)
    assert isinstance(read, Reader)
    again = learn(words, Path("no texts are needed"), None, tmp_path / "state", 0.02)
    assert torch.equal(read.entry.weight, again.entry.weight)


def test_own_vectors_are_a_word_each(words: Words) -> None:
    targets = own_vectors(words.meanings)([["boat", "pier"], ["boat"]])
    assert targets.shape == (2, 2, words.meanings.table.shape[1])
    assert torch.equal(targets[0, 0], targets[1, 0])
    assert not targets[1, 1].any()


def test_a_teacher_says_a_state_for_each_word(tmp_path: Path) -> None:
    transformers = pytest.importorskip("transformers")
    (tmp_path / "vocab.txt").write_text(
        "\n".join(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "pier", "##s", "boat"])
    )
    transformers.BertTokenizerFast(str(tmp_path / "vocab.txt")).save_pretrained(tmp_path)
    shape = {
        "num_hidden_layers": 6,
        "hidden_size": 8,
        "num_attention_heads": 2,
        "intermediate_size": 8,
        "vocab_size": 8,
    }
    transformers.BertModel(transformers.BertConfig(**shape)).save_pretrained(tmp_path)
    rows = [["boat", "piers", "boat"], ["pier"]]
    teacher = Teacher(tmp_path, rows * 4)
    said = teacher(rows)
    assert said.shape == (2, 3, 16)
    assert said[0].abs().sum(-1).gt(0).all()
    assert not torch.equal(said[0, 0], said[0, 2]), "a state is of a place, not of a word"
    assert not said[1, 1:].any()
    whole = teacher(rows * 4)
    assert whole[whole.abs().sum(-1) > 0].mean(0).abs().max() < 0.05
