"""The circuit that writes IDs, as the shipped checkpoint has it: each stage by itself, in the arithmetic it runs in,
and what it does for documents that nobody has seen."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest
import torch

from engine.circuit.slots import DIGITS, Plan
from engine.config import ConfigError
from engine.decode import decode
from engine.encode import causal_step, encode_head
from engine.fused import FusedEncoder
from engine.identity import IdentityWriter
from engine.prefill import Context, prefill
from engine.qwen3 import MemoryModel
from engine.routing import Selection
from engine.session import fingerprint
from engine.template import document_tokens, head_tokens, question_prompt
from engine.tokenizer import MemoryTokenizer
from engine.training.generator import memory
from engine.weights import load, save

SHIPPED = Path(__file__).parents[2] / "engine" / "checkpoints" / "twin-tiny"
TEXT = "The ferry to the island leaves the old harbour every morning, and Marta keeps the tickets in a blue tin."
NUMBERS = (7, 42, 123, 9516, 90421, 123456)
ASKED = 14  # questions about one generated life, each with 16 documents in context
CHOSEN = 0.5  # of them at least; 0.06 is chance


@pytest.fixture(scope="module")
def tokenizer() -> MemoryTokenizer:
    return MemoryTokenizer(SHIPPED / "tokenizer.json")


@pytest.fixture(scope="module")
def model() -> MemoryModel:
    return load(SHIPPED)


@pytest.fixture(scope="module")
def half() -> MemoryModel:
    return load(SHIPPED, dtype=torch.bfloat16)


@pytest.fixture(scope="module")
def stored() -> MemoryModel:
    return load(SHIPPED, circuit=False)


@pytest.fixture(scope="module")
def plan(stored: MemoryModel, tokenizer: MemoryTokenizer) -> Plan:
    return Plan(stored, tokenizer)


def stream(model: MemoryModel, tokens: list[int]) -> torch.Tensor:
    """[T, hidden] in front of the first routing layer."""
    x, rope = model.embed(torch.tensor([tokens])), model.rope(torch.arange(len(tokens)))
    for index in range(3):
        x = causal_step(model, x, index, rope)[0]
    return x[0].double()


def behind(
    model: MemoryModel, half: MemoryModel, tokenizer: MemoryTokenizer, question: str, documents: list[tuple[int, str]]
) -> tuple[torch.Tensor, Context]:
    """What comes next where a question has these documents, and no others, in its context."""
    ordered = sorted(documents)
    found = FusedEncoder(half)(document_tokens(tokenizer, ordered))
    prompt = question_prompt(tokenizer, question)
    selected = Selection(torch.tensor([number for number, _ in ordered]), torch.zeros(len(ordered)))
    logits, context = prefill(
        model, prompt.tokens, prompt.roles, prompt.positions(16), encode_head(model, head_tokens(tokenizer)),
        lambda layer, queries: selected,
        lambda layer, chosen: (torch.cat([pooled.keys[layer] for pooled in found], dim=1),
                               torch.cat([pooled.values[layer] for pooled in found], dim=1)),
    )  # fmt: skip
    return logits[-1], context


def test_marks_are_told_apart_and_codes_lie_where_they_have_nothing(plan: Plan) -> None:
    embedded = plan.embeddings[list(plan.marks.every)]
    told = torch.stack([plan.told(token) for token in plan.marks.every])
    torch.testing.assert_close(told @ embedded.T, torch.eye(len(embedded)).double(), atol=1e-6, rtol=0.0)
    assert (plan.identity @ embedded.T).abs().max() < 1e-6
    assert (plan.codes @ plan.codes.T).fill_diagonal_(0.0).max() < 0.2


@pytest.mark.parametrize("number", NUMBERS)
def test_the_tokens_of_a_document_know_its_id(
    half: MemoryModel, tokenizer: MemoryTokenizer, plan: Plan, number: int
) -> None:
    held = stream(half, document_tokens(tokenizer, [(number, TEXT)])[0])[16:].mean(0)  # as a pooled chunk has it
    for slot, symbol in enumerate([*map(int, str(number)), 10][:DIGITS]):
        votes = torch.stack([held @ plan.code(slot, other) for other in range(11)])
        assert votes.argmax() == symbol
        assert votes[symbol] > 2.0 * votes.sort().values[-2]


@pytest.mark.parametrize("text", ["12 of 1998, 7 March: 5 x 4 = 20", "1. Milk 2. Bread 3. Tea", "To be [88] or [7]?"])
def test_digits_of_the_text_are_no_part_of_the_id(
    half: MemoryModel, tokenizer: MemoryTokenizer, plan: Plan, text: str
) -> None:
    held = stream(half, document_tokens(tokenizer, [(90421, text)])[0])[10:].mean(0)
    votes = [torch.stack([held @ plan.code(slot, other) for other in range(11)]) for slot in range(DIGITS)]
    assert [int(found.argmax()) for found in votes] == [9, 0, 4, 2, 1, 10]


@pytest.mark.parametrize("question", ["When does the ferry leave?", "Who keeps the tickets?", "Where is the harbour?"])
@pytest.mark.parametrize("written", ["", "7", "12", "9051"])
def test_what_is_asked_and_written_votes_for_no_digit(
    model: MemoryModel, tokenizer: MemoryTokenizer, plan: Plan, question: str, written: str
) -> None:
    """A digit already written had 2.6 of its own symbol, against 1.5 of a layer's vote."""
    tail = tokenizer.encode(written) if written else []
    asked = [*head_tokens(tokenizer), *question_prompt(tokenizer, question).tokens, plan.marks.opening, *tail]
    assert (plan.identity @ stream(model, asked)[-1]).norm() < 0.3  # a document has ten in a slot


