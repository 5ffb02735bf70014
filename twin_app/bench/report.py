"""Results as tables: aligned text for a terminal, Markdown and JSON lines for files, and their pictures beside them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, is_dataclass
from pathlib import Path
from typing import Any, Protocol, TypeVar

from twin_app.bench.metrics import Figure
from twin_app.bench.pictures import NO_PICTURES, Picture, save
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

    def named(self) -> list[dict[str, Any]]:
        """The rows, each cell by its column."""
        return [dict(zip(self.columns, row, strict=True)) for row in self.rows]

    def records(self) -> list[dict[str, Any]]:
        return [{"table": self.name, **{name: plain(cell) for name, cell in row.items()}} for row in self.named()]


def shown(cell: Cell) -> str:
    if cell is None:
        return ""
    return f"{cell:.2f}" if isinstance(cell, float) else str(cell).replace("|", "/").replace("\n", " ")


def plain(value: Any) -> Any:
    """What JSON takes."""
    return asdict(value) if is_dataclass(value) and not isinstance(value, type) else value


def publish(
    tables: Sequence[Table], console: Console, *, as_json: bool, out: Path | None, pictures: Sequence[Picture] = ()
) -> None:
    """On stdout, and where `out` is given in its files NAME.md and NAME.jsonl, pictures in NAME.svg."""
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
    if out is not None and pictures and not all(save(picture, out) for picture in pictures):
        console.say(NO_PICTURES)


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
