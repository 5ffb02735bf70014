"""Checkpoints of a run: weights, optimisers and the place in the recipe, as safetensors and JSON, swapped in whole."""

from __future__ import annotations

import json
import shutil
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

import torch
from safetensors.torch import load_file, save_file

from engine.config import ConfigError, ModelConfig
from engine.qwen3 import MemoryModel
from engine.weights import save

ANSWERING = {"twin_config", "identity_circuit"}  # of config.json: how a model is used, nothing that training sees


class Stopped(KeyboardInterrupt):
    """A signal asked this process to stop; the message says how to go on."""

    def __init__(self, number: int, message: str) -> None:
        super().__init__(message)
        self.number = number


@contextmanager
def asked_to_stop() -> Iterator[list[int]]:
    """The signals that ask this process to stop while the body runs (SIGINT, SIGTERM): the first is noted, so that a
    step can be finished and saved; a second one does what it did before."""
    asked: list[int] = []

    def note(number: int, frame: FrameType | None) -> None:
        asked.append(number)
        restore()

    def restore() -> None:
        for each, handler in before.items():
            signal.signal(each, handler)

    before = {each: signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM)}
    for each in before:
        signal.signal(each, note)
    try:
        yield asked
    finally:
        restore()


def keep_lines(log: Path, kept: Callable[[dict[str, Any]], bool]) -> None:
    """Takes out of a log the steps that a state does not have, and a line that was cut off: they are done again."""
    if not log.exists():
        return

    def whole(line: str) -> bool:
        try:
            return kept(json.loads(line))
        except json.JSONDecodeError:
            return False

    lines = [line for line in log.read_text(encoding="utf-8").splitlines() if whole(line)]
    part = log.with_suffix(".part")
    part.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    part.replace(log)


def check_same(state: Path, config: ModelConfig, seed: int) -> None:
    """Raises ConfigError where a state was begun with another seed, or with another configuration in what training
    sees."""
    begun, held = load_place(state).get("seed", seed), ModelConfig.read(state).raw
    if begun != seed:
        raise ConfigError(f"{state} was begun with --seed {begun}: give that one, or another --out to begin anew")
    names = sorted({*held, *config.raw} - ANSWERING)
    if differing := [name for name in names if held.get(name) != config.raw.get(name)]:
        raise ConfigError(
            f"{state} is of a model with another {', '.join(differing)}: give the --preset it was begun with, or "
            "another --out to begin anew"
        )


def save_state(
    folder: Path, model: MemoryModel, optimizers: dict[str, torch.optim.Optimizer], place: dict[str, Any]
) -> None:
    """Replaces `folder`; killed at any instant either the old or the new state is there (folder or folder.old)."""
    scratch, old = folder.with_suffix(".part"), folder.with_suffix(".old")
    shutil.rmtree(scratch, ignore_errors=True)
    save(model, scratch)
    tensors = {}
    names: dict[torch.Tensor, str] = {parameter: name for name, parameter in model.named_parameters()}
    for title, optimizer in optimizers.items():
        for parameter, state in optimizer.state.items():
            for key, value in state.items():
                tensors[f"{title}/{names[parameter]}/{key}"] = torch.as_tensor(value).detach().cpu().contiguous()
    save_file(tensors, scratch / "optimizers.safetensors")
    (scratch / "place.json").write_text(json.dumps(place, indent=2), encoding="utf-8")
    if folder.exists():  # else `old` is the only whole state
        shutil.rmtree(old, ignore_errors=True)
        folder.rename(old)
    scratch.rename(folder)
    shutil.rmtree(old, ignore_errors=True)


def find_state(folder: Path) -> Path | None:
    """Where the last whole state is, if there is one."""
    return next((path for path in (folder, folder.with_suffix(".old")) if (path / "place.json").exists()), None)


def load_place(state: Path) -> dict[str, Any]:
    place: dict[str, Any] = json.loads((state / "place.json").read_text(encoding="utf-8"))
    return place


def load_weights(state: Path, model: MemoryModel) -> None:
    """Raises ConfigError where the state is another configuration's."""
    try:
        model.load_state_dict(load_file(state / "model.safetensors"))
    except RuntimeError as error:  # names or shapes differ
        raise ConfigError(f"{state} is of a model of another shape: give the --preset it was trained with") from error


def load_optimizers(state: Path, model: MemoryModel, optimizers: dict[str, torch.optim.Optimizer]) -> None:
    parameters = dict(model.named_parameters())
    for full, value in load_file(state / "optimizers.safetensors").items():
        title, name, key = full.split("/")
        parameter = parameters[name]
        device = "cpu" if value.dim() == 0 else parameter.device
        optimizers[title].state[parameter][key] = value.to(device)
