"""Which documents the model wants, as the IDs it writes (`[12][7]<|object_ref_end|>`), constrained to candidates.

An ID that is no candidate cannot be produced. `combine` is the one place where a weak checkpoint's ID probabilities
meet the ranking; weight 1 is pure generation.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from engine.decode import continuation_log_probs, decode, fork
from engine.prefill import Context
from engine.qwen3 import MemoryModel
from engine.template import END_OF_RETRIEVE
from engine.tokenizer import MemoryTokenizer


class IdentityWriter:
    """Scores and writes IDs behind a prefilled context."""

    def __init__(self, model: MemoryModel, tokenizer: MemoryTokenizer) -> None:
        self.model, self.tokenizer = model, tokenizer
        self.open_mark = tokenizer.encode("[1")[0]
        self.end_mark = tokenizer.mark(END_OF_RETRIEVE)[0]
        closing = tokenizer.encode("[1][2]")
        self.close_marks = {tokenizer.encode("[1]")[-1]}  # "]" ends an ID
        self.next_mark = closing[2] if len(closing) == 5 else None  # "][", where the vocabulary has it as one
        if self.next_mark is not None:
            self.close_marks.add(self.next_mark)

    def log_probs(self, logits: Tensor, context: Context, candidates: Sequence[int], lead: Sequence[int]) -> Tensor:
        """log p of each candidate's ID being written next, among all texts [n]; lead: tokens before the digits."""
        rows = [[*lead, *self.tokenizer.encode(str(candidate))] for candidate in candidates]
        return continuation_log_probs(self.model, logits, context, rows, sorted(self.close_marks))

    def retrieval_ends(self, logits: Tensor) -> bool:
        """True when the model would rather write <End-of-Retrieve> than a further ID."""
        return bool(logits[self.end_mark] > logits[self.open_mark])

    def write(self, logits: Tensor, context: Context, candidates: Sequence[int], most: int) -> list[int]:
        """Pure generation: IDs as the model writes them, greedily, until it closes the list; at least one."""
        context, written, left = fork(context), list[int](), list(candidates)
        lead = [self.open_mark]
        while left and len(written) < most:
            best = left[int(self.log_probs(logits, context, left, lead).argmax())]
            written.append(best)
            left.remove(best)
            for token in [*lead, *self.tokenizer.encode(str(best))]:
                logits = decode(self.model, token, context)
            if self.next_mark is not None and logits[self.next_mark] > logits[self.tokenizer.encode("]")[0]]:
                lead = [self.next_mark]
                continue
            logits = decode(self.model, self.tokenizer.encode("]")[0], context)
            if logits[self.tokenizer.object_ref_end] >= logits[self.open_mark]:
                break
            lead = [self.open_mark]
        return written


def combine(identity: Tensor, ranked: Tensor, weight: float) -> Tensor:
    """Geometric mean of two distributions over the same candidates [n]: p_id^w * p_rank^(1-w), normalised.

    identity: log probabilities as written by the model; ranked: probabilities from the ranking.
    """
    mixed = weight * identity.log_softmax(0) + (1.0 - weight) * ranked.clamp(min=1e-9).log()
    return torch.softmax(mixed, dim=0)
