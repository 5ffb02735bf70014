"""The one ranking: layers merged, words weighed in, the same for the same input whatever its order."""

from __future__ import annotations

import random

import pytest
import torch

from engine.library import Dated
from engine.ranking import lead, merge_layers, over_hops, probabilities, rank
from engine.routing import Selection


def selection(**scores: float) -> Selection:
    """d3=0.9 is document 3; kept by falling score, as a layer reports."""
    ordered = sorted(((int(name[1:]), score) for name, score in scores.items()), key=lambda item: -item[1])
    return Selection(torch.tensor([d for d, _ in ordered], dtype=torch.long), torch.tensor([s for _, s in ordered]))


NONE = Selection(torch.empty(0, dtype=torch.long), torch.empty(0))
LAYERS = [selection(d1=0.9, d2=0.5, d3=0.1), selection(d2=0.8, d1=0.7, d4=0.2)]
WORDS = {7: 4.0, 2: 8.0}


def documents(ranking: list[tuple[int, float]]) -> list[int]:
    return [document for document, _ in ranking]


def test_latent_is_the_routing_layers_alone() -> None:
    ranking = rank(LAYERS, WORDS, retrieval="latent")
    assert documents(ranking) == [1, 2, 3, 4]
    assert ranking == rank(LAYERS, {}, retrieval="latent") == rank(LAYERS, {}, retrieval="both")
    assert ranking[0][1] == pytest.approx(1.0)


def test_words_are_the_words_alone() -> None:
    ranking = rank(LAYERS, WORDS, retrieval="words")
    assert ranking == [(2, 1.0), (7, 0.5)]
    assert ranking == rank([], WORDS, retrieval="words") == rank([NONE, NONE], WORDS, retrieval="both")


def test_both_add_up() -> None:
    latent, ranking = dict(rank(LAYERS, {}, retrieval="latent")), dict(rank(LAYERS, WORDS, retrieval="both"))
    assert set(ranking) == {1, 2, 3, 4, 7}
    assert ranking[2] == pytest.approx(latent[2] + 1.0)
    assert ranking[7] == pytest.approx(0.5)
    assert ranking[1] == pytest.approx(latent[1])
    heavy = dict(rank(LAYERS, WORDS, retrieval="both", latent_weight=3.0))
    assert heavy[2] == pytest.approx(3.0 * latent[2] + 1.0)
    assert rank(LAYERS, WORDS, retrieval="latent", latent_weight=3.0) == rank(LAYERS, WORDS, retrieval="latent")


@pytest.mark.parametrize("retrieval", ["latent", "words", "both"])
def test_documents_of_the_time_asked_for_come_forward(retrieval: str) -> None:
    dated = Dated(frozenset({3, 7, 99}), 0.8)
    plain = dict(rank(LAYERS, WORDS, retrieval=retrieval))
    ranking = dict(rank(LAYERS, WORDS, retrieval=retrieval, dated=dated, dated_weight=2.0))
    assert set(ranking) == set(plain)
    for document, score in ranking.items():
        assert score == pytest.approx(plain[document] + 1.6 * (document in dated.documents))


def test_a_document_may_have_nothing_but_the_time() -> None:
    ranking = rank([], {5: 0.0, 6: 0.0}, dated=Dated(frozenset({6}), 0.5), dated_weight=1.0)
    assert ranking == [(6, 0.5), (5, 0.0)]


def test_layers_are_merged_by_their_lead() -> None:
    merged = merge_layers(LAYERS)
    leads = {1: 0.8 + 0.5, 2: 0.4 + 0.6, 3: 0.0, 4: 0.0}
    assert merged == pytest.approx({document: lead / 1.3 for document, lead in leads.items()}, abs=1e-6)
    assert documents(sorted(merge_layers(LAYERS, [0.0, 1.0]).items(), key=lambda i: -i[1]))[0] == 2


def test_a_layer_that_selected_nothing_changes_nothing() -> None:
    assert merge_layers([LAYERS[0], NONE]) == merge_layers([LAYERS[0]])


def test_an_empty_memory_has_an_empty_ranking() -> None:
    for retrieval in ("latent", "words", "both"):
        assert rank([], {}, retrieval=retrieval) == []
        assert rank([NONE], {}, retrieval=retrieval) == []


def test_a_single_document_is_ranked() -> None:
    assert rank([selection(d5=0.3), selection(d5=-0.2)], {}, retrieval="latent") == [(5, 1.0)]


def test_words_that_say_nothing_add_nothing() -> None:
    assert rank([LAYERS[0]], {3: 0.0}, retrieval="both") == rank([LAYERS[0]], {}, retrieval="both")


def test_ties_go_to_the_older_document() -> None:
    assert documents(rank([], {9: 2.0, 4: 2.0, 6: 2.0}, retrieval="words")) == [4, 6, 9]


def test_order_of_input_does_not_matter() -> None:
    chance, words = random.Random(1), {document: float(document % 5 + 1) for document in range(40)}
    want = rank(LAYERS, words)
    for _ in range(5):
        mixed = list(words.items())
        chance.shuffle(mixed)
        assert rank(LAYERS, dict(mixed)) == want
    assert documents(rank(LAYERS[::-1], words)) == documents(want)


def test_probabilities_fall_with_the_ranking() -> None:
    ranking = rank(LAYERS, WORDS)
    shares = probabilities(ranking)
    assert shares.shape == (5,)
    assert float(shares.sum()) == pytest.approx(1.0, abs=1e-6)
    assert shares.tolist() == sorted(shares.tolist(), reverse=True)
    assert probabilities([]).shape == (0,)


def test_routing_that_is_guessing_counts_less() -> None:
    """Both bring the same best document; one of them has four others that are as good."""
    sure = selection(d1=0.9, d2=0.3, d3=0.2, d4=0.2, d5=0.1, d6=0.0)
    guessing = selection(d1=0.9, d2=0.89, d3=0.88, d4=0.87, d5=0.85, d6=0.0)
    words = {9: 4.0, 1: 1.0}
    assert documents(rank([sure], words))[0] == 1
    assert documents(rank([guessing], words))[0] == 9
    assert lead(dict(rank([sure], {}, retrieval="latent"))) == pytest.approx(1.0 - 0.1 / 0.9)
    assert lead({1: 1.0, 2: 0.9}) == 1.0, "fewer documents than it takes to have a field"
    assert lead({}) == 0.0
    assert rank([guessing], {}, retrieval="latent")[0] == (1, 1.0), "routing alone is not weighed"


def test_rankings_of_several_hops_are_one() -> None:
    first, second = [(1, 0.9), (2, 0.8), (3, 0.7)], [(2, 1.5), (4, 0.1)]
    assert over_hops([first]) == first
    assert documents(over_hops([first, second])) == [2, 1, 4, 3]  # what both found, then the first ones of each
    assert documents(over_hops([[(1, 0.9)], [(2, 5.0)]])) == [1, 2]  # the earlier hop first
    assert over_hops([[], [(5, 0.5)]]) == [(5, 1.0)]
    assert over_hops([[]]) == []


def test_a_hop_that_leads_elsewhere_counts_half() -> None:
    """Its best document is none of the first three of the question's own search."""
    first = [(n, 1.0) for n in (1, 2, 3, 4)]
    assert documents(over_hops([first, [(3, 1.0), (8, 0.9), (9, 0.8)]]))[:4] == [3, 1, 2, 8]
    assert documents(over_hops([first, [(8, 1.0), (3, 0.9), (9, 0.8)]]))[:4] == [1, 8, 3, 2]
