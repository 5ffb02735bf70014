"""A question prefilled over texts that are encoded in float32 and held in memory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from engine.encode import encode, encode_head
from engine.prefill import Context, prefill
from engine.qwen3 import MemoryModel
from engine.routing import Selection, TensorSegment, select
from engine.template import Prompt, document_tokens, head_tokens, question_prompt
from engine.tokenizer import MemoryTokenizer


@dataclass(frozen=True)
class Reading:
    model: MemoryModel
    tokenizer: MemoryTokenizer
    texts: Sequence[tuple[int, str]]

    @torch.inference_mode()
    def prefill(self, prompt: Prompt) -> tuple[Tensor, Context]:
        """Logits [T, vocabulary] of a prompt, and its context."""
        model, routing = self.model, self.model.config.routing
        pooled = encode(model, document_tokens(self.tokenizer, self.texts))
        counts = torch.tensor([0, *(document.keys.shape[2] for document in pooled)])
        ids = torch.tensor([document for document, _ in self.texts])
        keys = [torch.cat([d.routing_keys[at] for d in pooled]).flatten(1) for at in range(len(routing.layers))]
        segment = TensorSegment(ids, torch.ones(len(ids), dtype=torch.bool), counts.cumsum(0), keys)
        places = {int(document): place for place, document in enumerate(ids)}

        def choose(at: int, queries: Tensor) -> Selection:
            return select(queries, [segment], at, model.config, routing.top_k)

        def content(at: int, documents: Tensor) -> tuple[Tensor, Tensor]:
            chosen = [pooled[places[document]] for document in documents.tolist()]
            return torch.cat([d.keys[at] for d in chosen], 1), torch.cat([d.values[at] for d in chosen], 1)

        head = encode_head(model, head_tokens(self.tokenizer))
        positions = prompt.positions(routing.top_k)
        return prefill(model, prompt.tokens, prompt.roles, positions, head, choose, content)

    def ask(self, question: str) -> tuple[Tensor, Context]:
        """Logits of the token to come [vocabulary], and the context."""
        logits, context = self.prefill(question_prompt(self.tokenizer, question))
        return logits[-1], context
