"""A unit as a real memory: read, encoded, kept, asked with the embedded model, changed and changed back."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace

import pytest
import torch
from small_units import UNIT

from twin_app.bench.identity import IN_CONTEXT, written
from twin_app.bench.qa import Row, rows, tables
from twin_app.bench.unit_memory import WHOLE, Shelf, UnitMemory
from twin_app.bench.units import Doc, Unit
from twin_app.errors import BusyError

torch.set_num_threads(1)  # on texts this short two threads beside other work take many times as long as one


@pytest.fixture(scope="module")
def said() -> list[str]:
    return []


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory, said: list[str]) -> Shelf:
    return Shelf("twin-tiny", tmp_path_factory.mktemp("shelf"), device="cpu", say=said.append)


@pytest.fixture
def memory(shelf: Shelf) -> Iterator[UnitMemory]:
    with shelf.memory(UNIT) as opened:
        yield opened


def test_documents_are_files_with_their_own_dates(memory: UnitMemory) -> None:
    found = {memory.sources[row.path]: row for row in memory.catalog.documents.stream()}
    assert {name: row.document.text for name, row in found.items()} == {doc.id: doc.text for doc in UNIT.docs}
    assert found["sms:1"].document.date == "2024-05-08"
    assert found["sms:1"].path != found["sms-1"].path
    assert "2024-03-05" in found["note:1"].document.context
    assert all(row.encoded for row in found.values())
    assert memory.bank.documents() == {row.id for row in found.values()}


def test_files_end_as_their_ids_do_where_the_text_is_so(shelf: Shelf) -> None:
    table = "day,pool,lengths\n2024-03-05,Ostbad,40\n2024-03-07,Ostbad,52\n"
    texts = {
        "swims.csv": table, "letter.eml": "From: Ada <ada@x.example>\nSubject: Boat\n\nThe boat is sold.",
        "short.eml": "the boat is sold", "day.ics": "lunch at one", "plan.MD": "# Plan\n\nPaint the boat.",
        "a.pdf": "x",
    }  # fmt: skip
    docs = tuple(Doc(name, text, "2024-03-09") for name, text in texts.items())
    with shelf.memory(Unit("small", "kinds", docs, ())) as memory:
        kinds = {memory.sources[path]: path.suffix for path in memory.sources}
        found = {memory.sources[row.path]: row.document.text for row in memory.catalog.documents.stream()}
    assert kinds == {
        "swims.csv": ".csv", "letter.eml": ".eml", "short.eml": ".txt", "day.ics": ".txt", "plan.MD": ".md",
        "a.pdf": ".txt",
    }  # fmt: skip
    assert "lengths: 52" in found["swims.csv"]
    assert found.keys() == texts.keys()


def test_questions_find_their_documents_and_their_answers(memory: UnitMemory) -> None:
    for item in UNIT.items[:2]:
        asked = memory.ask(item.question)
        assert asked.ranking[0] == item.gold[0]
        assert item.answers[0] in asked.answer
        assert item.gold[0] in asked.opened[0]
        assert any(item.answers[0] in quote for quote in asked.quotes)


def test_nothing_is_refused_but_scored(memory: UnitMemory) -> None:
    answerable, other = memory.ask(UNIT.items[0].question), memory.ask(UNIT.items[3].question)
    assert answerable.score > other.score
    assert other.answer
    assert memory.shelf.policy.grounded_at > -1


@pytest.mark.parametrize("retrieval", ["latent", "words", "both"])
def test_ranking_alone_is_the_ranking_of_an_answered_question(memory: UnitMemory, retrieval: str) -> None:
    for item in UNIT.items[1:3]:
        assert memory.rank(item.question, retrieval) == memory.ask(item.question, retrieval).ranking


def test_a_chain_takes_its_second_document_from_a_further_hop(memory: UnitMemory) -> None:
    item = UNIT.items[2]
    single = memory.ask(item.question, policy=replace(memory.shelf.policy, max_hops=1))
    assert len(single.rankings) == 1
    whole = memory.ask(item.question)
    assert whole.rankings[0] == single.ranking
    assert set(item.gold) <= set(whole.last[:5])


def test_an_identifier_is_chosen_among_those_in_context(memory: UnitMemory) -> None:
    found = written(memory, UNIT.items[0])
    assert found is not None
    assert len(UNIT.docs) <= IN_CONTEXT
    assert not (found.free and not found.chosen)  # what is written unconstrained wins among the candidates too
    assert written(memory, UNIT.items[3]) is None


def test_a_kept_memory_is_opened_and_not_made_again(shelf: Shelf, said: list[str]) -> None:
    with shelf.memory(UNIT):
        pass
    made = len(said)
    with shelf.memory(UNIT) as again:
        assert again.ask(UNIT.items[0].question).ranking[0] == "note:1"
    assert len(said) == made
    edited = replace(UNIT, docs=(replace(UNIT.docs[0], text="Nothing."), *UNIT.docs[1:]))
    with shelf.memory(edited) as other:
        assert "Nothing." in {row.document.text for row in other.catalog.documents.stream()}
    assert len(said) > made


def test_a_memory_that_another_process_holds_is_busy(shelf: Shelf) -> None:
    with shelf.memory(UNIT) as memory:
        path = memory.files.parent / "home" / "catalog.duckdb"
    hold = "import duckdb, sys; held = duckdb.connect(sys.argv[1]); print('held', flush=True); sys.stdin.read()"
    with subprocess.Popen(
        [sys.executable, "-c", hold, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as holder:  # fmt: skip
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        with pytest.raises(BusyError, match="in use"), shelf.memory(UNIT):
            pass
        holder.communicate(timeout=10)


def test_a_changed_memory_is_changed_back_or_filled_again(shelf: Shelf) -> None:
    question, changed = "What is the magic number?", replace(UNIT.docs[4], text="The magic number is 7313.")
    with shelf.memory(UNIT) as memory:
        with memory.changing():
            memory.put([changed])
            assert "7313" in memory.ask(question).answer
            assert not (memory.files.parent / WHOLE).exists()
            memory.put([UNIT.docs[4]])
            assert "7313" not in memory.ask(question).answer
        with suppress(KeyboardInterrupt), memory.changing():
            memory.put([changed])
            raise KeyboardInterrupt
        assert not (memory.files.parent / WHOLE).exists()
    with shelf.memory(UNIT) as memory:
        assert "7313" not in memory.ask(question).answer
        assert {row.document.text for row in memory.catalog.documents.stream()} == {doc.text for doc in UNIT.docs}


def test_rows_become_tables(shelf: Shelf) -> None:
    found = list(rows(shelf, [UNIT], identity=True))
    assert len(found) == 3 * len(UNIT.items)
    made = {table.name: table for table in tables(found, shelf.policy.grounded_at)}
    words = next(row for row in made["retrieval"].records() if row["retrieval"] == "words")
    assert words["n"] == 3
    assert words["recall@10"]["mean"] == mean_recall(found, "words")
    [answers] = made["answers"].records()
    assert (answers["retrieval"], answers["n"]) == ("both", 3)
    [identity] = made["identity"].records()
    assert (identity["set"], identity["n"]) == ("small", 3)
    assert [identity[name]["n"] for name in identity if name.startswith("ID ")] == [3] * 4
    assert identity["ID of 16"]["low"] <= identity["ID of 16"]["mean"] <= identity["ID of 16"]["high"]
    assert answers["shown"]["mean"] >= 2 / 3 - 1e-9
    [refusals] = made["refusals"].records()
    assert (refusals["answerable"], refusals["unanswerable"]) == (3, 1)
    assert refusals["AUROC"] == 1.0


def mean_recall(found: list[Row], system: str) -> float:
    own = [row for row in found if row.system == system and row.item.gold]
    return sum(len(set(row.ranking[:10]) & set(row.item.gold)) / len(row.item.gold) for row in own) / len(own)
