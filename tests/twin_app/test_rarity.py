"""How rare a question's words are in a real index: compounds as rare as their rarest part, forms as their commonest."""

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
