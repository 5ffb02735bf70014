"""Damaged files, other models and full disks: invariants 3, 7 and 8 of engine/memory/README.md."""

import contextlib
import json
import resource
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from bank_documents import LAYOUT, check_view, encoded

from engine.memory import Bank, BankCorrupt, BankError, BankMismatch
from engine.memory.manifest import read_manifest, write_manifest


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """A bank of two packs; the second holds documents 3 and 4 and lost 3."""
    bank = Bank.open(tmp_path / "bank", LAYOUT)
    bank.add([encoded(1), encoded(2)])
    bank.add([encoded(3), encoded(4)])
    bank.remove([3])
    return bank.directory


def second_pack(directory: Path) -> Path:
    return sorted(directory.glob("*.pack"))[1]


def test_a_flipped_bit_anywhere_in_a_pack_is_found_and_the_file_named(directory: Path) -> None:
    path = second_pack(directory)
    whole = path.read_bytes()
    bank = Bank.open(directory, LAYOUT)
    assert bank.verify() == []
    for place in range(len(whole)):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        problems = bank.verify()
        assert problems, place
        assert all(path.name in problem for problem in problems), place
    path.write_bytes(whole)
    assert bank.verify() == []


def test_a_damaged_section_is_named_and_does_not_stop_the_opening(directory: Path) -> None:
    path = second_pack(directory)
    whole = path.read_bytes()
    path.write_bytes(whole[:-40] + bytes([whole[-40] ^ 255]) + whole[-39:])
    bank = Bank.open(directory, LAYOUT)
    assert bank.verify() == [f"{path}: content does not match its checksum"]


def test_compaction_does_not_give_damage_a_fresh_checksum(directory: Path) -> None:
    path = second_pack(directory)
    whole = path.read_bytes()
    path.write_bytes(whole[:-40] + bytes([whole[-40] ^ 255]) + whole[-39:])
    bank = Bank.open(directory, LAYOUT)
    with pytest.raises(BankCorrupt, match=f"{path.name}: content damaged"):
        bank.compact(purge=True)
    assert bank.verify() == [f"{path}: content does not match its checksum"]
    assert bank.documents() == {1, 2, 4}


def test_a_bank_that_vanishes_while_open_is_not_replaced_by_an_empty_one(directory: Path) -> None:
    bank = Bank.open(directory, LAYOUT)
    directory.rename(directory.with_name("unplugged"))
    with pytest.raises(BankCorrupt, match=r"bank\.manifest is missing"):
        bank.add([encoded(9)])
    assert not directory.exists()
    check_view(bank.view(), {1, 2, 4})


def test_a_damaged_manifest_is_refused_wherever_it_is_damaged(directory: Path) -> None:
    path = directory / "bank.manifest"
    whole = path.read_bytes()
    for place in range(len(whole)):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        with pytest.raises(BankError, match=r"bank\.manifest"):
            Bank.open(directory, LAYOUT)
    path.write_bytes(whole)
    check_view(Bank.open(directory, LAYOUT).view(), {1, 2, 4})


@pytest.mark.parametrize("damage", ["truncated", "header", "empty", "missing", "lengthened", "another"])
def test_a_damaged_pack_stops_the_opening_and_is_named(directory: Path, damage: str) -> None:
    path = second_pack(directory)
    whole = path.read_bytes()
    match damage:
        case "truncated":
            path.write_bytes(whole[:-64])
        case "header":
            path.write_bytes(whole[:40] + b"?" + whole[41:])
        case "empty":
            path.write_bytes(b"")
        case "missing":
            path.unlink()
        case "lengthened":
            path.write_bytes(whole + bytes(64))
        case "another":
            path.write_bytes(sorted(directory.glob("*.pack"))[0].read_bytes())
    with pytest.raises(BankCorrupt, match=path.name) as caught:
        Bank.open(directory, LAYOUT)
    assert "encode again" in str(caught.value)


def test_packs_without_a_manifest_are_refused_not_swept(directory: Path) -> None:
    (directory / "bank.manifest").unlink()
    with pytest.raises(BankCorrupt, match=r"bank\.manifest is missing"):
        Bank.open(directory, LAYOUT)
    assert len(list(directory.glob("*.pack"))) == 2


