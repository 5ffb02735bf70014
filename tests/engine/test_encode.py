"""Stage 1: every document alone, whatever it is batched with; chunks and their means."""

from __future__ import annotations

import pytest
import torch
from tiny import TEXTS, config, random_model

from engine.encode import Pooled, encode, encode_head
from engine.qwen3 import MemoryModel

LENGTHS = [1, 15, 16, 17, 32, 50, 7]


@pytest.fixture(scope="module")
def model() -> MemoryModel:
    return random_model(config())


@pytest.fixture(scope="module")
def documents() -> list[list[int]]:
    generator = torch.Generator().manual_seed(5)
    return [torch.randint(5, 1024, (length,), generator=generator).tolist() for length in LENGTHS]


def largest_difference(one: Pooled, other: Pooled) -> float:
    pairs = ((one.keys, other.keys), (one.values, other.values), (one.routing_keys, other.routing_keys))
    return max(float((a.float() - b.float()).abs().max()) for a, b in pairs)


@torch.inference_mode()
def test_many_at_once_are_as_one_by_one(model: MemoryModel, documents: list[list[int]]) -> None:
    together = encode(model, documents)
    for document, found in zip(documents, together, strict=True):
        assert largest_difference(found, encode(model, [document])[0]) < 1e-5


@torch.inference_mode()
def test_many_at_once_are_as_one_by_one_in_bf16(documents: list[list[int]]) -> None:
    half = random_model(config()).bfloat16()
    for document, found in zip(documents, encode(half, documents), strict=True):
        alone = encode(half, [document])[0]
        assert torch.isfinite(found.keys.float()).all()
        scale = float(alone.keys.abs().max())
        assert largest_difference(found, alone) < 0.04 * scale  # a few roundings of 2^-8 of what is summed


@torch.inference_mode()
def test_shapes_and_unit_routing_keys(model: MemoryModel, documents: list[list[int]]) -> None:
    for length, found in zip(LENGTHS, encode(model, documents), strict=True):
        chunks = -(-length // 16)
        assert found.keys.shape == found.values.shape == (2, 2, chunks, 16)
        assert found.routing_keys.shape == (2, chunks, 2, 16)
        assert torch.allclose(found.routing_keys.norm(dim=-1), torch.ones(2, chunks, 2), atol=1e-5)


@torch.inference_mode()
def test_a_document_knows_nothing_of_what_follows_it(model: MemoryModel, documents: list[list[int]]) -> None:
    """Attention is causal: the first chunks of a longer document are those of its beginning."""
    longer = [*documents[4], *documents[5]]
    whole, begin = encode(model, [longer])[0], encode(model, [documents[4]])[0]
    assert torch.allclose(whole.keys[:, :, :2], begin.keys, atol=1e-5)
    assert torch.allclose(whole.routing_keys[:, :2], begin.routing_keys, atol=1e-5)


@torch.inference_mode()
def test_same_text_under_another_id_is_encoded_differently(model: MemoryModel) -> None:
    tokens = [200 + len(word) for word in TEXTS[0].split()[:40]]
    one, other = encode(model, [[1, 20, *tokens], [1, 21, *tokens]])
    assert largest_difference(one, other) > 1e-3


@torch.inference_mode()
def test_positions_start_at_zero_for_every_document(model: MemoryModel) -> None:
    head = encode_head(model, [1, 310, 266, 203])
    longer = encode_head(model, [1, 310, 266, 203, 9, 9])
    assert head.keys.shape == (4, 2, 4, 16)  # every layer, not only those that route
    assert torch.allclose(head.keys, longer.keys[:, :, :4], atol=1e-5)
    pooled = encode(model, [[1, 310, 266, 203]])[0]
    assert torch.allclose(pooled.keys[:, :, 0], head.keys[2:].mean(2), atol=1e-5)


@torch.inference_mode()
def test_plain_keys_route_where_there_is_no_router(documents: list[list[int]]) -> None:
    shared = random_model(config(decouple_router=False, aux_loss_method="NONE"))
    assert not any("router" in name for name in shared.state_dict())
    found = encode(shared, documents)[5]
    assert torch.equal(found.routing_keys, found.keys.transpose(1, 2))
