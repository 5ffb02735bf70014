"""Packing a text's blocks into spans that fit the model, in linear time and with few calls of `measure`.

A block (paragraph, list item, message) stays whole where it fits; a longer one is cut between sentences, of a talk
between turns, a longer sentence at white space, and only text without any white space is cut anywhere. Blocks are
measured once and summed, and each packed span is measured once more, because token counts do not add up exactly.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise

from ingest.sentences import sentences, trim
from ingest.types import Measure

# Text of more characters a token than this exists only as runs of white space or rules; it is cut unmeasured.
_CHARACTERS_PER_TOKEN = 12
# Who says what: "Nadia:", "**Nadia:**", "19:42 Owen (Leeds):", "<nadia>", behind a stamp of any kind; a name with a
# time of day, or with nothing but a colon, above the words.
_CLOCK = r"\[?\d{1,2}[:.]\d\d(?::\d\d)?(?: ?[apAP][mM])?\]?"
_DAY = (
    r"\W?(?:\d{1,4}[/.-]\d{1,2}[/.-]\d{1,4}|\d{1,2} [A-Z][a-z]{2,8}\.?|[A-Z][a-z]{2,8}\.? \d{1,2}"
    r"|[Tt]oday|[Yy]esterday)"
)
_WHEN = rf"(?:{_DAY}(?:,? \d{{4}})?,?(?: at)?[ T])?{_CLOCK}(?: [-–])?"
_NAME = r"[^\W\d_][\w.’'-]*(?: [\w.’'()-]+){0,3}"
_TURN = re.compile(
    rf"^(?:{_WHEN}\s+)?(?:(?:\*\*|__)?{_NAME}(?: \({_CLOCK}\))?(?:\*\*|__)? ?:(?:\*\*|__)?[ \t]"
    rf"|<[^<>\s][^<>\n]{{0,30}}>[ \t]|{_NAME} (?:said|says|wrote|writes|replied|asked)[,:]? [\"“«]"
    rf"|{_NAME}(?: ?:|[ \t,|–—-]{{1,4}}{_WHEN})[ \t\r]*$)",
    re.MULTILINE,
)
_TALK = 0.5  # of a block's lines, that begin a turn


@dataclass(frozen=True, slots=True)
class Block:
    """A span kept whole where it fits. `by_line`: cut a longer one at line ends (code, tables)."""

    start: int
    end: int
    by_line: bool = False


@dataclass(frozen=True, slots=True)
class _Unit:
    """A span that is not cut any further; `length` in tokens, at most the budget."""

    start: int
    end: int
    length: int


def split(text: str, blocks: Iterable[Block], *, measure: Measure, budget: int) -> Iterator[tuple[int, int]]:
    """Spans of `text`, trimmed, in order, each of at most `budget` (>= 1) tokens, covering every block.

    A single character that alone is longer than the budget is still given.
    """
    joints: dict[str, int] = {}
    packed: list[_Unit] = []
    total = 0
    for unit in _units(text, blocks, measure, budget):
        while packed:
            gap = text[packed[-1].end : unit.start]
            if gap not in joints:
                joints[gap] = measure(gap)
            if total + joints[gap] + unit.length <= budget:
                total += joints[gap]
                break
            count = _fitting(text, packed, measure, budget)
            yield packed[0].start, packed[count - 1].end
            packed = packed[count:]
            total = sum(left.length for left in packed)
        packed.append(unit)
        total += unit.length
    while packed:
        count = _fitting(text, packed, measure, budget)
        yield packed[0].start, packed[count - 1].end
        packed = packed[count:]


def _fitting(text: str, units: list[_Unit], measure: Measure, budget: int) -> int:
    """How many of the units fit together; nearly always all, since their lengths were summed before."""
    count = len(units)
    while count > 1 and measure(text[units[0].start : units[count - 1].end]) > budget:
        count -= 1
    return count


def _units(text: str, blocks: Iterable[Block], measure: Measure, budget: int) -> Iterator[_Unit]:
    for block in blocks:
        start, end = trim(text, block.start, block.end)
        if start == end:
            continue
        length = _length(text, start, end, measure, budget)
        if length <= budget:
            yield _Unit(start, end, length)
            continue
        if turns := [] if block.by_line else _turns(text, start, end):
            yield from _units(text, turns, measure, budget)
            continue
        pieces = _lines(text, start, end) if block.by_line else _sentences(text, start, end)
        for first, last in pieces:
            length = _length(text, first, last, measure, budget)
            if length <= budget:
                yield _Unit(first, last, length)
            else:
                yield from _cut(text, first, last, measure, budget)


def _length(text: str, start: int, end: int, measure: Measure, budget: int) -> int:
    """Length in tokens; merely more than `budget`, unmeasured, where the span is very long."""
    if end - start > budget * _CHARACTERS_PER_TOKEN:
        return budget + 1
    return measure(text[start:end])


def _turns(text: str, start: int, end: int) -> list[Block]:
    """The turns of a talk; none where it is none, or a single turn. A document that began in the middle of one would
    not know who speaks."""
    starts = [match.start() for match in _TURN.finditer(text, start, end)]
    if len(starts) < 2 or len(starts) < _TALK * (text.count("\n", start, end) + 1):
        return []
    starts[0] = start
    return [Block(a, b) for a, b in pairwise([*starts, end])]


def _sentences(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    for first, last in sentences(text[start:end]):
        yield start + first, start + last


def _lines(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    while start < end:
        stop = text.find("\n", start, end)
        stop = end if stop < 0 else stop + 1
        first, last = trim(text, start, stop)
        if first < last:
            yield first, last
        start = stop


def _cut(text: str, start: int, end: int, measure: Measure, budget: int) -> Iterator[_Unit]:
    """A sentence that is too long: the longest pieces that fit, ending at white space if there is any."""
    width = budget * 4
    while start < end:
        while True:
            stop = min(end, start + width)
            if stop < end:
                stop = _white_space_before(text, start, stop)
            first, last = trim(text, start, stop)
            length = measure(text[first:last])
            if length <= budget or last - first <= 1:
                break
            width = max(1, min(last - first - 1, width * budget // length))
        if first < last:
            yield _Unit(first, last, length)
        start = stop
        # Text changes along the way (a link, then prose), so the width recovers.
        width = min(budget * _CHARACTERS_PER_TOKEN, max(width + width // 4, width + 1))


def _white_space_before(text: str, start: int, stop: int) -> int:
    """The last line end in the second half of the span, else the last white space, else `stop`."""
    if text[stop].isspace():
        return stop
    half = start + (stop - start) // 2
    cut = text.rfind("\n", half, stop)
    if cut < 0:
        cut = next((i for i in range(stop - 1, start, -1) if text[i].isspace()), -1)
    return cut + 1 if cut >= 0 else stop
