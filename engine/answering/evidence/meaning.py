"""What words and texts mean to the model before any layer reads them: the routing keys of their tokens, summed.

A sentence is compared with the question as a chunk is in routing, at the price of a table lookup. So `dentist` meets
`teeth`, which exact words keep apart.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from engine.answering.questions.question import Question
from engine.answering.words.stems import STOP, WORD, plain
from engine.library import Passage
from engine.qwen3 import MemoryModel
from engine.tokenizer import MemoryTokenizer

REMEMBERED = 16384  # words with their vectors, 25 MB
WORDS = 60  # of a sentence that are compared one by one


@dataclass(frozen=True, slots=True)
class Likeness:
    """A sentence beside a question, each a cosine."""

    own: float  # the sentence alone
    around: float  # with the sentences beside it and the document's context
    words: float  # each word that matters with the nearest word of the sentence, weighed by rarity


class Meanings:
    """Texts as vectors of all routing layers' keys [L*G*d]."""

    def __init__(self, model: MemoryModel, tokenizer: MemoryTokenizer) -> None:
        keys = []
        with torch.inference_mode():
            embedded = model.model.embed_tokens.weight.float()
            for index in model.config.routing.layers:
                layer = model.model.layers[index]
                read = layer.input_layernorm(embedded.to(model.dtype))
                keys.append(layer.self_attn.routing_keys(read).flatten(1).float().cpu())
        self.table = torch.cat(keys, dim=1)  # [vocabulary, L*G*d]
        self.tokenizer = tokenizer
        self._known: dict[str, Tensor] = {}

    def texts(self, texts: Sequence[str]) -> Tensor:
        """[n, L*G*d], sums of the tokens' keys."""
        rows = self.tokenizer.encode_batch(list(texts))
        flat = torch.tensor([token for row in rows for token in row], dtype=torch.long)
        starts = torch.tensor([0, *[len(row) for row in rows[:-1]]]).cumsum(0)
        return functional.embedding_bag(flat, self.table, starts, mode="sum")

    def words(self, words: Sequence[str]) -> Tensor:
        """[n, L*G*d] of unit length, each word as it stands inside a sentence; remembered."""
        new = [word for word in dict.fromkeys(words) if word not in self._known]
        if new:
            if len(self._known) > REMEMBERED:
                self._known.clear()
                new = list(dict.fromkeys(words))
            vectors = functional.normalize(self.texts([f" {word}" for word in new]), dim=1)
            self._known.update(zip(new, vectors, strict=True))
        return torch.stack([self._known[word] for word in words])

    def likeness(self, question: Question, weights: Sequence[float], passage: Passage) -> list[Likeness]:
        """Of every sentence of a passage; `weights` are those of the question's words."""
        spans = [passage.text[a:b] for a, b in passage.sentences]
        if not spans or not question.words:
            return [Likeness(0.0, 0.0, 0.0)] * len(spans)
        *sums, context, asked = self.texts([*spans, passage.context, question.text])
        own = torch.stack(sums)
        padded = functional.pad(own, (0, 0, 1, 1))
        around = padded[:-2] + padded[1:-1] + padded[2:] + context
        target = functional.normalize(asked, dim=0)
        alone, wide = (functional.normalize(rows, dim=1) @ target for rows in (own, around))
        shares = torch.tensor(weights) / (sum(weights) or 1.0)
        nearest = self._nearest(question.words, spans) @ shares
        return [Likeness(*map(float, values)) for values in zip(alone, wide, nearest, strict=True)]

    def _nearest(self, words: Sequence[str], spans: Sequence[str]) -> Tensor:
        """[sentences, words]: the cosine of each asked word with the nearest word of each sentence, 0 or more."""
        found = [
            [w for m in WORD.finditer(span) if (w := plain(m.group().lower())) not in STOP][:WORDS] for span in spans
        ]
        known = {word: at for at, word in enumerate(dict.fromkeys(w for row in found for w in row))}
        out = torch.zeros(len(spans), len(words))
        if not known:
            return out
        cosines = self.words(list(known)) @ self.words(words).T  # [known, words]
        for at, row in enumerate(found):
            if row:
                out[at] = cosines[[known[word] for word in row]].amax(0).clamp(min=0.0)
        return out
