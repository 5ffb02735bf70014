"""Threads reading and writing one bank: invariant 4 of engine/memory/README.md."""

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from bank_documents import LAYOUT, check_view, encoded

from engine.memory import Bank

READERS = 3
ROUNDS = 24


def test_readers_see_whole_snapshots_while_a_writer_works(tmp_path: Path) -> None:
    bank = Bank.open(tmp_path / "bank", LAYOUT, max_pack_bytes=8 << 10)
    bank.add([encoded(document) for document in range(10)])
    first = bank.view()
    # What each commit must hold, written down before it can be seen.
    expected = {first.generation: frozenset(range(10))}
    done = threading.Event()

    def read() -> set[int]:
        seen = set()
        while not done.is_set():
            view = bank.view()
            check_view(view, expected[view.generation])
            seen.add(view.generation)
        return seen

    def write() -> None:
        live = set(range(10))
        try:
            for round_number in range(ROUNDS):
                generation = bank.view().generation
                new = {100 + 3 * round_number + n for n in range(3)}
                expected[generation + 1] = frozenset(live | new)
                bank.add([encoded(document) for document in new])
                oldest = min(live)
                live = (live | new) - {oldest}
                expected.update({generation + n: frozenset(live) for n in range(2, 20)})
                assert bank.remove([oldest]) == 1
                if round_number % 4 == 3:
                    bank.compact(purge=round_number % 8 == 7)
        finally:
            done.set()

    with ThreadPoolExecutor(READERS + 1) as pool:
        readers = [pool.submit(read) for _ in range(READERS)]
        pool.submit(write).result(timeout=60)
        seen = [reader.result(timeout=60) for reader in readers]
    assert len(set().union(*seen)) > 5, "the readers met too few commits to prove anything"
    check_view(first, range(10))
    assert bank.verify() == []
    assert bank.view().documents == 10 + 2 * ROUNDS


def test_writers_take_turns(tmp_path: Path) -> None:
    bank = Bank.open(tmp_path / "bank", LAYOUT)

    def write(worker: int) -> None:
        for number in range(6):
            bank.add([encoded(10 * worker + number)])
        bank.remove([10 * worker])
        bank.compact(purge=True)

    with ThreadPoolExecutor(4) as pool:
        for written in [pool.submit(write, worker) for worker in range(4)]:
            written.result(timeout=60)
    expected = {10 * worker + number for worker in range(4) for number in range(1, 6)}
    check_view(bank.view(), expected)
    check_view(Bank.open(bank.directory, LAYOUT).view(), expected)
    assert bank.verify() == []
