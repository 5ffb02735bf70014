"""Tiers: the plan from made-up sizes, keys on a device that this machine stands in for, and content fetched ahead."""

from __future__ import annotations

import weakref
from dataclasses import dataclass
from pathlib import Path

import pytest
import torch
from banks import LAYOUT, document, prepared, random_bank
from tiny import config
from torch import Tensor

from engine.config import ModelConfig
from engine.memory import Bank, BankLayout
from engine.tiers import BankMemory, Free, Sizes, plan
from engine.tiers import resident as residents
from engine.tiers.residency import Residency, measure
from engine.tiers.resident import Resident

CONFIG = ModelConfig.from_dict(config())
MSA_4B = BankLayout(layers=tuple(range(18, 36)), kv_heads=8, head_dim=128, chunk_size=64, model="MSA-4B")
GB = 10**9


def tokens(million: int) -> Sizes:
    return Sizes.of(MSA_4B, million * 10**6 // 64)


def test_sizes_are_those_of_the_paper() -> None:
    sizes = tokens(100)
    assert sizes.routing == pytest.approx(28.8 * GB, rel=0.01)  # half of the paper's bf16
    assert sizes.content == pytest.approx(115 * GB, rel=0.01)


@pytest.mark.parametrize(
    ("million", "device", "host", "routing", "content"),
    [
        (3, 16, 32, "device", "host"),  # a person's life on any GPU
        (100, 80, 256, "device", "host"),
        (100, 80, 64, "device", "disk"),
        (100, 24, 256, "host", "host"),  # does not fit a consumer's GPU
        (100, 24, 64, "host", "disk"),
        (100, 24, 16, "disk", "disk"),
        (3, None, 32, "host", "host"),
        (100, None, 64, "host", "disk"),
        (100, None, 8, "disk", "disk"),
        (0, 16, 32, "device", "host"),
    ],
)
def test_the_plan(million: int, device: int | None, host: int, routing: str, content: str) -> None:
    sizes = tokens(million)
    tiers = plan(MSA_4B, sizes, Free(None if device is None else device * GB, host * GB))
    assert (tiers.routing, tiers.content) == (routing, content)
    assert tiers.resident <= max(0, (device or 0) * GB - GB), "room is left for the work itself"
    assert tiers.resident == sizes.routing if routing == "device" else tiers.resident < sizes.routing
    assert bool(tiers.reason) == ((routing, content) not in (("device", "host"), ("host", "host")) or device == 24)
    assert "\n" not in tiers.line


def test_a_gpu_too_small_takes_what_it_can() -> None:
    tiers = plan(MSA_4B, tokens(100), Free(24 * GB, 256 * GB))
    assert 20 * GB < tiers.resident < 24 * GB
    assert "the CPU scores the rest" in tiers.reason
    assert plan(MSA_4B, tokens(100), Free(GB // 2, 256 * GB)).resident == 0


def test_what_is_free_is_really_measured() -> None:
    free = measure("cpu")
    assert free.device is None
    assert 10**8 < free.host < 10**14


@dataclass
class Device:
    """Stands for a GPU: holds `room` bytes at a time, then is out of memory."""

    room: int = 10**12
    held: int = 0
    taken: int = 0  # in all

    def place(self, tensor: Tensor) -> Tensor:
        if self.held + tensor.nbytes > self.room:
            raise torch.OutOfMemoryError("out of memory")
        there = tensor.clone()
        self.held += tensor.nbytes
        self.taken += tensor.nbytes
        weakref.finalize(there, self._free, tensor.nbytes)
        return there

    def _free(self, size: int) -> None:
        self.held -= size


def same(bank: Bank, memory: BankMemory) -> None:
    """Chooses and opens the very same as memory that is mapped."""
    mapped = BankMemory(bank.view(), CONFIG)
    every = torch.tensor(sorted(bank.documents()))
    for number, allowed in enumerate((None, every[::3])):
        for at in range(len(LAYOUT.layers)):
            asked = prepared(9, CONFIG, number)
            found, want = memory.select(at, asked, 24, allowed), mapped.select(at, asked, 24, allowed)
            assert found.documents.tolist() == want.documents.tolist()
            assert torch.equal(found.scores, want.scores)
            few = found.documents[:5].sort().values
            for part, other in zip(memory.content(at, few), mapped.content(at, few), strict=True):
                assert torch.equal(part, other)


def of_device(device: Device, room: int = 10**12) -> Residency:
    return Residency(CONFIG, LAYOUT, "cpu", place=device.place, free=lambda: Free(room, 10**12))


def test_keys_on_a_device_choose_as_mapped_ones(tmp_path: Path) -> None:
    bank = random_bank(tmp_path / "bank", 300)
    memory = of_device(Device()).memory(bank.view())
    assert memory.tiers.routing == "device"
    assert memory.resident is not None
    assert memory.resident.size_bytes == memory.tiers.resident == Sizes.of(LAYOUT, chunks(bank)).routing
    same(bank, memory)


def chunks(bank: Bank) -> int:
    return sum(pack.pack.chunks for pack in bank.view().packs)


def test_what_a_device_does_not_take_stays_mapped(tmp_path: Path) -> None:
    """First because there is less room than the keys need, then because the device said more than it had."""
    bank = random_bank(tmp_path / "bank", 300)
    needed = Sizes.of(LAYOUT, chunks(bank)).routing
    planned = Resident(len(LAYOUT.layers), needed // 2, Device().place)
    same(bank, BankMemory(bank.view(), CONFIG, resident=planned))
    assert 0 < planned.size_bytes <= needed // 2
    memory = of_device(Device(room=needed // 3)).memory(bank.view())
    same(bank, memory)
    assert memory.tiers.routing == "host"
    assert "ran out of memory" in memory.tiers.line


def test_only_what_is_new_goes_onto_the_device(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(residents, "BLOCK_CHUNKS", 120)
    bank, device = random_bank(tmp_path / "bank", 300), Device()
    residency = of_device(device)
    same(bank, residency.memory(bank.view()))
    whole = device.taken
    for number, change in enumerate(("add", "remove", "add", *["add"] * 9)):  # more than are kept apart
        device.taken = 0
        held = sorted(bank.documents())
        if change == "add":
            bank.add([document(held[-1] + n) for n in range(1, 6)])
        else:
            bank.remove(held[::17])
        memory = residency.memory(bank.view())
        assert device.taken < whole // 2, change
        if number % 4 == 1:
            same(bank, memory)
    bank.compact(purge=True)
    memory = residency.memory(bank.view())
    assert memory.resident is not None
    assert memory.resident.size_bytes == Sizes.of(LAYOUT, chunks(bank)).routing, "what is gone was given back"
    same(bank, memory)


def test_out_of_memory_in_the_middle_of_a_question_is_no_end(tmp_path: Path) -> None:
    """The device holds all keys and has no room for the content of what is chosen: the keys make room."""
    bank, device = random_bank(tmp_path / "bank", 300), Device()
    memory = of_device(device).memory(bank.view())
    found = memory.select(0, prepared(9, CONFIG), 24, None)
    device.room = device.held
    for part, want in zip(
        memory.content(0, found.documents), BankMemory(bank.view(), CONFIG).content(0, found.documents), strict=True
    ):
        assert torch.equal(part, want)
    assert memory.tiers.routing == "disk"
    assert "ran out of memory" in memory.tiers.line
    same(bank, memory)
    assert device.held < device.room // 2


def test_the_next_layer_finds_its_documents_on_the_way(tmp_path: Path) -> None:
    bank = random_bank(tmp_path / "bank", 100)
    memory = of_device(Device()).memory(bank.view())
    assert memory._fetch is not None
    held = sorted(bank.documents())
    memory.content(0, torch.tensor(held[:8]))
    keys, values = memory.content(1, torch.tensor(held[4:12]))
    want_k, want_v = BankMemory(bank.view(), CONFIG).content(1, torch.tensor(held[4:12]))
    assert torch.equal(keys, want_k)
    assert torch.equal(values, want_v)
    assert (memory._fetch.documents, memory._fetch.hits) == (16, 4)
    assert memory.content(0, torch.tensor([], dtype=torch.long))[0].shape == (2, 0, 16)


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_a_real_gpu_chooses_and_opens_the_same(tmp_path: Path) -> None:
    bank = random_bank(tmp_path / "bank", 2000)
    memory = Residency(CONFIG, LAYOUT, "cuda:0").memory(bank.view())
    assert memory.tiers.routing == "device"
    mapped = BankMemory(bank.view(), CONFIG)
    for at in (0, 1):
        asked = prepared(9, CONFIG)
        found, want = memory.select(at, asked.cuda(), 24, None), mapped.select(at, asked, 24, None)
        assert found.documents.tolist() == want.documents.tolist()
        few = found.documents[:9].sort().values
        for part, other in zip(memory.content(at, few), mapped.content(at, few), strict=True):
            assert part.is_cuda
            assert torch.equal(part.cpu(), other)
