"""The start: stems counted, and a model that routes by words before it has learnt anything."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest
import torch
from small_run import CONFIG, prepared_run

from engine.config import ModelConfig
from engine.prefill import QUESTION
from engine.qwen3 import MemoryModel
from engine.template import document_tokens, head_tokens, question_prompt
from engine.tokenizer import SPECIAL, MemoryTokenizer
from engine.training.batches import pad
from engine.training.objectives import encode_batch, encode_head_batch, read_memory
from engine.training.start import start_by_words
from engine.training.trainer import initialise
from engine.training.vocabulary import train_vocabulary
from engine.training.word_vectors import count_passages, first_vectors, stem_of

WORDS = 96  # of 128 dimensions
WIDER = ModelConfig.from_dict({**CONFIG, "hidden_size": 128, "head_dim": 32})


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    where = tmp_path_factory.mktemp("start")
    prepared_run(where)
    return where


def started(folder: Path, seed: int = 1) -> tuple[MemoryModel, MemoryTokenizer]:
    tokenizer = MemoryTokenizer(folder / "tokenizer.json")
    model = initialise(WIDER, seed)
    vectors = first_vectors(tokenizer, folder / "frequencies.json", WORDS, None, seed)
    start_by_words(model, tokenizer, vectors, seed)
    return model, tokenizer


def test_forms_of_a_word_have_one_stem() -> None:
    assert stem_of(" Rents") == stem_of("rent") == stem_of("rented") == "rent"
    assert stem_of("\n") == "\n"


def test_passages_are_counted_once_and_the_prompt_everywhere(folder: Path, tmp_path: Path) -> None:
    tokenizer = MemoryTokenizer(folder / "tokenizer.json")
    passages = ["boat boat boat", "the boats", *["box"] * 1030]
    count_passages(passages, tokenizer, tmp_path / "frequencies.json")
    counted = json.loads((tmp_path / "frequencies.json").read_text(encoding="utf-8"))
    assert counted["passages"] == len(passages)
    rare = {stem_of(tokenizer.decode([token])) for token in tokenizer.encode("boat")}
    assert all(counted["stems"][stem] >= 2 for stem in rare)
    asked = tokenizer.encode("\nPlease answer the question based on the above")
    assert all(counted["stems"][stem_of(tokenizer.decode([token]))] >= len(passages) for token in asked)


def test_the_seed_decides(folder: Path) -> None:
    (one, _), (again, _), (other, _) = started(folder), started(folder), started(folder, seed=2)
    assert all(torch.equal(a, b) for a, b in zip(one.parameters(), again.parameters(), strict=True))
    assert not torch.equal(one.model.embed_tokens.weight, other.model.embed_tokens.weight)
    lengths = one.model.embed_tokens.weight.detach().norm(dim=1)
    as_normed = torch.full_like(lengths, one.config.hidden_size**0.5)  # what RMSNorm makes of any length
    torch.testing.assert_close(lengths, as_normed)


@torch.no_grad()
def test_it_finds_rare_words_untrained(tmp_path: Path) -> None:
    """Sixty documents that differ by three words each; asked by one of them, the right one comes first for many."""
    syllables = [a + b for a in "bdfgklmnprstv" for b in "aeiou"]
    rng = random.Random(5)
    words = ["".join(rng.sample(syllables, 3)) for _ in range(180)]
    texts = [
        f"On the table in the hall lay the {words[i]} and near it a {words[i + 60]} with some {words[i + 120]}."
        for i in range(60)
    ]
    train_vocabulary(texts * 3, 1500, tmp_path / "tokenizer.json")
    tokenizer = MemoryTokenizer(tmp_path / "tokenizer.json")
    assert sum(tokenizer.count(f" {word}") == 1 for word in words) > 150
    count_passages(texts, tokenizer, tmp_path / "frequencies.json")
    model = initialise(ModelConfig.from_dict({**WIDER.raw, "vocab_size": 1500}), 1)
    start_by_words(model, tokenizer, first_vectors(tokenizer, tmp_path / "frequencies.json", WORDS, None, 1), 1)
    rows = document_tokens(tokenizer, list(enumerate(texts)))
    lengths = torch.tensor([len(row) for row in rows])
    memory = encode_batch(model, pad(rows), lengths, torch.float32)
    head = encode_head_batch(model, torch.tensor(head_tokens(tokenizer)), torch.float32)
    prompts = [question_prompt(tokenizer, f"Where lay the {words[i + 60]}?") for i in range(60)]
    tokens = pad([prompt.tokens for prompt in prompts])
    routes = pad([[int(role == QUESTION) for role in prompt.roles] for prompt in prompts]).bool()
    _, scores = read_memory(
        model, tokens, routes, head, memory, lambda at, s: s.topk(4, dim=1).indices, torch.float32
    )  # fmt: skip
    found = torch.stack(scores).sum(0).argmax(1) == torch.arange(60)
    assert found.float().mean() > 1 / 3  # by chance 1/60; measured 0.53 with four heads of 32


def test_the_gatherer_and_the_marks_have_no_word(folder: Path) -> None:
    model, tokenizer = started(folder)
    words = model.model.embed_tokens.weight.detach()[:, :WORDS]
    newline = tokenizer.encode("\n")[-1]
    assert words[newline].norm() == 0.0
    assert words[: len(SPECIAL)].norm() == 0.0
    assert words[tokenizer.encode(" boat")[0]].norm() > 0.0
