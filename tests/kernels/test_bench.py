"""The benchmark: every case's forms agree, and nothing is reported where a test fails or a form is wrong."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from kernels.bench import __main__ as bench
from kernels.bench import cases
from kernels.bench.machine import Machine, measure

MACHINE = Machine("cpu", 1e10, {"int8": 1e11, "bf16": 1e11, "float32": 1e11})
SMALL = cases.Shape(4, 2, 16, 64)


def small_cases() -> list[cases.Case]:
    return [
        *cases.maxsim(SMALL, 64 * 300, 5, 2, "int8", "cpu"),
        *cases.maxsim(SMALL, 64 * 33, 3, 1, "bf16", "cpu"),
        cases.pooling(SMALL, 3, "cpu"),
        cases.attention(SMALL, 7, False, "cpu"),
        cases.attention(SMALL, 7, True, "cpu"),
    ]


@pytest.mark.parametrize("slice_scores", [cases.SLICE_SCORES, 1000], ids=["whole", "in slices"])
def test_every_case_is_timed(monkeypatch: pytest.MonkeyPatch, slice_scores: int) -> None:
    monkeypatch.setattr(cases, "SLICE_SCORES", slice_scores)
    rows = list(bench.timed(iter(small_cases()), MACHINE, 0.0))
    assert len(rows) == 4 * 3 + 2 + 2 * 3
    assert {row.kernel.split(":")[0] for row in rows} == {"maxsim", "chunk_pool", "memory_attention"}
    for row in rows:
        assert row.ms > 0
        assert (row.times_slower == 1.0) or row.form != "kernel"
        floor_ms = row.share_of_floor * row.ms
        moved_bytes, operations = row.gb_per_s * row.ms * 1e6, row.tflop_per_s * row.ms * 1e9
        assert floor_ms == pytest.approx(max(moved_bytes / 1e7, operations / 1e8))


def test_a_wrong_form_is_not_timed() -> None:
    case = small_cases()[0]
    for wrong in (lambda: case.forms["kernel"]() * 1.2, lambda: case.forms["kernel"]() * float("nan")):
        spoiled = replace(case, forms={**case.forms, "plain": wrong})
        with pytest.raises(SystemExit, match="plain differs"):
            list(bench.timed(iter([spoiled]), MACHINE, 0.0))


def run_with(tests: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> tuple[int, str, str]:
    monkeypatch.setattr(bench, "TESTS", tests)
    monkeypatch.setattr(bench, "measure", lambda device: MACHINE)
    monkeypatch.setattr(
        "sys.argv", ["bench", "--device", "cpu", "--tokens", "640", "--documents", "1", "--seconds", "0", "--json"]
    )
    threads = torch.get_num_threads()
    code = bench.main()
    assert torch.get_num_threads() == threads
    return code, *capsys.readouterr()


def test_red_tests_refuse_the_report(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    tests = tmp_path / "a" / "tests"
    code, out, err = run_with(tests, monkeypatch, capsys)
    assert (code, out) == (1, "")
    assert "checkout" in err
    tests.mkdir(parents=True)
    (tests / "test_red.py").write_text("def test_red():\n    assert 1 == 2\n")
    code, out, err = run_with(tests, monkeypatch, capsys)
    assert (code, out) == (1, "")
    assert "test_red" in err
    (tests / "test_red.py").write_text("def test_green():\n    pass\n")
    code, out, err = run_with(tests, monkeypatch, capsys)
    assert code == 0, err
    report = json.loads(out)
    assert report["device"] == "cpu"
    assert {row["form"] for row in report["rows"]} == {"kernel", "plain", "released"}


def test_a_machine_is_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kernels.bench.machine.COPIED_BYTES", {"cpu": 1 << 20})
    monkeypatch.setattr("kernels.bench.machine.EDGE", {"cpu": 64})
    machine = measure("cpu")
    assert machine.bytes_per_s > 1e6
    assert min(machine.operations_per_s.values()) > 1e5
    assert machine.floor_s(machine.bytes_per_s, 0.0, "int8") == pytest.approx(1.0)
    assert machine.floor_s(0.0, 2 * machine.operations_per_s["bf16"], "bf16") == pytest.approx(2.0)
