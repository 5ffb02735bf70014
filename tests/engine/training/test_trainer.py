"""The run: bounded by time, the same after a stop or a kill, exported as a checkpoint that answers."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from safetensors.torch import load_file
from small_run import (
    CONFIG,
    PRESET,
    Json,
    boat_text,
    key_text,
    log,
    make,
    prepared_run,
    write_config,
    write_data,
    write_phases,
)

from engine.config import ModelConfig
from engine.interleave import Ask, Hop
from engine.library import Passage
from engine.policy import Policy
from engine.session import Answer, Engine
from engine.training import trainer
from engine.training.__main__ import main
from engine.training.state import find_state, load_place, save_state
from engine.training.trainer import initialise, make_optimizers

ROOT = Path(__file__).parents[3]
EVERY_STEP = """
import json, sys
from pathlib import Path
from engine.config import ModelConfig
from engine.training.phase import all_phases
from engine.training.trainer import Run, Trainer
where = Path(sys.argv[1])
run = Run(
    prepared=where / "data", tokenizer=where / "tokenizer.json", words=where / "words.safetensors",
    out=where / "killed", minutes=2.0, device="cpu", seed=7, save_minutes=0.0, threads=1,
)
Trainer(run, ModelConfig.from_dict(json.loads(sys.argv[2])), all_phases(where / "phases")).train()
"""


@pytest.fixture(scope="module")
def where(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """data/, tokenizer.json, word vectors and phases/ of the runs here."""
    folder = tmp_path_factory.mktemp("run")
    prepared_run(folder)
    write_phases(folder / "phases")
    return folder


@pytest.fixture(scope="module")
def uninterrupted(where: Path) -> list[Json]:
    make(where, where / "whole").train()
    return log(where / "whole")


def test_a_run_goes_through_its_phases(
    where: Path, uninterrupted: list[Json], capsys: pytest.CaptureFixture[str]
) -> None:
    assert [(one["phase"], one["step"]) for one in uninterrupted] == [
        (phase, step) for phase in ("1-first", "2-second") for step in range(3)
    ]
    assert all(0 < one["routing"] < 20 and 0 < one["language"] < 20 and one["identity"] > 0 for one in uninterrupted)
    state = find_state(where / "whole" / "state")
    assert state == where / "whole" / "state"
    assert load_place(state) | {"seconds": 0} == {"phase": 1, "step": 3, "total": 6, "seconds": 0, "seed": 7}
    learnt, start = load_file(state / "model.safetensors"), make(where, where / "fresh").model.state_dict()
    assert learnt.keys() == start.keys()
    assert not any(torch.equal(learnt[name], start[name]) for name in start if name.endswith("proj.weight"))
    capsys.readouterr()
    make(where, where / "whole").train()
    assert "the recipe is finished" in capsys.readouterr().err
    assert log(where / "whole") == uninterrupted, "nothing more is done"


def test_the_seed_decides(where: Path, tmp_path: Path, uninterrupted: list[Json]) -> None:
    make(where, tmp_path / "other", seed=8).train()
    other = log(tmp_path / "other")
    assert len(other) == len(uninterrupted)
    assert all(one != this for one, this in zip(uninterrupted, other, strict=True))


def test_it_stops_in_time_and_goes_on_as_if_it_had_not(
    where: Path, tmp_path: Path, uninterrupted: list[Json], monkeypatch: pytest.MonkeyPatch
) -> None:
    """By a clock that ticks a second whenever it is read: two steps fit into six seconds."""
    ticks = iter(range(10_000))
    monkeypatch.setattr(trainer, "time", SimpleNamespace(monotonic=lambda: float(next(ticks))))
    done = []
    for _ in range(3):
        make(where, tmp_path / "stopped", minutes=6 / 60).train()
        done.append(len(log(tmp_path / "stopped")))
    assert done == [2, 4, 6]  # stopped within a phase, and just behind its end
    assert log(tmp_path / "stopped") == uninterrupted
    for name in ("model", "optimizers"):
        one, other = (
            load_file(out / "state" / f"{name}.safetensors") for out in (tmp_path / "stopped", where / "whole")
        )
        assert one.keys() == other.keys()
        assert all(torch.equal(one[key], other[key]) for key in one)


def test_no_time_no_step(where: Path, tmp_path: Path) -> None:
    make(where, tmp_path / "none", minutes=-1.0).train()
    assert not (tmp_path / "none" / "train.jsonl").exists()
    assert load_place(tmp_path / "none" / "state")["total"] == 0


def test_killed_it_goes_on_from_its_last_state(where: Path, uninterrupted: list[Json]) -> None:
    """A process that saves at every step dies after some; what it did not save is done again, with the same losses."""
    out = where / "killed"
    process = subprocess.Popen(
        [sys.executable, "-c", EVERY_STEP, str(where), json.dumps(CONFIG)], cwd=ROOT, stderr=subprocess.DEVNULL
    )
    deadline = time.monotonic() + 60
    while not (out / "train.jsonl").exists() or len(log(out)) < 3:
        assert time.monotonic() < deadline
        assert process.poll() in (None, 0)
        time.sleep(0.005)
    process.send_signal(signal.SIGKILL)
    process.wait(timeout=30)
    assert find_state(out / "state")
    make(where, out).train()
    assert log(out) == uninterrupted, "each step is there once, with what it was"


def test_the_state_is_whole_at_every_instant(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Cut off at each change of a folder, twice in a row: one whole state is always found."""
    model = initialise(ModelConfig.from_dict(CONFIG), 1)
    optimizers = make_optimizers(model, 1e-3)

    class Cut(BaseException):
        pass

    def save(number: int, cut_at: int | None) -> bool:
        calls = iter(range(100))

        def counted(act: Any) -> Any:
            def acting(*arguments: Any, **options: Any) -> Any:
                if next(calls) == cut_at:
                    raise Cut
                return act(*arguments, **options)

            return acting

        with monkeypatch.context() as patch:
            patch.setattr(shutil, "rmtree", counted(shutil.rmtree))
            patch.setattr(Path, "rename", counted(Path.rename))
            try:
                save_state(tmp_path / "state", model, optimizers, {"total": number})
            except Cut:
                return False
            return True

    assert save(0, None)
    number, finished = 0, 0
    for first in range(6):
        for second in range(6):
            for cut in (first, second):
                before, number = number, number + 1
                finished += save(number, cut)
                state = find_state(tmp_path / "state")
                assert state is not None, (first, second)
                assert (state / "model.safetensors").exists()
                total = load_place(state)["total"]
                assert total in (before, number)
                number = total
    assert 0 < finished < 72


