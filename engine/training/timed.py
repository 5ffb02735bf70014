"""A small network in training: weights, their running mean, one optimiser and what it has had, all in one file."""

from __future__ import annotations

import copy
import json
import math
import time
from collections.abc import Callable, Iterator
from itertools import chain
from pathlib import Path
from typing import Generic, TypeVar

import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from engine.config import ConfigError
from engine.training.state import Stopped, asked_to_stop, keep_lines

WARM = 200  # steps until the learning rate is reached
KEEP = 0.999  # of the mean of weights, a step
SAVED_S = 300.0

M = TypeVar("M", bound=nn.Module)
Log = Callable[[str], None]


class Timed(Generic[M]):
    """A network in training: bounded by time, saved every five minutes, gone on with where its state is found."""

    def __init__(
        self, made: Callable[[], M], state: Path, rate: float, seed: int = 0, device: str = "cpu"
    ) -> None:  # fmt: skip
        """made: the network as it begins. A line a step goes into answer.jsonl beside the state.

        Raises ConfigError where the state is of another seed or another network."""
        torch.manual_seed(seed)
        torch.set_flush_denormal(True)
        self.own, self.state, self.rate, self.seed = made().to(device), state, rate, seed
        self.lines = state.with_name("answer.jsonl")
        self.mean = copy.deepcopy(self.own).eval()
        self.optimizer = torch.optim.AdamW(self.own.parameters(), lr=rate, weight_decay=0.02, betas=(0.9, 0.98))
        self.step, self.spent = 0, 0.0
        if state.exists():
            self._load()

    def train(
        self, losses: Iterator[Callable[[M], Tensor]], minutes: float, steps: int = 0, log: Log = print
    ) -> None:  # fmt: skip
        """Until `minutes` in all are spent, what is made before the first step not counted, or `steps` are taken.

        The learning rate falls to nothing with the steps, so that the same seed gives the same weights however often
        and wherever it was stopped; with the minutes where no steps are given. Raises Stopped behind the step in which
        a signal asks for it; the state is saved."""

        def done() -> float:
            return self.step / steps if steps else self.spent / minutes / 60

        def is_over() -> bool:
            return self.spent >= minutes * 60 or done() >= 1

        if is_over():
            had = f"{steps} steps" if steps and done() >= 1 else f"{minutes:.1f} minutes"
            log(f"{self.state} has had its {had}: raise --{had.split()[1]} to train on")
            return
        losses = chain([next(losses)], losses)
        keep_lines(self.lines, lambda line: line["part"] != self.state.stem or line["step"] <= self.step)
        held: list[float] = []
        begun = saved = time.monotonic()
        before = self.spent
        with asked_to_stop() as asked:
            while not is_over() and not asked:
                held.append(self.learn(next(losses), done()))
                self.spent = before + time.monotonic() - begun
                self._write(held[-1])
                if self.step % 50 == 0:
                    log(f"step {self.step}  {self.spent / 60:.1f} min  loss {sum(held[-50:]) / len(held[-50:]):.3f}")
                if time.monotonic() - saved > SAVED_S:
                    saved = time.monotonic()
                    self.save()
            self.save()
        if asked:
            told = f"{self.state} is saved at step {self.step}, {self.spent / 60:.1f} of {minutes:.1f} minutes"
            raise Stopped(asked[0], f"{told}: the same command goes on from there")

    def _write(self, loss: float) -> None:
        entry = {"part": self.state.stem, "step": self.step, "minutes": round(self.spent / 60, 3), "loss": loss}
        with self.lines.open("a", encoding="utf-8") as file:
            file.write(json.dumps(entry) + "\n")

    def learn(self, loss: Callable[[M], Tensor], done: float) -> float:
        """One step; done: the share of the training that is."""
        for group in self.optimizer.param_groups:
            falling = 0.03 + 0.97 * math.cos(done * math.pi / 2) ** 2
            group["lr"] = self.rate * min(1.0, (self.step + 1) / WARM) * falling
        torch.manual_seed(self.seed << 32 | self.step)  # what is dropped out is the step's, wherever a run was stopped
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
        place = json.dumps({"step": self.step, "spent": self.spent, "seed": self.seed})
        save_file({n: v.cpu().contiguous() for n, v in held.items()}, part, metadata={"run": place})
        part.replace(self.state)

    def _load(self) -> None:
        held = load_file(self.state)
        with safe_open(self.state, framework="pt") as file:
            run = json.loads(file.metadata()["run"])
        if run.get("seed", self.seed) != self.seed:
            raise ConfigError(
                f"{self.state} was begun with --seed {run['seed']}: give that one, or another --out to begin anew"
            )
        self.step, self.spent = run["step"], run["spent"]
        for prefix, network in (("own.", self.own), ("mean.", self.mean)):
            own = {n.removeprefix(prefix): v for n, v in held.items() if n.startswith(prefix)}
            try:
                network.load_state_dict(own)
            except RuntimeError as error:  # names or shapes differ
                raise ConfigError(
                    f"{self.state} is of another network: give the checkpoint (and --teacher or none) it was begun "
                    "with, or another --out to begin anew"
                ) from error
        moments: dict[int, dict[str, Tensor]] = {}
        for name, value in held.items():
            if name.startswith("adam."):
                _, at, kind = name.split(".")
                moments.setdefault(int(at), {})[kind] = value
        groups = self.optimizer.state_dict()["param_groups"]
        self.optimizer.load_state_dict({"state": moments, "param_groups": groups})
