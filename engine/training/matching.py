"""How the circuit that writes IDs (`writing.py`) compares a question with chunks: by words, as routing does, but with
few directions a key head. Random directions of one basis keep most of what differs; they are taken of words whitened by
what chunks have in common anyway, halfway on either side. What all questions share (the prompt's own words, and the
token that is current) is measured and taken off.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from engine.encode import causal_step
from engine.qwen3 import MemoryModel
from engine.template import head_tokens
from engine.tokenizer import MemoryTokenizer
from engine.training.batches import Batch, BatchMaker
from engine.training.slots import Marks, words_of

PRIOR = 0.1  # of the mean variance: directions in which chunks hardly differ are not blown up


@dataclass(frozen=True, slots=True)
class Matching:
    """How words are compared: of the stream's first `words` dimensions, as a routing layer's norm leaves them."""

    keys: Tensor  # [routing layers, G, directions, words]: what a chunk's key holds
    queries: Tensor  # the same shape: what is read of a question
    centre: dict[int, Tensor]  # per token that may be current while an ID is written: what questions share [words]
    length: float  # of what is read of a question, beyond that


def match(
    model: MemoryModel, tokenizer: MemoryTokenizer, maker: BatchMaker, batches: int, size: int, seed: int
) -> Matching:
    """Measured on so many batches; size: directions a key head."""
    words, marks, first = words_of(model), Marks.of(tokenizer), model.config.routing.layers[0]
    chunks, asked = list[Tensor](), dict[int, list[Tensor]]()
    head = torch.tensor(head_tokens(tokenizer))
    for batch in (maker.make(at) for at in range(batches)):
        read = model.model.layers[first].input_layernorm(_stream(model, batch.documents, first))[..., :words].double()
        for row, length in zip(read, batch.document_lengths.tolist(), strict=True):
            chunks.extend(part.mean(0) for part in row[:length].split(model.config.routing.chunk_size))
        prompts = torch.cat((head.expand(len(batch.questions), -1), batch.questions), dim=1)
        stream = _stream(model, prompts, first)[:, len(head) :, :words].double()
        for token, at in _writing(batch, marks):
            asked.setdefault(token, []).append(stream[at])
    centre = {token: torch.stack(rows).mean(0) for token, rows in asked.items()}
    covariance = torch.cov(torch.stack(chunks).T)
    variance = covariance.diagonal().mean()
    sizes, axes = torch.linalg.eigh(covariance / variance + PRIOR * torch.eye(words).double())
    half = axes @ sizes.rsqrt().diag() @ axes.T
    heads = len(model.config.routing.layers) * model.config.kv_heads
    basis = torch.linalg.qr(torch.randn(words, words, generator=torch.Generator().manual_seed(seed)).double())[0]
    if heads * size > words:
        basis = torch.cat((basis, basis.roll(1, 0)))
    rows = (basis[: heads * size] @ half).view(-1, model.config.kv_heads, size, words)
    apart = torch.cat([torch.stack(found) - centre[token] for token, found in asked.items()])
    return Matching(rows, rows, centre, float((apart @ rows[0, 0].T).norm(dim=1).mean()))


@torch.no_grad()
def _stream(model: MemoryModel, tokens: Tensor, layers: int) -> Tensor:
    """[B, T, hidden] in front of a layer."""
    x = model.embed(tokens)
    rope = model.rope(torch.arange(tokens.shape[1], device=tokens.device))
    for index in range(layers):
        x = causal_step(model, x, index, rope)[0]
    return x


def _writing(batch: Batch, marks: Marks) -> Iterator[tuple[int, tuple[int, int]]]:
    """Tokens behind which the next of an ID is due, and where they stand."""
    wanted = {*marks.digits, marks.opening, marks.next}
    ends = zip(batch.prompt_lengths.tolist(), batch.question_lengths.tolist(), strict=True)
    for row, (begin, end) in enumerate(ends):
        for at in range(begin, end):
            token = int(batch.questions[row, at])
            if token in wanted:
                yield token, (row, at)
