"""A start that routes by words before anything is learnt: what is left to train is meaning.

Random weights give routing nothing to begin with: a contrastive loss then finds topics first and exact words late
(docs/log.md). So the residual stream is split. Its first part holds each token's word, as a random vector shared by all
forms of one stem and as long as the word is rare; its rest holds the token itself, for writing. Router projections
read the first part; one dimension of each head is left to tokens that say nothing, where no key answers, so that they
score low. The lower half's values carry a share of it on, so that the last tokens of a question hold
the sum of its words (attention starts out nearly even), and a chunk's pooled key holds the sum of the chunk's.
"""

from __future__ import annotations

import json
import math
import random
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import snowballstemmer
import torch
from torch import Tensor

from engine.qwen3 import MemoryModel
from engine.template import ASK, RETURN
from engine.tokenizer import SPECIAL, MemoryTokenizer

WORD_SHARE = 13 / 16  # of the hidden size: 208 of 256 dimensions hold words
RARE = 1e-3  # a stem in fewer passages than this share counts in full
CARRIED = 0.75  # of the mean of what a lower layer attends to, added to a token's own
SILENT = 1.0  # length in a routing query of a token without a word of its own
EVEN = 0.1  # weight of the key norms at the start: small, so that attention is nearly even


def stem_of(piece: str) -> str:
    """One key for all tokens of a word: ` Rents`, `rent` and `rent` at a line's start are the same."""
    text = piece.strip().lower()
    return str(_STEMMER.stemWord(text)) if text else piece


_STEMMER = snowballstemmer.stemmer("english")


def count_passages(passages: Iterable[str], tokenizer: MemoryTokenizer, out: Path) -> None:
    """Writes in how many passages each token's stem occurs; the template's own words and marks count as in all."""
    stems = [stem_of(tokenizer.decode([token])) for token in range(tokenizer.vocab_size)]
    found: Counter[str] = Counter()
    total = 0
    batch: list[str] = []

    def flush() -> None:
        for tokens in tokenizer.encode_batch(batch):
            found.update({stems[token] for token in tokens})
        batch.clear()

    for passage in passages:
        total += 1
        batch.append(passage)
        if len(batch) == 1024:
            flush()
    flush()
    marks = range(len(SPECIAL))  # they stand in every document and prompt, as the prompt's words and ID's digits do
    for token in (*marks, *tokenizer.encode(f"user\n{ASK}{RETURN}\n"), *tokenizer.encode("[0123456789].")):
        found[stems[token]] = total
    out.write_text(json.dumps({"passages": total, "stems": found}, ensure_ascii=False), encoding="utf-8")


def start_by_words(model: MemoryModel, tokenizer: MemoryTokenizer, frequencies: Path, seed: int) -> None:
    """Lays the start described above over a model's random weights, in place."""
    config = model.config
    generator = torch.Generator().manual_seed(seed)
    words = int(config.hidden_size * WORD_SHARE)
    counted = json.loads(frequencies.read_text(encoding="utf-8"))
    with torch.no_grad():
        common = torch.nn.functional.normalize(torch.randn(config.hidden_size - words, generator=generator), dim=0)
        model.model.embed_tokens.weight.copy_(_embeddings(model, tokenizer, counted, common, generator, seed))
        for index, layer in enumerate(model.model.layers):
            attention = layer.self_attn
            if index in config.routing.layers:
                shared = _projection(config.kv_heads * config.head_dim, config.hidden_size, words, generator)
                shared[config.head_dim - 1 :: config.head_dim] = 0.0
                attention.router_k_proj.get_parameter("0.weight").copy_(shared)
                per_head = shared.view(config.kv_heads, 1, config.head_dim, -1).expand(-1, config.groups, -1, -1)
                asking = per_head.reshape(-1, config.hidden_size).clone()
                asking[config.head_dim - 1 :: config.head_dim, words:] = SILENT * common
                attention.router_q_proj.get_parameter("0.weight").copy_(asking)
            else:
                values = _projection(config.kv_heads * config.head_dim, config.hidden_size, words, generator)
                attention.v_proj.weight.copy_(values)
                back = values.view(config.kv_heads, 1, config.head_dim, -1).expand(-1, config.groups, -1, -1)
                attention.o_proj.weight.copy_(CARRIED / config.groups * back.reshape(-1, config.hidden_size).T)
                attention.k_norm.weight.fill_(EVEN)


def _embeddings(
    model: MemoryModel, tokenizer: MemoryTokenizer, counted: dict[str, object], common: Tensor,
    generator: torch.Generator, seed: int,
) -> Tensor:  # fmt: skip
    """[vocabulary, hidden], each as long as RMSNorm makes it: the word's part is as long as the word is rare. (Short
    embeddings ask for small weights in the blocks, and an optimiser's steps undo those in no time.)"""
    size, hidden = model.model.embed_tokens.weight.shape
    total, stems = int(str(counted["passages"])), counted["stems"]
    assert isinstance(stems, dict)
    words = hidden - len(common)
    own = torch.nn.functional.normalize(torch.randn(size, len(common), generator=generator), dim=1)
    rest = torch.nn.functional.normalize(own + common, dim=1)
    out = torch.empty(size, hidden)
    for token in range(size):
        stem = stem_of(tokenizer.decode([token])) if token < tokenizer.vocab_size else str(token)
        share = max(int(stems.get(stem, 0)), 1) / max(total, 1)
        weight = min(1.0, math.log(1.0 / share) / math.log(1.0 / RARE)) if share < 1 else 0.0
        drawn = torch.Generator().manual_seed(random.Random(f"{seed} {stem}").getrandbits(62))
        word = torch.nn.functional.normalize(torch.randn(words, generator=drawn), dim=0)
        out[token, :words] = weight * word
        out[token, words:] = math.sqrt(1.0 - weight**2) * rest[token]
    return out * math.sqrt(hidden)


def _projection(rows: int, hidden: int, words: int, generator: torch.Generator) -> Tensor:
    """[rows, hidden]: orthonormal rows within the words' part (as far as there are dimensions), zero on the rest."""
    out = torch.zeros(rows, hidden)
    for start in range(0, rows, words):
        count = min(words, rows - start)
        basis, _ = torch.linalg.qr(torch.randn(words, count, generator=generator))
        out[start : start + count, :words] = basis.T
    return out
