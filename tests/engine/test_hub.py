"""`transformers` knows model_type msa once `engine` is imported; each check has a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from naive_msa import NaiveMSA
from safetensors.torch import load_file
from tiny import checkpoint

from engine.weights import load

ROOT = Path(__file__).parent.parent.parent

ROUND_TRIP = """
import json, sys
import engine
assert "transformers" not in sys.modules, "import engine brought transformers in"
import torch
torch.set_num_threads(1)
from transformers import AutoConfig, AutoModelForCausalLM
ids, said = torch.tensor([json.loads(sys.argv[1])]), []
for given, saved in zip(sys.argv[2::2], sys.argv[3::2], strict=True):
    model = AutoModelForCausalLM.from_pretrained(given)
    model.save_pretrained(saved)
    with torch.inference_mode():
        logits = model(ids).logits[0].tolist()
        written = model.generate(ids, max_new_tokens=4, do_sample=False, pad_token_id=0)[0].tolist()
    said.append({
        "config": type(AutoConfig.from_pretrained(given)).__name__, "model": type(model).__name__,
        "msa": model.config.msa_config, "logits": logits, "written": written,
    })
print(json.dumps(said))
"""

LAID = """
import sys
from pathlib import Path
import engine
import torch
torch.set_num_threads(1)
from transformers import AutoModelForCausalLM
from engine.weights import load
given, saved = sys.argv[1:]
model = AutoModelForCausalLM.from_pretrained(given)
model.save_pretrained(saved)
again = AutoModelForCausalLM.from_pretrained(saved)
own = load(Path(given), dtype=model.dtype).state_dict()
for hub in (model, again):
    held = hub.state_dict()
    assert all(torch.equal(value, held[name]) for name, value in own.items()), hub.config
print("the same")
"""

LATE = """
from transformers import AutoConfig
import engine
import sys
print(AutoConfig.from_pretrained(sys.argv[1]).model_type)
"""

LIGHT = """
import sys
import engine, engine.session, engine.interleave, engine.weights
print([name for name in ("transformers", "duckdb", "textual", "ingest", "twin_app") if name in sys.modules])
"""


def run(script: str, *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", script, *arguments],
        cwd=ROOT, capture_output=True, text=True, timeout=90, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout.strip().splitlines()[-1]


@pytest.fixture(scope="module")
def round_trips(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[Path, Path, Any]]:
    """Given and saved checkpoint and what was said, for tied and untied embeddings; one process for both."""
    folder = tmp_path_factory.mktemp("hub")
    pairs = {}
    for name in ("tied", "untied"):
        given = checkpoint(folder / name, tie_word_embeddings=name == "tied", rope_theta=5000000.0)
        pairs[name] = (given, folder / f"{name}-saved")
    paths = [str(path) for pair in pairs.values() for path in pair]
    said = json.loads(run(ROUND_TRIP, "[5, 60, 700, 8]", *paths))
    return {name: (*pair, found) for (name, pair), found in zip(pairs.items(), said, strict=True)}


@pytest.fixture(params=["tied", "untied"])
def round_trip(
    request: pytest.FixtureRequest, round_trips: dict[str, tuple[Path, Path, Any]]
) -> tuple[Path, Path, Any]:
    return round_trips[request.param]


def test_auto_classes_know_msa(round_trip: tuple[Path, Path, Any]) -> None:
    given, _, said = round_trip
    assert (said["config"], said["model"]) == ("MSAConfig", "MSAForCausalLM")
    config = json.loads((given / "config.json").read_text(encoding="utf-8"))
    assert said["msa"] == config["msa_config"]


def test_saved_under_the_very_names(round_trip: tuple[Path, Path, Any]) -> None:
    given, saved, _ = round_trip
    before, after = (load_file(folder / "model.safetensors") for folder in (given, saved))
    assert set(before) == set(after)
    assert all(torch.equal(before[name], after[name]) for name in before)


def test_the_engine_reads_what_was_saved(round_trip: tuple[Path, Path, Any]) -> None:
    given, saved, _ = round_trip
    before, after = load(given), load(saved)
    assert before.config.routing == after.config.routing
    assert before.config.tied_embeddings == after.config.tied_embeddings
    assert before.config.rope_theta == after.config.rope_theta
    names = before.state_dict()
    assert names
    assert all(torch.equal(value, after.state_dict()[name]) for name, value in names.items())


def test_without_memory_it_is_a_causal_language_model(round_trip: tuple[Path, Path, Any]) -> None:
    given, _, said = round_trip
    config = json.loads((given / "config.json").read_text(encoding="utf-8"))
    naive = NaiveMSA(config, load_file(given / "model.safetensors"))
    tokens = said["written"][:-1]
    x = naive.embed(tokens)
    for layer in range(naive.layers):
        x = naive.forward_layer(x, layer, range(len(tokens)), naive.nothing(), naive.nothing())[0]
    logits = naive.logits(x)
    assert float((logits[:4] - torch.tensor(said["logits"])).abs().max()) < 1e-4
    assert logits.argmax(-1)[3:].tolist() == said["written"][4:]
    assert len(said["written"]) == 8


def test_the_circuit_is_laid_as_the_engine_lays_it_and_only_once(tmp_path: Path) -> None:
    assert run(LAID, str(ROOT / "engine" / "checkpoints" / "twin-tiny"), str(tmp_path)) == "the same"


def test_engine_imported_after_transformers(tmp_path: Path) -> None:
    assert run(LATE, str(checkpoint(tmp_path))) == "msa"


def test_the_engine_itself_needs_no_transformers() -> None:
    assert run(LIGHT) == "[]"
