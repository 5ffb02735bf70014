"""Forgetting: what would go, a last question, then the receipt and the proof that nothing of it can be reached."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, cast

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Button, Label, Static

from twin_app.errors import TwinError
from ui import wording

if TYPE_CHECKING:
    from ui.app import TwinApp

SHOWN = 8  # paths of a preview


class Forget(ModalScreen[bool]):
    """Gives True when something was forgotten."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "forget", "Forget for good", id="forget.yes"),
        Binding("s", "save", "Save the receipt", id="forget.save"),
        Binding("escape,n", "leave", "Close", id="forget.no"),
        Binding("left,right", "app.focus_next", show=False),
    ]

    def __init__(self, paths: Sequence[str]) -> None:
        super().__init__()
        self._paths = list(paths)
        self._receipt: Mapping[str, Any] | None = None
        self._asked = False  # the preview was shown, so a yes is a yes to something

    @property
    def twin(self) -> TwinApp:
        return cast("TwinApp", self.app)

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog"):
            yield Label("Forget", classes="title", markup=False)
            yield Static("looking what would go…", id="words", classes="words", markup=False)
            with Horizontal(classes="buttons"):
                yield Button("Cancel  n", id="no")
                yield Button("Forget for good  y", id="yes", variant="error", disabled=True)
                yield Button("Save receipt  s", id="save", classes="hidden")

    def on_mount(self) -> None:
        self.preview()

    def _say(self, *lines: tuple[str, str]) -> None:
        content = [Content.assemble((text, wording.style(tone))) for text, tone in lines]
        self.query_one("#words", Static).update(Content("\n").join(content))

    @work(exclusive=True)
    async def preview(self) -> None:
        try:
            found = await self.twin.memory.call("forget", {"paths": self._paths, "confirm": False})
        except TwinError as error:
            self._say((f"✗ {error}", "error"))
            return
        paths = [wording.tilde(str(path)) for path in found["paths"]]
        width = max(20, self.query_one("#words").content_size.width)
        lines = [(wording.shorten(path, width), "text") for path in paths[:SHOWN]]
        if len(paths) > SHOWN:
            lines.append((f"and {len(paths) - SHOWN:,} more", "muted"))
        what = f"{wording.count(found['documents'], 'document')} of {wording.count(found['sources'], 'source')}"
        copies = [wording.tilde(str(path)) for path in found.get("copies", ())]
        stay = f"the same words stand elsewhere too, and stay there: {', '.join(copies[:3])}"
        self._say(
            *lines, ("", "text"),
            (f"{what} leave memory: text, tensors, index entries, and the passages of saved answers that came "
             "from them. The files stay where they are, and are not read again until `twin add --again`.", "text"),
            *([(f"! {stay}", "warning")] if copies else []),
        )  # fmt: skip
        self._asked = True
        self.query_one("#yes", Button).disabled = False

    def on_button_pressed(self, event: Button.Pressed) -> None:
        {"yes": self.action_forget, "no": self.action_leave, "save": self.action_save}[str(event.button.id)]()

    def action_forget(self) -> None:
        if self._asked and self._receipt is None:
            self._asked = False
            self.forget()

    @work(exclusive=True)
    async def forget(self) -> None:
        self.query_one("#yes", Button).disabled = True
        self._say(("forgetting, and rewriting the storage that held it…", "muted"))
        try:
            receipt = await self.twin.memory.call("forget", {"paths": self._paths, "confirm": True})
            self._receipt = receipt
            self._say(*_summary(receipt), ("", "text"), ("checking that nothing of it can be reached…", "muted"))
            checked = await self.twin.memory.call("verify", {"forgotten": receipt})
        except TwinError as error:
            self._say((f"✗ {error}", "error"))
            return
        problems = [wording.one_line(str(problem)) for problem in checked["problems"]]
        outcome = [(f"✗ {problem}", "error") for problem in problems] or [
            ("✓ checked: nothing of it can be reached any more", "success")
        ]
        self._say(*_summary(receipt), ("", "text"), *outcome)
        self.query_one("#yes").add_class("hidden")
        self.query_one("#save").remove_class("hidden")
        self.query_one("#no", Button).label = "Close  esc"
        self.query_one("#save").focus()

    def action_save(self) -> None:
        """The receipt as `twin verify --forgotten` reads it, readable by nobody else."""
        if self._receipt is None:
            return
        name = f"receipt-{datetime.now().astimezone():%Y-%m-%d-%H%M%S}.json"
        folder = self.twin.memory.client.locations.data / "receipts"
        try:
            folder.mkdir(mode=0o700, exist_ok=True)
            descriptor = os.open(folder / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                file.write(json.dumps(self._receipt, indent=1) + "\n")
        except OSError as error:
            self.twin.report(f"cannot write {folder / name}: {error.strerror}")
            return
        self.notify(f"saved as {Path(folder / name)}", timeout=6, markup=False)

    def action_leave(self) -> None:
        self.dismiss(self._receipt is not None)


def _summary(receipt: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What a receipt says, one thing a line."""
    gone = (
        f"{wording.count(int(receipt['documents']), 'document')} of {wording.count(int(receipt['sources']), 'source')}"
    )
    lines = [(f"forgot {gone}", "strong")]
    if answers := int(receipt.get("answers", 0)):
        lines.append((f"emptied {wording.count(answers, 'answer')} made from it; your own questions stay", "text"))
    if copies := int(receipt.get("still_in", 0)):
        lines.append(
            (f"the same words stand in {wording.count(copies, 'document')} of other sources, which stay", "warning")
        )
    lines.append((f"receipt of {wording.moment(str(receipt['at']))} UTC", "muted"))
    return lines
