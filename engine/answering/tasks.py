"""What is still to be done, where that is asked: the boxes of a list that are not ticked ("- [ ] tell the bank")."""

from __future__ import annotations

import re
from collections.abc import Sequence

from engine.answering.evidence.lists import in_a_row
from engine.answering.evidence.sentences import Scored
from engine.answering.files import LEAST, Files, Told
from engine.answering.quote import Quoted, share, shown
from engine.answering.words.grammar import LONGEST
from engine.answering.words.stems import stem, stems_of
from engine.library import Passage

_ASKED = re.compile(
    r"\b(?:open|outstanding|unfinished|remaining|pending) (?:tasks?|to-?dos?|points?|items?)\b|\bto-?do(?: list|s)\b"
    r"|\bmy tasks\b|\b(?:left|still|yet|have) to (?:do|pack|buy|book|pay|arrange)\b|\bstill (?:open|undone)\b"
    r"|\bnot (?:yet )?(?:done|packed|ticked)(?: yet)?\b",
    re.I,
)
_ASKS = re.compile(
    r"\W*(?:(?:and|so) )?(?:what(?:['’]s| is| are| do| does| remains| have| has| must| should| tasks?)?|which|list|show"
    r"|give|my|any|is there|are there|do|open|to-?do)\b(?!.*\b(?:did|was|were|had|said?|says?|who|when|why)\b)",
    re.I,
)
_HEADING = re.compile(r"^(?:#{1,6} |\*\*)(.+)$", re.M)
_BOX = re.compile(r"\s*[-*+] \[ \] ")
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
    opened = sorted(files.passages.values(), key=lambda one: one.document)
    boxes = _boxes(files.named(named) if named else opened)
    if named:
        under = [(share(frozenset(stems_of(_heading(part, box))), named), box) for part, box in boxes or _boxes(opened)]
        if (most := max((had for had, _ in under), default=0.0)) >= LEAST:
            return _told([box for had, box in under if had == most])
    return _told([box for _, box in boxes])


def _boxes(parts: Sequence[Passage]) -> list[tuple[Passage, Scored]]:
    return [
        (part, Scored(part.document, start, end, part.text[start:end], SURE, frozenset(), frozenset()))
        for part in parts
        for start, end in part.sentences
        if _BOX.match(part.text[start:end])
    ]


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
