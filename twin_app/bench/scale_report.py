"""The table and the picture of `twin bench scale`, drawn from its rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from twin_app import render
from twin_app.bench.pictures import drawn

Row = Mapping[str, Any]
# Score on MS MARCO from 16K to 100M tokens (arXiv 2603.23516, figure 1): the ends are published, less than 9 % apart.
PAPER = ((16_384, 1.0), (100_000_000, 1.0 - 0.088))


def table(rows: Sequence[Row]) -> str:
    """Markdown: a column for each size."""
    lines = [_line(["", *(_size(row["size"]) for row in rows)]), _line(["---"] * (len(rows) + 1))]
    for name, value in COLUMNS:
        lines.append(_line([name, *(value(row) for row in rows)]))
    return "\n".join(lines)


def write(rows: Sequence[Row], folder: Path) -> None:
    """scale.md, and scale.svg where matplotlib is installed."""
    drawn = draw(rows, folder / "scale.svg")
    picture = "![quality and time against the size of memory](scale.svg)" if drawn else NO_PICTURE
    last = rows[-1]
    text = f"Model {last['model']}. Memory: {last['material']}. {NOTES}\n\n{table(rows)}\n\n{picture}\n"
    (folder / "scale.md").write_text(text, encoding="utf-8")


NO_PICTURE = "(No picture: matplotlib is not installed, `pip install 'twin-memory[bench]'` brings it.)"
NOTES = (
    "The same questions at every size; recall@k: share of the sources that answer a question and have a document "
    "among the first k of the first hop's ranking. Right: an answer stands in what is shown. Times are medians. "
    "Derived: share of documents whose tensors are those of encoded ones with noise of half their size "
    "(twin_app/bench/derived.py)."
)


def draw(rows: Sequence[Row], path: Path) -> bool:
    """Three panels over the size of memory, its axis logarithmic; False where matplotlib is not installed."""
    return drawn(lambda sheet: panels(rows, *sheet.subplots(1, 3)), path, 15, 4.5)


def panels(rows: Sequence[Row], quality: Any, seconds: Any, space: Any) -> None:
    sizes = [row["tokens"] for row in rows]
    for retrieval in ("both", "words", "latent"):
        quality.plot(sizes, [row[f"recall10_{retrieval}"] for row in rows], "o-", label=f"recall@10, {retrieval}")
    quality.plot(sizes, [row["right_both"] for row in rows], "s-", label="answer shown is right, both")
    first = rows[0]["recall10_both"]
    quality.plot(
        *zip(*((x, y * first) for x, y in PAPER), strict=True), "k:", label="the paper's fall, 8.8 %, from here"
    )
    quality.set_ylim(0, 1.05)
    quality.set_title("quality")
    for name, label in (
        ("answer_s_both", "answer"), ("route_s", "routing, first hop"), ("words_s", "words, first hop"),
        ("open_s", "opening"), ("route_flops_floor_s", "floor of routing: its product"),
        ("route_bytes_floor_s", "floor of routing: its bytes"),
    ):  # fmt: skip
        seconds.plot(sizes, [row[name] for row in rows], ":" if "floor" in name else "o-", label=label)
    seconds.set_yscale("log")
    seconds.set_title("seconds")
    for name, label in (("disk_bytes", "on disk"), ("bank_bytes", "bank on disk"), ("peak_bytes", "peak in memory")):
        space.plot(sizes, [row[name] / 1e9 for row in rows], "o-", label=label)
    space.set_yscale("log")
    space.set_title("gigabytes")
    for panel in (quality, seconds, space):
        panel.set_xscale("log")
        panel.set_xlabel("tokens in memory")
        panel.grid(alpha=0.3)
        panel.legend(fontsize=8)


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _size(tokens: int) -> str:
    return f"{tokens // 1024}K" if tokens < 1_000_000 else f"{tokens // 1_000_000}M"


def _seconds(name: str) -> Callable[[Row], str]:
    return lambda row: f"{row[name]:.2f} s" if row[name] >= 1 else f"{1000 * row[name]:.1f} ms"


def _bytes(name: str) -> Callable[[Row], str]:
    return lambda row: "-" if row[name] is None else render.size(row[name])


def _share(*names: str) -> Callable[[Row], str]:
    return lambda row: " / ".join(f"{row[name]:.2f}" for name in names)


def _rate(row: Row) -> str:
    return f"{row['encoded_tokens'] / row['seconds']:,.0f}" if row["encoded_tokens"] and row["seconds"] else "-"


COLUMNS: tuple[tuple[str, Callable[[Row], str]], ...] = (
    ("tokens", lambda row: f"{row['tokens']:,}"),
    ("documents", lambda row: f"{row['documents']:,}"),
    ("of them derived", lambda row: f"{100 * row['derived'] / row['documents']:.0f} %"),
    ("recall@5 latent / words / both", _share("recall5_latent", "recall5_words", "recall5_both")),
    ("recall@10 latent / words / both", _share("recall10_latent", "recall10_words", "recall10_both")),
    ("right latent / words / both", _share("right_latent", "right_words", "right_both")),
    ("answer, both", _seconds("answer_s_both")),
    ("answer, latent", _seconds("answer_s_latent")),
    ("hops, both", lambda row: f"{row['hops_both']:.1f}"),
    ("routing, first hop, all layers", _seconds("route_s")),
    ("its bytes / measured bandwidth", _seconds("route_bytes_floor_s")),
    ("its product / measured rate", _seconds("route_flops_floor_s")),
    ("word evidence, first hop", _seconds("words_s")),
    ("opening the bank", _seconds("bank_open_s")),
    ("opening everything, model included", _seconds("open_s")),
    ("packs", lambda row: f"{row['packs']:,}"),
    ("bank on disk", _bytes("bank_bytes")),
    ("all on disk", _bytes("disk_bytes")),
    ("memory of its own, after opening", _bytes("open_bytes")),
    ("memory of its own, after all questions", _bytes("own_bytes")),
    ("peak memory, mapped packs included", _bytes("peak_bytes")),
    ("tokens/s of `add`, growing to here", _rate),
    ("tokens/s of encoding's products alone", lambda row: f"{row['encoding_floor_tokens_s']:,.0f}"),
)
