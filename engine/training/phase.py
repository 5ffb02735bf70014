"""One phase of training, as its file in phases/ says."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, fields
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Phase:
    name: str
    learning_rate: float
    warmup_steps: int
    final_fraction: float  # of the learning rate, reached linearly over the last 60 % of the steps
    steps: int
    routing_weight: float
    language_weight: float
    identity_weight: float
    language_share: float
    id_questions: int
    in_view: tuple[tuple[int, int], ...]
    documents: int
    group: int
    max_tokens: int  # of a document, marks and ID included; longer ones are cut
    hops: float
    corpora: dict[str, float]

    @classmethod
    def read(cls, path: Path) -> Phase:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
        known = {field.name for field in fields(cls)} - {"name"}
        if unknown := set(raw) - known:
            raise ValueError(f"{path} has unknown keys: {', '.join(sorted(unknown))}")
        if missing := known - set(raw):
            raise ValueError(f"{path} lacks: {', '.join(sorted(missing))}")
        raw["in_view"] = tuple((int(step), int(count)) for step, count in raw["in_view"])
        return cls(name=path.stem, **raw)

    def rate(self, step: int) -> float:
        """Learning rate at a step of this phase: linear warm-up, flat, linear fall over the last 60 %."""
        if step < self.warmup_steps:
            return self.learning_rate * (step + 1) / self.warmup_steps
        fall = max(0.0, (step - 0.4 * self.steps) / (0.6 * self.steps))
        return self.learning_rate * (1.0 - (1.0 - self.final_fraction) * min(1.0, fall))

    def documents_in_view(self, step: int) -> int:
        return [count for start, count in self.in_view if step >= start][-1]


def all_phases(folder: Path | None = None) -> list[Phase]:
    """The recipe, in order of the files' names."""
    return [Phase.read(path) for path in sorted((folder or Path(__file__).parent / "phases").glob("*.toml"))]
