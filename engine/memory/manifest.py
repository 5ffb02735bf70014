"""The one file that says what a bank holds: the live packs, and the dead documents in each.

It is replaced atomically, and its replacement is the commit of every change. Its size grows with the packs
and with what was removed since the last compaction, never with the documents.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.memory.durable import FaultPoint, no_fault, write_durably
from engine.memory.layout import BankCorrupt, BankLayout, BankMismatch
from engine.memory.pack import REBUILD, digest

MANIFEST_NAME = "bank.manifest"
MANIFEST_FORMAT = 1


@dataclass(frozen=True, slots=True)
class PackEntry:
    """One live pack: its file's name, its header's checksum, and the removed IDs in it, ascending."""

    file: str
    checksum: str
    dead: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Manifest:
    """One state of a bank; `generation` counts its commits, and names the packs a commit writes."""

    generation: int
    layout: BankLayout
    packs: tuple[PackEntry, ...]


def write_manifest(directory: Path, manifest: Manifest, fault_point: FaultPoint = no_fault) -> None:
    """Commit `manifest`; durable on return."""
    body = {
        "generation": manifest.generation,
        "layout": manifest.layout.as_json(),
        "packs": [
            {"file": entry.file, "checksum": entry.checksum, "dead": list(entry.dead)} for entry in manifest.packs
        ],
    }
    whole = {"format": MANIFEST_FORMAT, "checksum": _checksum(body), "bank": body}
    write_durably(directory / MANIFEST_NAME, [json.dumps(whole).encode()], fault_point)


def read_manifest(directory: Path) -> Manifest | None:
    """The committed state, None before the first commit; raises BankCorrupt, BankMismatch (other format)."""
    path = directory / MANIFEST_NAME
    try:
        whole = json.loads(path.read_bytes())
        if whole["format"] != MANIFEST_FORMAT:
            raise BankMismatch(
                f"{path} has format {whole['format']}; this Twin reads {MANIFEST_FORMAT}. Use the Twin that wrote it."
            )
        body = whole["bank"]
        if whole["checksum"] != _checksum(body):
            raise BankCorrupt(f"{path} does not match its checksum. {REBUILD}")
        packs = tuple(PackEntry(entry["file"], entry["checksum"], tuple(entry["dead"])) for entry in body["packs"])
        return Manifest(int(body["generation"]), BankLayout.from_json(body["layout"]), packs)
    except FileNotFoundError:
        return None
    except (KeyError, TypeError, ValueError) as error:
        raise BankCorrupt(f"{path} cannot be understood ({error!r}). {REBUILD}") from error


def _checksum(body: dict[str, Any]) -> str:
    return digest([json.dumps(body, sort_keys=True, separators=(",", ":")).encode()])
