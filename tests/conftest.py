"""What every test gets: no settings of the person's, a short runtime folder, poisoned `torch.empty`.

Owners that a test started under its `tmp_path` are ended with it.
"""

from __future__ import annotations

import os
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from twin_app.ownership import is_owned, read_note

# before torch, and for the owners that tests start: two of them share two cores
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
os.environ.setdefault("OMP_NUM_THREADS", "1")

STOP_S = 10.0


@pytest.fixture(autouse=True)
def isolated(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """No variable, setting or socket of the person who runs the tests is seen."""
    for name in [name for name in os.environ if name.startswith(("TWIN_", "XDG_"))]:
        monkeypatch.delenv(name)
    runtime = Path(tempfile.mkdtemp(prefix="tw", dir="/tmp"))  # a socket's path is limited to some 100 bytes
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(runtime))
    for name in ("DATA", "CONFIG", "STATE", "CACHE"):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(tmp_path / "xdg" / name.lower()))
    monkeypatch.setenv("NO_COLOR", "1")
    helpers = str(Path(__file__).parent / "twin_app")  # where an owner finds small_memory
    monkeypatch.setenv("PYTHONPATH", helpers, prepend=os.pathsep)
    yield
    for lock in tmp_path.rglob("owner.lock"):
        _end_owner(lock)
    shutil.rmtree(runtime, ignore_errors=True)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Where a memory of this test's own may live; not made yet."""
    return tmp_path / "home"


@pytest.fixture(scope="session")
def life(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A memory of some of samples/ with its owner, shared by the tests of the app (tests/ui/driving.py)."""
    from driving import live

    yield from live(tmp_path_factory.mktemp("person"))


@pytest.fixture(autouse=True)
def poisoned_empties(monkeypatch: pytest.MonkeyPatch) -> None:
    """Memory that torch hands out unset holds NaN, so that reading before writing shows."""
    torch: Any = sys.modules.get("torch")
    if torch is None:
        return

    def poisoned(make: Callable[..., Any]) -> Callable[..., Any]:
        def made(*arguments: Any, **options: Any) -> Any:
            tensor = make(*arguments, **options)
            if tensor.is_floating_point() and options.get("out") is None:
                with torch.no_grad():
                    tensor.fill_(float("nan"))
            return tensor

        return made

    for name in ("empty", "empty_like", "empty_strided"):
        monkeypatch.setattr(torch, name, poisoned(getattr(torch, name)))
    monkeypatch.setattr(torch.Tensor, "new_empty", poisoned(torch.Tensor.new_empty))


def _end_owner(lock: Path) -> None:
    for number in (signal.SIGTERM, signal.SIGKILL):
        deadline = time.monotonic() + STOP_S
        note = read_note(lock)
        if note is not None and is_owned(lock):
            with suppress(ProcessLookupError):
                os.kill(note.pid, number)
        while is_owned(lock) and time.monotonic() < deadline:
            time.sleep(0.02)
    assert not is_owned(lock), f"the owner of {lock} cannot be ended"
