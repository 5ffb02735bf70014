"""A tiny random Qwen3 made by transformers becomes an MSA checkpoint, whose routers alone are then trained."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file
from small_run import PHASE, prepared_run

from engine.config import ConfigError, ModelConfig
from engine.interleave import Ask, Hop
from engine.session import Engine
from engine.training.__main__ import main
from engine.training.convert import ROUTERS, convert, new_routers
from engine.weights import load

ROOT = Path(__file__).parents[3]
Tensors = dict[str, torch.Tensor]
MAKE = """
import json, sys
from pathlib import Path
import torch
import engine
from engine.training.convert import convert
from transformers import AutoModelForCausalLM, Qwen3Config, Qwen3ForCausalLM
torch.set_num_threads(1)
folder, vocabulary, said = Path(sys.argv[1]), int(sys.argv[2]), {}
ids = torch.arange(3, 40)[None]
for name, tied, shard in (("tied", True, "5GB"), ("sharded", False, "60KB")):
    torch.manual_seed(3)
    model = Qwen3ForCausalLM(Qwen3Config(
        vocab_size=vocabulary, hidden_size=32, intermediate_size=48, num_hidden_layers=4, num_attention_heads=4,
        num_key_value_heads=2, head_dim=8, tie_word_embeddings=tied, initializer_range=0.1,
    ))
    model.save_pretrained(folder / name, max_shard_size=shard)
    (folder / name / "tokenizer.json").write_bytes((folder / "tokenizer.json").read_bytes())
    convert(folder / name, folder / f"{name}-msa")
    converted = AutoModelForCausalLM.from_pretrained(folder / f"{name}-msa")
    with torch.inference_mode():
        difference = (model(ids).logits - converted(ids).logits).abs().max()
        said[name] = [type(converted).__name__, float(difference), float(model(ids).logits.std())]
