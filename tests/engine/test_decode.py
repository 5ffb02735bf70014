"""Stage 3: feeding tokens one by one is the same as having had them in the prompt."""

from __future__ import annotations

import pytest
import torch
from prefilled import Reading
from tiny import REFERENCE, TEXTS, config, random_model

from engine.decode import continuation_log_probs, decode, fork
from engine.prefill import RESPONSE
from engine.template import question_prompt
from engine.tokenizer import MemoryTokenizer

QUESTION = "Who produced the film?"


@pytest.fixture(scope="module", params=["2,3", "0,2", "all"])
def reading(request: pytest.FixtureRequest) -> Reading:
    tokenizer = MemoryTokenizer(REFERENCE / "paper" / "checkpoint" / "tokenizer.json")
    return Reading(random_model(config(router_layer_idx=request.param)), tokenizer, list(enumerate(TEXTS[:7])))


def test_one_by_one_is_as_in_the_prompt(reading: Reading) -> None:
    """Tokens of the response do not route, so a prompt that has them already selects the same documents."""
    answer = reading.tokenizer.encode("[3] Selznick")
    logits, context = reading.ask(QUESTION)
    selected = [selection.documents.tolist() for selection in context.selections]
    steps = torch.stack([decode(reading.model, token, context) for token in answer])
    longer = question_prompt(reading.tokenizer, QUESTION).add(answer, RESPONSE)
    whole, after = reading.prefill(longer)
    assert [selection.documents.tolist() for selection in after.selections] == selected
    assert float((whole[-len(answer) - 1] - logits).abs().max()) < 1e-4
    assert float((whole[-len(answer) :] - steps).abs().max()) < 1e-4
    assert context.next_position == after.next_position
    assert torch.allclose(context.keys[3], after.keys[3], atol=1e-4)


def test_lower_layers_see_no_memory(reading: Reading) -> None:
    _, context = reading.ask(QUESTION)
    asked = len(question_prompt(reading.tokenizer, QUESTION).tokens)
    own = 4 + asked  # the template's head and the question
    for layer, keys in enumerate(context.keys):
        if layer in reading.model.config.routing.layers:
            assert keys.shape[1] > own
        else:
            assert keys.shape[1] == own


def test_a_fork_goes_its_own_way(reading: Reading) -> None:
    _, context = reading.ask(QUESTION)
    lengths, position = [keys.shape[1] for keys in context.keys], context.next_position
    first = decode(reading.model, 20, fork(context))
    decode(reading.model, 30, fork(context))
    assert [keys.shape[1] for keys in context.keys] == lengths
    assert context.next_position == position
    assert torch.equal(decode(reading.model, 20, context), first)


def test_continuations_in_one_batch_are_as_written_one_by_one(reading: Reading) -> None:
    logits, context = reading.ask(QUESTION)
    rows, closing = [[60, 20], [60], [61, 25, 26, 27], [60, 21]], [62, 63]
    lengths = [keys.shape[1] for keys in context.keys]
    got = continuation_log_probs(reading.model, logits, context, rows, closing)
    for row, value in zip(rows, got.tolist(), strict=True):
        own, coming, total = fork(context), logits, 0.0
        for token in row:
            total += float(coming.log_softmax(-1)[token])
            coming = decode(reading.model, token, own)
        total += float(coming.log_softmax(-1)[closing].logsumexp(0))
        assert value == pytest.approx(total, abs=2e-4)
    assert [keys.shape[1] for keys in context.keys] == lengths  # left as it was
