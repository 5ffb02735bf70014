"""Quantities that a text gives, in units that can be compared: "EUR 1,450.50 a month", "two and a half hours", "48 m²".

Money is of its currency, and of the time it is paid for: 10 pounds a month and 120 a year are not held against one
another, nor are crowns and euros."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from engine.answering.words.grammar import LONGEST

_TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()
_ONES = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen"
    " eighteen nineteen"
).split()
_WORDS: dict[str, float] = {word: float(value) for value, word in enumerate(_ONES)}
_WORDS |= {word: 10.0 * value for value, word in enumerate(_TENS, 2)}
_WORDS |= {
    f"{tens}{joint}{ones}": _WORDS[tens] + at for tens in _TENS for at, ones in enumerate(_ONES[:10]) for joint in " -"
}
_WORDS |= {"a": 1.0, "an": 1.0, "half a": 0.5, "half an": 0.5, "half": 0.5, "a couple of": 2.0, "a dozen": 12.0}
_WORDS |= {"a quarter of an": 0.25, "three quarters of an": 0.75, "a hundred": 100.0, "a thousand": 1000.0}
_TIMES = {"k": 1e3, "hundred": 1e2, "thousand": 1e3, "million": 1e6}
_UNITS: dict[str, tuple[str, float]] = {  # pattern: what it measures, and how much of the smallest unit it is
    r"seconds?|secs?": ("time", 1 / 60), r"minutes?|mins?|min": ("time", 1), r"hours?|hrs?|h": ("time", 60),
    r"days?|nights?": ("time", 1440), r"weeks?": ("time", 10080), r"months?": ("time", 43800),
    r"years?|yrs?": ("time", 525600),
    r"mm|millimet(?:re|er)s?": ("length", 0.1), r"cm|centimet(?:re|er)s?": ("length", 1),
    r"m|met(?:re|er)s?": ("length", 100), r"km|kilomet(?:re|er)s?": ("length", 100000),
    r"miles?|mi": ("length", 160934),
    r"feet|foot|ft": ("length", 30.48), r"inch(?:es)?": ("length", 2.54),
    r"m²|m2|sq\.? ?m|sqm|square met(?:re|er)s?": ("area", 1), r"sq\.? ?ft|square f(?:ee|oo)t": ("area", 0.0929),
    r"hectares?|ha": ("area", 10000), r"acres?": ("area", 4047), r"km²|km2|square kilomet(?:re|er)s?": ("area", 1e6),
    r"g|grams?": ("weight", 1), r"kg|kilos?|kilograms?": ("weight", 1000), r"tonnes?|tons?": ("weight", 1e6),
    r"lbs?|pounds(?= of\b| heavy| in weight)": ("weight", 453.6), r"stones?": ("weight", 6350),
    r"° ?F|degrees fahrenheit": ("heat F", 1), r"° ?C|°|º|degrees?|celsius": ("heat", 1),
    r"db|decibels?": ("noise", 1), r"km/h|kph|kmh": ("speed", 1), r"mph": ("speed", 1.609),
    r"litres?|liters?|l": ("volume", 1), r"ml": ("volume", 0.001), r"%|per ?cent|percent": ("share", 1),
}  # fmt: skip
_CURRENCIES = {
    r"€|euros?|eur": "euro", r"\$|dollars?|usd": "dollar", r"£|pounds?|gbp|quid": "pound", r"¥|yen": "yen",
    r"kronor|krona|kroner|crowns|kr|sek|nok|dkk": "crown", r"chf|francs?": "franc", r"rupees?": "rupee",
    r"zł|pln|zloty": "zloty",
}  # fmt: skip
_NUMBER = (
    r"\d{1,3}(?:\.\d{3})+,\d\d(?!\d)|\d{1,3}(?:\.\d{3}){2,}(?!\d)|\d{1,3}(?:[,’' ]\d{3})+(?:\.\d+)?(?!\d)"
    r"|\d+[.,]\d+|\d+ ?½|½|\d+"
    rf"|\b(?:{'|'.join(sorted(_WORDS, key=len, reverse=True))})\b"
)
_UNIT = "|".join(f"(?P<u{at}>(?:{pattern})(?![\\w²]))" for at, pattern in enumerate(_UNITS))
_MONEY = "|".join(_CURRENCIES)
_QUANTITY = re.compile(
    r"(?P<minus>(?<![\w.,:/)-])[-−–](?=[$€£¥\d])|\bminus )?"
    r"(?:(?P<sign>[$€£¥]|\b(?:eur|usd|gbp|sek|nok|dkk|chf|pln)(?![a-z])) ?(?P<less>[-−](?=\d))?"
    r"|(?(minus)|(?<![\w.,:/-])))"
    rf"(?P<number>{_NUMBER})"
    r"(?P<times> ?k(?!\w)| (?:hundred|thousand|million)\b)?(?P<half> and a half)?"
    rf"(?:(?: |-)?(?:(?P<cents>(?:cents?|pence|p)(?!\w))|{_UNIT}|(?P<money>(?:{_MONEY})(?!\w)))"
    r"(?P<more> and a half)?)?(?![\d:])",
    re.I,
)
_POINTED = ("dollar", "pound", "yen", "rupee")  # where a point is none between thousands
_THOUSANDS = re.compile(r"[1-9]\d{0,2}\.\d{3}")
_OF_GOODS = "kwh|lit(?:re|er)|l|gallon|kg|unit|minute|m3|m³"  # 1.789 euros a litre
_PAID_FOR = re.compile(
    rf"\W{{0,2}}(?:an?|per|each|every) (month|year|week|night|day|page|hour|person|km|{_OF_GOODS})\b"
    rf"|/ ?(month|year|week|night|day|{_OF_GOODS})\b",
    re.I,
)
_AND = re.compile(r"[, ]*(?:and )?\Z", re.I)
_PARTS = ("time", "length")  # "2 hours 40 minutes", "5 ft 11 inches"


@dataclass(frozen=True, slots=True)
class Quantity:
    value: float
    of: str  # time, length, ..., money and what of; "" for a lone number
    at: tuple[int, int]


def quantities(text: str) -> Iterator[Quantity]:
    """All quantities of a text in order; "2 hours 40 minutes" is one."""
    text = text[:LONGEST].replace("ſ", "s").replace("\u212a", "K")  # which a pattern without case takes for them
    held: Quantity | None = None
    end = 0
    for match in _QUANTITY.finditer(text):
        found = _read(match) if match.start() >= end else None
        if found is None:
            continue
        end = found.at[1]
        if (
            held is not None and held.of == found.of and held.of in _PARTS and found.value < held.value
            and _AND.fullmatch(text[held.at[1] : found.at[0]])
        ):  # fmt: skip
            held = Quantity(held.value + found.value, held.of, (held.at[0], found.at[1]))
            continue
        if held is not None:
            yield held
        held = found
    if held is not None:
        yield held


def _read(match: re.Match[str]) -> Quantity | None:
    number = match["number"].lower()
    value = _WORDS.get(number)
    if value is None:
        value = written(number)
    value *= _TIMES[match["times"].strip().lower()] if match["times"] else 1.0
    value += 0.5 if match["half"] or match["more"] else 0.0
    is_less = match["minus"] is not None or match["less"] is not None
    value = -value if is_less else value
    if match["cents"]:
        return Quantity(value / 100, "money", match.span())
    if currency := match["sign"] or match["money"]:
        name = next(name for pattern, name in _CURRENCIES.items() if re.fullmatch(pattern, currency, re.I))
        paid = _PAID_FOR.match(match.string, match.end())
        per = (paid[1] or paid[2]).lower() if paid is not None else ""
        if name not in _POINTED and _THOUSANDS.fullmatch(number) and not re.fullmatch(_OF_GOODS, per):
            value *= 1000.0
        end = paid.end() if paid is not None else match.end()
        return Quantity(value, f"money {name} {per}".strip(), (match.start(), end))
    for at, (of, worth) in enumerate(_UNITS.values()):
        if match[f"u{at}"]:  # a dash before two kilos begins a list
            is_range = is_less and of not in ("heat", "heat F", "share") and match["minus"] != "minus "
            return None if is_range else Quantity(value * worth, of, match.span())
    if re.fullmatch(r"(?:19|20)\d\d", number):
        return None  # a year
    if is_less or re.fullmatch(r"\d+(?:\.\d+){2,}", number):
        return None  # of a list, of a version
    return None if number in ("a", "an", "half", "half a", "half an", "one") else Quantity(value, "", match.span())


def written(number: str) -> float:
    """1,450.50 and 1.450,50 and 1 450; 1,5 is one and a half, 1,500 a thousand and a half."""
    half = 0.5 if number.endswith("½") else 0.0
    number = number.rstrip("½ ")
    if re.fullmatch(r"\d{1,3}(?:(?:\.\d{3})+,\d\d|(?:\.\d{3}){2,})", number):
        return float(number.replace(".", "").replace(",", "."))
    number = re.sub(r"(?<=\d)[,’' ](?=\d{3}(?!\d))", "", number).replace(",", ".")
    return (float(number) if number else 0.0) + half
