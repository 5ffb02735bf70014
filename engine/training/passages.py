"""Prepares the text and question sets for training: groups of neighbouring passages, one JSON line a group.

A group is `{"documents": [[context, text], ...], "questions": [[question, [gold, ...]], ...]}` (gold are positions in
documents; questions empty for plain text, where tasks.py hides sentences and asks for them).
"""

from __future__ import annotations

import json
import lzma
import random
import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

Group = dict[str, Any]
WORDS = 130  # at most about: 180 tokens, which leaves room for context and ID in a document of 256
SIZES = (
    35,
    50,
    70,
    100,
    130,
)  # words of a passage, drawn for each file: memories hold short and long documents
GROUP = 16  # neighbouring passages kept together: hard negatives of one another

TEXT_SETS = {  # set -> passages kept
    "wikipedia-passages": 28_727, "wikipedia-articles": 20_000, "books": 16_000, "novels-eltec": 6_000,
    "diary-pepys": 8_000, "notes": 14_000, "technical": 14_000, "facts": 8_000, "mail": 12_000,
    "dialogues-sgd": 14_000, "irc": 10_000,
}  # fmt: skip
QA_SETS = (
    "squad11-train", "squad20-train", "qamr", "medquad", "pubmedqa", "fairytaleqa-train", "qmsum-train",
    "crd3-pairs", "hotpotqa-train", "musique-train", "wiki2-train",
)  # fmt: skip


def prepare(data: Path, out: Path, seed: int = 0) -> None:
    """Reads the sets under `data` (text/, qa/) and writes `out`/NAME.jsonl; sets already there are kept.

    A set that `data` lacks is told on stderr and left out; raises FileNotFoundError where it has none at all.
    """
    sources = {name: data / "text" / f"{name}.jsonl.xz" for name in TEXT_SETS}
    sources |= {name: data / "qa" / f"{name}.jsonl.xz" for name in QA_SETS}
    wanted = {name: source for name, source in sources.items() if not (out / f"{name}.jsonl").exists()}
    missing = [source for source in wanted.values() if not source.exists()]
    if len(missing) == len(sources):
        raise FileNotFoundError(f"{data} holds none of the sets of docs/training.md, text/books.jsonl.xz among them")
    for source in missing:
        print(f"{source} is missing: left out", file=sys.stderr)
    out.mkdir(parents=True, exist_ok=True)
    for name, source in wanted.items():
        if source not in missing:
            keep = TEXT_SETS.get(name)
            groups = qa_groups(read(source)) if keep is None else text_groups(data, name, keep, seed)
            write(out / f"{name}.jsonl", groups)


def write(path: Path, groups: Iterable[Group]) -> None:
    scratch = path.with_suffix(".part")
    with scratch.open("w", encoding="utf-8") as file:
        for group in groups:
            file.write(json.dumps(group, ensure_ascii=False) + "\n")
    scratch.rename(path)


def read(path: Path) -> Iterator[dict[str, Any]]:
    with lzma.open(path, "rt", encoding="utf-8") as file:
        for line in file:
            yield json.loads(line)


def text_groups(data: Path, name: str, keep: int, seed: int) -> list[Group]:
    """Up to `keep` passages of a set, spread evenly over its files."""
    rng = random.Random(f"{seed} {name}")
    pool: list[Group] = []
    if name == "wikipedia-passages":  # each stands alone; neighbours in the file are of one question
        passages = [row["text"].partition("\n") for row in read(data / "text" / f"{name}.jsonl.xz")]
        documents = [[f"{title}\n", text] for title, _, text in passages if len(text.split()) > 8]
        pool = [{"documents": documents[i : i + GROUP], "questions": []} for i in range(0, len(documents), GROUP)]
    else:
        for row in read(data / "text" / f"{name}.jsonl.xz"):
            title, size = title_of(row["id"]), rng.choice(SIZES)
            documents = [[context, text] for context, text in passages_of(row["text"], title, size)]
            for i in range(0, len(documents), GROUP):
                if chunk := documents[i : i + GROUP]:
                    pool.append({"documents": chunk, "questions": []})
    rng.shuffle(pool)
    kept, count = [], 0
    for group in pool:
        kept.append(group)
        count += len(group["documents"])
        if count >= keep:
            break
    return kept


