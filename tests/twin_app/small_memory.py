"""A memory small enough to test the owner with: it can be slow, fail or die on demand."""

from __future__ import annotations

import os
import time
from pathlib import Path

from twin_app.errors import CancelledError, TwinError
from twin_app.protocol import Call, Params, Result
from twin_app.settings import Settings

CITATION = {
    "n": 1,
    "document": "d-000001",
    "source": "/notes/trip plan.md",
    "kind": "markdown",
    "page": None,
    "line_start": 3,
    "line_end": 4,
    "message": None,
    "also_in": [],
    "quote": "We fly on\nMonday.\x1b[31m",
    "state": "unchanged",
}


class SmallMemory:
    def __init__(self, home: Path, settings: Settings) -> None:
        self.home, self.settings = home, settings
        with self._file("opened").open("a") as stream:
            stream.write(f"{os.getpid()}\n")

    def _file(self, name: str) -> Path:
        return self.home / name

    def configure(self, settings: Settings) -> None:
        self.settings = settings
        self._file("configured").write_text(",".join(settings.ignore))

    def in_words(self, error: Exception) -> str | None:
        return None

    def busy(self) -> bool:
        return self._file("busy").exists()

    def close(self) -> None:
        self._file("closed").write_text("closed")

    def status(self, params: Params, call: Call) -> Result:
        return {"documents": 0, "owner_pid": os.getpid(), "model": self.settings.model, "bytes_on_disk": 12}

    def add(self, params: Params, call: Call) -> Result:
        """Works until it is cancelled when told to; the file shows that it finished in good order."""
        call.emit({"event": "progress", "phase": "reading", "done": 1, "total": 2, "unit": "files"})
        if params.get("again"):
            deadline = time.monotonic() + 20
            while not call.cancelled() and time.monotonic() < deadline:
                time.sleep(0.01)
            self._file("cancelled").write_text(str(call.cancelled()))
            raise CancelledError("adding was interrupted")
        failed = [{"path": path, "reason": "broken"} for path in params["paths"] if path.endswith(".bad")]
        return {
            "read": len(params["paths"]) - len(failed),
            "unchanged": 0,
            "renamed": 0,
            "ignored": [],
            "failed": failed,
            "documents": 1,
            "tokens": 10,
            "seconds": 0.5,
            "paths": params["paths"],
        }

    def ask(self, params: Params, call: Call) -> Result:
        grounded = params["question"] != "unknown"
        text = "On Monday." if grounded else ""
        for word in text.split(" ") if params["stream"] and text else []:
            call.emit({"event": "text", "delta": word if word.startswith("On") else f" {word}"})
        return {
            "schema": 1,
            "question": params["question"],
            "context": params["context"],
            "answer": text,
            "grounded": grounded,
            "citations": [CITATION] if grounded else [],
            "nearest": [] if grounded else [CITATION],
            "coverage": {"documents": 1, "searched": 1, "unreadable": 0},
            "model": "small",
            "timings_ms": {"total": 12},
            "params": dict(params),
        }

    def ask_many(self, params: Params, call: Call) -> Result:
        for item in params["questions"]:
            call.emit(
                {
                    "event": "item",
                    "value": {"id": item["id"], **self.ask({**params, **item, "context": ""}, call)},
                }
            )
        return {"answered": len(params["questions"])}

    def search(self, params: Params, call: Call) -> Result:
        """Dies once when asked for "die", as by kill -9, or after a while ("die late")."""
        if params["words"].startswith("die") and not self._file("died").exists():
            self._file("died").write_text("once")
            time.sleep(0.5 if params["words"].endswith("late") else 0)
            os._exit(9)
        return {"passages": [CITATION]}

    def documents(self, params: Params, call: Call) -> Result:
        total = params.get("total", 2000)
        for number in range(total):
            call.emit({"event": "item", "value": {**CITATION, "document": f"d-{number:06}", "encoded": True}})
        return {"documents": total}

    def show(self, params: Params, call: Call) -> Result:
        if params["ref"] == "9":
            raise TwinError("the last answer has no citation 9")
        return {**CITATION, "text": "We fly on\nMonday.", "source": str(self._file("trip plan.md"))}

    def forget(self, params: Params, call: Call) -> Result:
        if not params["confirm"]:
            return {"sources": 1, "documents": 2, "paths": params["paths"]}
        if params["paths"] and params["paths"][0].endswith("die"):
            os._exit(9)
        return {"sources": ["s"], "documents": ["d-1", "d-2"], "time": "2024-05-08"}

    def verify(self, params: Params, call: Call) -> Result:
        return {
            "ok": params["forgotten"] is None,
            "problems": [] if params["forgotten"] is None else ["left over"],
        }

    def model_list(self, params: Params, call: Call) -> Result:
        raise ValueError("a bug")
