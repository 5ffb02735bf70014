"""How far the reader is trusted beside the sentence scores, and the thresholds that follow."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from engine.answering.reading.reader import LONGEST, Reader, Words
from engine.training.quoting import FALSE_REFUSALS
from engine.training.reading import read_all
from engine.training.samples import Sample

TRUSTED = 0.3  # of the reader's logit beside the sentence's: the 1.8 that a fit on lives gives doubts people's files
PRECISION = 0.55  # of the short answers shown, word for word; those that overlap in part come on top


@dataclass(frozen=True, slots=True)
class Trust:
    """How sure the best sentence and the reader together are (twin_config.reader_weights), and the thresholds."""

    weights: tuple[float, float, float]  # of the best sentence's own logit, of the reader's, bias
    grounded_at: float
    span_at: float
    report: str


def trust(words: Words, reader: Reader, own: Sequence[float], samples: Sequence[Sample]) -> Trust:
    """own: weights of answering.evidence.sentences.FEATURES and the bias. Sentences are chosen by these alone."""
    factors, bias = torch.tensor(own[:-1]), own[-1]
    rows: list[list[float]] = []
    runs: list[tuple[float, bool]] = []  # share of the best sentence's best run, whether it is right
    for sample, scores in read_all(words, reader, samples):
        alone = torch.stack([torch.from_numpy(w.features) for w in sample.windows]) @ factors + bias
        best, read = int(alone.argmax()), scores.flatten(1).logsumexp(1)
        rows.append([float(alone[best]), float(read.logsumexp(0))])
        place = int(scores[best].argmax())
        (i, n), share = divmod(place, LONGEST), float((scores[best].flatten()[place] - read[best]).exp())
        runs.append((share, any(w == best and (not m or (j == i and m == n + 1)) for w, j, m in sample.right)))
    seen, known = torch.tensor(rows), torch.tensor([bool(sample.right) for sample in samples])
    weight, shift = logistic((seen @ torch.tensor([1.0, TRUSTED]))[:, None], known)
    weights = weight, TRUSTED * weight, shift
    sure = (seen @ torch.tensor(weights[:2]) + shift).sigmoid()

    def refused(values: Tensor) -> float:
        return float((values[~known] < values[known].quantile(FALSE_REFUSALS)).float().mean())

    shown = [(p * share, right) for p, (share, right) in zip(sure.tolist(), runs, strict=True)]
    least, threshold = float(sure[known].quantile(FALSE_REFUSALS)), precise(shown, PRECISION)
    report = (
        f"of {int((~known).sum())} without an answer refused, at {FALSE_REFUSALS:.0%} false refusals: by sentences "
        f"{refused(seen[:, 0]):.3f}, by the reader {refused(seen[:, 1]):.3f}, by both {refused(sure):.3f} "
        f"(below {least:.3f})\nshort answers: {sum(right for _, right in runs) / int(known.sum()):.3f} right of "
        f"{int(known.sum())}, shown to {sum(p >= threshold for p, _ in shown) / len(shown):.3f} of all "
        f"(from {threshold:.3f})"
    )
    return Trust(weights, least, threshold, report)


def logistic(seen: Tensor, known: Tensor, steps: int = 400) -> tuple[float, ...]:
    """Weights of the columns and a bias, both classes counting alike."""
    counts = torch.where(known, 0.5 / known.sum(), 0.5 / (~known).sum())
    values = torch.zeros(seen.shape[1] + 1, requires_grad=True)
    optimizer = torch.optim.Adam([values], lr=0.05)
    for _ in range(steps):
        odds = seen @ values[:-1] + values[-1]
        loss = functional.binary_cross_entropy_with_logits(odds, known.float(), weight=counts, reduction="sum")
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
    return tuple(values.detach().tolist())


def precise(shown: Sequence[tuple[float, bool]], precision: float) -> float:
    """The least probability from which so large a share of what is shown is right."""
    threshold, good = 1.0, 0
    for count, (probability, right) in enumerate(sorted(shown, reverse=True), 1):
        good += right
        if good / count >= precision:
            threshold = probability
    return threshold