def title_of(identity: str) -> str:
    stem = identity.rsplit("/", 1)[-1]
    stem = re.sub(r"\.(md|txt|xml|json|xhtml|rst|raw)\b", "", stem)
    return stem.replace("_", " ").replace("-", " ").strip()


HEADING = re.compile(r"^(#{1,6}\s+.+|[A-Z][^.!?\n]{2,60})$")


def passages_of(text: str, title: str, goal: int) -> Iterator[tuple[str, str]]:
    """(context, passage): paragraphs joined to about `goal` words; a heading goes into the context of what follows."""
    heading, size = "", 0
    held: list[str] = []
    for block in re.split(r"\n\s*\n", text):
        block = block.strip("\n")
        words = len(block.split())
        if not words:
            continue
        found = HEADING.match(block.strip())
        if found or size + words > goal * 1.3:
            if size >= 12:
                yield context_of(title, heading), "\n\n".join(held)
            held, size = [], 0
        if found:
            heading = block.strip().lstrip("# ")
            continue
        for piece in pieces(block, goal):
            if size and size + len(piece.split()) > goal * 1.3:
                yield context_of(title, heading), "\n\n".join(held)
                held, size = [], 0
            held.append(piece)
            size += len(piece.split())
    if size >= 12:
        yield context_of(title, heading), "\n\n".join(held)


def context_of(title: str, heading: str) -> str:
    return f"{title} > {heading}\n" if heading else f"{title}\n"


def pieces(block: str, goal: int = WORDS) -> Iterator[str]:
    """A long block at sentence or line ends, each piece of about `goal` words."""
    if len(block.split()) <= goal * 1.3:
        yield block
        return
    held, size = "", 0
    for part in re.findall(r".+?(?:[.!?][\"')\]]*\s+|\n|$)", block, flags=re.S):
        words = len(part.split())
        if size and size + words > goal:
            yield held.strip()
            held, size = "", 0
        if words > 2 * goal:  # a line with no end to it
            part = " ".join(part.split()[: 2 * goal])
        held += part
        size += words
    if held.strip():
        yield held.strip()


def qa_groups(units: Iterable[dict[str, Any]]) -> Iterator[Group]:
    """Questions over closed memories; long documents are cut to the passage that holds an answer, if one does."""
    for unit in units:
        documents: list[tuple[str, str]] = []
        position: dict[str, int] = {}
        for document in unit["docs"]:
            title, text = document.get("title", ""), document["text"]
            if title and text.startswith(title + "\n"):
                text = text[len(title) + 1 :]
            position[document["id"]] = len(documents)
            documents.append((f"{title}\n" if title else "", text))
        by_gold: dict[int, list[tuple[str, list[int], list[str]]]] = {}
        for qa in unit["qas"]:
            gold = [position[g] for g in qa["gold"] if g in position]
            if gold and not qa.get("unanswerable"):
                by_gold.setdefault(gold[0], []).append((qa["q"], gold, qa["a"]))
        yield from _windows(documents, by_gold)


def _windows(documents: list[tuple[str, str]], by_gold: dict[int, list[Any]]) -> Iterator[Group]:
    whole = len(documents) <= 24  # small memories (multi-hop sets) stay whole: their distractors are chosen
    starts = [0] if whole else range(0, len(documents), GROUP)
    for start in starts:
        span = range(start, len(documents) if whole else min(start + GROUP, len(documents)))
        place = {old: new for new, old in enumerate(span)}
        kept = [[context, shorten(text)] for context, text in (documents[i] for i in span)]
        questions = []
        for old in span:
            for question, gold, answers in by_gold.get(old, []):
                if not all(g in place for g in gold):
                    continue
                if len(gold) == 1:  # long texts: keep the passage with the answer, once
                    _, text = documents[gold[0]]
                    kept[place[gold[0]]][1] = around(text, answers) if len(text.split()) > 2 * WORDS else text
                questions.append([question, [place[g] for g in gold]])
        if questions:
            yield {"documents": kept, "questions": questions[:64]}


def shorten(text: str) -> str:
    return next(pieces(text), text) if len(text.split()) > WORDS * 1.3 else text


def around(text: str, answers: list[str]) -> str:
    parts = list(pieces(text))
    return next((part for part in parts for a in answers if a and a in part), parts[0])
