"""Stage 1: documents to pooled routing keys and content KV (paper section 3.2), each document once and alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from engine.config import ModelConfig
from engine.qwen3 import MemoryModel, Rope
from kernels.chunk_pool import chunk_pool

PADDED_TO = 32  # tokens: rows of whole vectors, and few shapes for which products must be prepared


@dataclass(frozen=True, slots=True)
class Pooled:
    """One document as memory keeps it, or several one after the other. L routing layers, N chunks."""

    keys: Tensor  # [L, G, N, d]  mean of keys after k_norm and RoPE
    values: Tensor  # [L, G, N, d]
    routing_keys: Tensor  # [L, N, G, d]  pooled, then normalised per head when routing is by cosine


@dataclass(frozen=True, slots=True)
class Head:
    """Keys and values of the chat template's head in every layer, [layers, G, S, d]."""

    keys: Tensor
    values: Tensor


def causal_step(model: MemoryModel, x: Tensor, index: int, rope: Rope) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """One layer over a batch that sees nothing but itself: next x, and the layer's normed input, keys, values."""
    layer = model.model.layers[index]
    normed = layer.input_layernorm(x)
    keys, values = layer.self_attn.keys_values(normed, rope)
    queries = layer.self_attn.queries(normed, rope)
    return layer.finish(x, layer.self_attn.attend(queries, keys, values, causal=True)), normed, keys, values


def encode(model: MemoryModel, documents: Sequence[Sequence[int]]) -> list[Pooled]:
    """Token ids of whole document strings (template.document_string) -> what memory keeps of each.

    Documents of like length belong into one call: they are padded to the longest. Padding stands behind every
    document's own tokens and attention is causal, so it is never seen.
    """
    routing = model.config.routing
    tokens, lengths = padded(documents, model.device)
    rope = model.rope(torch.arange(tokens.shape[1], device=model.device))
    x = model.embed(tokens)
    kept: list[tuple[Tensor, Tensor, Tensor]] = []
    for index in range(routing.layers[-1] + 1):
        if index == routing.layers[-1]:  # nothing reads the stream behind the last routing layer's keys
            layer = model.model.layers[index]
            normed = layer.input_layernorm(x)
            keys, values = layer.self_attn.keys_values(normed, rope)
        else:
            x, normed, keys, values = causal_step(model, x, index, rope)
        if index in routing.layers:
            kept.append(_pool(model, index, normed, keys, values, lengths))
    return split(kept, lengths, model.config)


def padded(documents: Sequence[Sequence[int]], device: torch.device) -> tuple[Tensor, Tensor]:
    """Token ids [B, T], T being a multiple of PADDED_TO, and lengths [B]."""
    lengths = torch.tensor([len(tokens) for tokens in documents], device=device)
    longest = -(-int(lengths.max()) // PADDED_TO) * PADDED_TO
    tokens = torch.zeros(len(documents), longest, dtype=torch.long, device=device)
    for row, document in enumerate(documents):
        tokens[row, : len(document)] = torch.tensor(document)
    return tokens, lengths


def split(kept: Sequence[tuple[Tensor, Tensor, Tensor]], lengths: Tensor, config: ModelConfig) -> list[Pooled]:
    """Each routing layer's pooled keys, values and routing keys [B, chunks, G, d] -> document by document."""
    routing = config.routing
    chunks = (-(-lengths // routing.chunk_size)).tolist()
    stacked = [torch.stack(part) for part in zip(*kept, strict=True)]  # [L, B, chunks, G, d] each
    shape = (len(routing.layers), -1, config.kv_heads, config.head_dim)
    out = []
    for row, count in enumerate(chunks):
        k, v, r = (part[:, row, :count].reshape(shape) for part in stacked)
        out.append(Pooled(k.transpose(1, 2), v.transpose(1, 2), r))
    return out


def _pool(
    model: MemoryModel, index: int, normed: Tensor, keys: Tensor, values: Tensor, lengths: Tensor
) -> tuple[Tensor, Tensor, Tensor]:
    routing = model.config.routing
    own = model.model.layers[index].self_attn.routing_keys(normed) if routing.separate_router else None
    found = chunk_pool(
        keys.transpose(1, 2), values.transpose(1, 2), own, lengths, routing.chunk_size, unit=routing.cosine
    )
    return found.keys, found.values, found.routing_keys


def encode_head(model: MemoryModel, tokens: Sequence[int]) -> Head:
    """The template's head, encoded once, alone, from position 0; in front of every query in every layer."""
    x = model.embed(torch.tensor([list(tokens)], device=model.device))
    rope = model.rope(torch.arange(len(tokens), device=model.device))
    keys, values = [], []
    for index in range(model.config.layers):
        x, _, k, v = causal_step(model, x, index, rope)
        keys.append(k[0])
        values.append(v[0])
    return Head(torch.stack(keys), torch.stack(values))
