"""Bytes of any encoding become text; binary data is told apart from text; lines are counted as editors do.

`decode` keeps line ends as they are in the file and leaves out a byte order mark, so offsets in its result
are the offsets that citations carry. It never fails on text; on binary data it raises `Unreadable`.
"""

from __future__ import annotations

import codecs
import re
import unicodedata
from bisect import bisect_right

from charset_normalizer import from_bytes

from ingest.types import Unreadable

SAMPLE_BYTES = 65_536
_STEP = 1_000_000

# UTF-32 before UTF-16: the little-endian mark of the one begins with that of the other.
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
# Tab, line feeds, form feed, backspace and escape occur in terminal logs; the other control bytes do not.
_TERMINAL = "\b\t\n\v\f\r\x1b"
_CONTROLS = bytes(set(range(32)) - set(_TERMINAL.encode())) + b"\x7f"
_CONTROL_SHARE = 0.01
_STRANGE = frozenset({"Cc", "Cn", "Co", "Cs"})  # control, unassigned, private use, surrogate
_LINE_END = re.compile(r"\r\n?|\n")
_SURROGATE = re.compile("[\ud800-\udfff]")
_BAD_UTF8_SHARE = 0.1  # of all characters beyond ASCII; above it the file is taken for another encoding
_LEGACY = [
    "cp1252", "cp1250", "cp1251", "koi8_r", "cp1253", "cp1254", "cp1255", "cp1256",
    "shift_jis", "euc_jp", "gb18030", "big5", "euc_kr",
]  # fmt: skip


def is_text(head: bytes) -> bool:
    """Whether the first bytes of a file look like text in some encoding; true for no bytes."""
    head = head[:SAMPLE_BYTES]
    if any(head.startswith(mark) for mark, _ in _MARKS) or _utf16(head):
        return True
    if b"\0" in head:
        return False
    controls = len(head) - len(head.translate(None, _CONTROLS))
    return controls <= len(head) * _CONTROL_SHARE


def decode(data: bytes) -> str:
    """The text in `data`. Characters that cannot be decoded, and NULs, become U+FFFD."""
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return _whole(data[len(mark) :].decode(encoding, "replace"))
    if not is_text(data):
        raise Unreadable("binary data, not text: if it is a document, give the file the suffix of its kind")
    if wide := _utf16(data[:SAMPLE_BYTES]):
        return _whole(data.decode(wide, "replace"))
    try:
        return _whole(data.decode("utf-8"))
    except UnicodeDecodeError as error:
        text = data.decode("utf-8", "replace")
        if text.count("\ufffd") <= _BAD_UTF8_SHARE * _beyond_ascii(text):
            return _whole(text)
        return _whole(_decode_legacy(data, error.start))


def decode_as(data: bytes, charset: str | None) -> str:
    """The text in `data` by its declared charset, or by `decode` where that is missing or wrong."""
    if charset:
        try:
            return _whole(data.decode(charset))
        except (LookupError, ValueError):
            pass  # a charset nobody knows, or not the one of these bytes
    return decode(data)


def as_utf8(data: bytes) -> bytes:
    """The text in `data` as UTF-8 without a mark; the very bytes where they are that already. Raises as `decode`.

    Looks at one megabyte at a time: the decoded text of a chat with emoji takes four times the space of its bytes.
    """
    plain = data.removeprefix(codecs.BOM_UTF8)
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        if not is_text(plain):
            raise UnicodeError
        for start in range(0, len(plain), _STEP):
            decoder.decode(plain[start : start + _STEP])
        decoder.decode(b"", final=True)
    except UnicodeError:
        return decode(data).encode()
    return plain


def clean(text: str) -> str:
    """Text that every store takes: lone surrogates and NULs replaced by U+FFFD, one for one."""
    return _SURROGATE.sub("\ufffd", _whole(text))


def _whole(text: str) -> str:
    return text.replace("\0", "\ufffd") if "\0" in text else text


def _beyond_ascii(text: str) -> int:
    return len(text) - len(text.encode("ascii", "ignore"))


def _utf16(head: bytes) -> str | None:
    """UTF-16 without a mark: in European text every second byte is zero, and hardly any of the others."""
    even, odd = head[0::2], head[1::2]
    if not odd:
        return None
    if odd.count(0) > 0.4 * len(odd) and even.count(0) < 0.02 * len(even):
        return "utf-16-le" if _has_words(head.decode("utf-16-le", "replace")) else None
    if even.count(0) > 0.4 * len(even) and odd.count(0) < 0.02 * len(odd):
        return "utf-16-be" if _has_words(head.decode("utf-16-be", "replace")) else None
    return None


def _has_words(text: str) -> bool:
    """Whether these are characters that people write; tables of small numbers give controls and unassigned ones."""
    strange = sum(unicodedata.category(char) in _STRANGE and char not in _TERMINAL for char in text)
    return strange <= len(text) * _CONTROL_SHARE


def _decode_legacy(data: bytes, first_bad: int) -> str:
    start = max(0, first_bad - SAMPLE_BYTES // 4)
    matches = from_bytes(data[start : start + SAMPLE_BYTES], cp_isolation=_LEGACY)
    best = matches.best()
    usual = next((match for match in matches if match.encoding == "cp1252"), None)
    if best and usual and (usual.chaos, -usual.coherence) <= (best.chaos, -best.coherence):
        best = usual  # as good as any other: then the commonest is meant
    for encoding in (best.encoding if best else "cp1252", "cp1252"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    return data.decode("latin-1")


class Lines:
    """Where the lines of a text begin; a line ends with LF, CRLF or CR."""

    def __init__(self, text: str) -> None:
        self.starts = [0]
        self.starts.extend(match.end() for match in _LINE_END.finditer(text))
        self._end = len(text)

    def number(self, offset: int) -> int:
        """The 1-based line that holds the character at `offset`."""
        return bisect_right(self.starts, offset)

    def span(self, start: int, end: int) -> tuple[int, int]:
        """The 1-based first and last line of the characters in [start, end), which are not none."""
        return self.number(start), self.number(end - 1)

    def marks(self, start: int, end: int) -> tuple[tuple[int, int, int], ...]:
        """(offset from `start`, line, line) for every line that the characters in [start, end) touch."""
        first, last = self.span(start, end)
        return tuple((max(0, self.starts[line - 1] - start), line, line) for line in range(first, last + 1))

    def start(self, line: int) -> int:
        """Offset of the first character of the 0-based `line`; the text's end for lines past the last."""
        return self.starts[line] if line < len(self.starts) else self._end
