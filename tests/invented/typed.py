"""The questions of a file of units as they are typed: `python tests/invented/typed.py WAY gen-a.jsonl.xz > typed.jsonl`
and `twin bench qa --units typed.jsonl`.

WAY: `slips` (a letter left out, doubled or exchanged with its neighbour in one word of every question), `lower` (no
capital, no question mark), `polite` (a greeting, thanks, "could you look up").
"""

from __future__ import annotations

import json
import lzma
import random
import re
import sys
from collections.abc import Callable

SMALL = frozenset(
    "what when where which who whose how many much does did was were is are the of in on at to for a an my i me we our "
    "and or from with by have has had do".split()
)
AROUND = (
    "Hi, quick question: {}", "I forgot - {}", "{} Thanks!", "Could you look up for me: {}", "{} Please be brief.",
    "Hey Twin, {}", "ok so {}", "{} I can't remember.", "{}??", "Question: {} Answer:", "For my tax return: {}",
    "{} (I need it for tomorrow)",
)  # fmt: skip


def slipped(question: str, chance: random.Random) -> str:
    words = question.split(" ")
    long = [
        at
        for at, word in enumerate(words)
        if re.fullmatch(r"[A-Za-z]{5,}[?.,]?", word) and word.lower().strip("?.,") not in SMALL
    ]
    if not long:
        return question
    at = chance.choice(long)
    match = re.match(r"([A-Za-z]+)(.*)", words[at])
    assert match is not None
    words[at] = slip(match[1], chance) + match[2]
    return " ".join(words)


def slip(word: str, chance: random.Random) -> str:
    kind, at = chance.randrange(3), chance.randrange(1, len(word) - 1)
    if kind == 0:
        return word[:at] + word[at + 1 :]
    return word[:at] + word[at + 1] + word[at] + word[at + 2 :] if kind == 1 else word[:at] + word[at] + word[at:]


def main(way: str, path: str) -> None:
    chance = random.Random(2 if way == "polite" else 1)
    ways: dict[str, Callable[[str], str]] = {
        "slips": lambda question: slipped(question, chance),
        "lower": lambda question: question.lower().rstrip("?"),
        "polite": lambda question: chance.choice(AROUND).format(question),
    }
    with lzma.open(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            unit = json.loads(line)
            for question in unit["qas"]:
                question["q"] = ways[way](question["q"])
            print(json.dumps(unit, ensure_ascii=False))


if __name__ == "__main__":
    main(*sys.argv[1:])
