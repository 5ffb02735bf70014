"""A process that dies, as by kill -9, at one step of a write: `python killing.py STEP TIMES add|forget HOME PATH`."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

from real_memory import Caller, add

from twin_app.settings import Settings
from twin_app.twin import Twin


def main(step: str, times: str, action: str, home: str, path: str) -> None:
    left = int(times)

    def fault(reached: str) -> None:
        nonlocal left
        left -= reached == step
        if reached == step and left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    memory = Twin(Path(home), Settings(), fault=fault)
    with memory.engines.asking() as engine:
        engine.bank._fault_point = fault
    if action == "add":
        add(memory, Path(path))
    else:
        memory.forget({"paths": [path], "confirm": True}, Caller())
    memory.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
