"""Adding a folder or file: the path with completion, what would be read, then once or from now on."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, cast

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Button, Input, Label, Static

from twin_app.errors import TwinError
from twin_app.render import duration, size
from ui import wording
from ui.paths import common_start, completions, is_there, typed_path
from ui.widgets.rows import Parts, Rows

if TYPE_CHECKING:
    from ui.app import TwinApp

PAUSE_S = 0.4  # of typing, before the owner looks what would be read


@dataclass(frozen=True)
class Addition:
    path: str
    watch: bool


class PathInput(Input):
    """Tab completes, the arrows choose among the completions."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("tab", "complete", "Complete", priority=True, id="add.complete"),
        Binding("down", "choose(1)", show=False, id="add.next"),
        Binding("up", "choose(-1)", show=False, id="add.previous"),
    ]

    def action_complete(self) -> None:
        cast("Add", self.screen).complete()

    def action_choose(self, step: int) -> None:
        cast("Add", self.screen).query_one(Rows).action_move(step)


class Add(ModalScreen[Addition]):
    AUTO_FOCUS = "#path-input"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "Cancel", id="add.cancel"),
        Binding("ctrl+r", "once", "Read once", priority=True, id="add.once"),
    ]

    def __init__(self, path: str = "~/") -> None:
        super().__init__()
        self._start = path

    @property
    def twin(self) -> TwinApp:
        return cast("TwinApp", self.app)

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog tall"):
            yield Label("Add a folder or a file", classes="title", markup=False)
            yield PathInput(self._start, id="path-input", select_on_focus=False)
            yield Rows(
                self._draw, lambda record: record["text"], empty="Nothing there begins like that.", id="completions"
            )
            yield Static(id="plan", markup=False)
            with Horizontal(classes="buttons"):
                yield Button("Keep in memory  ⏎", id="watch", variant="primary")
                yield Button("Read once  ^r", id="once")
                yield Button("Cancel  esc", id="cancel")
            yield Label(
                "Tab completes. What is kept is read again when it changes",
                classes="hint",
                markup=False,
            )

    @property
    def typed(self) -> str:
        return self.query_one(PathInput).value

    @on(Input.Changed, "#path-input")
    def _changed(self) -> None:
        self.look()

    @work(exclusive=True, group="look")
    async def look(self) -> None:
        """Completions at once; what would be read after a pause."""
        typed = self.typed
        entries = await asyncio.to_thread(completions, typed)
        rows = self.query_one(Rows)
        rows.show([{"text": entry.text, "folder": entry.is_folder} for entry in entries])
        plan = self.query_one("#plan", Static)
        plan.update("")
        if not typed.strip():
            return
        try:
            path = typed_path(typed)
            if path in (typed_path("~"), Path("/")) or not await asyncio.to_thread(is_there, path):
                return
            await asyncio.sleep(PAUSE_S)
            plan.update(Content("looking what would be read…").stylize("$foreground-muted"))
            found = await self.twin.memory.call("add", {"paths": [str(path)], "dry_run": True})
        except TwinError as error:
            plan.update(Content(f"✗ {wording.one_line(str(error))}").stylize("$text-error"))
            return
        plan.update(self._plan(found))

    def _plan(self, found: Mapping[str, Any]) -> Content:
        files = len(found["would_read"])
        ignored, failed = len(found["ignored"]), len(found["failed"])
        forgotten = wording.forgotten(found["ignored"])
        if not files:
            words = f"nothing new to read; {found['unchanged']:,} unchanged, {ignored:,} ignored{forgotten}"
            return Content(words).stylize("$foreground-muted")
        text = (
            f"{wording.count(files, 'file')} to read, {size(found['bytes'])}, about {found['tokens']:,} tokens, "
            f"{duration(found['minutes'] * 60)}"
        )
        rest = f"; {found['unchanged']:,} unchanged, {ignored:,} ignored, {failed:,} unreadable{forgotten}"
        return Content.assemble((text, "$text"), (rest, "$foreground-muted"))

    def _draw(self, record: Mapping[str, Any], width: int) -> Parts:
        text = wording.shorten(wording.shown_path(str(record["text"])), width)
        return [(text, "accent" if record["folder"] else "text")]

    def complete(self) -> None:
        """As far as the completions agree; where they agree no further, the one at the cursor."""
        rows, path = self.query_one(Rows), self.query_one(PathInput)
        if rows.record is None:
            self.focus_next()
            return
        common = common_start(completions(self.typed))
        path.value = common if len(common) > len(self.typed) else str(rows.record["text"])
        path.cursor_position = len(path.value)

    @on(Rows.Chosen)
    def _chosen(self, event: Rows.Chosen) -> None:
        path = self.query_one(PathInput)
        path.value = str(event.record["text"])
        path.cursor_position = len(path.value)
        path.focus()

    @on(Input.Submitted)
    def _submitted(self) -> None:
        self._go(watch=True)

    @on(Button.Pressed)
    def _pressed(self, event: Button.Pressed) -> None:
        if event.button.id == "cancel":
            self.dismiss(None)
        else:
            self._go(watch=event.button.id == "watch")

    def _go(self, *, watch: bool) -> None:
        try:
            path = typed_path(self.typed)
            if not is_there(path):
                raise TwinError(f"there is no file or folder {self.typed.strip()}")
        except TwinError as error:
            self.twin.report(str(error), title="Nothing to add")
        else:
            self.dismiss(Addition(str(path), watch))

    def action_once(self) -> None:
        self._go(watch=False)

    def action_leave(self) -> None:
        self.dismiss(None)
