"""A chat longer than a document, through the real product: what is asked at one document's end is answered in the
next one, and shown."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from real_memory import Caller, add

from twin_app.catalog_library import Asking, CatalogLibrary
from twin_app.settings import Settings
from twin_app.twin import Twin

SAID = [
    f"{'Ana' if at % 2 else 'Bo'}: Number {at} of what we said of the harbour, the weather and the nets."
    for at in range(60)
]


def test_a_passage_knows_what_is_said_next(home: Path, tmp_path: Path) -> None:
    (tmp_path / "chat.txt").write_text("\n".join(SAID) + "\n")
    (tmp_path / "other.txt").write_text("\n".join(SAID[::-1]) + "\n")
    memory = Twin(home, Settings())
    try:
        add(memory, tmp_path)
        rows = [row for row in memory.catalog.documents.stream() if row.path.name == "chat.txt"]
        ids = [row.id for row in rows]
        library = CatalogLibrary(memory.catalog, memory.words, Asking("What did we say?"))
        passages = library.passages(ids)
        narrowed = CatalogLibrary(memory.catalog, memory.words, Asking("What?", allowed=np.array(ids[:1])))
        alone = narrowed.passages(ids[:1])[0]
        one = CatalogLibrary(memory.catalog, memory.words, Asking("What did we say?"))
        one.passages(ids[:1])
    finally:
        memory.close()
    assert len(ids) > 2
    assert [said.behind.document if said.behind else None for said in passages] == [*ids[1:], None]
    assert [said.behind.text for said in passages if said.behind] == [row.document.text for row in rows[1:]]
    assert alone.behind is None
    assert list(one.rows) == ids[:2]  # what is said next may be cited


def test_the_reply_is_shown_and_cited(home: Path, tmp_path: Path) -> None:
    """The question stands last in its document: as many lines stand before it as fit."""
    file = tmp_path / "chat.txt"
    memory = Twin(home, Settings())
    try:
        for before in range(4, 40):  # until a document ends with it
            lines = [*SAID[:before], "Ana: I fell into a bog. Guess where?", "Bo: Flanders Moss, I know.", *SAID[40:]]
            file.write_text("\n".join(lines) + "\n")
            add(memory, file)
            ends = [row.document.text.rstrip().endswith("Guess where?") for row in memory.catalog.documents.stream()]
            if any(ends):
                break
        result = memory.ask({"question": "Did Ana fall into a bog?", "save": False}, Caller(memory.settings))
    finally:
        memory.close()
    assert any(ends)
    assert "fell into a bog" in result["answer"]
    assert "Flanders Moss" in result["answer"]
    assert any("Flanders Moss" in citation["quote"] for citation in result["citations"])


def test_a_reply_with_a_stamp_of_its_own_is_shown(home: Path, tmp_path: Path) -> None:
    """Documents of a chat that is exported with stamps are named by the first of each."""
    lines = [f"12/03/2025, 18:{at:02} - {said.replace('.', ' again.')}" for at, said in enumerate(SAID[:40])]
    memory = Twin(home, Settings())
    try:
        (tmp_path / "chat.txt").write_text("\n".join(lines) + "\n")
        add(memory, tmp_path)
        rows = list(memory.catalog.documents.stream())
        passages = CatalogLibrary(memory.catalog, memory.words, Asking("What?")).passages([row.id for row in rows])
    finally:
        memory.close()
    assert len({row.document.context for row in rows}) == len(rows) > 1
    assert [said.behind.document if said.behind else None for said in passages] == [*(row.id for row in rows[1:]), None]
