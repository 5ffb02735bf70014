"""What a person reads: answers with numbered citations, places, coverage, progress.

stdout is data, stderr is narration; a terminal adds colour and links, nothing else. Text from documents and
file names is shown without control characters, so that nothing in a document can steer the terminal.
"""

from __future__ import annotations

import json
import re
import socket
import sys
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, TextIO
from urllib.parse import quote

from twin_app.errors import UsageError
from twin_app.opening import PARAGRAPHS

# C0 and C1 controls but tab and line feed, direction overrides, and lone surrogates
UNSAFE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
DIM, BOLD, RESET = "\x1b[2m", "\x1b[1m", "\x1b[0m"
REDRAW_S = 0.1  # of the progress line on a terminal
REPORT_S = 10.0  # between progress lines in a file or pipe
Record = Mapping[str, Any]


@dataclass(slots=True)
class Console:
    """Both streams of a command; `styled` is whether stdout shows colour and links."""

    out: TextIO
    narration: TextIO
    styled: bool = False
    live: bool = False  # whether stderr is a terminal, where a line can be drawn over

    def write(self, text: str) -> None:
        """Data as it comes, at once."""
        self.out.write(text)
        self.out.flush()

    def line(self, text: str = "") -> None:
        self.out.write(text + "\n")

    def json(self, value: object) -> None:
        """One value on one line, flushed, so that readers of a pipe need not wait."""
        text = json.dumps(value, ensure_ascii=False)
        try:
            text.encode(self.out.encoding or "utf-8")
        except UnicodeEncodeError:  # undecodable bytes of a file name, or a narrow locale
            text = json.dumps(value)
        self.write(text + "\n")

    def say(self, text: str) -> None:
        """A line of narration."""
        self.narration.write(text + "\n")
        self.narration.flush()

    def confirm(self, question: str, answers: TextIO) -> bool:
        """Whether the person says yes; no is said aloud. Raises UsageError where there is nobody to ask."""
        if not (answers.isatty() and self.live):
            raise UsageError(f"{question} Nothing was removed: add --yes to go on")
        self.narration.write(f"{question} [y/N] ")
        self.narration.flush()
        if answers.readline().strip().lower() in ("y", "yes"):
            return True
        self.say("nothing was removed")
        return False

    def dim(self, text: str) -> str:
        return f"{DIM}{text}{RESET}" if self.styled else text

    def bold(self, text: str) -> str:
        return f"{BOLD}{text}{RESET}" if self.styled else text

    def link(self, path: str, text: str) -> str:
        """`text`, on a terminal an OSC 8 link to the file."""
        if not self.styled or not path.startswith("/"):
            return text
        address = f"file://{socket.gethostname()}{quote(path.encode('utf-8', 'surrogateescape'))}"
        return f"\x1b]8;;{address}\x1b\\{text}\x1b]8;;\x1b\\"


def console(plain: bool) -> Console:
    """The console of this process; `plain` when colour and links are unwanted."""
    return Console(sys.stdout, sys.stderr, sys.stdout.isatty() and not plain, sys.stderr.isatty())


def clean(text: str) -> str:
    """`text` without anything a terminal would obey."""
    return UNSAFE.sub("\N{REPLACEMENT CHARACTER}", text.replace("\r\n", "\n"))


def one_line(text: str) -> str:
    return " ".join(clean(text).split())


def shown_path(path: str) -> str:
    """A path on one line, its line feeds and tabs visible."""
    return clean(path.replace("\n", "\\n").replace("\t", "\\t"))


def place(console: Console, record: Record) -> str:
    """Where a passage stands, on a terminal as a link to the file."""
    return console.link(str(record["source"]), place_text(record))


def place_text(record: Record) -> str:
    """`path:12-19`, `path, page 3`, or `path, author, time`."""
    text = shown_path(str(record["source"]))
    message, first, last = record.get("message"), record.get("line_start"), record.get("line_end")
    if message:
        moment = str(message.get("time") or "").replace("T", " ")
        text += "".join(f", {part}" for part in (one_line(str(message.get("author") or "")), moment) if part)
    elif record.get("page") is not None:
        text += f", page {record['page']}"
    elif first is not None and str(record["source"]).lower().endswith(PARAGRAPHS):
        text += f", paragraph {first}" if last in (None, first) else f", paragraphs {first}-{last}"
    elif first is not None:
        text += f":{first}" if last in (None, first) else f":{first}-{last}"
    return text


