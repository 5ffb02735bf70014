"""`twin add --dry-run`: what would be read or left alone, and about how long it takes. Nothing is read or written."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ingest.catalog import Catalog
from ingest.scan import Found, Scanner
from twin_app.intake import FORGOTTEN, is_unchanged
from twin_app.protocol import Result

BYTES_A_TOKEN = 4.2  # of English text with this project's vocabulary
GUESSED_RATE = 4_000  # tokens a second, until this memory has seen a rate of its own
TELLING_TOKENS = 5_000  # fewer say little about the rate: loading the model weighs too much
EVENTS = 200  # of the log that are looked through for a rate


def plan(paths: Sequence[Path], catalog: Catalog, scanner: Scanner, *, again: bool) -> Result:
    """The object `twin add --dry-run --json` prints; tokens and minutes are estimated from sizes."""
    found = list(scanner.scan(paths))
    known = catalog.sources.known([file.path for file in found])
    forgotten = frozenset() if again else catalog.forgetting.forgotten([file.path for file in found])
    read: list[Found] = []
    ignored: list[dict[str, str]] = []
    failed: list[dict[str, str]] = []
    for file in found:
        if file.path in forgotten:
            ignored.append({"path": str(file.path), "rule": FORGOTTEN})
        elif file.ignored:
            ignored.append({"path": str(file.path), "rule": file.ignored})
        elif file.failed:
            failed.append({"path": str(file.path), "reason": file.failed})
        elif again or not is_unchanged(file, known.get(file.path)):
            read.append(file)
    total = sum(file.size for file in read)
    tokens = round(total / BYTES_A_TOKEN)
    return {
        "would_read": [{"path": str(file.path), "bytes": file.size} for file in read],
        "bytes": total, "tokens": tokens, "minutes": round(tokens / rate(catalog) / 60, 2),
        "ignored": ignored, "failed": failed, "read": 0, "renamed": 0, "removed": 0, "documents": 0, "seconds": 0,
        "unchanged": len(found) - len(read) - len(ignored) - len(failed),
    }  # fmt: skip


def rate(catalog: Catalog) -> float:
    """Tokens a second of the last `add` that was long enough to tell."""
    for event in reversed(catalog.events.tail(EVENTS)):
        if event.kind == "add" and event.detail.get("tokens", 0) >= TELLING_TOKENS:
            return max(1.0, float(event.detail["tokens"]) / max(float(event.detail["seconds"]), 0.001))
    return GUESSED_RATE
