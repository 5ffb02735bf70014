"""When and where somebody was born and died, as encyclopaedias, obituaries and family trees put it: "(24 April 1777 in
Turin – 15 November 1801)", "born 8 February 1964 in Joensuu"."""

from __future__ import annotations

import re

from engine.answering.texts.naming import NAME
from engine.answering.words.grammar import LONGEST, MONTH
from engine.answering.words.times import month_of

DAY = re.compile(  # with a year of three or four digits, or a year alone
    rf"(?<![\w.,-])(?:(?P<day>\d{{1,2}})(?:st|nd|rd|th)?(?: of)? (?P<month>{MONTH})\.?,? (?P<year>\d{{3,4}})"
    rf"|(?P<month2>{MONTH})\.? (?:(?P<day2>\d{{1,2}})(?:st|nd|rd|th)?,? )?(?P<year2>\d{{3,4}})"
    r"|(?P<iso>\d{4}-\d\d-\d\d)|(?P<dotted>\d{1,2}[./]\d{1,2}[./]\d{4})"
    r"|(?P<alone>(?:1\d|20)\d\d|(?<=c\. )\d{3,4}|(?<=circa )\d{3,4}))(?![\w%]|[.,]\d)",
    re.I,
)
_BRACKETS = re.compile(r"\(([^()]*(?:\([^()]*\)[^()]*)*)\)")
_DASH = re.compile(r"\s*[–—]\s*|\s-+\s|(?<=\d)-(?=\d)")
_PLACE = rf"{NAME}(?:, {NAME})*"
_PLACES = {
    "born": re.compile(rf"\bborn\b(?:[^.;()]| \w\.){{0,60}}? (?:in|at) (?P<place>{_PLACE})"),
    "died": re.compile(rf"\b(?:died|passed away|was killed)\b(?:[^.;()]| \w\.){{0,60}}? (?:in|at) (?P<place>{_PLACE})"),
}
_SAID = {
    "born": re.compile(r"\b(?:born|birth(?! certificate)|birthday|dob|d\.o\.b|b\.)(?!\w)[^.;()]{0,40}?\Z", re.I),
    "died": re.compile(r"\b(?:died|death(?! certificate)|dead|was killed|passed away|d\.)(?!\w)[^.;()]{0,40}?\Z", re.I),
}
_OCCASION = (  # "Where did we celebrate Max's birthday?", "after his father's death" ask of no birth and no death
    r"\A(?!.*\bcelebrat|.*\b(?:on|for|at|before|after|since|until|to|with)"
    r" (?:(?:my|our|his|her|their|the|[\w-]+['’]s) (?:\w+ )?){1,2}(?:birth|death))"
)
_ITSELF = r"(?! (?:certificate|party|cake|card|presents?|gifts?|dinner|lunch|celebrations?|trip|do)\b)"
_ASKED = {
    "born": re.compile(
        rf"\b(?:born|birthplace|birthdate)\b|{_OCCASION}.*\bbirth\b{_ITSELF}"
        rf"|{_OCCASION}(?!.*\bwhere\b).*\bbirthday\b{_ITSELF}",
        re.I,
    ),
    "died": re.compile(rf"\b(?:die[ds]?|pass(?:ed)? away)\b|{_OCCASION}.*\bdeath\b{_ITSELF}", re.I),
}


def event_of(question: str) -> str | None:
    """Whether it is asked of a birth or of a death."""
    return next((event for event, asked in _ASKED.items() if asked.search(question[:LONGEST])), None)


def day_of(text: str, event: str) -> str | None:
    """The day that a sentence gives for it, verbatim."""
    text = text[:LONGEST]
    for inside in _BRACKETS.finditer(text):
        within = inside.group(1)
        for dash in _DASH.finditer(within):
            before, behind = within[: dash.start()], within[dash.end() :]
            if (first := DAY.search(before)) is not None and (second := DAY.search(behind)) is not None:
                return (first if event == "born" else second).group()
    for day in DAY.finditer(text):
        if _SAID[event].search(text, 0, day.start()) is not None:
            return day.group()
    return None


def place_of(text: str, event: str) -> str | None:
    """The place that a sentence gives for it, verbatim."""
    text = text[:LONGEST]
    for inside in _BRACKETS.finditer(text):
        parts = _DASH.split(inside.group(1), maxsplit=1)
        if len(parts) == 2 and all(DAY.search(part) for part in parts):
            part = parts[event == "died"]
            rest = DAY.sub("", part)
            if (named := re.search(rf"(?:\A\W*|\b(?:in|at) |, ){_PLACE}", rest)) is not None:
                return re.sub(r"\A(?:\W|\b(?:in|at) )+", "", named.group()).strip(" ,")
    found = _PLACES[event].search(text)
    return found["place"] if found is not None else None


def ordered(day: str) -> tuple[int, int, int] | None:
    """Year, month and day of a text that DAY matches; 0 for what it does not say."""
    if (match := DAY.search(day)) is None:
        return (int(day), 0, 0) if re.fullmatch(r"\d{3,4}", day, re.ASCII) is not None else None  # of "c. 850"
    if match["iso"]:
        year, month, number = map(int, match["iso"].split("-"))
        return (year, month, number) if 1 <= month <= 12 else None
    if match["dotted"]:
        number, month, year = map(int, re.split(r"[./]", match["dotted"]))
        if month > 12:  # as in America
            number, month = month, number
        return (year, month, number) if 1 <= month <= 12 else None
    if match["alone"]:
        return int(match["alone"]), 0, 0
    at = month_of(match["month"] or match["month2"])
    return int(match["year"] or match["year2"]), at, int(match["day"] or match["day2"] or 0)
