"""The one document ranking: what the routing layers chose, and the word evidence the caller hands in.

Routing layers are merged by their mean score. Scores of the two kinds are brought to one scale per question: the
latent ones by their distance to the field (a cosine says little by itself, its lead over the other documents does),
words by their share of the best document's. Reciprocal ranks would throw both leads away. And routing counts as much as
its best document stands out: where several are as good as the first it is guessing, most of all in a large memory.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch

from engine.library import Dated
from engine.routing import Selection

STANDS_OUT_FROM = 5
EARLY = 0.5
KNOWN, ASIDE = 3, 0.5
Ranking = list[tuple[int, float]]  # (document, score), best first


def rank(
    selections: Sequence[Selection],
    words: Mapping[int, float],
    *,
    retrieval: str = "both",
    latent_weight: float = 1.0,
    layer_weights: Sequence[float] = (),
    dated: Dated | None = None,
    dated_weight: float = 0.0,
) -> Ranking:
    """Documents of any layer's selection or with word evidence, best first; retrieval: latent, words or both. `dated`
    counts whichever it is: dates are neither."""
    latent = merge_layers(selections, layer_weights) if retrieval != "words" else {}
    evidence = words if retrieval != "latent" else {}
    top = max(evidence.values(), default=0.0)
    weight = latent_weight * lead(latent) if retrieval == "both" and top > 0 else 1.0
    scores = {document: weight * value for document, value in latent.items()}
    if top > 0 or dated is not None:
        for document, value in evidence.items():
            scores[document] = scores.get(document, 0.0) + value / (top or 1.0)
    if dated is not None:
        bonus = dated_weight * dated.strength
        scores = {document: score + bonus * (document in dated.documents) for document, score in scores.items()}
    return sorted(scores.items(), key=lambda item: (-item[1], item[0]))


def lead(latent: Mapping[int, float]) -> float:
    """By how much the best document stands out from the STANDS_OUT_FROM-th, 0 to 1."""
    best = sorted(latent.values(), reverse=True)[:STANDS_OUT_FROM]
    return best[0] - (best[-1] if len(best) == STANDS_OUT_FROM else 0.0) if best else 0.0


def merge_layers(selections: Sequence[Selection], weights: Sequence[float] = ()) -> dict[int, float]:
    """Mean over layers of each document's score, the best 1, the weakest kept 0; absent = weakest."""
    if not selections:
        return {}
    shares = list(weights) or [1.0] * len(selections)
    merged: dict[int, float] = {}
    for selection, share in zip(selections, shares, strict=True):
        if not len(selection.scores):
            continue
        lead = selection.scores - selection.scores[-1]
        for document, value in zip(selection.documents.tolist(), lead.tolist(), strict=True):
            merged[document] = merged.get(document, 0.0) + share * value
    top = max(merged.values(), default=0.0)
    return {document: value / top if top > 0 else 1.0 for document, value in merged.items()}


def over_hops(rankings: Sequence[Ranking]) -> Ranking:
    """Rankings of several hops as one, by the sum of reciprocal ranks; of one hop as it is.

    Scores of hops do not compare: each looks for its own words. EARLY decides how much a first place counts; a hop
    whose best document is none of the best of the question itself may have gone astray, and counts ASIDE."""
    if len(rankings) == 1:
        return rankings[0]
    known = {document for document, _ in rankings[0][:KNOWN]}
    scores: dict[int, float] = {}
    for ranking in rankings:
        share = 1.0 if known.issuperset(document for document, _ in ranking[:1]) else ASIDE
        for place, (document, _) in enumerate(ranking):
            scores[document] = scores.get(document, 0.0) + share / (EARLY + place)
    return sorted(scores.items(), key=lambda item: -item[1])


def probabilities(ranking: Ranking, temperature: float = 0.15) -> torch.Tensor:
    """Ranking scores as probabilities over its documents [n]."""
    return torch.softmax(torch.tensor([score for _, score in ranking]) / temperature, dim=0)
