"""IDs the model writes: their probabilities, only candidates are written, how a ranking is weighed in."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from prefilled import Reading
from tiny import REFERENCE, TEXTS, config, random_model
from torch import Tensor

from engine.decode import decode, fork
from engine.identity import IdentityWriter, combine
from engine.prefill import Context
from engine.tokenizer import MemoryTokenizer

CANDIDATES = [3, 12, 407, 41, 4]


def joined_tokenizer(folder: Path) -> Path:
    """The reference vocabulary with "][" as one token, as MSA-4B's has it."""
    raw = json.loads((REFERENCE / "paper" / "checkpoint" / "tokenizer.json").read_text(encoding="utf-8"))
    raw["model"]["vocab"]["]["] = 1024
    raw["model"]["merges"].append(["]", "["])
    (folder / "tokenizer.json").write_text(json.dumps(raw), encoding="utf-8")
    return folder / "tokenizer.json"


@pytest.fixture(scope="module", params=["apart", "joined"])
def writing(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[IdentityWriter, Tensor, Context]:
    path = REFERENCE / "paper" / "checkpoint" / "tokenizer.json"
    if request.param == "joined":
        path = joined_tokenizer(tmp_path_factory.mktemp("vocabulary"))
    tokenizer = MemoryTokenizer(path)
    model = random_model(config(vocab_size=1025))
    writer = IdentityWriter(model, tokenizer)
    assert (writer.next_mark is not None) == (request.param == "joined")
    return writer, *Reading(model, tokenizer, list(enumerate(TEXTS[:6]))).ask("Who?")


def one_by_one(writer: IdentityWriter, logits: Tensor, context: Context, text: str, closing: list[str]) -> float:
    own, total = fork(context), 0.0
    for token in writer.tokenizer.encode(text):
        total += float(logits.log_softmax(-1)[token])
        logits = decode(writer.model, token, own)
    ends = [writer.tokenizer.encode(mark) for mark in closing]
    assert all(len(end) == 1 for end in ends)
    return total + float(logits.log_softmax(-1)[[end[0] for end in ends]].logsumexp(0))


def test_log_probs_are_those_of_writing_the_id(writing: tuple[IdentityWriter, Tensor, Context]) -> None:
    writer, logits, context = writing
    closing = ["]", "]["] if writer.next_mark is not None else ["]"]
    got = writer.log_probs(logits, context, CANDIDATES, [writer.open_mark])
    want = [one_by_one(writer, logits, context, f"[{candidate}", closing) for candidate in CANDIDATES]
    assert got.tolist() == pytest.approx(want, abs=2e-4)


def test_an_id_that_begins_another_has_a_probability_of_its_own(
    writing: tuple[IdentityWriter, Tensor, Context],
) -> None:
    """All of 0..99 and 10 beside 1: together they are less than everything that could be written."""
    writer, logits, context = writing
    every = writer.log_probs(logits, context, list(range(100)), [writer.open_mark])
    opens = float(logits.log_softmax(-1)[writer.open_mark].exp())
    assert torch.isfinite(every).all()
    assert 0.0 < float(every.exp().sum()) < opens


def test_only_candidates_are_written_each_once(writing: tuple[IdentityWriter, Tensor, Context]) -> None:
    writer, logits, context = writing
    for candidates in ([7], CANDIDATES, [0, 10, 100, 1000], list(range(50, 66))):
        for most in (1, 3, 20):
            written = writer.write(logits, context, candidates, most)
            assert 1 <= len(written) <= min(most, len(candidates))
            assert set(written) <= set(candidates)
            assert len(set(written)) == len(written)


def test_the_first_id_written_is_the_likeliest(writing: tuple[IdentityWriter, Tensor, Context]) -> None:
    writer, logits, context = writing
    got = writer.log_probs(logits, context, CANDIDATES, [writer.open_mark])
    assert writer.write(logits, context, CANDIDATES, 4)[0] == CANDIDATES[int(got.argmax())]


def test_writing_leaves_the_context_as_it_was(writing: tuple[IdentityWriter, Tensor, Context]) -> None:
    writer, logits, context = writing
    before, position = [keys.clone() for keys in context.keys], context.next_position
    first = writer.write(logits, context, CANDIDATES, 4)
    assert context.next_position == position
    assert all(torch.equal(a, b) for a, b in zip(before, context.keys, strict=True))
    assert writer.write(logits, context, CANDIDATES, 4) == first


def test_retrieval_ends_where_the_mark_is_likelier_than_an_id(
    writing: tuple[IdentityWriter, Tensor, Context],
) -> None:
    writer = writing[0]
    tokenizer, logits = writer.tokenizer, torch.zeros(1025)
    logits[tokenizer.encode("<End-of-Retrieve>")[0]] = 2.0
    logits[tokenizer.encode("[")[0]] = 1.0
    assert writer.retrieval_ends(logits)
    logits[tokenizer.encode("[")[0]] = 3.0
    assert not writer.retrieval_ends(logits)


class TestCombine:
    WRITTEN = torch.tensor([-9.0, -4.0, -6.0])
    RANKED = torch.tensor([0.7, 0.1, 0.2])

    def test_weight_one_is_what_the_model_writes(self) -> None:
        assert torch.allclose(combine(self.WRITTEN, self.RANKED, 1.0), self.WRITTEN.softmax(0), atol=1e-6)

    def test_weight_zero_is_the_ranking(self) -> None:
        assert torch.allclose(combine(self.WRITTEN, self.RANKED, 0.0), self.RANKED, atol=1e-6)

    def test_between_is_their_geometric_mean(self) -> None:
        mean = (self.WRITTEN.softmax(0) * self.RANKED).sqrt()
        assert torch.allclose(combine(self.WRITTEN, self.RANKED, 0.5), mean / mean.sum(), atol=1e-6)

    @pytest.mark.parametrize("weight", [0.0, 0.3, 1.0])
    def test_a_document_without_a_share_is_no_nan(self, weight: float) -> None:
        mixed = combine(torch.tensor([-200.0, -0.1]), torch.tensor([1.0, 0.0]), weight)
        assert torch.isfinite(mixed).all()
        assert float(mixed.sum()) == pytest.approx(1.0, abs=1e-5)

    def test_one_candidate_is_certain(self) -> None:
        assert combine(torch.tensor([-30.0]), torch.tensor([1.0]), 0.5).tolist() == [1.0]
