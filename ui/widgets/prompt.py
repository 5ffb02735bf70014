"""Where questions are written: Enter sends, the arrows bring back earlier ones, a digit opens a citation."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.events import Key
from textual.message import Message
from textual.widgets import TextArea

HISTORY = 200  # questions


class Prompt(TextArea):
    """Grows with its text up to the height that the style sheet allows."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "send", "Send", priority=True, id="prompt.send"),
        Binding("ctrl+j,shift+enter,alt+enter", "newline", "New line", priority=True, id="prompt.newline"),
        Binding("f4", "edit", "Edit in $EDITOR", show=False, id="prompt.edit"),
        Binding("up", "earlier", "Earlier question", show=False, id="prompt.earlier"),
        Binding("down", "later", "Later question", show=False, id="prompt.later"),
    ]

    @dataclass
    class Sent(Message):
        text: str

    @dataclass
    class Shortcut(Message):
        """A digit or `/` typed into the empty prompt."""

        key: str

    class Edited(Message):
        """The person wants their editor for the text."""

    def __init__(self, id: str) -> None:
        super().__init__(
            id=id, soft_wrap=True, show_line_numbers=False, highlight_cursor_line=False, placeholder="Ask your memory"
        )
        self.shortcuts = "/"  # characters that mean something else while the prompt is empty
        self._history: list[str] = []
        self._back = 0  # how many questions before the newest one is shown; 0 is what is being written
        self._draft = ""

    def remember(self, questions: Iterable[str]) -> None:
        """Questions asked before, oldest first; they come before those of this run."""
        known = dict.fromkeys([*questions, *self._history])
        self._history = list(known)[-HISTORY:]

    def action_send(self) -> None:
        text = self.text.strip()
        if not text:
            return
        self._history = [*(question for question in self._history if question != text), text][-HISTORY:]
        self._back, self._draft = 0, ""
        self.clear()
        self.post_message(self.Sent(text))

    def action_newline(self) -> None:
        self.insert("\n")

    def action_edit(self) -> None:
        self.post_message(self.Edited())

    def action_earlier(self) -> None:
        """In the first line: the question before; elsewhere a line up."""
        if (
            self.get_cursor_up_location() != self.cursor_location
            and self.wrapped_document.location_to_offset(self.cursor_location).y
        ):
            self.action_cursor_up()
        elif self._back < len(self._history):
            self._show(self._back + 1)

    def action_later(self) -> None:
        below = self.wrapped_document.location_to_offset(self.cursor_location).y + 1
        if below < self.wrapped_document.height:
            self.action_cursor_down()
        elif self._back:
            self._show(self._back - 1)

    def _show(self, back: int) -> None:
        if self._back == 0:
            self._draft = self.text
        self._back = back
        self.text = self._history[-back] if back else self._draft
        self.move_cursor(self.document.end)

    async def _on_key(self, event: Key) -> None:
        if not self.text and event.character and event.character in self.shortcuts:
            event.stop()
            event.prevent_default()
            self.post_message(self.Shortcut(event.character))
