"""Stage 3: one token after the other over a fixed context; routing is not run again."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from engine.prefill import Context
from engine.qwen3 import MemoryModel


@torch.inference_mode()
def decode(model: MemoryModel, token: int, context: Context) -> Tensor:
    """Feeds one token, appends it to the context in place, returns the next token's logits [vocabulary]."""
    rope = model.rope(torch.tensor([context.next_position], device=model.device))
    x = model.embed(torch.tensor([[token]], device=model.device))
    for index, layer in enumerate(model.model.layers):
        normed = layer.input_layernorm(x)
        keys, values = layer.self_attn.keys_values(normed, rope)
        context.keys[index] = torch.cat((context.keys[index], keys[0]), dim=1)
        context.values[index] = torch.cat((context.values[index], values[0]), dim=1)
        queries = layer.self_attn.queries(normed, rope)
        attended = layer.self_attn.attend(queries, context.keys[index][None], context.values[index][None])
        x = layer.finish(x, attended)
    context.next_position += 1
    return model.logits(x)[0, 0]


def fork(context: Context) -> Context:
    """A copy that can go its own way; tensors are shared until a token is appended."""
    return Context(list(context.keys), list(context.values), context.selections, context.next_position)


@torch.inference_mode()
def continuation_log_probs(
    model: MemoryModel,
    logits: Tensor,
    context: Context,
    rows: Sequence[Sequence[int]],
    closing: Sequence[int],
) -> Tensor:
    """log p of writing each row of tokens and then one of `closing`, behind a shared context [rows].

    logits: those of the token to come. All rows run as one batch over the context, which is left as it is.
    """
    device, longest = model.device, max(map(len, rows))
    tokens = torch.zeros(len(rows), longest, dtype=torch.long, device=device)
    for at, row in enumerate(rows):
        tokens[at, : len(row)] = torch.tensor(list(row))
    start = context.next_position
    rope = model.rope(torch.arange(start, start + longest, device=device))
    causal = torch.ones(longest, longest, dtype=torch.bool, device=device).tril()
    seen = torch.ones(longest, context.keys[0].shape[1], dtype=torch.bool, device=device)
    x = model.embed(tokens)
    for index, layer in enumerate(model.model.layers):
        shared_k, shared_v = (
            part[index][None].expand(len(rows), -1, -1, -1) for part in (context.keys, context.values)
        )
        if shared_k.shape[2] != seen.shape[1]:
            seen = torch.ones(longest, shared_k.shape[2], dtype=torch.bool, device=device)
        normed = layer.input_layernorm(x)
        keys, values = layer.self_attn.keys_values(normed, rope)
        attended = layer.self_attn.attend(
            layer.self_attn.queries(normed, rope),
            torch.cat((shared_k, keys), dim=2),
            torch.cat((shared_v, values), dim=2),
            mask=torch.cat((seen, causal), dim=1),
        )
        x = layer.finish(x, attended)
    following = model.logits(x).float().log_softmax(-1)  # [rows, longest, vocabulary]
    first = logits.float().log_softmax(-1)
    out = []
    for at, row in enumerate(rows):
        total = first[row[0]] + following[at, len(row) - 1, list(closing)].logsumexp(0)
        for step in range(1, len(row)):
            total = total + following[at, step - 1, row[step]]
        out.append(total)
    return torch.stack(out)
