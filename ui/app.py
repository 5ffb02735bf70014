"""The app: its sections, the keys that work everywhere, themes, and the word of how memory is.

Shows itself before it asks for memory: the owner process is found or started after the first paint.
"""

from __future__ import annotations

import asyncio
import importlib
import math
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import PurePath
from typing import TYPE_CHECKING, Any, ClassVar, cast

from textual import on, work
from textual.app import App, SystemCommand
from textual.binding import Binding, BindingType
from textual.screen import Screen

from twin_app import settings
from twin_app.client import Client
from twin_app.errors import OwnerGoneError, SettingsError, TwinError, UpgradedError
from twin_app.settings import Sourced, Value
from ui import pulse, theme, wording
from ui.actions import Action, actions, keymap
from ui.memory import Memory
from ui.pulse import Pulse
from ui.screens.base import Section
from ui.widgets.topbar import Section as SectionLink

if TYPE_CHECKING:
    from ui.screens.chat import Chat

AGAIN_S = 1.0  # between two looks for an owner that is not there
RARELY_S = 60.0  # between two requests to an owner that answers with an error, at most


def _section(name: str) -> Callable[[], Screen[Any]]:
    """A section's screen, imported when it is first shown."""

    def make() -> Screen[Any]:
        screen: Screen[Any] = getattr(importlib.import_module(f"ui.screens.{name}"), name.capitalize())()
        return screen

    return make


