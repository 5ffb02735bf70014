"""The few words in front of an answer, made whole: all of a time, what something changed to, all of a list.

A reader scores runs of words by their ends and stops early where a run is long: at "Sept" of "Sept. 3", at the first
of three things that are needed.
"""

from __future__ import annotations

import re

from engine.answering.questions.question import Question
from engine.answering.texts.naming import CAPITAL
from engine.answering.words.grammar import LONGEST
from engine.answering.words.quantities import quantities
from engine.answering.words.related import known
from engine.answering.words.stems import STOP, WORD, stems_of
from engine.answering.words.times import times_in

MOST = 16  # words of a list that leads
COMPARABLE = 5.0  # times as much that something may have become
_DAYS = ("time", "weekday")
_CHANGED = re.compile(  # not "goes from seven to nine"
    r"\b(?:move[sd]?|chang(?:e[sd]?|ing)|ris(?:es?|en)|rose|rais(?:e[sd]?|ing)|switch(?:e[sd])?|postponed?|increase[sd]?"
    r"|reduce[sd]?|fell|fallen|drop(?:s|ped)?|shift(?:s|ed)?|put (?:off|back|forward))\b",
    re.I,
)
_FROM_TO = re.compile(r"\bfrom (?P<old>[^;()\n]{1,40}?) to (?P<new>[^\s;()][^;()\n]*)", re.I)
_LABEL = re.compile(r"\W*(\w+(?: \w+){0,2}):(?:\*\*)? ")  # "Present: Ada, Ben, Cleo"
_INSTEAD = re.compile(
    r"\b(?:instead of|rather than|up from|down from)(?: the)?(?: (?:old|previous|former))?\s*\Z", re.I
)
_EARLIER = re.compile(
    r"\b(?:before|old|used to|until|original(?:ly)?|previous(?:ly)?|former(?:ly)?|first|earlier|last)\b"
    r"|^\W*(?:wh\w+|how \w+)(?: \w+)? (?:was|were|did|had)\b",
    re.I,
)
_WHAT_CHANGED = re.compile(r"\bwhat\b.*\bchange[sd]?\b|\bhow\b.*\bchange[sd]?\b", re.I)
_ARTICLE = re.compile(r"(?:the|an?) ", re.I)
_ENDS = STOP | frozenset("because since with after before by when as starting".split())
_ITEM = r"(?:(?!and\b|or\b)[\w$€£’'.%&-]+ ){0,4}[\w$€£’'%&-]+"
_NO_CLAUSE = r"(?!(?:[Ii]|[Hh]e|[Ss]he|[Ww]e|[Tt]hey|[Yy]ou|[Ii]t|[Tt]here)\b)"
_NAME = rf"(?:[Tt]he )?{_NO_CLAUSE}[A-Z][\w’'-]*(?: [A-Z][\w’'-]*)*"
_SOMEBODY = rf"[{CAPITAL}][\w’-]++(?: (?:(?:de|van|von|der|la) )?[{CAPITAL}][\w’-]++){{0,3}}+(?: \([^()]*\))?"
_NAMES = re.compile(rf"{_SOMEBODY}(?:(?:[,;] | and | & ){_SOMEBODY})++")
_NAMED_ON = re.compile(rf"(?:, {_NAME})*,? (?:and|or|&) {_NAME}")
_GOES_ON = re.compile(
    rf"(?:, (?!and\b|or\b|but\b|which\b|who\b){_ITEM})+,? (?:and|or|&) {_NO_CLAUSE}{_ITEM}(?=\s*(?:[.;:!?)]|\Z))"
    rf"|, (?:and|or) {_NO_CLAUSE}{_ITEM}(?=\s*(?:[.;:!?)]|\Z))"
)
_BETWEEN = re.compile(
    r"\bbetween \d[\d.,:]*(?: ?[^\W\d]+)? and \d[\d.,:]*(?:(?<=\d)| ?%)(?P<unit> [^\W\d_]{1,8}\b| ?°C?)?", re.I
)
_ONE_END = re.compile(r"\b(?:min\w*|max\w*|least|most|low\w*|high\w*|upper|earliest|latest|start\w*|end\w*)\b", re.I)
_LISTED = re.compile(rf"(?<=: )(?:{_ITEM}, )+(?:and |or )?\Z")


