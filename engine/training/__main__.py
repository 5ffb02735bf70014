"""`python -m engine.training`: prepare the data, train the vocabulary and the model, export a checkpoint.

prepare   reads the sets under --data (docs/training.md names them) into --out/data and trains the vocabulary
words     learns the word vectors the model starts from (five minutes), with --teacher from a sentence encoder's
train     goes through the phases, on CPU or GPU: time-bounded (--minutes), checkpointed (its whole state every five
          minutes and at the end, in --out/state) and resumable (run it again, it goes on where it stopped)
answer    fits how a checkpoint (--to) chooses quotes, and trains its reader for --minutes, resumable as well; writes
          into its config.json what is not set there by hand
tune      has the reader of a checkpoint (--to) learn of people's own files for --minutes: --people, or those that
          come with the recipe, beside the sets under --data; writes reader-people.safetensors beside the reader
sureness  fits how sure the answers of a checkpoint (--to) are to --rows of `twin bench refuse`: grounded_weights
convert   makes an MSA checkpoint of --qwen3 DIR in --out, with routers still to be trained:
          `train --from CHECKPOINT --only routers` trains them and leaves the backbone as it is
export    writes the state as a checkpoint folder in bf16: config.json, model.safetensors, tokenizer.json
"""

from __future__ import annotations

import argparse
import json
import random
import shutil
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType

import torch
from safetensors.torch import save_file
from torch import Tensor

from engine.answering.quoting import READ
from engine.answering.reading.reader import READER, Reader, Reads, Words
from engine.answering.reading.tuned import TUNED
from engine.config import ConfigError, ModelConfig
from engine.tokenizer import MemoryTokenizer
from engine.training import language, quoting, reading, sureness, tuning
from engine.training.batches import BatchMaker, Corpus
from engine.training.convert import GROUPS, convert, trainable
from engine.training.passages import prepare
from engine.training.phase import all_phases
from engine.training.samples import HELD_LIVES, Maker
from engine.training.samples import prepare as prepare_reading
from engine.training.start import WORD_SHARE
from engine.training.state import Stopped, find_state, load_weights
from engine.training.timed import Timed
from engine.training.trainer import Run, Trainer, initialise
from engine.training.trusting import trust
from engine.training.vocabulary import train_vocabulary
from engine.training.word_vectors import count_passages, first_vectors, learn, meanings_of, save_vectors
from engine.weights import save

HERE = Path(__file__).parent
WORD_STEPS = 200
ALL_SAMPLES = 50.0  # minutes from which on `answer` makes all samples; for fewer, as much smaller a part


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        prog="python -m engine.training",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("job", choices=("prepare", "words", "train", "convert", "export", "answer", "tune", "sureness"))
    parser.add_argument("--data", type=Path, help="prepare, answer, tune: folder with text/ and qa/")
    parser.add_argument(
        "--teacher", type=Path, help="words, answer: folder of a sentence encoder, such as all-MiniLM-L6-v2"
    )
    parser.add_argument("--out", type=Path, default=Path("runs/twin-tiny"), help="the run's folder (runs/twin-tiny)")
    parser.add_argument("--preset", default="small", help="small, large, or a config.json (small)")
    parser.add_argument("--phases", type=Path, help="folder of phase files; default: the recipe")
    parser.add_argument(
        "--minutes",
        type=float,
        default=120.0,
        help="train: stop after this long; answer, tune: the reader's, in all (120)",
    )
    device = "cuda" if torch.cuda.is_available() else "cpu"
    parser.add_argument("--device", default=device, help="cpu, cuda or cuda:N (here: %(default)s)")
    parser.add_argument("--threads", type=int, default=0, help="CPU threads; 0 = all")
    parser.add_argument("--seed", type=int, default=1, help="of weights and batches (1)")
    parser.add_argument(
        "--steps",
        type=int,
        default=0,
        help="words: batches to learn from (200); answer, tune: the reader's, in all (as many as --minutes allow)",
    )
    parser.add_argument(
        "--qwen3", type=Path, help="convert: folder of a Qwen3 checkpoint (safetensors, tokenizer.json)"
    )
    parser.add_argument("--from", dest="start", type=Path, help="train, export: a checkpoint to go on from")
    parser.add_argument("--only", choices=tuple(GROUPS), help="train: these parameters alone; needs --from")
    parser.add_argument("--further", action="store_true", help="answer: go on with the checkpoint's own reader")
    parser.add_argument("--people", type=Path, nargs="+", help="tune: files of memories in the unit format (.jsonl.xz)")
    parser.add_argument("--rows", type=Path, nargs="+", help="sureness: refuse-rows.jsonl of `twin bench refuse --out`")
    parser.add_argument(
        "--to", type=Path, help="export: the checkpoint folder to write; answer, tune, sureness: the one to fit"
    )
    given = parser.parse_args(arguments)
    before = {each: signal.signal(each, stop) for each in (signal.SIGINT, signal.SIGTERM)}
    try:
        run(given)
    except (ConfigError, FileNotFoundError) as error:  # what the person can put right
        parser.error(str(error))
    except Stopped as stopped:
        print(f"{given.job}: {stopped}", file=sys.stderr)
        raise SystemExit(128 + stopped.number) from None
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)


