"""What this machine can do at most: bytes read a second, products a second. The floors of a benchmark's times.

Measured in the run whose figures it explains, with the threads and the number type the engine uses.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import torch
from torch.nn import functional as F

from engine.config import ModelConfig

READ_BYTES = 512 << 20  # far more than any cache
REPEATS, AT_LEAST_S = 5, 0.2
TILE = 8192  # keys of one product in routing (kernels.maxsim.cpu)
ENCODING_ROWS = 4096  # tokens of an encoding batch


def read_bytes_s() -> float:
    """Bytes a second of reading memory in order."""
    data = torch.ones(READ_BYTES // 4)
    return READ_BYTES / best(lambda: data.sum())


def best(work: Callable[[], object]) -> float:
    """Seconds of the quickest of some runs: what disturbs can only slow down."""
    work()
    times: list[float] = []
    while len(times) < REPEATS or sum(times) < AT_LEAST_S:
        began = time.perf_counter()
        work()
        times.append(time.perf_counter() - began)
    return min(times)


def routing_flops_s(query_rows: int, key_dim: int) -> float:
    """Operations a second of routing's product alone, [TILE, K] by [K, T]: in int8 or in bf16, whichever is quicker."""
    keys = torch.randint(-127, 128, (TILE, key_dim), dtype=torch.int8)
    padded = query_rows + -query_rows % 16 if query_rows > 1 else 1  # as the scan does
    queries = torch.randint(-127, 128, (padded, key_dim), dtype=torch.int8).T.contiguous()
    wide_keys, wide_queries = keys.bfloat16(), queries.bfloat16()
    seconds = min(best(lambda: torch._int_mm(keys, queries)), best(lambda: wide_keys @ wide_queries))
    return 2 * query_rows * key_dim * TILE / seconds


def encoding_tokens_s(config: ModelConfig) -> float:
    """Tokens a second if encoding were its matrix products alone (bf16): the projections of every layer that runs.

    The products of attention itself are left out; with documents of 256 tokens they are 5 % of the work.
    """
    hidden, d = config.hidden_size, config.head_dim
    projections = {
        "attention": [(hidden, config.heads * d), (config.heads * d, hidden)],
        "keys": [(hidden, config.kv_heads * d)] * 2,
        "mlp": [(hidden, config.intermediate_size)] * 2 + [(config.intermediate_size, hidden)],
    }
    last = config.routing.layers[-1]  # of it only keys and values are needed
    times = {
        name: sum(best(_product(*shape)) for shape in shapes) for name, shapes in projections.items()
    }  # fmt: skip
    routing = best(_product(hidden, config.kv_heads * d)) * config.routing.separate_router
    seconds = last * sum(times.values()) + times["keys"] + len(config.routing.layers) * routing
    return ENCODING_ROWS / seconds


def _product(inputs: int, outputs: int) -> Callable[[], object]:
    x, weight = torch.randn(ENCODING_ROWS, inputs).bfloat16(), torch.randn(outputs, inputs).bfloat16()
    return lambda: F.linear(x, weight)