class TwinApp(App[None]):
    TITLE = "Twin"
    CSS_PATH = "styles.tcss"
    DEFAULT_MODE = "chat"
    MODES: ClassVar[dict[str, Any]] = {
        name: _section(name) for name in ("chat", "library", "conversations", "activity", "settings")
    }
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (110, "-wide")]  # noqa: RUF012 - declared so by Textual
    VERTICAL_BREAKPOINTS = [(0, "-short"), (30, "-tall")]  # noqa: RUF012
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f1", "help", "Help", id="app.help"),
        Binding("ctrl+p", "command_palette", "Palette", priority=True, id="app.palette"),
        Binding("f5", "section('chat')", "Chat", show=False, priority=True, id="app.chat"),
        Binding("f6", "section('library')", "Library", show=False, priority=True, id="app.library"),
        Binding("f7", "section('conversations')", "Conversations", show=False, priority=True, id="app.conversations"),
        Binding("f8", "section('activity')", "Activity", show=False, priority=True, id="app.activity"),
        Binding("f9", "section('settings')", "Settings", show=False, priority=True, id="app.settings"),
        Binding("ctrl+n", "new_conversation", "New conversation", show=False, priority=True, id="app.new"),
        Binding("ctrl+f", "find", "Find passages by words", show=False, priority=True, id="app.find"),
        Binding("ctrl+o", "add", "Add a folder or file", show=False, priority=True, id="app.add"),
        Binding("ctrl+t", "change_theme", "Choose a theme", show=False, priority=True, id="app.theme"),
        Binding("ctrl+q", "quit", "Quit", priority=True, id="app.quit"),
    ]

    def __init__(self, client: Client, sourced: Sourced) -> None:
        super().__init__()
        self.sourced = sourced
        self.memory = Memory(client)
        self.pulse = Pulse()
        self._loop_of_app: asyncio.AbstractEventLoop | None = None
        client.narrate = self._narrate
        for own in theme.THEMES:
            self.register_theme(own)
        wanted = sourced.settings.theme
        self.theme = wanted if wanted in self.available_themes else theme.DEFAULT
        self._bind(sourced)

    def on_mount(self) -> None:
        self._loop_of_app = asyncio.get_running_loop()
        self.call_after_refresh(self.watch_memory)
        self.theme_changed_signal.subscribe(self, lambda chosen: self._keep_theme(chosen.name))

    def on_unmount(self) -> None:
        self.memory.close()

    def _narrate(self, line: str) -> None:
        """Called in the threads of calls; what only says that something starts is in the pulse already."""
        if self._loop_of_app is not None and not line.startswith("starting"):
            self._loop_of_app.call_soon_threadsafe(lambda: self.notify(wording.one_line(line), markup=False))

    @work(exclusive=True, group="pulse")
    async def watch_memory(self) -> None:
        """Starts the owner if there is none, then follows it. One that was stopped on purpose or cannot be started is
        left alone until something needs it; one that crashed is started again. An error is told once."""
        told, pause_s = "", AGAIN_S
        while True:
            self.set_pulse(Pulse(pulse.STARTING, self.pulse.now))
            owner: int | None = None
            try:
                async for message in self.memory.events("activity"):
                    if message.get("event") == "activity":
                        owner = owner or self.memory.owner()
                        told, pause_s = "", AGAIN_S
                        self.set_pulse(self.pulse.heard(message))
            except TwinError as error:
                if str(error) != told:
                    told = str(error)
                    self.report(told)
                if isinstance(error, UpgradedError):
                    self.set_pulse(self.pulse.fallen(pulse.TROUBLE))
                    return
                if isinstance(error, OwnerGoneError):
                    await asyncio.sleep(pause_s)
                else:
                    await self._await_owner(self.memory.owner(), pulse.TROUBLE, pause_s)
                pause_s = min(2 * pause_s, RARELY_S)
            else:  # it was stopped, and holds its lock until it has closed everything
                await self._await_owner(owner or self.memory.owner(), pulse.ASLEEP, math.inf)

    async def _await_owner(self, last: int | None, phase: str, pause_s: float) -> None:
        """Until there is an owner that somebody else started, or for `pause_s` if it is the `last` one."""
        until = time.monotonic() + pause_s
        while True:
            self.set_pulse(self.pulse.fallen(phase))
            await asyncio.sleep(AGAIN_S)
            owner = self.memory.owner()
            if owner is not None and (owner != last or time.monotonic() > until):
                return

    def set_pulse(self, now: Pulse) -> None:
        self.pulse = now
        for screen in self.screen_stack:
            # a screen that is closing is not displayed and has lost its widgets, though it counts as mounted
            if isinstance(screen, Section) and screen.is_mounted and screen.display:
                screen.show_pulse()

    def report(self, error: str, title: str = "Something went wrong") -> None:
        """An error a person can act on, over whatever is shown."""
        self.notify(wording.clean(error), title=title, severity="error", timeout=10, markup=False)

    def copy(self, text: str, what: str) -> None:
        """To the clipboard of the terminal the person sits at (OSC 52), which also works over ssh."""
        self.copy_to_clipboard(text)
        self.notify(f"copied {what}", timeout=2, markup=False)

    @property
    def chat(self) -> Chat:
        """The chat, whatever section is shown."""
        return cast("Chat", self._screen_stacks["chat"][0])

    @on(SectionLink.Chosen)
    def _go_to(self, event: SectionLink.Chosen) -> None:
        self.action_section(event.section)

    def action_section(self, name: str) -> None:
        """Another section; in the one that is shown, back to its own screen."""
        if name == self.current_mode:
            while len(self.screen_stack) > 1:
                self.pop_screen()
        else:
            self.switch_mode(name)

    def action_new_conversation(self) -> None:
        self.chat.begin()
        self.action_section("chat")

    def open_conversation(self, number: int) -> None:
        self.chat.load(number)
        self.action_section("chat")

    def forget_conversation(self, number: int) -> None:
        """It was deleted: what the chat shows of it goes too."""
        if self.chat.conversation == number:
            self.chat.begin()

    def action_find(self) -> None:
        from ui.screens.find import Find

        self.push_screen(Find())

    def action_help(self) -> None:
        from ui.screens.help import Help

        self.push_screen(Help(actions(self, self.screen, self._own_keys)))

    def action_add(self) -> None:
        from ui.screens.add import Add, Addition

        def go(chosen: Addition | None) -> None:
            if chosen is not None:
                self.add(chosen.path, watch=chosen.watch)

        self.push_screen(Add(), go)

    @work(group="add")
    async def add(self, path: str, *, watch: bool, again: bool = False) -> None:
        """Read a file or folder: from now on, or once. What is left when the app ends is read all the same.

        `again`: also what did not change or was forgotten.
        """
        name = wording.shorten(wording.tilde(path), 50)
        try:
            if watch:
                await self.memory.call("watch", {"paths": [path]})
                self.notify(f"{name} is kept in memory from now on; F8 shows how far it is", timeout=5, markup=False)
                return
            self.notify(f"reading {name}; F8 shows how far it is", timeout=3, markup=False)
            done = await self.memory.call("add", {"paths": [path], "again": again})
        except TwinError as error:
            self.report(str(error))
            return
        failed = len(done["failed"])
        words = f"{wording.count(done['read'], 'file')} read, {done['unchanged']:,} unchanged"
        words += f", {len(done['ignored']):,} ignored" if done["ignored"] else ""
        words += wording.forgotten(done["ignored"])
        words += f", {failed:,} failed: see the library" if failed else ""
        self.notify(words, title=name, severity="warning" if failed else "information", markup=False)

    @work(group="watch")
    async def ask_to_watch(self, folder: str) -> None:
        """Keep a folder in memory, or stop that where it is kept already."""
        from ui.screens.dialogs import Confirm

        kept = {str(record["path"]) for record in self.pulse.watching}
        holder = next((path for path in (folder, *map(str, PurePath(folder).parents)) if path in kept), None)
        if holder is not None:
            words, act = "What memory holds of it stays; changes are no longer read.", "Stop watching"
        else:
            words, act = "It is read now, and again by itself whenever it changes.", "Keep in memory"
        title = f"{act}: {wording.shorten(wording.tilde(holder or folder), 50)}"
        if not await self.push_screen_wait(Confirm(title, words, act)):
            return
        if holder is None:
            self.add(folder, watch=True)
            return
        try:
            await self.memory.call("unwatch", {"paths": [holder]})
        except TwinError as error:
            self.report(str(error))

    def change_setting(self, key: str, value: Value) -> None:
        """Write a setting into the file. Raises SettingsError; the owner follows the file."""
        file = self.memory.client.locations.config_file
        try:
            settings.write(file, key, value)
        except OSError as error:
            raise SettingsError(f"cannot write {file}: {error.strerror or error}") from error
        flags: Mapping[str, Any] = {k: v for k, v in self.sourced.overrides.items() if self.sourced.origin[k] == "flag"}
        self.sourced = settings.load(file, flags=flags)
        if key == "keys":
            self._bind(self.sourced)

    def _bind(self, sourced: Sourced) -> None:
        """The person's own keys."""
        self._own_keys = keymap(sourced.settings.keys)
        self.set_keymap(self._own_keys)

    def _keep_theme(self, name: str) -> None:
        if name != (self.sourced.settings.theme or theme.DEFAULT):
            try:
                self.change_setting("theme", name)
            except TwinError as error:
                self.report(str(error))

    def get_system_commands(self, screen: Screen[Any]) -> Iterable[SystemCommand]:
        """Every action that can be taken here, by its name and its key."""
        for action in actions(self, screen, self._own_keys):

            def run(action: Action = action) -> None:
                self.call_later(self.run_action, action.binding.action, action.node)

            if action.binding.id != "app.palette":
                yield SystemCommand(action.title, action.keys, run)
