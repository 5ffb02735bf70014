"""When a path has come to rest: no event, and size and time unchanged, for a settable delay.

The clock is injected. A path at which there is nothing comes to rest too: a file that an editor is about to
put back is not gone.
"""

from __future__ import annotations

import stat
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

Look = tuple[int, int, int] | None
"""Kind, size and mtime of what is at a path; None where nothing is or can be seen."""


def look(path: Path) -> Look:
    """What is at `path` now; the size of anything but a regular file counts as 0."""
    try:
        status = path.lstat()
    except OSError:
        return None
    size = status.st_size if stat.S_ISREG(status.st_mode) else 0
    return stat.S_IFMT(status.st_mode), size, status.st_mtime_ns


class Stability:
    """Paths that something happened to, each until it has come to rest."""

    def __init__(self, delay_s: float, clock: Callable[[], float], look: Callable[[Path], Look] = look) -> None:
        self.delay_s = delay_s
        self._clock, self._look = clock, look
        self._moving: dict[Path, tuple[float, Look]] = {}

    def __len__(self) -> int:
        return len(self._moving)

    def __contains__(self, path: object) -> bool:
        return path in self._moving

    def touch(self, paths: Iterable[Path]) -> None:
        """Something happened there just now: the delay begins anew."""
        now = self._clock()
        for path in paths:
            self._moving[path] = now, self._look(path)

    def note(self, paths: Iterable[Path]) -> None:
        """A scan found these changed: the delay begins, unless it runs already."""
        self.touch(path for path in paths if path not in self._moving)

    def rested(self) -> list[Path]:
        """Those that have come to rest; they are not told again until something happens to them."""
        now = self._clock()
        due = [path for path, (since, _) in self._moving.items() if now - since >= self.delay_s]
        found: list[Path] = []
        for path in due:
            before, after = self._moving[path][1], self._look(path)
            if before == after:
                del self._moving[path]
                found.append(path)
            else:
                self._moving[path] = now, after
        return found

    def wait_s(self) -> float | None:
        """Seconds until something may have come to rest; None when nothing moves."""
        if not self._moving:
            return None
        return max(0.0, min(since for since, _ in self._moving.values()) + self.delay_s - self._clock())

    def sizes(self) -> Iterator[int]:
        """Sizes of the files that still move: one of them may be the new name of a file that is gone."""
        return (seen[1] for _, seen in self._moving.values() if seen is not None and stat.S_ISREG(seen[0]))

    def keep(self, wanted: Callable[[Path], bool]) -> None:
        """The others are of no interest any more."""
        self._moving = {path: at for path, at in self._moving.items() if wanted(path)}
