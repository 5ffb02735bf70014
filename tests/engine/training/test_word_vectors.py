"""Word vectors: what they begin as, and that questions refine them."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from small_run import prepared_run

from engine.tokenizer import MemoryTokenizer
from engine.training.batches import BatchMaker, Corpus
from engine.training.objectives import routing_loss
from engine.training.word_vectors import (
    TEMPERATURE,
    bag_scores,
    first_vectors,
    learn,
    load_vectors,
    principal,
    save_vectors,
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    where = tmp_path_factory.mktemp("words")
    prepared_run(where)
    return where


def test_forms_of_a_stem_share_a_vector_and_a_teacher_adds_its_part(folder: Path) -> None:
    tokenizer = MemoryTokenizer(folder / "tokenizer.json")
    plain = first_vectors(tokenizer, folder / "frequencies.json", 40, None, 3)
    generator = torch.Generator().manual_seed(1)
    meanings = torch.randn(tokenizer.vocab_size, 24, generator=generator)
    taught = first_vectors(tokenizer, folder / "frequencies.json", 40, meanings, 3)
    upper, lower = tokenizer.encode("The")[0], tokenizer.encode(" the")[0]
    assert upper != lower
    torch.testing.assert_close(plain[upper], plain[lower])
    torch.testing.assert_close(taught[upper], taught[lower])
    lengths, own = taught.norm(dim=1), taught[:, :24].norm(dim=1)
    assert (lengths[own > 0] > own[own > 0]).all()
    assert not taught[own == 0].any()


def test_principal_components_are_unit_and_keep_what_varies() -> None:
    generator = torch.Generator().manual_seed(2)
    vectors = torch.randn(200, 12, generator=generator) * torch.linspace(3.0, 0.01, 12)
    kept = principal(vectors, 4)
    torch.testing.assert_close(kept.norm(dim=1), torch.ones(200))
    near = torch.cosine_similarity(vectors[:, None, :4], vectors[None, :, :4], dim=2)
    mine = kept @ kept.T
    assert torch.corrcoef(torch.stack((near.flatten(), mine.flatten())))[0, 1] > 0.7


def test_learning_lowers_the_loss_of_unseen_batches(folder: Path) -> None:
    tokenizer = MemoryTokenizer(folder / "tokenizer.json")
    corpus = Corpus(folder / "data", {"squad11-train": 3.0, "notes": 1.0})
    maker = BatchMaker(corpus, tokenizer, documents=24, group=8, max_tokens=96, top_k=4, hops=0.0, seed=4)
    first = first_vectors(tokenizer, folder / "frequencies.json", 32, None, 4)
    later = learn(first, maker, 40, 16)

    def loss(vectors: torch.Tensor) -> float:
        found = []
        for step in range(1000, 1006):
            batch = maker.make(step)
            scores = bag_scores(vectors, batch, 16)
            found.append(float(routing_loss(scores, batch.positive, batch.ignored, TEMPERATURE)))
        return sum(found) / len(found)

    assert loss(later) < 0.9 * loss(first)


def test_vectors_survive_the_disk_and_missing_ones_say_what_to_do(tmp_path: Path) -> None:
    vectors = torch.arange(12.0).view(3, 4)
    save_vectors(vectors, tmp_path / "words.safetensors")
    torch.testing.assert_close(load_vectors(tmp_path / "words.safetensors"), vectors)
    with pytest.raises(FileNotFoundError, match=r"engine\.training words"):
        load_vectors(tmp_path / "none.safetensors")
