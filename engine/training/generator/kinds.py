"""Draws the value of a slot by its kind: money 20 900, code AA-9999, clock, past 30, an organisation."""

from __future__ import annotations

import random
import string
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from typing import TypeVar

from engine.training.generator.names import brand, number_words, street, town
from engine.training.generator.values import DAYS, MONTHS, WORDS, Answer, Day, Plain, ordinal

T = TypeVar("T")

ORGANISATIONS = {  # kind -> endings of its name
    "shop": ("Store", "& Sons", "Market", "Supplies", "Outlet", "Corner", "Traders", "Home"),
    "company": ("Systems", "Group", "Ltd", "Works", "Partners", "Labs", "Logistics", "GmbH", "Consulting"),
    "clinic": ("Clinic", "Practice", "Medical Centre", "Health", "Surgery", "Hospital"),
    "hotel": ("Hotel", "Inn", "Guesthouse", "Lodge", "Suites", "Pension"),
    "restaurant": ("Bistro", "Kitchen", "Trattoria", "Grill", "Café", "Tavern", "Noodle House"),
    "venue": ("Hall", "Villa", "Barn", "Theatre", "Gardens", "Pavilion", "Arena", "Boathouse"),
    "garage": ("Garage", "Motors", "Auto", "Repairs", "Service"),
    "school": ("Academy", "School", "Institute", "Studio", "College"),
    "airline": ("Air", "Airways", "Wings", "Jet"),
    "insurer": ("Insurance", "Mutual", "Assurance", "Life"),
    "bank": ("Bank", "Savings", "Credit Union", "Trust"),
}  # fmt: skip
CURRENCIES = (
    ("euros", "€", "EUR"), ("dollars", "$", "USD"), ("pounds", "£", "GBP"), ("francs", "Fr ", "CHF"),
    ("kronor", "kr ", "SEK"), ("rupees", "₹", "INR"),
)  # fmt: skip


def organisation(rng: random.Random, kind: str, surname: Callable[[], str]) -> Plain:
    ending = pick(rng, ORGANISATIONS[kind])
    stem = surname() if rng.random() < 0.4 else brand(rng)
    name = (
        f"{ending} {stem}"
        if ending in ("Hotel", "Villa", "Café", "Trattoria") and rng.random() < 0.6
        else f"{stem} {ending}"
    )
    return Plain(name, (stem,) if ending in ("Ltd", "GmbH", "Group") else (), kind)


def money(rng: random.Random, low: int, high: int, currency: tuple[str, str, str]) -> Plain:
    """Round for large amounts, with cents for a third of the small ones; larger amounts are rarer."""
    amount = int(low * (high / low) ** rng.random())
    if amount > 400 and rng.random() < 0.8:
        amount -= amount % (10 if amount < 5000 else 100)
    name, sign, code = currency
    if amount < 400 and rng.random() < 0.35:
        cents = int(rng.random() * 100)
        text = f"{amount}.{cents:02}"
        return Plain(f"{text} {name}", (f"{sign}{text}", f"{code} {text}", f"{text} {code}"), "", amount + cents / 100)
    digits = f"{amount:,}" if amount >= 1000 and rng.random() < 0.7 else str(amount)
    return Plain(f"{digits} {name}", (f"{sign}{digits}", f"{code} {digits}", f"{digits} {code}"), "", float(amount))


def number(rng: random.Random, argument: str) -> Plain:
    """`number 2 40 minutes`: with a unit, in digits or words."""
    low, high, *unit = argument.split()
    value = int(low) + int(rng.random() * (int(high) - int(low) + 1))
    tail = " " + " ".join(unit) if unit else ""
    if value == 1 and tail.endswith("s"):
        value = 2
    if value < len(WORDS):
        return Plain(f"{value}{tail}", (f"{WORDS[value]}{tail}",), "", value)
    if value < 100:
        return Plain(f"{value}{tail}", (f"{value}{tail}", f"{number_words(value)}{tail}"), "", value)
    return Plain(f"{value:,}{tail}" if value > 9999 else f"{value}{tail}", (), "", value)


def code(rng: random.Random, argument: str) -> Plain:
    """`code AA-999|9a9a`: A a capital, a a small letter, 9 a digit, # a capital or digit."""
    pattern = pick(rng, argument.split("|"))
    out = []
    for mark in pattern:
        pool = {"A": "ABCDEFGHJKLMNPRSTUVWXYZ", "a": string.ascii_lowercase, "9": string.digits,
                "8": "123456789", "#": "ABCDEFGHJKLMNPRSTUVWXYZ23456789"}.get(mark)  # fmt: skip
        out.append(pick(rng, pool) if pool else mark)
    return Plain("".join(out))


def clock(rng: random.Random, argument: str) -> Plain:
    """A time of day; `clock 7 22` bounds the hour."""
    low, high = map(int, argument.split()) if argument else (7, 21)
    hour, minute = (
        low + int(rng.random() * (high - low + 1)),
        pick(rng, (0, 0, 0, 30, 30, 15, 45, 20, 40, 10, 50, 5, 55)),
    )
    half, twelve = "am" if hour < 12 else "pm", hour % 12 or 12
    tail = f":{minute:02}" if minute else ""
    others = [f"{twelve}{tail} {half}", f"{twelve}{tail}{half}"]
    if minute == 30:
        others.append(f"half past {WORDS[twelve]}")
    return Plain(f"{hour:02}:{minute:02}", tuple(others), "", hour + minute / 60)


def dated(rng: random.Random, kind: str, argument: str, today: date, day_first: bool) -> Answer:
    """past and future lie within `argument` days of the document's date; half of them within a week."""
    reach = int(argument or 30)
    reach = min(reach, 6) if rng.random() < 0.5 else reach
    if kind == "past":
        return Day(today - timedelta(int(rng.random() * (reach + 1))), day_first)
    return Day(today + timedelta(1 + int(rng.random() * (2 * reach))), day_first)


def plain(rng: random.Random, kind: str, argument: str) -> Answer | None:
    """Kinds that need nothing of the life; None for others."""
    if kind == "number":
        return number(rng, argument)
    if kind == "code":
        return code(rng, argument)
    if kind == "clock":
        return clock(rng, argument)
    if kind == "weekday":
        return Plain(pick(rng, DAYS))
    if kind == "month":
        return Plain(pick(rng, MONTHS))
    if kind == "birthday":
        day, month = 1 + int(rng.random() * 28), pick(rng, MONTHS)
        return Plain(f"{day} {month}", (f"{month} {day}", f"the {ordinal(day)} of {month}", f"{ordinal(day)} {month}"))
    if kind == "town":
        return Plain(town(rng), sort="town")
    if kind == "street":
        return Plain(street(rng))
    if kind == "brand":
        return Plain(brand(rng))
    if kind == "decimal":
        low, high, *unit = argument.split()
        value = round(float(low) + rng.random() * (float(high) - float(low)), 1)
        return Plain(f"{value} {' '.join(unit)}".strip(), number=value)
    return None


def pick(rng: random.Random, options: Sequence[T]) -> T:
    return options[int(rng.random() * len(options))]
