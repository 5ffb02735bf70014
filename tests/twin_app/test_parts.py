"""All parts of a file, for a summary or a list of what is left to do, as far as a question may see them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from real_memory import Caller, add

from twin_app.catalog_library import Asking, CatalogLibrary
from twin_app.settings import Settings
from twin_app.twin import Twin

pytestmark = pytest.mark.timeout(120)
PARTS = "\n\n".join(f"## Day {day}\n\n- [ ] pack for day {day}\n- [x] ticket of day {day}" for day in range(1, 5))


def test_parts_are_those_of_the_file_that_may_be_seen(home: Path, tmp_path: Path) -> None:
    folder = tmp_path / "files"
    folder.mkdir()
    (folder / "lisbon.md").write_text(f"# Lisbon\n\n{PARTS}\n")
    (folder / "rome.md").write_text(f"# Rome\n\n{PARTS}\n")
    memory = Twin(home, Settings())
    try:
        add(memory, folder)
        ids = [row.id for row in memory.catalog.documents.stream() if row.path.name == "lisbon.md"]
        whole = CatalogLibrary(memory.catalog, memory.words, Asking("What is left to do?"))
        assert whole.parts(ids[0]) == [], "of what was not opened nothing is known"
        whole.passages(ids[:1])
        found = [part.document for part in whole.parts(ids[0])]
        narrowed = CatalogLibrary(memory.catalog, memory.words, Asking("What?", allowed=np.array(ids[:2])))
        narrowed.passages(ids[:1])
        seen = [part.document for part in narrowed.parts(ids[0])]
        result = memory.ask({"question": "What is left to do for Lisbon?", "save": False}, Caller(memory.settings))
    finally:
        memory.close()
    assert len(ids) > 2
    assert found == ids
    assert seen == ids[:2]
    assert [day for day in range(1, 5) if f"[ ] pack for day {day}" in result["answer"]] == [1, 2, 3, 4]
    assert "[x]" not in result["answer"]
    assert {Path(citation["source"]).name for citation in result["citations"]} == {"lisbon.md"}
