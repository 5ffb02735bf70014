"""Opening a zip file that a stranger may have made: its directory is checked before anything is decompressed.

Members are read by name from the directory and never unpacked to disk; what comes out of one is counted, since
the directory may lie. Knows nothing of what the members hold.
"""

from __future__ import annotations

import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import PurePosixPath
from typing import IO

from ingest.limits import Limits
from ingest.readers.source import Source
from ingest.types import Unreadable

DAMAGED = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError, ValueError, struct.error)
"""What zipfile raises for archives and members that are broken."""

_SMALL_BYTES = 1_000_000  # below it no ratio is an attack: a page of blanks packs a thousand to one
_END = b"PK\x05\x06"  # of the directory: counts and sizes follow, then a comment of at most 64 KB
_LOCATOR64 = b"PK\x06\x07"
_ENTRY = b"PK\x01\x02"
_ENTRY_BYTES = 400  # of one member in the directory, generously: 46, its name and extra fields
_UNPACK = "unpack it and add the folder if you trust it"


@contextmanager
def unzipped(source: Source, limits: Limits) -> Iterator[zipfile.ZipFile]:
    """The archive, open for reading. Raises Unreadable where it is damaged, encrypted, or built to do harm."""
    try:
        with source.open() as file:
            _check_directory(file, limits)
            with zipfile.ZipFile(file) as archive:
                _check_members(archive.infolist(), limits)
                yield archive
    except DAMAGED as error:
        raise Unreadable(f"damaged zip ({error}): download or export it again") from error


def content(archive: zipfile.ZipFile, info: zipfile.ZipInfo, most: int, limit: str) -> bytes:
    """A member's bytes, at most `most` of them by the limit of that name. Raises Unreadable, or one of DAMAGED."""
    if info.file_size > most:
        raise Unreadable(f"{info.filename} is larger than {most / 1e6:g} MB when unpacked (limit {limit})")
    with archive.open(info) as member:
        return member.read(info.file_size)


def is_link(info: zipfile.ZipInfo) -> bool:
    """Whether the member is a symbolic link, whose content is a path and no words."""
    return stat.S_ISLNK(info.external_attr >> 16)


def _check_directory(file: IO[bytes], limits: Limits) -> None:
    """Refuses a directory with too many members before it is read into memory, half a kilobyte for each."""
    size = file.seek(0, 2)
    file.seek(max(0, size - 65_557))
    tail = file.read()
    end = tail.rfind(_END)
    if end < 0 or len(tail) < end + 22:
        raise zipfile.BadZipFile("no directory at its end: not a zip, or cut off")
    (directory_bytes,) = struct.unpack_from("<I", tail, end + 12)
    locator = end - 20
    if locator >= 0 and tail.startswith(_LOCATOR64, locator):  # a zip64, whose own record counts instead
        file.seek(struct.unpack_from("<Q", tail, locator + 8)[0])
        (directory_bytes,) = struct.unpack_from("<Q", file.read(48), 40)
    too_many = Unreadable(f"more than {limits.archive_members} files in it (limit archive_members): {_UNPACK}")
    if directory_bytes > limits.archive_members * _ENTRY_BYTES + _SMALL_BYTES:
        raise too_many
    file.seek(max(0, size - len(tail) + end - directory_bytes - 1_000))
    if file.read(directory_bytes + 1_000).count(_ENTRY) > limits.archive_members:
        raise too_many
    file.seek(0)


def _check_members(members: list[zipfile.ZipInfo], limits: Limits) -> None:
    total = sum(info.file_size for info in members)
    if total > limits.archive_bytes:
        raise Unreadable(f"more than {limits.archive_bytes / 1e6:g} MB when unpacked (limit archive_bytes): {_UNPACK}")
    packed = sum(info.compress_size for info in members)
    if total > _SMALL_BYTES and total > packed * limits.archive_ratio:
        raise Unreadable(
            f"expands more than {limits.archive_ratio} times (limit archive_ratio), as zip bombs do: {_UNPACK}"
        )
    for info in members:
        path = PurePosixPath(info.filename.replace("\\", "/"))
        if path.is_absolute() or ".." in path.parts or (path.parts and path.parts[0].endswith(":")):
            raise Unreadable(f"refused: the file name {info.filename!r} in it points outside the archive")
        if info.flag_bits & 1:
            raise Unreadable("encrypted zip: unpack it and add the folder")
