"""Mail: single messages (.eml) and mailboxes (.mbox, streamed one mail at a time, however large).

The extracted text is the mails' bodies, each followed by a line feed; attachments are named in the context,
not read.
"""

from __future__ import annotations

import email
import email.errors
import re
from collections.abc import Iterator
from dataclasses import dataclass
from email.header import decode_header
from email.message import Message as Mail
from email.utils import getaddresses, parsedate_to_datetime
from typing import IO

from ingest.context import Budget
from ingest.limits import Limits
from ingest.places import everywhere
from ingest.readers.compose import compose_message
from ingest.readers.mail_body import Body, Part, Raw
from ingest.readers.source import Reader, Source
from ingest.split import Block
from ingest.text import clean, decode_as
from ingest.types import Document, Message, Reading, Unreadable

_MAIL_BYTES = 50_000_000  # of one mail with its attachments; what is over is cut off and said
_LINE_BYTES = 1_000_000
_SEPARATOR = re.compile(rb"From \S.*\d{4}\s*$")
_HEADER = re.compile(rb"[!-9;-~]+[ \t]*:(?!//)|>From ")  # how a mail begins, and no sentence or link
_QUOTED_FROM = re.compile(rb">+From ")
_FIELD = re.compile(
    rb"(?:From|To|Cc|Subject|Date|Received|Return-Path|Message-ID|MIME-Version|Delivered-To|X-[\w-]+):", re.I
)
_NAMES_SHOWN = 3
_NO_SUBJECT = "(no subject)"
_DAMAGED = (ValueError, LookupError, TypeError, AttributeError, RecursionError, email.errors.MessageError, Unreadable)
"""What Python's mail parser raises for mails that are broken, or made to break it; these lose that one mail."""


@dataclass(frozen=True, slots=True)
class _Letter:
    """What is read of a mail."""

    subject: str
    message: Message
    context: str
    parts: list[Part]


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


def mails(file: IO[bytes]) -> Iterator[Raw]:
    """The mails of a mailbox; one begins at a "From " line that is the first or follows a blank one, above a header."""
    lines: list[bytes] = []
    size, number, first = 0, 1, 1
    after_blank = True
    started = False
    following = file.readline(_LINE_BYTES)
    while line := following:
        following = file.readline(_LINE_BYTES)
        if after_blank and _SEPARATOR.match(line) and _HEADER.match(following):
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
        try:
            letter = _letter(raw, index, budget)
        except _DAMAGED as error:
            unreadable.append(f"mail {index + 1}: damaged ({' '.join(str(error).split())[:120]})")
            continue
        if letter is None:
            unreadable.append(f"mail {index + 1}: no header in it")
            continue
        if len(raw.data) >= _MAIL_BYTES:
            unreadable.append(f"mail {index + 1}: larger than {_MAIL_BYTES / 1e6:g} MB, read up to there")
        for part in letter.parts:
            yield from compose_message(
                part.text,
                letter.message,
                part.blocks,
                context=letter.context,
                title=letter.subject,
                offset=offset,
                lines=part.lines,
                budget=budget,
            )
            offset += len(part.text) + 1


def _letter(raw: Raw, index: int, budget: Budget) -> _Letter | None:
    """A mail parsed; None where it has no header. Raises one of _DAMAGED."""
    mail = email.message_from_bytes(raw.data)
    if not mail.keys():
        return None
    subject = _subject(mail) or _NO_SUBJECT
    senders = _addresses(mail, "from")
    message = Message(author=senders[0] if senders else "", time=_date(mail), index=index)
    body = Body(raw, _subject, _name)
    body.collect(mail)
    context = budget.context(
        (subject,),
        date=message.time,
        speaker=_from_to(senders, _addresses(mail, "to")),
        note="attached: " + ", ".join(body.attachments) if body.attachments else "",
    )
    if not body.parts and subject != _NO_SUBJECT:
        body.parts.append(Part(subject, [Block(0, len(subject))], everywhere(raw.lines)))
    return _Letter(subject, message, context, body.parts)


def _from_to(senders: list[str], receivers: list[str]) -> str:
    sender = f"from {senders[0]}" if senders else ""
    shown = ", ".join(receivers[:_NAMES_SHOWN]) + (" and others" if len(receivers) > _NAMES_SHOWN else "")
    return " ".join(part for part in (sender, f"to {shown}" if shown else "") if part)


def _name(part: Mail) -> str:
    try:
        return _decoded(part.get_filename() or "")
    except ValueError:
        return ""  # a charset that is none


def _subject(mail: Mail) -> str:
    return _header(mail, "subject")


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
    try:
        texts = [
            decode_as(chunk, charset) if isinstance(chunk, bytes) else _undo_escapes(chunk) for chunk, charset in chunks
        ]
    except Unreadable:
        return ""  # binary data in place of words
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
    try:
        pairs = getaddresses(_raw(mail, name))
    except (RecursionError, ValueError, IndexError):
        return []  # thousands of brackets within brackets
    return [shown for person, address in pairs if (shown := _decoded(person) or _decoded(address))]


def _date(mail: Mail) -> str | None:
    try:
        return parsedate_to_datetime(_header(mail, "date")).isoformat()
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


MAILBOX = Reader("mail", "mail_bytes", _recognises_mailbox, read_mailbox)
MAIL = Reader("mail", "mail_bytes", _recognises_mail, read_mail)
