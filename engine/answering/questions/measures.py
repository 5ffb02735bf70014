"""What a question compares by: "cheaper" is asked as how much either side cost, and the less wins."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

Extreme = Literal["least", "most"]

EARLY = "first|earlier|sooner|earliest"
LATE = "later|latest|last|more recently|most recently|more recent|most recent|newer"
CHEAP = "cheaper|less expensive|cheapest|less costly"
DEAR = "more expensive|dearer|pricier|costlier|most expensive"
PAID = "cost|costs|pay|pays|paid|spent|spend|earn|earns|earned"
ADJECTIVES = {  # comparative: what is asked by, and whether more of it wins
    "bigger": ("big", True), "larger": ("big", True), "largest": ("big", True), "biggest": ("big", True),
    "smaller": ("big", False), "taller": ("tall", True), "higher": ("high", True), "lower": ("high", False),
    "heavier": ("heavy", True), "lighter": ("heavy", False), "deeper": ("deep", True), "wider": ("wide", True),
    "thicker": ("thick", True), "warmer": ("warm", True), "hotter": ("hot", True), "colder": ("cold", False),
    "louder": ("loud", True), "noisier": ("loud", True), "quieter": ("loud", False), "stronger": ("strong", True),
    "faster": ("fast", True), "quicker": ("fast", True), "slower": ("fast", False), "longer": ("long", True),
    "shorter": ("long", False), "farther": ("far", True), "further": ("far", True), "nearer": ("far", False),
    "closer": ("far", False),
}  # fmt: skip
OLDER, YOUNGER = "older|oldest|elder|eldest", "younger|youngest"
COMPARATIVE = (
    rf"(?:{EARLY}|{LATE}|{CHEAP}|{DEAR}|{OLDER}|{YOUNGER}|{'|'.join(ADJECTIVES)}|(?:{PAID}) (?:more|less)"
    r"|more (?!often\b)[a-z]+)"
)
_DONE = re.compile(
    r"\b(?P<done>born|died?|c[ao]me out|happen(?:ed)?|[a-z]+(?:ed|wn|ght|ilt|ade|ld|un|ten))\b(?!.*\b(?:born|died?)\b)"
)
_PAYS = {"pa": "pay", "sp": "spend", "ea": "earn"}
_BEING = frozenset("is was are were has had came died".split())
_NO_DONE = frozenset("viewed looked visited named called need flight night eight right light".split())
_TOOK = re.compile(r"\b(?:took|take|takes|lasted|last|lasts) (longer|shorter|less time|more time)\b")
_MANY = re.compile(r"\b(?:more|most|fewer) ([a-z]+s)\b")


@dataclass(frozen=True, slots=True)
class Measure:
    asks: str  # of one side, which stands for {}
    by: str  # time, money, duration, many, or an adjective
    wins: Extreme


def measure_of(asked: str) -> Measure | None:
    """Of "which was cheaper" and the like, without the sides."""
    low = asked.lower()
    if re.search(rf"\b(?:{OLDER}|{YOUNGER})\b", low):
        return Measure("When was {} born?", "born", "most" if re.search(rf"\b(?:{YOUNGER})\b", low) else "least")
    if (found := re.search(rf"\b(?:{CHEAP}|{DEAR})\b|\b(?P<paid>{PAID}) (?:more|less)\b(?P<way>.*)", low)) is not None:
        less = re.search(rf"\b(?:{CHEAP})\b|\b(?:{PAID}) less\b", low) is not None
        verb = _PAYS.get((found["paid"] or "")[:2], "cost")
        return Measure(f"How much did {{}} {verb}{found['way'] or ''}?", "money", "least" if less else "most")
    if (took := _TOOK.search(low)) is not None:
        is_less = took[1] in ("shorter", "less time")
        return Measure("How long did {} take?", "duration", "least" if is_less else "most")
    if (
        lasts := re.search(
            r"\A\W*(?:who|which(?: [a-z]+)?) (?!is|was|are|were|has|had)([a-z]+) (longer|shorter)\b", low
        )
    ) is not None:
        return Measure(f"How long did {{}} {lasts[1]}?", "duration", "most" if lasts[2] == "longer" else "least")
    late = re.search(rf"\b(?:{LATE})\b", low) is not None
    if late or re.search(rf"\b(?:{EARLY})\b", low):
        return _in_time(low, late)
    for match in re.finditer(
        rf"\b(?:{'|'.join(ADJECTIVES)})\b(?P<more> (?!than\b|at\b|in\b|on\b|of\b|for\b|to\b|with\b)[a-z]+)?", low
    ):
        if match["more"]:  # "the lower tax band"
            return None
        base, more = ADJECTIVES[match.group().split()[0]]
        return Measure(f"How {base} is {{}}?", base, "most" if more else "least")
    if (many := _MANY.search(low)) is not None:
        return Measure(
            f"How many {many[1]} does {{}} have?", "many", "least" if many.group().startswith("fewer") else "most"
        )
    return None


def _in_time(low: str, late: bool) -> Measure | None:
    if (
        deed := re.search(r"\bdid (i|we|you|he|she|they) ([a-z]+)(?= (?:first|earlier|later|last)\b)", low)
    ) is not None:
        who = deed[1].replace("i", "I") if deed[1] == "i" else deed[1]
        return Measure(f"When did {who} {deed[2]} {{}}?", "time", "most" if late else "least")
    if (deed := re.search(r"\A\W*who ([a-z]+) (?:first|earlier|later|last)\b", low)) is not None and deed[
        1
    ] not in _BEING:
        return Measure(f"When did {{}} {deed[1]}?", "time", "most" if late else "least")
    done = next((m["done"] for m in _DONE.finditer(low) if m["done"] not in _NO_DONE), "")
    if done.startswith("die"):
        form = "When did {} die?"
    elif done.endswith("me out"):
        form = "When did {} come out?"
    elif done.startswith("happen") or not done:
        form = "When was {}?"
    else:
        form = f"When was {{}} {done}?"
    return Measure(form, "time", "most" if late else "least")