@pytest.mark.parametrize("other", [{"model": "another"}, {"layers": (2,)}, {"head_dim": 16}, {"chunk_size": 32}])
def test_another_models_bank_is_refused_with_what_to_do(directory: Path, other: dict[str, object]) -> None:
    with pytest.raises(BankMismatch, match=next(iter(other))) as caught:
        Bank.open(directory, replace(LAYOUT, **other))  # type: ignore[arg-type]
    assert "encode into another directory" in str(caught.value)
    check_view(Bank.open(directory, LAYOUT).view(), {1, 2, 4})


def test_unknown_formats_are_refused(directory: Path) -> None:
    pack, manifest = second_pack(directory), directory / "bank.manifest"
    whole = pack.read_bytes()
    pack.write_bytes(whole[:8] + (99).to_bytes(4, "little") + whole[12:])
    with pytest.raises(BankMismatch, match="format 99"):
        Bank.open(directory, LAYOUT)
    pack.write_bytes(whole)
    manifest.write_text(json.dumps(json.loads(manifest.read_text()) | {"format": 77}))
    with pytest.raises(BankMismatch, match="format 77"):
        Bank.open(directory, LAYOUT)


def test_leftovers_are_reported_by_verify_and_swept_by_opening(directory: Path) -> None:
    bank = Bank.open(directory, LAYOUT)
    leftovers = [directory / "00000099-0000.pack", directory / "00000099-0001.pack.tmp"]
    for path in leftovers:
        path.write_bytes(b"half a pack")
    (directory / "a person's own file").write_text("stays")
    assert bank.verify() == [f"{path}: left over from an interrupted write" for path in leftovers]
    assert Bank.open(directory, LAYOUT).verify() == []
    assert not any(path.exists() for path in leftovers)
    assert (directory / "a person's own file").exists()


def test_a_document_in_two_packs_is_found(directory: Path) -> None:
    bank = Bank.open(directory, LAYOUT)
    bank.remove([1])
    bank.add([encoded(1)])
    manifest = read_manifest(directory)
    assert manifest is not None
    revived = tuple(replace(entry, dead=()) for entry in manifest.packs)
    write_manifest(directory, replace(manifest, packs=revived))
    assert len(bank.verify()) == 1
    assert "document 1 lies in several packs" in bank.verify()[0]


@contextlib.contextmanager
def largest_file(size_bytes: int) -> Iterator[None]:
    """Writing more than this to one file fails as on a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size_bytes, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.parametrize("full_at", ["first pack", "second pack", "manifest"])
def test_a_full_disk_leaves_the_bank_as_it_was(tmp_path: Path, full_at: str) -> None:
    bank = Bank.open(tmp_path / "bank", LAYOUT, max_pack_bytes=1000)
    for document in range(30):  # so many packs that the manifest is larger than one of them
        bank.add([encoded(document, 1)])
    before = {path.name: path.read_bytes() for path in bank.directory.iterdir()}
    manifest_bytes, pack_bytes = len(before.pop("bank.manifest")), max(map(len, before.values()))
    assert pack_bytes + 64 < manifest_bytes
    limit = {"first pack": 100, "second pack": pack_bytes + 64, "manifest": manifest_bytes}[full_at]
    batch = [encoded(100, 1), encoded(101, 20)] if full_at == "second pack" else [encoded(100, 1)]
    with largest_file(limit), pytest.raises(OSError, match="File too large"):
        bank.add(batch)
    after = {path.name: path.read_bytes() for path in bank.directory.iterdir()}
    assert len(after.pop("bank.manifest")) == manifest_bytes
    assert after == before
    assert bank.verify() == []
    assert bank.documents() == frozenset(range(30))
    bank.add(batch)
    assert bank.documents() == frozenset(range(30)) | {document.document for document in batch}


def test_a_full_disk_while_compacting_leaves_everything_readable(tmp_path: Path) -> None:
    bank = Bank.open(tmp_path / "bank", LAYOUT)
    for document in range(9):
        bank.add([encoded(document)])
    with largest_file(100), pytest.raises(OSError, match="File too large"):
        bank.compact()
    check_view(bank.view(), range(9))
    assert bank.verify() == []
    bank.compact()
    check_view(bank.view(), range(9))
    assert len(bank.view().packs) == 1
