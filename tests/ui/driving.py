"""Driving the app in tests: a real memory of some of samples/ with its owner process and the embedded model."""

from __future__ import annotations

import os
import shutil
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from textual._context import visible_screen_stack
from textual.pilot import Pilot
from textual.widgets import Input

from twin_app.client import Client
from twin_app.locations import locate
from twin_app.ownership import read_note
from twin_app.settings import load
from ui.app import TwinApp

SAMPLES = Path(__file__).parents[2] / "samples"
LIFE = (
    *("mail/2024-01-22-rent.eml", "mail/2025-01-24-rent-and-heating.eml", "papers/rental-contract.pdf"),
    *("notes/car.md", "notes/house.md", "web/norrvik-varme.html", "chats/WhatsApp Chat with Daniel Okafor.txt"),
    *("logs/thermostat-2025-01.log", "minutes/tenants-2025-03-19.txt"),
)
RENT = "How much rent do we pay a month now?"


@dataclass(frozen=True)
class Life:
    """`person` is the home folder of whoever it belongs to; their files are in `files`."""

    person: Path
    home: Path

    @property
    def pristine(self) -> Path:
        """The same memory, for what must not see what other tests did to it."""
        return self.person / "pristine"

    @property
    def files(self) -> Path:
        return self.person / "life"


def client_of(home: Path) -> Client:
    locations = locate(home)
    return Client(locations, load(locations.config_file).overrides, patience_s=60.0)


def app_of(home: Path) -> TwinApp:
    client = client_of(home)
    return TwinApp(client, load(client.locations.config_file))


def live(person: Path) -> Iterator[Life]:
    """A memory in which one question was asked already; it ends with the iterator."""
    for name in LIFE:
        (person / "life" / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(SAMPLES / name, person / "life" / name)
    made = Life(person, person / "memory")
    with at_home(made.home):
        client = client_of(made.home)
        client.call("add", {"paths": [str(made.files)]})
        client.call("ask", {"question": RENT})
        client.stop()
        shutil.copytree(made.home, made.pristine)
    yield made
    for home in (made.home, made.pristine):
        client_of(home).stop()


@contextmanager
def at_home(home: Path) -> Iterator[None]:
    """As the person whose memory it is; its owner's socket outlives the test, as the owner may."""
    runtime = home.parent / ".run"
    runtime.mkdir(parents=True, exist_ok=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOME", str(home.parent))
        patch.setenv("XDG_RUNTIME_DIR", str(runtime))
        for name in [name for name in os.environ if name.startswith("TWIN_")]:
            patch.delenv(name)
        yield


@asynccontextmanager
async def running(home: Path, size: tuple[int, int] = (100, 30)) -> AsyncIterator[Pilot[None]]:
    """The app on a memory, once it has heard of it."""
    with at_home(home):
        app = app_of(home)
        app.animation_level = "none"
        async with app.run_test(size=size, notifications=True) as pilot:
            await until(pilot, lambda: bool(app.pulse.now))
            yield pilot


async def until(pilot: Pilot[None], holds: Callable[[], Any], seconds: float = 30.0) -> None:
    """Wait for the app; fails with what the screen shows."""
    for _ in range(round(seconds / 0.1)):
        if holds():
            return
        await pilot.pause(0.1)
    pytest.fail("it never happened; the screen:\n" + seen(pilot))


def seen(pilot: Pilot[None]) -> str:
    """The screen as text, line by line.

    Rendering is cached: without the screens behind it a dialog would stay on an empty background in later pictures.
    """
    screen, width = pilot.app.screen, pilot.app.size.width
    visible_screen_stack.set(pilot.app._background_screens)
    lines = screen._compositor.render_strips()
    return "\n".join(strip.text[:width].rstrip() for strip in lines)


def fill(pilot: Pilot[None], text: str) -> None:
    """Put a text where the person would type it."""
    field = pilot.app.focused
    assert isinstance(field, Input)
    field.value = text


async def write(pilot: Pilot[None], text: str) -> None:
    """Type a text, key by key."""
    await pilot.press(*(NAMES.get(character, character) for character in text))


NAMES = {
    " ": "space", "?": "question_mark", "/": "slash", ".": "full_stop", "-": "minus", "_": "underscore",
    "~": "tilde", "=": "equals_sign", "+": "plus", ",": "comma", '"': "quotation_mark",
}  # fmt: skip


def owner_of(home: Path) -> int:
    """The pid of its owner process."""
    note = read_note(locate(home).lock)
    assert note is not None
    return note.pid


async def ask(pilot: Pilot[None], question: str) -> None:
    """Ask in the chat and wait for the end of it."""
    from ui.screens.chat import Chat

    chat = pilot.app.screen
    assert isinstance(chat, Chat)
    before = len(chat.turns)
    chat.prompt.focus()
    chat.prompt.text = question
    await pilot.press("enter")
    await until(pilot, lambda: len(chat.turns) == before + 1 and not chat.turns[-1].trail.working)
    await pilot.pause()
