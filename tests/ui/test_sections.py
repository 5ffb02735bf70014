"""Library, conversations, finding, settings, palette and help, on the real memory."""

from __future__ import annotations

import json
import shutil
import stat
from pathlib import Path

import pytest
from driving import RENT, Life, ask, fill, running, seen, until, write
from textual.pilot import Pilot

from ui.screens.chat import Chat
from ui.screens.find import Find
from ui.screens.forget import Forget
from ui.screens.viewer import Viewer
from ui.widgets.passage import Passage
from ui.widgets.rows import Rows

pytestmark = pytest.mark.asyncio


def rows_of(pilot: Pilot[None]) -> Rows:
    return pilot.app.screen.query_one(Rows)


async def to(pilot: Pilot[None], key: str) -> None:
    """Another section, once its list is there."""
    await pilot.press(key)
    await until(pilot, lambda: pilot.app.screen.query(Rows) and rows_of(pilot).records)
    await pilot.pause()


async def test_the_library_filters_as_one_types_and_opens_a_source(life: Life) -> None:
    async with running(life.home) as pilot:
        await to(pilot, "f6")
        assert "● ready" in seen(pilot)
        assert "in ~/life/" in seen(pilot)
        await pilot.press("slash")
        await write(pilot, "car")
        await until(pilot, lambda: len(rows_of(pilot).records) == 1)
        assert "notes/car.md" in seen(pilot)
        await pilot.press("enter", "enter")
        assert isinstance(pilot.app.screen, Viewer)
        await until(pilot, lambda: pilot.app.screen.query(Passage))
        assert "~/life/notes/car.md" in seen(pilot)
        await pilot.press("escape", "escape")
        await until(pilot, lambda: len(rows_of(pilot).records) > 1)


async def test_the_library_shows_one_state_after_the_other(life: Life) -> None:
    blank = life.files / "notes" / "blank.md"
    blank.write_text("")
    async with running(life.home) as pilot:
        await pilot.app.memory.call("add", {"paths": [str(blank)]})  # type: ignore[attr-defined]
        await to(pilot, "f6")
        await until(pilot, lambda: "blank.md" in seen(pilot))
        shown: list[set[str]] = []
        for _ in range(3):
            await pilot.press("f")
            shown.append({record["state"] for record in rows_of(pilot).records})
        assert shown == [{"ready"}, {"ignored"}, {"ready", "ignored"}]
        blank.unlink()
        await pilot.app.memory.call("add", {"paths": [str(life.files)]})  # type: ignore[attr-defined]


async def test_lists_are_walked_by_the_keys_of_vi(life: Life) -> None:
    async with running(life.home) as pilot:
        await to(pilot, "f6")
        rows = rows_of(pilot)
        last = len(rows.records) - 1
        await pilot.press("j", "j", "k")
        assert rows.cursor == 1
        await pilot.press("G")
        assert rows.cursor == last
        await pilot.press("g", "k")
        assert rows.cursor == 0
        await pilot.click(Rows, offset=(10, 3))
        assert rows.cursor == 3


async def test_a_source_is_forgotten_with_a_receipt_that_is_checked(life: Life) -> None:
    secret = life.files / "notes" / "secret.md"
    secret.write_text("# Safe\n\nThe combination of the safe in the cellar is 4711-0815.\n")
    async with running(life.home) as pilot:
        await to(pilot, "f6")
        await pilot.app.memory.call("add", {"paths": [str(secret)]})  # type: ignore[attr-defined]
        await until(pilot, lambda: "secret.md" in seen(pilot))
        await ask_in_chat(pilot, "What is the combination of the safe in the cellar?", "4711-0815")
        await to(pilot, "f6")
        await pilot.press("slash")
        await write(pilot, "secret")
        await pilot.press("enter", "x")
        assert isinstance(pilot.app.screen, Forget)
        await until(pilot, lambda: "1 document of 1 source" in seen(pilot))
        assert "~/life/notes/secret.md" in seen(pilot)
        await pilot.press("y")
        await until(pilot, lambda: "✓ checked: nothing of it can be reached" in seen(pilot))
        assert "forgot 1 document of 1 source" in seen(pilot)
        await pilot.press("s")
        await until(pilot, lambda: list(life.home.glob("receipts/*.json")))
        [receipt] = life.home.glob("receipts/*.json")
        assert stat.S_IMODE(receipt.stat().st_mode) == 0o600
        assert "4711" not in receipt.read_text()
        assert json.loads(receipt.read_text())["documents"] == 1
        await pilot.press("escape", "escape")
        await until(pilot, lambda: all("secret" not in record["source"] for record in rows_of(pilot).records))
        await to(pilot, "f7")
        await pilot.press("enter")  # the newest conversation is the one whose source is forgotten
        await until(pilot, lambda: isinstance(pilot.app.screen, Chat) and "✗ forgotten" in seen(pilot))
        assert "4711" not in seen(pilot)
    secret.unlink()


