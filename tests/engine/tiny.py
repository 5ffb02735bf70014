"""Small random checkpoints and a small library over real texts, for the tests of the engine.

Vocabulary and texts are those of the recorded case `paper` (passages of Wikipedia); nothing is trained, so
tests on these look at what is computed and recorded, never at how good it is.
"""

from __future__ import annotations

import json
import math
import re
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch

from engine.config import ModelConfig
from engine.library import Dated, Passage
from engine.qwen3 import MemoryModel
from engine.weights import save

REFERENCE = Path(__file__).parent.parent / "reference"
torch.set_num_threads(1)  # on tensors this small two threads beside other work take ten times as long as one
CASES = ("paper", "scaled", "shared-keys", "last-token")
TEXTS: list[str] = json.loads((REFERENCE / "paper" / "inputs.json").read_text(encoding="utf-8"))["documents"]


def config(**changes: Any) -> dict[str, Any]:
    """config.json of a four-layer model; keys of `msa_config` are taken from `changes` as well."""
    msa = {
        "aux_loss_method": "INFONCE", "chunk_reduce_method": "max", "decouple_router": True,
        "head_reduce_method": "mean", "pooling_kernel_size": 16, "query_reduce_method": "max",
        "router_layer_idx": "2,3", "top_k_docs": 4,
    }  # fmt: skip
    model = {
        "architectures": ["MSAForCausalLM"], "model_type": "msa", "vocab_size": 1024, "hidden_size": 64,
        "intermediate_size": 96, "num_hidden_layers": 4, "num_attention_heads": 4, "num_key_value_heads": 2,
        "head_dim": 16, "rms_norm_eps": 1e-6, "rope_theta": 10000.0, "tie_word_embeddings": True,
    }  # fmt: skip
    own = {key: value for key, value in changes.items() if key in msa}
    return {**model, **{k: v for k, v in changes.items() if k not in msa}, "msa_config": {**msa, **own}}


def random_model(raw: Mapping[str, Any], seed: int = 0) -> MemoryModel:
    """Weights large enough for attention and routing to be far from uniform."""
    generator = torch.Generator().manual_seed(seed)
    model = MemoryModel(ModelConfig.from_dict(raw))
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if parameter.dim() == 2:
                spread = 1.0 if "embed" in name else 1.2 * parameter.shape[1] ** -0.5
                parameter.normal_(0.0, spread, generator=generator)
            elif parameter.dim() == 1:
                parameter.normal_(1.0, 0.2, generator=generator)
    return model.eval().requires_grad_(False)


def checkpoint(folder: Path, seed: int = 0, **changes: Any) -> Path:
    """A random checkpoint on disk, with the tokenizer of the case `paper`."""
    save(random_model(config(**changes), seed), folder)
    shutil.copy(REFERENCE / "paper" / "checkpoint" / "tokenizer.json", folder)
    return folder


@dataclass
class Texts:
    """A library over texts in hand: words are counted, sentences end at full stops."""

    texts: dict[int, str] = field(default_factory=lambda: dict(enumerate(TEXTS)))
    gone: set[int] = field(default_factory=set)  # left memory after the engine took its view
    looked_for: list[str] = field(default_factory=list)
    silent: bool = False  # gives no word evidence

    def passages(self, documents: Sequence[int]) -> list[Passage]:
        return [
            Passage(document, "", self.texts[document], sentence_spans(self.texts[document]))
            for document in documents
            if document in self.texts and document not in self.gone
        ]

    def parts(self, document: int) -> list[Passage]:
        return self.passages([document])

    def words(self, text: str, limit: int) -> dict[int, float]:
        self.looked_for.append(text)
        if self.silent:
            return {}
        rarity = self.rarity(sorted(words_of(text)))
        found = {d: sum(rarity[w] for w in sorted(words_of(held) & set(rarity))) for d, held in self.texts.items()}
        best = sorted(found.items(), key=lambda item: (-item[1], item[0]))[:limit]
        return {document: score for document, score in best if score > 0}

    def dated(self) -> Dated | None:
        return None

    def rarity(self, words: Sequence[str]) -> dict[str, float]:
        held = [words_of(text) for text in self.texts.values()]
        return {word: math.log1p(len(held) / (0.5 + sum(word in text for text in held))) for word in words}


def words_of(text: str) -> set[str]:
    return set(re.findall(r"\w+", text.lower()))


def sentence_spans(text: str) -> list[tuple[int, int]]:
    spans, start = [], 0
    for part in text.replace("\n", ". ").split(". "):
        begin = text.index(part, start) if part else start
        if part.strip():
            spans.append((begin, begin + len(part)))
        start = begin + len(part)
    return spans
