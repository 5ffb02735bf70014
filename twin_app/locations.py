"""Where one memory lives: data, settings, logs, and the socket its owner listens on.

With a home everything is under it; without one, where the platform keeps such things. The socket
lies under a short runtime folder whatever the home is, because a socket's path is limited to about
100 bytes. This module and `settings` are the only readers of the environment.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from twin_app.errors import TwinError

SOCKET_PATH_LIMIT = 103  # bytes; sun_path is 104 on macOS and the BSDs, 108 on Linux, with a final NUL
# What lies in a memory's data folder.
OWN = frozenset(
    {
        *("catalog.duckdb", "catalog.duckdb.wal", "words.sqlite", "words.sqlite-wal", "words.sqlite-shm", "bank"),
        *("banks.json", "models", "owner.lock", "config.toml", "logs", "last-list.json", "importing"),
    }
)


@dataclass(frozen=True, slots=True)
class Locations:
    """The paths of one memory; `home` is None when the platform's folders are used."""

    home: Path | None
    data: Path
    config_file: Path
    logs: Path
    runtime: Path

    @property
    def lock(self) -> Path:
        return self.data / "owner.lock"

    @property
    def owner_log(self) -> Path:
        return self.logs / "owner.log"

    @property
    def socket(self) -> Path:
        """The socket's path; the same home gives the same path, however it is written."""
        import hashlib

        name = hashlib.sha256(os.fsencode(self.data.resolve())).hexdigest()[:16] + ".sock"
        return self.runtime / name

    def prepare(self) -> None:
        """Make the folders, readable by nobody else. Raises TwinError where that is impossible."""
        for folder in (self.data, self.config_file.parent, self.logs):
            make_private(folder)
        close_to_others(self.data)
        make_runtime(self.runtime)


def locate(home: Path | None = None, environment: Mapping[str, str] | None = None) -> Locations:
    """The locations of the memory at `home`, at TWIN_HOME, or at the platform's places."""
    environment = os.environ if environment is None else environment
    if home is None and environment.get("TWIN_HOME"):
        home = Path(environment["TWIN_HOME"])
    runtime = _runtime(environment)
    if home is not None:
        home = Path(os.path.abspath(home.expanduser()))  # noqa: PTH100 - resolve() would follow links
        return Locations(home, home, home / "config.toml", home / "logs", runtime)
    import platformdirs

    return Locations(
        None,
        platformdirs.user_data_path("twin", appauthor=False),
        platformdirs.user_config_path("twin", appauthor=False) / "config.toml",
        platformdirs.user_log_path("twin", appauthor=False),
        runtime,
    )


def carried(environment: Mapping[str, str] | None = None) -> dict[str, str]:
    """The variables that say where the platform's folders are: an owner that a service starts must know them too."""
    environment = os.environ if environment is None else environment
    names = ("XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME")
    return {name: environment[name] for name in names if environment.get(name)}


def user_folders(environment: Mapping[str, str] | None = None) -> tuple[Path, Path]:
    """The person's own folder, and the one for configuration."""
    environment = os.environ if environment is None else environment
    user = Path.home()
    return user, Path(environment.get("XDG_CONFIG_HOME") or user / ".config")


def _runtime(environment: Mapping[str, str]) -> Path:
    """A short folder of this user's own: `$XDG_RUNTIME_DIR/twin`, else one in the temporary folder."""
    own = f"twin-{os.getuid()}"
    preferred = environment.get("XDG_RUNTIME_DIR")
    if preferred and Path(preferred).is_dir() and _is_short(found := Path(preferred) / "twin"):
        return found
    temporary = Path(environment.get("TMPDIR") or "/tmp")  # `tempfile` would cost every command 3 ms
    found = temporary / own
    return found if temporary.is_dir() and _is_short(found) else Path("/tmp") / own


def _is_short(runtime: Path) -> bool:
    return len(os.fsencode(runtime)) + 1 + 16 + len(".sock") <= SOCKET_PATH_LIMIT


def make_private(folder: Path) -> None:
    """Make `folder` (0700) and what leads to it; a folder that is there keeps its mode (`close_to_others`)."""
    try:
        missing = [path for path in (folder, *folder.parents) if not path.exists()]
        for path in reversed(missing):
            path.mkdir(mode=0o700, exist_ok=True)
        if not folder.is_dir():
            raise TwinError(f"{folder} is not a folder: move it away or choose another --home")
    except OSError as error:
        raise TwinError(f"cannot make the folder {folder}: {error.strerror}") from error


def close_to_others(folder: Path) -> None:
    """Make a memory's own folder 0700. One that holds other things too is left as it is: `twin doctor` tells."""
    mode = stat.S_IMODE(folder.stat().st_mode)
    if mode & 0o077 and folder.stat().st_uid == os.getuid() and {path.name for path in folder.iterdir()} <= OWN:
        folder.chmod(mode & 0o700)


def make_runtime(folder: Path) -> None:
    """Make the runtime folder, and refuse one that others could have put there or can write to."""
    make_private(folder)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid():
        raise TwinError(f"{folder} does not belong to you: remove it, or set XDG_RUNTIME_DIR to a folder that does")
    if stat.S_IMODE(found.st_mode) & 0o077:
        folder.chmod(0o700)
