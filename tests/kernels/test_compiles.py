"""Triton takes every kernel down to machine code for an H100: what the interpreter cannot see, and no GPU needed."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest
from forms import INTERPRETING

triton: Any = pytest.importorskip("triton")
pytestmark = [
    pytest.mark.skipif(INTERPRETING, reason="the interpreter's kernels are not compiled"),
    pytest.mark.timeout(600),  # one to three seconds each, more beside other work
]

SHARED_BYTES = 227 << 10  # what a program may have on an H100
INTEGERS = {"N", "K", "C", "D", "G", "S", "S0", "T"}


def compiled(kernel: Any, pointers: dict[str, str], constants: dict[str, Any], **options: int) -> Any:
    from triton.backends.compiler import GPUTarget
    from triton.compiler import ASTSource

    names = kernel.arg_names
    scalars = {"scale": "fp32", "factor": "fp32"}
    signature = {
        name: "constexpr" if name in constants
        else f"*{pointers[name]}" if name in pointers
        else scalars.get(name, "i32" if name in INTEGERS else "i64")
        for name in names
    }  # fmt: skip
    source = ASTSource(fn=kernel, signature=signature, constexprs=constants)
    return triton.compile(source, target=GPUTarget("cuda", 90, 32), options={**options, "enable_fp_fusion": True})


@pytest.fixture(autouse=True)
def own_cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("TRITON_CACHE_DIR", str(tmp_path / "triton"))


def check(binary: Any, instruction: str) -> None:
    assert binary.asm["cubin"][:4] == b"\x7fELF"
    assert binary.metadata.shared <= SHARED_BYTES
    assert instruction in binary.asm["ptx"]


@pytest.mark.parametrize("keys", ["i8", "bf16"])
def test_maxsim(keys: str) -> None:
    """Matrix instructions on the keys as they are stored; shapes of MSA-4B, 64 question tokens."""
    from kernels.maxsim.triton import maxsim_fwd_kernel

    integer = keys == "i8"
    pointers = {"q": keys, "q_scales": "fp32", "k": keys, "k_scales": "fp32", "offsets": "i64", "out": "fp32"}
    constants = {
        "INT8": integer, "HAS_SCALES": integer, "WIDEN": False, "BLOCK_N": 128, "BLOCK_M": 64, "BLOCK_K": 128
    }  # fmt: skip
    binary = compiled(maxsim_fwd_kernel, pointers, constants, num_warps=4, num_stages=3)
    check(binary, "s32.s8.s8" if integer else "f32.bf16.bf16")
    assert "ld.local" not in binary.asm["ptx"]


def test_documents_and_second_look() -> None:
    from kernels.maxsim.triton import rescore_kernel, segment_max_kernel

    pointers = {"scores": "fp32", "doc_offsets": "i64", "wanted": "u8", "out": "i64"}
    check(compiled(segment_max_kernel, pointers, {"HAS_WANTED": True, "BLOCK_D": 64, "BLOCK_C": 8}), "st.global")
    pointers = {
        "q": "fp32", "k": "i8", "k_scales": "fp32", "doc_offsets": "i64", "offsets": "i64", "rows": "i64", "out": "fp32"
    }  # fmt: skip
    constants = {"HAS_SCALES": True, "BLOCK_N": 16, "BLOCK_M": 32, "BLOCK_K": 64}
    check(compiled(rescore_kernel, pointers, constants, num_warps=4, num_stages=2), "fma.rn")


def test_chunk_pool() -> None:
    from kernels.chunk_pool.triton import chunk_pool_fwd_kernel

    pointers = dict.fromkeys(("k", "v", "r"), "bf16") | dict.fromkeys(("out_k", "out_v", "scales"), "fp32")
    pointers |= {"lengths": "i64", "out_r": "i8"}
    constants = {
        "SIZE": 64, "UNIT": True, "INT8": True, "OWN_ROUTING": True, "BLOCK_T": 4, "BLOCK_G": 8, "BLOCK_D": 128
    }  # fmt: skip
    check(compiled(chunk_pool_fwd_kernel, pointers, constants, num_warps=4), "div.rn")


@pytest.mark.parametrize("direction", ["fwd", "bwd"])
def test_memory_attention(direction: str) -> None:
    from triton import language as tl

    from kernels.memory_attention.triton import memory_attention_bwd_kernel, memory_attention_fwd_kernel

    halves = ("q", "own_k", "own_v", "head_k", "head_v", "content_k", "content_v", "grad", "out")
    floats = ("log_sums", "deltas", "grad_q", *(f"grad_{n}" for n in halves[1:7]))
    pointers = dict.fromkeys(halves, "bf16") | dict.fromkeys(floats, "fp32")
    pointers |= dict.fromkeys(("chunks", "chunk_offsets"), "i64")
    kernel = memory_attention_fwd_kernel if direction == "fwd" else memory_attention_bwd_kernel
    constants = {"GROUP": 2, "DOT": tl.bfloat16, "BLOCK_M": 16, "BLOCK_N": 64, "BLOCK_D": 64}
    check(compiled(kernel, pointers, constants, num_warps=4, num_stages=2), "f32.bf16.bf16")


def test_nothing_here_was_interpreted() -> None:
    assert not triton.knobs.runtime.interpret, sys.modules["triton"]
