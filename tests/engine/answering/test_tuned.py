"""What a reader learnt of people's files: changes kept apart from it, put on when it is loaded."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

import engine
from engine.answering.evidence.meaning import Meanings
from engine.answering.evidence.sentences import score_sentences, term_weights
from engine.answering.questions.question import Question
from engine.answering.reading.reader import READER, Reader, Reads
from engine.answering.reading.tuned import RANK, TUNED, tunable, write_changes
from engine.answering.reading.windows import asked_of, window_of
from engine.config import ConfigError
from engine.library import Passage
from engine.session import fingerprint
from engine.tokenizer import MemoryTokenizer
from engine.training.quoting import spans
from engine.weights import load

TINY = Path(engine.__path__[0]) / "checkpoints" / "twin-tiny"


@pytest.fixture(scope="module")
def meanings() -> Meanings:
    return Meanings(load(TINY, device="cpu", dtype=torch.float32), MemoryTokenizer(TINY / "tokenizer.json"))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the reader alone."""
    shutil.copy(TINY / READER, tmp_path)
    return tmp_path


def learnt(folder: Path, meanings: Meanings) -> Reader:
    """A reader whose every change is something."""
    reader = Reads.load(folder / READER, meanings, is_tuned=False).reader
    tunable(reader)
    torch.manual_seed(1)
    with torch.no_grad():
        for parameter in reader.parameters():
            if parameter.requires_grad:
                parameter.add_(0.05 * torch.randn_like(parameter))
    write_changes(reader, folder / READER, folder / TUNED)
    return reader


def logits(reads: Reads) -> list[float]:
    question = Question.of("Where does Anna keep the spare key?")
    text = "Anna hid the spare key under the blue pot. The neighbour has none."
    passage = Passage(1, "", text, spans(text))
    weights = term_weights(question, {})
    found = score_sentences(question, weights, [passage], {1: 1.0})
    return [
        one.logit
        for one in reads(asked_of(question, weights), [window_of(question, weights, passage, s) for s in found])
    ]


def test_changes_are_put_on_as_they_were_learnt(
    folder: Path, meanings: Meanings, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = logits(Reads.load(folder / READER, meanings))
    wanted = logits(Reads(learnt(folder, meanings), meanings))
    shipped = logits(Reads.load(folder / READER, meanings))
    monkeypatch.setattr("engine.answering.reading.tuned.SHARE", 1.0)
    assert logits(Reads.load(folder / READER, meanings)) == pytest.approx(wanted, abs=0.05)
    assert wanted != pytest.approx(plain, abs=0.05)
    assert shipped != pytest.approx(wanted, abs=0.01)
    monkeypatch.setattr("engine.answering.reading.tuned.SHARE", 0.0)
    assert logits(Reads.load(folder / READER, meanings)) == pytest.approx(plain, abs=1e-5)
    assert logits(Reads.load(folder / READER, meanings, is_tuned=False)) == plain


def test_only_changes_learn_and_they_are_few(folder: Path, meanings: Meanings) -> None:
    reader = tunable(Reads.load(folder / READER, meanings, is_tuned=False).reader)
    own = sum(parameter.numel() for parameter in reader.parameters() if parameter.requires_grad)
    assert own < 0.04 * sum(parameter.numel() for parameter in reader.parameters())


def test_changes_of_another_reader_are_refused(folder: Path, meanings: Meanings) -> None:
    path = folder / TUNED
    path.write_bytes(b"none")
    with pytest.raises(ConfigError, match=str(path)):
        Reads.load(folder / READER, meanings)
    save_file({"blocks.up": torch.zeros(4, RANK), "blocks.down": torch.zeros(RANK, 4)}, path)
    with pytest.raises(ConfigError, match="no changes of the reader beside it"):
        Reads.load(folder / READER, meanings)
    save_file({"last.bias": torch.zeros(7)}, path)
    with pytest.raises(ConfigError, match="another reader"):
        Reads.load(folder / READER, meanings)


def test_the_shipped_changes_are_small_and_no_part_of_what_banks_depend_on(tmp_path: Path) -> None:
    assert (TINY / TUNED).stat().st_size < 256 << 10
    assert all(torch.isfinite(value).all() for value in load_file(TINY / TUNED).values())
    for path in TINY.iterdir():
        if path.name not in (READER, TUNED):
            (tmp_path / path.name).symlink_to(path)
    assert fingerprint(tmp_path) == fingerprint(TINY)
