"""`twin bench scale`: quality and speed against the size of memory, the same questions at every size.

One memory grows from size to size; at each it is measured in a fresh process. Rows go to DIR/rows.jsonl as they are
done, and table and picture are drawn from them, so that a run may end anywhere and go on with --resume.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch

from engine.config import ModelConfig
from twin_app import render
from twin_app.bench import material, scale_report
from twin_app.bench.growth import Growth
from twin_app.bench.machine import encoding_tokens_s, read_bytes_s, routing_flops_s
from twin_app.bench.measured import Question, in_own_process
from twin_app.errors import DONE, TwinError
from twin_app.invocation import Invocation
from twin_app.models import Models

ENCODED = 10_000_000  # tokens that are really read and encoded; larger memories are derived from these


def run(invocation: Invocation) -> int:
    """Measures what is not measured yet, then writes scale.md, scale.svg and rows.jsonl."""
    options, console = invocation.options, invocation.console
    settings = invocation.sourced.settings
    folder: Path = options.out or Path.cwd() / "twin-scale"
    rows = _begin(folder, resume=options.resume)
    made = (
        material.from_files(options.text, options.questions) if options.text else material.generated(options.questions)
    )
    growth = Growth(folder, made, settings)
    progress = render.Progress(console)
    gold = growth.gold_paths()
    questions = [Question(asked, tuple(gold[name] for name in asked.gold)) for asked in made.questions]
    for size in options.sizes:
        if any(row["size"] == size for row in rows):
            continue
        console.say(f"growing to {size:,} tokens")
        row: dict[str, Any] = {"size": size, "model": settings.model, "material": made.described, "derived": 0}
        grown = growth.encode_to(min(size, options.encode), progress)
        progress.done()
        row |= asdict(grown)
        if size > options.encode:
            row["derived"] = growth.derive_to(size, progress)
            progress.done()
        console.say(f"measuring {len(questions)} questions")
        row |= in_own_process(growth.home, settings, questions)
        row |= floors(row, ModelConfig.read(Models(growth.home / "models").path(settings.model)))
        rows.append(row)
        with (folder / "rows.jsonl").open("a", encoding="utf-8") as file:
            file.write(json.dumps(row) + "\n")
        scale_report.write(rows, folder)
        if invocation.is_json:
            console.json(row)
    if not invocation.is_json:
        console.line(scale_report.table(rows))
        console.say(f"table, picture and rows: {render.shown_path(str(folder))}")
    return DONE


def floors(row: Mapping[str, Any], config: ModelConfig) -> dict[str, float]:
    """What this machine could do at best, now, beside the same neighbours as what was measured."""
    read, flops = read_bytes_s(), routing_flops_s(row["query_rows"], row["key_dim"])
    return {
        "read_bytes_s": read, "routing_flops_s": flops, "threads": torch.get_num_threads(),
        "route_bytes_floor_s": row["route_bytes"] / read, "route_flops_floor_s": row["route_flops"] / flops,
        "encoding_floor_tokens_s": encoding_tokens_s(config),
    }  # fmt: skip


def _begin(folder: Path, *, resume: bool) -> list[dict[str, Any]]:
    """The rows there are; without --resume a folder of an earlier run is emptied, any other is refused."""
    found = folder / "rows.jsonl"
    if folder.exists() and any(folder.iterdir()):
        if not found.exists():
            raise TwinError(f"{folder} is not empty and holds no earlier run: name another folder with --out")
        if resume:
            return [json.loads(line) for line in found.read_text(encoding="utf-8").splitlines()]
        for name in ("files", "home"):
            shutil.rmtree(folder / name, ignore_errors=True)
    folder.mkdir(parents=True, exist_ok=True)
    found.write_text("", encoding="utf-8")
    return []
