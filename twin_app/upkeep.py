"""Looking after a memory, on the owner's side: does everything agree, a backup of it, and what `twin doctor` asks."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from twin_app.agreement import Agreement
from twin_app.engines import Engines
from twin_app.errors import CancelledError, TwinError
from twin_app.forgetting import Forgetter
from twin_app.offline import evidence
from twin_app.protocol import Call, Params, Result
from twin_app.reading import progress
from twin_app.relay import Relay
from twin_app.transfer import write_export
from twin_app.turns import Turn


class Upkeep:
    """Methods of the protocol."""

    def __init__(
        self, engines: Engines, agreement: Agreement, forgetter: Forgetter, turn: Turn, go_on: Callable[[], None]
    ) -> None:
        self._go_on = go_on  # starts the background, where there is something to do
        self.engines, self.agreement, self.forgetter, self._turn = engines, agreement, forgetter, turn
        self.catalog = agreement.catalog

    def verify(self, params: Params, call: Call) -> Result:
        """With `forgotten` whether anything of a receipt can be reached; with `fix` what is derived is made anew."""
        receipt = params.get("forgotten")
        with Relay(call) as relay, self._turn("a verify", relay):
            if params.get("fix"):
                self.agreement.restore_words()
                self.engines.mend()
            problems = self.agreement.problems() if receipt is None else self.forgetter.verify(receipt)
        self._go_on()
        return {"ok": not problems, "problems": problems}

    def inspect(self, params: Params, call: Call) -> Result:
        """Whether the model can be loaded, and what shows that the network is off, both from inside the owner."""
        trouble = ""
        try:
            self.engines.load()
        except TwinError as error:
            trouble = str(error)
        return {"model": self.engines.model, "trouble": trouble, "changing": self.engines.changing(), **evidence()}

    def export(self, params: Params, call: Call) -> Result:
        """Everything but the word index, in a new folder, at one moment: nobody writes meanwhile."""
        tensors, folder, settings = bool(params.get("tensors", True)), Path(params["folder"]), params.get("settings")
        began = time.monotonic()

        def told(phase: str, done: int, total: int) -> None:
            relay.emit(progress(phase, done, total, "bytes", time.monotonic() - began, 0))
            if relay.cancelled():
                raise CancelledError("interrupted: nothing was exported")

        def write_catalog(path: Path) -> None:
            self.catalog.copy_to(path, encoded=tensors)

        with Relay(call) as relay, self._turn("an export", relay):
            counts, files = self.catalog.counts(), self.engines.banks.files() if tensors else {}
            about = {
                "tensors": tensors, "model": self.engines.model, "documents": counts.documents,
                "sources": counts.sources, "conversations": len(self.catalog.conversations.find()),
            }  # fmt: skip
            manifest = write_export(folder, files, write_catalog, about, str(settings or ""), told)
        return about | {"folder": str(folder), "bytes": sum(entry["bytes"] for entry in manifest["files"])}
