"""Pictures of the main screens at two sizes. `pytest tests/ui/test_snapshots.py --snapshot-update` takes them anew.

Without what differs from run to run: the time an answer took, today's date, the blinking cursor.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
import textual
from driving import RENT, Life, running, seen, until
from pytest_textual_snapshot import SVGImageExtension
from syrupy.assertion import SnapshotAssertion
from textual.pilot import Pilot
from textual.widgets import Input, TextArea

from ui import wording
from ui.screens.chat import Chat
from ui.screens.viewer import Viewer
from ui.widgets.rows import Rows

DRAWN_WITH = "8.2."
DOCS = Path(__file__).parents[2] / "docs" / "screens"
PICTURES = Path(__file__).parent / "__snapshots__" / "test_snapshots"
pytestmark = [
    pytest.mark.asyncio,
    pytest.mark.skipif(
        not textual.__version__.startswith(DRAWN_WITH), reason=f"the pictures are of Textual {DRAWN_WITH}x"
    ),
]


@pytest.fixture(autouse=True)
def timeless(monkeypatch: pytest.MonkeyPatch) -> None:
    real_coverage, real_moment = wording.coverage, wording.moment

    def moment(text: str) -> str:
        return "today 12:00" if text[:10] == f"{datetime.now(UTC):%Y-%m-%d}" else real_moment(text)

    monkeypatch.setattr(wording, "coverage", lambda result: re.sub(r"[\d.]+ s ", "0.20 s ", real_coverage(result)))
    monkeypatch.setattr(wording, "moment", moment)
    monkeypatch.delenv("NO_COLOR")


async def at_rest(pilot: Pilot[None]) -> None:
    """Until nothing changes any more, the keys at the bottom included."""
    before = ""
    for _ in range(50):
        await pilot.pause(0.15)
        now = seen(pilot)
        has_keys = bool(pilot.app.screen.query("FooterKey")) or not pilot.app.screen.query("Footer")
        if now == before and has_keys:
            return
        before = now
    pytest.fail("the screen does not come to rest:\n" + before)


@pytest.mark.parametrize("size", [(80, 24), (140, 40)], ids=["80x24", "140x40"])
async def test_screens(life: Life, snapshot: SnapshotAssertion, size: tuple[int, int]) -> None:
    pictures = snapshot.use_extension(SVGImageExtension)

    async with running(life.pristine, size) as pilot:

        async def picture(name: str) -> None:
            for field in pilot.app.screen.query("Prompt, Input").results():
                assert isinstance(field, TextArea | Input)
                field.cursor_blink = False
            await at_rest(pilot)
            assert pilot.app.export_screenshot() == pictures(name=f"{name}-{size[0]}x{size[1]}")

        await picture("ready")
        chat = pilot.app.screen
        assert isinstance(chat, Chat)
        found = await pilot.app.memory.call("conversations")  # type: ignore[attr-defined]
        [conversation] = found["conversations"]
        chat.load(int(conversation["conversation"]))
        await until(pilot, lambda: RENT in seen(pilot) and "✓ grounded" in seen(pilot))
        await picture("chat")
        await pilot.press("1")
        await until(pilot, lambda: isinstance(pilot.app.screen, Viewer) and pilot.app.screen.query("Passage.cited"))
        await picture("viewer")
        await pilot.press("escape")
        for key, name in (("f6", "library"), ("f7", "conversations"), ("f9", "settings")):
            await pilot.press(key)
            await until(pilot, lambda: pilot.app.screen.query(Rows) and pilot.app.screen.query_one(Rows).records)
            await picture(name)
        await pilot.press("f8")
        await until(pilot, lambda: "Nothing has happened" in seen(pilot))
        await picture("activity")
        await pilot.press("f6", "x")
        await until(pilot, lambda: "leave memory" in seen(pilot))
        await picture("forget")


@pytest.mark.parametrize("size", [(80, 24), (140, 40)], ids=["80x24", "140x40"])
async def test_first_run(life: Life, home: Path, snapshot: SnapshotAssertion, size: tuple[int, int]) -> None:
    pictures = snapshot.use_extension(SVGImageExtension)
    home.mkdir()
    async with running(home / ".memory", size) as pilot:
        await until(pilot, lambda: "Twin remembers" in seen(pilot))
        await at_rest(pilot)
        assert pilot.app.export_screenshot() == pictures(name=f"welcome-{size[0]}x{size[1]}")
        for name in ("letters", "notes", "papers"):
            (home / name).mkdir()
        await pilot.press("ctrl+o")
        await until(pilot, lambda: "~/papers/" in seen(pilot))
        pilot.app.screen.query_one(Input).cursor_blink = False
        await at_rest(pilot)
        assert pilot.app.export_screenshot() == pictures(name=f"add-{size[0]}x{size[1]}")


async def test_the_pictures_in_the_documents_are_these() -> None:
    shown = sorted(DOCS.glob("*.svg"))
    assert shown
    for picture in shown:
        [taken] = PICTURES.glob(f"*{picture.stem}*.svg")
        assert picture.read_text() == taken.read_text(), f"copy {taken} to {picture}"
