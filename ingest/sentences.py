"""Where sentences begin and end, by rules that suit notes as well as prose, in one linear pass.

A sentence ends at its punctuation, at a blank line, before a list item, table row, heading or stamp, and at a line
end that was meant as one (the next word would have fitted on the line). Lines quoted alike (`> `) are one text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

_PARAGRAPH_END = re.compile(r"\n[^\S\n]*+\n\s*+")
# The look-behind lets a run of dots be tried once, which keeps twenty megabytes of them linear.
_CANDIDATE = re.compile(
    r"(?<![.!?…])[.!?…]++[\"'”’»)\]*_]*+(?=\s)|[。！？]++[」』”’）]*+|\n"
    r"|(?<=[\w)][\w)])\.(?=(?:The|It|He|She|They|We|You|In|On|At|After|As|An|This|That|These|His|Her|Its|Their|There|But|And"
    r"|When|For|From|By|With|One|Our|My|If|So|To|Not)[ ,]"
    r"|[A-Z][a-z’']++ (?:is|was|were|has|had|are|also|then|later|began|became|made|played|won|wrote|said|died|moved"
    r"|joined|worked|lived|served|studied|married) )"  # the space was left out
)
_SPACE = re.compile(r"\s*+")
_WORD = re.compile(r"\S{1,40}")
_LINE_OPENER = re.compile(
    r"(?:[-*+•–]|\d{1,3}[.)]|#{1,6}|\[[ xX]\])\s|[|>]|```"
    r"|\[?\d{1,4}[/.-]\d{1,2}[/.-]\d{1,4},?[ T]\d{1,2}:\d\d|\[\d{1,2}:\d\d"  # the stamp of a chat or log line
    r"|\d{1,2}:\d\d(?::\d\d)? [^\W\d]"
    r"|[A-Z][\w’'-]{0,30}(?: [A-Z][\w’'-]{0,30}){0,2}(?: \(\d{1,2}:\d\d\))?: "  # who says it, of whom an entry is
)
_ROW = re.compile(r"\S[^\S\n]+\|[^\S\n]+\S|-[+|]-|[^\s-] {3,}\S")
_BARS = re.compile(r"\S[^\S\n]+\|[^\S\n]+\S")
_QUOTED = re.compile(r"(?:>[^\S\n]*+)++")  # before every line of what an answered mail said, or of a quotation
_ABBREVIATION = re.compile(
    r"mrs?|ms|dr|prof|sr|jr|st|no|nr|vs|e\.g|i\.e|cf|fig|vol|pp?|ca|approx|dept|corp|est|gen|col|lt|sgt|rev|hon|mt|"
    r"ave|rd|z\.b|d\.h|bzw|ggf|str|tel|jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec|mon|tue|wed|thu|fri|min|max",
    re.IGNORECASE,
)
# These end sentences as often as not, so a capital after them counts as a new sentence.
_MAY_END = re.compile(r"etc|[ap]\.m|u\.[sk]|inc|ltd|co|usw|sat|sun", re.IGNORECASE)
_LAST_WORD = re.compile(r"[^\s(\[\"'“‘«]{1,40}\Z")
_WRAP_COLUMNS = 60  # nobody wraps prose narrower; lines shorter than this were ended on purpose


def sentences(text: str) -> list[tuple[int, int]]:
    """Spans of the sentences of `text`, trimmed of white space, in order; together they hold every word."""
    spans: list[tuple[int, int]] = []
    for start, end in paragraphs(text):
        begin = start
        for cut in _cuts(text, start, end):
            _append(spans, text, begin, cut)
            begin = cut
        _append(spans, text, begin, end)
    return spans


def paragraphs(text: str, start: int = 0, end: int | None = None) -> Iterator[tuple[int, int]]:
    """Spans between blank lines, in order."""
    end = len(text) if end is None else end
    for match in _PARAGRAPH_END.finditer(text, start, end):
        if match.start() > start:
            yield start, match.start()
        start = match.end()
    if start < end:
        yield start, end


def trim(text: str, start: int, end: int) -> tuple[int, int]:
    """The span without white space at its ends; empty (start == end) where there is nothing else."""
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return start, end


def _append(spans: list[tuple[int, int]], text: str, start: int, end: int) -> None:
    start, end = trim(text, start, end)
    if start < end:
        spans.append((start, end))


def _cuts(text: str, start: int, end: int) -> Iterator[int]:
    columns = max(_WRAP_COLUMNS, _longest_line(text, start, end))
    line = start
    for match in _CANDIDATE.finditer(text, start, end):
        if match.group() == "\n":
            if _line_was_ended(text, line, match.start(), match.end(), end, columns):
                yield match.end()
            line = match.end()
        elif _punctuation_ends(text, line, match, end):
            yield match.end()


def _longest_line(text: str, start: int, end: int) -> int:
    longest = 0
    while start < end:
        stop = text.find("\n", start, end)
        stop = end if stop < 0 else stop
        longest = max(longest, stop - start)
        start = stop + 1
    return longest


def _line_was_ended(text: str, line: int, stop: int, after: int, end: int, columns: int) -> bool:
    following = _SPACE.match(text, after, end)
    begin = following.end() if following else after
    quoted, goes_on = _QUOTED.match(text, line, stop), _QUOTED.match(text, begin, end)
    if quoted and goes_on and quoted.group().count(">") == goes_on.group().count(">"):
        columns -= quoted.end() - line
        line, begin = quoted.end(), goes_on.end()
        if text[begin : begin + 1] in "\r\n" or not text[line:stop].strip():
            return True
    is_row = _is_row(text, line, stop) and (_BARS.search(text, line, stop) or _is_row(text, begin, end))
    if _LINE_OPENER.match(text, begin, end) or is_row:
        return True
    line, stop = trim(text, line, stop)
    if line == stop or begin >= end:
        return False
    if text[begin].islower() or (text[stop - 1] in ",;–—-&" and not text.endswith("---", line, stop)):
        return False
    word = _WORD.match(text, begin, end)
    return stop - line + 1 + (len(word.group()) if word else 0) < columns


def _is_row(text: str, start: int, end: int) -> bool:
    """Whether a line is a row of a table that is drawn with bars or by spaces."""
    stop = text.find("\n", start, end)
    if text[start : start + 1].islower():
        return False  # prose that is wrapped
    return _ROW.search(text, start, stop if stop >= 0 else end) is not None


def _punctuation_ends(text: str, line: int, match: re.Match[str], end: int) -> bool:
    mark = match.group()
    if mark[0] in "。！？":
        return True
    space = _SPACE.match(text, match.end(), end)
    begin = space.end() if space else match.end()
    if begin >= end:
        return False
    following = text[begin]
    if mark[0] != ".":
        return not following.islower()
    last = _LAST_WORD.search(text, max(line, match.start() - 40), match.start())
    word = last.group() if last else ""
    if following.islower() or (following in ",;:-–—" and text[match.end()] != "\n"):
        return False
    if word.isdigit() and text[line : match.start()].strip() == word:
        return False  # "1. Buy bread": the number of a list item
    if _MAY_END.fullmatch(word):
        return following.isupper()
    return not (_ABBREVIATION.fullmatch(word) or (len(word) == 1 and word.isupper()))
