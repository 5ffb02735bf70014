"""Units as they are read, pooled, sampled and generated."""

from __future__ import annotations

import lzma
from pathlib import Path

import pytest
from small_units import OTHER, UNIT, write_units

from twin_app.bench.units import generated, pooled, read_units, sampled
from twin_app.errors import UsageError


def test_units_are_read_as_they_were_written(tmp_path: Path) -> None:
    path = write_units(tmp_path / "units.jsonl", UNIT, OTHER)
    assert read_units(path) == [UNIT, OTHER]
    packed = tmp_path / "units.jsonl.xz"
    packed.write_bytes(lzma.compress(path.read_bytes()))
    assert read_units(packed) == [UNIT, OTHER]


@pytest.mark.parametrize("text", ["{", '{"set": "x"}', "[]", ""])
def test_what_is_no_unit_is_said_with_its_file(tmp_path: Path, text: str) -> None:
    path = tmp_path / "broken.jsonl"
    path.write_text(text)
    with pytest.raises(UsageError, match=r"broken\.jsonl"):
        read_units(path)
    with pytest.raises(UsageError, match="nowhere"):
        read_units(tmp_path / "nowhere.jsonl")
    packed = tmp_path / "broken.jsonl.xz"
    packed.write_bytes(b"no archive")
    with pytest.raises(UsageError, match=r"broken\.jsonl\.xz"):
        read_units(packed)


def test_pooled_units_are_one_memory_that_holds_a_shared_text_once() -> None:
    [pool] = pooled([UNIT, OTHER])
    assert len(pool.docs) == len(UNIT.docs) + 1
    assert len({doc.id for doc in pool.docs}) == len(pool.docs)
    texts = {doc.id: doc.text for doc in pool.docs}
    asked = {item.id: item for item in pool.items}
    assert len(asked) == len(UNIT.items) + len(OTHER.items)
    assert [texts[gold] for gold in asked["two/q2"].gold] == [UNIT.docs[4].text]
    assert [texts[gold] for gold in asked["one/q3"].gold] == [UNIT.docs[1].text, UNIT.docs[8].text]


def test_a_sample_has_the_asked_number_of_questions_of_each_set_and_is_drawn_by_its_seed() -> None:
    units = [UNIT, OTHER]
    for limit in (1, 3, 5):
        found = sampled(units, limit, 1)
        assert sum(len(unit.items) for unit in found) == limit
        assert all(unit.items for unit in found)
        assert found == sampled(units, limit, 1)
    drawn = {item.id + unit.name for seed in range(20) for unit in sampled(units, 1, seed) for item in unit.items}
    assert len(drawn) > 2
    assert sampled(units, None, 1) == units


def test_generated_memories_answer_their_questions() -> None:
    [unit] = generated(1, 7, 40)
    assert unit == next(generated(1, 7, 40))
    assert unit != next(generated(1, 8, 40))
    assert len(unit.docs) == 40
    texts = {doc.id: doc.text for doc in unit.docs}
    answerable = [item for item in unit.items if not item.unanswerable]
    assert len(answerable) > 10
    assert len(answerable) < len(unit.items)
    assert all(any(item.answers[0] in texts[gold] for gold in item.gold) for item in answerable)
