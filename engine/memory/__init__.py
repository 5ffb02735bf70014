"""The memory bank: documents encoded once, kept on disk in immutable packs, read by memory mapping.

Knows nothing of words, files of the user or the catalog. README.md has the format and the invariants.
"""

from engine.memory.bank import Bank
from engine.memory.layout import BankCorrupt, BankError, BankLayout, BankMismatch, EncodedDocument
from engine.memory.quantise import dequantise, quantise
from engine.memory.view import BankView, PackView

__all__ = [
    "Bank",
    "BankCorrupt",
    "BankError",
    "BankLayout",
    "BankMismatch",
    "BankView",
    "EncodedDocument",
    "PackView",
    "dequantise",
    "quantise",
]
