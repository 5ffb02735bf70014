"""The banks of a memory: one folder a model, named by the checkpoint's fingerprint, and which of them serves.

`banks.json` beside their folder says it, and what each model was called. Knows nothing of engines: whether catalog and
serving bank agree is looked after when an engine opens one (`Engines`).
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from engine.memory import Bank


@dataclass(slots=True)
class Banks:
    """Banks under `folder`. `serving` is a fingerprint, "" until a model has served."""

    folder: Path
    serving: str = ""
    names: dict[str, str] = field(default_factory=dict)  # fingerprint -> how the person called the model

    @classmethod
    def read(cls, folder: Path) -> Banks:
        """What is there. A damaged note is as good as none: the next model that serves writes it anew."""
        try:
            note = json.loads(_note(folder).read_text(encoding="utf-8"))
            return cls(folder, str(note["serving"]), {str(key): str(name) for key, name in note["names"].items()})
        except (FileNotFoundError, ValueError, KeyError, TypeError, AttributeError):
            return cls(folder)

    @property
    def model(self) -> str:
        """The name of the model that serves, "" until one has."""
        return self.names.get(self.serving, "")

    def serve(self, fingerprint: str, model: str) -> None:
        """From now on this bank serves; durable on return."""
        self.names[fingerprint] = model
        self.serving = fingerprint
        self._write()

    def begin(self, fingerprint: str, model: str) -> None:
        """A bank is made for a model."""
        if self.names.get(fingerprint) != model:
            self.names[fingerprint] = model
            self._write()

    def drop(self, fingerprint: str) -> int:
        """Remove a bank; gives the bytes that were freed."""
        directory = self.folder / fingerprint
        freed = sum(path.stat().st_size for path in directory.glob("*")) if directory.is_dir() else 0
        shutil.rmtree(directory, ignore_errors=True)
        self.names.pop(fingerprint, None)
        self._write()
        return freed

    def directories(self) -> list[Path]:
        return sorted(path for path in self.folder.glob("*") if path.is_dir())

    def files(self) -> dict[str, Path]:
        """Every file that makes up the banks, by its path in the home: for an export, while nobody writes."""
        found = [path for directory in self.directories() for path in directory.iterdir() if path.is_file()]
        notes = [_note(self.folder)] if _note(self.folder).exists() else []
        return {path.relative_to(self.folder.parent).as_posix(): path for path in (*found, *notes)}

    def open(self, directory: Path) -> Bank:
        """The bank in a directory, with the layout it was written in. Raises BankError."""
        from engine.memory import Bank, BankCorrupt
        from engine.memory.manifest import read_manifest

        manifest = read_manifest(directory)
        if manifest is None:
            raise BankCorrupt(f"{directory} has no manifest")
        return Bank.open(directory, manifest.layout)

    def called(self, model: str) -> Iterator[str]:
        """The fingerprints of banks made under this name."""
        return (fingerprint for fingerprint, name in self.names.items() if name == model)

    def _write(self) -> None:
        from engine.memory.durable import make_directory, write_durably

        make_directory(self.folder)
        text = json.dumps({"serving": self.serving, "names": self.names}, indent=2)
        write_durably(_note(self.folder), [text.encode("utf-8")])


def _note(folder: Path) -> Path:
    return folder.with_name("banks.json")
