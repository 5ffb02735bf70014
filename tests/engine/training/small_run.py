"""A run in small: four sets in the format of docs/training.md, a model of 20,000 parameters, two phases of three steps.

Every document tells one thing (the shelf of a key, the colour of a boat), so that a test can tell from a question's
words which document answers it.
"""

from __future__ import annotations

import json
import lzma
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import torch

import engine.training
from engine.config import ModelConfig
from engine.tokenizer import MemoryTokenizer
from engine.training.passages import prepare
from engine.training.phase import all_phases
from engine.training.start import WORD_SHARE
from engine.training.trainer import Run, Trainer
from engine.training.vocabulary import train_vocabulary
from engine.training.word_vectors import count_passages, first_vectors, save_vectors

torch.set_num_threads(1)  # on tensors this small two threads beside other work take ten times as long as one

Json = dict[str, Any]
PRESET: Json = json.loads((Path(engine.training.__path__[0]) / "presets" / "small.json").read_text(encoding="utf-8"))
CONFIG: Json = {
    **PRESET, "vocab_size": 400, "hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 3,
    "num_attention_heads": 4, "num_key_value_heads": 2, "head_dim": 8,
    "msa_config": {
        **PRESET["msa_config"], "router_layer_idx": "1,2", "pooling_kernel_size": 16, "doc_top_k": 4, "top_k_docs": 4,
    },
}  # fmt: skip
CONFIG.pop("identity_circuit")  # is for the preset's shape
PHASE = """
learning_rate = 2e-3
warmup_steps = 2
final_fraction = 0.1
steps = 3
routing_weight = 1.0
language_weight = 0.3
identity_weight = 0.3
language_share = 0.3
id_questions = 4
in_view = [[0, 1], [2, 2]]
documents = 10
max_tokens = 96
group = 4
hops = 0.5

[corpora]
"""
PEOPLE = ("Anna Berg", "Tom Ruiz", "Mary Cole", "Ivan Petrov", "Lena Moss", "Karl Stein", "Ruth Hale", "Omar Nasser")
COLOURS = ("red", "green", "blue", "white", "black", "yellow", "brown", "grey")


def key_text(number: int) -> str:
    person = PEOPLE[number % len(PEOPLE)]
    return f"In the cellar {person} keeps a box of old tools. The key of room {number} hangs on shelf {900 - number}."


def boat_text(number: int) -> str:
    return f"The boat of {PEOPLE[number]} is {COLOURS[number]}. It lies in the small harbour since May 2019."


def squad() -> Iterator[dict[str, Any]]:
    """Two memories of thirty documents with a question each; one document long, one question without an answer."""
    for unit in range(2):
        numbers = range(30 * unit, 30 * unit + 30)
        texts = {number: key_text(number) for number in numbers}
        texts[30 * unit + 7] = " ".join(f"Nothing of interest is in drawer {n} of the desk." for n in range(60)) + (
            f" {texts[30 * unit + 7]} " + "The rest of the house was empty and quiet for years. " * 20
        )
        yield {
            "set": "squad11-train", "unit": f"u{unit}",
            "docs": [{"id": f"d{n}", "text": f"Room {n}\n{texts[n]}", "title": f"Room {n}"} for n in numbers],
            "qas": [
                {"id": f"q{n}", "q": f"Where hangs the key of room {n}?", "a": [f"shelf {900 - n}"], "gold": [f"d{n}"]}
                for n in numbers
            ]
            + [{"id": "no", "q": "Who owns the moon?", "a": [], "gold": [], "unanswerable": True}],
        }  # fmt: skip


