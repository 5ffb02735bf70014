"""Small questions over a screen: yes or no, a line of text, one of several."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, TypeVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Button, Input, Label, OptionList, Static
from textual.widgets.option_list import Option

from ui import wording

Answer = TypeVar("Answer")


class Dialog(ModalScreen[Answer]):
    """A box in the middle; Esc leaves it without an answer."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "leave", "Cancel", id="dialog.cancel")]

    def __init__(self, title: str) -> None:
        super().__init__()
        self._title = title

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog"):
            yield Label(self._title, classes="title", markup=False)
            yield from self.body()

    def body(self) -> ComposeResult:
        raise NotImplementedError

    def action_leave(self) -> None:
        self.dismiss(None)


class Confirm(Dialog[bool]):
    """Whether to do `act`, after reading `words`; the safe button has the focus."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "answer(True)", "Yes", id="dialog.yes"),
        Binding("n", "answer(False)", "No", id="dialog.no"),
        Binding("left,right", "app.focus_next", show=False),
    ]

    def __init__(self, title: str, words: str, act: str, *, dangerous: bool = False) -> None:
        super().__init__(title)
        self._words, self._act, self._dangerous = words, act, dangerous

    def body(self) -> ComposeResult:
        yield Static(Content(wording.clean(self._words)), classes="words", markup=False)
        with Horizontal(classes="buttons"):
            yield Button("Cancel  n", id="no")
            yield Button(f"{self._act}  y", id="yes", variant="error" if self._dangerous else "primary")

    @on(Button.Pressed)
    def _pressed(self, event: Button.Pressed) -> None:
        self.action_answer(event.button.id == "yes")

    def action_answer(self, yes: bool) -> None:
        self.dismiss(yes)


class Write(Dialog[str]):
    """A line of text."""

    def __init__(self, title: str, value: str, *, hint: str = "") -> None:
        super().__init__(title)
        self._value, self._hint = value, hint

    def body(self) -> ComposeResult:
        yield Input(self._value, select_on_focus=False)
        yield Label(self._hint or "Enter keeps it, Esc leaves it as it was", classes="hint", markup=False)

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        self.dismiss(event.value)


class Choose(Dialog[str]):
    """One of several words."""

    def __init__(self, title: str, options: Sequence[str], current: str) -> None:
        super().__init__(title)
        self._options, self._current = list(options), current

    def body(self) -> ComposeResult:
        marks = ((name, "● " if name == self._current else "  ") for name in self._options)
        choices = OptionList(*(Option(Content(mark + wording.one_line(name))) for name, mark in marks), markup=False)
        if self._current in self._options:
            choices.highlighted = self._options.index(self._current)
        yield choices

    @on(OptionList.OptionSelected)
    def _selected(self, event: OptionList.OptionSelected) -> None:
        self.dismiss(self._options[event.option_index])
