"""Questions that name their possible answers: "Was it the left or the right knee?", "Which singer is American, Mark
King or Nick Hexum?". One of them is the answer, as it stands in the question."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from engine.answering.evidence.sentences import Scored
from engine.answering.evidence.verdict import DENIES
from engine.answering.questions.measures import COMPARATIVE
from engine.answering.words.grammar import AUXILIARY, LONGEST
from engine.answering.words.stems import STOP, stems_of

_BEFORE = r"(?:(?:on|in|at|to(?= the\b)|with|by|for|from) )?(?:(?:my|your|our|the|an?|his|her|their) )?"
_NAMED = r"(?!wh)(?:(?-i:[A-Z])[\w’'.-]*(?: (?-i:[A-Z])[\w’'.-]*)*|[\w’'-]+)"
_WORDS = re.compile(
    rf"\A\W*(?P<asked>(?:(?:and|so|but) )?{AUXILIARY}\b.*?|)"
    rf"\b(?P<one>{_NAMED}),? or (?:else )?{_BEFORE}(?P<other>{_NAMED})",
    re.I,
)
_NAMES = re.compile(
    r"\A\W*(?P<asked>(?:which|who|whose|what)\b[^,:?]*)[,:] (?P<one>[^,]+) or (?P<other>[^?]+?)\W*\Z", re.I
)
_NO_CHOICE = frozenset(
    "so not two more less yes no somewhere something anything someone later other else before after next last"
    " this".split()
)
_ANY_OR_MORE = re.compile(
    rf"\bany\b|\b(?:more|less|fewer|most|fewest|{COMPARATIVE})\b|\b(?!other\b|either\b)[a-z]+er\b(?= in\b)", re.I
)
NEAR = 4  # best sentences that may name one of them


@dataclass(frozen=True, slots=True)
class Choice:
    one: str
    other: str

    def of(self, sentences: Sequence[Scored], names: frozenset[str] = frozenset()) -> str | None:
        """The one that the best of these sentences name, of those that tell of whom it is asked; None where they name
        both, or neither, or deny it."""
        one, other = (frozenset(stems_of(text)) - STOP for text in (self.one, self.other))
        first, second = one - other, other - one
        names -= one | other
        told = [one for one in sentences[:NEAR] if names <= one.covered]
        for sentence in told or [one for one in sentences[:NEAR] if names <= one.near]:
            held = frozenset(stems_of(sentence.text))
            has = bool(first) and first <= held, bool(second) and second <= held
            if any(has) and DENIES.search(sentence.text):
                return None
            if has[0] != has[1]:
                return self.one if has[0] else self.other
            if any(has):
                return None
        return None


def choice_of(text: str) -> Choice | None:
    """The two answers that a question offers; None where it offers none, or more."""
    text = " ".join(text[:LONGEST].split())
    if len(re.findall(r"\bor\b", text)) != 1 or _ANY_OR_MORE.search(text):
        return None
    if (match := _NAMES.match(text)) is not None:
        return Choice(match["one"].strip(), match["other"].strip())
    match = _WORDS.match(text)
    if match is None or not _NO_CHOICE.isdisjoint((match["one"].lower(), match["other"].lower())):
        return None
    if not match["asked"] and match.start("one") > 0:
        return None
    return Choice(match["one"], match["other"])
