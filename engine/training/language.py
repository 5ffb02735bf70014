"""What the reader knows of language before it sees a question: the lower blocks (answering.reading.reader) learn to say
what each word means where it stands.

Plain text and the sets' own paragraphs and questions, a fifth of the words hidden. What is to be said are a teacher's
states of each word (a sentence encoder, asked as the batches come; its weights go nowhere), or, without a teacher, the
model's own vectors of the words that are hidden. The head that says it is not kept.
"""

from __future__ import annotations

import json
import lzma
import random
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import islice
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from engine.answering.evidence.meaning import Meanings
from engine.answering.questions.question import Question
from engine.answering.reading.reader import Reader, Words, padded
from engine.answering.reading.windows import WORD, marked
from engine.training.timed import Log, Timed

SHARE, RATE = 0.4, 1.5e-3  # of a reader's minutes; learning rate
TEXTS, LEAST, ROW = 64, 8, 80  # texts of a step; words of a text, at least and at most
PIECES = 128  # of a text, to the teacher
TOGETHER, TIMES = 24, 3  # steps whose targets are made together, how often each is learnt from: a teacher is slow
HIDDEN = 0.2  # share of the words that are not shown
LAYERS = 4, 6  # of the teacher, whose states are to be said
SCALED = 256  # texts by which the dimensions of its states are centred and scaled
MOST = 6_000_000  # characters of a set
ASKED_FIRST = 0.3  # share of the sets' paragraphs that have one of their questions before them

Row = Sequence[str]
Targets = Callable[[Sequence[Row]], Tensor]  # rows of words to what is to be said of each [n, W, any]


def read_texts(path: Path) -> list[str]:
    """Of a set of plain texts or of questions (docs/training.md), as far as MOST goes."""
    rng, found, size = random.Random(path.name), list[str](), 0
    with lzma.open(path, "rt", encoding="utf-8") as file:
        for text in (text for line in file for text in _texts(json.loads(line), rng)):
            found.append(text)
            size += len(text)
            if size > MOST:
                break
    return found


def _texts(held: dict[str, object], rng: random.Random) -> Iterator[str]:
    if "text" in held:
        yield str(held["text"])
        return
    documents: list[dict[str, str]] = held["docs"]  # type: ignore[assignment]
    asked: dict[str, list[str]] = {}
    for qa in held["qas"]:  # type: ignore[attr-defined]
        for gold in qa["gold"]:
            asked.setdefault(gold, []).append(qa["q"])
    for document in documents:
        own = asked.get(document["id"])
        before = f"{rng.choice(own)}\n" if own and rng.random() < ASKED_FIRST else ""
        yield before + document["text"]


def is_long(text: str) -> bool:
    return sum(1 for _ in islice(WORD.finditer(text), LEAST)) == LEAST


class Sources:
    """Rows of words from all sets under a folder, each set as often as another."""

    def __init__(self, data: Path) -> None:
        """Raises FileNotFoundError where there is none."""
        paths = sorted([*(data / "text").glob("*.jsonl.xz"), *(data / "qa").glob("*.jsonl.xz")])
        if not paths:
            raise FileNotFoundError(f"{data} holds no text/NAME.jsonl.xz or qa/NAME.jsonl.xz")
        self.sets = [texts for path in paths if (texts := [text for text in read_texts(path) if is_long(text)])]
        if not self.sets:
            raise FileNotFoundError(f"{data} holds no text of {LEAST} words")

    def rows(self, rng: random.Random, count: int = TEXTS) -> list[list[str]]:
        found: list[list[str]] = []
        while len(found) < count:
            text = rng.choice(rng.choice(self.sets))
            start = 0 if rng.random() < 0.4 else rng.randrange(max(1, len(text) - 6 * ROW))
            words = [m.group() for m in WORD.finditer(text, start, start + 12 * ROW)][bool(start) : ROW]
            if len(words) >= LEAST:
                found.append(words)
        return found


class Teacher:
    """States of a sentence encoder (a folder in the transformers layout), a word's pieces averaged."""

    def __init__(self, folder: Path, rows: Sequence[Row], device: str = "cpu") -> None:
        """rows: by which each dimension is centred and scaled."""
        from transformers import AutoModel, AutoTokenizer

        self.cutter = AutoTokenizer.from_pretrained(folder)
        self.model = AutoModel.from_pretrained(folder).to(device, torch.bfloat16).eval().requires_grad_(False)
        self.centre, self.scale = torch.zeros(()), torch.ones(())
        states = self(rows)
        states = states[states.abs().sum(-1) > 0]
        self.centre, self.scale = states.mean(0), states.std(0)

    @torch.inference_mode()
    def __call__(self, rows: Sequence[Row]) -> Tensor:
        """[n, W, LAYERS * hidden], zeros where there is no word or the teacher's text has ended before it."""
        cut = self.cutter(
            list(map(list, rows)), is_split_into_words=True, truncation=True, max_length=PIECES, padding=True,
            return_tensors="pt",
        )  # fmt: skip
        longest = max(map(len, rows))
        # words of all rows in one line, the last place for what is no word
        place = np.full(cut["input_ids"].shape, len(rows) * longest)
        for at in range(len(rows)):
            for piece, word in enumerate(cut.word_ids(at)):
                if word is not None:
                    place[at, piece] = at * longest + word
        hidden = self.model(**cut.to(self.model.device), output_hidden_states=True).hidden_states
        states = torch.cat([hidden[layer] for layer in LAYERS], dim=-1).float().flatten(0, 1).cpu()
        where = torch.from_numpy(place).flatten()
        summed = states.new_zeros(len(rows) * longest + 1, states.shape[1]).index_add(0, where, states)
        count = torch.zeros(len(summed)).index_add(0, where, torch.ones(len(where)))[:, None]
        out = ((summed / count.clamp(min=1)) - self.centre) / self.scale * (count > 0)
        return out[:-1].view(len(rows), longest, -1)


