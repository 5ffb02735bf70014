"""One writer at a time, the background gives way, and a client that stops reading stops nobody."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

from twin_app.errors import CancelledError
from twin_app.relay import Relay, Silent
from twin_app.turns import PAUSE_S, Foreground, Turns, Watcher

LIMIT_S = 20.0


class Listener:
    def __init__(self, leaves: Callable[[], bool] = lambda: False) -> None:
        self.heard: list[dict[str, Any]] = []
        self.leaves = leaves

    def emit(self, event: dict[str, Any]) -> None:
        self.heard.append(event)

    def cancelled(self) -> bool:
        return self.leaves()


def until(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + LIMIT_S
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_the_background_gives_way_and_goes_on() -> None:
    began, finished = threading.Event(), threading.Event()
    rounds: list[bool] = []

    def work(background: Watcher) -> None:
        rounds.append(True)
        began.set()
        while len(rounds) == 1 and not background.cancelled():
            time.sleep(0.01)
        if not background.cancelled():
            finished.set()

    turns = Turns(work)
    assert not turns.busy()
    turns.go_on()
    assert began.wait(LIMIT_S)
    with turns.turn("a test", Listener()):
        assert not finished.is_set()
    assert finished.wait(LIMIT_S)
    until(lambda: not turns.busy())
    assert len(rounds) == 2
    turns.close()
    turns.go_on()
    assert not turns.busy()


def test_whoever_waits_is_told_why_and_may_leave() -> None:
    turns = Turns(lambda background: None)
    gone = threading.Event()
    waiting, leaving = Listener(), Listener(gone.is_set)
    inside: list[str] = []

    def second() -> None:
        with turns.turn("the second", waiting):
            inside.append("second")

    def third() -> None:
        try:
            with turns.turn("the third", leaving):
                inside.append("third")
        except CancelledError:
            inside.append("third left")

    with turns.turn("another add", Listener()):
        thread, other = threading.Thread(target=second), threading.Thread(target=third)
        thread.start()
        other.start()
        until(lambda: waiting.heard and leaving.heard)
        assert inside == []
        gone.set()
        other.join(LIMIT_S)
        assert inside == ["third left"]
    thread.join(LIMIT_S)
    assert inside == ["third left", "second"]
    assert waiting.heard == [{"event": "progress", "phase": "waiting for another add to finish"}]


def test_background_work_that_fails_is_tried_again_with_the_next_command() -> None:
    tried: list[int] = []

    def work(background: Watcher) -> None:
        tried.append(1)
        raise ValueError("a bug")

    turns = Turns(work)
    for number in (1, 2):
        turns.go_on()
        until(lambda: not turns.busy())
        assert len(tried) == number
    turns.close()


def test_a_client_that_does_not_read_stops_nobody() -> None:
    """Progress is thinned out, everything else arrives in order."""
    reads = threading.Event()

    class Suspended(Listener):
        def emit(self, event: dict[str, Any]) -> None:
            assert reads.wait(LIMIT_S)
            super().emit(event)

    client = Suspended()
    progress: list[dict[str, Any]] = [{"event": "progress", "done": number} for number in range(1000)]
    events = [{"event": "hop", "n": 1}, *progress, {"event": "text"}]
    began = time.monotonic()
    with Relay(client) as relay:
        for event in events:
            relay.emit(event)
        assert time.monotonic() - began < LIMIT_S / 2
        assert client.heard == []
        reads.set()
    assert client.heard == [events[0], events[-2], events[-1]]
    silent = Silent(client)
    silent.emit({"event": "hop"})
    assert len(client.heard) == 3
    assert not silent.cancelled()


def test_reading_pauses_while_somebody_is_answered_but_not_for_ever() -> None:
    foreground, begun, done = Foreground(), threading.Event(), threading.Event()
    began = time.monotonic()
    foreground.pause()
    assert time.monotonic() - began < PAUSE_S / 2

    def answer() -> None:
        with foreground.first():
            begun.set()
            time.sleep(PAUSE_S / 4)
            done.set()

    thread = threading.Thread(target=answer)
    thread.start()
    assert begun.wait(LIMIT_S)
    foreground.pause()
    assert done.is_set()
    thread.join(LIMIT_S)
    with foreground.first():
        began = time.monotonic()
        foreground.pause()
        assert PAUSE_S * 0.9 < time.monotonic() - began < LIMIT_S
