"""Haystacks and needles: sizes, places, and a needle found in a real memory that is as before afterwards."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest
import torch

from twin_app.bench.haystack import haystack
from twin_app.bench.niah import TASKS, Task, outcomes, table, trial
from twin_app.bench.unit_memory import Shelf
from twin_app.bench.units import Doc, Unit
from twin_app.errors import UsageError

torch.set_num_threads(1)
DOCS = tuple(
    Doc(f"{n:03d}", f"Passage {n} speaks of weather. It rained on day {n}. Then it was dry.") for n in range(20)
)


def words(text: str) -> int:
    return len(text.split())


@pytest.mark.parametrize("kind", ["noise", "essay", "needles", "uuids"])
def test_a_haystack_has_the_asked_size_and_is_drawn_by_its_seed(kind: str) -> None:
    made = haystack(kind, 2000, words, None, 1)
    counted = [words(doc.text) for doc in made]
    assert 2000 <= sum(counted) < 2000 + counted[-1] + 1
    assert made == haystack(kind, 2000, words, None, 1)
    assert (made == haystack(kind, 2000, words, None, 2)) == (kind == "noise")
    assert len({doc.id for doc in made}) == len(made)


def test_prose_comes_from_a_given_file_and_must_suffice(tmp_path: Path) -> None:
    path = tmp_path / "text.jsonl"
    path.write_text("".join(json.dumps({"text": f"word{n} " * 300}) + "\n" for n in range(3)))
    made = haystack("essay", 800, words, path, 1)
    assert made[0].text.startswith("word0 word0")
    assert sum(words(doc.text) for doc in made) == 840
    with pytest.raises(UsageError, match=r"text\.jsonl holds 900"):
        haystack("essay", 1000, words, path, 1)
    path.write_text("{")
    with pytest.raises(UsageError, match="no text"):
        haystack("essay", 1000, words, path, 1)


@pytest.mark.parametrize("task", TASKS, ids=lambda task: task.name)
def test_a_trial_hides_its_needles_between_sentences_and_asks_for_the_right_ones(task: Task) -> None:
    for depth in (0.05, 0.95):
        made = trial(task, DOCS, depth, random.Random(depth))
        assert made == trial(task, DOCS, depth, random.Random(depth))
        original = {doc.id: doc.text for doc in DOCS}
        edited = {doc.id: doc.text for doc in made.edited}
        assert made.gold[0] == f"{int(depth * 20):03d}"
        assert len(edited) == task.needles
        assert len(made.values) == task.asked
        for value, gold in zip(made.values, made.gold, strict=True):
            assert f" is: {value}." in edited[gold]
            start, _, rest = edited[gold].partition(" One of the special magic ")
            assert start + rest.partition(f" is: {value}.")[2] == original[gold]
            assert start.endswith(".")
        keys = {text.partition(" for ")[2].partition(" is: ")[0] for text in edited.values()}
        assert len(keys) == (1 if task.one_key else task.needles)
        assert sum(key in made.question for key in keys) == (1 if task.one_key else task.asked)
        assert "all" in made.question.split() or task.asked == 1


def test_a_needle_is_found_and_taken_out_again(tmp_path: Path) -> None:
    shelf = Shelf("twin-tiny", tmp_path, device="cpu")
    single = next(task for task in TASKS if task.name == "single_2")
    with shelf.memory(Unit("hay", "small", DOCS, ())) as memory:
        found = list(outcomes(memory, [single], 500, 2, ("words", "both"), 1))
        texts = {memory.ids()[row.id]: row.document.text for row in memory.catalog.documents.stream()}
        assert texts == {doc.id: doc.text for doc in DOCS}
        assert memory.bank.documents() == set(memory.ids())
    assert [(one.retrieval, one.depth) for one in found] == [
        ("words", 0.25), ("both", 0.25), ("words", 0.75), ("both", 0.75),
    ]  # fmt: skip
    assert all(one.routed == one.found == 1.0 for one in found)
    rows = [row for row in table(found).records() if row["task"] == "single_2"]
    assert [(row["retrieval"], row["n"], row["found"]["mean"]) for row in rows] == [("words", 2, 1.0), ("both", 2, 1.0)]
