"""What a mail says: its readable parts, each with its lines in the file, and the names of what is attached.

A part's lines are known where it stands in the file as text, quoted-printable included; of base64 they are those
of the whole mail, since an editor shows nothing to read there.
"""

from __future__ import annotations

import codecs
import quopri
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from email.message import Message as Mail

from ingest.places import Marks, Places, everywhere
from ingest.readers import html
from ingest.readers.plain import Paragraphs
from ingest.split import Block
from ingest.text import Lines, clean, decode_as
from ingest.types import Unreadable

_UNENCODED = frozenset({"7bit", "8bit", "binary"})
_NESTING = 30  # parts within parts; deeper is an attack, not a mail


@dataclass(frozen=True, slots=True)
class Raw:
    """A mail as it lies in its file, and its first and last line there, 1-based."""

    data: bytes
    lines: tuple[int, int]

    @classmethod
    def from_line(cls, line: int, data: bytes) -> Raw:
        return cls(data, (line, line + data.rstrip().count(b"\n")))


@dataclass(frozen=True, slots=True)
class Part:
    """A part that is read."""

    text: str
    blocks: list[Block]
    lines: Places


@dataclass(slots=True)
class Body:
    """The parts of a mail; `subject_of` reads the subject of one that is attached."""

    raw: Raw
    subject_of: Callable[[Mail], str]
    name_of: Callable[[Mail], str]
    parts: list[Part] = field(default_factory=list)
    attachments: list[str] = field(default_factory=list)
    _at: int = 0  # in the raw mail, up to where parts were found
    _above: int = 0  # line ends before that

    def collect(self, part: Mail, depth: int = 0) -> None:
        kind = part.get_content_type()
        name = self.name_of(part)
        children = part.get_payload()
        if kind == "message/rfc822" and isinstance(children, list) and depth:
            inner = children[0] if children else None
            self.attachments.append((self.subject_of(inner) if isinstance(inner, Mail) else "") or "a mail")
        elif part.is_multipart() and isinstance(children, list):
            if depth >= _NESTING:
                return
            parts = [child for child in children if isinstance(child, Mail)]
            for child in _preferred(parts) if kind == "multipart/alternative" else parts:
                self.collect(child, depth + 1)
        elif name or part.get_content_disposition() == "attachment":
            self.attachments.append(name or kind)
        elif kind in ("text/plain", "text/html"):
            self._read(part, kind)

    def _read(self, part: Mail, kind: str) -> None:
        content = _payload(part)
        try:
            text = clean(decode_as(content, part.get_content_charset()))
        except Unreadable:
            return  # binary data that calls itself text
        if kind == "text/plain":
            found = Part(text, list(Paragraphs(text)), self._places(part, content, text, Lines(text)))
        else:
            page = html.parse(text)
            blocks = [block for section in page.sections for block in section.blocks]
            found = Part(page.text, blocks, self._places(part, content, page.text, page.lines))
        if found.text.strip():
            self.parts.append(found)

    def _places(self, part: Mail, content: bytes, text: str, inside: Places) -> Places:
        """Lines in the file for a `text` whose lines in the part's decoded `content` are known."""
        transfer = str(part.get("content-transfer-encoding", "7bit")).strip().lower()
        if transfer in _UNENCODED:
            begin = self._find(content)
            rows = None
        elif transfer == "quoted-printable" and (written := _written(part)) is not None:
            begin = self._find(written)
            if isinstance(inside, Lines) and begin is not None:
                exact = _unwrapped(written, text, part.get_content_charset() or "utf-8", begin)
                if exact:
                    return exact
            rows = list(_rows(written))
        else:
            begin = None
        if begin is None:
            return everywhere(self.raw.lines)
        marks = Marks()
        for offset, first, last in inside.marks(0, max(1, len(text))):
            if rows is None:
                marks.add(offset, begin + first - 1, begin + last - 1)
            elif last <= len(rows):
                marks.add(offset, begin + rows[first - 1][0], begin + rows[last - 1][1])
        return marks

    def _find(self, written: bytes) -> int | None:
        """The line of the file on which a part's content begins.

        Parts come in order and each is sought behind the one before: however many, the mail is gone through once.
        """
        data = self.raw.data
        line_end = data[: data.find(b"\n") + 1][-2:]
        blank = b"\r\n\r\n" if line_end == b"\r\n" else b"\n\n"  # between a part's headers and its content
        found = data.find(blank + written, self._at)
        if found < 0:
            self._at = len(data)
            return None
        begin = found + len(blank)
        self._above += data.count(b"\n", self._at, begin)
        self._at = begin
        return self.raw.lines[0] + self._above


def _preferred(children: list[Mail]) -> list[Mail]:
    """Of alternatives the plain text, unless it is empty; else the last, which is the richest."""
    for child in children:
        if child.get_content_type() == "text/plain" and _payload(child).strip():
            return [child]
    return children[-1:]


def _payload(part: Mail) -> bytes:
    payload = part.get_payload(decode=True)
    return payload if isinstance(payload, bytes) else b""


def _written(part: Mail) -> bytes | None:
    """A part's content as it was written, of which the parser decodes bytes beyond ASCII; None where they are lost."""
    payload = str(part.get_payload())
    for charset in ("ascii", part.get_content_charset() or "ascii"):
        try:
            return payload.encode(charset, "surrogateescape")
        except (LookupError, ValueError):
            continue
    return None


def _unwrapped(written: bytes, text: str, charset: str, begin: int) -> Marks | None:
    """Places of a quoted-printable text that begins on line `begin`; None where it does not decode to `text`."""
    try:
        decoder = codecs.getincrementaldecoder(charset)()
        marks, parts, length = Marks(), [], 0
        for number, line in enumerate(written.splitlines(keepends=True)):
            parts.append(decoder.decode(quopri.decodestring(line)))
            marks.add(length, begin + number)
            length += len(parts[-1])
    except (LookupError, ValueError):
        return None
    return marks if clean("".join(parts)) == text else None


def _rows(written: bytes) -> Iterator[tuple[int, int]]:
    """First and last line, counted from 0, that each line of a quoted-printable text is written on."""
    first = 0
    for number, line in enumerate(written.splitlines()):
        if not line.rstrip().endswith(b"="):
            yield first, number
            first = number + 1
