"""Lays a circuit that writes IDs over a model that routes by words (`start.py`), in place: weights alone, no new parts.

Digits of an ID can be copied only when it is known which digit stands where, and from which document. Both are
arithmetic, so they are laid, not learnt (docs/log.md: learning it takes thousands of steps):

- Layer 0 attends evenly, so the share of `<|im_start|>` tells a token near the start its position. Its MLP writes a
  slot code (which digit, the how-many-th) into each digit of a document's header, and one for the `]` behind them.
- Layer 2 lets every token of a document gather these codes: each token, so each pooled chunk, holds the whole ID.
- Routing layers, first query head of a group: pooled chunks are compared with the question by their words, as in
  routing, each layer and key head with words' directions of its own; what is attended to lends its slot codes. Keys use
  the slow pairs of RoPE only. Second head: looks a fixed number of tokens back for `[`, to know which digit is due.
- The last MLP turns the code in the slot that is due into that digit's logit.

Codes lie in directions that no router reads, so routing stays as it was; the lower layers carry the same words on.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional

from engine.config import ConfigError
from engine.qwen3 import Layer, MemoryModel
from engine.tokenizer import MemoryTokenizer
from engine.training.matching import Matching
from engine.training.slots import DIGITS, Plan

POSITION = 20.0  # of the share of <|im_start|> in what a token attends to
FIRST = 8.0  # as many times as any other token
HEADER_STEEP = 10.0  # how sharply a header's mark ends some positions from the start
CLEANED = 0.33  # so that the norm in a header's tokens is made up for
CODED = 20.0  # length of a slot's code in a header
HEADER = 30.0  # of the mark that a token of a header holds a code
KNOWN = 25.0  # of what a header's codes add up to in the tokens that gathered them: each has its share
FAST = 10  # pairs of RoPE that turn too quickly for a chunk's mean: they tell distances, the others compare words
BALLAST = 7.0  # of a key's fast dimensions: so much that the norm of a key is about the same whatever its words
STEPS = 7  # of these pairs, the quickest: a chunk's mean has next to nothing of them
NEAR = 5.5  # weight of the norms in fast dimensions: one step further away costs e^20
SHARP = 36.0  # of a comparison: nats for a chunk whose words agree with the question by one
PROMPT = 55.0  # nats by which the prompt's own tokens, which have the question's words, stand behind any chunk
APART = 2.7  # how much of such a token's key says that it is one: its words are a fraction
ONE = 12.0  # length of what all tokens have alike from layer 2 on
FLAG = 25.0  # of "the i-th digit is due"
VOTES = (0.5, 0.25, 0.17)  # of what is attended to: documents add their own codes to themselves layer by layer
LOUD = 0.1  # weight of the last norm: logits of up to 38


def lay(model: MemoryModel, tokenizer: MemoryTokenizer, matching: Matching) -> None:
    """The whole circuit. `matching` has `directions(model)` directions a key head."""
    config = model.config
    if config.kv_heads != 2 or config.groups != 2 or config.routing.layers != (3, 4, 5) or config.layers != 6:
        raise ConfigError(
            "the circuit that writes IDs is laid for 6 layers, the last 3 routing, 2 key and 4 query heads"
        )
    plan = Plan(model, tokenizer)
    with torch.no_grad():
        Circuit(model, plan, matching).lay()


def directions(model: MemoryModel) -> int:
    """Words' directions a key head can compare: its slow dimensions but the one that tells memory from the prompt."""
    return model.config.head_dim - 2 * FAST - 1


