"""Stage 2: a question's tokens over memory. Each routing layer scores all documents, opens its k best, goes on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor

from engine.encode import Head
from engine.qwen3 import MemoryModel
from engine.routing import Selection
from kernels.memory_attention import memory_attention

QUESTION, TEMPLATE, RESPONSE = 0, -2, -1  # token roles of the released code; only QUESTION tokens route

Select = Callable[[int, Tensor], Selection]  # (index among routing layers, routing queries [T, H, d])
Content = Callable[[int, Tensor], tuple[Tensor, Tensor]]  # (routing layer, documents) -> K, V [G, chunks, d]


@dataclass(slots=True)
class Context:
    """What generation goes on from: per layer keys and values [G, S, d] of all that is in view."""

    keys: list[Tensor] = field(default_factory=list)
    values: list[Tensor] = field(default_factory=list)
    selections: list[Selection] = field(default_factory=list)  # per routing layer
    next_position: int = 0


@torch.inference_mode()
def prefill(
    model: MemoryModel,
    tokens: Sequence[int],
    roles: Sequence[int],
    positions: Sequence[int],
    head: Head,
    select: Select,
    content: Content,
) -> tuple[Tensor, Context]:
    """Logits of every position [T, vocabulary], and the context with the documents each layer selected."""
    config, routing = model.config, model.config.routing
    device = model.device
    routes = torch.tensor(roles, device=device) == QUESTION
    rope = model.rope(torch.tensor(positions, device=device))
    x = model.embed(torch.tensor([list(tokens)], device=device))
    nothing = torch.empty(config.kv_heads, 0, config.head_dim, dtype=x.dtype, device=device)
    context = Context(next_position=positions[-1] + 1)
    for index in range(config.layers):
        layer = model.model.layers[index]
        attention = layer.self_attn
        normed = layer.input_layernorm(x)
        own_k, own_v = attention.keys_values(normed, rope)
        queries = attention.queries(normed, rope)
        memory_k = memory_v = nothing
        if index in routing.layers:
            at = routing.layers.index(index)
            if routing.separate_router:
                scored = attention.routing_queries(normed)[0, routes]
            else:
                scored = queries[0].transpose(0, 1)[routes]
            selection = select(at, scored)
            context.selections.append(selection)
            in_order = selection.documents.sort().values  # memory order
            memory_k, memory_v = (part.to(device, x.dtype) for part in content(at, in_order))
        chunks = torch.arange(memory_k.shape[1], device=device)
        attended = memory_attention(
            queries,
            (own_k, own_v),
            (head.keys[index], head.values[index]),
            (memory_k.transpose(0, 1), memory_v.transpose(0, 1)),
            chunks,
            torch.tensor([0, len(chunks)], device=device),
        )
        x = layer.finish(x, attention.written(attended))
        context.keys.append(torch.cat((head.keys[index], memory_k, own_k[0]), dim=1))
        context.values.append(torch.cat((head.values[index], memory_v, own_v[0]), dim=1))
    return model.logits(x)[0], context
