"""Zip files that hold an export: a chat, a mailbox. The members are read one by one, never unpacked to disk.

The directory of the archive is checked before anything is decompressed, and the bytes are counted while they
come, since the directory may lie.
"""

from __future__ import annotations

import dataclasses
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from pathlib import PurePosixPath

from ingest.context import Budget
from ingest.limits import Limits
from ingest.readers.source import Reader, Source, check_size
from ingest.text import SAMPLE_BYTES, clean
from ingest.types import Document, Reading, Unreadable

_SUFFIXES = (".txt", ".json", ".mbox", ".eml")
_ARCHIVES = (".zip", ".7z", ".rar", ".gz", ".bz2", ".xz", ".tar", ".tgz")
_SMALL_BYTES = 1_000_000  # below it no ratio is an attack: a page of blanks packs a thousand to one
_DAMAGED = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError, ValueError)


def holds_export(source: Source, readers: Sequence[Reader], limits: Limits) -> bool:
    """Whether there is something to read in it; true, too, for an archive that `read` will refuse."""
    try:
        with source.open() as file, zipfile.ZipFile(file) as archive:
            _check(archive, limits)
            damaged: list[str] = []
            return next(_exports(archive, readers, damaged), None) is not None or any(
                "damaged" in note for note in damaged
            )
    except (Unreadable, RuntimeError, *_DAMAGED):
        return True


def read(source: Source, readers: Sequence[Reader], budget: Budget, limits: Limits) -> Reading:
    """All exports in the archive, as one source; offsets and indexes go on from member to member."""
    unreadable: list[str] = []
    try:
        with source.open() as file, zipfile.ZipFile(file) as archive:
            _check(archive, limits)
            exports = list(_exports(archive, readers, unreadable))
    except RuntimeError as error:
        raise Unreadable("encrypted zip: unpack it and add the folder") from error
    except _DAMAGED as error:
        raise Unreadable(f"damaged zip ({error}): download or export it again") from error
    if not exports:
        raise Unreadable("; ".join(["no chat or mail export in it: unpack it and add the folder", *unreadable]))
    documents = _documents(source, exports, unreadable, budget, limits)
    return Reading(exports[0][1].kind, documents, unreadable)


def _check(archive: zipfile.ZipFile, limits: Limits) -> None:
    members = archive.infolist()
    if len(members) > limits.archive_members:
        raise Unreadable(f"more than {limits.archive_members} files in it (limit archive_members)")
    total = sum(info.file_size for info in members)
    if total > limits.archive_bytes:
        raise Unreadable(
            f"more than {limits.archive_bytes / 1e6:g} MB when unpacked (limit archive_bytes): "
            "unpack it and add the folder if you trust it"
        )
    packed = sum(info.compress_size for info in members)
    if total > _SMALL_BYTES and total > packed * limits.archive_ratio:
        raise Unreadable(
            f"expands more than {limits.archive_ratio} times (limit archive_ratio), as zip bombs do: "
            "unpack it and add the folder if you trust it"
        )
    for info in members:
        path = PurePosixPath(info.filename.replace("\\", "/"))
        if path.is_absolute() or ".." in path.parts or (path.parts and path.parts[0].endswith(":")):
            raise Unreadable(f"refused: the file name {info.filename!r} in it points outside the archive")


def _exports(
    archive: zipfile.ZipFile, readers: Sequence[Reader], unreadable: list[str]
) -> Iterator[tuple[str, Reader]]:
    """The names of the members that are exports, in order, with their readers."""
    for info in sorted(archive.infolist(), key=lambda info: info.filename):
        name = PurePosixPath(info.filename).name.lower()
        junk = name.startswith("._") or info.filename.startswith("__MACOSX/")
        if name.endswith(_ARCHIVES):
            unreadable.append(f"{info.filename}: an archive in an archive is not read; unpack it and add it")
        if info.is_dir() or junk or not name.endswith(_SUFFIXES):
            continue
        try:
            with archive.open(info) as member:
                head = member.read(SAMPLE_BYTES)
        except _DAMAGED as error:
            unreadable.append(f"{info.filename}: damaged ({error})")
            continue
        if reader := next((reader for reader in readers if reader.recognises(name, head)), None):
            yield info.filename, reader


def _documents(
    source: Source,
    exports: list[tuple[str, Reader]],
    unreadable: list[str],
    budget: Budget,
    limits: Limits,
) -> Iterator[Document]:
    offset = index = 0
    with source.open() as file, zipfile.ZipFile(file) as archive:
        for name, reader in exports:
            try:
                member = Source(source.path, member=name, content=_content(archive, name, limits))
                check_size(member, reader.limit, limits)
                reading = reader.read(member, budget, limits)
                after, following = offset, index
                for document in reading.documents:
                    yield _shifted(document, name, offset, index)
                    after = max(after, offset + document.char_end + 1)
                    following = max([following, *(index + m.index + 1 for _, m in document.messages)])
                offset, index = after, following
                unreadable.extend(f"{name}: {reason}" for reason in reading.unreadable)
            except Unreadable as error:
                unreadable.append(f"{name}: {error}")
            except (RuntimeError, *_DAMAGED) as error:
                unreadable.append(f"{name}: damaged ({error})")


def _content(archive: zipfile.ZipFile, name: str, limits: Limits) -> bytes:
    declared = archive.getinfo(name).file_size
    with archive.open(name) as member:
        content = member.read(declared + 1)
    if len(content) > declared or declared > limits.archive_bytes:
        raise Unreadable("larger than the archive says, as zip bombs are")
    return content


def _shifted(document: Document, name: str, offset: int, index: int) -> Document:
    """The document with the member's name at the head of its headings, and its place in the whole archive."""
    return dataclasses.replace(
        document,
        headings=(clean(name), *document.headings),
        char_start=document.char_start + offset,
        char_end=document.char_end + offset,
        line_start=None,
        line_end=None,
        messages=tuple(
            (at, dataclasses.replace(message, index=message.index + index)) for at, message in document.messages
        ),
    )
