"""Adding, reading, removing and compacting: invariants 4 to 6, 9 and 10 of engine/memory/README.md."""

import stat
import time
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from bank_documents import LAYOUT, check_view, content_bytes, encoded, files_with

from engine.memory import Bank, BankLayout, EncodedDocument
from engine.memory.bank import MAX_PACK_BYTES


def open_bank(directory: Path, max_pack_bytes: int = MAX_PACK_BYTES) -> Bank:
    return Bank.open(directory / "bank", LAYOUT, max_pack_bytes=max_pack_bytes)


def test_an_empty_bank_holds_nothing_and_is_consistent(tmp_path: Path) -> None:
    for _ in range(2):
        bank = open_bank(tmp_path)
        assert bank.documents() == frozenset()
        assert (bank.view().packs, bank.view().documents, bank.view().tokens) == ((), 0, 0)
        assert bank.verify() == []
        assert bank.remove([1, 2]) == 0
        assert bank.compact(purge=True) == 0
        bank.add([])
        with pytest.raises(KeyError):
            bank.view().content(1)


def test_what_was_added_comes_back_exactly_also_after_reopening(tmp_path: Path) -> None:
    bank = open_bank(tmp_path)
    bank.add([encoded(document) for document in (7, 3, 12)])
    bank.add([encoded(document) for document in (4, 100)])
    for again in (bank, open_bank(tmp_path)):
        check_view(again.view(), {3, 4, 7, 12, 100})
        assert again.documents() == {3, 4, 7, 12, 100}
        assert again.verify() == []
    assert bank.view().packs[0].document_ids.tolist() == [3, 7, 12]
    assert bank.view().packs[0].doc_offsets.tolist() == [0, 4, 8, 9]


def test_content_is_not_copied(tmp_path: Path) -> None:
    bank = open_bank(tmp_path)
    bank.add([encoded(1), encoded(2)])
    view = bank.view()
    keys, values = view.content(2)
    assert keys.dtype == values.dtype == torch.bfloat16
    assert keys.shape == values.shape == (2, 2, 3, 8)
    assert view.content(2)[0].data_ptr() == keys.data_ptr()
    assert keys.untyped_storage().data_ptr() == view.packs[0].document_ids.untyped_storage().data_ptr()


def test_writing_to_a_view_never_reaches_the_file(tmp_path: Path) -> None:
    bank = open_bank(tmp_path)
    bank.add([encoded(1)])
    bank.view().content(1)[0].zero_()
    assert bank.verify() == []
    check_view(open_bank(tmp_path).view(), {1})


def test_a_view_stays_as_it_was_while_the_bank_changes(tmp_path: Path) -> None:
    bank = open_bank(tmp_path)
    bank.add([encoded(document) for document in range(8)])
    before = bank.view()
    bank.remove([2, 3])
    bank.add([encoded(20)])
    between = bank.view()
    bank.compact(purge=True)
    check_view(before, range(8))
    check_view(between, {0, 1, 4, 5, 6, 7, 20})
    check_view(bank.view(), {0, 1, 4, 5, 6, 7, 20})
    assert not any(pack.pack.path.exists() for pack in before.packs)


def test_a_live_id_is_refused_and_a_removed_one_may_come_again(tmp_path: Path) -> None:
    bank = open_bank(tmp_path)
    bank.add([encoded(1), encoded(2)])
    with pytest.raises(ValueError, match=r"already in the bank: \[2\]"):
        bank.add([encoded(2), encoded(3)])
    with pytest.raises(ValueError, match="twice"):
        bank.add([encoded(4), encoded(4)])
    check_view(bank.view(), {1, 2})
    bank.remove([2])
    bank.add([encoded(2)])
    for again in (bank, open_bank(tmp_path)):
        check_view(again.view(), {1, 2})
        assert again.verify() == []
    bank.compact(purge=True)
    check_view(bank.view(), {1, 2})