def test_a_state_holds_no_pickle(where: Path, uninterrupted: list[Json]) -> None:
    assert uninterrupted
    names = {path.name for path in (where / "whole").rglob("*") if path.is_file()}
    assert names == {"train.jsonl", "model.safetensors", "config.json", "optimizers.safetensors", "place.json"}
    kept = load_file(where / "whole" / "state" / "optimizers.safetensors")
    assert any(key.startswith("muon/") for key in kept)
    assert any(key.startswith("adamw/model.embed_tokens.weight/") for key in kept)


class Shelf:
    """A library over the texts of this run; words count once."""

    def __init__(self, texts: Mapping[int, str]) -> None:
        self.texts = texts

    def passages(self, documents: Sequence[int]) -> list[Passage]:
        found = []
        for document in documents:
            text = self.texts[document]
            middle = text.index(". ") + 1
            found.append(Passage(document, "", text, [(0, middle), (middle + 1, len(text))]))
        return found

    def parts(self, document: int) -> list[Passage]:
        return self.passages([document])

    def words(self, text: str, limit: int) -> dict[int, float]:
        asked = set(text.lower().strip("?").split())
        shared = {number: float(len(asked & set(held.lower().split()))) for number, held in self.texts.items()}
        return dict(sorted(shared.items(), key=lambda item: -item[1])[:limit])

    def dated(self) -> None:
        return None

    def rarity(self, words: Sequence[str]) -> dict[str, float]:
        return dict.fromkeys(words, 1.0)


def test_prepared_trained_and_exported_it_answers(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The commands one after the other, then the engine on what they made."""
    shared = ["--out", str(tmp_path / "run"), "--preset", str(write_config(tmp_path / "small.json"))]
    main(["prepare", "--data", str(write_data(tmp_path / "sets")), *shared])
    phases = write_phases(tmp_path / "phases")
    main(["words", "--phases", str(phases), "--steps", "2", *shared])
    main(["train", "--phases", str(phases), "--device", "cpu", "--threads", "1", "--minutes", "1", *shared])
    main(["export", "--to", str(tmp_path / "model"), *shared])
    assert "left=" in capsys.readouterr().err  # progress
    assert {path.name for path in (tmp_path / "model").iterdir()} == {
        "config.json", "model.safetensors", "tokenizer.json",
    }  # fmt: skip
    weights = load_file(tmp_path / "model" / "model.safetensors")
    learnt = load_file(tmp_path / "run" / "state" / "model.safetensors")
    assert {tensor.dtype for tensor in weights.values()} == {torch.bfloat16}
    assert all(torch.equal(weights[name], learnt[name].bfloat16()) for name in learnt)

    engine = Engine.open(tmp_path / "model", tmp_path / "bank", device="cpu")
    assert engine.policy == Policy.of(PRESET["twin_config"])
    assert engine.policy.answer == "quote"
    texts = {number: key_text(number) for number in range(8)} | {100 + n: boat_text(n) for n in range(8)}
    engine.encode(list(texts.items()))
    *hops, answer = engine.answer(Ask("Where hangs the key of room 5?"), Shelf(texts))
    assert hops
    assert isinstance(hops[0], Hop)
    assert isinstance(answer, Answer)
    assert answer.grounded
    assert "shelf 895" in answer.text
    assert answer.supports[0].document == 5


def test_help_says_what_a_run_is() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "engine.training", "--help"], cwd=ROOT, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    said = " ".join(done.stdout.split())
    for word in (
        "time-bounded",
        "checkpointed",
        "resumable",
        "CPU or GPU",
        "--minutes",
        "--device",
        "--seed",
        "--data",
    ):
        assert word in said


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["prepare"], "needs --data"),
        (["prepare", "--data", "{}/nothing"], "none of the sets"),
        (["train", "--out", "{}/empty"], "tokenizer"),
        (["export", "--out", "{}/empty", "--to", "{}/model"], "no state to export"),
        (["export", "--out", "{run}/whole"], "needs --to"),
        (["export", "--out", "{run}/whole", "--preset", "small", "--to", "{}/model"], "another shape"),
        (["train", "--preset", "{}/none.json"], "none.json"),
    ],
)
def test_what_is_missing_is_said(
    where: Path, uninterrupted: list[Json], tmp_path: Path, arguments: list[str], told: str,
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    assert uninterrupted
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as end:
        main([argument.format(tmp_path, run=where) for argument in arguments])
    assert end.value.code == 2
    assert told in capsys.readouterr().err
