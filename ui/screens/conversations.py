"""Conversations: what was asked and answered before; find, open, rename, export, delete."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import Input

from twin_app.errors import TwinError
from ui import wording
from ui.paths import typed_path
from ui.screens.base import Section
from ui.screens.dialogs import Confirm, Write
from ui.widgets.rows import Detail, Parts, Rows

Record = Mapping[str, Any]
EMPTY = "No conversation yet. F5 goes to the chat; what you ask there is kept here."
WHEN = 18  # cells


class Conversations(Section):
    SECTION = "conversations"
    AUTO_FOCUS = "#conversations"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("slash", "search", "Search", id="conversations.search"),
        Binding("n", "app.new_conversation", "New", id="conversations.new"),
        Binding("r,f2", "rename", "Rename", id="conversations.rename"),
        Binding("e", "export('md')", "Export", tooltip="Export as Markdown", id="conversations.export"),
        Binding("E", "export('json')", "as JSON", tooltip="Export as JSON", id="conversations.export_json"),
        Binding("d,delete", "delete", "Delete", id="conversations.delete"),
        Binding("escape", "leave", "Back", show=False, id="conversations.back"),
    ]

    def body(self) -> ComposeResult:
        yield Input(id="search", placeholder="/  search in questions and answers", compact=True)
        yield Rows(self._draw, lambda record: record["conversation"], empty="reading…", id="conversations")
        yield Detail(id="conversation-detail")

    def on_screen_resume(self) -> None:
        super().on_screen_resume()
        self.reload()

    @on(Input.Changed, "#search")
    def _search(self) -> None:
        self.reload()

    @work(exclusive=True, group="conversations")
    async def reload(self) -> None:
        query = self.query_one("#search", Input).value.strip()
        rows = self.query_one("#conversations", Rows)
        try:
            found = await self.twin.memory.call("conversations", {"query": query})
        except TwinError as error:
            rows.show([], empty=f"✗ {error}")
            return
        rows.show(found["conversations"], empty="No conversation has these words." if query else EMPTY)

    def _draw(self, record: Record, width: int) -> Parts:
        answers = wording.count(record["answers"], "answer")
        when = wording.moment(str(record["last"]))
        lost = "! " if record.get("lost") else "  "
        room = max(10, width - WHEN - 14)
        title = wording.shorten(wording.one_line(str(record["title"])), room)
        gap = " " * (room - wording.cell_len(title))
        return [(lost, "warning"), (title + gap, "text"), (f"{answers:>12}", "muted"), (f"{when:>{WHEN}}", "muted")]

    @on(Rows.Moved, "#conversations")
    def _detail(self, event: Rows.Moved) -> None:
        record = event.record
        if record is None:
            self.query_one(Detail).show([("", "text")])
            return
        lost = record.get("lost") or 0
        remark = (
            [(f"! {wording.count(int(lost), 'answer')} lost a source since", "warning")] if lost else [("", "text")]
        )
        self.query_one(Detail).show([(wording.one_line(str(record["title"])), "strong")], remark)

    @property
    def record(self) -> Record | None:
        return self.query_one("#conversations", Rows).record

    @on(Rows.Chosen, "#conversations")
    def _open(self, event: Rows.Chosen) -> None:
        self.twin.open_conversation(int(event.record["conversation"]))

    @on(Input.Submitted, "#search")
    def _to_list(self) -> None:
        self.query_one("#conversations").focus()

    def action_search(self) -> None:
        self.query_one("#search").focus()

    def action_leave(self) -> None:
        search = self.query_one("#search", Input)
        if search.has_focus:
            self.query_one("#conversations").focus()
        elif search.value:
            search.value = ""
        else:
            self.twin.action_section("chat")

    @work(group="conversation")
    async def action_rename(self) -> None:
        if (record := self.record) is None:
            return
        title = await self.app.push_screen_wait(Write("Rename the conversation", str(record["title"])))
        if title and title.strip():
            await self._do("rename_conversation", {"conversation": record["conversation"], "title": title})

    @work(group="conversation")
    async def action_delete(self) -> None:
        if (record := self.record) is None:
            return
        title = wording.one_line(str(record["title"]))
        lasting = "Its questions, answers and citations are gone for good. The sources stay in memory."
        words = f"“{title}”\n\n{lasting}"
        if await self.app.push_screen_wait(Confirm("Delete this conversation?", words, "Delete", dangerous=True)):
            await self._do("delete_conversation", {"conversation": record["conversation"]})
            self.twin.forget_conversation(int(record["conversation"]))

    async def _do(self, method: str, params: Mapping[str, Any]) -> None:
        try:
            await self.twin.memory.call(method, params)
        except TwinError as error:
            self.twin.report(str(error))
        self.reload()

    @work(group="conversation")
    async def action_export(self, form: str) -> None:
        """As Markdown or JSON, into a file that was not there before, readable by nobody else."""
        if (record := self.record) is None:
            return
        name = f"conversation-{record['conversation']}.{form}"
        hint = "The file to write. Enter exports, Esc does not"
        path = await self.app.push_screen_wait(Write("Export the conversation", str(Path.cwd() / name), hint=hint))
        if not path or not path.strip():
            return
        number = {"conversation": record["conversation"]}
        try:
            if form == "md":
                text = str((await self.twin.memory.call("export_conversation", number))["markdown"])
            else:
                text = (
                    json.dumps(await self.twin.memory.call("conversation", number), indent=1, ensure_ascii=False) + "\n"
                )
            file = typed_path(path)
            data = text.encode("utf-8", "surrogateescape")  # it may name files whose names are no UTF-8
            with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as stream:
                stream.write(data)
        except FileExistsError:
            self.twin.report(f"{path} is there already: export to another name")
        except (OSError, ValueError) as error:
            self.twin.report(f"cannot write {path}: {getattr(error, 'strerror', None) or error}")
        except TwinError as error:
            self.twin.report(str(error))
        else:
            self.notify(f"exported to {file}", timeout=5, markup=False)
