"""What a benchmark's memory is made of: questions with the documents that answer them, and text to grow it with.

Every size of memory asks the same questions about the same gold documents. Knows nothing of memories or models.
"""

from __future__ import annotations

import itertools
import json
import lzma
import random
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from twin_app.errors import TwinError

FILE_CHARACTERS = 16_000  # of a filler file: about 4,000 tokens, a long note
GENERATED = 160  # documents of the generated memory that is asked about
FILLING = 400  # documents of each generated memory that fills
KINDS = ("who", "which", "where", "when", "howmuch", "howmany")  # generated questions with one gold document
NAME = re.compile(r"(?<=[a-z,;] )[A-Z][a-z]{2,}|\d")  # capitals inside sentences, and digits
SYLLABLES = "ba de fi go ka le mi no pa re si to ul va wen yor zim dran hel".split()


@dataclass(frozen=True, slots=True)
class Asked:
    """A question with its right answers, and the names of the files that hold them."""

    id: str
    question: str
    answers: tuple[str, ...]
    gold: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Material:
    questions: tuple[Asked, ...]
    gold: dict[str, str]  # name of a file -> its text
    filler: Callable[[], Iterator[tuple[str, str]]]  # (what it is: real, generated or altered; text), without end
    described: str


def generated(count: int) -> Material:
    """Questions and text of the training generator: there on any machine."""
    from engine.training.generator import memory

    made = memory(20_260_323, GENERATED)
    chosen = [q for q in made.questions if q.kind in KINDS and len(q.gold) == 1][:count]
    questions = tuple(
        Asked(f"g{number}", q.question, tuple(q.answers), (_file("g", q.gold[0]),)) for number, q in enumerate(chosen)
    )
    gold = {_file("g", q.gold[0]): made.documents[q.gold[0]] for q in chosen}

    def filler() -> Iterator[tuple[str, str]]:
        rest = [d for d in made.documents if _file("g", d.id) not in gold]
        lives = (memory(seed, FILLING).documents for seed in itertools.count(1))
        for documents in itertools.chain([rest], lives):
            for text in _bundled(d.context + d.text for d in documents):
                yield "generated", text

    return Material(
        questions, {name: d.context + d.text for name, d in gold.items()}, filler,
        "questions and text of the training generator (engine/training/generator), other lives as filler",
    )  # fmt: skip


def from_files(paths: Sequence[Path], count: int) -> Material:
    """Units with questions (`{"docs", "qas"}` a line) and plain text (`{"text"}` a line, or .txt), as they are.

    Where they end they begin again, names and digits altered. Raises TwinError for a file that is neither.
    """
    units = [(path, row) for path in paths for row in _rows(path) if "docs" in row]
    if not units:
        raise TwinError(
            "none of the files given by --text holds questions: one of them must be units with docs and qas"
        )
    questions: list[Asked] = []
    gold: dict[str, str] = {}
    others: list[str] = []
    for number, (_, unit) in enumerate(units):
        texts = {document["id"]: str(document["text"]) for document in unit["docs"]}
        answerable = [q for q in unit["qas"] if q.get("gold") and q.get("a") and not q.get("unanswerable")]
        # Few of each unit, so that the questions are about many things.
        for q in answerable[:: max(1, len(answerable) * len(units) // count)]:
            names = {document: _file(f"u{number}", document) for document in q["gold"]}
            questions.append(Asked(f"u{number}-{q['id']}", q["q"], tuple(map(str, q["a"])), tuple(names.values())))
            gold |= {name: texts[document] for document, name in names.items()}
        others += [text for document, text in texts.items() if _file(f"u{number}", document) not in gold]
    questions = random.Random(7).sample(questions, min(count, len(questions)))
    used = {name for asked in questions for name in asked.gold}
    others += [text for name, text in gold.items() if name not in used]

    def once() -> Iterator[str]:
        yield from _bundled(others)
        for path in paths:
            yield from _bundled(row["text"] for row in _rows(path) if "text" in row)

    def filler() -> Iterator[tuple[str, str]]:
        yield from (("real", text) for text in once())
        for turn in itertools.count(1):
            yield from (("altered", altered(text, turn)) for text in once())

    described = ", ".join(path.name for path in paths)
    return Material(
        tuple(questions), {name: gold[name] for name in sorted(used)}, filler,
        f"{described}; where they end, the same text with other names and digits",
    )  # fmt: skip


def altered(text: str, seed: int) -> str:
    """The same text with other names (capitals inside sentences, each replaced by one other) and other digits."""
    rng = random.Random(f"{seed}/{text[:64]}")
    names: dict[str, str] = {}

    def other(found: re.Match[str]) -> str:
        word = found[0]
        if word.isdigit():
            return str(rng.randrange(10))
        if word not in names:
            names[word] = "".join(rng.choices(SYLLABLES, k=3)).capitalize()
        return names[word]

    return NAME.sub(other, text)


def _file(unit: str, document: object) -> str:
    return f"{unit}-{re.sub(r'[^A-Za-z0-9]+', '-', str(document))}.txt"


def _bundled(texts: Iterable[str]) -> Iterator[str]:
    """Texts joined or cut to pieces of about FILE_CHARACTERS, between paragraphs where there are any."""
    held: list[str] = []
    size = 0
    for text in texts:
        for paragraph in text.split("\n\n"):
            for start in range(0, len(paragraph), FILE_CHARACTERS):
                part = paragraph[start : start + FILE_CHARACTERS]
                if held and size + len(part) > FILE_CHARACTERS:
                    yield "\n\n".join(held)
                    held, size = [], 0
                held.append(part)
                size += len(part)
    if held:
        yield "\n\n".join(held)


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    if path.suffix == ".txt":
        yield {"text": path.read_text(encoding="utf-8", errors="replace")}
        return
    try:
        with lzma.open(path, "rt") if path.suffix == ".xz" else path.open(encoding="utf-8") as lines:
            for line in lines:
                row = json.loads(line)
                if not isinstance(row, dict) or not ("text" in row or {"docs", "qas"} <= row.keys()):
                    raise ValueError("a line holds neither text nor docs and qas")
                yield row
    except (OSError, ValueError, lzma.LZMAError) as error:
        raise TwinError(
            f"{path} is no text or units to measure with ({error}): see `twin bench scale --help`"
        ) from error
