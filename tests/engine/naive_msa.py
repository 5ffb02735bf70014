"""Memory sparse attention once more, slowly: loops over layers, heads, documents and tokens.

Written from the method's description (paper sections 3.2 to 3.4), not from `engine`: what the two agree on is
the method. Works on a config.json as a dict and the tensors of a model.safetensors; float32, CPU.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor


@dataclass
class Document:
    """What is kept of one document, per routing layer [chunks, G, d]."""

    keys: dict[int, Tensor] = field(default_factory=dict)
    values: dict[int, Tensor] = field(default_factory=dict)
    routing_keys: dict[int, Tensor] = field(default_factory=dict)


@dataclass
class View:
    """Keys and values [S, G, d] a later token sees, per layer, and what each routing layer chose."""

    keys: list[Tensor] = field(default_factory=list)
    values: list[Tensor] = field(default_factory=list)
    chosen: dict[int, list[int]] = field(default_factory=dict)
    scores: dict[int, list[float]] = field(default_factory=dict)


class NaiveMSA:
    def __init__(self, config: Mapping[str, Any], weights: Mapping[str, Tensor]) -> None:
        self.config, self.msa, self.weights = config, config["msa_config"], weights
        self.layers, self.heads = config["num_hidden_layers"], config["num_attention_heads"]
        self.kv_heads, self.size = config["num_key_value_heads"], config["head_dim"]
        named = self.msa["router_layer_idx"]
        self.routing = list(range(self.layers)) if named == "all" else [int(n) for n in named.split(",")]
        self.cosine = self.msa["aux_loss_method"] == "INFONCE"
        self.separate = self.msa["decouple_router"]

    def norm(self, x: Tensor, name: str) -> Tensor:
        mean_square = (x * x).sum(-1, keepdim=True) / x.shape[-1]
        return x / torch.sqrt(mean_square + self.config["rms_norm_eps"]) * self.weights[name]

    def project(self, x: Tensor, layer: int, name: str, heads: int) -> Tensor:
        """[T, hidden] -> [T, heads, d]."""
        weight = self.weights[f"model.layers.{layer}.self_attn.{name}.weight"]
        return (x @ weight.T).reshape(x.shape[0], heads, self.size)

    def rotate(self, x: Tensor, positions: Sequence[int]) -> Tensor:
        """[T, heads, d]: element i and i + d/2 are a pair, turned by position * theta^(-2i/d)."""
        out, half = torch.zeros_like(x), self.size // 2
        at = torch.tensor(list(positions), dtype=torch.float64)[:, None]
        for i in range(half):
            angle = at * self.config["rope_theta"] ** (-2 * i / self.size)
            cos, sin = angle.cos().float(), angle.sin().float()
            a, b = x[..., i], x[..., i + half]
            out[..., i], out[..., i + half] = a * cos - b * sin, b * cos + a * sin
        return out

    def attend(self, q: Tensor, keys: Tensor, values: Tensor, before: int) -> Tensor:
        """q [T, H, d]; keys, values [before + T, G, d]: every token sees the `before` and its own past."""
        out = torch.zeros_like(q)
        for head in range(self.heads):
            group = head // (self.heads // self.kv_heads)
            for t in range(q.shape[0]):
                seen = before + t + 1
                scores = keys[:seen, group] @ q[t, head] / math.sqrt(self.size)
                out[t, head] = torch.softmax(scores, 0) @ values[:seen, group]
        return out

    def forward_layer(
        self, x: Tensor, layer: int, positions: Sequence[int], before_k: Tensor, before_v: Tensor,
        extra: Any = None,
    ) -> tuple[Tensor, Tensor, Tensor, Tensor]:  # fmt: skip
        """One decoder layer behind what is in view: next x, its normed input, all keys, all values.

        extra(normed, queries) gives further keys and values to stand between the two.
        """
        prefix = f"model.layers.{layer}"
        normed = self.norm(x, f"{prefix}.input_layernorm.weight")
        q = self.norm(self.project(normed, layer, "q_proj", self.heads), f"{prefix}.self_attn.q_norm.weight")
        k = self.norm(self.project(normed, layer, "k_proj", self.kv_heads), f"{prefix}.self_attn.k_norm.weight")
        q, k = self.rotate(q, positions), self.rotate(k, positions)
        v = self.project(normed, layer, "v_proj", self.kv_heads)
        if extra is not None:
            more_k, more_v = extra(normed, q)
            before_k, before_v = torch.cat((before_k, more_k)), torch.cat((before_v, more_v))
        keys, values = torch.cat((before_k, k)), torch.cat((before_v, v))
        mixed = self.attend(q, keys, values, before_k.shape[0]).flatten(1)
        x = x + mixed @ self.weights[f"{prefix}.self_attn.o_proj.weight"].T
        inner = self.norm(x, f"{prefix}.post_attention_layernorm.weight")
        gate = inner @ self.weights[f"{prefix}.mlp.gate_proj.weight"].T
        up = inner @ self.weights[f"{prefix}.mlp.up_proj.weight"].T
        x = x + (gate * torch.sigmoid(gate) * up) @ self.weights[f"{prefix}.mlp.down_proj.weight"].T
        return x, normed, keys, values

    def nothing(self) -> Tensor:
        return torch.zeros(0, self.kv_heads, self.size)

    def embed(self, tokens: Sequence[int]) -> Tensor:
        return torch.stack([self.weights["model.embed_tokens.weight"][token] for token in tokens])

    def logits(self, x: Tensor) -> Tensor:
        name = "model.embed_tokens.weight" if self.config["tie_word_embeddings"] else "lm_head.weight"
        return self.norm(x, "model.norm.weight") @ self.weights[name].T

    def pool(self, x: Tensor) -> Tensor:
        """[T, G, d] -> [chunks, G, d]."""
        size = self.msa["pooling_kernel_size"]
        return torch.stack([x[at : at + size].mean(0) for at in range(0, x.shape[0], size)])

    def encode(self, tokens: Sequence[int]) -> Document:
        """Stage 1."""
        out, x, positions = Document(), self.embed(tokens), range(len(tokens))
        for layer in range(self.layers):
            x, normed, keys, values = self.forward_layer(x, layer, positions, self.nothing(), self.nothing())
            if layer not in self.routing:
                continue
            out.keys[layer], out.values[layer] = self.pool(keys), self.pool(values)
            if self.separate:
                kept = self.pool(self.project(normed, layer, "router_k_proj.0", self.kv_heads))
            else:
                kept = out.keys[layer]
            out.routing_keys[layer] = unit(kept) if self.cosine else kept
        return out

    def head(self, tokens: Sequence[int]) -> View:
        """The template's head, alone, in every layer."""
        out, x = View(), self.embed(tokens)
        for layer in range(self.layers):
            x, _, keys, values = self.forward_layer(x, layer, range(len(tokens)), self.nothing(), self.nothing())
            out.keys.append(keys)
            out.values.append(values)
        return out

    def score(self, queries: Tensor, document: Document, layer: int) -> float:
        """One document for routing queries [T, H, d] of the question's tokens."""
        if self.cosine:
            queries = unit(queries)
        chunks = []
        for key in document.routing_keys[layer]:
            tokens = []
            for query in queries:
                groups = [head // (self.heads // self.kv_heads) for head in range(self.heads)]
                products = [float(query[head] @ key[group]) for head, group in enumerate(groups)]
                tokens.append(reduced(products, self.msa["head_reduce_method"]))
            chunks.append(reduced(tokens, self.msa["query_reduce_method"]))
        scale = 1.0 if self.cosine and self.separate else self.size**-0.5
        return reduced(chunks, self.msa["chunk_reduce_method"]) * scale

    def prefill(
        self, head: View, documents: Sequence[Document], tokens: Sequence[int], roles: Sequence[int],
        positions: Sequence[int], top_k: int,
    ) -> tuple[Tensor, View]:  # fmt: skip
        """Stage 2: logits of every position, and what generation goes on from."""
        out, x = View(), self.embed(tokens)
        asking = [at for at, role in enumerate(roles) if role == 0]
        for layer in range(self.layers):

            def open_documents(normed: Tensor, q: Tensor, layer: int = layer) -> tuple[Tensor, Tensor]:
                if self.separate:
                    q = self.project(normed, layer, "router_q_proj.0", self.heads)
                scores = [self.score(q[asking], document, layer) for document in documents]
                best = sorted(range(len(documents)), key=lambda d: -scores[d])[:top_k]
                out.chosen[layer], out.scores[layer] = best, [scores[d] for d in best]
                keys = [documents[d].keys[layer] for d in sorted(best)]
                values = [documents[d].values[layer] for d in sorted(best)]
                return torch.cat(keys), torch.cat(values)

            extra = open_documents if layer in self.routing else None
            x, _, keys, values = self.forward_layer(x, layer, positions, head.keys[layer], head.values[layer], extra)
            out.keys.append(keys)
            out.values.append(values)
        return self.logits(x), out

    def decode(self, view: View, token: int, position: int) -> Tensor:
        """Stage 3: one more token at the end of the view; the next token's logits."""
        x = self.embed([token])
        for layer in range(self.layers):
            x, _, view.keys[layer], view.values[layer] = self.forward_layer(
                x, layer, [position], view.keys[layer], view.values[layer]
            )
        return self.logits(x)[0]


def unit(x: Tensor) -> Tensor:
    return x / torch.sqrt((x * x).sum(-1, keepdim=True))


def reduced(values: list[float], how: str) -> float:
    if how == "mean":
        return sum(values) / len(values)
    return max(values) if how == "max" else values[-1]


def record(model: NaiveMSA, inputs: Mapping[str, Any]) -> dict[str, Tensor]:
    """Every tensor of a case (tests/reference/README.md) for its inputs.json."""
    documents = [model.encode(tokens) for tokens in inputs["document_token_ids"]]
    head, out = model.head(inputs["template_head_ids"]), dict[str, Tensor]()
    counts = [len(document.keys[model.routing[0]]) for document in documents]
    out["chunk_doc"] = torch.tensor([d for d, count in enumerate(counts) for _ in range(count)])
    for layer in model.routing:
        for name in ("keys", "values", "routing_keys"):
            stacked = torch.cat([getattr(document, name)[layer] for document in documents])
            short = {"keys": "pooled_k", "values": "pooled_v", "routing_keys": "routing_k"}[name]
            out[f"{short}.{layer}"] = stacked.transpose(0, 1).contiguous()
    for prefix, name in (("", "prefill"), ("hop2_", "hop2")):
        if name not in inputs:
            continue
        given = inputs[name]
        logits, view = model.prefill(
            head, documents, given["input_ids"], given["doc_ids"], given["position_ids"], inputs["top_k_docs"]
        )
        for layer in model.routing:
            out[f"{prefix}selected_docs.{layer}"] = torch.tensor(view.chosen[layer])
            out[f"{prefix}selected_scores.{layer}"] = torch.tensor(view.scores[layer])
        if name == "hop2":
            out["hop2_prefill_last_logits"] = logits[-1:].contiguous()
            continue
        out["prefill_logits"] = logits
        fed = zip(inputs["decode"]["input_ids"], inputs["decode"]["position_ids"], strict=True)
        out["decode_logits"] = torch.stack([model.decode(view, token, at) for token, at in fed])
    return out
