"""Prints the chats of chats.jsonl with every question that names one of the two who talk asked of the other as well,
which their chat does not answer: `python tests/chats/swapped.py > swapped.jsonl`, then `twin bench refuse --units`."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

_SPEAKER = re.compile(r"^(\w+):", re.MULTILINE)


def swapped(unit: dict[str, Any]) -> dict[str, Any]:
    said = Counter(name for doc in unit["docs"] for name in _SPEAKER.findall(doc["text"]))
    both = [name for name, _ in said.most_common(2)]
    other = dict(zip(both, reversed(both), strict=True))
    names = re.compile(rf"\b(?:{'|'.join(both)})\b")
    answered = [question for question in unit["qas"] if not question.get("unanswerable")]
    exchanged = [
        question | {
            "id": f"{question['id']}-swapped", "a": [], "gold": [], "unanswerable": True,
            "q": names.sub(lambda match: other[match.group()], question["q"]),
        }
        for question in answered
        if len(set(names.findall(question["q"]))) == 1
    ]  # fmt: skip
    return unit | {"set": "swapped", "qas": [*answered, *exchanged]}


if __name__ == "__main__":
    for line in (Path(__file__).parent / "chats.jsonl").read_text(encoding="utf-8").splitlines():
        print(json.dumps(swapped(json.loads(line)), ensure_ascii=False))
