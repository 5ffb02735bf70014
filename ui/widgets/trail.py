"""The hop trail of an answer: how it was looked for, unfolding while that goes on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from textual.binding import Binding, BindingType
from textual.content import Content
from textual.message import Message
from textual.reactive import reactive

from ui import wording
from ui.widgets.fitted import Fitted

Record = Mapping[str, Any]
WORKING = "◐◓◑◒"
TICK_S = 0.15


class Trail(Fitted, can_focus=True):
    """Open while work goes on, folded to one line afterwards."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter,space", "fold", "Fold or unfold the hops", show=False, id="trail.fold"),
    ]
    is_open = reactive(True, layout=True)

    @dataclass
    class Unfolded(Message):
        """The names of the documents it opened are wanted."""

        trail: Trail
        documents: list[str]

    def __init__(self, hops: list[Record], *, working: bool) -> None:
        super().__init__()
        self.hops = hops
        self.working = working
        self.set_reactive(Trail.is_open, working)
        self._places: dict[str, Record] = {}
        self._tick = 0

    def on_mount(self) -> None:
        self._timer = self.set_interval(TICK_S, self._turn, pause=not self.working)

    def _turn(self) -> None:
        self._tick += 1
        self.refresh()

    def add(self, hop: Record) -> None:
        self.hops = [*(earlier for earlier in self.hops if earlier["n"] < hop["n"]), hop]  # one may come twice
        self.refresh(layout=True)
        self._ask_for_names()

    def done(self, hops: list[Record]) -> None:
        """The work has ended: one line is enough now."""
        self.hops, self.working = hops, False
        self._timer.pause()
        self.is_open = False
        self.refresh(layout=True)

    def learn(self, places: Mapping[str, Record]) -> None:
        """What documents are called, by their ids."""
        self._places |= places
        self.refresh(layout=True)

    def on_click(self) -> None:
        self.action_fold()

    def action_fold(self) -> None:
        self.is_open = not self.is_open
        if self.is_open:
            self._ask_for_names()

    def _ask_for_names(self) -> None:
        wanted = [name for hop in self.hops for name in hop["opened"] if name not in self._places]
        if wanted:
            self.post_message(self.Unfolded(self, list(dict.fromkeys(wanted))))

    def lines(self, width: int) -> list[Content]:
        opened = len({name for hop in self.hops for name in hop["opened"]})
        summary = f"{wording.count(len(self.hops), 'hop')}, {wording.count(opened, 'document')} opened"
        if self.working:
            symbol = WORKING[self._tick % len(WORKING)]
            summary = f"{summary}, looking on" if self.hops else "looking through memory"
        else:
            symbol = "▾" if self.is_open else "▸"
        lines = [self._line([(f"{symbol} {summary}", "$foreground-muted")], width)]
        if self.is_open:
            for hop in self.hops:
                lines += self._hop(hop, width)
        return lines

    def _hop(self, hop: Record, width: int) -> list[Content]:
        reason = wording.one_line(str(hop.get("reason") or ""))
        head = [
            (f"  {hop['n']}  ", "$accent"),
            (f"ranked {len(hop['routed'])}, opened {len(hop['opened'])}", "$text"),
            (f" · {reason}" if reason else "", "$foreground-muted"),
        ]
        lines = [self._line(head, width)]
        for position, document in enumerate(hop["opened"]):
            branch = "└" if position == len(hop["opened"]) - 1 else "├"
            record = self._places.get(document)
            place = wording.place(record) if record else ""
            tail = f" · {place}" if place else ""
            name = wording.name_of(record) if record else document
            name = wording.shorten(name, max(12, width - 8 - len(tail)))
            lines.append(
                self._line(
                    [(f"     {branch} ", "$foreground-disabled"), (name, "$text"), (tail, "$foreground-muted")], width
                )
            )
        return lines

    def _line(self, parts: list[tuple[str, str]], width: int) -> Content:
        return Content.assemble(*parts).truncate(width, ellipsis=True)
