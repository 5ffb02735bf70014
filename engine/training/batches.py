"""Batches: every document is encoded once, every question scores all documents of the batch."""

from __future__ import annotations

import json
import random
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from engine.template import Prompt, document_tokens, hop_prompt, id_tokens, question_prompt
from engine.tokenizer import MemoryTokenizer
from engine.training.generator import memory
from engine.training.tasks import make_question

GENERATED = "generated"
QUESTION_CHARACTERS = 200  # longer ones are rare, and a batch is padded to its longest


@dataclass(slots=True)
class Batch:
    """D documents and Q questions; padded with zeros behind."""

    documents: Tensor  # [D, T] token ids
    document_lengths: Tensor  # [D]
    questions: Tensor  # [Q, Tq], with the response behind the prompt
    question_lengths: Tensor  # [Q] prompt and response
    prompt_lengths: Tensor  # [Q] prompt alone
    routes: Tensor  # [Q, Tq] bool: tokens that make routing queries
    positive: Tensor  # [Q, D] bool: documents to be found in this step of retrieval
    ignored: Tensor  # [Q, D] bool: neither right nor wrong (opened already, or needed in another step)


@dataclass(slots=True)
class Sample:
    question: str
    gold: list[int]  # to be found now
    opened: list[int]  # found in the step before: their text is in the prompt
    later: list[int]  # of the same chain: not wrong, not asked for


class Corpus:
    """Prepared sets, read line by line at random; what was not prepared is told on stderr and left out."""

    def __init__(self, folder: Path, weights: dict[str, float]) -> None:
        self._lines: dict[str, list[bytes]] = {}
        for name in weights:
            path = folder / f"{name}.jsonl"
            if name != GENERATED and path.exists():
                self._lines[name] = path.read_bytes().splitlines()
        self.weights = {name: weight for name, weight in weights.items() if name == GENERATED or self._lines.get(name)}
        if not self.weights:
            raise FileNotFoundError(f"{folder} holds no prepared set: run `python -m engine.training prepare` first")
        if missing := [name for name in weights if name not in self.weights]:
            print(f"not prepared, left out: {', '.join(missing)}", file=sys.stderr)

    def group(self, name: str, rng: random.Random) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(rng.choice(self._lines[name]))
        return found


class BatchMaker:
    """Draws batches of about `tokens` document tokens; the same seed and step give the same batch."""

    def __init__(
        self, corpus: Corpus, tokenizer: MemoryTokenizer, *, documents: int, group: int, max_tokens: int,
        top_k: int, hops: float, seed: int,
    ) -> None:  # fmt: skip
        self.corpus, self.tokenizer, self.seed = corpus, tokenizer, seed
        self.documents, self.group, self.max_tokens = documents, group, max_tokens
        self.top_k, self.hops = top_k, hops

    def make(self, step: int) -> Batch:
        rng = random.Random(f"{self.seed}/{step}")
        texts: list[str] = []
        samples: list[Sample] = []
        names, weights = zip(*self.corpus.weights.items(), strict=True)
        while len(texts) < self.documents:
            name = rng.choices(names, weights)[0]
            found = self._generated(rng) if name == GENERATED else self._read(name, rng)
            base = len(texts)
            texts.extend(found[0])
            for sample in found[1]:
                shift = [[base + i for i in part] for part in (sample.gold, sample.opened, sample.later)]
                samples.append(Sample(sample.question, *shift))
        rng.shuffle(samples)
        return self._tensors(rng, texts, samples[: self.documents])

    def _read(self, name: str, rng: random.Random) -> tuple[list[str], list[Sample]]:
        group = self.corpus.group(name, rng)
        documents, questions = group["documents"], group["questions"]
        if questions:
            wanted = rng.sample(questions, min(len(questions), self.group))
            keep = list(dict.fromkeys(i for _, gold in wanted for i in gold))
            rest = [i for i in range(len(documents)) if i not in keep]
            keep += rng.sample(rest, min(len(rest), max(0, self.group - len(keep))))
            place = {old: new for new, old in enumerate(keep)}
            texts = ["".join(documents[i]) for i in keep]
            return texts, [Sample(q[:QUESTION_CHARACTERS], [place[g] for g in gold], [], []) for q, gold in wanted]
        size = min(len(documents), self.group)
        start = rng.randrange(len(documents) - size + 1)
        texts, samples = [], []
        for at, (context, text) in enumerate(documents[start : start + size]):
            made = make_question(rng, context, text)
            kept = text
            if made:
                question, kept = made
                samples.append(Sample(question[:QUESTION_CHARACTERS], [at], [], []))
            texts.append((context if rng.random() < 0.75 else "") + kept)
        return texts, samples

    def _generated(self, rng: random.Random) -> tuple[list[str], list[Sample]]:
        made = memory(rng.getrandbits(48), self.group)
        texts = [document.context + document.text for document in made.documents]
        samples = []
        for found in made.questions:
            gold = list(found.gold)
            if not gold or found.kind == "unanswerable":
                continue
            if found.kind in ("two-hop", "three-hop"):
                step = rng.randrange(len(gold)) if rng.random() < self.hops else 0
                samples.append(Sample(found.question, [gold[step]], gold[:step], gold[step + 1 :]))
            else:
                samples.append(Sample(found.question, gold, [], []))
        return texts, rng.sample(samples, min(len(samples), self.group))

    def _tensors(self, rng: random.Random, texts: Sequence[str], samples: Sequence[Sample]) -> Batch:
        tokenizer = self.tokenizer
        limit = 10 ** rng.randint(3, 6)
        numbers = rng.sample(range(limit), len(texts))
        rows = document_tokens(tokenizer, list(zip(numbers, texts, strict=True)))
        rows = [row if len(row) <= self.max_tokens else row[: self.max_tokens - 1] + row[-1:] for row in rows]
        prompts, responses = [], []
        for sample in samples:
            if sample.opened:
                rounds = [[(numbers[i], texts[i])] for i in sample.opened]
                prompt = hop_prompt(tokenizer, sample.question, rounds)
            else:
                prompt = question_prompt(tokenizer, sample.question)
            prompts.append(prompt)
            responses.append(id_tokens(tokenizer, [numbers[i] for i in sample.gold]))
        questions = [prompt.tokens + response for prompt, response in zip(prompts, responses, strict=True)]
        positive = torch.zeros(len(samples), len(texts), dtype=torch.bool)
        ignored = torch.zeros_like(positive)
        for row, sample in enumerate(samples):
            positive[row, sample.gold] = True
            ignored[row, sample.opened + sample.later] = True
        width = max(map(len, questions))
        return Batch(
            documents=pad(rows),
            document_lengths=torch.tensor([len(row) for row in rows]),
            questions=pad(questions),
            question_lengths=torch.tensor([len(row) for row in questions]),
            prompt_lengths=torch.tensor([len(prompt.tokens) for prompt in prompts]),
            routes=torch.stack([_routes(prompt, width) for prompt in prompts]),
            positive=positive,
            ignored=ignored & ~positive,
        )


def _routes(prompt: Prompt, width: int) -> Tensor:
    flags = torch.zeros(width, dtype=torch.bool)
    flags[: len(prompt.roles)] = torch.tensor(prompt.roles) == 0
    return flags


def pad(rows: Sequence[Sequence[int]]) -> Tensor:
    out = torch.zeros(len(rows), max(map(len, rows)), dtype=torch.long)
    for at, row in enumerate(rows):
        out[at, : len(row)] = torch.tensor(row)
    return out
