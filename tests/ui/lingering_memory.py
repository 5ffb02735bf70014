"""A memory whose owner takes its time to leave: a `--factory` for owners that tests start."""

from __future__ import annotations

import time

from twin_app.twin import Twin

LINGERS_S = 4.0


class LingeringMemory(Twin):
    def close(self) -> None:
        super().close()
        time.sleep(LINGERS_S)
