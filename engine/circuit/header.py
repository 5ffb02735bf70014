"""The layers below the routing ones: words are carried as before, and every token of a document learns its ID.

Layer 0 attends evenly, so the share of `<|im_start|>` tells a token near the start its position. Its MLP finds out
which slot of an ID that is and whether the token is a digit or `]`; that of layer 1 makes a code of both (which digit,
the how-many-th). Layer 2 lets every token of a document gather these codes: each token, so each pooled chunk, holds the
whole ID.
"""

from __future__ import annotations

import math
from itertools import pairwise

import torch
from torch import Tensor

from engine.circuit.layers import Units, lends, reads, writes
from engine.circuit.slots import BALLAST, DIGITS, FAST, ONE, Plan
from engine.qwen3 import MemoryModel

POSITION = 20.0  # of the share of <|im_start|> in what a token attends to
FIRST = 8.0  # as many times as any other token
UP = 24.0  # of a gate, between far below and far above its bend
ONE_OF = 10.0  # length of the slot's and the symbol's direction in a token, short of what the norm takes of it
HELD = 0.62  # of that length after the norm
CODED = 60.0  # length of a slot's code in a header, and of the mark that a token holds one
BESIDE = 0.52  # of a query: makes <|im_start|> nine times as strong as a token of the header
FIRST_TWO = 23.5  # of the mark of what is no part of memory, taken off `<|im_start|>` and `[` ahead of time
KNOWN = 6.0  # times a code as it was gathered
MARK = 2.1  # times the mark


