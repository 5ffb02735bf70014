"""Whether the files of a bank are what its manifest says, and the sweeping of what interrupted writes left.

Reads the disk, never a running Bank's state; the caller keeps writers away meanwhile.
"""

from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from engine.memory.durable import TEMPORARY_SUFFIX, flush_directory
from engine.memory.layout import BankError, BankLayout
from engine.memory.manifest import MANIFEST_NAME, Manifest, PackEntry, read_manifest
from engine.memory.pack import PACK_SUFFIX, Pack


def leftovers(directory: Path, manifest: Manifest) -> list[Path]:
    """Files of interrupted writes: temporary ones, and packs the manifest does not name."""
    named = {entry.file for entry in manifest.packs}
    return sorted(
        path
        for path in directory.iterdir()
        if path.suffix == TEMPORARY_SUFFIX or (path.suffix == PACK_SUFFIX and path.name not in named)
    )


def sweep(directory: Path, manifest: Manifest) -> list[Path]:
    """Delete the leftovers, durably; gives what was deleted."""
    swept = leftovers(directory, manifest)
    for path in swept:
        path.unlink()
    if swept:
        flush_directory(directory)
    return swept


def verify(directory: Path, layout: BankLayout) -> list[str]:
    """Every problem of the bank in `directory`, one sentence each; reads all of it."""
    try:
        manifest = read_manifest(directory)
    except BankError as error:
        return [str(error)]
    if manifest is None:
        return [f"{directory / MANIFEST_NAME} is missing"]
    problems: list[str] = []
    if manifest.layout != layout:
        problems.append(f"{directory / MANIFEST_NAME}: other layout: {manifest.layout.differences(layout)}")
    holders: dict[str, NDArray[np.int64]] = {}
    for entry in manifest.packs:
        try:
            pack = Pack.open(directory / entry.file, manifest.layout)
        except BankError as error:
            problems.append(str(error))
            continue
        pack_problems = _pack_problems(pack, entry)
        problems += [f"{pack.path}: {problem}" for problem in pack_problems]
        if not pack_problems:
            holders[entry.file] = np.setdiff1d(pack.document_ids.numpy(), np.array(entry.dead, np.int64))
    problems += _duplicates(directory, holders)
    problems += [f"{path}: left over from an interrupted write" for path in leftovers(directory, manifest)]
    return problems


def _pack_problems(pack: Pack, entry: PackEntry) -> list[str]:
    if pack.checksum != entry.checksum:
        return ["is not the pack that the manifest names"]
    if damaged := pack.damaged_sections():
        return [f"{name} does not match its checksum" for name in damaged]
    problems = []
    ids, offsets, tokens = pack.document_ids.numpy(), pack.doc_offsets.numpy(), pack.document_tokens.numpy()
    if offsets[0] != 0 or offsets[-1] != pack.chunks or bool((np.diff(offsets) < 1).any()):
        problems.append("document offsets do not cover the chunks in order")
    if bool((np.diff(ids) < 1).any()) or (int(ids[0]), int(ids[-1])) != (
        pack.first_document,
        pack.last_document,
    ):
        problems.append("document IDs are not in order")
    if bool((tokens < 1).any()) or int(tokens.sum()) != pack.tokens:
        problems.append("token counts do not add up")
    scales = pack.section("routing_scales").view(torch.float32)
    if not bool((torch.isfinite(scales) & (scales >= 0)).all()):
        problems.append("a routing scale is negative or not a number")
    if unknown := sorted(set(entry.dead) - set(ids.tolist())):
        problems.append(f"the manifest counts documents as removed that it never held: {unknown[:5]}")
    return problems


def _duplicates(directory: Path, holders: dict[str, NDArray[np.int64]]) -> list[str]:
    if not holders:
        return []
    ids, counts = np.unique(np.concatenate(list(holders.values())), return_counts=True)
    return [
        f"{directory}: document {document} lies in several packs: "
        + ", ".join(file for file, held in holders.items() if document in held)
        for document in ids[counts > 1].tolist()
    ]
