"""One immutable file of encoded documents: a JSON header, then raw sections, each with a checksum.

Opening reads and checks the header only; sections are memory-mapped, and verify() checks them. Documents lie
in the order of their IDs. The tensors handed out lie on the mapping: treat them as read-only.
"""

import hashlib
import json
import os
import struct
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, chain, pairwise
from pathlib import Path
from typing import Any, BinaryIO, Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from engine.memory.durable import FaultPoint, Part, no_fault, write_durably
from engine.memory.layout import BankCorrupt, BankLayout, BankMismatch, EncodedDocument
from engine.memory.quantise import quantise

PACK_SUFFIX = ".pack"
PACK_FORMAT = 1
MAGIC = b"TWINPACK"
PREAMBLE = struct.Struct("<8sII")  # magic, format, bytes of the JSON that follows
DIGEST_BYTES = 16
COUNTS = ("documents", "chunks", "tokens", "first_document", "last_document")
ALIGNMENT = 64  # of sections: a cache line, and enough for any element type
REBUILD = "Everything in a bank comes from the catalog: move the bank away and let Twin encode again."


@dataclass(frozen=True, slots=True, eq=False)
class StoredDocument:
    """A document in the form it has on disk; the arrays may lie on another pack's mapping."""

    document: int
    tokens: int
    codes: NDArray[np.int8]  # [layers, chunks, kv_heads*head_dim]
    scales: NDArray[np.float32]  # [layers, chunks]
    content: NDArray[np.uint8]  # bf16 bytes of [layers, 2, kv_heads, chunks, head_dim]

    @property
    def size_bytes(self) -> int:
        return self.codes.nbytes + self.scales.nbytes + self.content.nbytes


def store(document: EncodedDocument) -> StoredDocument:
    """Bring an encoded document into the form it has on disk; ValueError if it holds NaN."""
    codes, scales = quantise(document.routing_keys.detach().cpu())
    content = torch.stack((document.keys.detach().cpu(), document.values.detach().cpu()), dim=1)
    return StoredDocument(
        document=document.document,
        tokens=document.tokens,
        codes=codes.contiguous().numpy(),
        scales=scales.contiguous().numpy(),
        content=content.view(torch.uint8).reshape(-1).numpy(),
    )


@dataclass(frozen=True, slots=True)
class Section:
    name: str
    offset: int  # from the end of the header
    size_bytes: int  # without the padding
    padded_bytes: int  # the checksum covers the padding too, so that no byte of a pack goes unchecked


def sections(layout: BankLayout, documents: int, chunks: int) -> tuple[Section, ...]:
    """Where everything lies; it follows from the counts, so no offset is stored that could be wrong."""
    layers = len(layout.layers)
    sizes = {
        "document_ids": documents * 8,
        "tokens": documents * 8,
        "doc_offsets": (documents + 1) * 8,
        "routing_keys": layers * chunks * layout.key_dim,
        "routing_scales": layers * chunks * 4,
        "content": chunks * layers * 2 * layout.key_dim * 2,
    }
    padded = [size + -size % ALIGNMENT for size in sizes.values()]
    offsets = accumulate(padded, initial=0)
    return tuple(Section(*row) for row in zip(sizes, offsets, sizes.values(), padded, strict=False))


def digest(parts: Iterable[Part]) -> str:
    running = hashlib.blake2b(digest_size=DIGEST_BYTES)
    for part in parts:
        running.update(part.data if isinstance(part, np.ndarray) else part)
    return running.hexdigest()


