"""How sure an answer is: evidence against numbers worked out by hand."""

from __future__ import annotations

import math

import pytest

from engine.answering.sentences import FEATURES
from engine.answering.sureness import EVIDENCE, LEAST, MOST, evidence, sureness

FOUND = [0.1 * at for at in range(len(FEATURES))]


def test_evidence_in_order() -> None:
    seen = dict(zip(EVIDENCE, evidence(-0.5, FOUND, 1.0, [1.0, 2.0]), strict=True))
    assert seen["sentence"] == -0.5
    assert seen["reader"] == pytest.approx(math.log(math.exp(1.0) + math.exp(2.0)))
    assert seen["run"] == 1.0
    assert [seen[name] for name in EVIDENCE[3:]] == [FOUND[FEATURES.index(name)] for name in EVIDENCE[3:]]


def test_logits_without_bound_are_bounded() -> None:
    nothing = evidence(0.0, FOUND, -1e4, [])
    assert nothing[1:3] == pytest.approx((LEAST, LEAST))
    much = evidence(0.0, FOUND, 1e4, [1e4])
    assert much[1:3] == pytest.approx((MOST, MOST))


def test_sureness_is_a_weighted_sum_through_a_sigmoid() -> None:
    seen = evidence(2.0, FOUND, 1.0, [1.0])
    assert sureness(seen, (1.0, 0.0, 0.0, 0.0, 0.0, 0.0, -2.0)) == pytest.approx(0.5)
    assert sureness(seen, (0.0, 1.0, 1.0, 0.0, 0.0, 0.0, 0.0)) == pytest.approx(1 / (1 + math.exp(-2.0)))
