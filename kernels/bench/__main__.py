"""`python -m kernels.bench`: runs the kernels' tests, then times each kernel beside what it replaces, in one run.

Refuses to report where a test fails, or where two forms of a case disagree.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import torch

from kernels.bench import cases
from kernels.bench.machine import Machine, fastest, measure

TESTS = Path(__file__).parents[2] / "tests" / "kernels"


@dataclass(frozen=True)
class Row:
    kernel: str
    size: str
    form: str
    ms: float
    gb_per_s: float
    tflop_per_s: float
    share_of_floor: float  # floor time / time, of what the kernel has to move and multiply; 1 = as fast as can be
    times_slower: float  # than the kernel


def main() -> int:
    options = parse()
    if not TESTS.is_dir():
        print(f"The kernels' tests are not at {TESTS}: run this from a checkout of the repository.", file=sys.stderr)
        return 1
    print("running the kernels' tests first ...", file=sys.stderr)
    command = [sys.executable, "-m", "pytest", str(TESTS), "-q", "-p", "no:cacheprovider"]
    tests = subprocess.run(command, cwd=TESTS.parents[1], capture_output=True, text=True, check=False)
    if tests.returncode:
        print(tests.stdout[-4000:] + tests.stderr[-2000:], file=sys.stderr)
        print("The kernels' tests fail: no times are reported.", file=sys.stderr)
        return 1
    print(tests.stdout.strip().splitlines()[-1], file=sys.stderr)
    if options.threads:
        torch.set_num_threads(options.threads)
    with torch.inference_mode():
        machine = measure(options.device)
        rows = list(timed(chosen(options), machine, options.seconds))
    if options.json:
        about = {"threads": torch.get_num_threads(), "torch": torch.__version__, "shape": options.shape}
        print(json.dumps({**asdict(machine), **about, "rows": [asdict(row) for row in rows]}))
    else:
        show(rows, machine)
    return 0


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m kernels.bench", description=__doc__)
    parser.add_argument("--device", choices=["cpu", "cuda"], default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--shape", choices=sorted(cases.SHAPES), default="twin-tiny")
    parser.add_argument("--tokens", type=float, nargs="+", default=[1e6], help="of memory: 1e6 1e7 1e8")
    parser.add_argument("--asked", type=int, default=32, help="tokens of a question")
    parser.add_argument("--questions", type=int, nargs="+", default=[1], help="answered at once")
    parser.add_argument("--keys", choices=["int8", "bf16"], nargs="+", default=["int8"])
    parser.add_argument("--documents", type=int, default=16, help="pooled at once")
    parser.add_argument("--threads", type=int, help="of the CPU; as many as PyTorch takes where not given")
    parser.add_argument("--seconds", type=float, default=1.0, help="spent on each form")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    if options.device == "cuda" and not torch.cuda.is_available():
        parser.error("PyTorch sees no CUDA device here")
    return options


def chosen(options: argparse.Namespace) -> Iterator[cases.Case]:
    shape, device = cases.SHAPES[options.shape], options.device
    for tokens in options.tokens:
        for questions in options.questions:
            for kind in options.keys:
                yield from cases.maxsim(shape, int(tokens), options.asked, questions, kind, device)
    yield cases.pooling(shape, options.documents, device)
    yield cases.attention(shape, options.asked, False, device)
    yield cases.attention(shape, options.asked, True, device)


def timed(chosen: Iterator[cases.Case], machine: Machine, seconds: float) -> Iterator[Row]:
    for case in chosen:
        wanted = case.forms["kernel"]().float()
        for form, run in case.forms.items():
            difference = float((run().float() - wanted).abs().max() / wanted.abs().max())
            if not difference <= case.tolerance:  # NaN is refused too
                raise SystemExit(
                    f"{case.name}, {case.size}: {form} differs by {difference:.1e}; no times are reported."
                )
        took = fastest(case.forms, machine.device, seconds)
        floor = machine.floor_s(case.moved_bytes, case.operations, case.kind)
        for form, time_s in took.items():
            yield Row(
                case.name, case.size, form, time_s * 1e3, case.moved_bytes / time_s / 1e9,
                case.operations / time_s / 1e12, floor / time_s, time_s / took["kernel"],
            )  # fmt: skip


def show(rows: list[Row], machine: Machine) -> None:
    rates = ", ".join(f"{kind} {rate / 1e12:.2f}" for kind, rate in machine.operations_per_s.items())
    clock = (
        "processor time of one thread" if machine.device == "cpu" and torch.get_num_threads() == 1 else "elapsed time"
    )
    print(f"{machine.device}, {clock}: copies {machine.bytes_per_s / 1e9:.1f} GB/s, products {rates} TFLOP/s")
    print(f"\n{'':34}{'':>10}{'ms':>10}{'GB/s':>9}{'TFLOP/s':>9}{'floor':>7}{'slower':>8}")
    for at, row in enumerate(rows):
        if not at or (rows[at - 1].kernel, rows[at - 1].size) != (row.kernel, row.size):
            print(f"{row.kernel} ({row.size})")
        print(
            f"{'':34}{row.form:>10}{row.ms:>10.3f}{row.gb_per_s:>9.2f}{row.tflop_per_s:>9.3f}"
            f"{row.share_of_floor:>7.0%}{row.times_slower:>7.1f}x"
        )


if __name__ == "__main__":
    raise SystemExit(main())