def write_pack(
    path: Path, layout: BankLayout, documents: Sequence[StoredDocument], fault_point: FaultPoint = no_fault
) -> None:
    """Write `documents`, sorted by ID and at least one, as a pack at `path`; durable on return."""
    ids = [stored.document for stored in documents]
    assert ids, "a pack holds at least one document"
    assert all(one < next_one for one, next_one in pairwise(ids)), "in order, none twice"
    chunks = [stored.scales.shape[1] for stored in documents]
    tokens = [stored.tokens for stored in documents]
    layers = range(len(layout.layers))
    parts: dict[str, list[Part]] = {
        "document_ids": [np.array(ids, np.int64)],
        "tokens": [np.array(tokens, np.int64)],
        "doc_offsets": [np.cumsum([0, *chunks], dtype=np.int64)],
        "routing_keys": [stored.codes[layer].reshape(-1) for layer in layers for stored in documents],
        "routing_scales": [stored.scales[layer] for layer in layers for stored in documents],
        "content": [stored.content for stored in documents],
    }
    for section in sections(layout, len(documents), sum(chunks)):
        parts[section.name].append(bytes(section.padded_bytes - section.size_bytes))
    header = {
        "layout": layout.as_json(),
        "documents": len(documents),
        "chunks": sum(chunks),
        "tokens": sum(tokens),
        "first_document": ids[0],
        "last_document": ids[-1],
        "checksums": {name: digest(section_parts) for name, section_parts in parts.items()},
    }
    body = chain.from_iterable(parts.values())
    write_durably(path, chain([_header_block(header)], body), fault_point)


def _header_block(header: dict[str, Any]) -> bytes:
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-(PREAMBLE.size + len(text) + DIGEST_BYTES) % ALIGNMENT)
    block = PREAMBLE.pack(MAGIC, PACK_FORMAT, len(text)) + text
    return block + bytes.fromhex(digest([block]))


def _read_header(path: Path, file: BinaryIO) -> tuple[dict[str, Any], str]:
    """The header and its checksum; leaves `file` where the sections begin."""
    preamble = file.read(PREAMBLE.size)
    if len(preamble) < PREAMBLE.size or not preamble.startswith(MAGIC):
        raise BankCorrupt(f"{path} is not a pack. {REBUILD}")
    _, pack_format, text_bytes = PREAMBLE.unpack(preamble)
    if pack_format != PACK_FORMAT:
        raise BankMismatch(
            f"{path} has format {pack_format}; this Twin reads {PACK_FORMAT}. Use the Twin that wrote it."
        )
    text = file.read(text_bytes)
    checksum = digest([preamble, text])
    if file.read(DIGEST_BYTES).hex() != checksum:
        raise BankCorrupt(f"{path}: its header does not match its checksum. {REBUILD}")
    header: dict[str, Any] = json.loads(text)
    return header, checksum


