"""Losses against their formulas, and agreement: a document scores in training what it scores when memory is asked."""

from __future__ import annotations

import math

import pytest
import torch
from small_run import CONFIG, prepared_run
from torch import Tensor
from torch.nn import functional as F

from engine.config import ModelConfig
from engine.encode import encode, encode_head
from engine.prefill import QUESTION, TEMPLATE, prefill
from engine.qwen3 import MemoryModel
from engine.routing import Selection, TensorSegment, segment_scores, select
from engine.template import head_tokens
from engine.tokenizer import MemoryTokenizer
from engine.training.batches import GENERATED, Batch, BatchMaker, Corpus
from engine.training.objectives import (
    Memory,
    encode_batch,
    encode_head_batch,
    identity_loss,
    losses,
    read_memory,
    routing_loss,
)
from engine.training.trainer import initialise

TOP_K = CONFIG["msa_config"]["top_k_docs"]
Case = tuple[MemoryModel, MemoryTokenizer, Batch]


@pytest.fixture(scope="module")
def case(tmp_path_factory: pytest.TempPathFactory) -> Case:
    """A model whose routing and attention are far from uniform, and a batch with single questions and hops."""
    folder, tokenizer = prepared_run(tmp_path_factory.mktemp("prepared"))
    model = initialise(ModelConfig.from_dict(CONFIG), seed=3)
    generator = torch.Generator().manual_seed(3)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if parameter.dim() == 2 and "router" not in name:
                spread = 1.0 if "embed" in name else 1.2 * parameter.shape[1] ** -0.5
                parameter.normal_(0.0, spread, generator=generator)
    corpus = Corpus(folder, {"squad11-train": 1.0, GENERATED: 1.0})
    make = BatchMaker(corpus, tokenizer, documents=14, group=5, max_tokens=400, top_k=TOP_K, hops=1.0, seed=5)
    batch = next(b for b in map(make.make, range(20)) if b.ignored.any() and (b.positive.sum(1) > 1).any())
    return model, tokenizer, batch


def read(case: Case, batch: Batch) -> tuple[list[tuple[Tensor, Tensor]], Memory]:
    model, tokenizer, _ = case
    head = encode_head_batch(model, torch.tensor(head_tokens(tokenizer)), torch.float32)
    return head, encode_batch(model, batch.documents, batch.document_lengths, torch.float32)


def test_routing_loss_is_the_formula() -> None:
    generator = torch.Generator().manual_seed(0)
    scores = torch.rand(5, 9, generator=generator) * 2 - 1
    positive, ignored = torch.zeros(5, 9, dtype=torch.bool), torch.zeros(5, 9, dtype=torch.bool)
    for row in range(5):
        positive[row, [row, *([row + 3] if row % 2 else [])]] = True
        ignored[row, 8] = row > 2
    total = 0.0
    for row in range(5):
        wrong = [math.exp(scores[row, d] / 0.05) for d in range(9) if not positive[row, d] and not ignored[row, d]]
        right = [math.exp(scores[row, d] / 0.05) for d in range(9) if positive[row, d]]
        total += sum(-math.log(one / (one + sum(wrong))) for one in right) / len(right)
    assert math.isclose(float(routing_loss(scores, positive, ignored, 0.05)), total / 5, rel_tol=1e-4)


def test_ignored_documents_get_no_gradient_and_the_wrong_ones_do() -> None:
    scores = torch.tensor([[0.2, 0.5, 0.9, 0.1]], requires_grad=True)
    positive, ignored = torch.tensor([[True, False, False, False]]), torch.tensor([[False, False, True, False]])
    routing_loss(scores, positive, ignored, 0.1).backward()  # type: ignore[no-untyped-call]
    assert scores.grad is not None
    assert scores.grad[0, 2] == 0
    assert scores.grad[0, 0] < 0 < scores.grad[0, 3] < scores.grad[0, 1]


