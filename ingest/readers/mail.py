"""Mail: single messages (.eml) and mailboxes (.mbox, streamed one mail at a time, however large).

The extracted text is the mails' bodies, each followed by a line feed; attachments are named in the context,
not read.
"""

from __future__ import annotations

import email
import email.errors
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.header import decode_header
from email.message import Message as Mail
from email.utils import getaddresses, parsedate_to_datetime
from typing import BinaryIO

from ingest.context import Budget
from ingest.limits import Limits
from ingest.readers import html
from ingest.readers.compose import Places, below, compose_message, everywhere
from ingest.readers.plain import Paragraphs
from ingest.readers.source import Reader, Source
from ingest.split import Block
from ingest.text import Lines, clean, decode_as
from ingest.types import Document, Message, Reading, Unreadable

_MAIL_BYTES = 50_000_000  # of one mail with its attachments; what is over is cut off and said
_LINE_BYTES = 1_000_000
_SEPARATOR = re.compile(rb"From \S.*\d{4}\s*$")
_QUOTED_FROM = re.compile(rb">+From ")
_FIELD = re.compile(
    rb"(?:From|To|Cc|Subject|Date|Received|Return-Path|Message-ID|MIME-Version|Delivered-To|X-[\w-]+):", re.I
)
_UNENCODED = frozenset({"7bit", "8bit", "binary"})
_NESTING = 30  # parts within parts; deeper is an attack, not a mail
_NAMES_SHOWN = 3
_NO_SUBJECT = "(no subject)"


@dataclass(frozen=True, slots=True)
class Raw:
    """A mail as it lies in its file, and its first and last line there, 1-based."""

    data: bytes
    lines: tuple[int, int]

    @classmethod
    def from_line(cls, line: int, data: bytes) -> Raw:
        return cls(data, (line, line + data.rstrip().count(b"\n")))


@dataclass(frozen=True, slots=True)
class _Text:
    """A part that is read."""

    text: str
    blocks: list[Block]
    lines: Places


@dataclass(slots=True)
class _Body:
    """The readable parts of a mail."""

    raw: Raw
    texts: list[_Text] = field(default_factory=list)
    attachments: list[str] = field(default_factory=list)
    at: int = 0  # in the raw mail, up to where parts were found
    above: int = 0  # line ends before that

    def places(self, part: Mail, content: bytes, inside: Places) -> Places:
        """Lines in the file for the lines of a part's `content`; the whole mail's where it is encoded there.

        Parts come in order and each is sought behind the one before: however many, the mail is gone through once.
        """
        data = self.raw.data
        if str(part.get("content-transfer-encoding", "7bit")).strip().lower() not in _UNENCODED:
            return everywhere(self.raw.lines)
        line_end = data[: data.find(b"\n") + 1][-2:]
        blank = b"\r\n\r\n" if line_end == b"\r\n" else b"\n\n"  # between a part's headers and its content
        found = data.find(blank + content, self.at)
        if found < 0:
            self.at = len(data)
            return everywhere(self.raw.lines)
        begin = found + len(blank)
        self.above += data.count(b"\n", self.at, begin)
        self.at = begin
        return below(self.raw.lines[0] - 1 + self.above, inside)


def _recognises_mailbox(name: str, head: bytes) -> bool:
    first, _, rest = head.partition(b"\n")
    looks = _SEPARATOR.match(first) is not None and _FIELD.match(rest) is not None
    return looks or (name.endswith((".mbox", ".mbx")) and head.startswith(b"From "))


def _recognises_mail(name: str, head: bytes) -> bool:
    return name.endswith((".eml", ".emlx"))


def read_mail(source: Source, budget: Budget, limits: Limits) -> Reading:
    with source.open() as file:
        data = file.read(_MAIL_BYTES)
    first = 1
    if source.name.lower().endswith(".emlx"):
        first, data = 2, data.partition(b"\n")[2]  # Apple Mail puts the length on a line of its own
    reading = Reading("mail", iter(()))
    reading.documents = _documents(iter([Raw.from_line(first, data)]), source, reading.unreadable, budget)
    return reading


def read_mailbox(source: Source, budget: Budget, limits: Limits) -> Reading:
    reading = Reading("mail", iter(()))
    reading.documents = _mailbox(source, reading.unreadable, budget)
    return reading


def _mailbox(source: Source, unreadable: list[str], budget: Budget) -> Iterator[Document]:
    with source.open() as file:
        yield from _documents(mails(file), source, unreadable, budget)


def mails(file: BinaryIO) -> Iterator[Raw]:
    """The mails of a mailbox; a mail begins at a "From " line that is the first or follows a blank one."""
    lines: list[bytes] = []
    size, number, first = 0, 1, 1
    after_blank = True
    started = False
    while line := file.readline(_LINE_BYTES):
        if after_blank and _SEPARATOR.match(line):
            if started:
                yield Raw.from_line(first, b"".join(lines))
            lines, size, first, started = [], 0, number + 1, True
        elif size < _MAIL_BYTES:
            lines.append(line[1:] if _QUOTED_FROM.match(line) else line)
            size += len(line)
        number += line.endswith(b"\n")
        after_blank = line in (b"\n", b"\r\n")
    if lines:
        yield Raw.from_line(first, b"".join(lines))


