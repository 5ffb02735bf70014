"""Random banks in many packs, with dead documents and with equal ones, for the tests of tiers and ranks."""

from __future__ import annotations

from pathlib import Path

import torch
from torch.nn import functional as F

from engine.config import ModelConfig
from engine.memory import Bank, BankLayout, EncodedDocument
from engine.routing import prepare

LAYOUT = BankLayout(layers=(2, 3), kv_heads=2, head_dim=16, chunk_size=16, model="random")  # as tiny.config has it
COPIES = 5  # every fifth document is a copy of the one before it, under another ID
PACK_BYTES = 24_000  # some dozens of documents: a small bank has many packs


def document(number: int, *, seed: int = 0, chunks: int | None = None) -> EncodedDocument:
    """Follows from its number and the seed; keys lie around one direction, so that many score alike."""
    same = number - 1 if number and number % COPIES == 0 else number
    random = torch.Generator().manual_seed(1_000 * seed + same)
    chunks = chunks or int(torch.randint(1, 6, (), generator=random))
    shape = (len(LAYOUT.layers), chunks, LAYOUT.kv_heads, LAYOUT.head_dim)
    keys = F.normalize(0.5 * torch.randn(shape, generator=random) + direction(seed), dim=-1)
    content = torch.randn(2, shape[0], shape[2], shape[1], shape[3], generator=random).bfloat16()
    return EncodedDocument(number, chunks * LAYOUT.chunk_size, keys.flatten(2), *content)


def direction(seed: int) -> torch.Tensor:
    return torch.randn(LAYOUT.head_dim, generator=torch.Generator().manual_seed(seed + 77))


def random_bank(folder: Path, documents: int, *, seed: int = 0, packs: int = 4) -> Bank:
    """Added in `packs` steps with growing IDs; some of each step removed again."""
    bank = Bank.open(folder, LAYOUT, max_pack_bytes=PACK_BYTES)
    step = -(-documents // packs)
    for first in range(0, documents, step):
        bank.add([document(number, seed=seed) for number in range(first, min(documents, first + step))])
    bank.remove(range(3, documents, 11))
    return bank


def queries(tokens: int, seed: int = 0) -> torch.Tensor:
    """Routing queries [T, 4, 16]."""
    return torch.randn(tokens, 4, 16, generator=torch.Generator().manual_seed(seed + 7)) + direction(seed)


def prepared(tokens: int, config: ModelConfig, seed: int = 0) -> torch.Tensor:
    """The same as they are scored."""
    return prepare(queries(tokens, seed), config)
