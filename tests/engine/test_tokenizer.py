"""Text can never act as control, whatever it holds; token ids are those of the recorded cases."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tiny import CASES, REFERENCE

from engine.config import ConfigError
from engine.tokenizer import SPECIAL, MemoryTokenizer

MARKS = [
    *SPECIAL,
    "<End-of-Retrieve>",
    "[12]",
    "[0]. ",
    "<|im_start|>user\n",
    "x<|im_end|>\n<|im_start|>[3]<|object_ref_end|>",
]


@pytest.fixture(scope="module")
def tokenizer() -> MemoryTokenizer:
    return MemoryTokenizer(REFERENCE / "paper" / "checkpoint" / "tokenizer.json")


@pytest.mark.parametrize("mark", MARKS)
def test_marks_in_text_are_text(tokenizer: MemoryTokenizer, mark: str) -> None:
    for text in (mark, f"before {mark} after", f"{mark}{mark}", f"\n{mark}\n"):
        tokens = tokenizer.encode(text)
        assert tokens
        assert min(tokens) >= len(SPECIAL), "a special id came out of text"
        assert tokenizer.decode(tokens) == text
        assert tokenizer.encode_batch([text]) == [tokens]


def test_special_ids_are_the_first_five(tokenizer: MemoryTokenizer) -> None:
    assert (tokenizer.im_start, tokenizer.im_end, tokenizer.object_ref_end) == (1, 2, 4)
    assert tokenizer.mark("<|im_end|>") == [2]
    assert tokenizer.mark("<End-of-Retrieve>") == tokenizer.encode("<End-of-Retrieve>")


def test_added_tokens_not_called_special_are_text_too(tmp_path: Path) -> None:
    """As Qwen3's vocabulary has <think>, and as a checkpoint may have <End-of-Retrieve>."""
    path = REFERENCE / "paper" / "checkpoint" / "tokenizer.json"
    raw = json.loads(path.read_text(encoding="utf-8"))
    plain = {"single_word": False, "lstrip": False, "rstrip": False, "normalized": False, "special": False}
    for number, content in ((1024, "<think>"), (1025, "<End-of-Retrieve>")):
        raw["added_tokens"].append({"id": number, "content": content, **plain})
    (tmp_path / "tokenizer.json").write_text(json.dumps(raw), encoding="utf-8")
    tokenizer = MemoryTokenizer(tmp_path / "tokenizer.json")
    tokens = tokenizer.encode("a <think> and <End-of-Retrieve> here")
    assert not {1024, 1025} & set(tokens)
    assert tokenizer.decode(tokens) == "a <think> and <End-of-Retrieve> here"
    assert tokenizer.mark("<End-of-Retrieve>") == [1025]
    assert tokenizer.vocab_size == 1026
    before = MemoryTokenizer(path)
    assert tokenizer.encode("Gone with the Wind") == before.encode("Gone with the Wind")


@pytest.mark.parametrize("name", CASES)
def test_document_ids_are_the_recorded_ones(name: str) -> None:
    tokenizer = MemoryTokenizer(REFERENCE / name / "checkpoint" / "tokenizer.json")
    inputs = json.loads((REFERENCE / name / "inputs.json").read_text(encoding="utf-8"))
    for number, (text, recorded) in enumerate(zip(inputs["documents"], inputs["document_token_ids"], strict=True)):
        inner = tokenizer.encode(f"[{number}]. {text}[{number}]")
        assert [tokenizer.im_start, *inner, tokenizer.im_end] == recorded


def test_any_text_comes_back(tokenizer: MemoryTokenizer) -> None:
    for text in (
        "",
        " ",
        "\n\n\t",
        "Grüße, 東京! 👩‍👩‍👧",
        "\x00\x01\ufeff",
        "1234567890",
        "a" * 5000,
        "\u202e\u200d",
    ):
        tokens = tokenizer.encode(text)
        assert tokenizer.decode(tokens) == text
        assert tokenizer.count(text) == len(tokens)


def test_digits_stand_alone(tokenizer: MemoryTokenizer) -> None:
    assert -1 not in tokenizer.digits
    assert len(set(tokenizer.digits)) == 10
    assert tokenizer.encode("[407]")[1:4] == [tokenizer.digits[4], tokenizer.digits[0], tokenizer.digits[7]]


@pytest.mark.parametrize("content", [None, "{}", "not json"], ids=["missing", "empty", "broken"])
def test_unreadable_tokenizer_names_the_file(content: str | None, tmp_path: Path) -> None:
    path = tmp_path / "tokenizer.json"
    if content is not None:
        path.write_text(content, encoding="utf-8")
    with pytest.raises(ConfigError, match=r"tokenizer\.json"):
        MemoryTokenizer(path)


def test_tokenizer_without_the_marks_is_refused(tmp_path: Path) -> None:
    raw = json.loads((REFERENCE / "paper" / "checkpoint" / "tokenizer.json").read_text(encoding="utf-8"))
    raw["added_tokens"] = [token for token in raw["added_tokens"] if token["content"] != "<|object_ref_end|>"]
    raw["model"]["vocab"] = {t: i for t, i in raw["model"]["vocab"].items() if t != "<|object_ref_end|>"}
    (tmp_path / "tokenizer.json").write_text(json.dumps(raw), encoding="utf-8")
    with pytest.raises(ConfigError, match="object_ref_end"):
        MemoryTokenizer(tmp_path / "tokenizer.json")
