"""Documents for the tests of the bank: made from their ID alone, so any process knows what must come back."""

from collections.abc import Iterable
from pathlib import Path

import torch

from engine.memory import BankLayout, BankView, EncodedDocument, dequantise

LAYOUT = BankLayout(layers=(2, 3), kv_heads=2, head_dim=8, chunk_size=64, model="model-of-the-tests")


def encoded(document: int, chunks: int | None = None, layout: BankLayout = LAYOUT) -> EncodedDocument:
    """A document whose tensors follow from its ID; 1 to 4 chunks unless told."""
    chunks = chunks or 1 + document % 4
    generator = torch.Generator().manual_seed(document)
    layers = len(layout.layers)
    content = (2, layers, layout.kv_heads, chunks, layout.head_dim)
    keys, values = torch.randn(content, generator=generator).to(torch.bfloat16)
    routing_keys = torch.randn((layers, chunks, layout.key_dim), generator=generator)
    return EncodedDocument(document, chunks * layout.chunk_size - 1, routing_keys, keys, values)


def content_bytes(document: EncodedDocument) -> bytes:
    """The first layer's keys of the document's first head as they lie on disk."""
    return document.keys[0, 0].contiguous().view(torch.uint8).numpy().tobytes()


def files_with(directory: Path, needle: bytes) -> list[str]:
    return sorted(path.name for path in directory.iterdir() if needle in path.read_bytes())


def check_view(view: BankView, documents: Iterable[int]) -> None:
    """The view holds exactly these documents: contents bit for bit, routing keys to half a scale."""
    expected = set(documents)
    seen: set[int] = set()
    for pack in view.packs:
        offsets = pack.doc_offsets.tolist()
        for row in pack.live.nonzero().flatten().tolist():
            document = int(pack.document_ids[row])
            original = encoded(document)
            keys, values = view.content(document)
            assert torch.equal(keys, original.keys), document
            assert torch.equal(values, original.values), document
            for layer in range(len(LAYOUT.layers)):
                codes, scales = (part[offsets[row] : offsets[row + 1]] for part in pack.routing_keys(layer))
                error = (dequantise(codes, scales) - original.routing_keys[layer]).abs()
                assert bool((error <= scales.unsqueeze(-1) * 0.5001).all()), document
            seen.add(document)
    assert seen == expected
    assert view.documents == len(expected)
    assert view.tokens == sum(encoded(document).tokens for document in expected)
