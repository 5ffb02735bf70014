"""The same tests with Triton's kernels in its interpreter, which has to be chosen before Triton is imported."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

# the interpreter multiplies in NumPy, whose threads wait for each other by spinning
ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
ROOT = Path(__file__).parents[2]
pytest.importorskip("triton")


@pytest.mark.timeout(600)
def test_triton_kernels_in_the_interpreter() -> None:
    command = [
        sys.executable,
        "-m",
        "pytest",
        str(Path(__file__).parent),
        "-k",
        "interpreter",
        "-p",
        "no:cacheprovider",
    ]
    run = subprocess.run(
        [*command, "--deselect", "tests/kernels/test_interpreter.py", "--timeout=300"],
        cwd=ROOT,
        env={**os.environ, "TRITON_INTERPRET": "1", **ONE_THREAD},
        capture_output=True,
        text=True,
        timeout=590,
    )
    assert run.returncode == 0, run.stdout[-8000:] + run.stderr[-2000:]
    assert " skipped" not in run.stdout, run.stdout[-2000:]
