"""A start that routes by words before anything is learnt: what is left to train is meaning.

Random weights give routing nothing to begin with: a contrastive loss then finds topics first and exact words late
(docs/log.md). So the residual stream is split. Its first part holds each token's word vector (`word_vectors.py`), its
rest the token itself, for writing. Routers read the first part, each routing layer its own share of the dimensions, so
that a chunk's pooled key holds the sum of its words. The layers below carry that part on with nearly even
attention, so that a question's last line end, which has no word of its own, gathers the sum of its words. All other
tokens share a direction that fills one dimension of each routing query where no key answers: a single word must not
outscore the whole question, since the best token counts. What blocks write begins at zero.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional

from engine.qwen3 import MemoryModel
from engine.tokenizer import SPECIAL, MemoryTokenizer

WORD_SHARE = 5 / 6  # of the hidden size: 320 of 384 dimensions hold words
CARRIED = 2.0  # of the mean of what a lower layer attends to, added to a token's own
SILENT = 2.0  # of the direction that all tokens but the gatherer share, in a routing query's dimension no key answers
HEARD = 0.003  # how little the gatherer has of it: a line's end that has seen no word yet stays silent
LONGEST = 0.8  # of an embedding of length 1, the part that is its word
EVEN = 0.1  # weight of the key norms at the start: small, so that attention is nearly even


def start_by_words(model: MemoryModel, tokenizer: MemoryTokenizer, vectors: Tensor, seed: int) -> None:
    """Lays the start described above over a model's random weights, in place. vectors [vocabulary, words]."""
    config = model.config
    generator = torch.Generator().manual_seed(seed)
    words, gatherer = vectors.shape[1], tokenizer.encode("\n")[-1]
    with torch.no_grad():
        common = functional.normalize(torch.randn(config.hidden_size - words, generator=generator), dim=0)
        vectors = functional.pad(vectors, (0, 0, 0, config.vocab_size - len(vectors)))  # rows no token has
        embeddings = _embeddings(vectors, config.hidden_size, common, gatherer, generator)
        model.model.embed_tokens.weight.copy_(embeddings)
        model.model.norm.weight.fill_(config.hidden_size**-0.5)  # logits of an untrained, tied head of length about 1
        basis, _ = torch.linalg.qr(torch.randn(words, words, generator=generator))
        routing, carrying = 0, 0
        for index, layer in enumerate(model.model.layers):
            attention = layer.self_attn
            layer.mlp.down_proj.weight.zero_()
            if index in config.routing.layers:
                shared = _share(basis, routing, config.kv_heads, config.head_dim, config.hidden_size, spare=1)
                asking = shared.expand(-1, config.groups, -1, -1).clone()
                asking[:, :, -1, words:] = SILENT * common
                attention.router_k_proj.get_parameter("0.weight").copy_(shared.reshape(-1, config.hidden_size))
                attention.router_q_proj.get_parameter("0.weight").copy_(asking.reshape(-1, config.hidden_size))
                attention.o_proj.weight.zero_()
                routing += 1
            else:
                values = _share(basis, carrying, config.kv_heads, config.head_dim, config.hidden_size)
                if (carrying + 1) * config.kv_heads * config.head_dim > words:  # nothing is carried twice
                    values.view(-1, config.hidden_size)[words - carrying * config.kv_heads * config.head_dim :] = 0.0
                back = values.expand(-1, config.groups, -1, -1).reshape(-1, config.hidden_size).T
                attention.v_proj.weight.copy_(values.reshape(-1, config.hidden_size))
                attention.o_proj.weight.copy_(CARRIED / config.groups * back)
                attention.k_norm.weight.fill_(EVEN)
                carrying += 1


def _embeddings(vectors: Tensor, hidden: int, common: Tensor, gatherer: int, generator: torch.Generator) -> Tensor:
    """[vocabulary, hidden], each as long as RMSNorm makes it. (Short embeddings ask for small weights in the blocks,
    and an optimiser's steps undo those in no time.) All but the gatherer share a direction in the second part."""
    size, words = vectors.shape
    vectors = vectors.index_fill(0, torch.tensor([*range(len(SPECIAL)), gatherer]), 0.0)  # marks are no words
    longest = vectors.norm(dim=1).quantile(0.99)
    scaled = vectors * (LONGEST / longest)
    scaled = scaled * (LONGEST / scaled.norm(dim=1, keepdim=True).clamp(min=LONGEST))
    own = torch.randn(size, hidden - words, generator=generator)
    own = functional.normalize(own - (own @ common)[:, None] * common, dim=1)
    shared = torch.ones(size, 1)
    shared[gatherer] = HEARD
    rest = functional.normalize(own + shared * common, dim=1)
    length = (1.0 - scaled.square().sum(dim=1, keepdim=True)).sqrt()
    return torch.cat((scaled, length * rest), dim=1) * math.sqrt(hidden)


def _share(basis: Tensor, turn: int, heads: int, head_dim: int, hidden: int, spare: int = 0) -> Tensor:
    """[heads, 1, head_dim, hidden]: the turn-th share of a basis [words, words], round and round, so that layers one
    after the other read or carry all of it; the last `spare` rows of a head are zero."""
    words, used = len(basis), head_dim - spare
    rows = (torch.arange(heads * used) + turn * heads * used) % words
    out = torch.zeros(heads, 1, head_dim, hidden)
    out[:, 0, :used, :words] = basis[rows].view(heads, used, words)
    return out