def own_vectors(meanings: Meanings) -> Targets:
    """Where there is no teacher: each word's own vector, of about 1 in each dimension."""

    def targets(rows: Sequence[Row]) -> Tensor:
        vectors = [meanings.words(row) * meanings.table.shape[1] ** 0.5 for row in rows]
        return nn.utils.rnn.pad_sequence(vectors, batch_first=True)

    return targets


class Learner(nn.Module):
    """A reader with the head that says the targets."""

    def __init__(self, reader: Reader, size: int) -> None:
        super().__init__()
        self.reader, self.norm = reader, nn.LayerNorm(reader.last.normalized_shape)
        self.head = nn.Linear(reader.last.normalized_shape[0], size)

    def loss(self, words: Words, rows: Sequence[Row], targets: Tensor, rng: random.Random, all_words: bool) -> Tensor:
        """Mean squared error of what is said of all words, or of the hidden ones alone."""
        place = {word: at + 1 for at, word in enumerate(dict.fromkeys(word for row in rows for word in row))}
        vectors, pieces = words.rows(list(place))
        nothing = Question.of("")
        read = [(row, *marked(nothing, {}, " ".join(row), row, "inside", frozenset())) for row in rows]
        ids, marks = padded(read, place)
        drawn = torch.Generator().manual_seed(rng.getrandbits(62))
        held = ids > 0
        hidden = (torch.rand(ids.shape, generator=drawn) < HIDDEN) & held
        ids, marks = ids.masked_fill(hidden, 0), marks.masked_fill(hidden[..., None], 0.0)
        device = self.head.weight.device
        vectors, pieces, ids, marks, held, hidden, targets = (
            tensor.to(device) for tensor in (vectors, pieces, ids, marks, held, hidden, targets)
        )
        with torch.autocast(device.type, torch.bfloat16):
            said = self.head(self.norm(self.reader.understand(self.reader.enter(vectors, pieces), ids, marks, held)))
        counted = (held if all_words else hidden) & (targets.abs().sum(-1) > 0)
        out: Tensor = (said.float() - targets)[counted].square().mean()
        return out


def lessons(
    words: Words, data: Path, teacher: Path | None, step: int, seed: int = 0, device: str = "cpu"
) -> Iterator[Callable[[Learner], Tensor]]:
    """Losses from a step on, without end. Texts and teacher are looked for when the first is asked for."""
    sources = Sources(data)
    targets: Targets = own_vectors(words.meanings)
    if teacher:
        targets = Teacher(teacher, sources.rows(random.Random(seed), SCALED), device)

    def loss(rows: Sequence[Row], wanted: Tensor, drawn: int, learner: Learner) -> Tensor:
        return learner.loss(words, rows, wanted.float(), random.Random(drawn), all_words=teacher is not None)

    skipped = step % (TOGETHER * TIMES)
    step -= skipped
    while True:
        rng = random.Random(f"{seed} {step}")
        texts = [sources.rows(rng) for _ in range(TOGETHER)]
        made = [(rows, targets(rows).bfloat16()) for rows in texts]
        drawn = [(*one, rng.getrandbits(62)) for _ in range(TIMES) for one in rng.sample(made, len(made))]
        for rows, wanted, seen in drawn[skipped:]:
            yield partial(loss, rows, wanted, seen)
        step += len(drawn)
        skipped = 0


def learn(
    words: Words, data: Path, teacher: Path | None, state: Path, minutes: float, steps: int = 0, log: Log = print,
    seed: int = 0, device: str = "cpu",
) -> Reader:  # fmt: skip
    """A reader whose lower blocks have read for so many minutes in all, or `steps` where these are given.

    Raises FileNotFoundError where data has no texts."""
    vocabulary, width = words.meanings.table.shape
    hidden = json.loads((teacher / "config.json").read_text(encoding="utf-8"))["hidden_size"] if teacher else width
    size = len(LAYERS) * hidden if teacher else hidden
    run = Timed(lambda: Learner(Reader(vocabulary, width), size), state, RATE, seed, device)
    run.train(lessons(words, data, teacher, run.step, seed, device), minutes, steps, log)
    return run.mean.reader
