"""The library: every source with its state; filter, look, read again, watch, forget."""

from __future__ import annotations

import math
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import PurePath
from typing import Any, ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.events import Click
from textual.widgets import Input, Static

from twin_app.errors import TwinError
from twin_app.render import size
from ui import wording
from ui.pulse import AWAKE
from ui.screens.base import Section
from ui.widgets.rows import Detail, Parts, Rows

Record = Mapping[str, Any]
RELOAD_S = 1.0
EMPTY = "Nothing is in memory yet. Press a to add a folder or a file."


class Library(Section):
    SECTION = "library"
    AUTO_FOCUS = "#sources"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("slash", "filter", "Filter", id="library.filter"),
        Binding("f", "next_state", "State", tooltip="Show one state after the other", id="library.state"),
        Binding("a", "app.add", "Add", id="library.add"),
        Binding("w", "watch", "Watch", tooltip="Keep the folder in memory, or stop that", id="library.watch"),
        Binding("r", "read_again", "Read again", id="library.read"),
        Binding("x,delete", "forget", "Forget", id="library.forget"),
        Binding("y", "copy", "Copy path", show=False, id="library.copy"),
        Binding("escape", "leave", "Back", show=False, id="library.back"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._all: list[Record] = []
        self._base = ""  # the folder that all sources share
        self._state = ""  # "" shows every state
        self._seen: object = None
        self._not_before = 0.0

    def body(self) -> ComposeResult:
        yield Input(id="filter", placeholder="/  filter by words of path, kind or title", compact=True)
        yield Static(id="states", markup=False)
        yield Rows(self._draw, lambda record: record["source"], empty="reading…", id="sources")
        yield Detail(id="source-detail")

    def on_mount(self) -> None:
        super().on_mount()
        self.reload()

    def show_pulse(self) -> None:
        """Also reads the list again when memory has changed; a stopped owner is not started for that."""
        super().show_pulse()
        if not self.is_current or self.twin.pulse.phase != AWAKE or time.monotonic() < self._not_before:
            return
        now = (self.twin.pulse.totals, self.twin.pulse.queued, self.twin.pulse.now.get("current"))
        if now != self._seen:
            self._seen = now
            self.reload()

    @work(exclusive=True, group="sources")
    async def reload(self) -> None:
        began = time.monotonic()
        self._not_before = math.inf  # or the next snapshot would cancel this, and the one after it that one
        try:
            self._all = list(await self.twin.memory.items("sources"))
        except TwinError as error:
            self.query_one("#sources", Rows).show([], empty=f"✗ {error}")
            return
        finally:
            took = time.monotonic() - began
            self._not_before = began + max(RELOAD_S, 10 * took)  # a large library is not read over and over again
        self._base = wording.shared_folder([record["source"] for record in self._all])
        self._apply()

    @on(Input.Changed, "#filter")
    def _apply(self) -> None:
        words = self.query_one("#filter", Input).value.lower().split()
        found = [record for record in self._all if all(word in _searched(record) for word in words)]
        counts = Counter(str(record["state"]) for record in found)
        if self._state:
            found = [record for record in found if record["state"] == self._state]
        self._show_states(counts)
        empty = EMPTY if not self._all else "No source is like that. Esc shows all of them."
        self.query_one("#sources", Rows).show(found, empty=empty)

    def _show_states(self, counts: Mapping[str, int]) -> None:
        parts: list[tuple[str, str]] = [
            (f"all {sum(counts.values()):,}", "bold" if not self._state else "$foreground-muted")
        ]
        for state, (symbol, tone) in wording.SOURCE_STATES.items():
            if counts.get(state) or state == self._state:
                style = "bold" if state == self._state else "$foreground-muted"
                parts += [
                    ("   ", ""),
                    (f"{symbol} ", wording.style(tone)),
                    (f"{state} {counts.get(state, 0):,}", style),
                ]
        if self._base:
            parts += [
                ("   in ", "$foreground-muted"),
                (wording.shorten(wording.tilde(self._base), 40), "$foreground-muted"),
            ]
        self.query_one("#states", Static).update(Content.assemble(*parts))

    def _draw(self, record: Record, width: int) -> Parts:
        symbol, tone = wording.SOURCE_STATES.get(str(record["state"]), ("?", "muted"))
        documents = f"{record['documents']:,}" if record["documents"] else ""
        left = f"{symbol} {record['state']:<9} {record['kind'] or '':<9}"
        room = max(8, width - len(left) - 7)
        path = wording.shown_path(str(record["source"]).removeprefix(self._base))
        name = wording.shorten(path, room)
        folder, slash, file = name.rpartition("/")
        gap = " " * max(0, room - wording.cell_len(name))
        return [
            (f"{symbol} {record['state']:<9} ", tone), (f"{record['kind'] or '':<9}", "muted"),
            (folder + slash, "muted"), (file, "text"), (f"{gap}{documents:>6}", "muted"),
        ]  # fmt: skip

    @on(Rows.Moved, "#sources")
    def _detail(self, event: Rows.Moved) -> None:
        record, detail = event.record, self.query_one(Detail)
        if record is None:
            detail.show([("", "text")])
            return
        facts = [str(record["kind"] or "unknown kind"), size(record.get("bytes") or 0)]
        facts += [wording.count(record["documents"], "document")]
        if record["documents"] and record.get("encoded", 0) < record["documents"]:
            facts.append(f"{record['encoded']:,} of them encoded")
        path = wording.shorten(wording.tilde(str(record["source"])), max(20, self.size.width - 6))
        lines: list[Sequence[tuple[str, str]]] = [[(path, "strong")], [(" · ".join(facts), "muted")]]
        if reason := wording.one_line(str(record.get("reason") or "")):
            _, tone = wording.SOURCE_STATES.get(str(record["state"]), ("", "muted"))
            lines.append([(reason, tone)])
        elif title := wording.one_line(str(record.get("title") or "")):
            lines.append([(title, "text")])
        detail.show(*lines)

    @property
    def record(self) -> Record | None:
        return self.query_one("#sources", Rows).record

    @on(Rows.Chosen, "#sources")
    def _open(self, event: Rows.Chosen) -> None:
        from ui.screens.viewer import Viewer

        if event.record["documents"]:
            self.app.push_screen(Viewer([event.record]))
        else:
            reason = wording.one_line(str(event.record.get("reason") or "it has not been read yet"))
            self.notify(f"nothing of it is in memory: {reason}", timeout=4, markup=False)

    @on(Input.Submitted, "#filter")
    def _to_list(self) -> None:
        self.query_one("#sources").focus()

    def action_filter(self) -> None:
        self.query_one("#filter").focus()

    def action_leave(self) -> None:
        """From the filter to the list, then all sources again, then the chat."""
        filter = self.query_one("#filter", Input)
        if filter.has_focus:
            self.query_one("#sources").focus()
        elif filter.value or self._state:
            self._state = ""
            filter.value = ""
            self._apply()
        else:
            self.twin.action_section("chat")

    @on(Click, "#states")
    def action_next_state(self) -> None:
        there = {str(record["state"]) for record in self._all}
        states = ["", *(state for state in wording.SOURCE_STATES if state in there)]
        self._state = states[(states.index(self._state) + 1) % len(states)] if self._state in states else ""
        self._apply()

    def action_copy(self) -> None:
        if self.record is not None:
            self.twin.copy(str(self.record["source"]), "the path")

    def action_read_again(self) -> None:
        if self.record is not None:
            self.twin.add(str(self.record["source"]), watch=False, again=True)

    def action_watch(self) -> None:
        if self.record is not None:
            self.twin.ask_to_watch(str(PurePath(str(self.record["source"])).parent))

    def action_forget(self) -> None:
        if self.record is not None:
            from ui.screens.forget import Forget

            self.app.push_screen(Forget([str(self.record["source"])]), self._forgotten)

    def _forgotten(self, done: bool | None) -> None:
        if done:
            self.reload()


def _searched(record: Record) -> str:
    return " ".join(str(record.get(key) or "") for key in ("source", "kind", "title", "state")).lower()
