"""Routing queries whitened by what a bank is full of: what they do to a ranking, and what they must not depend on."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from banks import LAYOUT, PACK_BYTES, document, queries, random_bank
from tiny import checkpoint, config
from torch.nn import functional as F

from engine.config import ConfigError, ModelConfig
from engine.memory import Bank, EncodedDocument
from engine.routing import prepare
from engine.session import Engine
from engine.tiers import BankMemory
from engine.whitening import SAMPLED, Whitening, sampled

CONFIG = ModelConfig.from_dict(config())
KEYS = LAYOUT.key_dim


def of_rows(rows: torch.Tensor, number: int) -> EncodedDocument:
    """A document whose routing keys are these in every layer [chunks, K]."""
    keys = rows.expand(len(LAYOUT.layers), *rows.shape)
    content = torch.zeros(2, len(LAYOUT.layers), LAYOUT.kv_heads, len(rows), LAYOUT.head_dim).bfloat16()
    return EncodedDocument(number, len(rows) * LAYOUT.chunk_size, keys, *content)


def unit(rows: torch.Tensor) -> torch.Tensor:
    return F.normalize(rows.view(-1, LAYOUT.kv_heads, LAYOUT.head_dim), dim=-1).flatten(1)


def test_what_half_of_memory_shares_does_not_decide(tmp_path: Path) -> None:
    """A word of every second document and a rare one, both asked for: the rare one's document comes first."""
    random = torch.Generator().manual_seed(3)
    common, rare = torch.randn(2, KEYS, generator=random)
    noise = torch.randn(600, KEYS, generator=random)
    rows = unit(noise + 2.0 * common * (torch.arange(600) % 2 == 0)[:, None])
    told = unit((0.6 * noise[0] + rare)[None])
    bank = Bank.open(tmp_path, LAYOUT)
    bank.add([*(of_rows(row[None], at) for at, row in enumerate(rows, start=1)), of_rows(told, 1000)])
    memory, whitening = BankMemory(bank.view(), CONFIG), Whitening(bank.view(), 1.0)
    asked = unit((common + rare)[None]).view(1, LAYOUT.kv_heads, LAYOUT.head_dim).repeat_interleave(2, dim=1)
    plain = memory.select(0, prepare(asked, CONFIG), 601, None).documents.tolist()
    seen = memory.select(0, prepare(asked, CONFIG, whitening.of_layer(0)), 601, None).documents.tolist()
    assert plain.index(1000) > 20
    assert seen.index(1000) == 0


def test_is_the_inverse_covariance_beside_what_leaves_the_question(tmp_path: Path) -> None:
    bank = random_bank(tmp_path, 150)
    made = Whitening(bank.view(), 0.7).of_layer(1)
    rows = []
    for pack in bank.view().packs:
        for held in pack.stored():
            rows.append(torch.tensor(held.codes[1] * held.scales[1][:, None]).double())
    keys = torch.cat(rows)
    known = len(keys) / (len(keys) + 512)
    spread = torch.cov(keys.T, correction=0) / keys.square().mean()
    want = torch.linalg.inv(known * spread + 0.7 * torch.eye(KEYS, dtype=torch.float64))
    assert made is not None
    assert torch.allclose(made.double(), want, rtol=2e-3, atol=2e-3)


def test_packs_make_no_difference_and_the_dead_do_not_count(tmp_path: Path) -> None:
    scattered = random_bank(tmp_path / "scattered", 400)
    assert len(scattered.view().packs) > 4
    before = Whitening(scattered.view(), 1.0).of_layer(0)
    whole = Bank.open(tmp_path / "whole", LAYOUT)
    whole.add([document(number) for number in sorted(scattered.documents())])
    after = Whitening(whole.view(), 1.0).of_layer(0)
    assert before is not None
    assert after is not None
    assert torch.equal(before, after), "the very bits"
    whole.remove(range(200))
    other = Whitening(whole.view(), 1.0).of_layer(0)
    assert other is not None
    assert not torch.equal(other, after)


def test_a_large_memory_is_sampled_by_what_its_documents_are_called() -> None:
    ids = torch.arange(100_000)
    live = ids % 7 != 0
    rows = sampled(ids, live, int(live.sum()))
    assert 0.8 * SAMPLED < len(rows) < 1.2 * SAMPLED
    assert bool(live[rows].all())
    halves = [sampled(part, flags, int(live.sum())) for part, flags in zip(ids.chunk(2), live.chunk(2), strict=True)]
    assert torch.cat([halves[0], halves[1] + 50_000]).tolist() == rows.tolist()
    assert len(sampled(ids[:1000], live[:1000], 800)) == int(live[:1000].sum()), "of few all"


def test_an_empty_memory_and_one_of_a_single_document_leave_the_question(tmp_path: Path) -> None:
    bank = Bank.open(tmp_path, LAYOUT, max_pack_bytes=PACK_BYTES)
    assert Whitening(bank.view(), 1.0).of_layer(0) is None
    bank.add([document(1, chunks=1)])
    asked = queries(4)
    seen = prepare(asked, CONFIG, Whitening(bank.view(), 1.0).of_layer(0))
    assert torch.allclose(seen, prepare(asked, CONFIG), atol=1e-4)


def test_rows_keep_their_length(tmp_path: Path) -> None:
    bank = random_bank(tmp_path, 200)
    plain = prepare(queries(6), CONFIG)
    seen = prepare(queries(6), CONFIG, Whitening(bank.view(), 1.0).of_layer(0))
    assert torch.allclose(seen.norm(dim=1), plain.norm(dim=1))
    assert not torch.allclose(seen, plain, atol=1e-2)


def test_an_engine_sees_what_was_added_since(tmp_path: Path) -> None:
    weights = checkpoint(tmp_path / "checkpoint", twin_config={"query_whitening": 1.0})
    engine = Engine.open(weights, tmp_path / "bank", device="cpu")
    engine.encode([(1, "The dentist moved to Elm Street.")])
    first = engine.whitening()
    assert first is not None
    assert engine.whitening() is first, "kept while memory is the same"
    engine.encode([(2, "Rent is due on the third.")])
    second = engine.whitening()
    assert second is not None
    assert second.view.documents == 2


def test_heads_that_do_not_fold_cannot_be_whitened(tmp_path: Path) -> None:
    asked = {"query_whitening": 1.0}
    weights = checkpoint(tmp_path / "checkpoint", twin_config=asked, head_reduce_method="max")
    with pytest.raises(ConfigError, match="query_whitening needs"):
        Engine.open(weights, tmp_path / "bank", device="cpu")
