"""What stands beside a sentence: its neighbours, in talk the turns around it, in a table the first row."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence

from engine.answering.texts.talk import Talk


def surroundings(sentences: Sequence[tuple[int, int]], talk: Talk) -> list[tuple[int, int]]:
    """Of every sentence: what stands beside it, as a range of sentences. In talk, the turn it is in and those before
    and behind: what is asked in one is answered in the next."""
    if not talk.turns:
        return [(max(0, at - 1), at + 2) for at in range(len(sentences))]
    turns = [talk.number(start) for start, _ in sentences]
    return [(bisect_left(turns, turn - 2), bisect_right(turns, turn + 1)) for turn in turns]


def table_headers(text: str, sentences: Sequence[tuple[int, int]]) -> list[int | None]:
    """Of every sentence: the first row of the table in which it stands behind it."""
    out, first, end = list[int | None](), None, 0
    for at, (start, stop) in enumerate(sentences):
        gap = text[end:start]
        if "\n" in gap or not at:  # a sentence in the middle of a line goes on with its row
            row = text[start:stop].lstrip().startswith("|") or " | " in text[start:stop]
            first = None if not row or gap.count("\n") > 1 else first
            out.append(first)
            first = at if row and first is None else first
        else:
            out.append(first if first != at - 1 else None)
        end = stop
    return out
