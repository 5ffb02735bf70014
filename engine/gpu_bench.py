"""`python -m engine.gpu_bench`: encoding rate and answer latency of an MSA-4B-shaped model on this machine's device.

Weights are random and memories synthetic: random int8 keys where real ones would lie, and content of a pool of
documents in the host's memory. What is measured is time, never quality. One run, one JSON object a line.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from engine.config import ModelConfig
from engine.encode import encode, encode_head
from engine.graphs import decoder
from engine.prefill import prefill
from engine.qwen3 import MemoryModel
from engine.routing import Selection, choose, prepare
from engine.tiers.fetch import Fetch
from engine.tiers.resident import BLOCK_CHUNKS, Block

SHAPES: dict[str, dict[str, Any]] = {
    "msa-4b": {
        "vocab_size": 151_936, "hidden_size": 2560, "intermediate_size": 9728, "num_hidden_layers": 36,
        "num_attention_heads": 32, "num_key_value_heads": 8, "head_dim": 128, "rope_theta": 1e6,
        "tie_word_embeddings": True,
        "msa_config": {"router_layer_idx": ",".join(map(str, range(18, 36))), "pooling_kernel_size": 64},
    },
    "small": {
        "vocab_size": 2048, "hidden_size": 128, "intermediate_size": 256, "num_hidden_layers": 4,
        "num_attention_heads": 4, "num_key_value_heads": 2, "head_dim": 32, "rope_theta": 1e4,
        "tie_word_embeddings": True, "msa_config": {"router_layer_idx": "2,3", "pooling_kernel_size": 64},
    },
}  # fmt: skip
CHUNKS_A_DOCUMENT = 4  # 256 tokens, as Twin splits
POOL = 256  # documents whose content really lies in the host's memory; the others stand for one of them
QUESTION_TOKENS, WRITTEN_TOKENS, KEPT = 64, 32, 64
ENCODED_TOKENS, BATCH_DOCUMENTS = 256, 64


def timed(device: torch.device, work: Callable[[], object], repeats: int) -> float:
    """Median seconds of `work`, warmed up once, finished on the device."""
    times = []
    for _ in range(repeats + 1):
        _finish(device)
        began = time.perf_counter()
        work()
        _finish(device)
        times.append(time.perf_counter() - began)
    return statistics.median(times[1:])


def _finish(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize(device)


def random_model(shape: str, device: torch.device) -> MemoryModel:
    config = ModelConfig.from_dict(SHAPES[shape])
    with device:
        model = MemoryModel(config).to(torch.bfloat16)
    return model.eval().requires_grad_(False)


@dataclass
class Pool:
    """Content KV in the host's memory, as a bank's view hands it out."""

    tensors: Tensor  # [POOL, L, 2, G, chunks, d] bf16

    def content(self, document: int) -> tuple[Tensor, Tensor]:
        both = self.tensors[document % len(self.tensors)]
        return both[:, 0], both[:, 1]


class SyntheticMemory:
    """So many tokens of memory: random keys on the device, content from a pool (`engine.tiers.Memory`)."""

    def __init__(self, config: ModelConfig, tokens: int, device: torch.device) -> None:
        self.config, self.device = config, device
        routing, layers = config.routing, len(config.routing.layers)
        left = tokens // routing.chunk_size // CHUNKS_A_DOCUMENT * CHUNKS_A_DOCUMENT
        self.blocks: list[Block] = []
        first = 0
        while left:
            chunks = min(left, BLOCK_CHUNKS)
            documents = chunks // CHUNKS_A_DOCUMENT
            width = config.kv_heads * config.head_dim
            keys = tuple(
                torch.randint(-127, 128, (chunks, width), dtype=torch.int8, device=device) for _ in range(layers)
            )
            scale = 1 / 127 / config.head_dim**0.5
            scales = tuple(torch.full((chunks,), scale, device=device) for _ in range(layers))
            offsets = torch.arange(0, chunks + 1, CHUNKS_A_DOCUMENT, device=device)
            live = torch.ones(documents, dtype=torch.bool, device=device)
            ids = torch.arange(first, first + documents)
            self.blocks.append(Block((), ids, live, offsets, keys, scales, (scale,) * layers))
            first, left = first + documents, left - chunks
        shape = (POOL, layers, 2, config.kv_heads, CHUNKS_A_DOCUMENT, config.head_dim)
        self.fetch = Fetch(Pool(torch.randn(shape).bfloat16()), layers, self._place)  # type: ignore[arg-type]
        self.routing_s = 0.0

    @property
    def size_bytes(self) -> int:
        return sum(block.size_bytes for block in self.blocks)

    def _place(self, tensor: Tensor) -> Tensor:
        return tensor.to(self.device, non_blocking=tensor.is_pinned())

    def select(self, at: int, prepared: Tensor, keep: int, allowed: Tensor | None) -> Selection:
        asked = [(block, block.live) for block in self.blocks]
        return choose(prepared, asked, at, self.config, keep)

    def content(self, at: int, documents: Tensor) -> tuple[Tensor, Tensor]:
        return self.fetch.content(at, documents.tolist())


def peak_rates(device: torch.device) -> dict[str, float]:
    """What this device really does: bf16 matrix product (FLOP/s) and copy (bytes/s, read and written)."""
    size = 8192 if device.type == "cuda" else 1024
    a, b = (torch.randn(size, size, device=device).bfloat16() for _ in range(2))
    big = torch.zeros((1 << 30) if device.type == "cuda" else (1 << 26), dtype=torch.int8, device=device)
    return {
        "matmul_tflops": 2 * size**3 / timed(device, lambda: a @ b, 5) / 1e12,
        "copy_gbs": 2 * big.numel() / timed(device, big.clone, 5) / 1e9,
    }


@torch.inference_mode()
def encoding(model: MemoryModel, peak_tflops: float) -> dict[str, object]:
    """Tokens/s of stage 1 and the share of the device's matrix rate; layers behind the last routing key do not run."""
    vocabulary = model.config.vocab_size
    documents = torch.randint(0, vocabulary, (BATCH_DOCUMENTS, ENCODED_TOKENS)).tolist()
    seconds = timed(model.device, lambda: encode(model, documents), 3)
    weights = sum(p.numel() for name, p in model.named_parameters() if "layers." in name)
    rate = BATCH_DOCUMENTS * ENCODED_TOKENS / seconds
    return {"tokens_s": round(rate), "share_of_peak": round(2 * weights * rate / 1e12 / peak_tflops, 3)}


