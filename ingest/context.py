"""The words put before a document's text for encoding: where it comes from, when, and who says it.

First line: title and heading path joined by " > ", then date and speaker; a second line may hold what was
said before. A context takes at most 40 % of a document's tokens; long titles are shortened to make that true.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ingest.types import Measure

_CONTEXT_SHARE = 0.4
_SHORTEST_PART = 16  # characters below which a heading says nothing any more


@dataclass(frozen=True, slots=True)
class Budget:
    """What a document may cost: `measure(context) + measure(text) <= max_tokens`."""

    measure: Measure
    max_tokens: int

    def context(
        self,
        path: Sequence[str],
        *,
        date: str | None = None,
        speaker: str = "",
        note: str = "",
        room: int | None = None,
    ) -> str:
        """The context line(s), ending with a line feed; "" when there is nothing to say.

        `note` is the second line, shown in brackets and shortened first. `room`: tokens left, if fewer than
        the share every context has.
        """
        limit = int(self.max_tokens * _CONTEXT_SHARE)
        limit = limit if room is None else max(0, min(limit, room))
        parts = [flat for part in path if (flat := _flat(part))]
        # Most titles are said again by the first heading: "Opening hours | The Library > Opening hours".
        parts = [part for i, part in enumerate(parts) if i == 0 or not parts[0].startswith(part)]
        line = self._line(parts, _spoken(date), _flat(speaker), limit)
        left = limit - self.measure(line)
        if note and left > 0:
            rest = self.shorten(_flat(note), left - self.measure("()\n"))
            second = f"({rest})\n"
            if rest and self.measure(line + second) <= limit:
                return line + second
        return line

    def text_room(self, context: str) -> int:
        """Tokens that the context leaves for the text."""
        return max(1, self.max_tokens - self.measure(context))

    def shorten(self, text: str, tokens: int) -> str:
        """`text`, cut at a word with an ellipsis, in at most `tokens` tokens; "" where nothing fits."""
        if tokens <= 0:
            return ""
        text = text[: tokens * 12]
        if self.measure(text) <= tokens:
            return text
        while text:
            keep = max(0, min(len(text) * 7 // 8, len(text) - 1))
            text = text[:keep].rstrip()
            cut = text.rfind(" ")
            whole = text[:cut] if cut > keep // 2 else text
            if whole and self.measure(whole + "…") <= tokens:
                return whole + "…"
        return ""

    def _line(self, parts: list[str], date: str, speaker: str, limit: int) -> str:
        while True:
            line = _joined(parts, date, speaker)
            if self.measure(line) <= limit:
                return line
            longest = max(range(len(parts)), key=lambda i: len(parts[i]), default=None)
            if longest is not None and len(parts[longest]) > _SHORTEST_PART:
                parts[longest] = _clipped(parts[longest])
            elif len(speaker) > _SHORTEST_PART:
                speaker = _clipped(speaker)
            elif len(parts) > 1:
                del parts[len(parts) // 2 if len(parts) > 2 else 0]
            elif parts:
                parts = []
            elif date:
                date = ""
            else:
                return ""


def _joined(parts: Sequence[str], date: str, speaker: str) -> str:
    path = " > ".join(parts)
    line = ", ".join(piece for piece in (path, "" if date in path else date, speaker) if piece)
    return f"{line}{':' if speaker else ''}\n" if line else ""


def _clipped(part: str) -> str:
    return part[: max(_SHORTEST_PART - 1, len(part) * 3 // 4)].rstrip(" …") + "…"


def _flat(text: str) -> str:
    return " ".join(text[:2000].split())


def _spoken(date: str | None) -> str:
    """2024-05-08T13:56:00+02:00 becomes 2024-05-08 13:56: seconds and zones tell the model nothing."""
    return (date or "")[:16].replace("T", " ")
