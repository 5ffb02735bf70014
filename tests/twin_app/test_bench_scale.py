"""`twin bench scale` and `soak`: a real memory grows, is measured in a process of its own, and stays flat."""

from __future__ import annotations

import json
import lzma
from itertools import cycle, islice
from pathlib import Path
from typing import Any

import pytest

from engine.memory import Bank
from twin_app.bench import material, scale_report
from twin_app.bench.derived import FOLDER, NOISE
from twin_app.bench.growth import Growth
from twin_app.bench.soak import Sample, grown, soak
from twin_app.cli import main
from twin_app.errors import TwinError
from twin_app.settings import Settings

UNITS = {
    "set": "test",
    "docs": [
        {"id": "a", "text": "The lighthouse at Skarv was built by Ada Lindqvist in 1874."},
        {"id": "b", "text": "The ferry to Skarv leaves at seven."},
    ],
    "qas": [
        {"id": "1", "q": "Who built the lighthouse at Skarv?", "a": ["Ada Lindqvist"], "gold": ["a"]},
        {"id": "2", "q": "Who built the mill?", "a": [], "gold": [], "unanswerable": True},
    ],
}


def rows_of(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "rows.jsonl").read_text(encoding="utf-8").splitlines()]


@pytest.mark.timeout(300)
def test_a_memory_grows_from_size_to_size_and_a_run_goes_on(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "out"
    asked = ["bench", "scale", "--out", str(out), "--questions", "3", "--encode", "6K"]
    assert main([*asked, "--sizes", "4K"]) == 0
    assert main([*asked, "--sizes", "4K,12K", "--resume"]) == 0  # 4K is done; from 6K on it is derived
    small, large = rows_of(out)
    assert (small["size"], large["size"]) == (4096, 12288)
    assert 4096 <= small["tokens"] < large["tokens"]
    assert small["derived"] == 0
    assert 0 < large["derived"] < large["documents"]
    for row in (small, large):
        assert row["questions"] == 3
        assert row["recall10_both"] >= row["recall5_both"] > 0
        assert 0 < row["route_s"] < row["answer_s_both"] < 60
        assert row["peak_bytes"] > row["bank_bytes"] > 0
        assert row["encoding_floor_tokens_s"] > 0
    assert large["chunks"] > 2 * small["chunks"]
    shown = capsys.readouterr().out
    assert scale_report.table([small, large]) in shown
    assert "4K" in (out / "scale.md").read_text(encoding="utf-8")


def test_a_folder_of_something_else_is_left_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "letter.txt").write_text("Dear Ada", encoding="utf-8")
    assert main(["bench", "scale", "--out", str(tmp_path)]) == 1
    assert "name another folder" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["letter.txt"]


@pytest.mark.parametrize("sizes", ["", "16", "K", "-1K", "16K,,1M", "1G"])
def test_sizes_that_are_none(sizes: str) -> None:
    assert main(["bench", "scale", "--sizes", sizes]) == 2


def test_units_and_text_from_files(tmp_path: Path) -> None:
    units, text = tmp_path / "units.jsonl.xz", tmp_path / "text.jsonl"
    with lzma.open(units, "wt", encoding="utf-8") as file:
        file.write(json.dumps(UNITS) + "\n")
    text.write_text(json.dumps({"id": "t", "text": "A walk with Ada Lindqvist in 1874."}) + "\n", encoding="utf-8")
    made = material.from_files([units, text], 5)
    [asked] = made.questions
    assert (asked.question, asked.answers) == ("Who built the lighthouse at Skarv?", ("Ada Lindqvist",))
    assert [made.gold[name] for name in asked.gold] == [UNITS["docs"][0]["text"]]  # type: ignore[index]
    (kind1, first), (kind2, second), (kind3, third), (_, fourth) = islice(made.filler(), 4)
    assert (kind1, kind2, kind3) == ("real", "real", "altered")
    assert first == UNITS["docs"][1]["text"]  # type: ignore[index]
    assert "Skarv" not in third
    assert "Lindqvist" not in fourth
    assert "1874" not in fourth
    assert len(fourth.split()) == len(second.split())
    with pytest.raises(TwinError, match="questions"):
        material.from_files([text], 5)
    (tmp_path / "no.jsonl").write_text("no json\n", encoding="utf-8")
    with pytest.raises(TwinError, match=r"no\.jsonl"):
        material.from_files([tmp_path / "no.jsonl"], 5)


def test_derived_documents_are_near_their_origins_and_of_their_own(tmp_path: Path) -> None:
    made = material.generated(2)
    growth = Growth(tmp_path, made, Settings())
    growth.encode_to(3000, lambda event: None)
    assert growth.derive_to(6000, lambda event: None) > 0
    memory = growth.open()
    try:
        with memory.engines.asking() as engine:
            bank: Bank = engine.bank
        assert memory.agreement.problems() == []
        sources = memory.catalog.sources
        origins = [
            row for s in sources.inside(growth.files / "filler") for row in memory.catalog.documents.of_source(s.id)
        ]
        derived = [row for s in sources.inside(FOLDER) for row in memory.catalog.documents.of_source(s.id)]
        assert origins
        assert derived
        view = bank.view()
        for row, origin in zip(sorted(derived, key=lambda row: row.id), cycle(origins), strict=False):
            assert row.encoded
            assert row.tokens == origin.tokens
            assert len(row.document.text.split()) == len(origin.document.text.split())
            own, near = (view.content(document)[0].float() for document in (row.id, origin.id))
            distance = (own - near).square().mean().sqrt() / near.square().mean().sqrt()
            assert float(distance) == pytest.approx(NOISE, rel=0.1)
    finally:
        memory.close()


@pytest.mark.timeout(300)
def test_questions_and_changes_leave_memory_flat(tmp_path: Path) -> None:
    samples = soak(tmp_path, Settings(), 16, 16, documents=60)
    bytes_grown, objects_grown = grown(samples)
    assert objects_grown < 2_000, samples  # some 300 today; a leak of 150 a step is seen
    assert bytes_grown < 200 << 20, samples


def test_growth_is_what_the_end_holds_more_than_the_beginning() -> None:
    flat = [Sample(step, 1000 + 50 * (step % 3 == 0), 7) for step in range(40)]
    assert grown(flat) == (0, 0)
    leaking = [Sample(step, 1000 + 100 * step, 7 + step) for step in range(40)]
    grown_bytes, grown_objects = grown(leaking)
    assert grown_bytes == pytest.approx(1900, rel=0.15)
    assert grown_objects == pytest.approx(19, rel=0.15)
