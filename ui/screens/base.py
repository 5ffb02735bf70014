"""What every section of the app has: the line at the top, its body, and the keys at the bottom."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, cast

from textual.app import ComposeResult
from textual.screen import Screen
from textual.widgets import Footer

from ui.widgets.topbar import TopBar

if TYPE_CHECKING:
    from ui.app import TwinApp


class Section(Screen[None]):
    """A base screen of one of the app's modes."""

    SECTION: ClassVar[str]

    @property
    def twin(self) -> TwinApp:
        return cast("TwinApp", self.app)

    def compose(self) -> ComposeResult:
        yield TopBar(self.SECTION)
        yield from self.body()
        yield Footer(show_command_palette=False, compact=True)

    def body(self) -> ComposeResult:
        """The widgets between the top line and the keys."""
        raise NotImplementedError

    def on_mount(self) -> None:
        self.show_pulse()

    def on_screen_resume(self) -> None:
        self.show_pulse()

    def show_pulse(self) -> None:
        """How memory is, in the line at the top."""
        for bar in self.query(TopBar).results(TopBar):  # none while the screen is being composed
            bar.show(*self.twin.pulse.short())