def hotpot() -> Iterator[dict[str, Any]]:
    """Chains: the key's room names a person, whose boat has a colour; both documents are needed."""
    for n in range(6):
        texts = [boat_text((n + 3) % 8), key_text(n), boat_text(n), key_text(n + 1)]
        yield {
            "set": "hotpotqa-train", "unit": f"h{n}",
            "docs": [{"id": str(i), "text": text} for i, text in enumerate(texts)],
            "qas": [{
                "id": "q", "q": f"Which colour has the boat of whoever keeps tools by the key of room {n}?",
                "a": [COLOURS[n]], "gold": ["1", "2"],
            }],
        }  # fmt: skip


def notes() -> Iterator[dict[str, Any]]:
    for n in range(8):
        body = "\n\n".join(f"{key_text(40 + 10 * n + i)} {boat_text((n + i) % 8)}" for i in range(6))
        yield {"id": f"house/cellar_of-{n}.md", "text": f"# Tools and Keys\n\n{body}\n\n## Boats\n\n{boat_text(n)}\n"}


def wikipedia() -> Iterator[dict[str, Any]]:
    for n in range(20):
        yield {"id": f"w{n}", "text": f"Harbour {n}\n{boat_text(n % 8)} {key_text(200 + n)}"}


def write_set(path: Path, rows: Iterable[dict[str, Any]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with lzma.open(path, "wt", encoding="utf-8", preset=0) as file:
        file.writelines(json.dumps(row) + "\n" for row in rows)


def write_data(data: Path) -> Path:
    write_set(data / "text" / "notes.jsonl.xz", notes())
    write_set(data / "text" / "wikipedia-passages.jsonl.xz", wikipedia())
    write_set(data / "qa" / "squad11-train.jsonl.xz", squad())
    write_set(data / "qa" / "hotpotqa-train.jsonl.xz", hotpot())
    return data


def write_phases(folder: Path) -> Path:
    folder.mkdir(parents=True)
    first = "notes = 3\nwikipedia-passages = 1\nsquad11-train = 4\nbooks = 5\n"
    (folder / "1-first.toml").write_text(PHASE + first, encoding="utf-8")
    second = "generated = 5\nhotpotqa-train = 2\nsquad11-train = 2\n"
    (folder / "2-second.toml").write_text(PHASE + second, encoding="utf-8")
    return folder


def write_config(path: Path) -> Path:
    path.write_text(json.dumps(CONFIG), encoding="utf-8")
    return path


def groups(prepared: Path, name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (prepared / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()]


def prepared_run(folder: Path) -> tuple[Path, MemoryTokenizer]:
    """Prepared sets, vocabulary, counts and word vectors: `folder`/data, tokenizer.json, frequencies.json, words."""
    data = folder / "data"
    prepare(write_data(folder / "sets"), data, seed=1)
    documents = [
        document for name in ("notes", "squad11-train") for g in groups(data, name) for document in g["documents"]
    ]
    texts = ["".join(document) for document in documents]
    train_vocabulary(texts, CONFIG["vocab_size"], folder / "tokenizer.json")
    tokenizer = MemoryTokenizer(folder / "tokenizer.json")
    count_passages(texts, tokenizer, folder / "frequencies.json")
    vectors = first_vectors(tokenizer, folder / "frequencies.json", int(CONFIG["hidden_size"] * WORD_SHARE), None, 1)
    save_vectors(vectors, folder / "words.safetensors")
    return data, tokenizer


def make(where: Path, out: Path, *, minutes: float = 2.0, seed: int = 7) -> Trainer:
    """A run over data/, tokenizer.json, words.safetensors and phases/ of `where`."""
    run = Run(
        prepared=where / "data", tokenizer=where / "tokenizer.json", words=where / "words.safetensors", out=out,
        minutes=minutes, device="cpu", seed=seed, threads=1,
    )  # fmt: skip
    return Trainer(run, ModelConfig.from_dict(CONFIG), all_phases(where / "phases"))


def log(out: Path) -> list[Json]:
    """A line a step, without what the clock said."""
    lines = (out / "train.jsonl").read_text(encoding="utf-8").splitlines()
    return [{key: value for key, value in json.loads(line).items() if key != "seconds"} for line in lines]
