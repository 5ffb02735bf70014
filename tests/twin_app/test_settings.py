"""Settings: precedence, validation, and a file that stays the person's own."""

from __future__ import annotations

import resource
import stat
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from owners import ROOT

from twin_app.errors import SettingsError
from twin_app.settings import KEYS, Settings, load, parse, write


def test_flag_over_variable_over_file_over_default(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text('model = "filed"\ndevice = "cpu"\nhistory = "keep"\nme = ["Anna", "anna@x.de"]\n')
    found = load(
        file,
        environment={"TWIN_MODEL": "variable", "TWIN_DEVICE": "mps"},
        flags={"model": "flag", "device": None},
    )
    assert found.settings == Settings(me=("Anna", "anna@x.de"), model="flag", device="mps", history="keep")
    assert [found.origin[key] for key in ("model", "device", "history", "threads")] == [
        "flag",
        "TWIN_DEVICE",
        str(file),
        "default",
    ]
    assert found.overrides == {"model": "flag", "device": "mps"}


def test_no_file_means_defaults(tmp_path: Path) -> None:
    assert load(tmp_path / "none.toml", environment={}).settings == Settings()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("retreival = 'both'", "did you mean retrieval"),
        ("zzz = 1", "the keys are me, model"),
        ("history = 'on'", "off, keep"),
        ("device = 'gpu'", "cuda"),
        ("idle_minutes = 0", "more than 0"),
        ("idle_minutes = nan", "more than 0"),
        ("idle_minutes = 'long'", "a number"),
        ("threads = 1.5", "a whole number"),
        ("threads = true", "a whole number"),
        ("me = [1]", "a list of texts"),
        ("opener = 'code {file}'", "{path}"),
        ("opener = 'code'", "needs {path}"),
        ("model = ''", "empty"),
        ("[model]\nname = 'x'", "must be text"),
        ("model = ", "not valid TOML"),
    ],
)
def test_what_cannot_be_meant_is_refused(tmp_path: Path, text: str, message: str) -> None:
    file = tmp_path / "config.toml"
    file.write_text(text)
    with pytest.raises(SettingsError, match=message) as caught:
        load(file, environment={})
    assert caught.value.exit_code == 2


def test_writing_keeps_the_rest_of_the_file(tmp_path: Path) -> None:
    file = tmp_path / "deep" / "config.toml"
    write(file, "model", "a")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    file.write_text('# mine\nmodel = "a"  # old\nme = [\n  "x",  # ]\n  "y",\n]\n# last\nthreads = 2')
    write(file, "me", ("Zoë", 'quote " and \\ and \x7f\n'))
    write(file, "model", "b")
    write(file, "idle_minutes", 2.5)
    text = file.read_text()
    assert text.startswith('# mine\nmodel = "b"\nme = ["Zoë"')
    assert "# last\nthreads = 2\nidle_minutes = 2.5\n" in text
    assert tomllib.loads(text)["me"] == ["Zoë", 'quote " and \\ and \x7f\n']
    assert [path.name for path in file.parent.iterdir()] == ["config.toml"]


def test_an_invalid_value_leaves_the_file_alone(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    write(file, "threads", 3)
    with pytest.raises(SettingsError):
        write(file, "threads", -1)
    with pytest.raises(SettingsError):
        write(file, "thread", 1)
    assert file.read_text() == "threads = 3\n"


def test_a_file_that_cannot_be_written_is_named(home: Path) -> None:
    home.mkdir()
    (home / "config.toml").write_text("threads = 3\n")
    done = subprocess.run(
        [sys.executable, "-m", "twin_app", "--home", str(home), "config", "set", "threads", "4"],
        cwd=ROOT, capture_output=True, text=True, timeout=60,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0)),
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (2, "")
    assert f"cannot write {home / 'config.toml'}: " in done.stderr
    assert "make room" in done.stderr
    assert {path.name for path in home.iterdir() if path.is_file()} == {"config.toml"}
    assert (home / "config.toml").read_text() == "threads = 3\n"


def test_every_key_survives_being_written_and_read(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    for key in KEYS:
        write(file, key, getattr(Settings(), key))
    assert load(file, environment={}).settings == Settings()
    assert load(file, environment={}).origin["me"] == str(file)


def test_plain_text_values() -> None:
    assert parse("me", " Anna ,anna@x.de,") == ("Anna", "anna@x.de")
    assert parse("idle_minutes", "0.5") == 0.5
    with pytest.raises(SettingsError, match="TWIN_THREADS"):
        parse("threads", "many", "TWIN_THREADS")