def _documents(
    source_mails: Iterator[Raw], source: Source, unreadable: list[str], budget: Budget
) -> Iterator[Document]:
    offset = 0
    for index, raw in enumerate(source_mails):
        mail = email.message_from_bytes(raw.data)
        if not mail.keys():
            unreadable.append(f"mail {index + 1}: no header in it")
            continue
        if len(raw.data) >= _MAIL_BYTES:
            unreadable.append(f"mail {index + 1}: larger than {_MAIL_BYTES / 1e6:g} MB, read up to there")
        subject = _header(mail, "subject") or _NO_SUBJECT
        senders = _addresses(mail, "from")
        message = Message(author=senders[0] if senders else "", time=_date(mail), index=index)
        body = _Body(raw)
        _collect(mail, body, 0)
        context = budget.context(
            (subject,),
            date=message.time,
            speaker=_from_to(senders, _addresses(mail, "to")),
            note="attached: " + ", ".join(body.attachments) if body.attachments else "",
        )
        if not body.texts and subject != _NO_SUBJECT:
            body.texts.append(_Text(subject, [Block(0, len(subject))], everywhere(raw.lines)))
        for part in body.texts:
            yield from compose_message(
                part.text,
                message,
                part.blocks,
                context=context,
                title=subject,
                offset=offset,
                lines=part.lines,
                budget=budget,
            )
            offset += len(part.text) + 1


def _from_to(senders: list[str], receivers: list[str]) -> str:
    sender = f"from {senders[0]}" if senders else ""
    shown = ", ".join(receivers[:_NAMES_SHOWN]) + (" and others" if len(receivers) > _NAMES_SHOWN else "")
    return " ".join(part for part in (sender, f"to {shown}" if shown else "") if part)


def _collect(part: Mail, body: _Body, depth: int) -> None:
    kind = part.get_content_type()
    name = _decoded(part.get_filename() or "")
    children = part.get_payload()
    if kind == "message/rfc822" and isinstance(children, list) and depth:
        inner = children[0] if children else None
        body.attachments.append((_header(inner, "subject") if isinstance(inner, Mail) else "") or "a mail")
    elif part.is_multipart() and isinstance(children, list):
        if depth >= _NESTING:
            return
        parts = [child for child in children if isinstance(child, Mail)]
        for child in _preferred(parts) if kind == "multipart/alternative" else parts:
            _collect(child, body, depth + 1)
    elif name or part.get_content_disposition() == "attachment":
        body.attachments.append(name or kind)
    elif kind in ("text/plain", "text/html"):
        text = _text(part, kind, body)
        if text and text.text.strip():
            body.texts.append(text)


def _preferred(children: list[Mail]) -> list[Mail]:
    """Of alternatives the plain text, unless it is empty; else the last, which is the richest."""
    for child in children:
        if child.get_content_type() == "text/plain" and _payload(child).strip():
            return [child]
    return children[-1:]


def _text(part: Mail, kind: str, body: _Body) -> _Text | None:
    content = _payload(part)
    try:
        text = clean(decode_as(content, part.get_content_charset()))
    except Unreadable:
        return None  # binary data that calls itself text
    if kind == "text/plain":
        return _Text(text, list(Paragraphs(text)), body.places(part, content, Lines(text).span))
    page = html.parse(text)
    blocks = [block for section in page.sections for block in section.blocks]
    return _Text(page.text, blocks, body.places(part, content, page.lines))


def _payload(part: Mail) -> bytes:
    payload = part.get_payload(decode=True)
    return payload if isinstance(payload, bytes) else b""


def _raw(mail: Mail, name: str) -> list[str]:
    """All headers of that name as they were written."""
    return [str(value) for key, value in mail.raw_items() if key.lower() == name]


def _header(mail: Mail, name: str) -> str:
    return _decoded(next(iter(_raw(mail, name)), ""))


def _decoded(raw: str) -> str:
    """A header's text, its encoded words decoded; raw bytes in it are taken for UTF-8 or a legacy charset."""
    try:
        chunks = decode_header(raw)
    except (email.errors.HeaderParseError, ValueError):
        chunks = [(raw, None)]
    texts = [
        decode_as(chunk, charset) if isinstance(chunk, bytes) else _undo_escapes(chunk) for chunk, charset in chunks
    ]
    return " ".join(clean("".join(texts)).split())


def _undo_escapes(text: str) -> str:
    """The parser keeps bytes beyond ASCII as surrogate escapes."""
    if text.isascii():
        return text
    try:
        return decode_as(text.encode("ascii", "surrogateescape"), None)
    except UnicodeEncodeError:
        return text


def _addresses(mail: Mail, name: str) -> list[str]:
    """Names where there are any, else addresses."""
    pairs = getaddresses(_raw(mail, name))
    return [shown for person, address in pairs if (shown := _decoded(person) or _decoded(address))]


def _date(mail: Mail) -> str | None:
    try:
        return parsedate_to_datetime(_header(mail, "date")).isoformat()
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


MAILBOX = Reader("mail", "mail_bytes", _recognises_mailbox, read_mailbox)
MAIL = Reader("mail", "mail_bytes", _recognises_mail, read_mail)
