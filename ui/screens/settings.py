"""Settings: each value with where it came from, the model, the theme, the folders that are kept in memory."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from twin_app import settings
from twin_app.errors import TwinError
from ui import theme, wording
from ui.screens.base import Section
from ui.screens.dialogs import Choose, Write
from ui.widgets.rows import Detail, Parts, Rows

Record = Mapping[str, Any]
NAME = 18  # cells
MEANS = {
    "me": 'Who you are: names, addresses, handles. So "I" and "my" in questions, and "You" in a chat, mean you',
    "model": "The model that encodes and answers; another one encodes the memory anew, in the background",
    "device": "Where the model runs: auto, cpu, mps, cuda or cuda:N",
    "history": "off: what changes or disappears leaves memory. keep: earlier versions stay, for --as-of",
    "retrieval": "What ranks the documents: the model's routing (latent), exact words, or both",
    "idle_minutes": "The owner process leaves after so many idle minutes, unless folders are watched",
    "opener": "The command that opens a source, with {path}, {line} and {page}; empty: chosen by kind",
    "threads": "Threads of the model; 0 takes as many as there are cores",
    "text_limit_mb": "Text files larger than this are left alone (MB)",
    "pdf_limit_mb": "PDF files larger than this are left alone (MB)",
    "mail_limit_mb": "Mail archives larger than this are left alone (MB)",
    "theme": "The colours of this app",
    "keys": "Other keys for actions, as ID=KEY with the IDs that F1 shows: prompt.send=ctrl+j, prompt.newline=enter",
    "ignore": "Patterns of files to leave alone, as in .gitignore",
    "stable_seconds": "A watched file is read once it has not changed for so long",
    "rescan_minutes": "Watched folders are compared as a whole this often",
    "poll_seconds": "How often folders are looked at whose file system tells of no changes",
}


class Settings(Section):
    SECTION = "settings"
    AUTO_FOCUS = "#settings"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("a", "app.add", "Add a folder", id="settings.add"),
        Binding("x,delete", "stop_watching", "Stop watching", id="settings.stop_watching"),
        Binding("y", "copy", "Copy the file's path", show=False, id="settings.copy"),
        Binding("escape", "app.section('chat')", "Back", show=False, id="settings.back"),
    ]

    def body(self) -> ComposeResult:
        yield Rows(self._draw, lambda record: (record["kind"], record["name"]), empty="", id="settings")
        yield Detail(id="setting-detail")

    def on_screen_resume(self) -> None:
        super().on_screen_resume()
        self._list()

    def show_pulse(self) -> None:
        super().show_pulse()
        if {str(folder["path"]) for folder in self.twin.pulse.watching} != self._folders:
            self._list()

    @property
    def _folders(self) -> set[str]:
        return {str(record["name"]) for record in self.query_one(Rows).records if record["kind"] == "folder"}

    def _list(self) -> None:
        sourced = self.twin.sourced
        rows: list[Record] = []
        for key in settings.KEYS:
            value = getattr(sourced.settings, key)
            origin = sourced.origin[key]
            shown = settings.assignment(key, value).partition("= ")[2]
            if key == "theme" and not value:
                shown = f'"{theme.DEFAULT}"'
            source = "" if origin == "default" else "settings file" if origin == str(self._file) else origin
            rows.append({"kind": "setting", "name": key, "value": shown, "from": source})
        for folder in self.twin.pulse.watching:
            rows.append({"kind": "folder", "name": folder["path"], "value": folder["state"], "from": folder["mode"]})
        self.query_one(Rows).show(rows)

    @property
    def _file(self) -> Any:
        return self.twin.memory.client.locations.config_file

    def _draw(self, record: Record, width: int) -> Parts:
        origin = str(record["from"])
        if record["kind"] == "folder":
            room = max(10, width - NAME - len(str(record["value"])) - 3)
            path = wording.shorten(wording.tilde(str(record["name"])), room)
            tone = "success" if record["value"] == "watched" else "warning"
            return [("watched folder".ljust(NAME), "muted"), (path, "text"), (f"  {record['value']}", tone)]
        room = max(10, width - NAME - len(origin) - 2)
        value = wording.shorten(wording.one_line(str(record["value"])), room)
        gap = " " * max(2, room - wording.cell_len(value) + 2)
        tone = "text" if origin else "muted"
        return [(str(record["name"]).ljust(NAME), "accent"), (value, tone), (gap + origin, "muted")]

    @on(Rows.Moved, "#settings")
    def _detail(self, event: Rows.Moved) -> None:
        record = event.record
        if record is None:
            return
        if record["kind"] == "folder":
            lines = [
                [(wording.tilde(str(record["name"])), "strong")],
                [("x stops keeping it in memory; what is there stays", "muted")],
            ]
        else:
            lines = [[(MEANS.get(str(record["name"]), str(record["name"]).replace("_", " ")), "text")],
                     [(f"Enter changes it · {wording.tilde(str(self._file))}", "muted")]]  # fmt: skip
        self.query_one(Detail).show(*lines)

    @on(Rows.Chosen, "#settings")
    @work(group="setting")
    async def _change(self, event: Rows.Chosen) -> None:
        if event.record["kind"] == "folder":
            return
        key = str(event.record["name"])
        if key == "theme":
            self.twin.action_change_theme()
            return
        now = getattr(self.twin.sourced.settings, key)
        try:
            if key == "model":
                found = await self.twin.memory.call("model_list")
                names = [str(model["model"]) for model in found["models"]]
                answer = await self.app.push_screen_wait(Choose("Model", names, str(now)))
                if answer is None or answer == now:
                    return
                await self.twin.memory.call("model_use", {"name": answer})
            elif key in settings.CHOICES:
                answer = await self.app.push_screen_wait(Choose(key, settings.CHOICES[key], str(now)))
            else:
                text = ", ".join(now) if isinstance(now, tuple) else f"{now:g}" if isinstance(now, float) else str(now)
                answer = await self.app.push_screen_wait(Write(key, text, hint=MEANS.get(key, "")))
            if answer is not None:
                self.twin.change_setting(key, settings.parse(key, answer))
        except TwinError as error:
            self.twin.report(str(error))
        self._list()

    def action_stop_watching(self) -> None:
        record = self.query_one(Rows).record
        if record is not None and record["kind"] == "folder":
            self.twin.ask_to_watch(str(record["name"]))

    def action_copy(self) -> None:
        self.twin.copy(str(self._file), "the path of the settings' file")
