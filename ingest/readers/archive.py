"""Zip files that hold an export: a chat, a mailbox. The members are read one by one, as one source."""

from __future__ import annotations

import dataclasses
import functools
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import PurePosixPath

from ingest.context import Budget
from ingest.limits import Limits
from ingest.readers import slack
from ingest.readers.source import Reader, Source, check_size
from ingest.readers.zipped import DAMAGED, is_link, unzipped
from ingest.text import SAMPLE_BYTES, clean
from ingest.types import Document, Reading, Unreadable

_SUFFIXES = (".txt", ".json", ".mbox", ".eml")
_ARCHIVES = (".zip", ".7z", ".rar", ".gz", ".bz2", ".xz", ".tar", ".tgz")


def holds_export(source: Source, readers: Sequence[Reader], limits: Limits) -> bool:
    """Whether there is something to read in it; true, too, for an archive that `read` will refuse."""
    try:
        with unzipped(source, limits) as archive:
            damaged: list[str] = []
            return (
                slack.is_export(archive)
                or next(_exports(archive, readers, damaged), None) is not None
                or any("damaged" in note for note in damaged)
            )
    except Unreadable:
        return True


def read(source: Source, readers: Sequence[Reader], budget: Budget, limits: Limits) -> Reading:
    """All exports in the archive, as one source; offsets and indexes go on from member to member."""
    unreadable: list[str] = []
    with unzipped(source, limits) as archive:
        if slack.is_export(archive):
            return slack.read_export(source, budget, limits)
        exports = list(_exports(archive, readers, unreadable))
    if not exports:
        raise Unreadable("; ".join(["no chat or mail export in it: unpack it and add the folder", *unreadable]))
    documents = _documents(source, exports, unreadable, budget, limits)
    return Reading(exports[0][1].kind, documents, unreadable)


def _exports(
    archive: zipfile.ZipFile, readers: Sequence[Reader], unreadable: list[str]
) -> Iterator[tuple[zipfile.ZipInfo, Reader]]:
    """The members that are exports, in order, with their readers."""
    for info in sorted(archive.infolist(), key=lambda info: info.filename):
        name = PurePosixPath(info.filename).name.lower()
        junk = name.startswith("._") or info.filename.startswith("__MACOSX/")
        if name.endswith(_ARCHIVES):
            unreadable.append(f"{info.filename}: an archive in an archive is not read; unpack it and add it")
        if info.is_dir() or junk or not name.endswith(_SUFFIXES):
            continue
        if is_link(info):
            unreadable.append(f"{info.filename}: a link in an archive is not followed")
            continue
        try:
            with archive.open(info) as member:
                head = member.read(SAMPLE_BYTES)
        except DAMAGED as error:
            unreadable.append(f"{info.filename}: damaged ({error})")
            continue
        if reader := next((reader for reader in readers if reader.recognises(name, head)), None):
            yield info, reader


def _documents(
    source: Source,
    exports: list[tuple[zipfile.ZipInfo, Reader]],
    unreadable: list[str],
    budget: Budget,
    limits: Limits,
) -> Iterator[Document]:
    offset = index = 0
    with unzipped(source, limits) as archive:
        for info, reader in exports:
            name = info.filename
            member = Source(source.path, name, functools.partial(archive.open, info), info.file_size)
            try:
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
            except DAMAGED as error:
                unreadable.append(f"{name}: damaged ({error})")


def _shifted(document: Document, name: str, offset: int, index: int) -> Document:
    """The document with the member's name at the head of its headings, and its place in the whole archive."""
    return dataclasses.replace(
        document,
        headings=(clean(name), *document.headings),
        char_start=document.char_start + offset,
        char_end=document.char_end + offset,
        line_start=None,
        line_end=None,
        lines=(),
        messages=tuple(
            (at, dataclasses.replace(message, index=message.index + index)) for at, message in document.messages
        ),
    )