def with_nan(document: EncodedDocument, field: str) -> EncodedDocument:
    poisoned = getattr(document, field).clone()
    poisoned.view(-1)[5] = float("nan")
    return replace(document, **{field: poisoned})


@pytest.mark.parametrize(
    ("malformed", "reason"),
    [
        (
            EncodedDocument(5, 3, torch.empty(2, 0, 16), *(2 * [torch.empty(2, 2, 0, 8).bfloat16()])),
            "no chunks",
        ),
        (replace(encoded(5), tokens=0), "no tokens"),
        (replace(encoded(5), document=-1), "document ID"),
        (replace(encoded(5), keys=encoded(6).keys), "keys is"),
        (replace(encoded(5), values=encoded(5).values.float()), "values is"),
        (encoded(5, layout=replace(LAYOUT, layers=(1, 2, 3))), "routing_keys is"),
        (with_nan(encoded(5), "routing_keys"), "NaN"),
        (with_nan(encoded(5), "keys"), "NaN"),
        (with_nan(encoded(5), "values"), "NaN"),
    ],
    ids=[
        "no-chunks",
        "no-tokens",
        "id",
        "chunks-differ",
        "dtype",
        "layers",
        "nan-routing",
        "nan-key",
        "nan-value",
    ],
)
def test_a_malformed_document_is_refused_with_its_whole_batch(
    tmp_path: Path, malformed: EncodedDocument, reason: str
) -> None:
    bank = open_bank(tmp_path)
    bank.add([encoded(1)])
    with pytest.raises(ValueError, match=reason):
        bank.add([encoded(2), malformed])
    check_view(bank.view(), {1})
    assert bank.verify() == []


def test_removed_documents_are_gone_at_once_and_after_reopening(tmp_path: Path) -> None:
    bank = open_bank(tmp_path)
    bank.add([encoded(document) for document in range(6)])
    bank.add([encoded(document) for document in range(6, 9)])
    assert bank.remove([1, 7, 7, 999]) == 2
    assert bank.remove([1, 7]) == 0
    assert bank.remove([2]) == 1
    for again in (bank, open_bank(tmp_path)):
        check_view(again.view(), {0, 3, 4, 5, 6, 8})
        with pytest.raises(KeyError):
            again.view().content(7)
        assert again.view().packs[0].live.tolist() == [True, False, False, True, True, True]


def test_the_manifest_does_not_grow_with_documents(tmp_path: Path) -> None:
    sizes = []
    for count in (1, 400):
        bank = Bank.open(tmp_path / str(count), LAYOUT)
        bank.add([encoded(document, 1) for document in range(count)])
        sizes.append((bank.directory / "bank.manifest").stat().st_size)
    assert sizes[0] == sizes[1]


def test_more_than_eight_small_packs_are_merged_in_the_order_of_ids(tmp_path: Path) -> None:
    bank = open_bank(tmp_path)
    for first in range(8, 0, -1):
        bank.add([encoded(first), encoded(first + 100)])
    assert bank.compact() == 0
    assert len(bank.view().packs) == 8
    bank.add([encoded(50)])
    size_before = bank.view().size_bytes
    freed = bank.compact()
    assert len(bank.view().packs) == 1
    expected = sorted([*range(1, 9), *range(101, 109), 50])
    assert bank.view().packs[0].document_ids.tolist() == expected
    check_view(open_bank(tmp_path).view(), expected)
    assert freed == size_before - bank.view().size_bytes > 0


def test_packs_never_exceed_the_largest_size_and_large_ones_are_left_alone(tmp_path: Path) -> None:
    bank = open_bank(tmp_path, max_pack_bytes=16 << 10)
    bank.add([encoded(document, 4) for document in range(200)])
    packs = bank.view().packs
    assert len(packs) > 8
    overhead = 4096  # the header, IDs, tokens and offsets come on top of the documents
    assert all(pack.pack.size_bytes < (16 << 10) + overhead for pack in packs)
    assert bank.compact() == 0
    assert bank.view().packs == packs
    assert bank.documents() == frozenset(range(200))