async def ask_in_chat(pilot: Pilot[None], question: str, answer: str) -> None:
    await pilot.press("f5")
    await ask(pilot, question)
    chat = pilot.app.screen
    assert isinstance(chat, Chat)
    assert answer in chat.turns[-1].said


async def test_a_forget_can_be_left(life: Life) -> None:
    async with running(life.home) as pilot:
        await to(pilot, "f6")
        count = len(rows_of(pilot).records)
        await pilot.press("x")
        await until(pilot, lambda: "leave memory" in seen(pilot))
        await pilot.press("n")
        await pilot.pause(0.2)
        assert len(rows_of(pilot).records) == count


async def test_an_answer_that_lost_a_source_says_so(life: Life) -> None:
    passing = life.files / "notes" / "passing.md"
    passing.write_text("# Bicycle\n\nThe bicycle lock opens with the code 9081.\n")
    async with running(life.home) as pilot:
        await to(pilot, "f6")
        await pilot.app.memory.call("add", {"paths": [str(passing)]})  # type: ignore[attr-defined]
        await until(pilot, lambda: "passing.md" in seen(pilot))
        await ask_in_chat(pilot, "Which code opens the bicycle lock?", "9081")
        passing.unlink()
        await pilot.app.memory.call("add", {"paths": [str(life.files)]})  # type: ignore[attr-defined]
        await to(pilot, "f7")
        await until(pilot, lambda: "lost a source" in seen(pilot))
        await pilot.press("enter")
        await until(pilot, lambda: "left memory since this was answered" in seen(pilot))
        assert "no longer in memory" in seen(pilot)


async def test_conversations_are_found_renamed_exported_and_deleted(life: Life, tmp_path: Path) -> None:
    async with running(life.home) as pilot:
        await ask(pilot, "Who looks after the heating since March 2025?")
        await to(pilot, "f7")
        await pilot.press("slash")
        await write(pilot, "looks after")
        await until(pilot, lambda: len(rows_of(pilot).records) == 1)
        await pilot.press("enter", "r")
        await until(pilot, lambda: "Rename" in seen(pilot))
        fill(pilot, "Heating [b]x")
        await pilot.press("enter")
        await until(pilot, lambda: "Heating [b]x" in seen(pilot))
        for key, name in (("e", "a.md"), ("E", "a.json")):
            await pilot.press(key)
            await until(pilot, lambda: "Export" in seen(pilot))
            fill(pilot, str(tmp_path / name))
            await pilot.press("enter")
            await until(pilot, (tmp_path / name).exists)
        assert "looks after the heating" in (tmp_path / "a.md").read_text()
        assert json.loads((tmp_path / "a.json").read_text())["answers"][0]["question"].startswith("Who looks")
        await until(pilot, lambda: pilot.app.screen.query(Rows))
        await pilot.press("d")
        await until(pilot, lambda: "Delete this conversation?" in seen(pilot))
        await pilot.press("y")
        await until(pilot, lambda: not rows_of(pilot).records)
        assert "No conversation has these words." in seen(pilot)


