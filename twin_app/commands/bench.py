"""The benchmarks as commands. They run in this process, on memories of their own; the person's is not touched."""

from __future__ import annotations

import importlib
import os

from twin_app.invocation import Invocation


def scale(invocation: Invocation) -> int:
    return _run("scale", invocation)


def soak(invocation: Invocation) -> int:
    return _run("soak", invocation)


def qa(invocation: Invocation) -> int:
    return _run("qa", invocation)


def niah(invocation: Invocation) -> int:
    return _run("niah", invocation)


def interleave(invocation: Invocation) -> int:
    return _run("interleave", invocation)


def refuse(invocation: Invocation) -> int:
    return _run("refuse", invocation)


def ablate(invocation: Invocation) -> int:
    return _run("ablate", invocation)


def _run(name: str, invocation: Invocation) -> int:
    """`run` of the benchmark's module, which is imported only now: it brings torch and the engine."""
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # as in the owner, whose speed is measured
    return int(importlib.import_module(f"twin_app.bench.{name}").run(invocation))
