"""One memory, measured in a process of its own: opening, routing, answers and their quality, bytes."""

from __future__ import annotations

import json
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch

from engine.config import ModelConfig
from engine.memory import Bank
from engine.prefill import prefill
from engine.routing import Selection, prepare
from engine.session import Engine, fingerprint, layout_of
from engine.template import question_prompt
from ingest.catalog import document_id
from twin_app.bench.growth import Quiet
from twin_app.bench.material import Asked
from twin_app.errors import TwinError
from twin_app.models import Models
from twin_app.settings import Settings
from twin_app.standing import bytes_in
from twin_app.twin import Twin

RETRIEVALS = ("latent", "words", "both")
KEPT = 64  # documents a layer reports, as engine.interleave


@dataclass(frozen=True, slots=True)
class Question:
    """A question and the paths of the sources that answer it."""

    asked: Asked
    gold: tuple[Path, ...]


def in_own_process(home: Path, settings: Settings, questions: Sequence[Question]) -> dict[str, Any]:
    """`measure` in a fresh process: its start and its peak are its own."""
    asked = {
        "home": str(home), "settings": asdict(settings),
        "questions": [{"asked": asdict(q.asked), "gold": [str(path) for path in q.gold]} for q in questions],
    }  # fmt: skip
    done = subprocess.run([sys.executable, "-m", __name__], input=json.dumps(asked), stdout=subprocess.PIPE, text=True)
    if done.returncode:
        raise TwinError(
            f"the measuring process ended with {done.returncode}: {home} is as it was, run it with --resume"
        )
    row: dict[str, Any] = json.loads(done.stdout)
    return row


def measure(home: Path, settings: Settings, questions: Sequence[Question]) -> dict[str, Any]:
    """A row of the table: seconds, bytes and shares."""
    checkpoint = Models(home / "models").path(settings.model)
    layout = layout_of(ModelConfig.read(checkpoint), fingerprint(checkpoint))
    began = time.perf_counter()
    Bank.open(home / "bank" / layout.model, layout)
    bank_open = time.perf_counter() - began
    began = time.perf_counter()
    memory = Twin(home, settings)
    try:
        memory.engines.load()
        opened = time.perf_counter() - began
        before = anonymous_bytes()
        with memory.engines.asking() as engine:
            row = _bank(engine) | _routing(engine, questions)
        row |= _asking(memory, questions)
        counts = memory.catalog.counts()
    finally:
        memory.close()
    return row | {
        "tokens": counts.tokens, "documents": counts.documents, "bank_open_s": bank_open, "open_s": opened,
        "open_bytes": before, "own_bytes": anonymous_bytes(), "peak_bytes": peak_bytes(),
        "disk_bytes": bytes_in(home), "bank_bytes": bytes_in(home / "bank"), "questions": len(questions),
    }  # fmt: skip


def _bank(engine: Engine) -> dict[str, Any]:
    packs = engine.bank.view().packs
    return {"packs": len(packs), "chunks": sum(view.pack.chunks for view in packs)}


def _routing(engine: Engine, questions: Sequence[Question]) -> dict[str, Any]:
    """Seconds of routing one question over all routing layers, first hop, and the bytes and operations it takes."""
    config, memory, whitening = engine.model.config, engine.memory(), engine.whitening()
    times, widths = [], []
    for question in questions:
        prompt = question_prompt(engine.tokenizer, question.asked.question)
        seconds: list[float] = []

        def choose(at: int, queries: torch.Tensor, seconds: list[float] = seconds) -> Selection:
            began = time.perf_counter()
            prepared = prepare(queries, config, whitening.of_layer(at) if whitening else None)
            found = memory.select(at, prepared, KEPT, None)
            seconds.append(time.perf_counter() - began)
            widths.append(len(prepared))  # rows that are scored
            return Selection(found.documents[: config.routing.top_k], found.scores[: config.routing.top_k])

        positions = prompt.positions(config.routing.top_k)
        prefill(engine.model, prompt.tokens, prompt.roles, positions, engine.head, choose, memory.content)
        times.append(sum(seconds))
    layers, key_dim = len(config.routing.layers), engine.bank.layout.key_dim
    chunks, width = _bank(engine)["chunks"], round(statistics.median(widths))
    return {
        "route_s": statistics.median(times), "route_first_s": times[0], "query_rows": width,
        "key_dim": key_dim, "route_bytes": layers * chunks * (key_dim + 4),
        "route_flops": 2 * layers * chunks * key_dim * width,
    }  # fmt: skip


def _asking(memory: Twin, questions: Sequence[Question]) -> dict[str, Any]:
    """Quality and time of answers, by each retrieval."""
    row: dict[str, Any] = {}
    gold = [{source.id for source in memory.catalog.sources.known(question.gold).values()} for question in questions]
    for retrieval in RETRIEVALS:
        at5, at10, right = list[float](), list[float](), list[bool]()
        times, hops = list[float](), list[int]()
        for question, wanted in zip(questions, gold, strict=True):
            asked = {"question": question.asked.question, "retrieval": retrieval, "save": False}
            began = time.perf_counter()
            result = memory.ask(asked, Quiet(memory.settings))
            times.append(time.perf_counter() - began)
            routed = [document_id(label) or 0 for label in result["hops"][0]["routed"]]
            found = memory.catalog.documents.get(routed[:10])
            for k, shares in ((5, at5), (10, at10)):
                sources = {found[number].source for number in routed[:k] if number in found}
                shares.append(len(sources & wanted) / max(1, len(wanted)))
            shown = " ".join([result["answer"], *(c["quote"] for c in result["citations"] or result["nearest"])])
            right.append(any(_plain(answer) in _plain(shown) for answer in question.asked.answers))
            hops.append(len(result["hops"]))
        row |= {
            f"recall5_{retrieval}": statistics.mean(at5), f"recall10_{retrieval}": statistics.mean(at10),
            f"right_{retrieval}": statistics.mean(right), f"answer_s_{retrieval}": statistics.median(times),
            f"hops_{retrieval}": statistics.mean(hops),
        }  # fmt: skip
    times = []
    for question in questions:
        began = time.perf_counter()
        memory.words.evidence(question.asked.question, KEPT)
        times.append(time.perf_counter() - began)
    return row | {"words_s": statistics.median(times)}


def _plain(text: str) -> str:
    return " ".join("".join(c if c.isalnum() else " " for c in text.lower()).split())


def peak_bytes() -> int:
    """The most this process ever had in memory, mapped files included."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def anonymous_bytes() -> int | None:
    """What this process holds that no file backs (Linux): mapped packs can be dropped at any time, this cannot."""
    try:
        lines = Path("/proc/self/status").read_text().splitlines()
    except OSError:
        return None
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("RssAnon:")), None)


def main() -> None:
    """One request as JSON on stdin, its row on stdout."""
    given = json.load(sys.stdin)
    values: dict[str, Any] = {key: tuple(v) if isinstance(v, list) else v for key, v in given["settings"].items()}
    settings = Settings(**values)
    questions = [
        Question(
            Asked(**q["asked"] | {"answers": tuple(q["asked"]["answers"]), "gold": tuple(q["asked"]["gold"])}),
            tuple(Path(path) for path in q["gold"]),
        )
        for q in given["questions"]
    ]
    json.dump(measure(Path(given["home"]), settings, questions), sys.stdout)


if __name__ == "__main__":
    main()
