"""What a real index says of a question's words: how rare they are, and what holds words related to them."""

from __future__ import annotations

from pathlib import Path

import pytest
from real_memory import add

from twin_app.catalog_library import Asking, CatalogLibrary
from twin_app.settings import Settings
from twin_app.twin import Twin


def test_compounds_and_forms(home: Path, tmp_path: Path) -> None:
    notes = tmp_path / "notes"
    notes.mkdir()
    for number in range(8):
        (notes / f"{number}.md").write_text(f"We bought bread for a term, number {number}.\n")
    (notes / "bank.md").write_text("The deposit has a fixed rate.\n")
    memory = Twin(home, Settings())
    try:
        add(memory, notes)
        library = CatalogLibrary(memory.catalog, memory.words, Asking("When does it end?"))
        found = library.rarity(["fixed-term", "fixed", "term", "buy", "bought"])
    finally:
        memory.close()
    assert found["fixed-term"] == found["fixed"] > found["term"]
    assert found["buy"] == pytest.approx(found["bought"])


def test_words_related_to_the_questions_count_a_little(home: Path, tmp_path: Path) -> None:
    """Among documents that share one word with it, the one that also speaks of degrees comes first; one that shares
    nothing but that does not."""
    notes = tmp_path / "notes"
    notes.mkdir()
    for name, text in (("a", "The oven is old."), ("b", "The oven at 200 degrees."), ("c", "It was 30 degrees.")):
        (notes / f"{name}.md").write_text(f"{text}\n")
    memory = Twin(home, Settings())
    try:
        add(memory, notes)
        library = CatalogLibrary(memory.catalog, memory.words, Asking("How hot does the oven get?"))
        found = library.words("How hot does the oven get?", 10)
        names = {row.id: row.path.stem for row in memory.catalog.documents.stream()}
    finally:
        memory.close()
    assert [names[number] for number in found] == ["b", "a", "c"]
