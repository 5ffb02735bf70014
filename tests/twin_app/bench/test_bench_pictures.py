"""Pictures of results: what they show, the same bytes each time, and what is said where they cannot be drawn."""

from __future__ import annotations

import io
from pathlib import Path
from xml.etree import ElementTree

import pytest

from twin_app.bench.metrics import figure, refusals
from twin_app.bench.pictures import NO_PICTURES, Bar, Bars, Curves, Line, refusal_curves, save
from twin_app.bench.report import Table, publish
from twin_app.render import Console

BARS = Bars(
    "bars", "Title", tuple(Bar(f"set {n}", name, "recall@5", figure([0.0, 1.0, 1.0])) for n in range(3)
                           for name in ("bm25", "both, all hops", "none", "both")),
)  # fmt: skip


def drawn(picture: Bars | Curves, folder: Path) -> str:
    pytest.importorskip("matplotlib", reason="the bench extra is not installed")
    assert save(picture, folder)
    return (folder / f"{picture.name}.svg").read_text(encoding="utf-8")


def words(svg: str) -> list[str]:
    return [node.text or "" for node in ElementTree.fromstring(svg).iter("{http://www.w3.org/2000/svg}text")]


def test_the_same_figures_are_the_same_bytes(tmp_path: Path) -> None:
    curve = Curves("curve", "Title", (Line("a", "both", ((0, 0), (1, 1)), (0, 0)),), "x", "y", dots="here")
    for picture in (BARS, curve):
        first = drawn(picture, tmp_path / "one")
        assert first == drawn(picture, tmp_path / "two")
        assert "dc:date" not in first
        assert len(first) < 30_000


def test_bars_name_their_groups_and_series_in_the_order_of_the_systems(tmp_path: Path) -> None:
    said = words(drawn(BARS, tmp_path))
    assert [word for word in said if word.startswith("set")] == ["set 0", "set 1", "set 2"]
    assert said[-4:] == ["both", "both, all hops", "bm25", "none"]


def test_refusals_mark_the_shipped_threshold_on_twins_curve_only(tmp_path: Path) -> None:
    found = refusals([0.9, 0.8, 0.7, 0.2], [0.1, 0.3, 0.3, 0.75])
    assert found is not None
    made = refusal_curves("refuse", [(("set", "marked", "both"), found), (("set", "marked", "bm25"), found)], 0.28)
    assert [line.dot for line in made.lines] == [(0.25, 0.25), None]
    assert words(drawn(made, tmp_path))[-4:] == [
        "set, marked, both", "set, marked, bm25", "shipped threshold, 0.28", "10% refused wrongly",
    ]  # fmt: skip


def test_without_matplotlib_tables_are_written_and_a_line_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("twin_app.bench.pictures.find_spec", lambda name: None)
    result, narration = io.StringIO(), io.StringIO()
    table = Table("t", "Title", ("name",), (("a",),))
    publish([table], Console(result, narration), as_json=True, out=tmp_path, pictures=[BARS])
    assert narration.getvalue() == NO_PICTURES + "\n"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["t.jsonl", "t.md"]
