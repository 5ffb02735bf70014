"""How a checkpoint is used to answer: part of its configuration (`twin_config` in config.json), never of the code path.

A strong checkpoint (MSA-4B) has none and generates freely; the embedded one quotes, and leans on routing and words.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from engine.answering.evidence.sentences import FEATURES
from engine.answering.sureness import SIGNS
from engine.config import ConfigError


@dataclass(frozen=True, slots=True)
class Policy:
    answer: str = "generate"  # generate: the model writes it; quote: the sentences that best support it
    identity_weight: float = 1.0  # share of the model's written IDs against the ranking; 1 = pure generation
    max_hops: int = 4
    max_open: int = 4  # documents opened in one hop
    open_share: float = 0.5  # quote: opened when at least this share of the best document's probability
    latent_weight: float = 1.0  # of the routing layers in the ranking, against word evidence of weight 1
    dated_weight: float = 0.5  # of a document's being of the time that the question names, against the same
    query_whitening: float = 0.0  # strength of `engine.whitening` of routing queries; 0 = as the paper has them
    layer_weights: tuple[float, ...] = ()  # of the routing layers among each other; () = equal
    grounded_at: float = 0.0  # quote: an answer less sure than this grounds nothing
    grounded_weights: tuple[float, ...] = ()  # of answering.sureness.SIGNS, then the bias; () = as reader_weights
    sentence_weights: tuple[float, ...] = ()  # of answering.evidence.sentences.FEATURES, then the bias; () = its own
    reader_weights: tuple[float, ...] = ()  # of a sentence's own logit, of the reader's, bias; () = no reader
    choosing_weight: float = 0.0  # of the reader's logit in the choice of the sentence
    span_at: float = 1.0  # probability from which a short answer is put in front of the quote
    max_new_tokens: int = 256

    @classmethod
    def of(cls, raw: Mapping[str, Any]) -> Policy:
        known = {field.name for field in fields(cls)}
        if unknown := set(raw) - known:
            raise ConfigError(f"twin_config has unknown keys: {', '.join(sorted(unknown))}")
        values: dict[str, Any] = {key: tuple(value) if isinstance(value, list) else value for key, value in raw.items()}
        policy = cls(**values)
        if policy.sentence_weights and len(policy.sentence_weights) != len(FEATURES) + 1:
            raise ConfigError(f"twin_config.sentence_weights needs {len(FEATURES)} weights and a bias")
        if len(policy.reader_weights) not in (0, 3):
            raise ConfigError("twin_config.reader_weights needs three numbers")
        if len(policy.grounded_weights) not in (0, len(SIGNS) + 1):
            raise ConfigError(f"twin_config.grounded_weights needs {len(SIGNS)} weights and a bias")
        if policy.answer not in ("generate", "quote"):
            raise ConfigError(f"twin_config.answer is {policy.answer!r}; known are generate, quote")
        return policy
