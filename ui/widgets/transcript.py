"""The answers of a conversation: follows an answer while it grows, unless the reader has scrolled away."""

from __future__ import annotations

from textual.containers import VerticalScroll

from ui.widgets.turn import Turn


class Transcript(VerticalScroll, can_focus=False):
    """Not `Widget.anchor`: that scrolls content shorter than the screen out of its place (Textual 8.2)."""

    def __init__(self, id: str) -> None:
        super().__init__(id=id)
        self._followed: Turn | None = None

    def on_mount(self) -> None:
        self.watch(self, "virtual_size", self._grown, init=False)

    def follow(self, turn: Turn) -> None:
        """Keep the end of this answer in sight; where it fits, with its question."""
        self._followed = turn
        self.call_after_refresh(self._go_on)

    def _grown(self) -> None:
        self.call_after_refresh(self._go_on)

    def _go_on(self) -> None:
        turn = self._followed
        if turn is None or not turn.is_attached:
            return
        top = turn.virtual_region.y
        end = top + turn.said_height - self.size.height
        target = min(self.max_scroll_y, max(top, end))
        self.scroll_to(y=target, animate=False, immediate=True)
        if turn.result is not None:
            self._followed = None

    def leave(self) -> None:
        """Whoever scrolls reads: nothing moves by itself any more, until the next question."""
        self._followed = None

    def on_mouse_scroll_up(self) -> None:
        self.leave()

    def on_scroll_up(self) -> None:  # a click above the scrollbar's thumb
        self.leave()

    def on_scroll_to(self) -> None:  # the thumb was dragged
        self.leave()