@dataclass(frozen=True, slots=True, eq=False)
class Pack:
    """A pack opened for reading. It stays readable after its file is unlinked; no file descriptor is kept."""

    path: Path
    layout: BankLayout
    documents: int
    chunks: int
    tokens: int
    first_document: int
    last_document: int
    checksum: str  # of the header, which holds those of the sections
    section_checksums: dict[str, str]
    size_bytes: int
    _sections: dict[str, Section]
    _data: Tensor  # [bytes after the header] uint8, memory-mapped

    @classmethod
    def open(cls, path: Path, layout: BankLayout) -> Self:
        """Check the header and map the file; raises BankCorrupt, BankMismatch (other format or layout)."""
        try:
            with path.open("rb") as file:
                header, checksum = _read_header(path, file)
                data_offset = file.tell()
                size_bytes = os.fstat(file.fileno()).st_size
        except FileNotFoundError:
            raise BankCorrupt(f"{path} is missing. {REBUILD}") from None
        try:
            stored_layout = BankLayout.from_json(header["layout"])
            counts = {name: int(header[name]) for name in COUNTS}
            section_checksums = dict(header["checksums"])
        except (KeyError, TypeError, ValueError) as error:
            raise BankCorrupt(f"{path}: its header cannot be understood ({error!r}). {REBUILD}") from error
        if stored_layout != layout:
            raise BankMismatch(f"{path} belongs to another bank: {stored_layout.differences(layout)}. {REBUILD}")
        extents = sections(layout, counts["documents"], counts["chunks"])
        expected_bytes = data_offset + sum(section.padded_bytes for section in extents)
        if size_bytes != expected_bytes:
            raise BankCorrupt(f"{path} has {size_bytes} bytes instead of {expected_bytes}. {REBUILD}")
        # A private mapping: unlike torch.frombuffer on a read-only buffer it gives ordinary tensors, unlike
        # mmap.mmap it keeps no descriptor open (1,024 are allowed by default), and no write reaches the file.
        mapped = torch.from_file(str(path), shared=False, size=size_bytes, dtype=torch.uint8)
        return cls(
            path=path,
            layout=layout,
            checksum=checksum,
            section_checksums=section_checksums,
            size_bytes=size_bytes,
            _sections={section.name: section for section in extents},
            _data=mapped[data_offset:],
            **counts,
        )

    def section(self, name: str) -> Tensor:
        """The bytes of a section, [size] uint8."""
        extent = self._sections[name]
        return self._data[extent.offset : extent.offset + extent.size_bytes]

    def damaged_sections(self) -> list[str]:
        """The names of the sections that do not match their checksums; reads the whole file."""
        data = self._data.numpy()
        return [
            name
            for name, extent in self._sections.items()
            if digest([data[extent.offset : extent.offset + extent.padded_bytes]]) != self.section_checksums.get(name)
        ]

    @property
    def document_ids(self) -> Tensor:
        """[D] int64, ascending."""
        return self.section("document_ids").view(torch.int64)

    @property
    def document_tokens(self) -> Tensor:
        """Tokens of each document, [D] int64."""
        return self.section("tokens").view(torch.int64)

    @property
    def doc_offsets(self) -> Tensor:
        """Where each document's chunks begin and end, [D+1] int64."""
        return self.section("doc_offsets").view(torch.int64)

    def routing_keys(self, layer_index: int) -> tuple[Tensor, Tensor]:
        """Of the layer at this place in the layout: int8 [N, kv_heads*head_dim] and float32 scales [N]."""
        layers = len(self.layout.layers)
        codes = self.section("routing_keys").view(torch.int8).view(layers, self.chunks, self.layout.key_dim)
        scales = self.section("routing_scales").view(torch.float32).view(layers, self.chunks)
        return codes[layer_index], scales[layer_index]

    def content(self, row: int) -> tuple[Tensor, Tensor]:
        """Keys and values [layers, kv_heads, chunks, head_dim] bf16 of the document at `row`, not copied."""
        layout = self.layout
        start, end = self.doc_offsets[row : row + 2].tolist()
        chunk_elements = len(layout.layers) * 2 * layout.key_dim
        elements = self.section("content").view(torch.bfloat16)[start * chunk_elements : end * chunk_elements]
        both = elements.view(len(layout.layers), 2, layout.kv_heads, end - start, layout.head_dim)
        return both[:, 0], both[:, 1]

    def stored(self, rows: NDArray[np.int64]) -> Iterator[StoredDocument]:
        """The documents at `rows` as they lie here, to be written into another pack."""
        layers, chunk_bytes = len(self.layout.layers), len(self.layout.layers) * 2 * self.layout.key_dim * 2
        codes = self.section("routing_keys").view(torch.int8).numpy().reshape(layers, self.chunks, -1)
        scales = self.section("routing_scales").view(torch.float32).numpy().reshape(layers, self.chunks)
        content = self.section("content").numpy()
        ids, tokens = self.document_ids.numpy(), self.document_tokens.numpy()
        offsets = self.doc_offsets.numpy()
        for row in rows:
            start, end = int(offsets[row]), int(offsets[row + 1])
            yield StoredDocument(
                document=int(ids[row]),
                tokens=int(tokens[row]),
                codes=codes[:, start:end],
                scales=scales[:, start:end],
                content=content[start * chunk_bytes : end * chunk_bytes],
            )
