"""Figures against values worked out by hand."""

from __future__ import annotations

import pytest

from twin_app.bench.metrics import (
    all_found,
    contains,
    exact_match,
    figure,
    hit,
    quoted,
    recall,
    refusals,
    token_f1,
)

RANKING = ("a", "b", "c", "d", "e", "f")


def test_recall_counts_gold_documents_among_the_first() -> None:
    assert recall(RANKING, ("b", "f"), 5) == 0.5
    assert (hit(RANKING, ("b", "f"), 5), all_found(RANKING, ("b", "f"), 5)) == (1.0, 0.0)
    assert (hit(RANKING, ("b", "f"), 1), all_found(RANKING, ("b", "f"), 6)) == (0.0, 1.0)
    assert recall(RANKING, ("x",), 6) == 0.0


def test_answers_are_compared_as_squad_does() -> None:
    assert exact_match("The Eiffel Tower!", ["eiffel tower"]) == 1.0
    assert exact_match("Eiffel", ["eiffel tower"]) == 0.0
    assert token_f1("the old Eiffel Tower", ["Eiffel Tower", "x"]) == pytest.approx(0.8)  # precision 2/3, recall 1
    assert token_f1("", ["x"]) == 0.0
    assert token_f1("anything", []) == 0.0


def test_a_shown_answer_holds_the_gold_one_word_for_word_within_forty_words() -> None:
    assert contains("It was built in 1889.", ["1889"]) == 1.0
    assert contains("It was built in 18890.", ["1889"]) == 0.0
    assert contains(" ".join(["word"] * 39 + ["1889"]), ["1889"]) == 1.0
    assert contains(" ".join(["word"] * 40 + ["1889"]), ["1889"]) == 0.0
    assert contains("a, the", ["the"]) == 0.0  # nothing is left of such an answer
    assert quoted(["no", " ".join(["word"] * 60 + ["1889"])], ["1889"]) == 1.0


def test_intervals_hold_the_mean_and_narrow_with_more_questions() -> None:
    few, many = figure([0.0, 1.0] * 10), figure([0.0, 1.0] * 1000)
    for found in (few, many):
        assert found.mean == 0.5
        assert found.low is not None
        assert found.high is not None
        assert found.low < 0.5 < found.high
    assert few.low is not None
    assert many.low is not None
    assert 0.2 < few.low < 0.4 < many.low  # standard error 0.112 and 0.011
    assert figure([0.0, 1.0] * 10) == few
    assert figure([]).mean is None
    assert str(figure([1.0, 1.0])) == "1.00 (1.00-1.00)"


def test_refusals_trade_right_ones_for_false_ones() -> None:
    found = refusals([0.9, 0.8, 0.7, 0.6, 0.2], [0.1, 0.3, 0.3, 0.75])
    assert found is not None
    assert found.auroc == pytest.approx((4 + 3 + 3 + 2) / 20 + (1 + 1 + 1 + 1 - 1) / 20)
    assert found.curve[0][1:] == (0.0, 0.0)
    assert found.curve[-1][1:] == (1.0, 1.0)
    assert found.at(0.0) == (0.2, 0.0, 0.25)
    assert found.under(0.5)[1:] == (0.2, 0.75)
    assert found.under(0.05)[1:] == (0.0, 0.0)
    assert found.under(2.0)[1:] == (1.0, 1.0)
    assert found.at(0.2) == (0.6, 0.2, 0.75)
    assert [point[1] for point in found.curve] == sorted(point[1] for point in found.curve)


def test_a_score_that_tells_nothing_is_worth_a_coin() -> None:
    found = refusals([0.5] * 4, [0.5] * 3)
    assert found is not None
    assert found.auroc == 0.5
    assert found.at(0.99) == (0.5, 0.0, 0.0)
    assert refusals([], [0.5]) is None
