"""Whether the model by itself writes the ID of the document that answers, with sixteen documents in its context."""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch

from engine.decode import decode, fork
from engine.interleave import Ask, Hop, Interleave, Trail
from twin_app.bench.unit_memory import RANKED, UnitMemory
from twin_app.bench.units import Item

IN_CONTEXT = 16  # documents every routing layer attends to: the right one, and the strongest wrong ones or any
WRITTEN_TOKENS = 12  # of a free reply: "[123456]" is at most eight
ID = re.compile(r"\s*\[(\d+)\]")


@dataclass(frozen=True, slots=True)
class Written:
    """Whether the first ID is right: chosen among those in context, and written with no constraint at all."""

    chosen: bool
    free: bool
    chosen_random: bool  # the same, with wrong ones drawn at random
    free_random: bool


def written(memory: UnitMemory, item: Item) -> Written | None:
    """Pure generation behind a context that holds the right document; None where memory has none of it."""
    engine, ids = memory.engine, memory.ids()
    right = {number for number, name in ids.items() if name in item.gold}
    if not right:
        return None
    engine.policy = replace(memory.shelf.policy, identity_weight=0.0, max_hops=1)
    events = engine.answer(Ask(item.question, top=RANKED), memory.library(item.question, "both"))
    routed = [document for document, _ in next(event for event in events if isinstance(event, Hop)).routed]
    gold = next((document for document in routed if document in right), min(right))
    strongest = [document for document in routed if document not in right][: IN_CONTEXT - 1]
    wrong = sorted(set(ids) - right)
    drawn = random.Random(item.question).sample(wrong, min(len(wrong), IN_CONTEXT - 1))
    return Written(*_among(memory, item, gold, strongest), *_among(memory, item, gold, drawn))


def _among(memory: UnitMemory, item: Item, gold: int, others: Sequence[int]) -> tuple[bool, bool]:
    """Whether the right one of these documents is chosen, and written freely."""
    engine, trail = memory.engine, Trail()
    ask = Ask(item.question, allowed=torch.tensor(sorted([gold, *others])))
    policy = replace(memory.shelf.policy, identity_weight=1.0, max_hops=1, max_open=1)
    interleave = Interleave(engine.model, engine.tokenizer, engine.head, policy, engine.memory())
    hop = next(interleave.run(ask, memory.library(item.question, "both"), None, trail))
    assert trail.logits is not None
    assert trail.context is not None
    context, logits, tokens = fork(trail.context), trail.logits, list[int]()
    first = None
    while first is None and len(tokens) < WRITTEN_TOKENS:
        tokens.append(int(logits.argmax()))
        first = ID.match(engine.tokenizer.decode(tokens))
        logits = decode(engine.model, tokens[-1], context)
    return [passage.document for passage in hop.opened] == [gold], first is not None and int(first[1]) == gold