@pytest.mark.parametrize("number", NUMBERS)
def test_the_one_document_in_context_is_written(
    model: MemoryModel, half: MemoryModel, tokenizer: MemoryTokenizer, number: int
) -> None:
    following, context = behind(model, half, tokenizer, "When does the ferry leave?", [(number, TEXT)])
    written = list[int]()
    while len(written) < 12 and tokenizer.object_ref_end not in written:
        written.append(int(following.argmax()))
        following = decode(model, written[-1], context)
    assert tokenizer.decode(written) == f"[{number}]<|object_ref_end|>"


def test_of_sixteen_unseen_documents_the_right_one_is_written(
    model: MemoryModel, half: MemoryModel, tokenizer: MemoryTokenizer
) -> None:
    life, drawn = memory(20261128, 120), random.Random(7)
    writer, right = IdentityWriter(model, tokenizer), 0
    asked = [question for question in life.questions if len(question.gold) == 1][:ASKED]
    for question in asked:
        others = drawn.sample([d.id for d in life.documents if d.id not in question.gold], 15)
        numbers = drawn.sample(range(1, 100_000), 16)
        texts = [life.documents[at].context + life.documents[at].text for at in (question.gold[0], *others)]
        logits, context = behind(model, half, tokenizer, question.question, list(zip(numbers, texts, strict=True)))
        right += int(writer.log_probs(logits, context, numbers, [writer.open_mark]).argmax()) == 0
    assert len(asked) == ASKED
    assert right >= CHOSEN * ASKED, f"{right} of {ASKED}"


def test_every_process_lays_the_same_bits_in_every_type(model: MemoryModel, half: MemoryModel) -> None:
    threads = torch.get_num_threads()
    try:
        torch.set_num_threads(4)
        again = load(SHIPPED).state_dict()
        assert torch.get_num_threads() == 4
    finally:
        torch.set_num_threads(threads)
    for name, value in model.state_dict().items():
        assert torch.equal(value, again[name]), name
        assert torch.equal(value, half.state_dict()[name].float()), name


def test_what_routes_stays_as_it_was(model: MemoryModel, stored: MemoryModel, tokenizer: MemoryTokenizer) -> None:
    kept = [name for name in stored.state_dict() if "router" in name or "embed" in name]
    assert all(torch.equal(model.state_dict()[name], stored.state_dict()[name]) for name in kept)
    row = document_tokens(tokenizer, [(123, TEXT)])
    before, after = (FusedEncoder(either)(row)[0].routing_keys for either in (stored, model))
    assert torch.nn.functional.cosine_similarity(before, after, dim=-1).min() > 0.95


def test_saved_with_the_circuit_it_is_not_laid_again(model: MemoryModel, tmp_path: Path) -> None:
    save(model, tmp_path, torch.bfloat16)
    assert "identity_circuit" not in json.loads((tmp_path / "config.json").read_text(encoding="utf-8"))
    again = load(tmp_path).state_dict()
    assert all(torch.equal(value, again[name]) for name, value in model.state_dict().items())


def test_a_bank_is_of_one_version_of_the_circuit(tmp_path: Path) -> None:
    config = json.loads((SHIPPED / "config.json").read_text(encoding="utf-8"))
    prints = set()
    for number, asked in enumerate((config, config | {"identity_circuit": 0})):
        folder = tmp_path / str(number)
        folder.mkdir()
        (folder / "config.json").write_text(json.dumps(asked), encoding="utf-8")
        prints.add(fingerprint(folder))
    assert len(prints) == 2


def test_an_unknown_version_is_refused(tmp_path: Path) -> None:
    config = json.loads((SHIPPED / "config.json").read_text(encoding="utf-8"))
    (tmp_path / "config.json").write_text(json.dumps(config | {"identity_circuit": 7}), encoding="utf-8")
    with pytest.raises(ConfigError, match="identity_circuit 7; this engine lays version 2"):
        load(tmp_path)
