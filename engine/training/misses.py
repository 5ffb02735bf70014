"""Near misses: a question whose telling word (a name, year, number or thing) is replaced by another of its kind, so
that what answered it answers no more."""

from __future__ import annotations

import random
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

import torch

from engine.answering.evidence.meaning import Meanings
from engine.answering.questions.question import Question
from engine.answering.words.stems import STOP, stem, stems_of
from engine.training.quoting import Closed

NAME = re.compile(r"(?<=[\w,] )[A-Z][\w-]+(?: (?:of |the |de |van )?[A-Z][\w-]+)*")
NUMBER = re.compile(r"\b\d[\d,.]*\b")
YEAR = re.compile(r"(?:1\d|20)\d\d\Z")
THING = re.compile(
    r"\b(?:the|my|our|his|her|their|a|an|new|old) ([a-z]{4,})"
    r"(?=[?.]|$| (?:of|in|for|at|on|from|to|with|by|that|when|is|was|are|were|do|does|did|has|had|have|who|and"
    r"|[a-z]+ed)\b)"
)
NO_THING = frozenset(map(stem, "name number time date year people person amount kind type cost price place".split()))
ELSEWHERE = 0.5  # share of the question's other words from which a text with the new one may answer it
ALIKE = 0.4  # cosine from which two things may be one
TRIED = 6

Pool = dict[str, list[str]]  # by kind


def telling(question: str) -> Iterator[tuple[str, int, int]]:
    """(kind, start, end) of what tells a question from others like it."""
    for match in NAME.finditer(question):
        yield f"name {min(3, len(match.group().split()))}", *match.span()
    for match in NUMBER.finditer(question):
        yield "year" if YEAR.match(match.group()) else "number", *match.span()
    for match in THING.finditer(question):
        if match.group(1) not in STOP and stem(match.group(1)) not in NO_THING:
            yield "thing", *match.span(1)


def pool_of(questions: Iterable[str]) -> Pool:
    found: dict[str, dict[str, None]] = defaultdict(dict)
    for question in questions:
        for kind, start, end in telling(question):
            found[kind][question[start:end]] = None
    return {kind: list(words) for kind, words in found.items()}


def near_miss(rng: random.Random, question: str, gold: Sequence[int], pool: Pool, closed: Closed) -> str | None:
    """None where the question has nothing telling, or nothing that replaces it is sure to leave no answer."""
    places = list(telling(question))
    rng.shuffle(places)
    for kind, start, end in places:
        others = pool.get(kind, [])
        for other in rng.sample(others, min(TRIED, len(others))):
            changed = f"{question[:start]}{other}{question[end:]}"
            if kind == "thing" and alike(closed.meanings, question[start:end], other):
                continue
            if _unanswered(set(stems_of(other)), set(stems_of(question[start:end])), changed, gold, closed):
                return changed
    return None


def alike(meanings: Meanings, one: str, other: str) -> bool:
    first, second = meanings.words([one, other])
    return float(torch.dot(first, second)) > ALIKE


def _unanswered(new: set[str], old: set[str], changed: str, gold: Sequence[int], closed: Closed) -> bool:
    """No document that answered the question has the new words; none that has them has much else of what is asked."""
    if new & old:
        return False
    left = [word for word in Question.of(changed).stems if word not in new]
    holding = [at for at, stems in enumerate(closed.stems) if all(word in stems for word in new)]
    return not any(
        at in gold or sum(word in closed.stems[at] for word in left) >= ELSEWHERE * len(left) for at in holding
    )