@torch.no_grad()
def test_training_scores_and_reads_as_the_engine_does(case: Case) -> None:
    """The same documents, questions and hops through `encode`, `select` and `prefill`, float32."""
    model, tokenizer, batch = case
    head, memory = read(case, batch)
    hidden, scores = read_memory(
        model, batch.questions, batch.routes, head, memory, lambda at, s: s.topk(TOP_K, dim=1).indices, torch.float32
    )
    rows = [row[:length].tolist() for row, length in zip(batch.documents, batch.document_lengths, strict=True)]
    pooled = encode(model, rows)
    counts = [one.keys.shape[2] for one in pooled]
    assert len(set(counts)) > 1  # padded chunks are really there in training
    offsets = torch.tensor([0, *counts]).cumsum(0)
    keys = [torch.cat([one.routing_keys[at].flatten(1) for one in pooled]) for at in range(len(scores))]
    segment = TensorSegment(torch.arange(len(rows)), torch.ones(len(rows), dtype=torch.bool), offsets, keys)

    def content(at: int, documents: Tensor) -> tuple[Tensor, Tensor]:
        chosen = [pooled[document] for document in documents.tolist()]
        return torch.cat([one.keys[at] for one in chosen], 1), torch.cat([one.values[at] for one in chosen], 1)

    for row, length in enumerate(batch.prompt_lengths.tolist()):
        found: list[Tensor] = []

        def choose(at: int, queries: Tensor, found: list[Tensor] = found) -> Selection:
            found.append(segment_scores(queries, segment, at, model.config))
            return select(queries, [segment], at, model.config, TOP_K)

        roles = [QUESTION if routes else TEMPLATE for routes in batch.routes[row, :length].tolist()]
        start = 3 + TOP_K
        logits, _ = prefill(
            model, batch.questions[row, :length].tolist(), roles, list(range(start, start + length)),
            encode_head(model, head_tokens(tokenizer)), choose, content,
        )  # fmt: skip
        for at, own in enumerate(found):
            torch.testing.assert_close(scores[at][row], own, atol=2e-5, rtol=0)
            assert own.std() > 0.01
        torch.testing.assert_close(model.logits(hidden[row, :length]), logits, atol=2e-3, rtol=1e-4)


@torch.no_grad()
@pytest.mark.parametrize("everything", [False, True])
def test_identity_loss_is_of_response_tokens_only(case: Case, everything: bool) -> None:
    """With one document in view it is the right one; with all of them nothing is left to choose."""
    model, _, batch = case
    head, memory = read(case, batch)
    _, scores = read_memory(
        model, batch.questions, batch.routes, head, memory, lambda at, s: s.topk(TOP_K, dim=1).indices, torch.float32
    )
    total = torch.stack(scores).sum(0)
    single = batch.positive.sum(1) == 1
    kept = Batch(
        batch.documents, batch.document_lengths, batch.questions[single], batch.question_lengths[single],
        batch.prompt_lengths[single], batch.routes[single], batch.positive[single], batch.ignored[single],
    )  # fmt: skip
    questions, documents = 4, len(batch.documents)
    assert len(kept.questions) > questions
    view = documents if everything else 1
    loss, right = identity_loss(model, kept, head, memory, total[single], view, questions, torch.float32)
    each, hits = [], []
    for row in range(questions):
        tokens = kept.questions[row : row + 1, : kept.question_lengths[row]]
        shown = torch.arange(documents)[None] if everything else kept.positive[row].nonzero().T
        hidden, _ = read_memory(
            model, tokens, kept.routes[row : row + 1, : tokens.shape[1]], head, memory,
            lambda at, s, shown=shown: shown, torch.float32,  # type: ignore[misc]
        )  # fmt: skip
        for step in range(int(kept.prompt_lengths[row]) - 1, tokens.shape[1] - 1):
            logits = model.logits(hidden[0, step])
            each.append(float(F.cross_entropy(logits, tokens[0, step + 1])))
            hits.append(int(logits.argmax()) == int(tokens[0, step + 1]))
    assert len(each) > 3 * questions  # brackets, digits, the end mark
    assert math.isclose(float(loss), sum(each) / len(each), rel_tol=1e-4)
    assert math.isclose(float(right), sum(hits) / len(hits), abs_tol=1e-6)


