"""Trains the reader (answering.reader) of a checkpoint, and fits how far it is trusted beside the sentence scores."""

from __future__ import annotations

import json
import math
import random
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file
from torch import Tensor
from torch.nn import functional

from engine.answering.meaning import Meanings
from engine.answering.reader import LONGEST, Batch, Reader, Words
from engine.training.quoting import FALSE_REFUSALS
from engine.training.samples import Sample

RATE, WARM, BATCH = 1.5e-3, 200, 24  # learning rate, steps until it is reached, questions a step
KEEP = 0.999  # of the mean of weights, a step
SAVED_S = 300.0
PRECISION = 0.55  # of the short answers shown, word for word; those that overlap in part come on top


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
    total = _grouped(whole, batch.owner, count, torch.zeros(count))
    refused = torch.tensor(none)
    said = _grouped(held, batch.owner, count, torch.where(refused, 0.0, -1e9))
    return (total - said).clamp(max=20.0).mean()


def _grouped(values: Tensor, owner: Tensor, count: int, start: Tensor) -> Tensor:
    """log(exp(start) + sum of exp over each owner's values) [count]"""
    top = start.clone().scatter_reduce(0, owner, values.detach(), "amax")
    shares = (values - top[owner]).exp()
    summed = (start - top).exp().index_add(0, owner, shares)
    return top + summed.log()


class Run:
    """A reader in training: time-bounded, saved every five minutes, gone on with where its state is found."""

    def __init__(self, meanings: Meanings, state: Path, seed: int = 0) -> None:
        torch.manual_seed(seed)
        torch.set_flush_denormal(True)
        self.words, self.rng, self.state = Words(meanings), random.Random(seed), state
        vocabulary, width = meanings.table.shape
        self.reader, self.mean = Reader(vocabulary, width), Reader(vocabulary, width).eval()
        self.optimizer = torch.optim.AdamW(self.reader.parameters(), lr=RATE, weight_decay=0.02, betas=(0.9, 0.98))
        self.step, self.spent = 0, 0.0
        if state.exists():
            self._load()
        else:
            self.mean.load_state_dict(self.reader.state_dict())

    def train(self, samples: Sequence[Sample], minutes: float, log: Callable[[str], None] = print) -> None:
        """Until `minutes` in all are spent; the learning rate falls to nothing with them."""
        order: list[int] = []
        losses: list[float] = []
        begun = saved = time.monotonic()
        before = self.spent
        while self.spent < minutes * 60:
            if len(order) < BATCH:
                order = self.rng.sample(range(len(samples)), len(samples))
            losses.append(self._step([samples[order.pop()] for _ in range(BATCH)], self.spent / minutes / 60))
            self.spent = before + time.monotonic() - begun
            if self.step % 50 == 0:
                log(f"step {self.step}  {self.spent / 60:.1f} min  loss {sum(losses[-50:]) / len(losses[-50:]):.3f}")
            if time.monotonic() - saved > SAVED_S:
                saved = time.monotonic()
                self.save()
        self.save()

    def _step(self, chosen: Sequence[Sample], done: float) -> float:
        for group in self.optimizer.param_groups:
            group["lr"] = RATE * min(1.0, (self.step + 1) / WARM) * (0.03 + 0.97 * math.cos(done * math.pi / 2) ** 2)
        batch = self.words.batch([(s.asked, s.windows) for s in chosen])
        loss = loss_of(self.reader.train()(batch), batch, chosen)
        self.optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(self.reader.parameters(), 1.0)
        self.optimizer.step()
        self.step += 1
        with torch.no_grad():
            for mean, own in zip(self.mean.parameters(), self.reader.parameters(), strict=True):
                mean.lerp_(own, max(1 - KEEP, 1 / self.step))
        return float(loss.detach())

    def save(self) -> None:
        """Weights, their mean and Adam's moments; what comes first in the order of samples is drawn anew."""
        held = {f"own.{n}": v for n, v in self.reader.state_dict().items()}
        held |= {f"mean.{n}": v for n, v in self.mean.state_dict().items()}
        for at, moments in self.optimizer.state_dict()["state"].items():
            held |= {f"adam.{at}.{name}": value for name, value in moments.items()}
        part = self.state.with_suffix(".part")
        spent = json.dumps({"step": self.step, "spent": self.spent})
        save_file({n: v.contiguous() for n, v in held.items()}, part, metadata={"run": spent})
        part.replace(self.state)

    def _load(self) -> None:
        held = load_file(self.state)
        with safe_open(self.state, framework="pt") as file:
            run = json.loads(file.metadata()["run"])
        self.step, self.spent = run["step"], run["spent"]
        for prefix, reader in (("own.", self.reader), ("mean.", self.mean)):
            reader.load_state_dict({n.removeprefix(prefix): v for n, v in held.items() if n.startswith(prefix)})
        moments: dict[int, dict[str, Tensor]] = {}
        for name, value in held.items():
            if name.startswith("adam."):
                _, at, kind = name.split(".")
                moments.setdefault(int(at), {})[kind] = value
        groups = self.optimizer.state_dict()["param_groups"]
        self.optimizer.load_state_dict({"state": moments, "param_groups": groups})


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


@dataclass(frozen=True, slots=True)
class Trust:
    """How sure the best sentence and the reader together are (twin_config.reader_weights), and the thresholds."""

    weights: tuple[float, float, float]  # of the best sentence's own logit, of the reader's, bias
    grounded_at: float
    span_at: float
    report: str


def trust(words: Words, reader: Reader, own: Sequence[float], samples: Sequence[Sample]) -> Trust:
    """own: weights of answering.sentences.FEATURES and the bias. Sentences are chosen by these alone."""
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
    own_weight, reader_weight, shift = logistic(seen, known)
    sure = (seen @ torch.tensor([own_weight, reader_weight]) + shift).sigmoid()

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
    return Trust((own_weight, reader_weight, shift), least, threshold, report)


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
