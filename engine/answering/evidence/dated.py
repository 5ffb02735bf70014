"""Whether it is known when what a sentence tells has happened, or will."""

from __future__ import annotations

from engine.answering.questions.question import said
from engine.answering.texts.plans import days_named
from engine.answering.texts.relative import meant
from engine.answering.texts.talk import Talk
from engine.library import Passage


def is_dated(passage: Passage, start: int, text: str, talk: Talk) -> bool:
    """Is it known when what a sentence tells has happened? Of talk, where the turn says when."""
    written = passage.written(start)
    if (turn := talk.turn(start)) is not None and written is not None:
        return any(not one.is_ahead for one in meant(passage.text[start : turn.end], written, past=True))
    return written is not None or said(text) != text


def only_ahead(passage: Passage, start: int, end: int) -> bool:
    """Whether all days that a sentence names were still to come when it was written."""
    if (written := passage.written(start)) is None:
        return False
    text = passage.text[start:end]
    relative = meant(text, written, past=True)
    behind, ahead = days_named(text, written)
    return not behind and all(one.is_ahead for one in relative) and bool(relative or ahead)
