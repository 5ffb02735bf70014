"""Memory Parallel with real processes: one, two and four ranks choose, open and encode the very same, bit for bit."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from banks import LAYOUT, document, prepared, random_bank
from tiny import Texts, checkpoint, config

from engine.config import ModelConfig
from engine.interleave import Ask, Hop
from engine.memory import Bank
from engine.parallel.launch import LocalRanks, connect
from engine.parallel.ranks import RankedMemory, Ranks
from engine.session import Answer, Engine
from engine.tiers import BankMemory

CONFIG = ModelConfig.from_dict(config())
EMBEDDED = Path(__file__).parents[2] / "engine" / "checkpoints" / "twin-tiny"
SAMPLES = Path(__file__).parents[2] / "samples"


@pytest.fixture(scope="module", params=[2, 4])
def ranks(request: pytest.FixtureRequest) -> Iterator[Ranks]:
    group = connect(request.param, "cpu")
    assert group is not None
    yield group
    group.close()
    assert isinstance(group.processes, LocalRanks)
    assert [process.returncode for process in group.processes.processes] == [0] * (request.param - 1)


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return checkpoint(tmp_path_factory.mktemp("random") / "checkpoint")


def over(ranks: Ranks, bank: Bank, weights: Path) -> RankedMemory:
    ranks.open(weights, bank.directory, LAYOUT, threads=1)
    return ranks.memory(bank.view())


def same(one: BankMemory, all_ranks: RankedMemory, allowed: torch.Tensor | None, seed: int) -> None:
    for at in range(len(LAYOUT.layers)):
        asked = prepared(9, CONFIG, seed)
        want, found = one.select(at, asked, 40, allowed), all_ranks.select(at, asked, 40, allowed)
        assert found.documents.tolist() == want.documents.tolist()
        assert torch.equal(found.scores, want.scores), "the very bits"
        few = found.documents[:16].sort().values
        for part, other in zip(all_ranks.content(at, few), one.content(at, few), strict=True):
            assert torch.equal(part, other)


@pytest.mark.parametrize("documents", [1, 3, 250])
def test_random_memories_with_ties(tmp_path: Path, ranks: Ranks, weights: Path, documents: int) -> None:
    bank = random_bank(tmp_path / "bank", documents)
    one, every = BankMemory(bank.view(), CONFIG), over(ranks, bank, weights)
    held = torch.tensor(sorted(bank.documents()))
    for seed, allowed in enumerate((None, held[::2], held[::2], held[:0], None)):
        same(one, every, allowed, seed)
    scores = one.select(0, prepared(9, CONFIG), 40, None).scores.tolist()
    assert documents < 10 or len(set(scores)) < len(scores), "there are ties"
    assert sum(share.documents for share in ranks.shares) == bank.view().documents


def test_an_empty_memory(tmp_path: Path, ranks: Ranks, weights: Path) -> None:
    every = over(ranks, Bank.open(tmp_path / "bank", LAYOUT), weights)
    found = every.select(0, prepared(3, CONFIG), 10, None)
    assert found.documents.tolist() == []
    assert every.content(0, found.documents)[0].shape == (2, 0, 16)


def test_what_is_added_and_removed_is_so_on_every_rank(tmp_path: Path, ranks: Ranks, weights: Path) -> None:
    bank = random_bank(tmp_path / "bank", 60)
    over(ranks, bank, weights)
    bank.add([document(number) for number in range(100, 140)])
    same(BankMemory(bank.view(), CONFIG), ranks.memory(bank.view()), None, 1)
    best = BankMemory(bank.view(), CONFIG).select(0, prepared(9, CONFIG, 1), 10, None).documents.tolist()
    bank.remove(best)
    after = ranks.memory(bank.view())
    assert not set(best) & set(after.select(0, prepared(9, CONFIG, 1), 40, None).documents.tolist())
    bank.compact(purge=True)
    same(BankMemory(bank.view(), CONFIG), ranks.memory(bank.view()), None, 2)
    loads = [share.chunks for share in ranks.shares]
    assert max(loads) - min(loads) <= 2 * 5, "five chunks have the largest documents"


def test_a_reply_that_nobody_waits_for_any_more_is_not_taken_for_another(
    tmp_path: Path, ranks: Ranks, weights: Path
) -> None:
    """A question that was given up between asking and being told leaves its replies behind."""
    bank = random_bank(tmp_path / "bank", 60)
    every = over(ranks, bank, weights)
    asked = {"at": 0, "keep": 5, "allowed": "none"}
    for rank in ranks.others:
        ranks.send(rank, "choose", asked, [torch.zeros(1, 32)], doing="answering")
    same(BankMemory(bank.view(), CONFIG), every, None, 3)


def sample_texts() -> dict[int, str]:
    texts = [path.read_text(encoding="utf-8") for path in sorted(SAMPLES.rglob("*.md"))]
    paragraphs = (part.strip() for text in texts for part in text.split("\n\n"))
    return dict(enumerate([part for part in paragraphs if len(part) > 80][:40], start=1))


def told(engine: Engine, library: Texts, question: str) -> list[object]:
    """Everything an answer holds, rankings with their scores."""
    out: list[object] = []
    for event in engine.answer(Ask(question, retrieval="latent"), library):
        if isinstance(event, Hop):
            out.append((event.routed, [passage.document for passage in event.opened], event.reason))
        elif isinstance(event, Answer):
            out.append(event)
    return out


def test_the_embedded_model_over_sample_documents(tmp_path: Path, ranks: Ranks) -> None:
    """Encoded by one process and by all ranks, the packs are the same bytes, and so is every answer."""
    texts = sample_texts()
    assert len(texts) == 40
    library = Texts(texts)
    alone = Engine.open(EMBEDDED, tmp_path / "alone", device="cpu")
    counts = alone.encode(list(texts.items()))
    together = Engine(EMBEDDED, Bank.open(tmp_path / "together", alone.bank.layout), "cpu", ranks)
    ranks.open(EMBEDDED, together.bank.directory, alone.bank.layout, threads=1)
    assert together.encode(list(texts.items())) == counts
    packs = [sorted(engine.bank.directory.glob("*.pack")) for engine in (alone, together)]
    assert [path.read_bytes() for path in packs[0]] == [path.read_bytes() for path in packs[1]]
    question = "When did we paint the kitchen?"
    assert told(together, library, question) == told(alone, library, question)
    assert len(together.tiers()) == ranks.link.ranks
