"""Results as tables: aligned text for a terminal, Markdown and JSON lines for files, pictures where matplotlib is."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, is_dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Protocol, TypeVar

from twin_app.bench.metrics import Figure
from twin_app.render import Console, clean

Cell = str | int | float | Figure | None


@dataclass(frozen=True, slots=True)
class Table:
    """`rows` have a cell a column; figures show their mean and 95 % interval."""

    name: str  # of its files
    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]

    def markdown(self) -> str:
        lines = [f"| {' | '.join(self.columns)} |", "|" + "---|" * len(self.columns)]
        lines += [f"| {' | '.join(map(shown, row))} |" for row in self.rows]
        return "\n".join([f"### {self.title}", "", *lines, ""])

    def text(self) -> str:
        cells = [self.columns, *(tuple(map(shown, row)) for row in self.rows)]
        widths = [max(len(row[at]) for row in cells) for at in range(len(self.columns))]
        lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in cells]
        return "\n".join([self.title, *(clean(line.rstrip()) for line in lines), ""])

    def records(self) -> list[dict[str, Any]]:
        return [{"table": self.name, **dict(zip(self.columns, map(plain, row), strict=True))} for row in self.rows]


def shown(cell: Cell) -> str:
    if cell is None:
        return ""
    return f"{cell:.2f}" if isinstance(cell, float) else str(cell).replace("|", "/").replace("\n", " ")


def plain(value: Any) -> Any:
    """What JSON takes."""
    return asdict(value) if is_dataclass(value) and not isinstance(value, type) else value


def publish(tables: Sequence[Table], console: Console, *, as_json: bool, out: Path | None) -> None:
    """On stdout, and where `out` is given in its files NAME.md and NAME.jsonl."""
    for table in tables:
        if as_json:
            for record in table.records():
                console.json(record)
        else:
            console.line(table.text())
        if out is not None:
            out.mkdir(parents=True, exist_ok=True)
            (out / f"{table.name}.md").write_text(table.markdown(), encoding="utf-8")
            write_lines(out / f"{table.name}.jsonl", table.records())


class Recorded(Protocol):
    def record(self) -> Mapping[str, Any]: ...


R = TypeVar("R", bound=Recorded)


def kept(found: Iterable[R], out: Path | None, name: str) -> Iterator[R]:
    """What comes, each written to `out`/`name` at once: a long run that is ended early has not been for nothing."""
    if out is None:
        yield from found
        return
    out.mkdir(parents=True, exist_ok=True)
    with (out / name).open("w", encoding="utf-8") as file:
        for one in found:
            file.write(json_line(one.record()))
            file.flush()
            yield one


def json_line(record: Mapping[str, Any]) -> str:
    return json.dumps(record, ensure_ascii=False, default=plain) + "\n"


def write_lines(path: Path, records: Iterable[Mapping[str, Any]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8") as file:
        file.writelines(map(json_line, records))


@dataclass(frozen=True, slots=True)
class Line:
    """One curve of a picture."""

    label: str
    points: tuple[tuple[float, float], ...]


def plot(path: Path, lines: Sequence[Line], *, x: str, y: str, title: str, log_x: bool = False) -> bool:
    """Writes a picture; False where matplotlib is not installed (the `bench` extra has it)."""
    if find_spec("matplotlib") is None:
        return False
    from matplotlib.figure import Figure as Picture

    picture = Picture(figsize=(6.4, 4.0), layout="constrained")
    axes = picture.subplots()
    for curve in lines:
        x_values, y_values = zip(*curve.points, strict=True)
        axes.plot(x_values, y_values, marker="." if log_x else "", label=curve.label)
    axes.set(xlabel=x, ylabel=y, title=title, ylim=(-0.02, 1.02), xscale="log" if log_x else "linear")
    axes.grid(alpha=0.3)
    axes.legend(fontsize="small")
    path.parent.mkdir(parents=True, exist_ok=True)
    picture.savefig(path, dpi=120)
    return True
