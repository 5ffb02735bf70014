"""A small network that reads the best sentences with the question in mind: which run of words answers, if any does.

Words come in as the model's own vectors (answering.meaning, frozen) beside learnt ones; question and sentences go
through the same convolutions and attention, meet, and every run of words of every sentence gets a score. All runs of
all sentences and "nothing here answers" share one softmax (Clark and Gardner 2018), so that its probabilities choose
the short answer, and what is refused. Trained by `engine.training.reading`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn
from torch.nn import functional

from engine.answering.meaning import Meanings
from engine.answering.sentences import FEATURES
from engine.answering.windows import KIND_OF, MARKS, MAY_END, Asked, Window
from engine.config import ConfigError

READER = "reader.safetensors"  # in a checkpoint's folder; no part of the model's weights
LONGEST = 12  # words of a run, marks counted
LEARNT = 64  # dimensions of the learnt part of a word
PIECES = 8  # tokens of a word that count
NEVER = -1e4


@dataclass(frozen=True, slots=True)
class Batch:
    """Questions with their windows, padded. Q: words of a question, W: of a window, n: windows of all questions."""

    vectors: Tensor  # [words, L*G*d] unit, row 0 is padding
    pieces: Tensor  # [words, PIECES] token ids, vocabulary size where there is none
    asked: Tensor  # [questions, Q] rows of the above
    asked_marks: Tensor  # [questions, Q, MARKS + 1]
    kinds: Tensor  # [questions]
    words: Tensor  # [n, W]
    marks: Tensor  # [n, W, MARKS + 1]
    features: Tensor  # [n, FEATURES]
    owner: Tensor  # [n] the question
    allowed: Tensor  # [n, W, LONGEST] bool: runs that may be an answer

    @property
    def questions(self) -> int:
        return len(self.kinds)


class Words:
    """Questions and windows to the tensors of a batch."""

    def __init__(self, meanings: Meanings) -> None:
        self.meanings = meanings
        self.vocabulary = len(meanings.table)

    def rows(self, words: Sequence[str]) -> tuple[Tensor, Tensor]:
        """Vectors [1 + words, L*G*d] and token ids [1 + words, PIECES], a row of nothing first."""
        vectors = functional.pad(self.meanings.words(words), (0, 0, 1, 0))
        ids = self.meanings.tokenizer.encode_batch([f" {word}" for word in words])
        filled = [[*row[:PIECES], *[self.vocabulary] * (PIECES - len(row))] for row in ids]
        return vectors, torch.tensor([[self.vocabulary] * PIECES, *filled])

    def batch(self, items: Sequence[tuple[Asked, Sequence[Window]]]) -> Batch:
        windows = [window for _, held in items for window in held]
        rows = [asked.words for asked, _ in items] + [window.words for window in windows]
        place = {word: at + 1 for at, word in enumerate(dict.fromkeys(word for row in rows for word in row))}
        vectors, pieces = self.rows(list(place))
        asked, asked_marks = _padded([(a.words, a.marks, a.weights) for a, _ in items], place)
        words, marks = _padded([(w.words, w.marks, w.weights) for w in windows], place)
        allowed = np.zeros((*words.shape, LONGEST), dtype=bool)
        for at, window in enumerate(windows):
            ends = (window.marks & ~MAY_END) == 0
            for size in range(min(LONGEST, window.last - window.first)):
                starts = slice(window.first, window.last - size)
                allowed[at, starts, size] = ends[starts] & ends[window.first + size : window.last]
        return Batch(
            vectors, pieces, asked, asked_marks, torch.tensor([a.kind for a, _ in items]), words, marks,
            torch.from_numpy(np.stack([w.features for w in windows])),
            torch.tensor([at for at, (_, held) in enumerate(items) for _ in held]), torch.from_numpy(allowed),
        )  # fmt: skip


def _padded(
    rows: Sequence[tuple[Sequence[str], npt.NDArray[np.int16], npt.NDArray[np.float32]]], place: dict[str, int]
) -> tuple[Tensor, Tensor]:
    longest = max(len(words) for words, _, _ in rows)
    ids = np.zeros((len(rows), longest), dtype=np.int64)
    marks = np.zeros((len(rows), longest, len(MARKS) + 1), dtype=np.float32)
    bits = np.arange(len(MARKS))
    for at, (words, mark, weight) in enumerate(rows):
        ids[at, : len(words)] = [place[word] for word in words]
        marks[at, : len(words), :-1] = (mark[:, None] >> bits) & 1
        marks[at, : len(words), -1] = weight
    return torch.from_numpy(ids), torch.from_numpy(marks)


class Block(nn.Module):
    """Two separable convolutions, attention, feed-forward; each after a norm and added to what was there."""

    def __init__(self, size: int, heads: int = 4) -> None:
        super().__init__()
        self.heads = heads
        self.norms = nn.ModuleList(nn.LayerNorm(size) for _ in range(4))
        self.wide = nn.ModuleList(nn.Conv1d(size, size, 5, padding=2, groups=size) for _ in range(2))
        self.mixed = nn.ModuleList(nn.Linear(size, size) for _ in range(2))
        self.qkv, self.out = nn.Linear(size, 3 * size), nn.Linear(size, size)
        self.up, self.down = nn.Linear(size, 2 * size), nn.Linear(2 * size, size)
        self.drop = nn.Dropout(0.1)

    def forward(self, x: Tensor, held: Tensor) -> Tensor:
        """x [n, words, size], held [n, words] bool"""
        for norm, wide, mixed in zip(self.norms[:2], self.wide, self.mixed, strict=True):
            y = (norm(x) * held[..., None]).transpose(1, 2)
            x = x + self.drop(mixed(functional.relu(wide(y).transpose(1, 2))))
        q, k, v = self.qkv(self.norms[2](x)).unflatten(-1, (3, self.heads, -1)).permute(2, 0, 3, 1, 4)
        y = functional.scaled_dot_product_attention(q, k, v, attn_mask=held[:, None, None, :])
        x = x + self.drop(self.out(y.transpose(1, 2).flatten(2)))
        return x + self.drop(self.down(functional.relu(self.up(self.norms[3](x)))))  # type: ignore[no-any-return]


class Reader(nn.Module):
    def __init__(self, vocabulary: int, width: int, size: int = 128, below: int = 1, above: int = 2) -> None:
        """vocabulary: of the tokenizer; width: of the model's word vectors."""
        super().__init__()
        self.pieces = nn.EmbeddingBag(vocabulary + 1, LEARNT, mode="sum", padding_idx=vocabulary)
        self.entry = nn.Linear(width + LEARNT + len(MARKS) + 1 + 2, size)
        self.kinds = nn.Embedding(len(KIND_OF) + 1, size)
        self.seen = nn.Linear(len(FEATURES), size)
        self.below = nn.ModuleList(Block(size) for _ in range(below))
        self.alike = nn.Linear(size, size, bias=False)
        self.meet = nn.Linear(4 * size, size)
        self.above = nn.ModuleList(Block(size) for _ in range(above))
        self.last = nn.LayerNorm(size)
        self.ends = nn.Linear(size, 2)
        self.lengths = nn.Embedding(len(KIND_OF) + 1, LONGEST)
        self.gate = nn.Linear(2 * size, size)
        self.level = nn.Linear(size + len(FEATURES), 1)
        self.drop = nn.Dropout(0.1)
        for table in (self.pieces, self.kinds, self.lengths):
            nn.init.normal_(table.weight, std=0.02)
        with torch.no_grad():
            self.pieces.weight[vocabulary] = 0.0

    def forward(self, batch: Batch) -> Tensor:
        """Scores of runs [n, W, LONGEST]: of `length + 1` words from the word on; NEVER where it cannot be one."""
        learnt = self.pieces(batch.pieces)
        held, asked_held = batch.words > 0, batch.asked > 0
        words, asked = batch.vectors[batch.words], batch.vectors[batch.asked][batch.owner]
        cosines = words @ asked.transpose(1, 2)  # [n, W, Q]
        telling = batch.asked_marks[..., -1][batch.owner]
        near = torch.stack([cosines.amax(2), (cosines * telling[:, None, :]).amax(2)], dim=-1)
        none = near.new_zeros(*batch.asked.shape, 2)
        x = self._enter(words, learnt[batch.words], batch.marks, near)
        q = self._enter(batch.vectors[batch.asked], learnt[batch.asked], batch.asked_marks, none)
        kinds = self.kinds(batch.kinds)
        x = x + self.seen(batch.features)[:, None] + kinds[batch.owner][:, None]
        q = q + kinds[:, None]
        for block in self.below:
            x, q = block(x, held), block(q, asked_held)
        q, q_held = q[batch.owner], asked_held[batch.owner]
        match = self.alike(x) @ q.transpose(1, 2) * x.shape[-1] ** -0.5 + 4.0 * cosines
        from_asked = match.masked_fill(~q_held[:, None, :], NEVER).softmax(2) @ q
        asked_for = match.amax(2).masked_fill(~held, NEVER).softmax(1)[:, None, :] @ x  # [n, 1, size]
        x = self.meet(self.drop(torch.cat([x, from_asked, x * from_asked, x * asked_for], dim=-1)))
        for block in self.above:
            x = block(x, held)
        x = self.last(x)
        start, end = self.ends(x).unbind(-1)
        inside = (batch.marks[..., 0] > 0) & held
        pooled = torch.cat([x.masked_fill(~inside[..., None], NEVER).amax(1), q.mean(1)], dim=-1)
        level = self.level(torch.cat([functional.relu(self.gate(pooled)), batch.features], dim=-1))[:, 0]
        last = functional.pad(end, (0, LONGEST - 1)).unfold(1, LONGEST, 1)  # [n, W, LONGEST]
        scores = start[..., None] + last + self.lengths(batch.kinds)[batch.owner][:, None] + level[:, None, None]
        out: Tensor = scores.masked_fill(~batch.allowed, NEVER)
        return out

    def _enter(self, vectors: Tensor, learnt: Tensor, marks: Tensor, near: Tensor) -> Tensor:
        out: Tensor = self.entry(self.drop(torch.cat([8.0 * vectors, learnt, marks, near], dim=-1)))
        return out