class Header:
    def __init__(self, model: MemoryModel, plan: Plan) -> None:
        self.model, self.plan = model, plan
        self.d = model.config.head_dim
        self.memory_at = self.d // 2 - 1  # the slowest dimension
        self.slot_at, self.symbol_at = plan.identity[:DIGITS], plan.identity[DIGITS:]  # while no code is there

    def lay(self) -> None:
        self._carry()
        self._positions()
        self._symbols()
        self._codes()
        self._gather()

    def _carry(self) -> None:
        """Words are carried on as before, but for one direction of the first layer: its place tells positions."""
        first, second, third = (layer for layer in self.model.model.layers[:3])
        d, clean = self.d, torch.eye(self.plan.hidden).double()
        for direction in self._kept():
            clean -= torch.outer(direction, direction)
        for layer in (first, second, third):
            layer.mlp.down_proj.weight.zero_()
            written = layer.self_attn.o_proj.weight
            written.copy_((clean @ written.double()).float())
        written = first.self_attn.o_proj.weight
        written[:, 2 * d : 3 * d] += written[:, 3 * d :]  # one query head writes for both
        written[:, 3 * d - 1 :] = 0.0
        first.self_attn.q_proj.weight[2 * d :] = 0.0
        third.self_attn.q_proj.weight.zero_()
        third.self_attn.v_proj.weight[d:] = 0.0
        third.self_attn.o_proj.weight[:, 2 * d :] = 0.0

    def _kept(self) -> list[Tensor]:
        """Directions the circuit writes in."""
        plan = self.plan
        return [*plan.identity, plan.position, plan.header, plan.one, plan.prompt]

    def _positions(self) -> None:
        """Last query head: <|im_start|>, FIRST times as much as any other token, so that its share falls gently."""
        layer, plan = self.model.model.layers[0], self.plan
        start = plan.sharply()[plan.marks.start]
        keys, asked = (torch.zeros(self.d, plan.hidden).double() for _ in range(2))
        keys[:FAST] = BALLAST * plan.anything
        keys[self.memory_at] = BALLAST * math.sqrt(FAST) * start
        asked[self.memory_at] = plan.anything
        reads(layer, asked, keys, 3, 1)
        for part in (layer.self_attn.q_norm, layer.self_attn.k_norm):
            part.weight[self.memory_at] = math.sqrt(math.log(FIRST) * math.sqrt(2.0 / self.d))
        length = plan.embeddings[plan.marks.start].norm() / math.sqrt(plan.hidden)
        lends(layer, 1, (start * length)[None], self.d - 1)
        writes(layer, 3, POSITION * plan.position[None], self.d - 1)

    def _symbols(self) -> None:
        """Layer 0: which slot a token stands in, and which symbol it is, each as one of a few directions. A slot is
        where one step is up and the next is not; steps that saturate leave no trace of how exactly bf16 holds a share.
        """
        plan, free = self.plan, Units(self.model.model.layers[0])
        alike, sharply = plan.alike(plan.position), plan.sharply(plan.position)
        for direction in self._kept():  # what tokens have there of their own goes
            if direction is not plan.position:
                free.add(20.0 * alike, direction, -direction / 20.0)
        share = [POSITION * FIRST / (FIRST + slot + 2) for slot in range(-1, DIGITS + 1)]  # at slot -1, 0, ...
        for slot, (before, behind) in enumerate(pairwise(share)):
            gate = 2.0 * UP / (before - behind) * (plan.position - (before + behind) / 2.0 * alike)
            out = sum((sign * self.slot_at[at] for at, sign in ((slot - 1, 1.0), (slot, -1.0)) if at in range(DIGITS)),
                      torch.zeros(plan.hidden).double())  # fmt: skip
            self._step(free, gate, alike, ONE_OF * out)
        for symbol, token in enumerate(plan.marks.symbols):
            gate = 4.0 * UP * (sharply[token] - 0.6 * alike)
            self._step(free, gate, alike, ONE_OF * self.symbol_at[symbol])

    def _step(self, free: Units, gate: Tensor, alike: Tensor, out: Tensor) -> None:
        """Writes `out` where the gate is above UP / 2, nothing where it is below -UP / 2."""
        for more, sign in ((0.0, 1.0), (UP, -1.0)):
            free.add(gate + (UP / 2.0 - more) * alike, alike, sign / UP * out)

    def _codes(self) -> None:
        """Layer 1: a symbol in a slot gets that slot's code; all else goes."""
        plan, free = self.plan, Units(self.model.model.layers[1])
        for direction in self._kept():
            free.add(20.0 * plan.anything, direction, -direction / 20.0)
        before, at = (POSITION * FIRST / (FIRST + slot + 2) for slot in (-1, 0))
        first = 2.0 * UP / (before - at) * (plan.position - (before + at) / 2.0 * plan.anything)
        first = first - 4.0 * UP * (plan.anything - plan.told(plan.marks.start) - plan.told(plan.marks.opening))
        self._step(free, first, plan.anything, -FIRST_TWO * plan.prompt)  # gathers nothing, and is a document's
        symbols = torch.stack([plan.told(token) for token in plan.marks.symbols]).sum(0)
        known = plan.told(plan.marks.start) + 0.7 * symbols
        for direction in (*self.slot_at, *self.symbol_at):  # the norm is larger in these tokens and left a part
            free.add(20.0 * known, direction, -direction / 20.0)
        for slot in range(DIGITS):
            for symbol, token in enumerate(plan.marks.symbols):
                if slot > 0 or token != plan.marks.closing:
                    both = (self.slot_at[slot] + self.symbol_at[symbol]) / (HELD * ONE_OF)
                    gate = 4.0 * UP * (both + plan.position / 20.0 - 2.15 * plan.anything)
                    self._step(free, gate, plan.anything, CODED * (plan.code(slot, symbol) + plan.header))

    def _gather(self) -> None:
        """Third query head: the codes of the header, beside <|im_start|>, which has none, so much stronger that a
        short ID's are hardly louder; in the prompt, which has no header, it is all there is. Fourth: the one token that
        is always there, so that something is the same in every token."""
        layer, plan = self.model.model.layers[2], self.plan
        keys, asked = (torch.zeros(self.d, plan.hidden).double() for _ in range(2))
        start = plan.told(plan.marks.start)
        keys[:FAST] = BALLAST * plan.anything
        keys[self.memory_at] = 16.0 * plan.header + 100.0 * start - 50.0 * plan.anything
        keys[self.memory_at - 1] = 100.0 * start - 50.0 * plan.anything
        asked[self.memory_at] = plan.anything
        reads(layer, asked.roll(-1, 0), None, 3, 1)
        asked[self.memory_at - 1] = BESIDE * plan.anything
        reads(layer, asked, keys, 2, 1)
        for part in (layer.self_attn.q_norm, layer.self_attn.k_norm):
            part.weight[self.memory_at - 1 : self.memory_at + 1] = 2.0
        rows = torch.cat((plan.identity, plan.header[None]))
        lends(layer, 1, torch.cat((rows, start[None])))
        writes(layer, 2, torch.cat((KNOWN * plan.identity, MARK * plan.header[None])))
        writes(layer, 3, ONE * plan.one[None], len(rows))
        one = plan.one / ONE
        # What has gathered nothing is no part of memory.
        free = Units(layer)
        for bend, sign in ((1.0, 1.0), (0.6, -1.0)):  # all the same, however little of the mark they have
            free.add(20.0 * (bend * one - plan.header / 4.0), one, sign * 4.0 * plan.prompt)
        for direction in plan.identity:  # nor has it an ID: a digit that is written keeps a part of its symbol
            free.add(20.0 * (0.6 * one - plan.header / 4.0), direction, -direction / 8.4)
