"""Exact scores: whole-number sums, the same bits in any tile and order, and a scan's error that is really bounded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

import pytest
import torch
from tiny import config
from torch import Tensor
from torch.nn import functional as F

from engine.config import ModelConfig
from engine.exact import exact_scores, fixed_point, largest_key, slack
from engine.memory import quantise
from engine.routing import Selection, choose, merge, prepare, scan

REDUCTIONS: list[dict[str, object]] = [
    {}, {"query_reduce_method": "mean"}, {"query_reduce_method": "last", "chunk_reduce_method": "mean"},
    {"head_reduce_method": "max"}, {"head_reduce_method": "last", "query_reduce_method": "mean"},
    {"aux_loss_method": "NONE"}, {"aux_loss_method": "NONE", "head_reduce_method": "max"},
]  # fmt: skip


@dataclass(frozen=True)
class Int8:
    """Documents of random lengths with int8 keys; `first` to `last` of them, IDs as given."""

    ids: Tensor
    offsets: Tensor
    codes: Tensor
    scales: Tensor

    @property
    def document_ids(self) -> Tensor:
        return self.ids

    @property
    def live(self) -> Tensor:
        return torch.ones_like(self.ids, dtype=torch.bool)

    @property
    def doc_offsets(self) -> Tensor:
        return self.offsets

    def routing_keys(self, layer_index: int) -> tuple[Tensor, Tensor]:
        return self.codes, self.scales

    def largest_scale(self, layer_index: int) -> float:
        return float(self.scales.max())

    def cut(self, first: int, last: int) -> Int8:
        begin, end = int(self.offsets[first]), int(self.offsets[last])
        return Int8(
            self.ids[first:last], self.offsets[first : last + 1] - begin, self.codes[begin:end], self.scales[begin:end]
        )


def memory(documents: int, *, seed: int, cosine: bool = True, repeat: int = 1) -> Int8:
    """Keys around one direction, so that many score alike; `repeat` makes that many documents of each."""
    random = torch.Generator().manual_seed(seed)
    kinds = torch.randint(1, 5, (documents // repeat,), generator=random)
    keys = torch.randn(int(kinds.sum()), 2, 16, generator=random) + torch.randn(2, 16, generator=random)
    every = (F.normalize(keys, dim=-1) if cosine else keys).flatten(1)
    rows = torch.split(every, kinds.tolist())
    lengths = kinds.repeat(repeat)
    ids = torch.randperm(1000 * documents, generator=random)[: len(lengths)].sort().values
    offsets = torch.cat((lengths.new_zeros(1), lengths.cumsum(0)))
    return Int8(ids, offsets, *quantise(torch.cat(rows * repeat)))


def chosen(prepared: Tensor, parts: Sequence[Int8], given: ModelConfig, keep: int) -> Selection:
    return choose(prepared, [(part, part.live) for part in parts], 0, given, keep)


def queries(tokens: int, seed: int = 9) -> Tensor:
    return torch.randn(tokens, 4, 16, generator=torch.Generator().manual_seed(seed)) + 0.5


@pytest.mark.parametrize("changes", REDUCTIONS, ids=str)
def test_a_scan_is_never_further_off_than_the_slack_says(changes: dict[str, object]) -> None:
    given = ModelConfig.from_dict(config(**changes))
    for seed in range(4):
        held = memory(300, seed=seed, cosine=given.routing.cosine)
        prepared = prepare(queries(17, seed), given)
        found = scan(prepared, held.codes, held.scales, held.offsets, given)
        exact = exact_scores(prepared, held.codes, held.scales, held.offsets.diff(), given)
        error = float((found - exact).abs().max())
        assert error <= 0.5 * slack(prepared, largest_key(held.largest_scale(0), given), given)
        assert error <= 0.01 * float(exact.abs().max()), "and it is the same score"


def test_sums_are_those_of_whole_numbers() -> None:
    """Against Python's own unbounded integers, for one document of one chunk."""
    given = ModelConfig.from_dict(config())
    held = memory(1, seed=3).cut(0, 1)
    prepared = prepare(queries(5), given)
    question, unit = fixed_point(prepared)
    assert float((question * unit - prepared.double()).abs().max()) <= 0.5 * unit
    best = max(
        sum(int(q) * int(code) for q, code in zip(row, codes, strict=True)) * Fraction(float(scale))
        for row in question.tolist()
        for codes, scale in zip(held.codes.tolist(), held.scales.tolist(), strict=True)
    )
    found = exact_scores(prepared, held.codes, held.scales, held.offsets.diff(), given)
    assert float(found) == pytest.approx(float(best * Fraction(unit)), rel=1e-7)


@pytest.mark.parametrize("changes", REDUCTIONS, ids=str)
def test_the_choice_does_not_depend_on_how_memory_is_cut(changes: dict[str, object]) -> None:
    given = ModelConfig.from_dict(config(**changes))
    held = memory(240, seed=1, cosine=given.routing.cosine, repeat=4)  # every document has three equals
    prepared = prepare(queries(11), given)
    whole = chosen(prepared, [held], given, 30)
    pairs = list(zip((-whole.scores).tolist(), whole.documents.tolist(), strict=True))
    assert pairs == sorted(pairs), "falling scores, and rising IDs where they are equal"
    assert len(set(whole.scores.tolist())) < 30, "there are ties"
    everything = exact_scores(prepared, held.codes, held.scales, held.offsets.diff(), given)
    first = sorted(zip((-everything).tolist(), held.ids.tolist(), strict=True))[:30]
    assert pairs == first, "nothing of the true best was missed"
    for cuts in ((0, 1, 240), (0, 7, 100, 101, 239, 240), tuple(range(0, 241, 5))):
        parts = [held.cut(a, b) for a, b in pairwise(cuts)]
        together = chosen(prepared, parts, given, 30)
        ranks = merge([chosen(prepared, parts[r::3], given, 30) for r in range(3)], 30)
        for found in (together, ranks):
            assert found.documents.tolist() == whole.documents.tolist()
            assert torch.equal(found.scores, whole.scores)


def test_a_question_of_zeros_is_no_accident() -> None:
    given = ModelConfig.from_dict(config())
    held = memory(8, seed=2)
    found = chosen(prepare(torch.zeros(3, 4, 16), given), [held], given, 3)
    assert found.documents.tolist() == held.ids[:3].tolist()
    assert found.scores.tolist() == [0.0, 0.0, 0.0]
