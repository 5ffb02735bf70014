"""`twin doctor`: what is well with a memory and what is not, what to do about it, and what can safely be mended.

Looks at files and the lock itself; what only the owner can know (model, agreement, network) it asks the owner.
"""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from twin_app import settings
from twin_app.client import Client
from twin_app.errors import TwinError
from twin_app.locations import Locations
from twin_app.ownership import is_owned, read_note
from twin_app.terminal import Terminal, advice

LOW_BYTES, TOO_LOW_BYTES = 2_000_000_000, 200_000_000  # free on the memory's disk
NAMED = 5  # paths that are told one by one

State = Literal["ok", "warning", "problem"]


@dataclass(frozen=True, slots=True)
class Check:
    """One finding. `fixed` says what was mended; `todo` what is left for the person, "" if nothing."""

    name: str
    state: State
    detail: str
    todo: str = ""
    fixed: str = ""


def examine(locations: Locations, client: Client, terminal: Terminal, *, fix: bool) -> Iterator[Check]:
    """Every check as it is done; the owner is started for the last ones."""
    yield check_settings(locations.config_file)
    yield check_permissions(locations, fix=fix)
    yield check_disk(locations.data)
    yield check_owner(locations, fix=fix)
    yield from check_inside(client, fix=fix)
    yield check_terminal(terminal)


def check_settings(file: Path) -> Check:
    """All bad values at once, each named; a bad file is never mended by a guess."""
    problems = settings.problems(file)
    if problems:
        todo = f"correct {file} with an editor, or move it away to use the defaults"
        return Check("settings", "problem", "; ".join(problems), todo)
    return Check("settings", "ok", str(file) if file.exists() else f"defaults (no {file} yet)")


def check_permissions(locations: Locations, *, fix: bool) -> Check:
    """Folders 0700, files 0600, all of them the person's own."""
    folders = (locations.data, locations.config_file.parent, locations.logs, locations.runtime)
    roots = [folder for folder in dict.fromkeys(folders) if folder.is_dir()]
    paths = [path for root in roots for path in (root, *root.rglob("*")) if not path.is_symlink()]
    foreign, open_ones = [], []
    for path in dict.fromkeys(paths):
        try:
            found = path.lstat()
        except FileNotFoundError:  # gone since it was listed
            continue
        if found.st_uid != os.getuid():
            foreign.append(path)
        elif stat.S_IMODE(found.st_mode) & 0o077:
            open_ones.append(path)
    if foreign:
        return Check("permissions", "problem", f"of another user: {_named(foreign)}", "take them over with chown")
    if not open_ones:
        return Check("permissions", "ok", "files 0600, folders 0700")
    what = f"others can get at {len(open_ones):,} files or folders: {_named(open_ones)}"
    if not fix:
        return Check("permissions", "problem", what, "`twin doctor --fix` closes them")
    for path in open_ones:
        path.chmod(stat.S_IMODE(path.lstat().st_mode) & 0o700)
    return Check("permissions", "ok", "files 0600, folders 0700", fixed=f"closed {_named(open_ones)}")


def check_disk(data: Path) -> Check:
    there = next(path for path in (data, *data.parents) if path.exists())
    free = shutil.disk_usage(there).free
    detail = f"{free / 1e9:,.1f} GB free where the memory lies"
    if free < TOO_LOW_BYTES:
        return Check("disk", "problem", detail, f"make room on the disk of {there}: nothing more can be added safely")
    if free < LOW_BYTES:
        return Check("disk", "warning", detail, f"make room on the disk of {there}")
    return Check("disk", "ok", detail)


def check_owner(locations: Locations, *, fix: bool) -> Check:
    """Alive, or absent with nothing left in the way. A lock file that nobody holds is no trace of anything."""
    if is_owned(locations.lock):
        note = read_note(locations.lock)
        if note is None or not note.socket.exists():
            return Check("owner", "warning", "an owner is starting or leaving", "run `twin doctor` again")
        return Check("owner", "ok", f"process {note.pid} listens at {note.socket}")
    if not locations.socket.exists():
        return Check("owner", "ok", "none running; one starts when it is needed")
    if not fix:
        what = f"a stale socket of an owner that was killed: {locations.socket}"
        return Check(
            "owner", "warning", what, "harmless: the next command replaces it (`twin doctor --fix` removes it)"
        )
    locations.socket.unlink(missing_ok=True)
    return Check("owner", "ok", "none running; one starts when it is needed", fixed=f"removed {locations.socket}")


def check_inside(client: Client, *, fix: bool) -> Iterator[Check]:
    """What the owner knows: the model, whether everything agrees, and the network."""
    try:
        found = client.call("inspect", {})
    except TwinError as error:
        yield Check("model", "problem", str(error), f"see {client.locations.owner_log}")
        return
    if found["trouble"]:
        yield Check("model", "problem", found["trouble"], "`twin model use twin-tiny --now` takes the embedded one")
    elif found["changing"] and found["changing"]["trouble"]:
        yield Check(
            "model", "warning", f"{found['model']} serves; the model to come cannot: {found['changing']['trouble']}",
            f"`twin model use {found['model']}` stays with it",
        )  # fmt: skip
    else:
        yield Check("model", "ok", f"{found['model']} is there and loads")
    yield _agreement(client, fix=fix)
    yield _network(found["refused"], found["open"], found["listed"])


def _agreement(client: Client, *, fix: bool) -> Check:
    try:
        before = client.call("verify", {})["problems"]
        after = client.call("verify", {"fix": True})["problems"] if before and fix else before
    except TwinError as error:
        return Check("agreement", "problem", str(error), f"see {client.locations.owner_log}")
    if after:
        todo = "restore a backup (`twin import`), or add your folders again with `twin add --again`"
        more = f" and {len(after) - NAMED:,} more" if len(after) > NAMED else ""
        text = "; ".join(after[:NAMED]) + more
        return Check("agreement", "problem", text, todo if fix else "`twin doctor --fix` makes anew what can be")
    fixed = f"made anew: {'; '.join(before[:NAMED])}" if before else ""
    return Check("agreement", "ok", "catalog, word index and bank agree", fixed=fixed)


def _network(refused: bool, sockets: int, listed: bool) -> Check:
    if not refused or sockets:
        what = f"a connection was {'refused' if refused else 'let through'}, {sockets} network sockets are open"
        return Check("network", "problem", what, "stop the owner (`twin stop`) and report this")
    seen = ", and the kernel lists no network socket of it" if listed else ""
    return Check("network", "ok", f"off: the owner refused a connection that was tried just now{seen}")


def check_terminal(terminal: Terminal) -> Check:
    if not terminal.is_terminal:
        return Check("terminal", "ok", "none (output goes to a file or pipe)")
    words: dict[bool | None, str] = {True: "yes", False: "no", None: "unknown"}
    parts = [
        f"{terminal.columns}×{terminal.lines}", f"colours: {terminal.colours}", f"links: {words[terminal.links]}",
        f"copying: {words[terminal.clipboard]}", "UTF-8" if terminal.utf8 else "not UTF-8",
        *([terminal.multiplexer] if terminal.multiplexer else []), *(["over ssh"] if terminal.remote else []),
    ]  # fmt: skip
    todo = advice(terminal)
    return Check("terminal", "warning" if todo else "ok", ", ".join(parts), "; ".join(todo))


def _named(paths: list[Path]) -> str:
    more = len(paths) - NAMED
    return ", ".join([*map(str, paths[:NAMED]), *([f"and {more:,} more"] if more > 0 else [])])
