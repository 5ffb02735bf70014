"""Processes killed between every two steps of a write: invariants 1 and 2 of engine/memory/README.md."""

import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import bank_killed
import pytest
from bank_documents import LAYOUT, check_view, content_bytes, encoded, files_with

from engine.memory import Bank

ROOT = Path(__file__).parents[3]
BEFORE_AND_AFTER: dict[str, tuple[set[int], set[int]]] = {
    "create": (set(), set()),
    "add": ({1, 2, 4, 5, 6, 7}, {1, 2, 4, 5, 6, 7, 20, 21, 22}),
    "remove": ({1, 2, 4, 5, 6, 7}, {2, 4, 7}),
    "merge": (set(range(10)) - {4}, set(range(10)) - {4}),
    "purge": ({1, 2, 4, 5, 6, 7}, {1, 2, 4, 5, 6, 7}),
}
REMOVED = {"merge": {4}, "purge": {0, 3, 8}}
WRITE = ["created", "written", "flushed", "renamed", "durable"]
PACK, MANIFEST = [f"pack {step}" for step in WRITE], [f"manifest {step}" for step in WRITE]
STEPS = {
    "create": MANIFEST,
    "add": [*PACK, *PACK, *MANIFEST],
    "remove": MANIFEST,
    "merge": [*PACK, *MANIFEST, *10 * ["pack unlinked"]],
    "purge": [*PACK, *MANIFEST, "pack unlinked"] * 3,
}


@pytest.fixture(scope="module")
def killed(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    finished = subprocess.run(
        [sys.executable, bank_killed.__file__, str(tmp_path_factory.mktemp("killed"))],
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
        env={"PYTHONPATH": str(ROOT)},
    )
    assert finished.returncode == 0, finished.stderr
    results: list[dict[str, Any]] = json.loads(finished.stdout)
    return results


@pytest.mark.parametrize("operation", BEFORE_AND_AFTER)
def test_killed_at_any_step_a_bank_is_as_before_or_as_after(killed: list[dict[str, Any]], operation: str) -> None:
    cases = [case for case in killed if case["operation"] == operation]
    assert [case["step"] for case in cases] == STEPS[operation]
    assert {case["signal"] for case in cases} == {signal.SIGKILL}
    before, after = BEFORE_AND_AFTER[operation]
    committed = False
    for case in cases:
        directory = Path(case["directory"])
        committed = committed or case["step"] == "manifest renamed"
        bank = Bank.open(directory, LAYOUT)
        assert bank.verify() == [], case
        check_view(bank.view(), after if committed else before)
        if not committed or operation in REMOVED:
            bank_killed.OPERATIONS[operation][1](bank)
        check_view(Bank.open(directory, LAYOUT).view(), after)
        assert bank.verify() == [], case
        for document in REMOVED.get(operation, ()):
            assert files_with(directory, content_bytes(encoded(document))) == [], case


def test_the_removed_documents_lay_in_the_files_before(killed: list[dict[str, Any]]) -> None:
    work = Path(killed[0]["directory"]).parent
    for operation, documents in REMOVED.items():
        for document in documents:
            assert len(files_with(work / f"{operation}-before", content_bytes(encoded(document)))) == 1