print(json.dumps(said))
"""


@pytest.fixture(scope="module")
def where(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    """Prepared sets, tied/ and sharded/ (Qwen3), tied-msa/ and sharded-msa/ in a folder, and what transformers saw."""
    folder = tmp_path_factory.mktemp("convert")
    _, tokenizer = prepared_run(folder)
    done = subprocess.run(
        [sys.executable, "-c", MAKE, str(folder), str(tokenizer.vocab_size)],
        cwd=ROOT, capture_output=True, text=True, timeout=110, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    return folder, json.loads(done.stdout.splitlines()[-1])


def tensors(folder: Path) -> Tensors:
    return {name: value for path in folder.glob("*.safetensors") for name, value in load_file(path).items()}


@pytest.mark.parametrize("name", ["tied", "sharded"])
def test_transformers_sees_the_same_language_model(where: tuple[Path, dict[str, Any]], name: str) -> None:
    kind, difference, spread = where[1][name]
    assert kind == "MSAForCausalLM"
    assert spread > 0.1
    assert difference < 1e-4 * spread


@pytest.mark.parametrize("name", ["tied", "sharded"])
def test_the_backbone_is_as_it_was_and_the_upper_half_routes(where: tuple[Path, dict[str, Any]], name: str) -> None:
    folder = where[0]
    assert len(list((folder / "sharded").glob("*.safetensors"))) > 1
    before, after = tensors(folder / name), tensors(folder / f"{name}-msa")
    assert all(torch.equal(after[key], value) for key, value in before.items())
    config = ModelConfig.read(folder / f"{name}-msa")
    assert config.routing.layers == (2, 3)
    assert (config.routing.chunk_size, config.routing.top_k, config.routing.temperature) == (64, 16, 0.1)
    model = load(folder / f"{name}-msa")
    for layer in config.routing.layers:
        name = f"layers.{layer}.self_attn.router"
        keys = model.model.get_parameter(f"{name}_k_proj.0.weight").view(config.kv_heads, config.head_dim, -1)
        queries = model.model.get_parameter(f"{name}_q_proj.0.weight").view(config.heads, config.head_dim, -1)
        assert torch.equal(queries, keys.repeat_interleave(config.groups, dim=0))
        assert 0.8 < float(keys.norm(dim=-1).mean()) < 1.2  # a projection that keeps lengths


def test_layers_project_differently_and_by_the_seed(where: tuple[Path, dict[str, Any]]) -> None:
    config = ModelConfig.read(where[0] / "tied-msa")
    one, again, other = (new_routers(config, seed, torch.bfloat16) for seed in (1, 1, 2))
    first, second = (one[f"model.layers.{layer}.self_attn.router_k_proj.0.weight"] for layer in config.routing.layers)
    assert not torch.equal(first, second)
    assert all(torch.equal(one[name], again[name]) for name in one)
    assert not torch.equal(first, other["model.layers.2.self_attn.router_k_proj.0.weight"])
    assert first.dtype == torch.bfloat16


def test_routers_alone_are_trained_and_the_loss_falls(where: tuple[Path, dict[str, Any]], tmp_path: Path) -> None:
    folder, out = where[0], tmp_path / "run"
    phases = tmp_path / "phases"
    phases.mkdir()
    rates = PHASE.replace("learning_rate = 2e-3", "learning_rate = 3e-2").replace("steps = 3\n", "steps = 40\n")
    frozen = rates.replace("language_weight = 0.3", "language_weight = 0.0").replace(
        "id_questions = 4", "id_questions = 0"
    )
    (phases / "1-routers.toml").write_text(f"{frozen}squad11-train = 1\n", encoding="utf-8")
    shutil.copytree(folder / "data", out / "data")
    given = ["--from", str(folder / "tied-msa"), "--out", str(out), "--seed", "5", "--device", "cpu"]
    main(["train", *given, "--only", "routers", "--phases", str(phases), "--minutes", "1", "--threads", "1"])
    logged = [json.loads(line)["routing"] for line in (out / "train.jsonl").read_text().splitlines()]
    assert len(logged) == 40
    assert sum(logged[-10:]) / 10 < sum(logged[:10]) / 10 - 0.1
    main(["export", *given, "--to", str(tmp_path / "trained")])
    before, after = tensors(folder / "tied-msa"), tensors(tmp_path / "trained")
    assert set(before) - {"lm_head.weight"} == set(after)
    changed = {name for name, value in after.items() if not torch.equal(value, before[name].bfloat16())}
    assert changed == {name for name in before if "router" in name}
    answers(tmp_path / "trained", tmp_path / "bank")


def answers(checkpoint: Path, bank: Path) -> None:
    """The engine takes it: documents are encoded, and a question opens some of them."""
    engine = Engine.open(checkpoint, bank, device="cpu")
    texts = {number: f"The key of room {number} hangs on shelf {900 - number}." for number in range(1, 7)}
    engine.encode(list(texts.items()))

    class Held:
        def passages(self, documents: Any) -> list[Any]:
            from engine.library import Passage

            return [Passage(number, "", texts[number], [(0, len(texts[number]))]) for number in documents]

        def parts(self, document: int) -> list[Any]:
            return []

        def words(self, text: str, limit: int) -> dict[int, float]:
            return {}

        def dated(self) -> None:
            return None

        def rarity(self, words: Any) -> dict[str, float]:
            return dict.fromkeys(words, 1.0)

    events = engine.answer(Ask("Where hangs the key of room 3?", retrieval="latent"), Held())
    hop = next(event for event in events if isinstance(event, Hop))
    assert {document for document, _ in hop.routed} == set(texts)
    assert hop.opened


def test_what_cannot_be_converted_is_said(where: tuple[Path, dict[str, Any]], tmp_path: Path) -> None:
    folder = where[0]
    with pytest.raises(ConfigError, match=r"config\.json"):
        convert(tmp_path / "nowhere", tmp_path / "out")
    with pytest.raises(ConfigError, match="'msa' model"):
        convert(folder / "tied-msa", tmp_path / "out")
    with pytest.raises(ConfigError, match="not empty"):
        convert(folder / "tied", folder / "sharded")
    bare = tmp_path / "bare"
    bare.mkdir()
    for name in ("config.json", "tokenizer.json"):
        shutil.copy(folder / "tied" / name, bare)
    with pytest.raises(ConfigError, match=r"model\.safetensors is missing"):
        convert(bare, tmp_path / "out")
    assert not (tmp_path / "out").exists()
    (bare / "tokenizer.json").write_text("{}")
    with pytest.raises(ConfigError, match="tokenizer"):
        convert(bare, tmp_path / "out")
    for arguments in (["convert", "--out", str(tmp_path)], ["train", "--only", "routers", "--out", str(tmp_path)]):
        with pytest.raises(SystemExit) as end:
            main(arguments)
        assert end.value.code == 2


def test_the_command_converts(where: tuple[Path, dict[str, Any]], tmp_path: Path) -> None:
    main(["convert", "--qwen3", str(where[0] / "tied"), "--out", str(tmp_path / "made"), "--seed", "9"])
    assert (tmp_path / "made" / ROUTERS).is_file()
    assert load(tmp_path / "made").config.routing.layers == (2, 3)
