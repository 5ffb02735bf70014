"""Widgets whose lines are made for the width they get, so that long names lose their middle, not their end."""

from __future__ import annotations

from textual.content import Content
from textual.geometry import Size
from textual.reactive import reactive
from textual.widget import Widget

from ui import wording


class Fitted(Widget):
    """Subclasses say their lines for a width; each line must fit it."""

    DEFAULT_CSS = "Fitted { width: 1fr; height: auto; }"

    def lines(self, width: int) -> list[Content]:
        """What to show in `width` cells, line by line."""
        raise NotImplementedError

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        return len(self.lines(width))

    def render(self) -> Content:
        return Content("\n").join(self.lines(self.content_size.width))


class Shortened(Fitted):
    """One line of text."""

    text = reactive("")

    def __init__(self, text: str, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self.set_reactive(Shortened.text, text)

    def show(self, text: str) -> None:
        self.text = text

    def lines(self, width: int) -> list[Content]:
        return [Content(wording.shorten(self.text, width))]
