"""Memory as the app sees it: the command line's client, each call in a thread of its own.

Results and events arrive in the app's event loop; cancelling whoever waits closes the connection, and the owner
gives the work up. Knows nothing of widgets.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import aclosing
from typing import Any

from twin_app.client import Cancellation, Client
from twin_app.errors import TwinError
from twin_app.ownership import is_owned, read_note
from twin_app.protocol import Event, Result
from twin_app.render import clean

Params = Mapping[str, Any]
NOTHING: Params = {}


class Memory:
    """One memory. Every method may raise TwinError, with words for the person."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self._calls: set[Cancellation] = set()

    async def call(self, method: str, params: Params = NOTHING) -> Result:
        """The result of one request, whatever events it sends on the way."""
        async with aclosing(self.events(method, params)) as messages:
            async for message in messages:
                if "result" in message:
                    return dict(message["result"])
        raise TwinError(f"the memory's owner gave no answer to '{method}': try again")

    async def items(self, method: str, params: Params = NOTHING) -> list[dict[str, Any]]:
        """What the owner lists, gathered in the thread: the event loop is woken once, however long the list."""
        found: list[dict[str, Any]] = []

        def gather(event: Event) -> bool:
            if event["event"] == "item":
                found.append(event["value"])
            return False

        async with aclosing(self.events(method, params, gather)) as messages:
            async for _ in messages:
                pass
        return found

    async def events(
        self, method: str, params: Params = NOTHING, passes: Callable[[Event], bool] = lambda event: True
    ) -> AsyncGenerator[dict[str, Any], None]:
        """Every event that `passes` (called in the thread), and `{"result": ...}` last."""
        loop = asyncio.get_running_loop()
        arrived: asyncio.Queue[dict[str, Any] | Exception] = asyncio.Queue()
        cancellation = Cancellation()

        def hand_over(message: dict[str, Any] | Exception) -> None:
            try:
                loop.call_soon_threadsafe(arrived.put_nowait, message)
            except RuntimeError:  # the app has ended, and its loop with it
                cancellation.cancel()

        def on_event(event: Event) -> None:
            if passes(event):
                hand_over(event)

        def work() -> None:
            try:
                hand_over({"result": self.client.call(method, params, on_event, cancellation)})
            except TwinError as error:
                error.args = (clean(str(error)),)  # it may name a file, and a file's name may hold anything
                hand_over(error)
            except OSError as error:  # the home cannot be made, the program cannot be started
                hand_over(TwinError(f"the memory cannot be reached: {error}"))

        self._calls.add(cancellation)
        threading.Thread(target=work, name=f"call {method}", daemon=True).start()
        try:
            while True:
                message = await arrived.get()
                if isinstance(message, Exception):
                    raise message
                yield message
                if "result" in message:
                    return
        finally:
            cancellation.cancel()
            self._calls.discard(cancellation)

    def owner(self) -> int | None:
        """The process that owns the memory now, one that is leaving included; None if there is none to be seen."""
        lock = self.client.locations.lock
        try:
            note = read_note(lock) if is_owned(lock) else None
        except (OSError, TwinError):  # the home is out of reach: whoever calls it is told so
            return None
        return None if note is None else note.pid

    def close(self) -> None:
        """End every call that is under way."""
        for cancellation in list(self._calls):
            cancellation.cancel()
