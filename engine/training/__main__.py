"""`python -m engine.training`: prepare the data, train the vocabulary and the model, export a checkpoint.

prepare   reads the sets under --data (docs/training.md names them) into --out/data and trains the vocabulary
train     goes through the phases, on CPU or GPU: time-bounded (--minutes), checkpointed (its whole state every five
          minutes and at the end, in --out/state) and resumable (run it again, it goes on where it stopped)
export    writes the state as a checkpoint folder in bf16: config.json, model.safetensors, tokenizer.json
"""

from __future__ import annotations

import argparse
import json
import random
import shutil
from collections.abc import Iterator
from pathlib import Path

import torch

from engine.config import ConfigError, ModelConfig
from engine.tokenizer import MemoryTokenizer
from engine.training.passages import prepare
from engine.training.phase import all_phases
from engine.training.start import count_passages
from engine.training.state import find_state, load_weights
from engine.training.trainer import Run, Trainer, initialise
from engine.training.vocabulary import train_vocabulary
from engine.weights import save

HERE = Path(__file__).parent


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        prog="python -m engine.training",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("job", choices=("prepare", "train", "export"))
    parser.add_argument("--data", type=Path, help="prepare: folder with text/ and qa/")
    parser.add_argument("--out", type=Path, default=Path("runs/twin-tiny"), help="the run's folder (runs/twin-tiny)")
    parser.add_argument("--preset", default="small", help="small, large, or a config.json (small)")
    parser.add_argument("--phases", type=Path, help="folder of phase files; default: the recipe")
    parser.add_argument("--minutes", type=float, default=120.0, help="train: stop after this long (120)")
    device = "cuda" if torch.cuda.is_available() else "cpu"
    parser.add_argument("--device", default=device, help="cpu, cuda or cuda:N (here: %(default)s)")
    parser.add_argument("--threads", type=int, default=0, help="CPU threads; 0 = all")
    parser.add_argument("--seed", type=int, default=1, help="of weights and batches (1)")
    parser.add_argument("--to", type=Path, help="export: the checkpoint folder to write")
    given = parser.parse_args(arguments)
    try:
        run(given)
    except (ConfigError, FileNotFoundError) as error:  # what the person can put right
        parser.error(str(error))


def run(given: argparse.Namespace) -> None:
    """One job. Raises ConfigError or FileNotFoundError for what is missing or does not fit."""
    preset = HERE / "presets" / f"{given.preset}.json"
    config = ModelConfig.from_dict(json.loads((preset if preset.exists() else Path(given.preset)).read_text()))
    prepared, tokenizer, frequencies = (given.out / name for name in ("data", "tokenizer.json", "frequencies.json"))
    if given.job == "prepare":
        if given.data is None:
            raise FileNotFoundError("prepare needs --data DIR")
        prepare(given.data, prepared, given.seed)
        if not tokenizer.exists():
            train_vocabulary(texts(prepared, given.seed), config.vocab_size, tokenizer)
        if not frequencies.exists():
            count_passages(texts(prepared, given.seed, 1.0), MemoryTokenizer(tokenizer), frequencies)
    elif given.job == "train":
        where = Run(
            prepared, tokenizer, frequencies, given.out, given.minutes, given.device, given.seed, threads=given.threads
        )
        Trainer(where, config, all_phases(given.phases)).train()
    else:
        if given.to is None:
            raise FileNotFoundError("export needs --to DIR")
        state = find_state(given.out / "state")
        if state is None:
            raise FileNotFoundError(f"{given.out} holds no state to export: train first")
        model = initialise(config, given.seed)
        load_weights(state, model)
        save(model, given.to, torch.bfloat16)
        shutil.copy(tokenizer, given.to / "tokenizer.json")


def texts(prepared: Path, seed: int, share: float = 0.35) -> Iterator[str]:
    """A random share of the prepared passages, for the vocabulary."""
    rng = random.Random(seed)
    for path in sorted(prepared.glob("*.jsonl")):
        with path.open(encoding="utf-8") as file:
            for line in file:
                group = json.loads(line)
                if rng.random() < share:
                    yield from (context + text for context, text in group["documents"])
                    yield from (question for question, _ in group["questions"])


if __name__ == "__main__":
    main()
