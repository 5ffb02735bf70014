"""What "yesterday" or "last month" meant on the day it was written: messages and diaries say when by their own date."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta

from engine.answering.texts.plans import is_plan
from engine.answering.words.grammar import MONTH_NAME, MONTHS, WEEKDAY, WEEKDAYS

_NUMBERS = {word: at for at, word in enumerate("no one two three four five six seven eight nine ten".split())}
_NUMBERS |= {"a": 1, "an": 1, "a couple of": 2, "twelve": 12}
_SEASONS = {"spring": 5, "summer": 8, "autumn": 11, "fall": 11}  # their last months
_COUNT = r"\d{1,3}|" + "|".join(map(re.escape, sorted(_NUMBERS, key=len, reverse=True)))
_ORDINALS = tuple(
    "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth fifteenth "
    "sixteenth seventeenth eighteenth nineteenth twentieth twenty-first twenty-second twenty-third twenty-fourth "
    "twenty-fifth twenty-sixth twenty-seventh twenty-eighth twenty-ninth thirtieth thirty-first".split()
)
_ENDS = (  # of "last fall": not of "last fall down the stairs"
    r"(?=\W*\Z|\ ?[.,;:!?)\n–-]|\ (?:and|or|but|when|while|we|I|you|she|he|they|it|the|my|our|at|in|with|from|to|for|on"
    r"|by|before|after|was|were|is)\b)"
)
_FORMS = re.compile(
    rf"""\b(?:
    (?P<day>(?:the\ )?day\ before\ yesterday|(?:the\ )?day\ after\ tomorrow|yesterday|last\ night|today|tonight|tomorrow
      |this\ (?:morning|afternoon|evening))
    | (?:a\ )?week\ (?:last|ago(?:\ (?:on|last))?)\ (?P<earlier>{WEEKDAY}) | (?P<twice>{WEEKDAY})\ before\ last
    | (?P<count>{_COUNT})\ (?:(?P<unit>day|week|fortnight|month|year)|(?P<each>{WEEKDAY}))s?\ ago
    | in\ (?P<ahead>{_COUNT})\ (?P<until>day|week|fortnight|month|year)s?\b(?!\ ago)
    | (?P<side>last|past|this\ past|next|this\ coming)\ (?P<named>{WEEKDAY})
    | a\ (?P<on>week|fortnight)\ on\ (?P<beyond>{WEEKDAY}) 
    | (?<!every\ )(?<!next\ )(?P<coming>{WEEKDAY})\ (?P<further>week|fortnight)(?!\ (?:ago|last|after))
    | the\ (?P<nth>\d{{1,2}})(?:st|nd|rd|th)\ of\ (?P<which>last|this|next)\ month
    | (?P<where>last|this|next)\ (?P<span>week|weekend|month|year) | (?P<over>week|month|year)\ before\ last
    | (?<!the\ )(?<!at\ )last\ (?:(?P<month>{MONTH_NAME})|(?P<season>{"|".join(_SEASONS)})){_ENDS}
    )\b""",
    re.I | re.X,
)
_AHEAD = re.compile(
    r"(?:the )?day after|tomorrow|tonight|in |next|this coming|a (?:week|fortnight) on |\w+day (?:week|fortnight)", re.I
)
_FEASTS = {
    "new year's eve": (12, 31), "new year's day": (1, 1), "christmas eve": (12, 24), "christmas day": (12, 25),
    "boxing day": (12, 26), "valentine's day": (2, 14), "halloween": (10, 31),
}  # fmt: skip
_FEAST = "|".join(_FEASTS).replace("'", "['’]").replace(" ", r"\ ")
_PLAIN = re.compile(  # of what lies behind: ahead it would be the next one
    rf"""\b(?:
    (?<!every\ )(?P<weekday>{WEEKDAY})(?!['’]|,?\ (?:the\ )?\d|,?\ (?:{MONTH_NAME}))
    | (?:at|over|on)\ the\ (?P<weekend>weekend)
    | (?<!year\ )in\ (?-i:(?P<in>{MONTH_NAME}))
      (?!,?\ (?:of\ )?(?:['’]?\d|(?:last|that|this|next|the)\b|(?:{_COUNT})\ years?\b))
    | (?P<feast>{_FEAST})
    | on\ the\ (?P<date>\d{{1,2}}(?:st|nd|rd|th)|{"|".join(_ORDINALS)})(?!\ (?:of|floor|day|time|way|side|hand))
    )\b""",
    re.I | re.X,
)
_UNITS = {"day": 1, "week": 7, "fortnight": 14}  # days
_STEPS = {
    "day before yesterday": -2, "yesterday": -1, "last night": -1, "tomorrow": 1, "day after tomorrow": 2,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Meant:
    """A relative time in a text, and what it means."""

    start: int
    end: int
    meaning: str  # "7 May 2023", "May 2023", "2022", "the week before 8 May 2023"
    is_ahead: bool  # of the day it was written


def meant(text: str, written: str, *, past: bool = False) -> list[Meant]:
    """The relative times of a text that was written at a moment (ISO 8601), in order; none where that is no date.

    past: it is told of what has been, so that "on Thursday" is the last one."""
    try:
        day = date.fromisoformat(written[:10])
    except ValueError:
        return []
    found = [(match, _meaning) for match in _FORMS.finditer(text)]
    taken = [range(*match.span()) for match, _ in found]
    if past:
        plain = (m for m in _PLAIN.finditer(text) if not any(m.start() in place for place in taken))
        found += [(match, _behind) for match in plain if not is_plan(text, match.start())]
    out = []
    for match, meaning in sorted(found, key=lambda one: one[0].start()):
        try:
            is_ahead = match.re is _FORMS and _AHEAD.match(match.group()) is not None
            out.append(Meant(*match.span(), meaning(match, day), is_ahead))
        except (OverflowError, KeyError, ValueError):  # 900 years ago, the 45th, FRİDAY
            continue
    return out


def spoken(day: date) -> str:
    """As people write a day: 7 May 2023."""
    return f"{day.day} {MONTHS[day.month - 1]} {day.year}"


def _meaning(match: re.Match[str], day: date) -> str:
    if (near := match["day"]) is not None:
        return spoken(day + timedelta(_STEPS.get(near.lower().removeprefix("the "), 0)))
    if match["unit"] is not None:
        return _moved(day, -_number(match["count"]), match["unit"].lower())
    if match["until"] is not None:
        return _moved(day, _number(match["ahead"]), match["until"].lower())
    if match["each"] is not None:  # two Fridays ago
        if not (count := _number(match["count"])):
            raise OverflowError
        return spoken(_last(match["each"], day) - timedelta(7 * (count - 1)))
    if (named := match["earlier"] or match["twice"]) is not None:
        return spoken(_last(named, day) - timedelta(7))
    if (named := match["beyond"] or match["coming"]) is not None:
        weeks = 1 if "week" in (match["on"] or match["further"]).lower() else 2
        return spoken(_last(named, day) + timedelta(7 * (weeks + 1)))
    if match["over"] is not None:
        return _spanned("before", match["over"].lower(), -2, day)
    if match["nth"] is not None:
        months = day.year * 12 + day.month - 1 + {"last": -1, "this": 0, "next": 1}[match["which"].lower()]
        return spoken(date(months // 12, months % 12 + 1, int(match["nth"])))
    if match["month"] is not None:
        return _moved(day, -((day.month - _month(match["month"])) % 12 or 12), "month")
    if match["season"] is not None:
        season = match["season"].lower()
        return f"{season} {_moved(day, -(day.month <= _SEASONS[season]), 'year')}"
    if match["named"] is not None:
        apart = WEEKDAYS.index(match["named"].capitalize()) - day.weekday()
        if match["side"].lower() == "next":  # on a Tuesday, "next Wednesday" is not tomorrow
            return spoken(day + timedelta(apart + 7))
        if match["side"].lower() == "this coming":
            return spoken(day + timedelta(apart % 7 or 7))
        back = apart % 7 - 7
        if back == -1 and match["side"].lower() == "last":  # nor is "last Monday" yesterday
            back -= 7
        return spoken(day + timedelta(back))
    where, step = {"last": ("before", -1), "this": ("of", 0), "next": ("after", 1)}[match["where"].lower()]
    return _spanned(where, match["span"].lower(), step, day)


def _behind(match: re.Match[str], day: date) -> str:
    """The last such day before the one of writing."""
    if match["weekday"] is not None:
        return spoken(_last(match["weekday"], day))
    if match["in"] is not None:
        return _moved(day, -((day.month - _month(match["in"])) % 12), "month")
    if match["weekend"] is not None:
        return f"the weekend before {spoken(day)}"
    month, number = None, 0
    if match["feast"] is not None:
        month, number = _FEASTS[match["feast"].lower().replace("’", "'")]
    else:
        named = match["date"].lower()
        number = _ORDINALS.index(named) + 1 if named in _ORDINALS else int(named[:-2])
    for back in range(366):
        then = day - timedelta(back)
        if then.day == number and month in (None, then.month):
            return spoken(then)
    raise OverflowError(number)


def _spanned(where: str, span: str, steps: int, day: date) -> str:
    """A month or a year so many away; "the week before 8 May 2023"."""
    if span in ("month", "year"):
        return _moved(day, steps, span)
    return f"the {span} {where} {spoken(day + timedelta(7 * (steps + (where == 'before') - (where == 'after'))))}"


def _moved(day: date, steps: int, unit: str) -> str:
    """A day so many days or weeks away; of months and years only these, since nobody counts them to the day."""
    if (days := _UNITS.get(unit)) is not None:
        return spoken(day + timedelta(steps * days))
    if unit == "year":
        if not 1 <= day.year + steps <= 9999:
            raise OverflowError
        return str(day.year + steps)
    months = day.year * 12 + day.month - 1 + steps
    if not 12 <= months < 10_000 * 12:
        raise OverflowError
    return f"{MONTHS[months % 12]} {months // 12}"


def _last(weekday: str, day: date) -> date:
    """The last such day of the week before a day."""
    return day + timedelta((WEEKDAYS.index(weekday.capitalize()) - day.weekday()) % 7 - 7)


def _month(name: str) -> int:
    return MONTHS.index(name.capitalize()) + 1


def _number(text: str) -> int:
    return int(text) if text.isdigit() else _NUMBERS[text.lower()]