def whole(question: Question, text: str, start: int, end: int) -> tuple[int, int]:
    """The place of the run text[start:end] of a sentence, with what belongs to it."""
    if (change := _change(question, text, start, end) or _instead(question, text, start, end)) is not None:
        return change
    if question.kind is not None and question.kind.name in _DAYS:
        for time in times_in(text):
            if time.at[0] < end and start < time.at[1]:
                end = max(end, time.at[0] + len(text[slice(*time.at)].rstrip(".")))
                start = min(start, time.at[0])
    if (both := _between(question, text, start, end)) is not None:
        return both
    if question.asks_who and (label := _LABEL.match(text)) and label.end() <= start:
        named = text[label.end() :].rstrip(" .")
        if known(stems_of(label[1]), question.stems) and _NAMES.fullmatch(named) and len(named.split()) <= MOST:
            return label.end(), label.end() + len(named)
    if question.asks_all or (question.kind is None and question.focus is None):
        return _list(text, start, end)
    return start, end


def _change(question: Question, text: str, start: int, end: int) -> tuple[int, int] | None:
    """Of what went "from one to another", the other: the first one is no more, unless the question is about what was.
    Both, where the change is asked for."""
    for match in _FROM_TO.finditer(text):
        old, new = match.span("old"), match.start("new")
        last = _end_of_new(text, new)
        if last <= new or not (old[0] < end and start < last) or _CHANGED.search(text) is None:
            continue
        if _WHAT_CHANGED.search(question.text[:LONGEST]):
            return match.start(), max(end, last)
        is_old = start < new and _EARLIER.search(question.text[:LONGEST])
        if is_old:
            return start, end
        return (start, max(end, last)) if start > new else (new, last)
    return None


def _instead(question: Question, text: str, start: int, end: int) -> tuple[int, int] | None:
    """Of "3,290 a year instead of 2,980", the first amount, unless the question is about what was; both, where the
    change is asked for."""
    match = _INSTEAD.search(text[:start])
    old = next((one.value for one in quantities(text[start:end])), 0.0)
    if match is None or not old:
        return None
    new = [one for one in quantities(text[: match.start()]) if 1 / COMPARABLE <= one.value / old <= COMPARABLE]
    if not new:
        return None
    if _WHAT_CHANGED.search(question.text[:LONGEST]):
        return new[-1].at[0], end
    return None if _EARLIER.search(question.text[:LONGEST]) else new[-1].at


def _between(question: Question, text: str, start: int, end: int) -> tuple[int, int] | None:
    """Both ends of "between 1.2 and 1.8 bar", with their unit, where one of them is no answer."""
    if _ONE_END.search(question.text[:LONGEST]) is not None:
        return None
    for match in _BETWEEN.finditer(text):
        if match.start() < end and start < match.end():
            unit = match["unit"] or ""
            last = match.end() - (len(unit) if unit.strip().lower() in STOP else 0)
            return min(start, match.start()), max(end, last)
    return None


def _end_of_new(text: str, new: int) -> int:
    """Where what begins here ends: at a time's end, or before a word that says nothing."""
    if (article := _ARTICLE.match(text, new)) is not None:
        new = article.end()
    for time in times_in(text):
        if time.at[0] <= new < time.at[1]:
            return time.at[0] + len(text[slice(*time.at)].rstrip("."))
    end = new
    for match in WORD.finditer(text, new):
        if match.group().lower() in _ENDS or text[end : match.start()].strip():
            break
        end = match.end()
    return end


def _list(text: str, start: int, end: int) -> tuple[int, int]:
    is_name = any(
        letter.isupper() for letter in text[start:end]
    )  # behind anything else somebody begins to do something
    before, behind = _LISTED.search(text[:start]), (is_name and _NAMED_ON.match(text, end)) or _GOES_ON.match(text, end)
    if behind is None and (before is None or not text[before.start() : start].endswith(("and ", "or "))):
        return start, end
    first, last = before.start() if before else start, behind.end() if behind else end
    return (first, last) if len(text[first:last].split()) <= MOST else (start, end)
