"""`twin bench ...` as a person runs it, on small sets: tables on stdout and in files, errors that say what to do."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from small_units import OTHER, UNIT, write_units

from engine.config import ModelConfig
from engine.policy import Policy
from twin_app.bench.baselines import Bm25, MiniLm, available
from twin_app.bench.report import Table
from twin_app.bench.units import Unit
from twin_app.cli import main
from twin_app.errors import DONE, USAGE, TwinError

torch.set_num_threads(1)
EMBEDDED = Path(__file__).parents[3] / "engine" / "checkpoints" / "twin-tiny"
SHIPPED = Policy.of(ModelConfig.read(EMBEDDED).answering).grounded_at


@pytest.fixture(autouse=True)
def without_minilm(monkeypatch: pytest.MonkeyPatch) -> None:
    """It takes longer than all the rest."""
    monkeypatch.setattr(MiniLm, "is_installed", staticmethod(lambda: False))


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


def picture(path: Path) -> str:
    pytest.importorskip("matplotlib", reason="the bench extra is not installed")
    text = path.read_text(encoding="utf-8")
    assert "<svg" in text
    return text


def test_qa_measures_twin_beside_bm25(
    capsys: pytest.CaptureFixture[str], cache: Path, units: Path, tmp_path: Path
) -> None:
    pytest.importorskip("bm25s", reason="the bench extra is not installed")
    out = tmp_path / "out"
    lines = bench(capsys, cache, "qa", "--units", str(units), "--pool", "--retrieval", "words,both", "--answers",
                  "both", "--out", str(out))  # fmt: skip
    retrieval = {line["retrieval"]: line for line in lines if line["table"] == "retrieval"}
    assert {"words", "both", "both, all hops", "bm25"} == set(retrieval)
    assert retrieval["both"]["n"] == 5
    assert retrieval["both"]["recall@5"]["mean"] >= 0.9
    answers = [line for line in lines if line["table"] == "answers"]
    assert [line["retrieval"] for line in answers] == ["both"]
    rows = [json.loads(line) for line in (out / "rows.jsonl").read_text(encoding="utf-8").splitlines()]
    assert {row["item"]["id"] for row in rows} == {item.id for item in pooled_items()}
    assert (out / "retrieval.md").read_text(encoding="utf-8").count("\n| small |") == len(retrieval)
    assert all(f">{name}</text>" in picture(out / "retrieval.svg") for name in ("small", "recall@5", *retrieval))
    assert ">small, both</text>" in picture(out / "refusals.svg")
    assert f">shipped threshold, {SHIPPED:g}</text>" in picture(out / "refusals.svg")


def pooled_items() -> tuple[Any, ...]:
    from twin_app.bench.units import pooled

    return pooled([UNIT, OTHER])[0].items


def test_interleave_compares_all_hops_with_one(
    capsys: pytest.CaptureFixture[str], cache: Path, units: Path, tmp_path: Path
) -> None:
    pytest.importorskip("bm25s", reason="the bench extra is not installed")
    out = tmp_path / "out"
    lines = bench(capsys, cache, "interleave", "--units", str(units), "--retrieval", "both", "--out", str(out))
    assert [(line["set"], line["documents needed"], line["retrieval"], line["n"]) for line in lines] == [
        ("small", "2", "both", 1), ("small", "2", "bm25", 1), ("small", "all", "both", 1), ("small", "all", "bm25", 1),
    ]  # fmt: skip
    assert lines[0]["recall@5"]["mean"] == 1.0
    assert lines[0]["gain@5"]["mean"] == lines[0]["recall@5"]["mean"] - lines[0]["recall@5 one hop"]["mean"]
    assert lines[1]["recall@10 one hop"]["mean"] >= 0.5
    assert lines[1]["recall@10"] is None, "a single ranking"
    drawn = picture(out / "interleave.svg")
    assert all(f">{name}</text>" in drawn for name in ("recall@5", "recall@10", "both", "both, all hops", "bm25"))


def test_refuse_takes_questions_of_other_memories_too(
    capsys: pytest.CaptureFixture[str], cache: Path, units: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    lines = bench(capsys, cache, "refuse", "--units", str(units), "--out", str(out))
    marked, foreign = (line for line in lines if line["retrieval"] == "both")
    assert (marked["unanswerable"], marked["n answerable"], marked["n unanswerable"]) == ("marked", 5, 1)
    assert (foreign["unanswerable"], foreign["n answerable"]) == ("foreign", 5)
    assert foreign["n unanswerable"] == 3  # one of OTHER's answers stands in UNIT as well
    assert foreign["AUROC"] > 0.5
    assert foreign["shipped threshold"] == SHIPPED
    pytest.importorskip("bm25s", reason="the bench extra is not installed")
    [_, beside] = (line for line in lines if line["retrieval"] == "bm25")
    assert (beside["n unanswerable"], beside["shipped threshold"], beside["refused rightly"]) == (3, None, None)
    assert 0.5 < beside["AUROC"] <= 1.0
    drawn = picture(out / "refuse.svg")
    for label in (
        "small, foreign, both",
        "small, foreign, bm25",
        f"shipped threshold, {SHIPPED:g}",
        "10% refused wrongly",
    ):
        assert f">{label}</text>" in drawn


def test_ablate_leaves_one_thing_out_a_row(capsys: pytest.CaptureFixture[str], cache: Path, tmp_path: Path) -> None:
    path = write_units(tmp_path / "one.jsonl", Unit(UNIT.set, UNIT.name, UNIT.docs, UNIT.items[:1]))
    lines = bench(
        capsys, cache, "ablate", "--units", str(path), "--checkpoint", f"again={EMBEDDED}", "--out", str(tmp_path)
    )
    rows = {line["variant"]: line for line in lines if line["set"] == "small"}
    assert set(rows) == {
        "full", "without interleave", "without original text", "answers written, not quoted", "without word evidence",
        "without routing", "again", "again, without word evidence",
    }  # fmt: skip
    assert rows["full"]["shown"]["mean"] == 1.0
    assert rows["without original text"]["quoted"]["mean"] == 0.0  # there is nothing to cite
    same = ("recall@5", "shown", "F1")
    assert [rows["again"][key] for key in same] == [rows["full"][key] for key in same]
    assert all(f">{name}</text>" in picture(tmp_path / "ablate.svg") for name in (*rows, "recall@5", "shown"))


def test_niah_measures_each_task_and_size(capsys: pytest.CaptureFixture[str], cache: Path, tmp_path: Path) -> None:
    pytest.importorskip("bm25s", reason="the bench extra is not installed")
    lines = bench(capsys, cache, "niah", "--sizes", "1K", "--tasks", "single_1", "--trials", "1", "--retrieval", "both",
                  "--out", str(tmp_path))  # fmt: skip
    assert [(line["task"], line["tokens"], line["retrieval"]) for line in lines] == [
        ("single_1", 1024, "both"), ("single_1", 1024, "bm25"), ("mean of all", 1024, "both"),
        ("mean of all", 1024, "bm25"),
    ]  # fmt: skip
    assert [line["routed@16"]["mean"] for line in lines] == [1.0] * 4
    assert [line["found"]["mean"] for line in lines] == [1.0, None, 1.0, None], "a baseline only ranks"
    drawn = picture(tmp_path / "niah.svg")
    assert ">single_1, both</text>" in drawn
    assert "bm25" not in drawn


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


def test_bm25_ranks_an_edited_document_in_its_place() -> None:
    pytest.importorskip("bm25s", reason="the bench extra is not installed")
    edited = replace(UNIT.docs[4], text="A xylophone stands in the shed.")
    assert Bm25().rankings(UNIT, ["xylophone", "tulips"], 3, [edited]) == [("log",), ()]


def test_minilm_embeds_documents_once_and_edited_ones_in_their_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    embedded: list[int] = []

    def embed(self: MiniLm, texts: Sequence[str]) -> NDArray[np.float32]:
        embedded.append(len(texts))
        return np.array([["tulips" in text, "xylophone" in text] for text in texts], dtype=np.float32)

    monkeypatch.setattr(MiniLm, "is_installed", staticmethod(lambda: True))
    monkeypatch.setattr(MiniLm, "_embed", embed)
    edited, questions = replace(UNIT.docs[4], text="A xylophone stands in the shed."), ["xylophone", "tulips"]
    baseline = MiniLm(tmp_path)
    for _ in range(2):
        assert baseline.rankings(UNIT, questions, 3, [edited]) == [("log",), ()]
    assert baseline.rankings(UNIT, questions, 3) == [(), ("log",)]
    assert embedded == [len(UNIT.docs), 1, 2, 1, 2, 2]


def test_a_missing_baseline_is_told_with_the_way_to_get_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("twin_app.bench.baselines.find_spec", lambda name: None)
    found, missing = available(tmp_path)
    assert found == []
    assert len(missing) == 2
    assert all("pip install" in line for line in missing)
    with pytest.raises(TwinError, match="bm25s"):
        Bm25()


def test_tables_hold_text_that_cannot_steer_a_terminal() -> None:
    table = Table("t", "Title", ("name", "x"), (("a|b\x1b[31m", 0.5),))
    assert "\x1b" not in table.text()
    assert "a/b" in table.markdown()
    assert table.records() == [{"table": "t", "name": "a|b\x1b[31m", "x": 0.5}]
