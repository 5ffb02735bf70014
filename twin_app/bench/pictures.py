"""Results as pictures: SVG files, small, and the same bytes for the same figures. matplotlib is asked for only here."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Protocol

from twin_app.bench.baselines import DENSE, WORDS
from twin_app.bench.metrics import COMPARED, Figure, Refusals

WIDTH = 8.33  # inches: 800 px
STYLE: dict[Any, Any] = {
    "svg.hashsalt": "twin", "svg.fonttype": "none", "axes.axisbelow": True, "axes.titlesize": "medium",
    "axes.spines.top": False, "axes.spines.right": False, "figure.constrained_layout.w_pad": 0.1,
}  # fmt: skip
NO_PICTURES = "no pictures: matplotlib is not installed, pip install 'twin-memory[bench]' brings it"
COLOURS = {  # further hops darker than the first, baselines grey
    "latent": "#9cc3e6", "latent, all hops": "#2f78b7", "words": "#f5c885", "words, all hops": "#d98a1f",
    "both": "#93cfa8", "both, all hops": "#2b8a57", WORDS: "#b9b9b9", DENSE: "#7d7d7d",
}  # fmt: skip
STROKES = {"latent": "--", "words": "-.", WORDS: ":"}
LETTERS, SPARE = 128, 7  # of a legend's line; of an entry beside its words


class Picture(Protocol):
    @property
    def name(self) -> str:
        """Of its file."""

    @property
    def height(self) -> float:
        """In inches."""

    def draw(self, sheet: Any) -> None:
        """On a matplotlib figure."""


@dataclass(frozen=True, slots=True)
class Bar:
    group: str
    series: str
    measure: str  # a panel each
    value: Figure


@dataclass(frozen=True, slots=True)
class Bars:
    """Horizontal bars in groups, with their intervals as thin lines."""

    name: str
    title: str
    bars: tuple[Bar, ...]

    @property
    def height(self) -> float:
        groups, series = ({getattr(bar, kind) for bar in self.bars} for kind in ("group", "series"))
        return 1.2 + len(groups) * (0.1 + 0.15 * len(series))

    def draw(self, sheet: Any) -> None:
        groups, series, measures = (
            list(dict.fromkeys(getattr(bar, kind) for bar in self.bars)) for kind in ("group", "series", "measure")
        )
        panels = sheet.subplots(1, len(measures), sharey=True, squeeze=False)[0]
        series.sort(key=lambda label: [*COLOURS, label].index(label))
        thick = 0.84 / len(series)
        for axes, measure in zip(panels, measures, strict=True):
            for place, label in enumerate(series):
                own = [bar for bar in self.bars if (bar.series, bar.measure) == (label, measure)]
                at = [groups.index(bar.group) - 0.42 + thick * (place + 0.5) for bar in own]
                colour = COLOURS.get(label, f"C{place}")
                axes.barh(at, [bar.value.mean or 0.0 for bar in own], thick, color=colour, label=label)
                lows, highs = [bar.value.low or 0.0 for bar in own], [bar.value.high or 0.0 for bar in own]
                axes.hlines(at, lows, highs, color="#333333", linewidth=0.8)
            axes.set(xlim=(0, 1), xlabel=measure)
            axes.grid(axis="x", alpha=0.3)
        panels[0].set_yticks(range(len(groups)), groups)
        panels[0].set_ylim(len(groups) - 0.5, -0.5)
        sheet.suptitle(self.title, fontsize="medium")
        legend(sheet, panels[0])


@dataclass(frozen=True, slots=True)
class Line:
    """One curve: its colour says of what, its stroke of which system; `dot` marks a place on it."""

    name: str
    system: str
    points: tuple[tuple[float, float], ...]
    dot: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True)
class Curves:
    """Shares, from 0 to 1, over anything."""

    name: str
    title: str
    lines: tuple[Line, ...]
    x: str
    y: str
    log_x: bool = False
    dots: str = ""  # what the dots mark
    upright: tuple[float, str] | None = None  # where a thin dashed line stands, and what it says

    @property
    def height(self) -> float:
        return 4.4 + 0.07 * len(self.lines)

    def draw(self, sheet: Any) -> None:
        axes = sheet.subplots()
        names = list(dict.fromkeys(line.name for line in self.lines))
        for line in self.lines:
            axes.plot(
                *zip(*line.points, strict=True), STROKES.get(line.system, "-"), color=f"C{names.index(line.name)}",
                marker="." if self.log_x else "", label=f"{line.name}, {line.system}",
            )  # fmt: skip
        if dots := [line.dot for line in self.lines if line.dot]:
            axes.plot(*zip(*dots, strict=True), "o", color="black", markersize=5, label=self.dots)
        if self.upright:
            axes.axvline(self.upright[0], color="#666666", linestyle="--", linewidth=0.8, label=self.upright[1])
        axes.set(xlabel=self.x, ylabel=self.y, title=self.title, ylim=(-0.02, 1.02))
        axes.set_xscale("log" if self.log_x else "linear")
        axes.grid(alpha=0.3)
        legend(sheet, axes)


def legend(sheet: Any, axes: Any) -> None:
    handles, labels = axes.get_legend_handles_labels()
    columns = max(1, LETTERS // (max(map(len, labels)) + SPARE))
    sheet.legend(handles, labels, loc="outside lower center", ncols=min(columns, len(labels)), fontsize="small")


def refusal_curves(name: str, found: Sequence[tuple[Sequence[str], Refusals]], threshold: float) -> Curves:
    """Right against wrong refusals over all thresholds. Keys end with the system; `threshold` is the checkpoint's own,
    which baselines do not use."""
    lines = tuple(
        Line(
            ", ".join(names), system, tuple((wrong, right) for _, wrong, right in one.curve),
            None if system in (WORDS, DENSE) else one.under(threshold)[1:],
        )
        for (*names, system), one in found
    )  # fmt: skip
    return Curves(
        name, "Refusals over all thresholds", lines, "answerable questions refused", "unanswerable questions refused",
        dots=f"shipped threshold, {threshold:g}", upright=(COMPARED, f"{COMPARED:.0%} refused wrongly"),
    )  # fmt: skip


def save(picture: Picture, folder: Path) -> bool:
    """As NAME.svg; False where matplotlib is not installed (the `bench` extra has it)."""
    return drawn(picture.draw, folder / f"{picture.name}.svg", WIDTH, picture.height)


def drawn(draw: Callable[[Any], None], path: Path, width: float, height: float) -> bool:
    if find_spec("matplotlib") is None:
        return False
    import matplotlib
    from matplotlib.figure import Figure as Sheet

    with matplotlib.rc_context(STYLE):
        sheet = Sheet(figsize=(width, height), layout="constrained")
        draw(sheet)
        path.parent.mkdir(parents=True, exist_ok=True)
        sheet.savefig(path, format="svg", metadata={"Date": None, "Creator": None})
    return True
