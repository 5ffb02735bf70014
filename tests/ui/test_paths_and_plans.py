"""Paths that nobody can use, what is read once or again, the model, and a library that is shown while it changes."""

from __future__ import annotations

import asyncio
import importlib
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from driving import Life, fill, running, seen, until
from textual.pilot import Pilot

from twin_app import settings
from twin_app.errors import SettingsError, TwinError
from ui.app import TwinApp
from ui.memory import NOTHING, Params
from ui.paths import completions, is_there, typed_path
from ui.screens.add import Add
from ui.screens.conversations import Conversations
from ui.screens.dialogs import Choose, Write
from ui.screens.library import Library
from ui.widgets.rows import Rows

sys.path.insert(0, str(Path(__file__).parents[1] / "engine"))  # for tiny

NOBODY = "~nobody-of-this-name/notes"
TOO_LONG = "/" + "x" * 300
pytestmark = pytest.mark.asyncio


def app_in(pilot: Pilot[None]) -> TwinApp:
    assert isinstance(pilot.app, TwinApp)
    return pilot.app


async def test_paths_that_cannot_be_are_errors_in_words() -> None:
    for text in (NOBODY, "", "  "):
        with pytest.raises(TwinError, match="is no path"):
            typed_path(text)
    with pytest.raises(TwinError, match="cannot be looked at: File name too long"):
        is_there(typed_path(TOO_LONG))
    for text in (NOBODY, TOO_LONG + "/", "/a\0/"):
        assert completions(text) == []


async def test_the_dialog_for_adding_survives_any_path(life: Life) -> None:
    async with running(life.home) as pilot:
        await pilot.press("ctrl+o")
        await until(pilot, lambda: isinstance(pilot.app.screen, Add))
        for text, words in ((NOBODY, "is no path"), (TOO_LONG, "File name too long")):
            fill(pilot, text)
            await until(pilot, lambda words=words: words in " ".join(seen(pilot).split()))  # type: ignore[misc]
            await pilot.press("tab", "enter")
            await pilot.pause(0.2)
            pilot.app.screen.query_one("#path-input").focus()
            await pilot.pause()
            assert isinstance(pilot.app.screen, Add)
        await pilot.press("ctrl+r")
        await pilot.pause(0.2)
        assert isinstance(pilot.app.screen, Add)


async def test_an_export_survives_any_path(life: Life) -> None:
    async with running(life.home) as pilot:
        await pilot.press("f7")
        await until(pilot, lambda: pilot.app.screen.query(Rows) and pilot.app.screen.query_one(Rows).records)
        for text, words in ((NOBODY, "is no path"), (TOO_LONG, "File name too long")):
            await pilot.press("e")
            await until(pilot, lambda: isinstance(pilot.app.screen, Write))
            fill(pilot, text)
            await pilot.press("enter")
            await until(pilot, lambda words=words: words in " ".join(seen(pilot).split()))  # type: ignore[misc]
            assert isinstance(pilot.app.screen, Conversations)


async def test_a_settings_file_that_cannot_be_written_is_an_error_in_words(
    life: Life, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    async with running(life.home) as pilot:
        monkeypatch.setattr(settings, "write", full)
        with pytest.raises(SettingsError, match=r"cannot write .*config\.toml: No space left"):
            app_in(pilot).change_setting("threads", 1)
        pilot.app.theme = "nord"
        await until(pilot, lambda: "No space left" in " ".join(seen(pilot).split()))


async def test_what_was_forgotten_is_not_read_once_but_read_again(home: Path) -> None:
    note = home / "safe.md"
    home.mkdir()
    note.write_text("# Safe\n\nThe combination of the safe is 4711-0815.\n")
    async with running(home / "memory") as pilot:
        memory = app_in(pilot).memory
        await memory.call("add", {"paths": [str(note)]})
        await memory.call("forget", {"paths": [str(note)], "confirm": True})
        await pilot.press("ctrl+o")
        await until(pilot, lambda: isinstance(pilot.app.screen, Add))
        fill(pilot, str(note))
        await until(pilot, lambda: "nothing new to read" in seen(pilot))
        assert "1 of them forgotten earlier" in " ".join(seen(pilot).split())
        await pilot.press("ctrl+r")
        await until(pilot, lambda: "0 files read" in seen(pilot))
        assert not await memory.items("documents")
        app_in(pilot).add(str(note), watch=False, again=True)
        await until(pilot, lambda: "1 file read" in seen(pilot))
        assert len(await memory.items("documents")) == 1
        await pilot.press("f6")
        await until(pilot, lambda: "safe.md" in seen(pilot))
        before = len(pilot.app._notifications)
        await pilot.press("r")
        await until(pilot, lambda: len(pilot.app._notifications) >= before + 2)
        assert "1 file read, 0 unchanged" in [*pilot.app._notifications][-1].message


async def test_a_model_that_is_chosen_begins_to_encode_at_once(home: Path) -> None:
    note = home / "safe.md"
    home.mkdir()
    note.write_text("# Safe\n\nThe combination of the safe is 4711-0815.\n")
    memory = home / "memory"
    importlib.import_module("tiny").checkpoint(memory / "models" / "other")
    async with running(memory) as pilot:
        await app_in(pilot).memory.call("add", {"paths": [str(note)]})
        assert "other" not in (memory / "banks.json").read_text()
        await pilot.press("f9")
        await until(pilot, lambda: pilot.app.screen.query(Rows) and pilot.app.screen.query_one(Rows).records)
        rows = pilot.app.screen.query_one(Rows)
        rows.cursor = [record["name"] for record in rows.records].index("model")
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, Choose))
        await pilot.press("down", "enter")
        await until(pilot, lambda: 'model = "other"' in (memory / "config.toml").read_text())
        await until(pilot, lambda: "other" in (memory / "banks.json").read_text())


@pytest.mark.parametrize("key", ["f6", "f8", "f9"])
async def test_news_of_memory_while_the_screen_is_closing(life: Life, key: str) -> None:
    """A watcher hears of memory until the app has ended, when the widgets are gone already."""
    async with running(life.home) as pilot:
        app = app_in(pilot)
        await pilot.press(key)
        await until(pilot, lambda: pilot.app.screen.query(Rows))
        app.screen._pruning = True  # what Textual marks first; then the widgets go
        await app.screen.remove_children()
        app.set_pulse(app.pulse)


async def test_the_library_is_shown_while_memory_changes(life: Life, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its list takes longer than it takes memory to change again."""
    async with running(life.home) as pilot:
        app = app_in(pilot)
        items, begun = app.memory.items, 0

        async def slow(method: str, params: Params = NOTHING) -> list[dict[str, Any]]:
            nonlocal begun
            begun += method == "sources"
            await asyncio.sleep(1.0)
            return await items(method, params)

        monkeypatch.setattr(app.memory, "items", slow)
        await pilot.press("f6")
        await until(pilot, lambda: isinstance(pilot.app.screen, Library) and begun)
        for number in range(25):
            totals: Mapping[str, Any] = app.pulse.totals
            changed = {**app.pulse.now, "totals": {**totals, "tokens": number}}
            app.set_pulse(replace(app.pulse, now=changed))
            await pilot.pause(0.1)
        assert pilot.app.screen.query_one(Rows).records
        assert begun <= 2
