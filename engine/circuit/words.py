"""How the circuit compares a question with chunks: by words, as routing does, but with few directions a key head.

Random directions of words whitened by what they have in common anyway, halfway on either side. The covariance of the
vocabulary does for that of real chunks (docs/log.md), so no data is needed. What all questions share, the prompt's own
words and the token that is current, is taken from a few questions that ask for nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from engine.circuit.slots import Plan, noise, orthonormal
from engine.encode import causal_step
from engine.qwen3 import MemoryModel
from engine.template import head_tokens, question_prompt
from engine.tokenizer import MemoryTokenizer

PRIOR = 0.1  # of the mean variance: directions in which words hardly differ are not blown up
BLANK = ("Who is that?", "What is the name of it?", "When did they do it?", "How many of them are there in the place?")


@dataclass(frozen=True, slots=True)
class Words:
    """Of the stream's first `words` dimensions, as a routing layer's norm leaves them."""

    rows: Tensor  # [key heads of all routing layers, directions, words]: what a head compares
    centre: Mapping[int, Tensor]  # per token that may be current while an ID is written: what questions share [words]

    @classmethod
    def of(cls, model: MemoryModel, tokenizer: MemoryTokenizer, plan: Plan, size: int) -> Words:
        """size: directions a key head. The layers below the routing ones are as they are in use."""
        heads = len(model.config.routing.layers) * model.config.kv_heads
        known = plan.embeddings[:, : plan.words]
        spread = plan.covariance / plan.covariance.diagonal().mean() + PRIOR * torch.eye(plan.words).double()
        sizes, axes = torch.linalg.eigh(spread)
        half = axes @ sizes.rsqrt().diag() @ axes.T  # symmetric: the same whatever the signs of the axes
        basis = orthonormal(noise(plan.words, plan.words))
        rows = torch.cat((basis, basis))[: heads * size].view(heads, size, -1) @ half
        opening = plan.marks.opening
        shared = torch.stack([_asked(model, tokenizer, blank, opening)[: plan.words] for blank in BLANK]).mean(0)
        centre = {token: shared + known[token] - known[opening] for token in plan.marks.writing}
        return cls(rows, centre)


def _asked(model: MemoryModel, tokenizer: MemoryTokenizer, question: str, opening: int) -> Tensor:
    """[hidden] in front of the first routing layer, where an ID has been opened."""
    tokens = [*head_tokens(tokenizer), *question_prompt(tokenizer, question).tokens, opening]
    x, rope = model.embed(torch.tensor([tokens])), model.rope(torch.arange(len(tokens)))
    for index in range(model.config.routing.layers[0]):
        x = causal_step(model, x, index, rope)[0]
    return x[0, -1].double()
