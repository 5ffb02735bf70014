"""Word vectors, learnt before the model: a text is the sum of its tokens' vectors, and questions find passages.

A model of two cores cannot learn from nothing what words mean; a table of vectors can learn it in minutes. Each stem
begins as a random vector, which tells it from all others, beside what a teacher (a sentence encoder, if one is given)
makes of the word alone, which brings it near words of like meaning; both as long as the word is rare. Questions
and passages of the prepared sets then refine them. `start.py` lays them into the model.
"""

from __future__ import annotations

import json
import math
import random
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import snowballstemmer
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor
from torch.nn import functional

from engine.template import ASK, RETURN
from engine.tokenizer import SPECIAL, MemoryTokenizer
from engine.training.batches import Batch, BatchMaker
from engine.training.objectives import routing_loss

RARE = 1e-3  # a stem in fewer passages than this share counts in full
MEANING_SHARE, MEANING_WEIGHT = 0.4, 0.7  # of the dimensions, and of length beside the random part's 1
RATE, WARMUP = 3e-3, 20
TEMPERATURE = 0.05
TEACHER_BATCH = 256


def stem_of(piece: str) -> str:
    """One key for all tokens of a word: ` Rents`, `rent` and `rent` at a line's start are the same."""
    text = piece.strip().lower()
    return str(_STEMMER.stemWord(text)) if text else piece


_STEMMER = snowballstemmer.stemmer("english")


def count_passages(passages: Iterable[str], tokenizer: MemoryTokenizer, out: Path) -> None:
    """Writes in how many passages each token's stem occurs; the template's own words and marks count as in all."""
    stems = [stem_of(tokenizer.decode([token])) for token in range(tokenizer.vocab_size)]
    found: Counter[str] = Counter()
    total = 0
    batch: list[str] = []

    def flush() -> None:
        for tokens in tokenizer.encode_batch(batch):
            found.update({stems[token] for token in tokens})
        batch.clear()

    for passage in passages:
        total += 1
        batch.append(passage)
        if len(batch) == 1024:
            flush()
    flush()
    marks = range(len(SPECIAL))  # they stand in every document and prompt, as the prompt's words and ID's digits do
    for token in (*marks, *tokenizer.encode(f"user\n{ASK}{RETURN}\n"), *tokenizer.encode("[0123456789].")):
        found[stems[token]] = total
    out.write_text(json.dumps({"passages": total, "stems": found}, ensure_ascii=False), encoding="utf-8")


def first_vectors(
    tokenizer: MemoryTokenizer, frequencies: Path, size: int, meanings: Tensor | None, seed: int
) -> Tensor:
    """[vocabulary, size]: one vector for all tokens of a stem; marks have none. meanings [vocabulary, any]."""
    counted = json.loads(frequencies.read_text(encoding="utf-8"))
    total, stems = int(counted["passages"]), counted["stems"]
    own = size if meanings is None else size - int(size * MEANING_SHARE)
    out = torch.zeros(tokenizer.vocab_size, size)
    forms = defaultdict(list)
    for token in range(len(SPECIAL), tokenizer.vocab_size):
        forms[stem_of(tokenizer.decode([token]))].append(token)
    for stem, tokens in forms.items():
        share = max(int(stems.get(stem, 0)), 1) / max(total, 1)
        weight = min(1.0, math.log(1.0 / share) / math.log(1.0 / RARE)) if share < 1 else 0.0
        drawn = torch.Generator().manual_seed(random.Random(f"{seed} {stem}").getrandbits(62))
        out[tokens, :own] = weight * functional.normalize(torch.randn(own, generator=drawn), dim=0)
    if meanings is not None:
        by_stem = meanings.clone()
        for tokens in forms.values():
            by_stem[tokens] = meanings[tokens].mean(0)
        lengths = out.norm(dim=1, keepdim=True)
        out[:, own:] = MEANING_WEIGHT * lengths * principal(by_stem, size - own)
    return out


