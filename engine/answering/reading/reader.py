"""A small network that reads the best sentences with the question in mind: which run of words answers, if any does.

Words come in as the model's own vectors (answering.evidence.meaning, frozen) beside learnt ones; question and sentences
go through the same convolutions and attention, meet, and every run of words of every sentence gets a score. All runs of
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

from engine.answering.evidence.meaning import Meanings
from engine.answering.evidence.sentences import FEATURES
from engine.answering.reading.tuned import TUNED, tuned
from engine.answering.reading.windows import KIND_OF, MARKS, MAY_END, Asked, Window
from engine.config import ConfigError

READER = "reader.safetensors"  # in a checkpoint's folder; no part of the model's weights
LONGEST = 12  # words of a run, marks counted
LEARNT = 64  # dimensions of the learnt part of a word
PIECES = 8  # tokens of a word that count
NEVER = -1e4
DROPPED = 0.1


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
        asked, asked_marks = padded([(a.words, a.marks, a.weights) for a, _ in items], place)
        words, marks = padded([(w.words, w.marks, w.weights) for w in windows], place)
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


def padded(
    rows: Sequence[tuple[Sequence[str], npt.NDArray[np.int16], npt.NDArray[np.float32]]], place: dict[str, int]
) -> tuple[Tensor, Tensor]:
    """Texts as rows of a batch's words [n, W] and their marks [n, W, MARKS + 1]; place: a word's row, from 1."""
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
    """A separable convolution, attention, feed-forward; each after a norm and added to what was there."""

    def __init__(self, size: int, heads: int = 4) -> None:
        super().__init__()
        self.heads = heads
        self.norms = nn.ModuleList(nn.LayerNorm(size) for _ in range(3))
        self.wide, self.mixed = nn.Conv1d(size, size, 5, padding=2, groups=size), nn.Linear(size, size)
        self.qkv, self.out = nn.Linear(size, 3 * size), nn.Linear(size, size)
        self.up, self.down = nn.Linear(size, 2 * size), nn.Linear(2 * size, size)
        self.drop = nn.Dropout1d(DROPPED)

    def forward(self, x: Tensor, held: Tensor) -> Tensor:
        """x [n, words, size], held [n, words] bool"""
        y = self.wide((self.norms[0](x) * held[..., None]).transpose(1, 2)).transpose(1, 2)
        x = x + self.mixed(functional.relu(y))
        q, k, v = self.qkv(self.norms[1](x)).unflatten(-1, (3, self.heads, -1)).permute(2, 0, 3, 1, 4)
        # by hand: in bf16, the fused form goes back four times as slowly on a CPU
        match = (q * q.shape[-1] ** -0.5) @ k.transpose(2, 3)
        y = match.masked_fill(~held[:, None, None, :], NEVER).softmax(3).to(v.dtype) @ v
        x = x + self._dropped(self.out(y.transpose(1, 2).flatten(2)))
        return x + self._dropped(self.down(functional.relu(self.up(self.norms[2](x)))))

    def _dropped(self, x: Tensor) -> Tensor:
        """Whole dimensions of a text: a tenth of the price of single numbers."""
        out: Tensor = self.drop(x.transpose(1, 2)).transpose(1, 2)
        return out


class Reader(nn.Module):
    def __init__(self, vocabulary: int, width: int, size: int = 192, below: int = 4, above: int = 2) -> None:
        """vocabulary: of the tokenizer; width: of the model's word vectors."""
        super().__init__()
        self.pieces = nn.EmbeddingBag(vocabulary + 1, LEARNT, mode="sum", padding_idx=vocabulary)
        self.entry, self.marked = nn.Linear(width + LEARNT, size), nn.Linear(len(MARKS) + 1, size, bias=False)
        self.below = nn.ModuleList(Block(size) for _ in range(below))
        self.kinds = nn.Embedding(len(KIND_OF) + 1, size)
        self.seen = nn.Linear(len(FEATURES), size)
        self.near = nn.Linear(2, size, bias=False)
        self.alike = nn.Linear(size, size, bias=False)
        self.meet = nn.Linear(4 * size, size)
        self.above = nn.ModuleList(Block(size) for _ in range(above))
        self.last = nn.LayerNorm(size)
        self.ends = nn.Linear(size, 2)
        self.lengths = nn.Embedding(len(KIND_OF) + 1, LONGEST)
        self.gate = nn.Linear(2 * size, size)
        self.level = nn.Linear(size + len(FEATURES), 1)
        self.drop = nn.Dropout(DROPPED)
        for table in (self.pieces, self.kinds, self.lengths):
            nn.init.normal_(table.weight, std=0.02)
        with torch.no_grad():
            self.pieces.weight[vocabulary] = 0.0

    def forward(self, batch: Batch) -> Tensor:
        """Scores of runs [n, W, LONGEST]: of `length + 1` words from the word on; NEVER where it cannot be one."""
        entered = self.enter(batch.vectors, batch.pieces)
        held, asked_held = batch.words > 0, batch.asked > 0
        x = self.understand(entered, batch.words, batch.marks, held)
        q = self.understand(entered, batch.asked, batch.asked_marks, asked_held)
        known = batch.vectors @ batch.vectors[: int(batch.asked.max()) + 1].T  # questions' words come first
        cosines = known[batch.words[:, :, None], batch.asked[batch.owner][:, None, :]]  # [n, W, Q]
        telling = batch.asked_marks[..., -1][batch.owner]
        near = torch.stack([cosines.amax(2), (cosines * telling[:, None, :]).amax(2)], dim=-1)
        kinds = self.kinds(batch.kinds)
        x = x + self.near(near) + (self.seen(batch.features) + kinds[batch.owner])[:, None]
        q = (q + kinds[:, None])[batch.owner]
        match = self.alike(x) @ q.transpose(1, 2) * x.shape[-1] ** -0.5 + 4.0 * cosines
        from_asked = match.masked_fill(~asked_held[batch.owner][:, None, :], NEVER).softmax(2) @ q
        asked_for = match.amax(2).masked_fill(~held, NEVER).softmax(1)[:, None, :] @ x  # [n, 1, size]
        x = self.meet(torch.cat([x, from_asked, x * from_asked, x * asked_for], dim=-1))
        for block in self.above:
            x = block(x, held)
        x = self.last(x)
        start, end = self.ends(x).unbind(-1)
        inside = (batch.marks[..., 0] > 0) & held
        pooled = torch.cat([x.masked_fill(~inside[..., None], NEVER).amax(1), q.mean(1)], dim=-1)
        level = self.level(torch.cat([functional.relu(self.gate(pooled)), batch.features], dim=-1))[:, 0]
        last = functional.pad(end, (0, LONGEST - 1)).unfold(1, LONGEST, 1)  # [n, W, LONGEST]
        scores = start[..., None] + last + self.lengths(batch.kinds)[batch.owner][:, None] + level[:, None, None]
        out: Tensor = scores.float().masked_fill(~batch.allowed, NEVER)
        return out

    def enter(self, vectors: Tensor, pieces: Tensor) -> Tensor:
        """Words before they are read, [words, size]; the first is none."""
        out: Tensor = self.entry(self.drop(torch.cat([8.0 * vectors, self.pieces(pieces)], dim=-1)))
        return out

    def understand(self, entered: Tensor, rows: Tensor, marks: Tensor, held: Tensor) -> Tensor:
        """Texts alone [n, words, size]: what each word means where it stands. rows: of `entered`."""
        x: Tensor = functional.embedding(rows, entered) + self.marked(marks)
        for block in self.below:
            x = block(x, held)
        return x


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
    def load(cls, path: Path, meanings: Meanings, *, is_tuned: bool = True) -> Reads:
        """With what it has learnt of people's files beside it, where that is there and is_tuned.

        Raises ConfigError where a file is none of a reader, or of another vocabulary."""
        try:
            tensors = {name: tensor.float() for name, tensor in load_file(path).items()}
            if is_tuned and (changes := path.with_name(TUNED)).exists():
                tensors = tuned(tensors, changes)
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
        if not asked.words or not any(window.words for window in windows):  # "___"
            return [Reading(NEVER, 0, 0, 0.0) for _ in windows]
        scores = self.reader(self.words.batch([(asked, windows)]))
        logits = scores.flatten(1).logsumexp(1).tolist()
        for at, window in enumerate(windows):
            for place in window.barred:
                for size in range(LONGEST):
                    scores[at, max(window.first, window.first + place - size) : window.first + place + 1, size] = NEVER
        best = scores.flatten(1).argmax(1).tolist()
        out = []
        for at, window in enumerate(windows):
            first, size = divmod(best[at], LONGEST)
            if float(scores[at, first, size]) <= NEVER / 2:
                out.append(Reading(logits[at] if logits[at] > NEVER / 2 else NEVER, 0, 0, 0.0))
                continue
            start, end = window.places[first - window.first][0], window.places[first - window.first + size][1]
            out.append(Reading(logits[at], start, end, math.exp(float(scores[at, first, size]) - logits[at])))
        return out


def _blocks(tensors: dict[str, Tensor], part: str) -> int:
    return len({name.split(".")[1] for name in tensors if name.startswith(f"{part}.")})
