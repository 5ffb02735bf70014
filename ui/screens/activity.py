"""Activity: what memory is doing, how fast, what waits, what went wrong, and what happened last."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widgets import Static

from ui import wording
from ui.screens.base import Section
from ui.widgets.rows import Detail, Parts, Rows

Record = Mapping[str, Any]
LABEL = 10  # cells
BAR = 30  # cells, at most
EVENT_TONES = {"failed": "error", "removed": "warning", "ignored": "muted", "offline": "warning"}


class Activity(Section):
    SECTION = "activity"
    AUTO_FOCUS = "#events"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("e", "errors", "Errors only", id="activity.errors"),
        Binding("a", "app.add", "Add", id="activity.add"),
        Binding("y", "copy", "Copy line", show=False, id="activity.copy"),
        Binding("escape", "app.section('chat')", "Back", show=False, id="activity.back"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._errors_only = False

    def body(self) -> ComposeResult:
        yield Static(id="now", markup=False)
        yield Rows(self._draw, lambda record: (record["at"], record["path"]), empty="", id="events", live=True)
        yield Detail(id="event-detail")

    def show_pulse(self) -> None:
        super().show_pulse()
        pulse, width = self.twin.pulse, max(20, self.size.width - LABEL - 6)
        lines = [self._line("Now", [(wording.shorten(pulse.doing(), width), "text")])]
        if totals := pulse.totals:
            documents, encoded = int(totals["documents"]), int(totals["encoded"])
            share = encoded / documents if documents else 0.0
            filled = round(share * BAR)
            bar = [("━" * filled, "success"), ("━" * (BAR - filled), "muted")]
            lines.append(self._line("Encoded", [*bar, (f"  {encoded:,} of {documents:,} documents", "text")]))
            queue = pulse.now["queued"]
            files, unencoded = wording.count(queue["files"], "file"), wording.count(queue["documents"], "document")
            waiting = f"{files} to read, {unencoded} to encode"
            lines.append(self._line("Queue", [(waiting if pulse.queued else "empty", "text")]))
            held = f"{wording.count(totals['sources'], 'source')}, {totals['tokens']:,} tokens"
            lines.append(self._line("Memory", [(held, "text")]))
            failed = int(totals["failed"])
            lines.append(
                self._line(
                    "Failed",
                    [(f"✗ {wording.count(failed, 'source')}" if failed else "none", "error" if failed else "text")],
                )
            )
            if change := pulse.changing():
                lines.append(self._line("Model", [(wording.shorten(change[0], width), change[1])]))
            lines += self._watching(width)
        self.query_one("#now", Static).update(Content("\n").join(lines))
        self._list()

    def _watching(self, width: int) -> list[Content]:
        folders = self.twin.pulse.watching
        if not folders:
            return [
                self._line("Watching", [("no folder: press a to add one that is kept in memory from then on", "muted")])
            ]
        lines = []
        for number, folder in enumerate(folders[:4]):
            tone = "text" if folder["state"] == "watched" else "warning"
            remark = " · ".join(
                wording.one_line(str(part)) for part in (folder["state"], folder["mode"], folder["reason"]) if part
            )
            room = max(10, width - len(remark) - 3)
            path = wording.shorten(wording.tilde(str(folder["path"])), room)
            lines.append(
                self._line(
                    "" if number else "Watching",
                    [(path, "text"), (f" · {remark}", tone if tone != "text" else "muted")],
                )
            )
        if len(folders) > 4:
            lines.append(self._line("", [(f"and {len(folders) - 4} more: F9", "muted")]))
        return lines

    def _line(self, label: str, parts: list[tuple[str, str]]) -> Content:
        return Content.assemble(
            (label.ljust(LABEL), "$foreground-muted"), *((text, wording.style(tone)) for text, tone in parts)
        )

    def _list(self) -> None:
        pulse = self.twin.pulse
        errors = [
            {"at": "", "kind": "failed", "path": error["source"], "detail": error["reason"]}
            for error in pulse.now.get("errors", ())
        ]
        rows = errors if self._errors_only else [*errors, *(e for e in pulse.events if e["kind"] != "failed")]
        empty = "No source has failed." if self._errors_only else "Nothing has happened since memory was started."
        self.query_one("#events", Rows).show(rows, empty=empty)

    def _draw(self, record: Record, width: int) -> Parts:
        at = _clock(str(record["at"]))
        kind = str(record["kind"])
        detail = wording.one_line(str(record["detail"] or ""))
        symbol = "✗" if kind == "failed" else "·"
        left = f"{at:9}{symbol} {kind:<10}"
        room = max(8, (width - len(left)) // (2 if detail else 1) - 2)
        path = wording.shorten(wording.tilde(str(record["path"])), room)
        return [
            (f"{at:9}", "muted"),
            (f"{symbol} {kind:<10}", EVENT_TONES.get(kind, "accent")),
            (path, "text"),
            (f"  {detail}", "muted"),
        ]

    @on(Rows.Moved, "#events")
    def _detail(self, event: Rows.Moved) -> None:
        record = event.record
        lines = (
            [
                [(wording.tilde(str(record["path"])), "strong")],
                [(wording.one_line(str(record["detail"] or "")), "text")],
            ]
            if record
            else []
        )
        self.query_one(Detail).show(*lines)

    def action_errors(self) -> None:
        self._errors_only = not self._errors_only
        self._list()

    def action_copy(self) -> None:
        if (record := self.query_one("#events", Rows).record) is not None:
            self.twin.copy(f"{record['path']}: {record['detail']}", "the line")


def _clock(text: str) -> str:
    """The time of day of an ISO 8601 moment, here."""
    return f"{datetime.fromisoformat(text).astimezone():%H:%M:%S}" if text else ""