def remarks(record: Record) -> str:
    """What is to be known of a source besides its place: ` (changed since; also in /other/file)`, or nothing."""
    state = record.get("state", "unchanged")
    found = [] if state == "unchanged" else [{"gone": "the file is gone"}.get(state, f"{state} since")]
    found += ["no longer in memory"] if record.get("present") is False else []
    found += [f"also in {shown_path(str(other))}" for other in record.get("also_in") or ()]
    return f" ({'; '.join(found)})" if found else ""


def passages(console: Console, records: Iterable[Record]) -> None:
    """Numbered passages, as under an answer."""
    for position, record in enumerate(records, 1):
        number = console.bold(f"[{record.get('n') or position}]")
        where = console.dim(place(console, record))
        console.line(f"{number} “{one_line(str(record['quote']))}” — {where}{remarks(record)}")


def answer(console: Console, result: Record, streamed: str = "") -> None:
    """An answer: the text unless it was streamed, then citations or what is nearest, then coverage."""
    text = clean(str(result["answer"])).strip()
    if text and text != streamed.strip():
        console.line(("\n" if streamed else "") + text)
    elif streamed:
        console.line()
    if not result["grounded"]:
        if result["coverage"]["documents"] == 0:
            console.line("Memory is empty: `twin add FOLDER` reads files into it.")
        else:
            console.line("Nothing in memory grounds an answer." + (" Nearest:" if result["nearest"] else ""))
    console.line()
    passages(console, result["citations"] if result["grounded"] else result["nearest"])
    console.line(console.dim(coverage(result)))


def coverage(result: Record) -> str:
    """How much of memory the answer rests on, and the time it took."""
    found = result["coverage"]
    text = f"searched {found['searched']:,} of {found['documents']:,} documents"
    if found.get("unreadable"):
        text += f", {found['unreadable']:,} sources unreadable"
    if found.get("pending"):
        text += f", {found['pending']:,} not yet encoded"
    return f"{text} · {result['timings_ms']['total'] / 1000:.2f} s · {one_line(str(result['model']))}"


def duration(seconds: float) -> str:
    """`42 s`, `3 min 5 s`, `2 h 10 min`."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def size(count: float) -> str:
    """Bytes in decimal units."""
    for unit in ("B", "kB", "MB"):
        if count < 1000:
            return f"{count:.0f} {unit}" if unit == "B" else f"{count:.1f} {unit}"
        count /= 1000
    return f"{count:.1f} GB"


@dataclass(slots=True)
class Progress:
    """Progress of long work on stderr: one line drawn over on a terminal, a line now and then elsewhere."""

    console: Console
    _next: float = 0.0
    _drawn: int = field(default=0)

    def __call__(self, event: Record) -> None:
        if event.get("event") != "progress":
            return
        if "done" not in event:  # nothing moves yet, and the person should know why
            self.done()
            self.console.say(f"{event['phase']}…")
            return
        now = time.monotonic()
        if self._next == 0.0 and not self.console.live:
            self._next = now + REPORT_S  # short work needs no report
        if now < self._next:
            return
        text = progress_line(event)
        if self.console.live:
            self.console.narration.write("\r" + text.ljust(self._drawn))
            self.console.narration.flush()
            self._drawn = len(text)
        else:
            self.console.say(text)
        self._next = now + (REDRAW_S if self.console.live else REPORT_S)

    def done(self) -> None:
        """Wipe the line."""
        if self._drawn:
            self.console.narration.write("\r" + " " * self._drawn + "\r")
            self.console.narration.flush()
            self._drawn = 0


def progress_line(event: Record) -> str:
    """`encoding: 120/500 documents, 61,440 tokens, 8,120 tokens/s, 8 s left`."""
    total = f"/{event['total']:,}" if event.get("total") else ""
    text = f"{event['phase']}: {event['done']:,}{total} {event['unit']}"
    if event.get("tokens"):
        text += f", {event['tokens']:,} tokens"
    if event.get("rate"):
        text += f", {event['rate']:,} tokens/s"
    if event.get("eta_s") is not None:
        text += f", {duration(event['eta_s'])} left"
    return text