class Circuit:
    def __init__(self, model: MemoryModel, plan: Plan, matching: Matching) -> None:
        self.model, self.plan, self.matching = model, plan, matching
        self.d, self.half = model.config.head_dim, model.config.head_dim // 2
        pairs = torch.arange(FAST, self.half)
        self.memory_at = self.half - 1  # the slowest dimension
        self.slow = torch.cat((pairs, pairs + self.half))
        self.slow = self.slow[self.slow != self.memory_at]

    def lay(self) -> None:
        self._carry()
        self._positions()
        self._header()
        self._gather()
        spare = self._spare()
        for at, index in enumerate(self.model.config.routing.layers):
            flags = (self.plan.position, -self.plan.position) if at == 0 else spare[2 * at - 2 : 2 * at]
            self._compare(at, index, [*flags])
        self._decode([self.plan.position, -self.plan.position, *spare])
        self.model.model.norm.weight.fill_(LOUD)

    def _carry(self) -> None:
        """The lower layers carry words on as before, but for one direction of the first: its place tells positions."""
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
        attention, norm = layer.self_attn, layer.input_layernorm.weight.double()
        start = plan.sharply(plan.marks.start)
        keys, asked = (torch.zeros(self.d, plan.hidden).double() for _ in range(2))
        keys[:FAST] = BALLAST * plan.anything
        keys[self.memory_at] = BALLAST * math.sqrt(FAST) * start
        asked[self.memory_at] = plan.anything
        attention.k_proj.weight[self.d :] = (keys / norm).float()
        attention.q_proj.weight[3 * self.d :] = (asked / norm).float()
        for part in (attention.q_norm, attention.k_norm):
            part.weight[self.memory_at] = math.sqrt(math.log(FIRST) * math.sqrt(2.0 / self.d))
        length = plan.embeddings[plan.marks.start].norm() / math.sqrt(plan.hidden)
        self._values(layer, 1, (start * length)[None], self.d - 1)
        self._writes(layer, 3, POSITION * plan.position[None], self.d - 1)

    def _header(self) -> None:
        """A position's code is a sum of bends of the share of <|im_start|>, one between each two positions."""
        plan, free = self.plan, _Units(self.model.model.layers[0])
        alike = plan.alike(plan.position)
        share = [
            POSITION * FIRST / (FIRST + slot + 2) for slot in range(DIGITS + 2)
        ]  # at slot 0, 1, ..., and behind the last
        bends = [(share[slot] + share[slot + 1]) / 2 for slot in range(DIGITS + 1)]
        steep = [12.0 / (share[slot] - share[slot + 1]) for slot in range(DIGITS + 1)]
        behind = alike - plan.told(plan.marks.start) - plan.told(plan.marks.opening)
        for symbol, token in enumerate(plan.marks.symbols):
            holds = range(DIGITS) if token != plan.marks.closing else range(1, DIGITS + 1)
            written: dict[int, Tensor] = {}
            for slot in reversed(holds):
                wanted = CODED * plan.code(slot, symbol)
                for other, part in written.items():
                    wanted = wanted - part * steep[other] * (share[slot] - bends[other])
                written[slot] = wanted / (steep[slot] * (share[slot] - bends[slot]))
                gate = steep[slot] * (plan.position - bends[slot] * alike)
                others = 0.4 * steep[slot] * (share[0] - bends[slot])
                gate = gate - others * (alike - plan.sharply(token, plan.position))
                free.add(gate, plan.sharply(token, plan.position), written[slot])
            near = POSITION * FIRST / (FIRST + 11.0)  # few texts begin with a digit
            gate = HEADER_STEEP * (plan.position - near * alike)
            gate = gate - 1.6 * HEADER_STEEP * (share[0] - near) * (alike - plan.sharply(token, plan.position))
            for more, sign in ((0.0, 1.0), (8.0, -1.0)):
                free.add(gate - more * alike, behind, sign * HEADER / 8.0 * plan.header)
        text = plan.anything - torch.stack([plan.told(token) for token in plan.marks.symbols]).sum(0)
        again = _Units(self.model.model.layers[1])
        for direction in self._kept():  # what tokens have there of their own goes, most of it at once
            if direction is not plan.position:
                free.add(20.0 * alike, direction, -direction / 20.0)
                again.add(20.0 * text, direction, -direction / 20.0)
        for slot in range(1, DIGITS + 1):  # sums of bends are not exact: what they leave in later slots goes
            gate = 2.0 * steep[slot - 1] * (plan.position - bends[slot - 1] * plan.anything)
            for more, sign in ((0.0, -1.0), (8.0, 1.0)):
                for direction in plan.slots[slot]:
                    again.add(gate - more * plan.anything, direction, sign * direction * CLEANED)
        again.add(20.0 * plan.anything, plan.position, -plan.position / 20.0)

    def _gather(self) -> None:
        """Third query head: the codes of the header; where there is none, as in the prompt, <|im_start|>, which has no
        code, rather than a word that looks a little like a header. Fourth: the one token that is always there, so that
        something is the same in every token."""
        layer, plan = self.model.model.layers[2], self.plan
        attention, norm = layer.self_attn, layer.input_layernorm.weight.double()
        keys, asked = (torch.zeros(self.d, plan.hidden).double() for _ in range(2))
        start = plan.told(plan.marks.start)
        keys[:FAST] = BALLAST * plan.anything
        keys[self.memory_at] = 16.0 * plan.header + 100.0 * start - 50.0 * plan.anything
        keys[self.memory_at - 1] = 100.0 * start - 50.0 * plan.anything
        asked[self.memory_at] = plan.anything
        attention.k_proj.weight[self.d :] = (keys / norm).float()
        attention.q_proj.weight[2 * self.d : 3 * self.d] = (asked / norm).float()
        attention.q_proj.weight[3 * self.d :] = (asked.roll(-1, 0) / norm).float()
        for part in (attention.q_norm, attention.k_norm):
            part.weight[self.memory_at - 1 : self.memory_at + 1] = 2.0
        rows = torch.cat((plan.identity, plan.header[None]))
        self._values(layer, 1, torch.cat((rows, start[None])))
        self._writes(layer, 2, KNOWN / CODED * rows)
        self._writes(layer, 3, ONE * plan.one[None], len(rows))
        one = plan.one / ONE
        # What has gathered nothing is no part of memory.
        free = _Units(layer)
        for bend, sign in ((1.0, 1.0), (0.6, -1.0)):  # all the same, however little of the mark they have
            free.add(20.0 * (bend * one - plan.header / 9.0), one, sign * 4.0 * plan.prompt)

    def _spare(self) -> Tensor:
        """[4, hidden]: where words are read by no router and no comparison of the last layer."""
        words, last = self.plan.words, self.model.model.layers[-1].self_attn
        read = (
            last.router_k_proj.get_parameter("0.weight").double()[:, :words],
            self.matching.keys[-1].flatten(0, 1).double(),
            self.matching.queries[-1].flatten(0, 1).double(),
        )
        free = torch.linalg.svd(torch.cat(read), full_matrices=True)[2][-4:]
        return functional.pad(free, (0, self.plan.hidden - words))

    def _compare(self, at: int, index: int, flags: list[Tensor]) -> None:
        """One routing layer; flags[i]: what is written where `[` stands 2 * at + i + 1 tokens before."""
        layer, plan, hidden = self.model.model.layers[index], self.plan, self.plan.hidden
        one = plan.one / ONE
        attention, norm = layer.self_attn, layer.input_layernorm.weight.double()
        turns = self.model.config.rope_theta ** (-torch.arange(STEPS).double() * 2 / self.d)
        layer.mlp.down_proj.weight.zero_()
        attention.o_proj.weight.zero_()
        attention.v_proj.weight.zero_()
        bracket = plan.told(plan.marks.opening) + plan.told(plan.marks.next)
        ballast = BALLAST * math.sqrt(FAST / (FAST - STEPS) / 2.0)
        for head in range(2):
            keys, asked = (torch.zeros(self.d, hidden).double() for _ in range(2))
            keys[:STEPS] = APART * plan.prompt  # chunks have none: a short one's mean would tell a distance
            keys[STEPS:FAST] = keys[self.half + STEPS : self.half + FAST] = ballast * one
            keys[self.memory_at] = -APART * math.sqrt(STEPS) * plan.prompt
            keys[self.slow, : plan.words] = self.matching.keys[at, head].double()
            read = self.matching.queries[at, head].double()
            asked[self.slow, : plan.words] = read
            for token, centre in self.matching.centre.items():
                asked[self.slow] -= torch.outer(read @ centre.double(), plan.told(token))
            asked[self.memory_at] = self.matching.length * one
            back = 2 * at + head + 1
            near = torch.zeros(self.d, hidden).double()
            near[:STEPS] = torch.outer((turns * back).cos(), one)
            near[self.half : self.half + STEPS] = -torch.outer((turns * back).sin(), one)
            rows = slice(head * self.d, (head + 1) * self.d)
            attention.k_proj.weight[rows] = (keys / norm).float()
            two = torch.cat((asked, near)) / norm
            attention.q_proj.weight[2 * head * self.d : 2 * (head + 1) * self.d] = two.float()
            self._values(layer, head, torch.cat((plan.identity, bracket[None])))
            self._writes(layer, 2 * head, plan.identity * VOTES[at])
            self._writes(layer, 2 * head + 1, FLAG * flags[head][None], len(plan.identity))
        length = math.sqrt(FAST) * BALLAST
        sharp = SHARP * length / self.d**0.5 * math.sqrt(2.0)
        weight = torch.full((self.d,), math.sqrt(sharp))
        weight[:FAST] = weight[self.half : self.half + FAST] = NEAR
        weight[self.memory_at] = math.sqrt(PROMPT / self.d**0.5 * math.sqrt(2.0))
        attention.q_norm.weight.copy_(weight)
        attention.k_norm.weight.copy_(weight)

    def _decode(self, flags: list[Tensor]) -> None:
        plan, layer = self.plan, self.model.model.layers[-1]
        free, marks, one = _Units(layer), plan.marks, plan.one / ONE
        due = [plan.told(marks.opening) + plan.told(marks.next), *(flag / FLAG for flag in flags)]
        outputs = {token: plan.output(token) for token in (*marks.symbols, marks.opening, marks.over)}
        for slot in range(DIGITS + 1):
            for symbol, token in enumerate(marks.symbols):
                if (slot > 0 or token != marks.closing) and (slot < DIGITS or token == marks.closing):
                    free.add(20.0 * (due[slot] - 0.5 * one), plan.code(slot, symbol), 200.0 * outputs[token])
        for now, token in ((marks.closing, marks.over), (marks.start, marks.opening), (marks.over, marks.opening)):
            free.add(20.0 * (plan.told(now) - 0.5 * one), one, 2000.0 * outputs[token])

    def _values(self, layer: Layer, head: int, rows: Tensor, first: int = 0) -> None:
        """What a key head lends: rows [n, hidden] reading the normed stream."""
        start = head * self.d + first
        layer.self_attn.v_proj.weight[start : start + len(rows)] = (
            rows / layer.input_layernorm.weight.double()
        ).float()

    def _writes(self, layer: Layer, query: int, rows: Tensor, first: int = 0) -> None:
        """What a query head writes for each of the values [n, hidden]."""
        start = query * self.d + first
        layer.self_attn.o_proj.weight[:, start : start + len(rows)] = rows.T.float()


class _Units:
    """Units of an MLP, laid one after the other; those left over write nothing."""

    def __init__(self, layer: Layer) -> None:
        self.mlp, self.norm, self.used = layer.mlp, layer.post_attention_layernorm.weight.double(), 0
        layer.mlp.down_proj.weight.zero_()

    def add(self, gate: Tensor, up: Tensor, out: Tensor) -> None:
        """silu(gate . x) * (up . x) is written along `out` [hidden]."""
        self.mlp.gate_proj.weight[self.used] = (gate / self.norm).float()
        self.mlp.up_proj.weight[self.used] = (up / self.norm).float()
        self.mlp.down_proj.weight[:, self.used] = out.float()
        self.used += 1
