"""Where in the residual stream an ID is kept, and how tokens that stand around one are told apart.

All lies in the dimensions beside the words' (engine/training/start.py), which no router reads. There every token has a
random vector of its own, so the few that matter here are told apart exactly by a dual basis, and codes are kept where
they have none. A bank must mean the same on every machine: no direction is left to what a library makes of it.
"""

from __future__ import annotations

import math
import random
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from engine.config import ConfigError
from engine.qwen3 import MemoryModel
from engine.tokenizer import MemoryTokenizer

DIGITS = 6  # of an ID at most
CODE = 7  # dimensions in which a slot tells ten digits and "closed" apart
FAST = 10  # pairs of RoPE that turn too quickly for a chunk's mean: they tell distances, the others compare
BALLAST = 7.0  # of a key's fast dimensions: so much that the norm of a key is about the same whatever else it holds
ONE = 12.0  # length of what all tokens have alike from layer 2 on


@dataclass(frozen=True, slots=True)
class Marks:
    """Token ids of all that stands around an ID."""

    digits: tuple[int, ...]
    opening: int
    closing: int
    next: int
    start: int
    over: int
    end: int  # of a document: may be a chunk by itself
    line: int

    @classmethod
    def of(cls, tokenizer: MemoryTokenizer) -> Marks:
        opening, *_, closing = tokenizer.encode("[1]")
        joined = tokenizer.encode("[1][2]")
        if min(tokenizer.digits) < 0 or len(joined) != 5:
            raise ConfigError("IDs are written by digits of one token each, joined by `][`: this vocabulary has others")
        return cls(
            tokenizer.digits, opening, closing, joined[2], tokenizer.im_start,
            tokenizer.object_ref_end, tokenizer.im_end, tokenizer.encode("\n")[-1],
        )  # fmt: skip

    @property
    def symbols(self) -> tuple[int, ...]:
        """What a slot may hold: ten digits and the end."""
        return (*self.digits, self.closing)

    @property
    def writing(self) -> tuple[int, ...]:
        """Behind which the next of an ID is due."""
        return (*self.digits, self.opening, self.next)

    @property
    def every(self) -> tuple[int, ...]:
        return (*self.symbols, self.opening, self.next, self.start, self.over, self.end, self.line)


