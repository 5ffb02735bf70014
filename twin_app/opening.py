"""Which program opens a file at a place: the person's own command, a viewer, the editor, the desktop.

Only chooses the command; running it is the caller's part.
"""

from __future__ import annotations

import shlex
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from twin_app.errors import SettingsError, TwinError

Which = Callable[[str], str | None]

# How each editor is told the line; any other editor gets the path alone.
EDITORS = {
    **dict.fromkeys(
        ("vi", "vim", "nvim", "nano", "emacs", "emacsclient", "kak", "joe", "micro", "gedit"),
        "+{line} {path}",
    ),
    **dict.fromkeys(("hx", "helix", "subl", "zed"), "{path}:{line}"),
    **dict.fromkeys(("code", "codium", "cursor"), "-g {path}:{line}"),
    "kate": "-l {line} {path}",
}
PDF_VIEWERS = {
    "evince": "--page-index={page} {path}",
    "okular": "-p {page} {path}",
    "zathura": "-P {page} {path}",
    "mupdf": "{path} {page}",
}
PARAGRAPHS = (".docx", ".docm", ".dotx", ".epub")  # files whose lines are paragraphs, which no editor goes to
DESKTOP = {"darwin": "open", "linux": "xdg-open"}


@dataclass(frozen=True, slots=True)
class Place:
    """A spot in a file; lines and pages count from 1, None where the kind of file has none."""

    path: Path
    line: int | None = None
    page: int | None = None


def command(place: Place, *, opener: str, editor: str, platform: str, which: Which) -> list[str]:
    """The command to run. Raises TwinError when this machine has nothing that would do."""
    if opener:
        return _fill(opener, place)
    if place.page is not None:
        for viewer, arguments in PDF_VIEWERS.items():
            if which(viewer):
                return _fill(f"{viewer} {arguments}", place)
    if place.line is not None and editor and place.path.suffix.lower() not in PARAGRAPHS:
        name = Path(shlex.split(editor)[0]).name
        return _fill(f"{editor} {EDITORS.get(name, '{path}')}", place)
    desktop = DESKTOP.get(platform, "xdg-open")
    if which(desktop):
        return [desktop, str(place.path)]
    if editor:
        return [*shlex.split(editor), str(place.path)]
    raise TwinError(
        f"no program found to open {place.path}: name one with "
        "`twin config set opener 'COMMAND {path}'` ({line} and {page} may be used too)"
    )


def _fill(template: str, place: Place) -> list[str]:
    """The template's words, filled in after splitting: a path with spaces stays one argument."""
    try:
        words = shlex.split(template)
    except ValueError as error:
        raise SettingsError(f"opener = {template!r}: {error}") from error
    return [word.format(path=place.path, line=place.line or 1, page=place.page or 1) for word in words]