@torch.inference_mode()
def answering(model: MemoryModel, tokens: int) -> dict[str, object]:
    """Prefill of a question with routing, and decoding behind it, over so many tokens of memory."""
    config, device = model.config, model.device
    memory = SyntheticMemory(config, tokens, device)
    head = encode_head(model, [1, 2, 3])
    question = torch.randint(0, config.vocab_size, (QUESTION_TOKENS,)).tolist()
    positions = list(range(19, 19 + QUESTION_TOKENS))

    def narrowed(at: int, queries: Tensor) -> Selection:
        wide = memory.select(at, prepare(queries, config), KEPT, None)
        top = config.routing.top_k
        return Selection(wide.documents[:top], wide.scores[:top])

    def read() -> None:
        prefill(model, question, [0] * QUESTION_TOKENS, positions, head, narrowed, memory.content)

    queries = torch.randn(QUESTION_TOKENS, config.heads, config.head_dim, device=device)
    layers = range(len(config.routing.layers))
    routing_s = timed(device, lambda: [memory.select(at, prepare(queries, config), KEPT, None) for at in layers], 3)
    prefill_s = timed(device, read, 3)
    _, context = prefill(model, question, [0] * QUESTION_TOKENS, positions, head, narrowed, memory.content)
    step = decoder(model, context, 4 * WRITTEN_TOKENS)
    decode_s = timed(device, lambda: [int(step(5).argmax()) for _ in range(WRITTEN_TOKENS)], 2) / WRITTEN_TOKENS
    return {
        "memory_tokens": tokens, "keys_gb": round(memory.size_bytes / 1e9, 2),
        "routing_ms": round(1e3 * routing_s, 2), "keys_gbs": round(memory.size_bytes / routing_s / 1e9, 1),
        "prefill_ms": round(1e3 * prefill_s, 2), "decode_ms_a_token": round(1e3 * decode_s, 2),
    }  # fmt: skip


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m engine.gpu_bench", description=__doc__)
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--shape", choices=sorted(SHAPES), default="msa-4b")
    parser.add_argument("--tokens", type=int, nargs="+", default=[1_000_000, 10_000_000, 100_000_000])
    options = parser.parse_args(arguments)
    device = torch.device(options.device)
    name = torch.cuda.get_device_name(device) if device.type == "cuda" else "CPU"
    peak = peak_rates(device)
    _print({"device": name, "torch": torch.__version__, "shape": options.shape, **peak})
    model = random_model(options.shape, device)
    _print({"encoding": encoding(model, peak["matmul_tflops"])})
    for tokens in options.tokens:
        try:
            _print({"answering": answering(model, tokens)})
        except torch.OutOfMemoryError:
            _print({"answering": {"memory_tokens": tokens, "error": "out of memory: Twin would fall back a tier"}})
            torch.cuda.empty_cache()
    return 0


def _print(row: dict[str, object]) -> None:
    sys.stdout.write(json.dumps(row) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
