"""What is still to be done, where that is asked: the boxes of a list that are not ticked ("- [ ] tell the bank")."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from engine.answering.evidence.lists import in_a_row
from engine.answering.evidence.sentences import Scored
from engine.answering.files import LEAST, Files, Told
from engine.answering.quote import Quoted, share, shown
from engine.answering.words.grammar import LONGEST
from engine.answering.words.stems import STOP, stem, stems_of
from engine.library import Passage

_ASKED = re.compile(
    r"\b(?:open|outstanding|unfinished|remaining|pending) (?:tasks?|to-?dos?|points?|items?)\b|\bto-?do(?: list|s)\b"
    r"|\bmy tasks\b|\b(?:left|still|yet|have) to do\b|\b(?:left|still|yet)(?: have)? to (?:pack|buy|book|pay|arrange)\b"
    r"|\bstill (?:open|undone)\b|\bnot (?:yet (?:done|packed|ticked)|(?:done|packed|ticked) yet)\b",
    re.I,
)
_ASKS = re.compile(
    r"\W*(?:(?:and|so) )?(?:what(?:['’]s| is| are| do| does| remains| have| has| must| should| tasks?)?|which|list|show"
    r"|give|my|any|is there|are there|do|open|to-?do)\b(?!.*\b(?:did|was|were|had|said?|says?|who|when|why)\b)",
    re.I,
)
_HEADING = re.compile(r"^(?:#{1,6} |\*\*)(.+)$", re.M)
_BOX = re.compile(r"\s*[-*+] \[[ xX]\] ")
_OPEN = re.compile(r"\s*[-*+] \[ \] ")
_VERB = re.compile(r"\bto (?P<what>pack|buy|book|pay|arrange)\b", re.I)
_TIMES = frozenset(map(stem, "today tomorrow week month weekend year".split()))
_ONLY_ASKS = frozenset(
    map(stem, "open outstanding unfinished remain pending task todo to-do point item list show give do done pack packed"
        " buy book pay arrange left leave still yet have need tick ticked thing anything".split())
)  # fmt: skip
SURE = 0.6  # that an unticked box is meant


def open_tasks(files: Files) -> Told | None:
    """Boxes of the file or of the section that the question names, or of all that are open; None where none is asked
    for, or none is there."""
    text = files.question.text[:LONGEST]
    if _ASKED.search(text) is None or _ASKS.match(text) is None:
        return None
    named = {s: weight for s, weight in files.weights.items() if s not in _ONLY_ASKS}
    verb = _VERB.search(text)
    opened = sorted(files.passages.values(), key=lambda one: one.document)
    boxes = _boxes(files.named(named) if named else opened)
    if named.keys() - _TIMES:
        under = [(_meant(named, _heading(part, box)), box) for part, box in boxes or _boxes(opened)]
        if (most := max((had for had, _ in under), default=(0.0, 0.0)))[0] >= LEAST and -most[1] <= 1 - LEAST:
            boxes = [(part, box) for part, box in _boxes(opened) if _meant(named, _heading(part, box)) == most]
    left = [box for _, box in boxes if _OPEN.match(box.text)]
    if verb is not None:
        left = [box for box in left if stem(verb["what"].lower()) in stems_of(box.text)] or left * (not named)
    return _told(left)


def _boxes(parts: Sequence[Passage]) -> list[tuple[Passage, Scored]]:
    """All of them, ticked ones too: a section may have no other."""
    return [
        (part, Scored(part.document, start, end, part.text[start:end], SURE, frozenset(), frozenset()))
        for part in parts
        for start, end in part.sentences
        if _BOX.match(part.text[start:end])
    ]


def _meant(named: Mapping[str, float], heading: str) -> tuple[float, float]:
    """Share of what is named that a heading has, and, below 0, share of the heading that is not named."""
    stems = frozenset(stems_of(heading)) - STOP
    return share(stems, named), -len(stems - named.keys()) / (len(stems) or 1)


def _heading(part: Passage, box: Scored) -> str:
    """Under which a box stands: "## Trip to Porto"."""
    above = list(_HEADING.finditer(part.text, 0, box.start))
    return above[-1].group(1) if above else part.context


def _told(boxes: Sequence[Scored]) -> Told | None:
    if not boxes:
        return None
    told = tuple(shown(boxes))
    is_list = len(told) == len(boxes)
    quoted = Quoted((*told, *boxes[len(told) :]), SURE, told, is_list=is_list, is_whole=True)
    return Told(quoted, in_a_row(told) if is_list else "")