@dataclass(frozen=True, slots=True)
class Reading:
    """One window as read."""

    logit: float  # of its runs together, against "nothing answers" of 0
    start: int  # the likeliest run, in the document's text; 0, 0 where the sentence has no words
    end: int
    share: float  # of that run among the window's


class Reads:
    """A reader as it is used: one question at a time."""

    def __init__(self, reader: Reader, meanings: Meanings) -> None:
        self.reader, self.words = reader.eval().requires_grad_(False), Words(meanings)

    @classmethod
    def load(cls, path: Path, meanings: Meanings) -> Reads:
        """Raises ConfigError where the file is none of a reader, or of another vocabulary."""
        try:
            tensors = {name: tensor.float() for name, tensor in load_file(path).items()}
            vocabulary, width = meanings.table.shape
            size = len(tensors["last.weight"])
            reader = Reader(vocabulary, width, size, _blocks(tensors, "below"), _blocks(tensors, "above"))
            reader.load_state_dict(tensors)
        except (OSError, SafetensorError, KeyError, RuntimeError) as error:
            raise ConfigError(f"{path} is no reader of this checkpoint: {error}") from error
        return cls(reader, meanings)

    @torch.inference_mode()
    def __call__(self, asked: Asked, windows: Sequence[Window]) -> list[Reading]:
        """Every window of a question, read together."""
        scores = self.reader(self.words.batch([(asked, windows)]))
        logits, best = scores.flatten(1).logsumexp(1).tolist(), scores.flatten(1).argmax(1).tolist()
        out = []
        for at, window in enumerate(windows):
            first, size = divmod(best[at], LONGEST)
            if logits[at] <= NEVER / 2:
                out.append(Reading(NEVER, 0, 0, 0.0))
                continue
            start, end = window.places[first - window.first][0], window.places[first - window.first + size][1]
            out.append(Reading(logits[at], start, end, math.exp(float(scores[at, first, size]) - logits[at])))
        return out


def _blocks(tensors: dict[str, Tensor], part: str) -> int:
    return len({name.split(".")[1] for name in tensors if name.startswith(f"{part}.")})