async def test_words_are_found_without_a_model_while_they_are_typed(life: Life) -> None:
    async with running(life.home) as pilot:
        await pilot.press("slash")  # in the empty prompt
        assert isinstance(pilot.app.screen, Find)
        await write(pilot, "E17")
        await until(pilot, lambda: rows_of(pilot).records)
        assert "thermostat-2025-01.log" in seen(pilot)
        await pilot.press("enter", "enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, Viewer) and pilot.app.screen.query("Passage.cited"))
        await pilot.pause(0.2)
        assert "E17" in seen(pilot)
        await pilot.press("slash")
        await write(pilot, "reset key")
        await pilot.press("enter")
        await pilot.pause(0.2)
        viewer = pilot.app.screen
        assert isinstance(viewer, Viewer)
        first = viewer._at
        await pilot.press("n")
        assert viewer._at == first + 1
        await pilot.press("escape", "escape", "escape")
        assert isinstance(pilot.app.screen, Chat)


async def test_a_setting_is_changed_kept_and_checked(life: Life) -> None:
    config = life.home / "config.toml"
    async with running(life.home, size=(100, 40)) as pilot:
        await to(pilot, "f9")
        rows = rows_of(pilot)
        rows.cursor = [record["name"] for record in rows.records].index("idle_minutes")
        await pilot.press("enter")
        await until(pilot, lambda: "idle minutes" in seen(pilot))
        fill(pilot, "7")
        await pilot.press("enter")
        await until(pilot, lambda: "settings file" in seen(pilot))
        assert "idle_minutes = 7" in config.read_text()
        await pilot.press("enter")
        await until(pilot, lambda: pilot.app.screen.query("Input"))
        fill(pilot, "soon")
        await pilot.press("enter")
        await until(pilot, lambda: "must be a number" in seen(pilot))
        assert "idle_minutes = 7" in config.read_text()
        pilot.app.theme = "nord"
        await until(pilot, lambda: 'theme = "nord"' in config.read_text())
    async with running(life.home) as pilot:
        assert pilot.app.theme == "nord"
    config.unlink()


async def test_keys_can_be_given_to_actions_by_their_names(life: Life) -> None:
    config = life.home / "config.toml"
    config.write_text('keys = ["prompt.send=ctrl+j", "prompt.newline=enter", "app.library=ctrl+l"]\n')
    config.chmod(0o600)
    try:
        async with running(life.home) as pilot:
            chat = pilot.app.screen
            assert isinstance(chat, Chat)
            await write(pilot, "a")
            await pilot.press("enter")
            assert chat.prompt.text == "a\n"
            chat.prompt.text = RENT
            await pilot.press("ctrl+j")
            await until(pilot, lambda: len(chat.turns) == 1)
            await pilot.press("ctrl+l")
            await until(pilot, lambda: "Filter" in seen(pilot))
    finally:
        config.unlink()


async def test_the_palette_and_the_help_have_every_action(life: Life) -> None:
    async with running(life.home, size=(100, 50)) as pilot:
        await ask(pilot, RENT)
        titles = {command.title for command in pilot.app.get_system_commands(pilot.app.screen)}
        wanted = {"New conversation", "Add a folder or file", "Library", "Choose a theme", "Quit", "Copy answer"}
        assert wanted <= titles
        await pilot.press("ctrl+p")
        await write(pilot, "library")
        await pilot.pause(0.5)
        await pilot.press("enter")
        await until(pilot, lambda: "Read again" in seen(pilot))
        await pilot.press("f1")
        await until(pilot, lambda: "library.forget" in seen(pilot))
        assert "app.find" in seen(pilot) or pilot.app.screen.query_one("#help").max_scroll_y > 0
        await pilot.press("escape")
        await pilot.press("f5")
        await until(pilot, lambda: isinstance(pilot.app.screen, Chat))


async def test_a_gone_file_is_shown_as_it_was_read(life: Life) -> None:
    gone = life.files / "notes" / "gone.md"
    shutil.copyfile(life.files / "notes" / "car.md", gone)
    async with running(life.home) as pilot:
        await to(pilot, "f6")
        await pilot.app.memory.call("add", {"paths": [str(gone)]})  # type: ignore[attr-defined]
        gone.unlink()
        await until(pilot, lambda: "gone.md" in seen(pilot))
        await pilot.press("slash")
        await write(pilot, "gone.md")
        await pilot.press("enter", "enter")
        await until(pilot, lambda: "shown as it was read" in seen(pilot))
        await pilot.press("e")
        await until(pilot, lambda: "is not there any more" in seen(pilot) or "no editor is named" in seen(pilot))
