"""What stands where no answer is yet: in an empty memory what to do first, else what can be asked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.message import Message
from textual.widgets import Button, Static

from ui import wording

MUTED, KEY = "$foreground-muted", "$accent"
GREETING = Content.assemble(
    ("Twin remembers what you have written down.", "bold"),
    "\n\n",
    "It reads the folders you point it at: notes, chats, mail, PDFs. Then ask in plain words; every answer shows "
    "the line, page or message it comes from. Nothing leaves this machine.",
)
HINT = Content.assemble(
    *(("Or at any time: ", MUTED), ("^o", KEY), (" adds a folder, ", MUTED), ("^p", KEY)),
    *((" lists every action, ", MUTED), ("F1", KEY), (" helps.", MUTED)),
)


def samples() -> Path | None:
    """The sample memory, where it is at hand: in the installed package, or beside it in the source tree."""
    places = (Path(__file__).parents[1] / place for place in ("samples", "../samples"))
    return next((place.resolve() for place in places if place.is_dir()), None)


class Welcome(Vertical):
    @dataclass
    class Wanted(Message):
        """`what` is "add" or "samples"."""

        what: str

    def __init__(self, *, has_samples: bool) -> None:
        super().__init__()
        self._has_samples = has_samples

    def compose(self) -> ComposeResult:
        yield Static(GREETING, markup=False)
        yield Button("Add a folder of mine", id="add", variant="primary")
        if self._has_samples:
            yield Button("Try it with a sample memory", id="samples")
            yield Static(
                Content("39 files of one invented life; x in the library forgets them again").stylize(
                    "$foreground-muted"
                ),
                markup=False,
            )
        yield Static(HINT, markup=False)

    def focus_first(self) -> None:
        """The keyboard's way into it, if it is still shown."""
        buttons = self.query(Button)
        if self.display and buttons:
            buttons.first().focus()

    @on(Button.Pressed)
    def _pressed(self, event: Button.Pressed) -> None:
        event.stop()
        self.post_message(self.Wanted(str(event.button.id)))


class Ready(Static):
    """The greeting of a memory that holds something: what can be asked, and of how much."""

    def __init__(self) -> None:
        super().__init__(markup=False)

    def show(self, totals: Mapping[str, Any], queue: Mapping[str, Any]) -> None:
        """`totals` and `queue` as in a snapshot of the owner's activity."""
        held = f"{wording.count(totals['documents'], 'document')} of {wording.count(totals['sources'], 'source')}"
        lines = [Content.assemble((held, "bold"), " to ask about.")]
        if queue["files"]:
            lines.append(Content(f"{wording.count(queue['files'], 'file')} more to read.").stylize(MUTED))
        if queue["documents"]:
            waiting = f"{queue['documents']:,} of them are found by their words only, until they are encoded."
            lines.append(Content(waiting).stylize(MUTED))
        for key, does in (("/", "finds exact words"), ("F6", "shows every source"), ("^o", "adds a folder")):
            lines.append(Content.assemble((f"{key:>3}", KEY), (f"  {does}", MUTED)))
        self.update(Content("\n").join([lines[0], Content(""), *lines[1:]]))