def stop(number: int, frame: FrameType | None) -> None:
    raise Stopped(number, "stopped; the same command does what is not done yet")


def run(given: argparse.Namespace) -> None:
    """One job. Raises ConfigError or FileNotFoundError for what is missing or does not fit."""
    if given.threads:
        torch.set_num_threads(given.threads)
    if given.job == "convert":
        if given.qwen3 is None:
            raise FileNotFoundError("convert needs --qwen3 DIR")
        convert(given.qwen3, given.out, seed=given.seed)
        return
    if given.job == "sureness":
        if not given.rows or given.to is None:
            raise FileNotFoundError("sureness needs --rows FILE... and --to CHECKPOINT")
        fitted = sureness.fit(sureness.read_rows(given.rows))
        print(fitted.report)
        set_policy(given.to, grounded_weights=list(fitted.weights), grounded_at=fitted.grounded_at)
        return
    if given.further and given.job != "answer":
        raise FileNotFoundError("--further goes on with a reader: it belongs to `answer`")
    if given.only and not given.start:
        raise FileNotFoundError(f"--only {given.only} needs --from CHECKPOINT")
    preset = HERE / "presets" / f"{given.preset}.json"
    config = ModelConfig.from_dict(json.loads((preset if preset.exists() else Path(given.preset)).read_text()))
    if given.start:
        config = ModelConfig.read(given.start)
    prepared, tokenizer, frequencies, words = (
        given.out / name for name in ("data", "tokenizer.json", "frequencies.json", "words.safetensors")
    )
    tokenizer = given.start / "tokenizer.json" if given.start else tokenizer
    if given.job == "prepare":
        if given.data is None:
            raise FileNotFoundError("prepare needs --data DIR")
        prepare(given.data, prepared, given.seed)
        if not tokenizer.exists():
            train_vocabulary(texts(prepared, given.seed), config.vocab_size, tokenizer)
        if not frequencies.exists():
            count_passages(texts(prepared, given.seed, 1.0), MemoryTokenizer(tokenizer), frequencies)
    elif given.job == "words":
        learn_words(given, config, prepared, MemoryTokenizer(tokenizer), frequencies, words)
    elif given.job == "train":
        phases = given.phases or (HERE / "phases" / given.only if given.only else None)
        where = Run(
            prepared, tokenizer, words, given.out, given.minutes, given.device, given.seed, threads=given.threads
        )
        Trainer(
            where, config, all_phases(phases), trainable(given.start, given.only) if given.start else None
        ).train()  # fmt: skip
    elif given.job == "answer":
        if given.data is None or given.to is None:
            raise FileNotFoundError("answer needs --data DIR and --to CHECKPOINT")
        fit_answers(given)
    elif given.job == "tune":
        if given.data is None or given.to is None:
            raise FileNotFoundError("tune needs --data DIR and --to CHECKPOINT")
        tuning.tune(
            given.to, given.data, given.people or tuning.shipped(), given.out, given.minutes, given.steps,
            seed=given.seed, device=given.device, processes=torch.get_num_threads(),
        )  # fmt: skip
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


