"""A run that was stopped, killed or finished: what it says, what it keeps, and what it refuses to go on with."""

from __future__ import annotations

import json
import shutil
import signal
from pathlib import Path
from typing import Any

import pytest
from small_run import CONFIG, log, make, prepared_run, write_config, write_phases

from engine.config import ConfigError
from engine.training.__main__ import main
from engine.training.state import find_state, keep_lines, load_place
from engine.training.trainer import Trainer


@pytest.fixture(scope="module")
def where(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("going")
    prepared_run(folder)
    write_phases(folder / "phases")
    return folder


@pytest.fixture(scope="module")
def finished(where: Path) -> Path:
    make(where, where / "finished").train()
    return where / "finished"


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_ends_it_behind_the_step_with_its_state_saved(
    where: Path, tmp_path: Path, number: signal.Signals, code: int, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    for name in ("data", "tokenizer.json", "words.safetensors"):
        (tmp_path / name).symlink_to(where / name)
    step, before = Trainer._step, [signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM)]

    def signalled(self: Trainer, *given: Any) -> Any:
        if self.place["total"] == 1:
            signal.raise_signal(number)
        return step(self, *given)

    monkeypatch.setattr(Trainer, "_step", signalled)
    config = str(write_config(tmp_path / "config.json"))
    arguments = ["train", "--out", str(tmp_path), "--phases", str(where / "phases"), "--preset", config]
    with pytest.raises(SystemExit) as end:
        main([*arguments, "--device", "cpu", "--threads", "1"])
    assert end.value.code == code
    said = capsys.readouterr().err.splitlines()[-1]
    assert said == "train: saved at step 2 of 6: the same command goes on from there"
    state = find_state(tmp_path / "state")
    assert state is not None
    assert load_place(state)["total"] == len(log(tmp_path)) == 2
    assert [signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM)] == before


def test_another_seed_or_preset_is_refused(where: Path, finished: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ConfigError, match="begun with --seed 7"):
        make(where, finished, seed=8)
    with monkeypatch.context() as patch:
        patch.setitem(CONFIG, "rope_theta", 500.0)
        with pytest.raises(ConfigError, match="another rope_theta: give the --preset"):
            make(where, finished)
    monkeypatch.setitem(CONFIG, "twin_config", {"answer": "quote"})
    make(where, finished)  # how it answers is no part of training


def test_word_vectors_of_another_preset_are_refused(where: Path, tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setitem(CONFIG, "hidden_size", 64)
    with pytest.raises(ConfigError, match="run `words` with this --preset"):
        make(where, tmp_path)


def test_a_finished_recipe_goes_on_where_steps_are_raised(where: Path, finished: Path, tmp_path: Path) -> None:
    shutil.copytree(finished, tmp_path / "run")
    last = where / "phases" / "2-second.toml"
    text = last.read_text(encoding="utf-8")
    last.write_text(text.replace("steps = 3", "steps = 5"), encoding="utf-8")
    try:
        longer = make(where, tmp_path / "run")
    finally:
        last.write_text(text, encoding="utf-8")
    longer.train()
    assert [line["total"] for line in log(tmp_path / "run")] == [1, 2, 3, 4, 5, 6, 7, 8]
    assert log(tmp_path / "run")[:6] == log(finished)


def test_lines_beyond_a_state_are_dropped(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    keep_lines(path, lambda line: False)
    assert not path.exists()
    whole = [json.dumps({"total": number}) for number in (1, 2, 3)]
    path.write_text("\n".join(whole) + '\n{"tot', encoding="utf-8")
    keep_lines(path, lambda line: bool(line["total"] <= 2))
    assert path.read_text(encoding="utf-8").splitlines() == whole[:2]
