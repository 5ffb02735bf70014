"""WhatsApp text exports of Android and iOS: windows of whole messages, exact slices of the file.

A new window begins after a pause of six hours, or when one is full. Dates come in the phone's own format; day
and month are told apart by the whole file. System lines are messages without an author.
"""

from __future__ import annotations

import datetime
import re
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from ingest.context import Budget
from ingest.limits import Limits
from ingest.readers.source import Reader, Source
from ingest.split import Block, split
from ingest.text import Lines, decode
from ingest.types import Document, Message, Reading, Unreadable

PAUSE = datetime.timedelta(hours=6)

_BEFORE_NOON = ("上午", "凌晨", "早上", "清晨", "午前", "오전", "ÖÖ", "π.μ.", "ص", "ق.ظ.")
_AFTER_NOON = ("下午", "傍晚", "晚上", "午後", "오후", "ÖS", "μ.μ.", "م", "ب.ظ.")
_AROUND_NOON = "中午"
_GAP = r"[ \u00a0\u202f]"
_MARKS = r"[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]*"
_DATE = (  # the separator is missing in "2024년 5월 12일" alone
    rf"(?P<a>\d{{1,4}}){_MARKS}(?:(?P<sep>[./-])|년){_GAP}?{_MARKS}(?P<b>\d{{1,2}}){_MARKS}(?(sep)(?P=sep)|월)"
    rf"{_GAP}?{_MARKS}(?P<c>\d{{1,4}})(?(sep)(?:\.|{_GAP}г\.)?|일)"
)
_HALF = "|".join(map(re.escape, (*_BEFORE_NOON, *_AFTER_NOON, _AROUND_NOON)))
_TIME = (
    rf"(?:(?P<before>{_HALF}){_GAP}?)?(?P<hour>\d{{1,2}})[:.](?P<minute>\d\d)(?:[:.](?P<second>\d\d))?"
    rf"(?:{_GAP}?(?P<after>{_HALF}|(?P<latin>[AaPp])\.?{_GAP}?[Mm]\.?))?(?:{_GAP}ч\.)?"
)
_AUTHOR = rf"(?:{_MARKS}(?:~{_GAP})?(?P<author>[^:\n“”\"]{{1,80}}):(?=[ \n\r\u200e]|\Z))?"
_BETWEEN = rf"[,،]?{_MARKS}{_GAP}(?:(?:at|kl\.|klo|um|à|alle|u){_GAP})?"
_END = rf"(?(bracket)\]|(?:{_GAP}[-–]|(?(sep)(?!)|,)))"
# Android: "12/31/24, 9:15 PM - Anna: hi".  iOS: "[31/12/2024, 21:15:33] Anna: hi".
_HEAD = re.compile(rf"^{_MARKS}(?P<bracket>\[)?{_DATE}{_BETWEEN}{_TIME}{_END}{_GAP}{_AUTHOR}", re.MULTILINE)
_NAME = re.compile(r"(?:whatsapp|chat|conversa\w*|discussion|verlauf|mit|with|con|com|avec|do|de|[-_ ])+", re.I)
_GENERIC = frozenset({"", "_chat", "chat"})
_TITLE_LINES, _TITLE_CHARACTERS = 2, 200  # before the first message: "Chat with Anna", a blank line
_CONTEXT_TOKENS_SPARED = 4  # a window's date may take a token more than the one the budget was made with


@dataclass(frozen=True, slots=True)
class _Line:
    """A message in the file: where it begins, its head's fields."""

    start: int
    author: str
    date: tuple[int, int, int]  # as written
    hour: int
    minute: int
    second: int
    half: str  # "a", "p" or ""
    is_american: bool  # slashes, and a clock with AM and PM


def _recognises(name: str, head: bytes) -> bool:
    if not name.endswith(".txt"):
        return False
    try:
        text = decode(head)
    except Unreadable:
        return False
    return looks_like_export(text, name)


def looks_like_export(text: str, name: str) -> bool:
    """Begins with a message head, or a title before it, and holds speakers: two, or one in a file named as exports
    are."""
    text = text.lstrip()
    first = _HEAD.search(text)
    if first is None or text[: first.start()].count("\n") > _TITLE_LINES or first.start() > _TITLE_CHARACTERS:
        return False
    matches = [match for match in _HEAD.finditer(text) if match["author"]]
    # Program logs look alike ("2024-05-08 13:56:01 - root: up"), but have seconds without brackets.
    if any(match["second"] and not match["bracket"] for match in matches[:3]):
        return False
    return len(matches) >= (1 if "chat" in name or "whatsapp" in name else 2)


def read(source: Source, budget: Budget, limits: Limits) -> Reading:
    text = source.text()
    found = [_line(match) for match in _HEAD.finditer(text)]
    return Reading("whatsapp", _documents(text, found, _title(source), budget))


def _line(match: re.Match[str]) -> _Line:
    hour = int(match["hour"])
    return _Line(
        start=match.start(),
        author=(match["author"] or "").strip(" \u00a0\u202f\u200e\u200f\u202a\u202c"),
        date=(int(match["a"]), int(match["b"]), int(match["c"])),
        hour=hour,
        minute=int(match["minute"]),
        second=int(match["second"] or 0),
        half=_half(match["before"] or match["after"] or "", hour),
        is_american=match["sep"] == "/" and match["latin"] is not None,
    )


