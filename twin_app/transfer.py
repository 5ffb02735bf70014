"""Backup and restore: a folder with a manifest of checksums, written last, and read back into an empty home.

The owner writes an export while nobody else writes, so it is one moment of the memory; what only repeats the catalog
(the word index) is left out and made anew. Importing needs no owner and no model: it is done by whoever holds the lock.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from twin_app import __version__
from twin_app.errors import TwinError
from twin_app.locations import Locations, make_private
from twin_app.ownership import take

FORMAT = 1
MANIFEST, CATALOG, SETTINGS, BANK, BANKS = "manifest.json", "catalog.duckdb", "config.toml", "bank", "banks.json"
DERIVED = ("words.sqlite", "words.sqlite-wal", "words.sqlite-shm", CATALOG + ".wal", "last-list.json")
IMPORTING = "importing"  # folder under the home in which an import is put together
PIECE = 1 << 20
SPARE = 16_000_000  # bytes that stay free

Told = Callable[[str, int, int], None]  # what, bytes done, bytes in all


def write_export(
    folder: Path, files: Mapping[str, Path], write_catalog: Callable[[Path], None], about: Mapping[str, Any],
    settings: str, told: Told,
) -> dict[str, Any]:  # fmt: skip
    """The manifest of an export in `folder`, which must be empty or not there: nothing is ever overwritten.

    `files` are copied under the names given. Raises TwinError, having removed what it wrote.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise TwinError(f"{folder} is not empty: name a folder that is not there yet")
    is_new = not folder.exists()
    make_private(folder)
    try:
        write_catalog(folder / CATALOG)
        total = sum(path.stat().st_size for path in files.values())
        if shutil.disk_usage(folder).free < total + SPARE:
            raise TwinError(f"{folder}: {total / 1e6:,.0f} MB are needed and not free there (or use --no-tensors)")
        (folder / SETTINGS).touch(mode=0o600)
        (folder / SETTINGS).write_text(settings, encoding="utf-8")
        entries = [_entry(folder, name) for name in (CATALOG, SETTINGS)]
        done = 0
        for name, path in sorted(files.items()):
            entries.append({"path": name, "bytes": path.stat().st_size, "sha256": _copy(path, folder / name)})
            done += entries[-1]["bytes"]
            told("copying", done, total)
        manifest = {
            "twin_export": FORMAT, "version": __version__, "created": datetime.now(UTC).isoformat(), **about,
            "files": entries,
        }  # fmt: skip
        _write_last(folder / MANIFEST, json.dumps(manifest, indent=1))
        return manifest
    except BaseException as error:
        _remove_contents(folder)
        if is_new:
            folder.rmdir()
        if isinstance(error, OSError):
            raise TwinError(
                f"the export to {folder} failed: {error.strerror or error}; nothing is left there"
            ) from error
        raise


def read_manifest(folder: Path) -> dict[str, Any]:
    """The manifest of a whole export. Raises TwinError."""
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        version, files = manifest["twin_export"], manifest["files"]
        names = [str(entry["path"]) for entry in files if int(entry["bytes"]) >= 0 and str(entry["sha256"])]
    except FileNotFoundError as error:
        raise TwinError(
            f"{folder} is no whole export: it has no {MANIFEST}, which is written last; export once more"
        ) from error
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise TwinError(f"{folder / MANIFEST} cannot be read: {error}; use another export") from error
    if version != FORMAT:
        raise TwinError(
            f"{folder} has format {version}, this Twin reads {FORMAT}: use the Twin that wrote it, or newer"
        )
    for name in names:
        parts = Path(name).parts
        if Path(name).is_absolute() or ".." in parts or not _is_expected(parts):
            raise TwinError(f"{folder / MANIFEST} names {name!r}, which no export holds: nothing was imported")
    if CATALOG not in names:
        raise TwinError(f"{folder / MANIFEST} names no catalog: use another export")
    return dict(manifest)


def _is_expected(parts: tuple[str, ...]) -> bool:
    return parts in ((CATALOG,), (SETTINGS,), (BANKS,)) or (len(parts) == 3 and parts[0] == BANK)


def read_import(folder: Path, locations: Locations, told: Told) -> dict[str, Any]:
    """Puts an export in the place of an empty memory whose owner is gone; its manifest. The catalog's rename is the
    commit: killed before it, the memory is as empty as it was. Raises TwinError, with nothing changed."""
    manifest = read_manifest(folder)
    entries = manifest["files"]
    total = sum(int(entry["bytes"]) for entry in entries)
    locations.prepare()
    home = locations.data
    if shutil.disk_usage(home).free < total + SPARE:
        raise TwinError(f"{home}: {total / 1e6:,.0f} MB are needed and not free there")
    ownership = take(locations.lock, locations.socket)
    if ownership is None:
        raise TwinError(f"another process holds {home}: run `twin stop`, then import again")
    fresh = home / IMPORTING
    try:
        shutil.rmtree(fresh, ignore_errors=True)
        done = 0
        for entry in entries:
            if _copy(folder / entry["path"], fresh / entry["path"]) != entry["sha256"]:
                raise TwinError(f"{folder / entry['path']} is damaged: it is not what was exported; use another export")
            done += int(entry["bytes"])
            told("copying", done, total)
        _put_in_place(fresh, locations)
    except OSError as error:
        where = f" ({error.filename})" if error.filename else ""
        raise TwinError(f"the import failed: {error.strerror or error}{where}; the memory is as it was") from error
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
        ownership.release()
    return manifest


def _put_in_place(fresh: Path, locations: Locations) -> None:
    home = locations.data
    for name in DERIVED:
        (home / name).unlink(missing_ok=True)
    shutil.rmtree(home / BANK, ignore_errors=True)
    if (fresh / BANK).is_dir():
        (fresh / BANK).replace(home / BANK)
    if (fresh / BANKS).is_file():
        (fresh / BANKS).replace(home / BANKS)
    if not locations.config_file.exists():
        _copy(fresh / SETTINGS, locations.config_file)
    _flush(home)
    (fresh / CATALOG).replace(home / CATALOG)
    _flush(home)


def _entry(folder: Path, name: str) -> dict[str, Any]:
    with (folder / name).open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    return {"path": name, "bytes": (folder / name).stat().st_size, "sha256": sha256}


def _copy(source: Path, target: Path) -> str:
    """Copies one file (0600), durably; its sha256."""
    make_private(target.parent)
    digest = hashlib.sha256()
    with source.open("rb") as read, os.fdopen(_create(target), "wb") as write:
        while piece := read.read(PIECE):
            digest.update(piece)
            write.write(piece)
        write.flush()
        os.fsync(write.fileno())
    return digest.hexdigest()


def _write_last(path: Path, text: str) -> None:
    temporary = path.with_name(path.name + ".tmp")
    with os.fdopen(_create(temporary), "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)
    _flush(path.parent)


def _create(path: Path) -> int:
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)


def _flush(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _remove_contents(folder: Path) -> None:
    def paths() -> Iterable[Path]:
        return list(folder.iterdir())

    for path in paths():
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)
