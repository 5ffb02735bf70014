"""Documents derived from encoded ones, for memories that would take hours to encode: a stand-in, and said to be one.

A derived document has its origin's text with other names and digits (material.altered), and its origin's tensors with
Gaussian noise of half their size: as far from the origin as cos 0.89. Words and catalog hold it like any other.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from torch.nn import functional as F

from engine.memory import Bank, BankView, EncodedDocument
from engine.memory.quantise import dequantise
from ingest.catalog import StoreItem
from ingest.types import Document
from twin_app.bench.material import altered
from twin_app.twin import Twin

NOISE = 0.5  # of the root mean square of what it is added to
FOLDER = Path("/derived")  # of the files they pretend to come from
SOURCE_DOCUMENTS = 256  # of one such file
BATCH = 8192  # documents a commit


def derive(memory: Twin, origins: Sequence[int], turn: int) -> int:
    """Derives one document from each of `origins`; durable on return. Gives the tokens they stand for."""
    rows = memory.catalog.documents.get(origins)
    texts = [altered(rows[origin].document.text, turn) for origin in origins]
    documents = [
        replace(rows[origin].document, text=text, char_start=0, char_end=len(text))
        for origin, text in zip(origins, texts, strict=True)
    ]
    tokens = [rows[origin].tokens or 0 for origin in origins]
    stored = memory.catalog.store(
        [
            _source(documents[start : start + SOURCE_DOCUMENTS], tokens[start : start + SOURCE_DOCUMENTS], turn)
            for start in range(0, len(documents), SOURCE_DOCUMENTS)
        ]
    )
    assert len(stored.added) == len(origins), "every derived document is new"
    memory.words.add([(number, document.text, document.context) for number, document in stored.added])
    with memory.engines.asking() as engine:
        numbers = [number for number, _ in stored.added]
        generator = torch.Generator().manual_seed(numbers[0])
        engine.bank.add(perturbed(engine.bank.view(), origins, numbers, tokens, generator))
    memory.catalog.documents.mark_encoded(numbers, tokens)
    return sum(tokens)


def perturbed(
    view: BankView, origins: Sequence[int], numbers: Sequence[int], tokens: Sequence[int], generator: torch.Generator
) -> list[EncodedDocument]:
    """The tensors of `origins` with noise, as new documents."""
    out = []
    for origin, number, count in zip(origins, numbers, tokens, strict=True):
        pack, row = view.find(origin)
        [stored] = pack.pack.stored(np.array([row]))
        rows = dequantise(torch.from_numpy(stored.codes.copy()), torch.from_numpy(stored.scales.copy()))
        shape = (*rows.shape[:-1], pack.pack.layout.kv_heads, pack.pack.layout.head_dim)
        noisy = _noisy(rows, generator).view(*shape)
        length = rows.view(*shape).norm(dim=-1, keepdim=True)  # as the origin's: unit where by cosine
        keys, values = pack.content(row)
        out.append(
            EncodedDocument(
                number, count, (F.normalize(noisy, dim=-1) * length).flatten(2),
                _noisy(keys.float(), generator).bfloat16(), _noisy(values.float(), generator).bfloat16(),
            )
        )  # fmt: skip
    return out


def _noisy(x: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
    return x + NOISE * x.square().mean().sqrt() * torch.randn(x.shape, generator=generator)


def _source(documents: Sequence[Document], tokens: Sequence[int], turn: int) -> StoreItem:
    name = hashlib.sha256(f"{turn}/{documents[0].text}".encode()).hexdigest()
    size = sum(len(document.text) for document in documents)
    return StoreItem(
        FOLDER / f"{turn:04d}" / f"{name[:20]}.txt", "text", name, size, 0, name[:20], documents, tokens
    )  # fmt: skip


def fold(bank: Bank) -> None:
    """Merges the packs that many commits left, as the owner does after removing."""
    bank.compact()
