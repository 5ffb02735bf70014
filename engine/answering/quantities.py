"""Quantities that a text gives, in units that can be compared: "EUR 1,450.50", "two and a half hours", "48 m²"."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from engine.answering.focus import LONGEST

_WORDS = {
    word: value
    for value, word in enumerate(
        "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen"
        " seventeen eighteen nineteen".split()
    )
} | {"a": 1, "an": 1, "half": 0.5, "twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "seventy": 70}
_WORDS |= {"eighty": 80, "ninety": 90, "hundred": 100, "a couple of": 2, "dozen": 12}
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
    r"lbs?|pounds(?= (?:heavy|in weight))": ("weight", 453.6), r"stones?": ("weight", 6350),
    r"°|º|degrees?|celsius": ("heat", 1), r"db|decibels?": ("noise", 1), r"km/h|kph|kmh": ("speed", 1),
    r"mph": ("speed", 1.609), r"litres?|liters?|l": ("volume", 1), r"ml": ("volume", 0.001),
    r"%|per ?cent|percent": ("share", 1),
}  # fmt: skip
_MONEY = (
    r"[$€£¥]|euros?|eur|dollars?|usd|pounds?|gbp|quid|kronor|kr|sek|nok|dkk|chf|francs?|rupees?|yen|zł|pln|zloty(?:s)?"
)
_NUMBER = (
    r"\d{1,3}(?:[,’' ]\d{3})+(?:\.\d+)?|\d+(?:[.,]\d+)?"
    rf"|\b(?:{'|'.join(sorted(_WORDS, key=len, reverse=True))})\b"
)
_UNIT = "|".join(f"(?P<u{at}>(?:{pattern})(?![\\w²]))" for at, pattern in enumerate(_UNITS))
_QUANTITY = re.compile(
    rf"(?P<sign>[$€£¥]|\b(?:eur|usd|gbp|sek|nok|dkk|chf|pln)\b)? ?(?<![\w.,:/-])(?P<number>{_NUMBER})"
    r"(?P<half> and a half)?"
    rf"(?:(?: |-)?(?:(?P<money>(?:{_MONEY})(?!\w))|{_UNIT}))?(?![\d:])",
    re.I,
)
_AND = re.compile(r"[, ]*(?:and )?\Z", re.I)


@dataclass(frozen=True, slots=True)
class Quantity:
    value: float
    of: str  # money, time, length, ..., or "" for a lone number
    at: tuple[int, int]


def quantities(text: str) -> Iterator[Quantity]:
    """All quantities of a text in order; "2 hours 40 minutes" is one."""
    held: Quantity | None = None
    text = text[:LONGEST]
    for match in _QUANTITY.finditer(text):
        found = _read(match)
        if found is None:
            continue
        if held is not None and held.of == found.of == "time" and _AND.fullmatch(text[held.at[1] : found.at[0]]):
            held = Quantity(held.value + found.value, "time", (held.at[0], found.at[1]))
            continue
        if held is not None:
            yield held
        held = found
    if held is not None:
        yield held


def _read(match: re.Match[str]) -> Quantity | None:
    number = match["number"]
    value = _WORDS.get(number.lower())
    if value is None:
        plain = re.sub(r"(?<=\d)[,’' ](?=\d{3}(?!\d))", "", number).replace(",", ".")
        value = float(plain)
    value += 0.5 if match["half"] else 0.0
    if match["sign"] or match["money"]:
        return Quantity(value, "money", match.span())
    for at, (of, worth) in enumerate(_UNITS.values()):
        if match[f"u{at}"]:
            return Quantity(value * worth, of, match.span())
    return None if number.lower() in ("a", "an", "half", "one") else Quantity(value, "", match.span())
