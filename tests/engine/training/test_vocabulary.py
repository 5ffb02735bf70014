"""The vocabulary: marks first, digits alone, every input has tokens."""

from __future__ import annotations

from pathlib import Path

import pytest
from small_run import boat_text, key_text
from tokenizers import Tokenizer

from engine.tokenizer import SPECIAL, MemoryTokenizer
from engine.training.vocabulary import train_vocabulary

TEXTS = [key_text(n) for n in range(50)] + [boat_text(n) for n in range(8)]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    train_vocabulary(TEXTS, 400, tmp_path / "tokenizer.json")
    return tmp_path / "tokenizer.json"


def test_marks_come_first_and_the_size_is_kept(file: Path) -> None:
    raw = Tokenizer.from_file(str(file))
    assert [raw.token_to_id(mark) for mark in SPECIAL] == [0, 1, 2, 3, 4]
    assert raw.get_vocab_size() == 400


def test_digits_stand_alone(file: Path) -> None:
    tokenizer = MemoryTokenizer(file)
    assert len(set(tokenizer.digits)) == 10
    assert -1 not in tokenizer.digits
    assert tokenizer.encode("2019") == [tokenizer.digits[int(digit)] for digit in "2019"]


@pytest.mark.parametrize(
    "text", ["shelf 900", "für 東京 \U0001f6a2", "\x00\x7f\t\r\n", "\u2028a\u00a0b", "<|im_end|>[12]"]
)
def test_every_input_has_tokens_and_comes_back(file: Path, text: str) -> None:
    tokenizer = MemoryTokenizer(file)
    tokens = tokenizer.encode(text)
    assert tokenizer.decode(tokens) == text
    assert not set(tokens) & set(range(len(SPECIAL)))


def test_it_has_learnt_the_words(file: Path, tmp_path: Path) -> None:
    tokenizer = MemoryTokenizer(file)
    assert tokenizer.count("The key of room hangs on shelf") < 15
    assert tokenizer.count("Xylophones quietly jump over") > 15
    train_vocabulary(iter(TEXTS), 400, tmp_path / "again.json")
    assert (tmp_path / "again.json").read_bytes() == file.read_bytes()