def learn_words(
    given: argparse.Namespace, config: ModelConfig, prepared: Path, tokenizer: MemoryTokenizer, frequencies: Path,
    out: Path,
) -> None:  # fmt: skip
    """Word vectors from the counts, the teacher where there is one, and the question sets of the second phase."""
    every = [tokenizer.decode([token]) for token in range(tokenizer.vocab_size)]
    meanings = meanings_of(every, given.teacher) if given.teacher else None
    size = int(config.hidden_size * WORD_SHARE)
    first = first_vectors(tokenizer, frequencies, size, meanings, given.seed)
    corpora = all_phases(given.phases)[1].corpora
    maker = BatchMaker(
        Corpus(prepared, corpora), tokenizer, documents=384, group=16, max_tokens=256,
        top_k=config.routing.top_k, hops=0.0, seed=given.seed,
    )  # fmt: skip
    save_vectors(learn(first, maker, given.steps or WORD_STEPS, config.routing.chunk_size), out)


def fit_answers(given: argparse.Namespace) -> None:
    """How a checkpoint quotes: sentence scores, and a reader trained for so many minutes or steps in all, written
    beside its weights and into the `twin_config` of its config.json; thresholds too, where it has none set by hand."""
    checkpoint, data, out, minutes = given.to, given.data, given.out, given.minutes
    by_hand = "grounded_weights" in ModelConfig.read(checkpoint).answering
    quotes = quoting.fit(checkpoint, data)
    print(quoting.describe(quotes))
    set_policy(checkpoint, sentence_weights=list(quotes.weights))
    maker = Maker(checkpoint, data, share=min(1.0, minutes / ALL_SAMPLES))
    out.mkdir(parents=True, exist_ok=True)
    words = Words(maker.meanings)
    if given.further:
        begun, share = Reads.load(checkpoint / READER, maker.meanings, is_tuned=False).reader.requires_grad_(), 0.0
        state, rate = out / "further.state", reading.FURTHER
    else:
        share, state, rate = language.SHARE, out / "reader.state", reading.RATE
        begun = language.learn(
            words, data, given.teacher, out / "language.state", minutes * share, round(given.steps * share),
            seed=given.seed, device=given.device,
        )  # fmt: skip
    run = Timed(lambda: begun, state, rate, given.seed, given.device)
    run.train(lessons(maker, words, run.step, given.seed), minutes * (1 - share), round(given.steps * (1 - share)))
    reader = run.mean.cpu()
    save_file({name: value.bfloat16() for name, value in reader.state_dict().items()}, checkpoint / READER)
    if (checkpoint / TUNED).exists():
        (checkpoint / TUNED).unlink()
        print(f"{TUNED} was of the reader before and is gone: `tune` learns it anew")
    trusted = trust(words, reader, quotes.weights, Maker(checkpoint, data, READ).of_lives(HELD_LIVES))
    print(trusted.report)
    set_policy(checkpoint, reader_weights=[round(v, 4) for v in trusted.weights])
    if by_hand:
        print("grounded_at and span_at stay as config.json has them, beside grounded_weights")
    else:
        set_policy(
            checkpoint, grounded_at=round(trusted.grounded_at, 4), span_at=round(trusted.span_at, 4)
        )  # fmt: skip


def lessons(maker: Maker, words: Words, step: int, seed: int) -> Iterator[Callable[[Reader], Tensor]]:
    """Losses of the reader's batches; samples are made when the first is asked for."""
    samples = prepare_reading(maker, processes=torch.get_num_threads())
    print(f"{len(samples)} samples")
    yield from reading.lessons(words, samples, step, seed)


def set_policy(checkpoint: Path, **values: object) -> None:
    path = checkpoint / "config.json"
    raw = json.loads(path.read_text(encoding="utf-8"))
    raw.setdefault("twin_config", {}).update(values)
    path.write_text(json.dumps(raw, indent=2) + "\n", encoding="utf-8")


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
