"""The encoder of a CPU: the same memory as the plain one, in fewer passes."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
import torch
from tiny import config, random_model

from engine.encode import Pooled, encode
from engine.fused import FusedEncoder, encoder, unit
from engine.qwen3 import SHORT

LENGTHS = [1, 15, 16, 17, 32, 50, 7]
CHANGES: list[dict[str, object]] = [
    {}, {"decouple_router": False}, {"aux_loss_method": "NONE"}, {"router_layer_idx": "0,2"},
    {"router_layer_idx": "1,2,3", "pooling_kernel_size": 5},
]  # fmt: skip


def documents(lengths: Sequence[int]) -> list[list[int]]:
    generator = torch.Generator().manual_seed(5)
    return [torch.randint(5, 1024, (length,), generator=generator).tolist() for length in lengths]


def error(found: Sequence[Pooled], wanted: Sequence[Pooled]) -> float:
    """The largest, relative to the length of what is compared."""
    pairs = [
        (getattr(one, part).float(), getattr(other, part).float())
        for one, other in zip(found, wanted, strict=True)
        for part in ("keys", "values", "routing_keys")
    ]
    assert all(a.shape == b.shape for a, b in pairs)
    return max(float((a - b).norm() / b.norm()) for a, b in pairs)


@pytest.mark.parametrize("changes", CHANGES, ids=str)
@torch.inference_mode()
def test_in_float32_it_is_the_plain_one(changes: dict[str, object]) -> None:
    model = random_model(config(**changes))
    assert error(FusedEncoder(model)(documents(LENGTHS)), encode(model, documents(LENGTHS))) < 2e-6


@torch.inference_mode()
def test_documents_too_long_for_written_out_attention() -> None:
    model = random_model(config())
    given = documents([SHORT + 40, SHORT + 3])
    assert error(FusedEncoder(model)(given), encode(model, given)) < 2e-6


@torch.inference_mode()
def test_in_bf16_it_is_as_near_to_float32_as_the_plain_one() -> None:
    exact = encode(random_model(config()), documents(LENGTHS))
    half = random_model(config()).bfloat16()
    plain, fused = encode(half, documents(LENGTHS)), encoder(half)(documents(LENGTHS))
    assert error(fused, exact) < 2 * error(plain, exact) < 0.1


def test_what_a_document_becomes_does_not_depend_on_its_batch() -> None:
    made = FusedEncoder(random_model(config()))
    together = made(documents(LENGTHS))
    for document, found in zip(documents(LENGTHS), together, strict=True):
        assert error(made([document]), [found]) < 2e-6


def test_a_row_of_zeros_stays_one() -> None:
    assert not unit(torch.zeros(2, 8, dtype=torch.bfloat16), 1e-6).any()
