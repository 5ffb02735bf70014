"""The short answer that a sentence holds: the day that its "yesterday" means, who speaks, or the run of words that the
reader takes for it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date

from engine.answering.question import Question, said
from engine.answering.reader import Reading
from engine.answering.relative import Meant, meant, spoken
from engine.answering.sentences import Scored
from engine.answering.short import whole
from engine.answering.stems import STOP, WORD, stems_of
from engine.answering.talk import Talk
from engine.answering.times import times_in
from engine.library import Passage

DAY = 10  # characters of a day with its year
_GOES_ON = re.compile(r"\n(?:>[^\S\n]?)+")  # a line of an answered mail behind another


def brief(
    question: Question, sentence: Scored, passage: Passage, reading: Reading, trust: float, sure: float
) -> tuple[str, float]:
    """The answer and its probability; nothing where the reader's run has no word of its own. trust: in that run, before
    its share among the others. sure: that the sentence answers at all."""
    if question.asks_when and (day := _day(question, sentence, passage, reading)):
        return day, sure
    stamp = max(sentence.start + sentence.said, sentence.end - len(said(sentence.text)))
    if reading.start < stamp:  # no answer
        return "", 0.0
    run, behind = passage.text[reading.start : reading.end], passage.text[reading.end : sentence.end]
    if who := _speaker(question, sentence, passage, run, reading.start):
        return who, trust * reading.share
    if all(match.group().lower() in STOP for match in WORD.finditer(run)) or not question.fits(run, behind):
        return "", 0.0
    if question.is_of_name(passage.text[sentence.start : reading.start], run, behind):
        return "", 0.0
    begin, end = whole(question, sentence.text, reading.start - sentence.start, reading.end - sentence.start)
    return _GOES_ON.sub("\n", sentence.text[begin:end]), trust * reading.share


def _speaker(question: Question, sentence: Scored, passage: Passage, run: str, at: int) -> str | None:
    """Who is meant by a run "I", and who says a sentence where that is asked for and the run names nobody else."""
    if not question.asks_who:
        return None
    talk = Talk.of(passage.text, passage.writers)
    if name := talk.meant(run, at):
        return name
    name = talk.speaker(sentence.start)
    if name is None or not question.asks_who_said or question.names.intersection(stems_of(name)):
        return None
    return name if not run[:1].isupper() or run.lower() in STOP else None


def _day(question: Question, sentence: Scored, passage: Passage, reading: Reading) -> str | None:
    """What a sentence's "yesterday" means by the day it was written; of a sentence that names no time, that day itself
    where the question is about the past. None where the sentence says when."""
    stamp = times_in(sentence.text[: len(sentence.text) - len(said(sentence.text))])
    written = passage.written(sentence.start)
    written = stamp[0].first if written is None and stamp and len(stamp[0].first) == DAY else written
    if written is None:
        return None
    found = meant(sentence.text, written, past=question.is_past)
    read = range(reading.start - sentence.start, reading.end - sentence.start)
    if chosen := [one for one in found if one.start < read.stop and read.start < one.end]:
        return chosen[0].meaning
    rest = said(sentence.text)
    for one in found:
        rest = rest.replace(sentence.text[one.start : one.end], " ")
    if question.expects(rest):
        return None
    found = found or [one for one in _beside(question, sentence, passage, written) if not one.is_ahead]
    if found:
        return found[0].meaning
    return f"{spoken(date.fromisoformat(written[:10]))} (when it was written)" if question.is_past else None


def _beside(question: Question, sentence: Scored, passage: Passage, written: str) -> Iterator[Meant]:
    """The relative times of what its speaker goes on to say: "I went to my first class." "Last Friday." """
    for turn in Talk.of(passage.text).going_on(sentence.start):
        yield from meant(passage.text[max(turn.said, sentence.end) : turn.end], written, past=question.is_past)
