"""Differentiable MSA over a batch, and its losses (paper section 3.4; msa.md, Training).

Every routing layer selects for itself, as in prefill, so that upper layers learn on what lower ones retrieved. The
routing loss sees that unforced pass only; documents are forced into view in a second pass, for writing IDs.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from engine.encode import causal_step
from engine.qwen3 import MemoryModel
from engine.template import HEAD_LENGTH
from engine.training.batches import Batch
from kernels.chunk_pool import chunk_pool


@dataclass(slots=True)
class Memory:
    """A batch of documents as routing layers see them. L routing layers, D documents, C chunks each (padded)."""

    keys: list[Tensor]  # L x [D, C, G, d]
    values: list[Tensor]
    routing: list[Tensor]  # L x [D, C, G*d], normalised per head
    present: Tensor  # [D, C] bool
    hidden: Tensor  # [D, T, hidden] behind the last layer


@dataclass(slots=True)
class Losses:
    routing: Tensor  # L_aux, mean over routing layers
    language: Tensor  # next token of documents
    identity: Tensor  # next token of written IDs
    hit: Tensor  # share of questions whose best document (sum of layers) is right
    digits: Tensor  # share of ID tokens written rightly


def encode_batch(model: MemoryModel, tokens: Tensor, lengths: Tensor, dtype: torch.dtype) -> Memory:
    config, routing = model.config, model.config.routing
    x = model.embed(tokens).to(dtype)
    rope = model.rope(torch.arange(tokens.shape[1], device=tokens.device), dtype)
    kept_k, kept_v, kept_r = [], [], []
    for index in range(config.layers):
        x, normed, keys, values = causal_step(model, x, index, rope)
        if index in routing.layers:
            own = model.model.layers[index].self_attn.routing_keys(normed)
            pooled = chunk_pool(
                keys.transpose(1, 2), values.transpose(1, 2), own, lengths, routing.chunk_size, unit=routing.cosine
            )
            kept_k.append(pooled.keys.to(dtype))
            kept_v.append(pooled.values.to(dtype))
            kept_r.append(pooled.routing_keys.flatten(2))
    chunks = kept_k[0].shape[1]
    present = torch.arange(chunks, device=lengths.device) * routing.chunk_size < lengths[:, None]
    return Memory(kept_k, kept_v, kept_r, present, x)


def encode_head_batch(model: MemoryModel, tokens: Tensor, dtype: torch.dtype) -> list[tuple[Tensor, Tensor]]:
    """Keys and values [G, S, d] of the template's head in every layer."""
    x = model.embed(tokens[None]).to(dtype)
    rope = model.rope(torch.arange(len(tokens), device=tokens.device), dtype)
    out = []
    for index in range(model.config.layers):
        x, _, keys, values = causal_step(model, x, index, rope)
        out.append((keys[0], values[0]))
    return out


Choose = Callable[[int, Tensor], Tensor]  # (index among routing layers, scores [Q, D]) -> documents [Q, k]


def read_memory(
    model: MemoryModel,
    tokens: Tensor,
    routes: Tensor,
    head: list[tuple[Tensor, Tensor]],
    memory: Memory,
    choose: Choose,
    dtype: torch.dtype,
) -> tuple[Tensor, list[Tensor]]:
    """Questions [Q, T] over memory: hidden states [Q, T, hidden] and each routing layer's scores [Q, D]."""
    config, routing = model.config, model.config.routing
    count, length = tokens.shape
    start = HEAD_LENGTH + routing.top_k
    rope = model.rope(torch.arange(start, start + length, device=tokens.device), dtype)
    causal = torch.ones(length, length, dtype=torch.bool, device=tokens.device).tril()
    x = model.embed(tokens).to(dtype)
    scores: list[Tensor] = []
    for index in range(config.layers):
        layer = model.model.layers[index]
        attention = layer.self_attn
        normed = layer.input_layernorm(x)
        queries = attention.queries(normed, rope)
        keys, values = attention.keys_values(normed, rope)
        shown_k, shown_v = [part[None].expand(count, -1, -1, -1) for part in head[index]]
        seen = torch.ones(count, shown_k.shape[2], dtype=torch.bool, device=tokens.device)
        parts_k, parts_v = [shown_k], [shown_v]
        if index in routing.layers:
            at = routing.layers.index(index)
            scores.append(score(model, attention.routing_queries(normed), routes, memory, at))
            chosen = choose(at, scores[-1].detach())  # [Q, k]
            parts_k.append(memory.keys[at][chosen].flatten(1, 2).transpose(1, 2))  # [Q, G, k*C, d]
            parts_v.append(memory.values[at][chosen].flatten(1, 2).transpose(1, 2))
            seen = torch.cat((seen, memory.present[chosen].flatten(1)), dim=1)
        own = causal[None].expand(count, -1, -1)
        mask = torch.cat((seen[:, None].expand(-1, length, -1), own), dim=2)[:, None]
        all_k = torch.cat([*parts_k, keys], dim=2)
        all_v = torch.cat([*parts_v, values], dim=2)
        x = layer.finish(x, attention.attend(queries, all_k, all_v, mask=mask))
    return x, scores


