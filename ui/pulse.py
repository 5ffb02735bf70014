"""How memory is at this moment, as the owner last said it, and in a few words; knows nothing of widgets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from twin_app.render import duration
from ui import wording

STARTING, AWAKE, ASLEEP, TROUBLE = "starting", "awake", "asleep", "trouble"
KEPT = 200  # events
Record = Mapping[str, Any]


@dataclass(frozen=True)
class Pulse:
    """`phase` is about the owner process; `now` is a snapshot of its `activity`, {} while nothing is known."""

    phase: str = STARTING
    now: Record = field(default_factory=dict)
    events: Sequence[Record] = ()  # what happened, newest first

    def heard(self, snapshot: Record) -> Pulse:
        """After another snapshot, which brings only what happened since the last one."""
        new = list(reversed(snapshot.get("events", ())))
        return Pulse(AWAKE, snapshot, (*new, *self.events)[:KEPT])

    def fallen(self, phase: str) -> Pulse:
        return Pulse(phase, self.now, self.events)

    @property
    def totals(self) -> Record:
        found: Record = self.now.get("totals", {})
        return found

    @property
    def queued(self) -> int:
        """Files to read and documents to encode."""
        queue = self.now.get("queued", {})
        return int(queue.get("files", 0)) + int(queue.get("documents", 0))

    @property
    def watching(self) -> list[Record]:
        return list(self.now.get("watching", ()))

    def changing(self) -> tuple[str, str] | None:
        """The change to another model while it goes on, in a line and its tone."""
        found = self.now.get("changing")
        if not found:
            return None
        if found["trouble"]:
            return f"{found['model']} cannot be loaded: {wording.one_line(str(found['trouble']))}", "error"
        left = f" · {duration(float(found['eta_s']))} left" if found["eta_s"] else ""
        done = f"{found['encoded']:,} of {found['documents']:,} documents encoded"
        return f"to {found['model']}: {done}{left}; the old one answers until then", "text"

    @property
    def is_empty(self) -> bool:
        """Whether memory is known to hold nothing, and to be about to read nothing."""
        return bool(self.now) and not (self.totals.get("sources") or self.queued or self.watching)

    def short(self) -> tuple[str, str]:
        """A symbol with a word or two, and a tone."""
        if self.phase == ASLEEP:
            return "○ stopped", "warning"
        if self.phase == TROUBLE:
            return "✗ no memory", "error"
        if self.phase == STARTING or not self.now:
            return "◌ starting", "muted"
        if self.queued:
            return f"◐ {wording.brief(self.queued)} queued", "primary"
        if self.is_empty:
            return "○ empty", "muted"
        return f"● {wording.brief(self.totals['documents'])} docs", "success"

    def doing(self) -> str:
        """What goes on, in a line: `encoding 120 documents · 8,120 tokens/s · 8 s left`."""
        if self.phase == ASLEEP:
            return "the memory's owner process is stopped; it starts again with whatever you do next"
        if self.phase == TROUBLE:
            return "memory cannot be reached; whatever you do next tries again"
        if self.phase == STARTING:
            return "starting the memory's owner process…"
        current, parts = self.now.get("current"), list[str]()
        if current:
            path = wording.tilde(str(current.get("path") or ""))
            percent = f" {current['percent']} %" if current.get("percent") is not None else ""
            parts.append(
                " ".join(part for part in (f"{current['phase']}{percent}", path, current.get("detail") or "") if part)
            )
        elif self.queued:
            parts.append("waiting for its turn")
        elif moving := self.now.get("moving"):
            parts.append(f"waiting until {wording.count(moving, 'file')} no longer change")
        else:
            parts.append("nothing to do: everything is in memory")
        if rate := self.now.get("tokens_per_s"):
            parts.append(f"{rate:,} tokens/s")
        if self.now.get("seconds_left"):
            parts.append(f"{duration(float(self.now['seconds_left']))} left")
        return " · ".join(parts)