def principal(vectors: Tensor, size: int) -> Tensor:
    """[n, size] unit vectors: the principal components, each divided by the fourth root of its variance."""
    centred = vectors - vectors.mean(0)
    values, directions = torch.linalg.eigh(centred.T @ centred / len(centred))
    kept = values.argsort(descending=True)[:size]
    return functional.normalize(centred @ directions[:, kept] / values[kept].clamp(min=1e-9) ** 0.25, dim=1)


def meanings_of(words: Iterable[str], teacher: Path) -> Tensor:
    """[n, hidden]: what a sentence encoder (a folder in the transformers layout; mean pooling) makes of each word."""
    from transformers import AutoModel, AutoTokenizer

    cutter, model = AutoTokenizer.from_pretrained(teacher), AutoModel.from_pretrained(teacher).eval()
    texts, out = [word.strip() or "." for word in words], []
    with torch.inference_mode():
        for start in range(0, len(texts), TEACHER_BATCH):
            batch = cutter(texts[start : start + TEACHER_BATCH], padding=True, return_tensors="pt")
            hidden = model(**batch).last_hidden_state
            mask = batch["attention_mask"][..., None]
            out.append(functional.normalize((hidden * mask).sum(1) / mask.sum(1), dim=1))
    return torch.cat(out).clone()


def bag_scores(vectors: Tensor, batch: Batch, chunk: int) -> Tensor:
    """[Q, D]: cosine of a question's sum of vectors with each chunk's, the best chunk of a document counts."""
    count, length = batch.documents.shape
    chunks = -(-length // chunk)
    documents = functional.pad(batch.documents, (0, chunks * chunk - length))
    inside = torch.arange(chunks * chunk)[None] < batch.document_lengths[:, None]
    weights = inside.view(count * chunks, chunk).to(vectors.dtype)
    held = functional.embedding_bag(documents.view(-1, chunk), vectors, per_sample_weights=weights, mode="sum")
    routes = batch.routes.to(vectors.dtype)
    asked = functional.embedding_bag(batch.questions, vectors, per_sample_weights=routes, mode="sum")
    scores = functional.normalize(asked, dim=1) @ functional.normalize(held, dim=1).T
    scores = scores.view(-1, count, chunks).masked_fill(~inside.view(count, chunks, chunk).any(2), -2.0)
    return scores.amax(2)


def learn(vectors: Tensor, maker: BatchMaker, steps: int, chunk: int) -> Tensor:
    """Refines vectors over `steps` batches. Few: more cost rare words (docs/log.md)."""
    weights = torch.nn.Parameter(vectors.clone())
    optimizer = torch.optim.Adam([weights], betas=(0.9, 0.99))
    with ThreadPoolExecutor(max_workers=1) as worker:
        coming = worker.submit(maker.make, 0)
        for step in range(steps):
            batch = coming.result()
            coming = worker.submit(maker.make, step + 1)
            loss = routing_loss(bag_scores(weights, batch, chunk), batch.positive, batch.ignored, TEMPERATURE)
            rate = RATE * min(1.0, (step + 1) / WARMUP, (steps - step) / (0.6 * steps))
            for group in optimizer.param_groups:
                group["lr"] = rate
            loss.backward()  # type: ignore[no-untyped-call]
            optimizer.step()
            optimizer.zero_grad()
            if step % 20 == 0:
                print(f"words step={step} of={steps} loss={float(loss.detach()):.3f}", file=sys.stderr, flush=True)
    return weights.detach()


def save_vectors(vectors: Tensor, path: Path) -> None:
    scratch = path.with_suffix(".part")
    save_file({"vectors": vectors.contiguous()}, scratch)
    scratch.rename(path)


def load_vectors(path: Path) -> Tensor:
    """[vocabulary, words]. Raises FileNotFoundError with what to do."""
    if not path.exists():
        raise FileNotFoundError(f"{path} is missing: run `python -m engine.training words` first")
    return load_file(path)["vectors"]