class Plan:
    """Directions of the residual stream [hidden], and how to read them; all float64."""

    def __init__(self, model: MemoryModel, tokenizer: MemoryTokenizer) -> None:
        self.marks = Marks.of(tokenizer)
        weight = model.model.embed_tokens.weight.detach().double()
        self.embeddings = weight[: tokenizer.vocab_size]
        self.hidden = weight.shape[1]
        self.words = words_of(model)
        spread = self.embeddings.T @ self.embeddings / len(self.embeddings)
        mean = self.embeddings.mean(0)[: self.words]
        self.covariance = spread[: self.words, : self.words] - torch.outer(mean, mean)  # of all words
        self._spread = spread + 0.01 * spread.diagonal().mean() * torch.eye(self.hidden).double()
        outside = self._outside()
        inverse = torch.linalg.inv(self._spread * outside[:, None] * outside + torch.diag(1.0 - outside))
        self._inverse = inverse * outside  # of what embeddings are outside their words
        common = functional.normalize(self.embeddings.mean(0) * self._outside(), dim=0)
        told = self.embeddings[list(self.marks.every)] * self._outside()
        known = torch.cat((common[None], told))  # [1 + TOKENS, hidden]
        self._reading = torch.linalg.pinv(known).T  # rows: 1 for one of them, 0 for all others
        needed, beside = DIGITS * CODE + 4, self.hidden - self.words
        if needed + len(known) > beside:
            raise ConfigError(f"writing IDs takes {needed + len(known)} dimensions beside the words', not {beside}")
        free = orthonormal(noise(needed, beside), known[:, self.words :])
        free = functional.pad(free, (self.words, 0))  # [needed, hidden], of which no told token has any
        self.slots = [free[at * CODE : (at + 1) * CODE] for at in range(DIGITS)]
        self.position, self.header, self.one, self.prompt = free[DIGITS * CODE : needed]
        self.codes = codes(len(self.marks.symbols), CODE)
        share = float((self.embeddings @ common).median())
        self.anything = self._reading.T @ torch.tensor([1.0 / share, *[1.0] * len(told)]).double()

    def _outside(self) -> Tensor:
        return (torch.arange(self.hidden) >= self.words).double()

    def told(self, token: int) -> Tensor:
        """Reads 1 where the stream holds this token, 0 for the others of `Marks` and, about, for the rest."""
        found: Tensor = self._reading[1 + self.marks.every.index(token)]
        return found

    def sharply(self, *zero: Tensor) -> dict[int, Tensor]:
        """The same of each, of an embedding nothing was added to outside its words but along `zero`, and quieter for
        others."""
        known = torch.stack([*(self.embeddings[list(self.marks.every)] * self._outside()), *zero])
        found = (self._inverse @ known.T @ torch.linalg.inv(known @ self._inverse @ known.T)).T
        return dict(zip(self.marks.every, found, strict=False))

    def alike(self, zero: Tensor) -> Tensor:
        """Reads 1 of each of `Marks` and as nearly 1 as can be of any embedding, nothing along `zero`."""
        outside = self._outside()
        known = torch.stack([*(self.embeddings[list(self.marks.every)] * outside), zero])
        wanted = torch.ones(len(known)).double()
        wanted[-1] = 0.0
        first = self._inverse @ (self.embeddings.mean(0) * outside)
        found: Tensor = first + self._inverse @ known.T @ torch.linalg.solve(
            known @ self._inverse @ known.T, wanted - known @ first
        )
        return found

    def outputs(self) -> dict[int, Tensor]:
        """[hidden] each, of length 1: raises this token's logit, of other `Marks` none, of the rest as little as can
        be."""
        known = self.embeddings[list(self.marks.every)]
        inverse = torch.linalg.solve(self._spread, known.T)
        found = functional.normalize((inverse @ torch.linalg.inv(known @ inverse)).T, dim=1)
        return dict(zip(self.marks.every, found, strict=True))

    def code(self, slot: int, symbol: int) -> Tensor:
        """[hidden], of length 1. slot counts from 0."""
        return self.codes[symbol] @ self.slots[slot]

    @property
    def identity(self) -> Tensor:
        """[DIGITS * CODE, hidden]: all slots."""
        return torch.cat(self.slots)


def words_of(model: MemoryModel) -> int:
    """How many dimensions of the stream routers read: the first, where `start.py` lays words."""
    routers = [
        model.model.layers[at].self_attn.router_k_proj.get_parameter("0.weight") for at in model.config.routing.layers
    ]
    read = torch.cat([weight.detach().double() for weight in routers]).square().sum(0)
    return int((read > 0.01 * read.max()).nonzero().max()) + 1


def codes(symbols: int, size: int) -> Tensor:
    """[symbols, size]: directions as far from one another as a few hundred steps push them."""
    found = noise(symbols, size)
    for _ in range(200):
        found = functional.normalize(found - found.mean(0), dim=1)
        near = (found @ found.T).fill_diagonal_(-1.0)
        found = found - 0.4 * (near.mul(12.0).exp() / math.exp(4.0)).clamp(max=1.0) @ found
    return functional.normalize(found, dim=1)


def noise(rows: int, size: int) -> Tensor:
    """[rows, size] between -1 and 1, of bytes that Python promises never to change; torch promises no such thing."""
    drawn = bytearray(random.Random(0).randbytes(4 * rows * size))
    return torch.frombuffer(drawn, dtype=torch.int32).view(rows, size).double() / 2.0**31


def orthonormal(rows: Tensor, *without: Tensor) -> Tensor:
    """Rows made orthonormal in their order, with nothing along those of `without`; the signs are those they had."""
    before = torch.cat(without) if without else rows[:0]
    q, r = torch.linalg.qr(torch.cat((before, rows)).T)
    found: Tensor = (q * r.diagonal().sign()).T[len(before) :]
    return found
