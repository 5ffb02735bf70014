"""Following the owner: one that was stopped stays so, and an error is told once."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import pytest
from driving import app_of, at_home, client_of, running, seen, until
from lingering_memory import LINGERS_S
from textual.pilot import Pilot

from twin_app.errors import UpgradedError
from twin_app.ownership import is_owned
from ui import app as app_module
from ui.app import TwinApp
from ui.pulse import ASLEEP, AWAKE, TROUBLE
from ui.screens.library import Library

pytestmark = pytest.mark.asyncio
LONGER_S = 3.5  # than a look or two for an owner


@pytest.fixture
def lingering(home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A memory whose owner holds its lock for a while after it was stopped."""
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parent), prepend=os.pathsep)

    def lingering_app(folder: Path) -> TwinApp:
        app = app_of(folder)
        app.memory.client.owner_options = ("--factory", "lingering_memory:LingeringMemory")
        return app

    monkeypatch.setattr("driving.app_of", lingering_app)
    return home / "memory"


def app_in(pilot: Pilot[None]) -> TwinApp:
    assert isinstance(pilot.app, TwinApp)
    return pilot.app


async def test_a_stopped_owner_is_not_started_again_while_it_leaves_nor_by_the_library(lingering: Path) -> None:
    lock = client_of(lingering).locations.lock
    async with running(lingering) as pilot:
        app = app_in(pilot)
        await pilot.press("f6")
        await until(pilot, lambda: "Nothing is in memory yet" in seen(pilot))
        began = asyncio.get_running_loop().time()
        await asyncio.to_thread(client_of(lingering).stop)
        assert asyncio.get_running_loop().time() - began > LINGERS_S - 0.5
        await until(pilot, lambda: app.pulse.phase == ASLEEP)
        library = app.screen
        assert isinstance(library, Library)
        library._seen, library._not_before = None, 0.0  # as after a change it did not come round to showing
        for _ in range(round(LONGER_S / 0.1)):
            await pilot.pause(0.1)
            assert not is_owned(lock)
        assert app.pulse.phase == ASLEEP
        await app.memory.call("status")  # whatever needs it starts it
        await until(pilot, lambda: app.pulse.phase == AWAKE)


@pytest.mark.parametrize("trouble", ["home", "catalog"])
async def test_a_memory_that_cannot_be_opened_is_told_of_once(
    home: Path, trouble: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    home.mkdir()
    memory = home / "memory"
    if trouble == "home":
        memory.write_text("no folder")
    else:
        memory.mkdir(mode=0o700)
        (memory / "catalog.duckdb").write_bytes(b"no catalog" * 1000)
    told = listen(monkeypatch)
    monkeypatch.setattr(app_module, "AGAIN_S", 0.2)
    with at_home(memory):
        app = app_of(memory)
        async with app.run_test(notifications=True) as pilot:
            await until(pilot, lambda: app.pulse.phase == TROUBLE)
            assert "✗ no memory" in seen(pilot)
            await pilot.pause(LONGER_S)
            assert len(told) == 1
            assert ("memory" if trouble == "home" else "catalog") in told[0]


async def test_another_version_ends_the_following(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told = listen(monkeypatch)
    monkeypatch.setattr(app_module, "AGAIN_S", 0.1)
    with at_home(home / "memory"):
        app = app_of(home / "memory")
        asked: list[str] = []

        async def events(method: str, *_: object) -> AsyncGenerator[dict[str, Any], None]:
            asked.append(method)
            raise UpgradedError("start twin again")
            yield {}

        monkeypatch.setattr(app.memory, "events", events)
        async with app.run_test() as pilot:
            await until(pilot, lambda: app.pulse.phase == TROUBLE)
            await pilot.pause(0.5)
            assert asked.count("activity") == 1
            assert told == ["start twin again"]


def listen(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The errors that the person is told of from now on."""
    told: list[str] = []
    report = TwinApp.report

    def heard(app: TwinApp, error: str, title: str = "Something went wrong") -> None:
        told.append(error)
        report(app, error, title)

    monkeypatch.setattr(TwinApp, "report", heard)
    return told
