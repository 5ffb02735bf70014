"""The bank dealt to ranks: everything once, balanced whatever is added and removed, and stable."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest
import torch
from banks import document, random_bank
from torch import Tensor

from engine.memory import BankView
from engine.tiers.shards import Run, chunks_of, documents_of, shards


def check(view: BankView, ranks: int) -> list[list[Run]]:
    dealt = shards(view, ranks)
    assert len(dealt) == ranks
    held = sorted(number for runs in dealt for run in runs for number in run.document_ids[run.live].tolist())
    every = sorted(number for pack in view.packs for number in pack.document_ids[pack.live].tolist())
    assert held == every, "each live document belongs to one rank"
    assert sum(map(documents_of, dealt)) == view.documents
    largest = max((int(pack.doc_offsets.diff().max()) for pack in view.packs), default=0)
    loads = [chunks_of(runs) for runs in dealt]
    assert sum(loads) == sum(pack.pack.chunks for pack in view.packs)
    assert max(loads) - min(loads) <= 2 * largest, loads
    return dealt


@pytest.mark.parametrize("documents", [1, 2, 5, 60, 250])
def test_shards_are_balanced(tmp_path: Path, documents: int) -> None:
    bank = random_bank(tmp_path / "bank", documents, packs=min(documents, 7))
    assert len(bank.view().packs) > 1 or documents == 1
    for ranks in (1, 2, 3, 4, 7):
        check(bank.view(), ranks)


def test_they_stay_balanced_through_a_life_of_changes(tmp_path: Path) -> None:
    bank, random = random_bank(tmp_path / "bank", 50), torch.Generator().manual_seed(5)
    next_one = 1000
    for _ in range(12):
        count = int(torch.randint(1, 20, (), generator=random))
        longest = 40 if count % 7 == 0 else None  # now and then a document as long as many others
        bank.add([document(number, chunks=longest) for number in range(next_one, next_one + count)])
        next_one += count
        held = sorted(bank.documents())
        bank.remove([held[int(place)] for place in torch.randint(0, len(held), (count // 2,), generator=random)])
        if count % 3 == 0:
            bank.compact(purge=count % 2 == 0)
        for ranks in (2, 3):
            check(bank.view(), ranks)


def test_a_removal_moves_nothing_and_an_addition_only_itself(tmp_path: Path) -> None:
    bank = random_bank(tmp_path / "bank", 200)
    before = [[run.origin for run in runs] for runs in shards(bank.view(), 3)]
    bank.remove(range(0, 200, 9))
    assert [[run.origin for run in runs] for runs in shards(bank.view(), 3)] == before
    bank.add([document(number) for number in range(500, 540)])
    after = [[run.origin for run in runs] for runs in shards(bank.view(), 3)]
    assert [runs[: len(old)] for runs, old in zip(after, before, strict=True)] == before


def keys_of(runs: list[Run], layer: int) -> dict[int, tuple[Tensor, Tensor]]:
    """Routing keys and scales by document."""
    out: dict[int, tuple[Tensor, Tensor]] = {}
    for run in runs:
        keys, scales = run.routing_keys(layer)
        for number, (begin, end) in zip(run.document_ids.tolist(), pairwise(run.doc_offsets.tolist()), strict=True):
            out[number] = keys[begin:end], scales[begin:end]
    return out


@pytest.mark.parametrize("layer", [0, 1])
def test_a_run_is_the_part_of_its_pack(tmp_path: Path, layer: int) -> None:
    view = random_bank(tmp_path / "bank", 120).view()
    (whole,) = (keys_of(runs, layer) for runs in shards(view, 1))
    parts: dict[int, tuple[Tensor, Tensor]] = {}
    for runs in shards(view, 4):
        parts |= keys_of(runs, layer)
    assert len(whole) == 120
    assert whole.keys() == parts.keys()
    for number, pair in whole.items():
        assert all(torch.equal(one, other) for one, other in zip(pair, parts[number], strict=True))
