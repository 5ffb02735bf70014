"""Running the person's own programs: an editor or pager takes the terminal over, a desktop's viewer does not."""

from __future__ import annotations

import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from textual.app import SuspendNotSupported

from twin_app import opening
from twin_app.errors import TwinError
from twin_app.settings import editor, pager
from ui.paths import is_there

if TYPE_CHECKING:
    from textual.app import App

# Programs of opening.EDITORS, and of the desktop, that open a window of their own.
WINDOWED = {"gedit", "subl", "zed", "code", "codium", "cursor", "kate", "xdg-open", "open", *opening.PDF_VIEWERS}


def place_of(record: Mapping[str, Any]) -> opening.Place:
    """Where a citation stands. Raises TwinError where its file is not there."""
    path = Path(str(record["source"]))
    if not is_there(path):
        raise TwinError(f"{path} is not there any more: what memory read of it is shown here")
    return opening.Place(path, record.get("line_start"), record.get("page"))


def open_source(app: App[Any], record: Mapping[str, Any], opener: str) -> str:
    """Open a source at its place with what this machine has for it; returns the program's name."""
    command = opening.command(
        place_of(record), opener=opener, editor=editor(), platform=sys.platform, which=shutil.which
    )
    return run(app, command)


def edit_source(app: App[Any], record: Mapping[str, Any]) -> str:
    """Open a source in the person's editor, at the line; returns the program's name."""
    place, program = place_of(record), editor()
    if not program:
        raise TwinError("no editor is named: set EDITOR, as in `export EDITOR=nano`, and start twin again")
    line_only = opening.Place(place.path, place.line or 1, None)
    command = opening.command(line_only, opener="", editor=program, platform=sys.platform, which=shutil.which)
    return run(app, command)


def edit_text(app: App[Any], text: str) -> str:
    """The text as the person leaves it in their editor."""
    program = editor()
    if not program:
        raise TwinError("no editor is named: set EDITOR, as in `export EDITOR=nano`, and start twin again")
    with tempfile.NamedTemporaryFile("w+", suffix=".md", prefix="twin-", encoding="utf-8") as file:  # 0600
        file.write(text)
        file.flush()
        run(app, [*shlex.split(program), file.name])
        return Path(file.name).read_text(encoding="utf-8", errors="replace").rstrip("\n")  # some editors replace it


def show_text(app: App[Any], text: str) -> None:
    """The text in the person's pager."""
    with tempfile.NamedTemporaryFile("w", suffix=".txt", prefix="twin-", encoding="utf-8") as file:  # 0600
        file.write(text + "\n")
        file.flush()
        run(app, [*shlex.split(pager()), file.name])


def run(app: App[Any], command: list[str]) -> str:
    """Run a program; one that needs the terminal gets it until it ends. Raises TwinError where it cannot be run."""
    name = Path(command[0]).name
    try:
        if name in WINDOWED:
            subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            )
        else:
            with app.suspend():
                subprocess.run(command, check=False)
    except SuspendNotSupported as error:
        raise TwinError(f"{name} needs the terminal, and this one cannot be lent: open the file yourself") from error
    except OSError as error:
        raise TwinError(
            f"cannot run {command[0]}: {error.strerror}; name another with `twin config set opener 'COMMAND {{path}}'`"
        ) from error
    return name