def score(model: MemoryModel, queries: Tensor, routes: Tensor, memory: Memory, at: int) -> Tensor:
    """Routing queries [Q, T, H, d] -> documents' scores [Q, D]: cosine, mean over heads, max over chunks; over tokens
    as the checkpoint has it (`query_reduce_method`): the best of those that route, or the last of them alone."""
    if model.config.routing.query_reduce == "last":
        last = routes.cumsum(1).argmax(1)  # where the count of those that route is first at its end
        queries, routes = queries[torch.arange(len(last)), last][:, None], torch.ones_like(routes[:, :1])
    count, length, heads, head_dim = queries.shape
    groups = model.config.kv_heads
    unit = F.normalize(queries.float(), dim=-1)
    folded = unit.view(count, length, groups, heads // groups, head_dim).sum(3).flatten(2) / heads
    routing = memory.routing[at]
    with torch.autocast(queries.device.type, enabled=False):  # bf16 scores are too coarse for a temperature of 0.05
        products = folded.flatten(0, 1) @ routing.flatten(0, 1).T  # [Q*T, D*C]
    products = products.view(count, length, *routing.shape[:2])
    products = products.masked_fill(~routes[:, :, None, None], -2.0).amax(dim=1)  # cosines end at -1
    return products.masked_fill(~memory.present, -2.0).amax(dim=2)


def routing_loss(scores: Tensor, positive: Tensor, ignored: Tensor, temperature: float) -> Tensor:
    """Supervised contrastive: each positive against all negatives, mean over positives, mean over questions."""
    scaled = scores / temperature
    negatives = scaled.masked_fill(positive | ignored, float("-inf")).logsumexp(dim=1, keepdim=True)
    each = F.softplus(negatives - scaled) * positive
    return (each.sum(1) / positive.sum(1)).mean()


def language_loss(model: MemoryModel, hidden: Tensor, targets: Tensor, keep: Tensor) -> Tensor:
    """Next-token loss at the kept positions: hidden [B, T, h], targets [B, T], keep [B, T] bool."""
    logits = model.logits(hidden[:, :-1][keep[:, :-1]]).float()
    return F.cross_entropy(logits, targets[:, 1:][keep[:, :-1]])


def losses(
    model: MemoryModel, batch: Batch, head_tokens: Tensor, *, in_view: int, id_questions: int, lm_share: float,
    generator: torch.Generator, dtype: torch.dtype,
) -> Losses:  # fmt: skip
    """One step's losses. in_view: documents in context when IDs are written (curriculum); 0 = no ID loss."""
    routing = model.config.routing
    memory = encode_batch(model, batch.documents, batch.document_lengths, dtype)
    head = encode_head_batch(model, head_tokens, dtype)
    top_k = min(routing.top_k, batch.documents.shape[0])

    def best(at: int, scores: Tensor) -> Tensor:
        return scores.masked_fill(batch.ignored, -2.0).topk(top_k, dim=1).indices

    width = int(batch.prompt_lengths.max())
    _, scores = read_memory(model, batch.questions[:, :width], batch.routes[:, :width], head, memory, best, dtype)
    aux = torch.stack([routing_loss(s, batch.positive, batch.ignored, routing.temperature) for s in scores]).mean()
    total = torch.stack([s.detach() for s in scores]).sum(0)
    hit = batch.positive.gather(1, total.argmax(1, keepdim=True)).float().mean()

    steps = torch.arange(batch.documents.shape[1], device=batch.documents.device)
    inside = steps[None] < (batch.document_lengths - 1)[:, None]
    chance = torch.rand(inside.shape, generator=generator).to(inside.device)
    language = language_loss(model, memory.hidden, batch.documents, inside & (chance < lm_share))
    identity, digits = identity_loss(model, batch, head, memory, total, in_view, id_questions, dtype)
    return Losses(aux, language, identity, hit, digits)


def identity_loss(
    model: MemoryModel, batch: Batch, head: list[tuple[Tensor, Tensor]], memory: Memory, total: Tensor,
    in_view: int, questions: int, dtype: torch.dtype,
) -> tuple[Tensor, Tensor]:  # fmt: skip
    """Writing the right IDs with `in_view` documents in context: the right ones and the strongest wrong ones."""
    zero = torch.zeros((), device=total.device)
    if not in_view or not questions:
        return zero, zero
    rows = slice(0, questions)
    wanted = total[rows].masked_fill(batch.ignored[rows], -2.0) + 10.0 * batch.positive[rows]
    forced = wanted.topk(min(in_view, wanted.shape[1]), dim=1).indices
    tokens = batch.questions[rows]
    hidden, _ = read_memory(model, tokens, batch.routes[rows], head, memory, lambda at, scores: forced, dtype)
    steps = torch.arange(tokens.shape[1], device=tokens.device)
    response = (steps >= batch.prompt_lengths[rows, None] - 1) & (steps < batch.question_lengths[rows, None] - 1)
    logits = model.logits(hidden[:, :-1][response[:, :-1]]).float()
    targets = tokens[:, 1:][response[:, :-1]]
    right = (logits.detach().argmax(-1) == targets).float().mean()
    return F.cross_entropy(logits, targets), right