def test_no_identity_loss_without_documents_in_view(case: Case) -> None:
    model, _, batch = case
    head, memory = read(case, batch)
    total = torch.zeros(batch.positive.shape)
    assert identity_loss(model, batch, head, memory, total, 0, 4, torch.float32)[0] == 0
    assert identity_loss(model, batch, head, memory, total, 2, 0, torch.float32)[0] == 0


@torch.no_grad()
def test_the_parts_of_the_losses(case: Case) -> None:
    """Routing: mean over layers; language: every next token of a document, no padding; hit: best of the layers' sum."""
    model, tokenizer, batch = case
    head, memory = read(case, batch)
    found = losses(
        model, batch, torch.tensor(head_tokens(tokenizer)), in_view=0, id_questions=4, lm_share=1.0,
        generator=torch.Generator().manual_seed(1), dtype=torch.float32,
    )  # fmt: skip

    def best(at: int, scores: Tensor) -> Tensor:
        return scores.masked_fill(batch.ignored, -2.0).topk(TOP_K, dim=1).indices

    _, scores = read_memory(model, batch.questions, batch.routes, head, memory, best, torch.float32)
    parts = [float(routing_loss(s, batch.positive, batch.ignored, model.config.routing.temperature)) for s in scores]
    assert len(parts) == 2
    assert math.isclose(float(found.routing), sum(parts) / 2, rel_tol=1e-5)
    tops = torch.stack(scores).sum(0).argmax(1)
    assert float(found.hit) == pytest.approx(float(batch.positive[torch.arange(len(tops)), tops].float().mean()))
    each = [
        F.cross_entropy(model.logits(memory.hidden[row, : length - 1]), tokens[1:length], reduction="none")
        for row, (tokens, length) in enumerate(zip(batch.documents, batch.document_lengths, strict=True))
    ]
    assert float(found.language) == pytest.approx(float(torch.cat(each).mean()), rel=1e-4)
    assert float(found.identity) == float(found.digits) == 0.0


def test_every_parameter_learns(case: Case) -> None:
    model, tokenizer, batch = case
    model.zero_grad(set_to_none=True)
    model.temperature.requires_grad_(False)
    found = losses(
        model, batch, torch.tensor(head_tokens(tokenizer)), in_view=2, id_questions=4, lm_share=0.5,
        generator=torch.Generator().manual_seed(1), dtype=torch.float32,
    )  # fmt: skip
    (found.routing + found.language + found.identity).backward()  # type: ignore[no-untyped-call]
    for name, parameter in model.named_parameters():
        if name != "temperature":
            assert parameter.grad is not None, name
            assert parameter.grad.isfinite().all(), name
            assert parameter.grad.abs().sum() > 0, name
    model.zero_grad(set_to_none=True)


def test_pooled_contents_get_the_gradient_of_what_is_written(case: Case) -> None:
    """Upper layers learn on what lower ones retrieved: the IDs' loss reaches the documents' keys and values."""
    model, _, batch = case
    head, memory = read(case, batch)
    for part in (*memory.keys, *memory.values):
        part.retain_grad()
    total = torch.zeros(batch.positive.shape)
    identity_loss(model, batch, head, memory, total, 2, 4, torch.float32)[0].backward()  # type: ignore[no-untyped-call]
    for part in (*memory.keys, *memory.values):
        assert part.grad is not None
        touched = part.grad.flatten(1).abs().sum(1) > 0
        assert 2 <= int(touched.sum()) < len(batch.documents)
    model.zero_grad(set_to_none=True)
