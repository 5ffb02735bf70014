"""The shipped checkpoint, a small reader beside it, and texts to ask about."""

from __future__ import annotations

from pathlib import Path

import engine
from engine.answering.evidence.meaning import Meanings
from engine.answering.reading.reader import Reader

TINY = Path(engine.__path__[0]) / "checkpoints" / "twin-tiny"
TEXTS = [
    ("boat.md\n", "The boat is painted green. It lies at pier 14 in winter. Nobody sails it now."),
    ("bike.md\n", "The bicycle is painted red. Its frame number is WX-2201. It stands in the cellar."),
    ("house.md\n", "The house was built in 1911. The roof is old. The kitchen is painted yellow."),
]


def small_reader(meanings: Meanings) -> Reader:
    vocabulary, width = meanings.table.shape
    return Reader(vocabulary, width, size=32)
