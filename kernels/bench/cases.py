"""What is measured: each kernel as it is called, in plain PyTorch, and as the released engine does it.

All forms of a case get the same tensors, and their results are compared before any time is believed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from kernels.chunk_pool import chunk_pool
from kernels.maxsim import best_documents, chunk_scores
from kernels.memory_attention import memory_attention
from kernels.quantise import quantise_rows

SLICE_SCORES = 1 << 26  # the materialising forms work in slices of this many scores, or 100M tokens would not fit
TOKENS_PER_DOCUMENT = 256
TOP_K = 16


@dataclass(frozen=True)
class Shape:
    """A model's: H query heads, G key/value heads of d, P tokens a chunk."""

    heads: int
    groups: int
    width: int
    chunk: int

    @property
    def key(self) -> int:
        return self.groups * self.width


SHAPES = {"twin-tiny": Shape(4, 2, 64, 64), "msa-4b": Shape(32, 8, 128, 64)}


@dataclass(frozen=True)
class Case:
    name: str
    size: str
    forms: Mapping[str, Callable[[], Tensor]]  # "kernel" first
    moved_bytes: float  # each input and output once
    operations: float
    kind: str  # of the products
    tolerance: float  # of a form's largest difference from the kernel, against the kernel's largest number


def routing_keys(chunks: int, width: int, kind: str, device: str, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """Random unit keys [N, K] and scales [N] (ones where the keys are bf16), made in slices."""
    dtype = torch.int8 if kind == "int8" else torch.bfloat16
    keys = torch.empty(chunks, width, dtype=dtype, device=device)
    scales = torch.ones(chunks, device=device)
    for rows in slices(chunks, width):
        real = F.normalize(torch.randn(rows.stop - rows.start, width, device=device, generator=generator), dim=-1)
        if kind == "int8":
            keys[rows], scales[rows] = quantise_rows(real)
        else:
            keys[rows] = real
    return keys, scales


def slices(chunks: int, scores_a_chunk: int) -> Iterator[slice]:
    step = max(1, SLICE_SCORES // scores_a_chunk)
    yield from (slice(start, min(start + step, chunks)) for start in range(0, chunks, step))


def maxsim(shape: Shape, tokens: int, asked: int, questions: int, kind: str, device: str) -> Iterator[Case]:
    """One routing layer over `tokens` of memory for `questions` questions of `asked` tokens."""
    generator = torch.Generator(device).manual_seed(0)
    chunks = tokens // shape.chunk
    keys, scales = routing_keys(chunks, shape.key, kind, device, generator)
    real = F.normalize(
        torch.randn(questions * asked, shape.heads, shape.width, device=device, generator=generator), dim=-1
    )
    folded = real.view(-1, shape.groups, shape.heads // shape.groups, shape.width).sum(2).flatten(1) / shape.heads
    offsets = torch.arange(questions + 1, device=device) * asked
    a_document = TOKENS_PER_DOCUMENT // shape.chunk
    documents = torch.arange(0, chunks + a_document, a_document, device=device).clamp(max=chunks)
    given = None if kind == "bf16" else scales

    def plain() -> Tensor:
        out = torch.empty(questions, chunks, device=device)
        for part in slices(chunks, folded.shape[0] + shape.key):
            products = folded @ (keys[part].float() * scales[part, None]).T  # [questions * asked, n]
            out[:, part] = products.view(questions, asked, -1).amax(dim=1)
        return out

    def released() -> Tensor:
        out = torch.empty(questions, chunks, device=device)
        for part in slices(chunks, shape.heads * (asked + shape.width)):
            block = (keys[part].float() * scales[part, None]).view(-1, shape.groups, shape.width)
            block = block.repeat_interleave(shape.heads // shape.groups, dim=1)  # [n, H, d]
            for question in range(questions):
                rows = real[question * asked : (question + 1) * asked]
                scores = torch.einsum("thd,nhd->thn", rows, block)  # [T, H, n]
                out[question, part] = scores.mean(dim=1).amax(dim=0)
        return out

    def ranked(form: Callable[[], Tensor]) -> Callable[[], Tensor]:
        def run() -> Tensor:
            row = torch.repeat_interleave(torch.arange(documents.numel() - 1, device=device), documents.diff())
            found = torch.full((questions, documents.numel() - 1), float("-inf"), device=device)
            found.scatter_reduce_(1, row.expand(questions, -1), form(), "amax")
            return found.topk(min(TOP_K, documents.numel() - 1)).values

        return run

    size = f"{tokens / 1e6:g}M tokens, {questions} x {asked} asked, {kind}"
    moved = float(keys.numel() * keys.element_size() + 4 * chunks * (questions + (kind == "int8")))
    operations = 2.0 * questions * asked * chunks * shape.key
    scan = {"kernel": lambda: chunk_scores(folded, keys, given, offsets), "plain": plain, "released": released}
    yield Case("maxsim: chunks", size, scan, moved, operations, kind, 0.05)

    def best() -> Tensor:
        return best_documents(folded, keys, given, documents, TOP_K, offsets=offsets)[1]

    top = {"kernel": best, "plain": ranked(plain), "released": ranked(released)}
    yield Case(f"maxsim: best {TOP_K} documents", size, top, moved, operations, kind, 1e-3)


def pooling(shape: Shape, documents: int, device: str) -> Case:
    """K, V and K^R of a batch of documents in bf16, to means, unit routing keys and int8 codes."""
    generator = torch.Generator(device).manual_seed(0)
    length = TOKENS_PER_DOCUMENT - 6
    parts = torch.randn(3, documents, length, shape.groups, shape.width, device=device, generator=generator)
    keys, values, routing = parts.bfloat16()
    lengths = length - torch.arange(documents, device=device) % 8
    chunks = -(-length // shape.chunk)

    def kernel() -> Tensor:
        found = chunk_pool(keys, values, routing, lengths, shape.chunk, unit=True, int8=True)
        return found.keys + found.values

    def plain() -> Tensor:
        steps = torch.arange(chunks * shape.chunk, device=device)
        inside = (steps < lengths[:, None]).view(documents, -1, 1, 1)
        counts = inside.view(documents, chunks, shape.chunk).sum(2).clamp(min=1).view(documents, chunks, 1, 1)
        found = []
        for part in (keys, values, routing):
            padded = F.pad(part, (0, 0, 0, 0, 0, chunks * shape.chunk - length)) * inside
            sums = padded.view(documents, chunks, shape.chunk, shape.groups, shape.width).sum(2, dtype=torch.float32)
            found.append(sums / counts)
        quantise_rows(F.normalize(found[2], dim=-1).flatten(2))
        return found[0] + found[1]

    moved = parts.numel() * 2.0 + documents * chunks * shape.key * (4 + 4 + 1.0)
    forms = {"kernel": kernel, "plain": plain}
    return Case("chunk_pool", f"{documents} x {length} tokens", forms, moved, parts.numel() * 1.0, "float32", 1e-3)


def attention(shape: Shape, asked: int, decode: bool, device: str) -> Case:
    """One question over 16 documents of its choice: the whole prompt, or one more token."""
    generator = torch.Generator(device).manual_seed(0)
    dtype = torch.bfloat16 if device == "cuda" else torch.float32

    def random(*size: int) -> Tensor:
        return torch.randn(*size, device=device, generator=generator).to(dtype)

    tokens, chunks = 1 if decode else asked, TOP_K * TOKENS_PER_DOCUMENT // shape.chunk
    queries = random(1, shape.heads, tokens, shape.width)
    own = random(1, shape.groups, asked, shape.width), random(1, shape.groups, asked, shape.width)
    head = random(shape.groups, 3, shape.width), random(shape.groups, 3, shape.width)
    content = random(100 * chunks, shape.groups, shape.width), random(100 * chunks, shape.groups, shape.width)
    chosen = torch.randperm(100 * chunks, device=device, generator=generator)[:chunks].sort().values
    offsets = torch.tensor([0, chunks], device=device)
    length = 3 + chunks + asked
    seen = torch.ones(tokens, length, dtype=torch.bool, device=device).tril(length - tokens)

    def gathered() -> list[Tensor]:
        return [
            torch.cat((first[None], memory[chosen].transpose(0, 1)[None], last), dim=2).repeat_interleave(
                shape.heads // shape.groups, dim=1
            )
            for first, memory, last in zip(head, content, own, strict=True)
        ]

    def plain() -> Tensor:
        keys, values = gathered()
        return F.scaled_dot_product_attention(queries, keys, values, attn_mask=seen)

    def materialised() -> Tensor:
        keys, values = gathered()
        scores = (queries @ keys.mT * shape.width**-0.5).masked_fill(~seen, float("-inf"))
        weights: Tensor = scores.float().softmax(dim=-1).to(dtype)
        return weights @ values

    forms = {
        "kernel": lambda: memory_attention(queries, own, head, content, chosen, offsets),
        "plain": plain,
        "released": materialised,
    }
    moved = (2.0 * length * shape.key + 2.0 * queries.numel()) * queries.element_size()
    operations = 4.0 * shape.heads * tokens * length * shape.width
    kind = "bf16" if device == "cuda" else "float32"
    name = "memory_attention: " + ("decode" if decode else "prefill")
    return Case(name, f"{tokens} over {length}", forms, moved, operations, kind, 0.02 if device == "cuda" else 1e-4)
