"""What a bank holds: the shapes of one model's memory (BankLayout), one document's tensors (EncodedDocument).

Every pack and the manifest carry the layout, so tensors of two models can never meet in one bank.
"""

from dataclasses import asdict, dataclass, fields
from typing import Any, Self

import torch
from torch import Tensor


class BankError(Exception):
    """A bank cannot be used as it is; the message names the file and what to do."""


class BankMismatch(BankError):
    """The bank was written for another model, or by another version of Twin."""


class BankCorrupt(BankError):
    """A file of the bank is missing or damaged."""


@dataclass(frozen=True, slots=True)
class BankLayout:
    """The shapes shared by all documents of a bank; `model` is the fingerprint of its weights."""

    layers: tuple[int, ...]  # the routing layers, as numbered in the model
    kv_heads: int
    head_dim: int
    chunk_size: int  # tokens pooled into one chunk
    model: str

    def __post_init__(self) -> None:
        if not self.layers or len(set(self.layers)) != len(self.layers) or min(self.layers) < 0:
            raise ValueError(f"routing layers must be distinct and not negative, not {self.layers}")
        if min(self.kv_heads, self.head_dim, self.chunk_size) < 1:
            raise ValueError(f"kv_heads, head_dim and chunk_size must be positive: {self}")

    @property
    def key_dim(self) -> int:
        """Width of a routing key: the heads of a chunk, side by side."""
        return self.kv_heads * self.head_dim

    def as_json(self) -> dict[str, Any]:
        return asdict(self) | {"layers": list(self.layers)}

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> Self:
        """Raises KeyError, TypeError or ValueError when `stored` is not a layout."""
        values = {field.name: stored[field.name] for field in fields(cls)}
        return cls(**values | {"layers": tuple(values["layers"])})

    def differences(self, other: "BankLayout") -> str:
        """The fields in which `other` differs, for an error message."""
        pairs = ((field.name, getattr(self, field.name), getattr(other, field.name)) for field in fields(self))
        return ", ".join(f"{name} {mine} (asked for: {theirs})" for name, mine, theirs in pairs if mine != theirs)


@dataclass(frozen=True, slots=True, eq=False)
class EncodedDocument:
    """One document as the model encoded it, on any device."""

    document: int
    tokens: int
    routing_keys: Tensor  # [layers, chunks, kv_heads*head_dim] float32
    keys: Tensor  # [layers, kv_heads, chunks, head_dim] bf16
    values: Tensor  # the same

    @property
    def chunks(self) -> int:
        return self.routing_keys.shape[1]

    def check(self, layout: BankLayout) -> None:
        """Raises ValueError unless every tensor has the layout's shape, the right type and finite values."""
        name = f"document {self.document}"
        if not 0 <= self.document < 2**63:
            raise ValueError(f"{name}: a document ID is an integer from 0 to 2^63 - 1")
        if self.routing_keys.ndim != 3 or self.chunks < 1 or self.tokens < 1:
            raise ValueError(f"{name} has no chunks or no tokens; a document without text cannot be remembered")
        layers = len(layout.layers)
        content = (layers, layout.kv_heads, self.chunks, layout.head_dim)
        for what, tensor, shape, dtype in (
            ("routing_keys", self.routing_keys, (layers, self.chunks, layout.key_dim), torch.float32),
            ("keys", self.keys, content, torch.bfloat16),
            ("values", self.values, content, torch.bfloat16),
        ):
            if tuple(tensor.shape) != shape or tensor.dtype != dtype:
                raise ValueError(
                    f"{name}: {what} is {tensor.dtype} {list(tensor.shape)}, "
                    f"but the layout asks for {dtype} {list(shape)}"
                )
            # A NaN here would poison every answer that opens the document, long after its cause is gone.
            if not bool(torch.isfinite(tensor).all()):
                raise ValueError(f"{name}: {what} holds NaN or infinity; it was not stored")
