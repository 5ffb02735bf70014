"""`twin bench ...` as a person runs it, on small sets: tables on stdout and in files, errors that say what to do."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from small_units import OTHER, UNIT, write_units

from twin_app.bench.baselines import Bm25, MiniLm, available
from twin_app.bench.report import Line, Table, plot
from twin_app.bench.units import Unit
from twin_app.cli import main
from twin_app.errors import DONE, USAGE, TwinError

torch.set_num_threads(1)
PNG = b"\x89PNG"


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


@pytest.fixture
def units(tmp_path: Path) -> Path:
    return write_units(tmp_path / "units.jsonl", UNIT, OTHER)


def bench(capsys: pytest.CaptureFixture[str], cache: Path, *arguments: str) -> list[dict[str, Any]]:
    """The lines of --json."""
    code = main(["bench", *arguments, "--cache", str(cache), "--json", "--device", "cpu"])
    said = capsys.readouterr()
    assert code == DONE, said.err
    return [json.loads(line) for line in said.out.splitlines()]


def test_qa_measures_twin_beside_bm25(
    capsys: pytest.CaptureFixture[str], cache: Path, units: Path, tmp_path: Path
) -> None:
    pytest.importorskip("bm25s", reason="the bench extra is not installed")
    if MiniLm.is_installed():  # it takes longer than all the rest
        arguments = ["--no-baselines"]
    else:
        arguments = []
    out = tmp_path / "out"
    lines = bench(capsys, cache, "qa", "--units", str(units), "--pool", "--retrieval", "words,both", "--answers",
                  "both", "--out", str(out), *arguments)  # fmt: skip
    retrieval = {line["retrieval"]: line for line in lines if line["table"] == "retrieval"}
    assert {"words", "both", "both, all hops"} <= set(retrieval)
    assert "words, all hops" not in retrieval, "only what is answered takes hops"
    assert retrieval["both"]["n"] == 5
    assert retrieval["both"]["recall@5"]["mean"] >= 0.9
    answers = [line for line in lines if line["table"] == "answers"]
    assert [line["retrieval"] for line in answers] == ["both"]
    rows = [json.loads(line) for line in (out / "rows.jsonl").read_text(encoding="utf-8").splitlines()]
    assert {row["item"]["id"] for row in rows} == {item.id for item in pooled_items()}
    assert (out / "retrieval.md").read_text(encoding="utf-8").count("\n| small |") == len(retrieval)


def pooled_items() -> tuple[Any, ...]:
    from twin_app.bench.units import pooled

    return pooled([UNIT, OTHER])[0].items


def test_interleave_compares_all_hops_with_one(capsys: pytest.CaptureFixture[str], cache: Path, units: Path) -> None:
    lines = bench(capsys, cache, "interleave", "--units", str(units), "--retrieval", "both")
    assert [(line["set"], line["documents needed"], line["n"]) for line in lines] == [
        ("small", "2", 1),
        ("small", "all", 1),
    ]
    assert lines[0]["recall@5"]["mean"] == 1.0
    assert lines[0]["gain@5"]["mean"] == lines[0]["recall@5"]["mean"] - lines[0]["recall@5 one hop"]["mean"]


def test_refuse_takes_questions_of_other_memories_too(
    capsys: pytest.CaptureFixture[str], cache: Path, units: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    lines = bench(capsys, cache, "refuse", "--units", str(units), "--out", str(out))
    assert [(line["unanswerable"], line["n answerable"]) for line in lines] == [("marked", 5), ("foreign", 5)]
    assert lines[0]["n unanswerable"] == 1
    assert lines[1]["n unanswerable"] == 3  # one of OTHER's answers stands in UNIT as well
    assert lines[1]["AUROC"] > 0.5
    pytest.importorskip("matplotlib", reason="the bench extra is not installed")
    assert (out / "refuse.png").read_bytes().startswith(PNG)


def test_ablate_leaves_one_thing_out_a_row(capsys: pytest.CaptureFixture[str], cache: Path, tmp_path: Path) -> None:
    path = write_units(tmp_path / "one.jsonl", Unit(UNIT.set, UNIT.name, UNIT.docs, UNIT.items[:1]))
    embedded = Path(__file__).parents[3] / "engine" / "checkpoints" / "twin-tiny"
    lines = bench(capsys, cache, "ablate", "--units", str(path), "--checkpoint", f"again={embedded}")
    rows = {line["variant"]: line for line in lines if line["set"] == "small"}
    assert set(rows) == {
        "full", "without interleave", "without original text", "answers written, not quoted", "without word evidence",
        "without routing", "again", "again, without word evidence",
    }  # fmt: skip
    assert rows["full"]["shown"]["mean"] == 1.0
    assert rows["without original text"]["quoted"]["mean"] == 0.0  # there is nothing to cite
    same = ("recall@5", "shown", "F1")
    assert [rows["again"][key] for key in same] == [rows["full"][key] for key in same]


def test_niah_measures_each_task_and_size(capsys: pytest.CaptureFixture[str], cache: Path) -> None:
    lines = bench(capsys, cache, "niah", "--sizes", "1K", "--tasks", "single_1", "--trials", "1", "--retrieval", "both")
    assert [(line["task"], line["tokens"], line["found"]["mean"]) for line in lines] == [
        ("single_1", 1024, 1.0), ("mean of all", 1024, 1.0),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["qa", "--retrieval", "dense"], "latent,words,both"),
        (["qa", "--units", "nowhere.jsonl"], "nowhere.jsonl cannot be read"),
        (["ablate", "--checkpoint", "name"], "NAME=DIR"),
        (["niah", "--tasks", "single_9"], "single_9"),
    ],
)
def test_wrong_usage_is_said(capsys: pytest.CaptureFixture[str], arguments: list[str], said: str) -> None:
    assert main(["bench", *arguments, "--device", "cpu"]) == USAGE
    assert said in capsys.readouterr().err


def test_bm25_ranks_by_rare_words_and_finds_nothing_without_any() -> None:
    pytest.importorskip("bm25s", reason="the bench extra is not installed")
    first, none, empty = Bm25().rankings(UNIT, ["servicing a boiler in Graz", "xylophone", "the of"], 3)
    assert set(first) == {"note:1", "note:2", "graz"}
    assert none == empty == ()


def test_a_missing_baseline_is_told_with_the_way_to_get_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("twin_app.bench.baselines.find_spec", lambda name: None)
    found, missing = available(tmp_path)
    assert found == []
    assert len(missing) == 2
    assert all("pip install" in line for line in missing)
    with pytest.raises(TwinError, match="bm25s"):
        Bm25()


def test_tables_hold_text_that_cannot_steer_a_terminal(tmp_path: Path) -> None:
    table = Table("t", "Title", ("name", "x"), (("a|b\x1b[31m", 0.5),))
    assert "\x1b" not in table.text()
    assert "a/b" in table.markdown()
    assert table.records() == [{"table": "t", "name": "a|b\x1b[31m", "x": 0.5}]
    assert (
        plot(tmp_path / "p.png", [Line("l", ((0, 0), (1, 1)))], x="x", y="y", title="t")
        == (tmp_path / "p.png").exists()
    )
