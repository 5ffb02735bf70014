"""Whether the model by itself writes the ID of the document that answers, with sixteen documents in its context."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

import torch

from engine.decode import decode, fork
from engine.interleave import Ask, Hop, Interleave, Trail
from twin_app.bench.unit_memory import RANKED, UnitMemory
from twin_app.bench.units import Item

IN_CONTEXT = 16  # documents every routing layer attends to: the right one and the strongest wrong ones
WRITTEN_TOKENS = 12  # of a free reply: "[123456]" is at most eight
ID = re.compile(r"\s*\[(\d+)\]")


@dataclass(frozen=True, slots=True)
class Written:
    """Whether the first ID is right: chosen among those in context, and written with no constraint at all."""

    chosen: bool
    free: bool


def written(memory: UnitMemory, item: Item) -> Written | None:
    """Pure generation behind a context that holds the right document; None where memory has none of it."""
    engine, ids = memory.engine, memory.ids()
    right = {number for number, name in ids.items() if name in item.gold}
    if not right:
        return None
    library = memory.library(item.question, "both")
    engine.policy = replace(memory.shelf.policy, identity_weight=0.0, max_hops=1)
    events = engine.answer(Ask(item.question, top=RANKED), library)
    routed = [document for document, _ in next(event for event in events if isinstance(event, Hop)).routed]
    gold = next((document for document in routed if document in right), min(right))
    others = [document for document in routed if document not in right][: IN_CONTEXT - 1]
    ask = Ask(item.question, allowed=torch.tensor(sorted([gold, *others])))
    policy = replace(memory.shelf.policy, identity_weight=1.0, max_hops=1, max_open=1)
    trail = Trail()
    interleave = Interleave(engine.model, engine.tokenizer, engine.head, policy, engine.memory())
    hop = next(interleave.run(ask, library, None, trail))
    assert trail.logits is not None
    assert trail.context is not None
    context, logits, tokens = fork(trail.context), trail.logits, list[int]()
    first = None
    while first is None and len(tokens) < WRITTEN_TOKENS:
        tokens.append(int(logits.argmax()))
        first = ID.match(engine.tokenizer.decode(tokens))
        logits = decode(engine.model, tokens[-1], context)
    return Written([passage.document for passage in hop.opened] == [gold], first is not None and int(first[1]) == gold)
