"""The training loop: phases in order, bounded by time, resumable at any checkpoint, the same for the same seed."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import torch
from torch import nn

from engine.config import ConfigError, ModelConfig
from engine.qwen3 import MemoryModel
from engine.template import head_tokens
from engine.tokenizer import MemoryTokenizer
from engine.training.batches import Batch, BatchMaker, Corpus
from engine.training.objectives import Losses, losses
from engine.training.phase import Phase
from engine.training.start import WORD_SHARE, start_by_words
from engine.training.state import (
    Stopped,
    asked_to_stop,
    check_same,
    find_state,
    keep_lines,
    load_optimizers,
    load_place,
    load_weights,
    save_state,
)  # fmt: skip
from engine.training.word_vectors import load_vectors


@dataclass(frozen=True, slots=True)
class Run:
    """Where a run reads and writes, and how long it may take."""

    prepared: Path  # sets written by `prepare`
    tokenizer: Path  # tokenizer.json
    words: Path  # words.safetensors: the word vectors the start is laid from
    out: Path  # state/ and train.jsonl
    minutes: float
    device: str
    seed: int
    save_minutes: float = 5.0
    threads: int = 0


def initialise(config: ModelConfig, seed: int) -> MemoryModel:
    """Random weights, the same for the same seed; `start.start_by_words` lays what routing begins with over them."""
    generator = torch.Generator().manual_seed(seed)
    model = MemoryModel(config)
    depth = (2 * config.layers) ** -0.5
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if parameter.dim() != 2:
                continue
            deviation = 0.05 if "embed" in name else 0.02
            if name.endswith(("o_proj.weight", "down_proj.weight")):
                deviation *= depth
            parameter.normal_(0.0, deviation, generator=generator)
    return model


ROUTER_SCALE = 0.1  # of the learning rate: routers start as projections that work, and small steps refine them
BLOCK_SCALE = 0.25


def make_optimizers(model: MemoryModel, rate: float) -> dict[str, torch.optim.Optimizer]:
    """Muon for the blocks' matrices, AdamW for embeddings, head, norms and (at a tenth of the rate) routers."""
    matrices, routers, others = [], [], []
    for name, parameter in model.named_parameters():
        if name == "temperature":
            parameter.requires_grad_(False)
        if not parameter.requires_grad:
            continue
        if "router" in name:
            routers.append(parameter)
        elif parameter.dim() == 2 and "embed" not in name and "lm_head" not in name:
            matrices.append(parameter)
        else:
            others.append(parameter)
    blocks = [{"params": matrices, "scale": BLOCK_SCALE}]
    rest = [{"params": others, "scale": 1.0}, {"params": routers, "scale": ROUTER_SCALE}]
    made: dict[str, torch.optim.Optimizer] = {
        "adamw": torch.optim.AdamW(rest, lr=rate, betas=(0.9, 0.98), weight_decay=0.0)
    }
    if matrices:
        made["muon"] = torch.optim.Muon(blocks, lr=rate, weight_decay=0.0, adjust_lr_fn="match_rms_adamw")
    return made


