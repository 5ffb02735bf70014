"""A network in training goes on where it stopped, for as long as it was given."""

from __future__ import annotations

import json
import signal
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from engine.config import ConfigError
from engine.training.state import Stopped
from engine.training.timed import Timed


def losses(limit: int) -> Iterator[Callable[[nn.Linear], Tensor]]:
    for _ in range(limit):
        yield lambda line: (line(torch.ones(1, 3)) - 2.0).square().sum()


def begun(state: Path) -> Timed[nn.Linear]:
    return Timed(lambda: nn.Linear(3, 2), state, rate=0.1)


def test_it_learns_and_goes_on(tmp_path: Path) -> None:
    run, learning = begun(tmp_path / "state"), losses(60)
    first = run.learn(next(learning), 0.0)
    while run.step < 50:
        last = run.learn(next(learning), 0.0)
    assert last < 0.5 * first
    run.save()
    again = begun(tmp_path / "state")
    assert again.step == 50
    assert torch.equal(again.own.weight, run.own.weight)
    assert torch.equal(again.mean.weight, run.mean.weight)
    assert not torch.equal(again.mean.weight, again.own.weight)
    further = [one.learn(next(losses(1)), 0.5) for one in (run, again)]
    assert further[0] == further[1]
    assert torch.equal(again.own.weight, run.own.weight), "its moments came with it"


def test_it_stops_when_its_minutes_are_spent(tmp_path: Path) -> None:
    run, lines = begun(tmp_path / "state"), list[str]()
    run.train(losses(100_000), 0.01, log=lines.append)
    assert run.spent >= 0.6
    assert lines, "it tells how far it is every fifty steps"
    steps = run.step
    assert 50 <= steps < 100_000
    again = begun(tmp_path / "state")
    again.train(losses(0), 0.01, log=lines.append)
    assert again.step == steps, "nothing is asked for once they are spent"
    assert "raise --minutes" in lines[-1]


def drawn(step: int) -> Iterator[Callable[[nn.Module], Tensor]]:
    while True:
        seen = torch.randn(4, 3, generator=torch.Generator().manual_seed(step))
        yield partial(off_two, seen)
        step += 1


def off_two(seen: Tensor, network: nn.Module) -> Tensor:
    out: Tensor = network(seen)
    return (out - 2.0).square().sum()


def test_of_so_many_steps_one_seed_makes_one_network_however_often_it_was_stopped(tmp_path: Path) -> None:
    def network(state: Path, minutes: tuple[float, ...]) -> tuple[int, Tensor]:
        for each in minutes:
            run = Timed(lambda: nn.Sequential(nn.Dropout(0.5), nn.Linear(3, 2)), state, rate=0.1)
            run.train(drawn(run.step), each, 400, log=lambda line: None)
        return run.step, run.mean.state_dict()["1.weight"]

    whole = network(tmp_path / "whole.state", (10.0,))
    parts = network(tmp_path / "parts.state", (0.0005, 0.001, 10.0))
    assert whole[0] == parts[0] == 400
    assert torch.equal(whole[1], parts[1])


def test_the_time_bounds_the_steps_as_well(tmp_path: Path) -> None:
    run, lines = begun(tmp_path / "state"), list[str]()
    run.train(losses(100_000), 0.002, 100_000, log=lines.append)
    assert 0 < run.step < 100_000
    run.train(losses(0), 0.002, 100_000, log=lines.append)
    assert "raise --minutes" in lines[-1]
    run.train(losses(0), 10.0, run.step, log=lines.append)
    assert "raise --steps" in lines[-1]


def logged(folder: Path) -> list[int]:
    return [json.loads(line)["step"] for line in (folder / "answer.jsonl").read_text(encoding="utf-8").splitlines()]


def test_a_signal_ends_it_with_its_state_saved(tmp_path: Path) -> None:
    def signalled() -> Iterator[Callable[[nn.Linear], Tensor]]:
        for at, loss in enumerate(losses(100)):
            if at == 3:
                signal.raise_signal(signal.SIGTERM)
            yield loss

    with pytest.raises(Stopped, match=r"saved at step 4.*the same command goes on"):
        begun(tmp_path / "state").train(signalled(), 1.0)
    again = begun(tmp_path / "state")
    assert again.step == 4
    again.learn(next(losses(1)), 0.0)
    again._write(0.0)
    begun(tmp_path / "state").train(losses(1000), again.spent / 60 + 0.001)
    assert logged(tmp_path) == list(range(1, len(logged(tmp_path)) + 1)), "what no state has is done again"


def test_another_seed_or_network_is_refused(tmp_path: Path) -> None:
    begun(tmp_path / "state").save()
    with pytest.raises(ConfigError, match="begun with --seed 0"):
        Timed(lambda: nn.Linear(3, 2), tmp_path / "state", rate=0.1, seed=1)
    with pytest.raises(ConfigError, match="another network"):
        Timed(lambda: nn.Linear(3, 4), tmp_path / "state", rate=0.1)
