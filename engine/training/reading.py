"""How the reader (answering.reading.reader) learns from samples, and how well it does."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import fields
from functools import partial

import torch
from torch import Tensor

from engine.answering.reading.reader import LONGEST, Batch, Reader, Words
from engine.training.samples import Sample

RATE, FURTHER, BATCH = 1e-3, 6e-4, 24  # learning rates, the second for a reader that goes on; questions a step
ALIKE = 32  # batches that are put in order of length together


def loss_of(scores: Tensor, batch: Batch, samples: Sequence[Sample]) -> Tensor:
    """Mean over questions of -log of the right runs' share; where there is none, of "nothing answers"."""
    whole = scores.flatten(1).logsumexp(1)  # [n]
    right = torch.full_like(scores, -math.inf)
    at, none = 0, []
    for sample in samples:
        for window, word, size in sample.right:
            row = at + window
            if size:
                right[row, word, size - 1] = scores[row, word, size - 1]
            else:
                right[row] = scores[row]
        none.append(not sample.right)
        at += len(sample.windows)
    held = right.flatten(1).logsumexp(1)  # [n] -inf where nothing is right
    count = batch.questions
    total = _grouped(whole, batch.owner, count, torch.zeros(count, device=scores.device))
    refused = torch.tensor(none, device=scores.device)
    said = _grouped(held, batch.owner, count, torch.where(refused, 0.0, -1e9))
    return (total - said).clamp(max=20.0).mean()


def _grouped(values: Tensor, owner: Tensor, count: int, start: Tensor) -> Tensor:
    """log(exp(start) + sum of exp over each owner's values) [count]"""
    top = start.clone().scatter_reduce(0, owner, values.detach(), "amax")
    shares = (values - top[owner]).exp()
    summed = (start - top).exp().index_add(0, owner, shares)
    return top + summed.log()


def lessons(words: Words, samples: Sequence[Sample], step: int, seed: int = 0) -> Iterator[Callable[[Reader], Tensor]]:
    """Losses of batches from a step on, without end; questions of one batch have windows of like length."""
    size = min(BATCH, len(samples))
    count = len(samples) // size
    longest = [max(len(window.words) for window in sample.windows) for sample in samples]

    def loss(chosen: Sequence[Sample], reader: Reader) -> Tensor:
        device = reader.last.weight.device
        made = words.batch([(s.asked, s.windows) for s in chosen])
        batch = Batch(*(getattr(made, field.name).to(device) for field in fields(made)))
        with torch.autocast(device.type, torch.bfloat16):
            scores = reader(batch)
        return loss_of(scores, batch, chosen)

    while True:
        rng = random.Random(f"{seed} {step // count}")
        order = rng.sample(range(len(samples)), len(samples))
        for start in range(0, len(order), ALIKE * size):
            order[start : start + ALIKE * size] = sorted(order[start : start + ALIKE * size], key=longest.__getitem__)
        for at in rng.sample(range(count), count)[step % count :]:
            yield partial(loss, [samples[i] for i in order[at * size : (at + 1) * size]])
            step += 1


@torch.inference_mode()
def read_all(words: Words, reader: Reader, samples: Sequence[Sample]) -> Iterator[tuple[Sample, Tensor]]:
    """Every sample with the scores of its runs [windows, W, LONGEST]."""
    for at in range(0, len(samples), 16):
        part = samples[at : at + 16]
        scores, row = reader(words.batch([(s.asked, s.windows) for s in part])), 0
        for sample in part:
            yield sample, scores[row : row + len(sample.windows)]
            row += len(sample.windows)


def judge(words: Words, reader: Reader, samples: Sequence[Sample]) -> str:
    """Of answerable samples, the share whose best sentence and whose best run is right; refusals at a tenth of false
    ones."""
    window = run = 0
    answered: list[float] = []
    refused: list[float] = []
    for sample, scores in read_all(words, reader, samples):
        (answered if sample.right else refused).append(float(scores.flatten().logsumexp(0)))
        if sample.right:
            best = int(scores.flatten(1).logsumexp(1).argmax())
            window += any(w == best for w, _, _ in sample.right)
            w, rest = divmod(int(scores.flatten().argmax()), scores[0].numel())
            i, n = divmod(rest, LONGEST)
            run += any(x == w and (not m or (j == i and m == n + 1)) for x, j, m in sample.right)
    count = max(1, len(answered))
    least = sorted(answered)[len(answered) // 10] if answered else 0.0
    share = sum(value < least for value in refused) / max(1, len(refused))
    return (
        f"held out: sentence {window / count:.3f}, run {run / count:.3f} of {len(answered)}; "
        f"refused {share:.3f} of {len(refused)} at a tenth of false refusals"
    )
