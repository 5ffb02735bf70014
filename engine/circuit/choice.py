"""The routing layers: which document answers is decided once, over all of them, and its ID is written digit by digit.

First query head of a group: pooled chunks are compared with the question by their words, each layer and key head with
directions of its own; what is attended to lends its slot codes. The last layer compares these codes as well, those the
question has gathered with those each chunk holds: what six heads found is added up there, and one document wins all
digits. Keys use the slow pairs of RoPE only. Second head: looks a fixed number of tokens back for `[`, to know which
digit is due. The last MLP turns the code in the slot that is due into that digit's logit.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional

from engine.circuit.layers import Units, lends, reads, writes
from engine.circuit.slots import BALLAST, DIGITS, FAST, ONE, Plan, noise, orthonormal
from engine.circuit.words import Words
from engine.qwen3 import MemoryModel

SLOW = 12  # pairs of RoPE from here on compare: over the length of a document they turn by a radian at most
STEPS = 7  # of RoPE's fast pairs, the quickest: a chunk's mean has next to nothing of them
NEAR = 5.5  # weight of the norms in fast dimensions: one step further away costs e^20
SHARP = (24.0, 24.0, 40.0)  # of a comparison: nats for a chunk whose words agree with the question by one
PROMPT = 70.0  # nats by which the prompt's own tokens, which have the question's words, stand behind any chunk
APART = 0.6  # how much of such a token's key says that it is one: what is left of that in a chunk is noise
TYPICAL = 0.08  # of a direction's share of a question, its root mean square
AGREED = 18  # directions in which the last layer compares codes instead of words
ASKS, HOLDS = 0.01, 1.0  # of codes, in a query and in a key
FLAG = 25.0  # of "the i-th digit is due"
VOTES = (0.15, 0.1, 0.5)  # of what is attended to: the last layer decides
LOUD = 0.1  # weight of the last norm: logits of up to 38


def directions(model: MemoryModel) -> int:
    """What a key head can compare: its slow dimensions but the one that tells memory from the prompt."""
    return model.config.head_dim - 2 * SLOW - 1


class Choice:
    def __init__(self, model: MemoryModel, plan: Plan, words: Words) -> None:
        self.model, self.plan, self.words = model, plan, words
        self.d, self.half = model.config.head_dim, model.config.head_dim // 2
        self.memory_at = self.half - 1  # the slowest dimension
        pairs = torch.arange(self.half - 1, SLOW - 1, -1)
        self.slow = torch.stack((pairs + self.half, pairs), dim=1).flatten()  # the slowest first
        self.slow = self.slow[self.slow != self.memory_at]

    def lay(self) -> None:
        spare = self._spare()
        for at, index in enumerate(self.model.config.routing.layers):
            flags = (self.plan.position, -self.plan.position) if at == 0 else spare[2 * at - 2 : 2 * at]
            self._compare(at, index, [*flags])
        self._decode([self.plan.position, -self.plan.position, *spare])
        self.model.model.norm.weight.fill_(LOUD)

    def _spare(self) -> Tensor:
        """[4, hidden]: where words are read by no router and no comparison of the last layer."""
        words, last = self.plan.words, self.model.model.layers[-1].self_attn
        compared = self.words.rows[-2:, : len(self.slow) - AGREED].flatten(0, 1)
        read = torch.cat((last.router_k_proj.get_parameter("0.weight").double()[:, :words], compared))
        free = orthonormal(noise(4, words), orthonormal(read))
        return functional.pad(free, (0, self.plan.hidden - words))

    def _compare(self, at: int, index: int, flags: list[Tensor]) -> None:
        """One routing layer; flags[i]: what is written where `[` stands 2 * at + i + 1 tokens before."""
        layer, plan, hidden = self.model.model.layers[index], self.plan, self.plan.hidden
        one = plan.one / ONE
        turns = self.model.config.rope_theta ** (-torch.arange(STEPS).double() * 2 / self.d)
        for part in (layer.mlp.down_proj, layer.self_attn.o_proj, layer.self_attn.v_proj):
            part.weight.zero_()
        bracket = plan.told(plan.marks.opening) + plan.told(plan.marks.next)
        ballast = BALLAST * math.sqrt(FAST / (FAST - STEPS) / 2.0)
        agreed = AGREED if index == self.model.config.routing.layers[-1] else 0
        mixed = orthonormal(noise(len(plan.identity), len(plan.identity)))
        for head in range(2):
            keys, asked = (torch.zeros(self.d, hidden).double() for _ in range(2))
            keys[:STEPS] = APART * plan.prompt  # chunks have none: a short one's mean would tell a distance
            keys[STEPS:FAST] = keys[self.half + STEPS : self.half + FAST] = ballast * one
            keys[self.memory_at] = -APART * math.sqrt(STEPS) * plan.prompt
            codes, slow = self.slow[:agreed], self.slow[agreed:]
            rows = self.words.rows[2 * at + head, : len(slow)]
            keys[slow, : plan.words] = asked[slow, : plan.words] = rows
            for token, centre in self.words.centre.items():
                asked[slow] -= torch.outer(rows @ centre, plan.told(token))
            asked[self.memory_at] = TYPICAL * math.sqrt(len(slow)) * one
            told = mixed[head * agreed : (head + 1) * agreed] @ plan.identity
            keys[codes], asked[codes] = HOLDS * told, ASKS * told
            back = 2 * at + head + 1
            near = torch.zeros(self.d, hidden).double()
            near[:STEPS] = torch.outer((turns * back).cos(), one)
            near[self.half : self.half + STEPS] = -torch.outer((turns * back).sin(), one)
            reads(layer, asked, keys, 2 * head, head)
            reads(layer, near, None, 2 * head + 1, head)
            lends(layer, head, torch.cat((plan.identity, bracket[None])))
            writes(layer, 2 * head, plan.identity * VOTES[at])
            writes(layer, 2 * head + 1, FLAG * flags[head][None], len(plan.identity))
        length = math.sqrt(FAST) * BALLAST
        weight = torch.full((self.d,), math.sqrt(SHARP[at] * length / self.d**0.5 * math.sqrt(2.0)))
        weight[:FAST] = weight[self.half : self.half + FAST] = NEAR
        weight[self.memory_at] = math.sqrt(PROMPT / self.d**0.5 * math.sqrt(2.0))
        layer.self_attn.q_norm.weight.copy_(weight)
        layer.self_attn.k_norm.weight.copy_(weight)

    def _decode(self, flags: list[Tensor]) -> None:
        plan, layer = self.plan, self.model.model.layers[-1]
        free, marks, one = Units(layer), plan.marks, plan.one / ONE
        due = [plan.told(marks.opening) + plan.told(marks.next), *(flag / FLAG for flag in flags)]
        outputs = plan.outputs()
        for slot in range(DIGITS):
            for symbol, token in enumerate(marks.symbols):
                if slot > 0 or token != marks.closing:
                    free.add(20.0 * (due[slot] - 0.5 * one), plan.code(slot, symbol), 200.0 * outputs[token])
        free.add(20.0 * (due[DIGITS] - 0.5 * one), one, 2000.0 * outputs[marks.closing])
        for now, token in ((marks.closing, marks.over), (marks.start, marks.opening), (marks.over, marks.opening)):
            free.add(20.0 * (plan.told(now) - 0.5 * one), one, 2000.0 * outputs[token])
