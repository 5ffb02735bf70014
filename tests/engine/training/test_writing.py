"""The circuit that writes IDs, laid over the shipped model: each stage by itself, in the arithmetic it runs in."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from engine.decode import decode
from engine.encode import causal_step, encode_head
from engine.fused import FusedEncoder
from engine.prefill import prefill
from engine.qwen3 import MemoryModel
from engine.routing import Selection
from engine.template import document_tokens, head_tokens, question_prompt
from engine.tokenizer import MemoryTokenizer
from engine.training.matching import Matching
from engine.training.slots import DIGITS, Plan
from engine.training.writing import directions, lay
from engine.weights import load, save

SHIPPED = Path(__file__).parents[3] / "engine" / "checkpoints" / "twin-tiny"
TEXT = "The ferry to the island leaves the old harbour every morning, and Marta keeps the tickets in a blue tin."
NUMBERS = (7, 42, 123, 9516, 90421, 123456)


@pytest.fixture(scope="module")
def laid(tmp_path_factory: pytest.TempPathFactory) -> tuple[MemoryModel, MemoryModel, MemoryTokenizer, Plan]:
    tokenizer, model = MemoryTokenizer(SHIPPED / "tokenizer.json"), load(SHIPPED)
    plan, size = Plan(model, tokenizer), directions(model)
    basis = torch.linalg.qr(torch.randn(plan.words, plan.words, generator=torch.Generator().manual_seed(0)))[0]
    rows = basis[: 6 * size].view(3, 2, size, plan.words)
    lay(model, tokenizer, Matching(rows, rows, {}, 1.0))
    where = tmp_path_factory.mktemp("laid")
    save(model, where, torch.bfloat16)
    return load(where), load(where, dtype=torch.bfloat16), tokenizer, plan


def test_marks_are_told_apart_and_codes_lie_where_they_have_nothing(
    laid: tuple[MemoryModel, MemoryModel, MemoryTokenizer, Plan],
) -> None:
    plan = laid[3]
    embedded = plan.embeddings[list(plan.marks.every)]
    told = torch.stack([plan.told(token) for token in plan.marks.every])
    torch.testing.assert_close(told @ embedded.T, torch.eye(len(embedded)).double(), atol=1e-6, rtol=0.0)
    assert (plan.identity @ embedded.T).abs().max() < 1e-6
    assert (plan.codes @ plan.codes.T).fill_diagonal_(0.0).max() < 0.2


@pytest.mark.parametrize("number", NUMBERS)
def test_the_tokens_of_a_document_know_its_id(
    laid: tuple[MemoryModel, MemoryModel, MemoryTokenizer, Plan], number: int
) -> None:
    _, half, tokenizer, plan = laid
    row = document_tokens(tokenizer, [(number, TEXT)])[0]
    x, rope = half.embed(torch.tensor([row])), half.rope(torch.arange(len(row)))
    for index in range(3):
        x = causal_step(half, x, index, rope)[0]
    wanted = [int(digit) for digit in str(number)] + [10]
    for slot, symbol in enumerate(wanted[:DIGITS]):
        votes = torch.stack([x[0, 16:].double() @ plan.code(slot, other) for other in range(11)], dim=1)
        assert votes.mean(0).argmax() == symbol  # as a pooled chunk has it


@pytest.mark.parametrize("question", ["When does the ferry leave?", "Who keeps the tickets?", "Where is the harbour?"])
def test_what_is_asked_votes_for_no_digit(
    laid: tuple[MemoryModel, MemoryModel, MemoryTokenizer, Plan], question: str
) -> None:
    model, _, tokenizer, plan = laid
    row = [*head_tokens(tokenizer), *question_prompt(tokenizer, question).tokens, plan.marks.opening]
    x, rope = model.embed(torch.tensor([row])), model.rope(torch.arange(len(row)))
    for index in range(3):
        x = causal_step(model, x, index, rope)[0]
    assert (plan.identity @ x[0, -1].double()).norm() < 0.5  # a document's are ten times as long


@pytest.mark.parametrize("number", NUMBERS)
def test_the_one_document_in_context_is_written(
    laid: tuple[MemoryModel, MemoryModel, MemoryTokenizer, Plan], number: int
) -> None:
    model, half, tokenizer, _ = laid
    found = FusedEncoder(half)(document_tokens(tokenizer, [(number, TEXT)]))[0]
    prompt = question_prompt(tokenizer, "When does the ferry leave?")
    logits, context = prefill(
        model, prompt.tokens, prompt.roles, prompt.positions(16), encode_head(model, head_tokens(tokenizer)),
        lambda layer, queries: Selection(torch.tensor([number]), torch.zeros(1)),
        lambda layer, documents: (found.keys[layer], found.values[layer]),
    )  # fmt: skip
    written, following = list[int](), logits[-1]
    while len(written) < 12 and tokenizer.object_ref_end not in written:
        written.append(int(following.argmax()))
        following = decode(model, written[-1], context)
    assert tokenizer.decode(written) == f"[{number}]<|object_ref_end|>"
