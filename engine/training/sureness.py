"""Fits how sure an answer is (twin_config.grounded_weights) to questions that memories answer or do not: rows that
`twin bench refuse --units FILE... --out DIR` writes."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from engine.answering.sureness import SIGNS
from engine.config import ConfigError
from engine.training.trusting import logistic

REFUSED = 1 / 9  # of the questions with an answer: these fall below grounded_at
TENTH = 0.1


@dataclass(frozen=True, slots=True)
class Rows:
    signs: Tensor  # [questions, SIGNS]
    known: Tensor  # [questions] bool: memory holds the answer
    sets: tuple[str, ...]  # each question's


@dataclass(frozen=True, slots=True)
class Sureness:
    weights: tuple[float, ...]  # of SIGNS, then the bias
    grounded_at: float
    report: str


def read_rows(paths: Sequence[Path]) -> Rows:
    """Rows of `refuse-rows.jsonl` of Twin's own answers; questions about other memories say nothing of near misses
    and are left out. Raises ConfigError where a kind of question is missing."""
    found = [
        row
        for path in paths
        for row in map(json.loads, path.read_text(encoding="utf-8").splitlines())
        if row["kind"] in ("", "marked") and len(row.get("signs", ())) == len(SIGNS)
    ]
    known = [not row["kind"] for row in found]
    if len(set(known)) < 2:
        raise ConfigError(f"{', '.join(map(str, paths))}: questions with and without an answer are needed")
    return Rows(torch.tensor([row["signs"] for row in found]), torch.tensor(known), tuple(row["set"] for row in found))


def fit(rows: Rows) -> Sureness:
    """By logistic regression, both kinds of question weighed alike; the report is on sets that were left out."""
    weights = regression(rows.signs, rows.known)
    sure = (rows.signs @ weights[:-1] + weights[-1]).sigmoid()
    lines = [f"{name:10} {value:8.3f}" for name, value in zip((*SIGNS, "bias"), weights.tolist(), strict=True)]
    for name in dict.fromkeys(rows.sets):
        own = torch.tensor([one == name for one in rows.sets])
        if any(len(set(rows.known[one].tolist())) < 2 for one in (own, ~own)):
            continue
        other = regression(rows.signs[~own], rows.known[~own])
        lines.append(f"{name} left out: {told_apart(rows.signs[own] @ other[:-1], rows.known[own])}")
    lines.append(f"all together: {told_apart(sure, rows.known)}")
    least = round(float(sure[rows.known].quantile(REFUSED)), 4)
    return Sureness(tuple(round(value, 4) for value in weights.tolist()), least, "\n".join(lines))


def regression(signs: Tensor, known: Tensor) -> Tensor:
    """[SIGNS + 1] weights and bias; fitted on standardised signs, so that none needs more steps than another."""
    mean, scale = signs.mean(0), signs.std(0).clamp(min=1e-6)
    *weights, bias = logistic((signs - mean) / scale, known)
    own = torch.tensor(weights) / scale
    return torch.cat([own, (bias - own @ mean)[None]])


def told_apart(sure: Tensor, known: Tensor) -> str:
    yes, no = sure[known], sure[~known]
    above = (yes[:, None] > no).float().mean() + 0.5 * (yes[:, None] == no).float().mean()
    refused = (no < yes.quantile(TENTH)).float().mean()
    return f"AUROC {above:.3f}, refused rightly {refused:.3f} at {TENTH:.0%} wrongly ({len(yes)}, {len(no)})"
