"""Words of the app: names that fit, places, moments, and nothing that a terminal would obey."""

from __future__ import annotations

from pathlib import Path

import pytest
from rich.cells import cell_len

from ui import wording
from ui.actions import keymap
from ui.paths import common_start, completions, typed_path
from ui.pulse import ASLEEP, Pulse


@pytest.mark.parametrize("width", [1, 2, 3, 5, 10, 11, 12, 40])
@pytest.mark.parametrize(
    "text", ["short", "2025-01-24-rent-and-heating.eml", "日本語の長いファイル名です.md", "é" * 30]
)
def test_a_name_fits_and_keeps_both_ends(text: str, width: int) -> None:
    short = wording.shorten(text, width)
    assert cell_len(short) <= width
    if cell_len(text) <= width:
        assert short == text
    elif width >= 5:
        assert "…" in short
        assert text.startswith(short.split("…")[0].rstrip())
        assert text.endswith(short.split("…")[1])


def test_places_are_told_by_what_there_is() -> None:
    assert wording.place({"line_start": 12, "line_end": 19}) == "lines 12–19"
    assert wording.place({"line_start": 12, "line_end": 12}) == "line 12"
    assert wording.place({"page": 3, "line_start": None}) == "page 3"
    said = {"message": {"author": "Gunnar\nWallin", "time": "2025-01-24T14:52:08+01:00", "index": 3}}
    assert wording.place(said) == "Gunnar Wallin · 24 Jan 2025 14:52"
    assert wording.place({}) == ""


def test_what_became_of_a_source_is_said() -> None:
    assert wording.remark({"state": "unchanged", "present": True}) == ""
    assert wording.remark({"state": "gone", "present": False}) == "the file is gone, no longer in memory"
    assert wording.remark({"state": "changed"}) == "changed since it was read"


def test_names_hold_nothing_that_a_terminal_obeys() -> None:
    name = wording.name_of({"source": "/notes/a\x1b[31m\nb.md"})
    assert "\x1b" not in name
    assert "\n" not in name


def test_an_answer_keeps_its_lines() -> None:
    answer = "12 euros\n\n- [x] paid\n11:02 Ada: yes\n\nEnd"
    assert wording.line_by_line(answer) == "12 euros\n\n- [x] paid  \n11:02 Ada: yes\n\nEnd"


def test_an_empty_memory_says_so() -> None:
    assert wording.nothing({"coverage": {"documents": 0}}) == "Memory is empty: ^o adds a folder."
    assert wording.nothing({"coverage": {"documents": 3}}) == wording.nothing({}) == "Nothing in memory answers this."


def test_counts_and_moments() -> None:
    assert [wording.count(n, "document") for n in (0, 1, 1204)] == ["0 documents", "1 document", "1,204 documents"]
    assert [wording.brief(n) for n in (7, 999, 1234, 12508, 2_500_000)] == ["7", "999", "1.2k", "13k", "2.5M"]
    assert wording.count(2, "memory") == "2 memories"
    assert wording.moment("2025-03-01") == "1 Mar 2025"
    assert wording.moment("some day") == "some day"


def test_shared_folder_and_own_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    assert wording.shared_folder(["/a/b/c.md", "/a/b/d/e.md"]) == "/a/b/"
    assert wording.shared_folder(["/a/c.md", "/b/d.md"]) == "/"
    assert wording.shared_folder([]) == ""
    monkeypatch.setenv("HOME", "/home/ada")
    assert wording.tilde("/home/ada/notes/x.md") == "~/notes/x.md"
    assert wording.tilde("/home/adam/x.md") == "/home/adam/x.md"


def test_completion_of_paths(tmp_path: Path) -> None:
    for name in ("Notes", "notebook", ".hidden"):
        (tmp_path / name).mkdir()
    (tmp_path / "note.md").write_text("x")
    found = completions(f"{tmp_path}/no")
    assert [entry.text for entry in found] == [f"{tmp_path}/notebook/", f"{tmp_path}/Notes/", f"{tmp_path}/note.md"]
    assert common_start(found[:1]) == f"{tmp_path}/notebook/"
    assert common_start([]) == ""
    assert [entry.text for entry in completions(f"{tmp_path}/.h")] == [f"{tmp_path}/.hidden/"]
    assert completions(f"{tmp_path}/absent/x") == []
    assert [entry.text for entry in completions("~")] == ["~/"]


def test_a_path_that_begins_anew(tmp_path: Path) -> None:
    (tmp_path / "notes").mkdir()
    typed = f"~/{tmp_path}/no"  # behind the home folder that stands there when the dialog opens
    assert [entry.text for entry in completions(typed)] == [f"{tmp_path}/notes/"]
    assert typed_path(f"~/{tmp_path}/notes") == tmp_path / "notes"


def test_keys_of_the_person() -> None:
    keys = ("prompt.send=ctrl+j", "prompt.newline = enter", "prompt.newline=shift+enter")
    assert keymap(keys) == {"prompt.send": "ctrl+j", "prompt.newline": "enter,shift+enter"}


def test_the_pulse_in_a_word() -> None:
    totals = {"documents": 3, "encoded": 3, "sources": 2, "tokens": 9, "failed": 0}
    snapshot = {"totals": totals, "queued": {"files": 0, "documents": 0}, "watching": [], "events": [{"seq": 1}]}
    pulse = Pulse()
    assert pulse.short()[0] == "◌ starting"
    pulse = pulse.heard(snapshot).heard({**snapshot, "events": [{"seq": 2}, {"seq": 3}]})
    assert pulse.short()[0] == "● 3 docs"
    assert [event["seq"] for event in pulse.events] == [3, 2, 1]
    assert pulse.heard({**snapshot, "queued": {"files": 2, "documents": 5}}).short()[0] == "◐ 7 queued"
    assert pulse.heard({**snapshot, "totals": {**totals, "sources": 0, "documents": 0}}).is_empty
    assert pulse.fallen(ASLEEP).short()[0] == "○ stopped"


def test_a_change_to_another_model_is_told() -> None:
    change = {"model": "msa-4b", "encoded": 1200, "documents": 9000, "eta_s": 340, "trouble": ""}
    assert Pulse().heard({"changing": None}).changing() is None
    told = Pulse().heard({"changing": change}).changing()
    assert told is not None
    assert told[0].startswith("to msa-4b: 1,200 of 9,000 documents encoded · 5 min 40 s left")
    told = Pulse().heard({"changing": {**change, "eta_s": None}}).changing()
    assert told is not None
    assert "left" not in told[0]
    assert Pulse().heard({"changing": {**change, "trouble": "no such folder"}}).changing() == (
        "msa-4b cannot be loaded: no such folder",
        "error",
    )