def test_a_pack_is_rewritten_once_more_than_a_quarter_of_it_is_dead(tmp_path: Path) -> None:
    bank = open_bank(tmp_path)
    bank.add([encoded(document) for document in range(8)])  # 1, 2, 3, 4, 1, 2, 3, 4 chunks
    bank.remove([0, 7])  # 5 of 20 chunks: a quarter
    assert bank.compact() == 0
    bank.remove([4])
    assert bank.compact() > 0
    assert bank.view().packs[0].dead == ()
    check_view(open_bank(tmp_path).view(), {1, 2, 3, 5, 6})
    assert bank.verify() == []


def test_a_pack_with_no_live_document_vanishes(tmp_path: Path) -> None:
    bank = open_bank(tmp_path)
    bank.add([encoded(1)])
    size = bank.view().size_bytes
    bank.remove([1])
    assert bank.compact() == size
    assert bank.view().packs == ()
    assert [path.name for path in bank.directory.iterdir()] == ["bank.manifest"]


def test_purge_leaves_no_byte_of_a_removed_document(tmp_path: Path) -> None:
    bank = open_bank(tmp_path)
    bank.add([encoded(document, 4) for document in range(20)])
    bank.add([encoded(document, 4) for document in range(20, 40)])
    codes, _ = bank.view().packs[0].routing_keys(1)
    needles = [content_bytes(encoded(5, 4)), codes[5 * 4].numpy().tobytes(), content_bytes(encoded(6, 4))]
    bank.remove([5])
    untouched = bank.view().packs[1].pack.path
    inode = untouched.stat().st_ino
    assert bank.compact() == 0
    assert [len(files_with(bank.directory, needle)) for needle in needles] == [1, 1, 1]
    assert bank.compact(purge=True) > 0
    assert [len(files_with(bank.directory, needle)) for needle in needles] == [0, 0, 1]
    assert untouched.stat().st_ino == inode
    assert len(bank.documents()) == 39


def test_files_are_readable_by_their_owner_only(tmp_path: Path) -> None:
    bank = Bank.open(tmp_path / "deep" / "bank", LAYOUT)
    bank.add([encoded(1)])
    assert {stat.S_IMODE(path.stat().st_mode) for path in bank.directory.iterdir()} == {0o600}
    assert {stat.S_IMODE(path.stat().st_mode) for path in (bank.directory, bank.directory.parent)} == {0o700}


def test_a_thousand_packs_open_within_a_second_and_hold_no_file_open(tmp_path: Path) -> None:
    directory = tmp_path / "bank"
    # One byte a pack: every document gets its own.
    Bank.open(directory, LAYOUT, max_pack_bytes=1).add([encoded(document, 1) for document in range(1000)])
    descriptors = len(list(Path("/dev/fd").iterdir()))
    taken_s = []
    for _ in range(3):
        started = time.perf_counter()
        view = Bank.open(directory, LAYOUT).view()
        taken_s.append(time.perf_counter() - started)
    assert min(taken_s) < 1.0  # 0.07 to 0.13 s measured; the best of three, other work may share the cores
    assert len(view.packs) == view.documents == 1000
    assert torch.equal(view.content(777)[0], encoded(777, 1).keys)
    assert len(list(Path("/dev/fd").iterdir())) == descriptors


def test_other_shapes_of_models_are_held_as_well(tmp_path: Path) -> None:
    layout = BankLayout(layers=(0,), kv_heads=1, head_dim=3, chunk_size=32, model="odd")
    documents = [encoded(document, 1 + document, layout) for document in range(5)]
    Bank.open(tmp_path / "odd", layout).add(documents)
    view = Bank.open(tmp_path / "odd", layout).view()
    for document in documents:
        keys, values = view.content(document.document)
        assert torch.equal(keys, document.keys)
        assert torch.equal(values, document.values)
