"""A small network in training for so many minutes: its weights, their running mean, one optimiser, all in one file."""

from __future__ import annotations

import copy
import json
import math
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Generic, TypeVar

import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

WARM = 200  # steps until the learning rate is reached
KEEP = 0.999  # of the mean of weights, a step
SAVED_S = 300.0

M = TypeVar("M", bound=nn.Module)
Log = Callable[[str], None]


class Timed(Generic[M]):
    """A network in training: time-bounded, saved every five minutes, gone on with where its state is found."""

    def __init__(self, made: Callable[[], M], state: Path, rate: float, seed: int = 0) -> None:
        """made: the network as it begins."""
        torch.manual_seed(seed)
        torch.set_flush_denormal(True)
        self.own, self.state, self.rate = made(), state, rate
        self.mean = copy.deepcopy(self.own).eval()
        self.optimizer = torch.optim.AdamW(self.own.parameters(), lr=rate, weight_decay=0.02, betas=(0.9, 0.98))
        self.step, self.spent = 0, 0.0
        if state.exists():
            self._load()

    def train(self, losses: Iterator[Callable[[M], Tensor]], minutes: float, log: Log = print) -> None:
        """Until `minutes` in all are spent; the learning rate falls to nothing with them."""
        held: list[float] = []
        begun = saved = time.monotonic()
        before = self.spent
        while self.spent < minutes * 60:
            held.append(self.learn(next(losses), self.spent / minutes / 60))
            self.spent = before + time.monotonic() - begun
            if self.step % 50 == 0:
                log(f"step {self.step}  {self.spent / 60:.1f} min  loss {sum(held[-50:]) / len(held[-50:]):.3f}")
            if time.monotonic() - saved > SAVED_S:
                saved = time.monotonic()
                self.save()
        self.save()

    def learn(self, loss: Callable[[M], Tensor], done: float) -> float:
        """One step; done: the share of the time that is spent."""
        for group in self.optimizer.param_groups:
            falling = 0.03 + 0.97 * math.cos(done * math.pi / 2) ** 2
            group["lr"] = self.rate * min(1.0, (self.step + 1) / WARM) * falling
        value = loss(self.own.train())
        self.optimizer.zero_grad()
        value.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(self.own.parameters(), 1.0)
        self.optimizer.step()
        self.step += 1
        with torch.no_grad():
            for mean, own in zip(self.mean.parameters(), self.own.parameters(), strict=True):
                mean.lerp_(own, max(1 - KEEP, 1 / self.step))
        return float(value.detach())

    def save(self) -> None:
        """Weights, their mean and Adam's moments."""
        held = {f"own.{n}": v for n, v in self.own.state_dict().items()}
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
        for prefix, network in (("own.", self.own), ("mean.", self.mean)):
            network.load_state_dict({n.removeprefix(prefix): v for n, v in held.items() if n.startswith(prefix)})
        moments: dict[int, dict[str, Tensor]] = {}
        for name, value in held.items():
            if name.startswith("adam."):
                _, at, kind = name.split(".")
                moments.setdefault(int(at), {})[kind] = value
        groups = self.optimizer.state_dict()["param_groups"]
        self.optimizer.load_state_dict({"state": moments, "param_groups": groups})