class Trainer:
    def __init__(self, run: Run, config: ModelConfig, phases: list[Phase], model: MemoryModel | None = None) -> None:
        """`model`: a checkpoint to go on from, of which what takes gradients is trained; None = the recipe's start."""
        torch.set_flush_denormal(True)  # without it the backward pass slows several-fold after the first steps
        if run.threads:
            torch.set_num_threads(run.threads)
        self.run, self.phases = run, phases
        if state := find_state(run.out / "state"):
            check_same(state, config, run.seed)
        self.tokenizer = MemoryTokenizer(run.tokenizer)
        self.model = initialise(config, run.seed) if model is None else model
        if model is None:
            vectors, wanted = load_vectors(run.words), int(config.hidden_size * WORD_SHARE)
            if vectors.shape[1] != wanted:
                raise ConfigError(
                    f"{run.words} has {vectors.shape[1]} dimensions, not {wanted}: run `words` with this --preset"
                )
            start_by_words(self.model, self.tokenizer, vectors, run.seed)
        self.model.to(run.device)
        self.optimizers = make_optimizers(self.model, phases[0].learning_rate)
        self.place: dict[str, Any] = {"phase": 0, "step": 0, "total": 0, "seconds": 0.0, "seed": run.seed}
        self.lines = run.out / "train.jsonl"
        run.out.mkdir(parents=True, exist_ok=True)
        if state:
            self.place |= load_place(state)
            load_weights(state, self.model)
            load_optimizers(state, self.model, self.optimizers)
        self.head = torch.tensor(head_tokens(self.tokenizer), device=run.device)
        self.dtype = torch.bfloat16

    def train(self) -> None:
        """Runs until the recipe or the time is at its end, or a signal asks it to stop, which raises Stopped behind
        the step; the state is saved in every case."""
        keep_lines(self.lines, lambda line: bool(line.get("total", 0) <= self.place["total"]))
        began = saved = time.monotonic()
        spent = self.place["seconds"]
        with asked_to_stop() as asked:
            for phase, step, batch in self._batches(began + 60 * self.run.minutes):
                started = time.monotonic()
                found = self._step(phase, step, batch)
                now = time.monotonic()
                self.place |= {"total": self.place["total"] + 1, "step": step + 1, "seconds": spent + now - began}
                self._log(phase, step, found, batch, now - started)
                if asked:
                    break
                if now - saved > 60 * self.run.save_minutes:
                    self.save()
                    saved = now
            self.save()
        told = f"saved at step {self.place['total']} of {sum(phase.steps for phase in self.phases)}: "
        if self.finished:
            told += f"the recipe is finished. Export it, or raise `steps` in {self.phases[-1].name}.toml to train on"
        else:
            told += "the same command goes on from there"
        if asked:
            raise Stopped(asked[0], told)
        print(told, file=sys.stderr)

    @property
    def finished(self) -> bool:
        last = len(self.phases) - 1
        return (self.place["phase"], self.place["step"]) >= (last, self.phases[last].steps)

    def save(self) -> None:
        save_state(self.run.out / "state", self.model, self.optimizers, self.place)

    def _batches(self, deadline: float) -> Iterator[tuple[Phase, int, Batch]]:
        with ThreadPoolExecutor(max_workers=1) as worker:
            while not self.finished:
                phase = self.phases[self.place["phase"]]
                maker = BatchMaker(
                    Corpus(self.run.prepared, phase.corpora), self.tokenizer, documents=phase.documents,
                    group=phase.group, max_tokens=phase.max_tokens, top_k=self.model.config.routing.top_k,
                    hops=phase.hops, seed=self.run.seed + self.place["phase"],
                )  # fmt: skip
                coming = worker.submit(maker.make, self.place["step"])
                for step in range(self.place["step"], phase.steps):
                    if time.monotonic() > deadline:
                        return
                    batch = coming.result()
                    coming = worker.submit(maker.make, step + 1)
                    yield phase, step, batch
                if not self.finished:
                    self.place |= {"phase": self.place["phase"] + 1, "step": 0}

    def _step(self, phase: Phase, step: int, batch: Batch) -> Losses:
        device, rate = self.run.device, phase.rate(step)
        for optimizer in self.optimizers.values():
            for group in optimizer.param_groups:
                group["lr"] = rate * group["scale"]
        moved = Batch(*(getattr(batch, field.name).to(device) for field in fields(batch)))
        generator = torch.Generator().manual_seed(self.run.seed * 1_000_003 + self.place["total"])
        with torch.autocast(device_type=device.partition(":")[0], dtype=self.dtype):
            found = losses(
                self.model, moved, self.head, in_view=phase.documents_in_view(step),
                id_questions=phase.id_questions, lm_share=phase.language_share, generator=generator,
                dtype=self.dtype,
            )  # fmt: skip
        loss = (
            phase.routing_weight * found.routing
            + phase.language_weight * found.language
            + phase.identity_weight * found.identity
        )
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        for optimizer in self.optimizers.values():
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
        return found

    def _log(self, phase: Phase, step: int, found: Losses, batch: Batch, seconds: float) -> None:
        entry = {
            "phase": phase.name, "step": step, "total": self.place["total"], "seconds": round(seconds, 2),
            "tokens": int(batch.document_lengths.sum() + batch.question_lengths.sum()),
            **{field.name: round(float(getattr(found, field.name).detach()), 4) for field in fields(found)},
        }  # fmt: skip
        with self.lines.open("a", encoding="utf-8") as file:
            file.write(json.dumps(entry) + "\n")
        if step % 10 == 0:
            left = phase.steps - step
            line = " ".join(f"{key}={value}" for key, value in entry.items())
            print(f"{line} left={left * seconds / 60:.0f}min", file=sys.stderr, flush=True)
