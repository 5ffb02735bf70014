"""Does each operation of a bank once, then again for every step of it, and is killed at that step.

Called as `python bank_killed.py DIRECTORY`; prints a JSON list of {operation, step, directory, signal}.
Each killed process is a real one, forked (torch takes seconds to import) and ended by SIGKILL.
"""

import json
import os
import shutil
import signal
import sys
from collections.abc import Callable
from pathlib import Path

from bank_documents import LAYOUT, encoded

from engine.memory import Bank

MAX_PACK_BYTES = 1000  # one or two documents a pack, so that adding writes several


def start(directory: Path) -> None:
    """Nine documents in three packs of which 0, 3 and 8 were removed."""
    bank = Bank.open(directory, LAYOUT)
    for first in (0, 3, 6):
        bank.add([encoded(first + n) for n in range(3)])
    bank.remove([0, 3, 8])


def start_of_many(directory: Path) -> None:
    bank = Bank.open(directory, LAYOUT)
    for document in range(10):
        bank.add([encoded(document)])
    bank.remove([4])


def nothing(directory: Path) -> None:
    directory.mkdir()


OPERATIONS: dict[str, tuple[Callable[[Path], None], Callable[[Bank], object]]] = {
    "create": (nothing, lambda bank: None),
    "add": (start, lambda bank: bank.add([encoded(document) for document in (20, 21, 22)])),
    "remove": (start, lambda bank: bank.remove([1, 5, 6])),
    "merge": (start_of_many, lambda bank: bank.compact()),
    "purge": (start, lambda bank: bank.compact(purge=True)),
}


def perform(operation: str, directory: Path, fault_point: Callable[[str], None]) -> None:
    largest = MAX_PACK_BYTES if operation == "add" else 1 << 20
    OPERATIONS[operation][1](Bank.open(directory, LAYOUT, max_pack_bytes=largest, fault_point=fault_point))


def kill_at(operation: str, directory: Path, place: int) -> int:
    """The signal that ended a process doing the operation, 0 if it ended by itself."""
    child = os.fork()
    if child == 0:
        steps = iter(range(place + 1))

        def die_at_the_last(step: str) -> None:
            if next(steps) == place:
                os.kill(os.getpid(), signal.SIGKILL)

        perform(operation, directory, die_at_the_last)
        os._exit(0)
    return os.WTERMSIG(os.waitpid(child, 0)[1])


def main(work: Path) -> None:
    results = []
    for operation, (prepare, _) in OPERATIONS.items():
        before, after = work / f"{operation}-before", work / f"{operation}-after"
        prepare(before)
        shutil.copytree(before, after)
        steps: list[str] = []
        perform(operation, after, steps.append)
        for place, step in enumerate(steps):
            directory = work / f"{operation}-{place}"
            shutil.copytree(before, directory)
            killed_by = kill_at(operation, directory, place)
            results.append({"operation": operation, "step": step, "directory": str(directory), "signal": killed_by})
    print(json.dumps(results))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
