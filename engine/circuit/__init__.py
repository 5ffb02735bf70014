"""A circuit that writes IDs, laid over the weights of a model that routes by words (engine/training/start.py): weights
alone, no new parts, no gradient step.

Digits of an ID can be copied only when it is known which digit stands where, and from which document. Both are
arithmetic, so they are laid, not learnt (docs/log.md: learning it takes thousands of steps): `header` gives every token
of a document its ID, `choice` decides which document answers and writes its ID. Codes lie in directions that no router
reads, so routing stays as it was; the lower layers carry the same words on. A checkpoint's config.json asks for it
(`identity_circuit`), and `engine.weights.load` lays it.
"""

from __future__ import annotations

import torch

from engine.circuit.choice import Choice, directions
from engine.circuit.header import Header
from engine.circuit.slots import Plan
from engine.circuit.words import Words
from engine.config import ConfigError
from engine.qwen3 import MemoryModel
from engine.threads import one_thread
from engine.tokenizer import MemoryTokenizer


@torch.no_grad()
def lay(model: MemoryModel, tokenizer: MemoryTokenizer) -> None:
    """Replaces the blocks of a float32 model on the CPU, in place; the same bits whatever the number of threads, each
    a bf16 number: a model in bf16 and one in float32 are the same."""
    config = model.config
    if config.kv_heads != 2 or config.groups != 2 or config.routing.layers != (3, 4, 5) or config.layers != 6:
        raise ConfigError(
            "config.json asks for identity_circuit, which is laid over 6 layers, the last 3 routing, of 2 key and "
            "4 query heads: remove that line (the model then writes no IDs)"
        )
    with one_thread():  # sums of several threads are added up in an order of their own
        plan = Plan(model, tokenizer)
        Header(model, plan).lay()
        Choice(model, plan, Words.of(model, tokenizer, plan, directions(model))).lay()
    for parameter in model.parameters():
        parameter.copy_(parameter.bfloat16())
    model.config = config.without_circuit()
