"""The short answer that a sentence holds: the day that its "yesterday" means, who speaks, or the run of words that the
reader takes for it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import date

from engine.answering.evidence.sentences import Scored
from engine.answering.questions.question import Question, said
from engine.answering.questions.things import Things, is_denied
from engine.answering.reading.fitting import is_no_place, is_of_name, may_answer
from engine.answering.reading.reader import Reading
from engine.answering.reading.short import whole
from engine.answering.texts.plans import DAY, clause, days_named, is_no_past, with_year
from engine.answering.texts.relative import Meant, meant, spoken
from engine.answering.texts.talk import Talk
from engine.answering.words.stems import STOP, WORD, stems_of
from engine.answering.words.times import times_in
from engine.library import Passage

_TIMELY = re.compile(
    r"\d|\b(?:today|yesterday|tomorrow|week|month|year|morning|evening|night|christmas|easter|\w+day)\b", re.IGNORECASE
)
PLAIN = 2  # words of a run that names a thing
_YEAR = re.compile(r"\b(?:1[0-9]|20)\d\d\b")
_CLOCK = re.compile(r"(?:at )?\d{1,2}[:.]\d\d(?: ?[ap]\.?m\.?)?", re.IGNORECASE)
_NOON = re.compile(r"\b(?:since|until|till) (?:noon|midnight)\b", re.IGNORECASE)  # how long, and not when
_AGO = re.compile(
    r"\b(?:ago|after|before|in (?:\w+ )?\w+ (?:days|weeks|months|years)|\w*day|planned|due|will|should)\b",
    re.IGNORECASE,
)
_ENTRY = re.compile(r"\s*(?:[-*•+|]\s+)?[\[(*_]{0,2}")
_BORN = re.compile(r"\b(?:born|birth|birthday)\b", re.IGNORECASE)
_OF_A_LIST = re.compile(r"[.)]\s+\w")  # behind the number of a line; "44." alone is an answer
_GOES_ON = re.compile(r"\n(?:>[^\S\n]?)+")  # a line of an answered mail behind another


def brief(
    question: Question, sentence: Scored, passage: Passage, reading: Reading, trust: float, sure: float
) -> tuple[str, float]:
    """The answer and its probability; nothing where the reader's run has no word of its own. trust: in that run, before
    its share among the others. sure: that the sentence answers at all."""
    if question.asks_when and (day := _day(question, sentence, passage, reading)):
        return day, sure
    if question.asks_when and question.is_past and (day := _of_an_entry(question, sentence.says)):
        return day, sure
    stamp = max(sentence.start + sentence.said, sentence.end - len(said(sentence.text)))
    if reading.start < stamp:  # no answer
        return "", 0.0
    run, behind = passage.text[reading.start : reading.end], passage.text[reading.end : sentence.end]
    if reading.start == sentence.start and run.isdigit() and _OF_A_LIST.match(behind) is not None:
        return "", 0.0
    if day := _birthday(question, sentence.text, run):
        return day, trust * reading.share
    if who := _speaker(question, sentence, passage, run, reading.start):
        return who, trust * reading.share
    if (thing := _only_thing(question, sentence, passage, run)) is not None:
        return thing, trust * reading.share
    if all(match.group().lower() in STOP for match in WORD.finditer(run)) or not may_answer(question, run, behind):
        return "", 0.0
    before = passage.text[sentence.start : reading.start]
    if is_of_name(question, before, run, behind) or is_no_place(question, before, run):
        return "", 0.0
    begin, end = whole(question, sentence.text, reading.start - sentence.start, reading.end - sentence.start)
    return _GOES_ON.sub("\n", sentence.text[begin:end]), trust * reading.share


def _birthday(question: Question, text: str, run: str) -> str | None:
    """The one day that a sentence tells beside the year which the reader took for that of a birth."""
    if _BORN.search(question.text) is None or not question.asks_when or _YEAR.fullmatch(run) is None:
        return None
    days = [text[slice(*time.at)].strip() for time in times_in(text) if len(time.first) == DAY]
    return days[0] if len(days) == 1 and run not in days[0] else None


def _only_thing(question: Question, sentence: Scored, passage: Passage, run: str) -> str | None:
    """The one thing of the kind asked for that a sentence names, where the run is a clause, a time or somebody who
    talks. Any other may be a thing that no table has."""
    if question.kind is None or not isinstance(things := question.kind.looks, Things):
        return None
    if things.search(run) is not None or (len(run.split()) <= PLAIN and not _is_no_thing(run, passage)):
        return None
    found = [match for match in things.finditer(sentence.says) if match.group().lower() not in STOP]
    told = [match for match in found if not is_denied(sentence.says, match.start())]
    bare = (things.bare(match.group()) for match in told)
    new = {word.lower(): word for word in bare if question.kind_stems.isdisjoint(stems_of(word))}
    return next(iter(new.values())) if len(new) == 1 and len(found) == len(told) else None


def _is_no_thing(run: str, passage: Passage) -> bool:
    talkers = {name for turn in Talk.of(passage.text, passage.writers).turns for name in stems_of(turn.speaker)}
    return _TIMELY.search(run) is not None or talkers.issuperset(stems_of(run))


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
    ahead = list[tuple[int, int]]()
    if question.is_past:  # what was still to come says when only where what is asked of stands beside it
        times = [(one.start, one.end) for one in found if one.is_ahead]
        times += [time.at for time in days_named(sentence.text, written)[1]]
        times += [(one.start, one.end) for one in found if is_no_past(sentence.text, one.start)]
        ahead = [at for at in times if not _is_told_beside(question, sentence, at[0])]
        found = [one for one in found if (one.start, one.end) not in ahead]
    read = range(reading.start - sentence.start, reading.end - sentence.start)
    if chosen := [one for one in found if one.start < read.stop and read.start < one.end]:
        return chosen[0].meaning
    run = passage.text[reading.start : reading.end]
    begin, end = clause(sentence.text, max(0, read.start))
    is_beside = len(found) == 1 and begin <= found[0].start < end
    if is_beside and not question.is_past and _CLOCK.fullmatch(run) is not None:
        return f"{found[0].meaning}, {run}"
    rest = _NOON.sub(" ", said(sentence.text))
    for start, end in (*((one.start, one.end) for one in found), *ahead):
        rest = rest.replace(sentence.text[start:end], " ")
    if question.expects(rest):
        is_birth = _BORN.search(question.text) is not None  # nobody is born near the day of writing
        return _in_full(sentence.text, written, read, ahead) if question.is_past and not is_birth else None
    found = found or [one for one in _beside(question, sentence, passage, written) if not one.is_ahead]
    if found:
        return found[0].meaning
    return f"{spoken(date.fromisoformat(written[:10]))} (when it was written)" if question.is_past else None


def _of_an_entry(question: Question, text: str) -> str:
    """The day of a line that begins with it and names no other time: "- 2025-03-31: oil changed at 97,120 km"."""
    times = [time for time in times_in(text) if len(time.first) >= DAY or not time.is_day]
    if len(times) != 1 or not times[0].is_day or _ENTRY.fullmatch(text[: times[0].at[0]]) is None:
        return ""
    begin, end = times[0].at
    rest = text[end:].lstrip(")]*_ ")
    is_apart = rest[:1] in (":", "-", "–", "—", "|", "\t")
    return text[begin:end].strip() if is_apart and not question.expects(rest) and _AGO.search(rest) is None else ""


def _is_told_beside(question: Question, sentence: Scored, at: int) -> bool:
    """Whether the clause around a place has half of the question's words that the sentence has."""
    told = sentence.covered - question.kind_stems
    return 2 * len(told.intersection(stems_of(sentence.text[slice(*clause(sentence.text, at))]))) >= len(told)


def _in_full(text: str, written: str, read: range, ahead: Sequence[tuple[int, int]]) -> str | None:
    """The day without a year that the reader found, with its year; the first that was none to come, where it found such
    a one. None where the sentence names a year."""
    days = [time for time in times_in(text) if time.is_day and time.at not in ahead]
    if _YEAR.search(text) is not None or not days:
        return None
    found = [time for time in days if time.at[0] < read.stop and read.start < time.at[1]]
    if not found and not any(start < read.stop and read.start < end for start, end in ahead):
        return None
    first = (found or days)[0]
    if len(first.first) == DAY:
        return None
    day = with_year(first, text, written)
    return spoken(date.fromisoformat(day)) if day is not None else None


def _beside(question: Question, sentence: Scored, passage: Passage, written: str) -> Iterator[Meant]:
    """The relative times of what its speaker goes on to say: "I went to my first class." "Last Friday." """
    for turn in Talk.of(passage.text).going_on(sentence.start):
        yield from meant(passage.text[max(turn.said, sentence.end) : turn.end], written, past=question.is_past)
