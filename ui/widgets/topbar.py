"""The line at the top: the app's sections, and how memory is."""

from __future__ import annotations

from dataclasses import dataclass

from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.content import Content
from textual.message import Message
from textual.widgets import Static

from ui import wording

SECTIONS = {
    "chat": ("F5", "Chat"),
    "library": ("F6", "Library"),
    "conversations": ("F7", "Conversations"),
    "activity": ("F8", "Activity"),
    "settings": ("F9", "Settings"),
}


class Section(Static):
    """The way to one section, by a click."""

    def __init__(self, name: str, *, current: bool) -> None:
        key, title = SECTIONS[name]
        text = Content.assemble(
            (key, "$foreground-disabled"), " ", (title, "bold $accent" if current else "$foreground-muted")
        )
        super().__init__(text, id=f"to-{name}", classes="section", markup=False)
        self.section = name

    @dataclass
    class Chosen(Message):
        section: str

    def on_click(self) -> None:
        self.post_message(self.Chosen(self.section))


class TopBar(Horizontal):
    def __init__(self, current: str) -> None:
        super().__init__()
        self._current = current
        self._pulse = Static(id="pulse", markup=False)

    def compose(self) -> ComposeResult:
        for name in SECTIONS:
            yield Section(name, current=name == self._current)
        yield self._pulse

    def show(self, words: str, tone: str) -> None:
        """How memory is, in a word or two."""
        self._pulse.update(Content.assemble((words, wording.style(tone))))
