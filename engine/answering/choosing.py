"""Questions that name their possible answers: "Was it the left or the right knee?", "Which singer is American, Mark
King or Nick Hexum?". One of them is the answer, as it stands in the question."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from engine.answering.focus import LONGEST
from engine.answering.sentences import Scored
from engine.answering.stems import STOP, stems_of

_BEFORE = r"(?:(?:my|your|our|the|an?|on|in|at|to|with|by|for|from|his|her|their) ){0,2}"
_NAMED = r"(?!wh)(?:(?-i:[A-Z])[\w’'.-]*(?: (?-i:[A-Z])[\w’'.-]*)*|[\w’'-]+)"
_WORDS = re.compile(
    r"\A\W*(?P<asked>(?:(?:and|so|but) )?(?:is|are|am|was|were|did|does|do|has|have|can|will|should)\b.*?|)"
    rf"\b(?P<one>{_NAMED}),? or (?:else )?{_BEFORE}(?P<other>{_NAMED})",
    re.I,
)
_NAMES = re.compile(
    r"\A\W*(?P<asked>(?:which|who|whose|what)\b[^,:?]*)[,:] (?P<one>[^,]+) or (?P<other>[^?]+?)\W*\Z", re.I
)
_NO_CHOICE = frozenset("so not two more less yes no somewhere something anything someone later other else".split())
NEAR = 4  # best sentences that may name one of them


@dataclass(frozen=True, slots=True)
class Choice:
    one: str
    other: str

    def of(self, sentences: Sequence[Scored]) -> str | None:
        """The one that the best of these sentences name; None where they name both, or neither."""
        one, other = (frozenset(stems_of(text)) - STOP for text in (self.one, self.other))
        first, second = one - other, other - one
        for sentence in sentences[:NEAR]:
            held = frozenset(stems_of(sentence.text))
            has = bool(first) and first <= held, bool(second) and second <= held
            if has[0] != has[1]:
                return self.one if has[0] else self.other
            if any(has):
                return None
        return None


def choice_of(text: str) -> Choice | None:
    """The two answers that a question offers; None where it offers none, or more."""
    text = " ".join(text[:LONGEST].split())
    if len(re.findall(r"\bor\b", text)) != 1:
        return None
    if (match := _NAMES.match(text)) is not None:
        return Choice(match["one"].strip(), match["other"].strip())
    match = _WORDS.match(text)
    if match is None or not _NO_CHOICE.isdisjoint((match["one"].lower(), match["other"].lower())):
        return None
    if not match["asked"] and match.start("one") > 0:
        return None
    return Choice(match["one"], match["other"])
