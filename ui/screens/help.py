"""Help: every key that works where it was asked for, as it is bound at this moment."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen, Screen
from textual.widgets import Label, Static

from ui.actions import Action

KEYS, TITLES = 14, 32  # cells
SCREEN, FOCUS, EVERYWHERE = "This screen", "What has the focus", "Everywhere"
WORDS = (
    "Ask in plain words; every answer shows where it comes from. A digit opens the citation of that number, "
    "also from the empty prompt. Esc stops an answer, or leaves the prompt for the answers; Tab goes on to the "
    "next thing, the mouse works everywhere. Shift with the mouse selects text as the terminal does."
)


class Help(ModalScreen[None]):
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,f1,q", "dismiss", "Close", id="help.close"),
        Binding("j,down", "scroll(1)", show=False),
        Binding("k,up", "scroll(-1)", show=False),
    ]

    def __init__(self, actions: Sequence[Action]) -> None:
        super().__init__()
        self._actions = actions

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog tall"):
            yield Label("Help", classes="title", markup=False)
            with VerticalScroll(id="help"):
                yield Static(Content(WORDS), markup=False, classes="words")
                for title, actions in self._groups().items():
                    yield Label(title, classes="heading", markup=False)
                    yield Static(self._table(actions), markup=False)
            yield Label(
                "F9, keys: any key can be changed, by the names at the right",
                classes="hint",
                markup=False,
            )

    def _groups(self) -> dict[str, list[Action]]:
        found: dict[str, list[Action]] = {}
        for action in self._actions:
            node = action.node
            title = EVERYWHERE if isinstance(node, App) else SCREEN if isinstance(node, Screen) else FOCUS
            found.setdefault(title, []).append(action)
        return {title: found[title] for title in (SCREEN, FOCUS, EVERYWHERE) if title in found}

    def _table(self, actions: list[Action]) -> Content:
        """One line an action, with all its keys and the name it has in the settings."""
        lines = []
        for action in actions:
            name = (action.binding.id or "", "$foreground-disabled")
            lines.append(
                Content.assemble(
                    (f"{action.keys:<{KEYS - 1}} ", "bold $accent"), f"{action.title:<{TITLES - 1}} ", name
                )
            )
        return Content("\n").join(lines)

    def action_scroll(self, lines: int) -> None:
        self.query_one("#help", VerticalScroll).scroll_relative(y=lines, animate=False)