def _half(written: str, hour: int) -> str:
    if written in _BEFORE_NOON or (written == _AROUND_NOON and hour in (10, 11)):
        return "a"
    return "p" if written in _AFTER_NOON or written == _AROUND_NOON else written[:1].lower()


def _title(source: Source) -> str:
    """The chat's name: the file's on Android; iOS calls every file _chat.txt, so the zip or folder tells."""
    stem = source.stem
    if stem.lower().strip() in _GENERIC:
        stem = source.path.stem if source.member else source.path.parent.name
    head = _NAME.match(stem)
    partner = stem[head.end() :].strip() if head and "whatsapp" in head.group().lower() else stem
    return f"Chat with {partner}" if partner and partner != stem else stem


def _documents(text: str, found: list[_Line], title: str, budget: Budget) -> Iterator[Document]:
    lines = Lines(text)
    moments = _moments(found)
    starts = [0, *(line.start for line in found[1:])]  # a title goes with the first message
    ends = [*starts[1:], len(text)]
    for first, last in _sittings(moments):
        room = budget.text_room(budget.context((title,), date=_iso(moments[first]))) - _CONTEXT_TOKENS_SPARED
        blocks = [Block(starts[i], ends[i]) for i in range(first, last)]
        for start, end in split(text, blocks, measure=budget.measure, budget=max(1, room)):
            begun = bisect_left(starts, start, first, last)
            # A long message's later pieces begin inside it, and are still its words.
            if begun == last or starts[begun] > start:
                begun -= 1
            until = bisect_left(starts, end, first, last)
            messages = tuple(
                (max(0, starts[i] - start), Message(found[i].author, _iso(moments[i]), i)) for i in range(begun, until)
            )
            date = messages[0][1].time
            left = budget.max_tokens - budget.measure(text[start:end])
            yield Document(
                text=text[start:end],
                context=budget.context((title,), date=date, room=left),
                title=title,
                headings=(),
                char_start=start,
                char_end=end,
                line_start=lines.number(start),
                line_end=lines.number(end - 1),
                messages=messages,
                date=date,
            )


def _sittings(moments: list[datetime.datetime | None]) -> Iterator[tuple[int, int]]:
    """Ranges of messages without a long pause in between."""
    first = 0
    for i in range(1, len(moments)):
        before, now = moments[i - 1], moments[i]
        if before and now and abs(now - before) >= PAUSE:
            yield first, i
            first = i
    if first < len(moments):
        yield first, len(moments)


def _iso(moment: datetime.datetime | None) -> str | None:
    return moment.isoformat() if moment else None


def _moments(found: list[_Line]) -> list[datetime.datetime | None]:
    order = date_order(found)
    return [_moment(line, order) for line in found]


def date_order(found: list[_Line]) -> str:
    """Either "ymd", "dmy" or "mdy", as the dates of the whole file allow.

    A number over 31 or 12 decides; else the order in which the dates never step back; else the separator and the
    clock: slashes with AM and PM are American.
    """
    if any(line.date[0] > 31 for line in found) or _is_year_first(found):
        return "ymd"
    fits = {
        "dmy": all(line.date[1] <= 12 for line in found),
        "mdy": all(line.date[0] <= 12 for line in found),
    }
    if fits["dmy"] != fits["mdy"]:
        return "dmy" if fits["dmy"] else "mdy"
    steps_back = {order: _steps_back(found, order) for order in fits}
    if steps_back["dmy"] != steps_back["mdy"]:
        return min(steps_back, key=lambda order: steps_back[order])
    american = any(line.is_american for line in found)
    return "mdy" if american else "dmy"


def _is_year_first(found: list[_Line]) -> bool:
    """Whether two-digit dates begin with the year: it never falls, is no month, and makes the shorter chat of it."""
    firsts = [line.date[0] for line in found]
    fits = all(1 <= line.date[1] <= 12 and 1 <= line.date[2] <= 31 for line in found)
    if not found or not fits or max(firsts) <= 12 or any(later < earlier for earlier, later in pairwise(firsts)):
        return False
    return _days_long(found, "ymd") < _days_long(found, "dmy")


def _days_long(found: list[_Line], order: str) -> int:
    """From the earliest day to the latest, roughly: days need not exist in an order that is not the right one."""
    days = [372 * year + 31 * month + day for year, month, day in (_year_month_day(line, order) for line in found)]
    return max(days) - min(days)


def _steps_back(found: list[_Line], order: str) -> int:
    days = [_year_month_day(line, order) for line in found]
    return sum(later < earlier for earlier, later in pairwise(days))


def _year_month_day(line: _Line, order: str) -> tuple[int, int, int]:
    a, b, c = line.date
    year, month, day = {"ymd": (a, b, c), "dmy": (c, b, a), "mdy": (c, a, b)}[order]
    return (year + 2000 if year < 100 else year), month, day


def _moment(line: _Line, order: str) -> datetime.datetime | None:
    hour = line.hour
    if line.half:
        hour = hour % 12 + (12 if line.half == "p" else 0)
    try:
        return datetime.datetime(*_year_month_day(line, order), hour, line.minute, line.second)
    except ValueError:
        return None  # the 31st of February: someone edited the file


READER = Reader("whatsapp", "text_bytes", _recognises, read)
