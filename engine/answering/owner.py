"""What is told of whoever asks, where "I" or "my" is asked of: what they say of themselves, what others tell them by
"you", and what is told of them by name. What others say of themselves, or of a third, is another's."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from engine.answering.grammar import AUXILIARY, LONGEST, MONTH_NAME, WEEKDAY
from engine.answering.mine import is_me, mine_in
from engine.answering.plans import clause
from engine.answering.question import Question
from engine.answering.sentences import Scored
from engine.answering.stems import plain, stem, stems_of
from engine.answering.talk import Talk
from engine.library import Passage

_OF_US = re.compile(r"\b(?:I|me|my|mine|we|us|our|ours|you|your|yours)\b", re.IGNORECASE)
_OF_YOU = re.compile(r"\b(?:you|your|yours)\b", re.IGNORECASE)
_OF_ONE = re.compile(r"\b(?:I|me|my|mine)\b", re.IGNORECASE)  # "we" may be with whoever asks
_OF_I = re.compile(r"\b(?:I|me|my|mine|we|us|our)\b", re.IGNORECASE)
_THEIR_OWN = re.compile(r"(?:\A|[.!?,;] |\band )\W*My ", re.IGNORECASE)
_DO_I = re.compile(rf"\b(?:{AUXILIARY}) I (?:ever |still |first |last |actually )?(?P<verb>[a-z]+)", re.IGNORECASE)
_NAME = (
    rf"(?!(?:{WEEKDAY}|{MONTH_NAME}|The|This|That|These|There|It|He|She|They|In|On|At|If|When|And|But|So|No|Yes)\b)"
    r"(?:(?:Mr|Mrs|Ms|Miss|Dr|Sr|Sir|Coach|Aunt|Auntie|Uncle)\.? )?[A-Z][a-z][\w’-]*(?: [A-Z][\w’-]*)*"
)
_DOES = re.compile(
    rf"\b(?P<who>{_NAME})(?:,? who)?(?: (?:{AUXILIARY}|been|being|also|then|just|now))* (?P<verb>[a-z]+)"
)
_DID = re.compile(rf"\b(?P<who>{_NAME})(?:,? who)? (?P<verb>do|does|did|have|has|had|go|goes|went)\b")
_FORMS = {
    form: verb
    for verb, *forms in (("do", "does", "did"), ("have", "has", "had"), ("go", "goes", "went"))
    for form in forms
}
_HAS = re.compile(rf"\b(?P<who>{_NAME})['’]s? (?P<what>(?:[\w-]+ ?){{1,4}})")
_SOMEBODY = re.compile(rf"\b(?:{_NAME}) (?:[A-Z]|[a-z]+\b)")
ALIKE = 0.2  # of the question that another's sentence may have less than the best of one's own, and still tells


@dataclass(frozen=True, slots=True)
class Owner:
    """Whoever asks, and what of theirs is asked."""

    question: Question
    me: tuple[str, ...]

    @classmethod
    def of(cls, question: Question, me: Sequence[str]) -> Owner | None:
        names = tuple(name for name in me if name.strip())
        return cls(question, names) if names and question.asks_of_me else None

    def told_of_another(
        self, weights: Mapping[str, float], passages: Mapping[int, Passage], found: Sequence[Scored], answer: Scored
    ) -> tuple[float, float]:
        """Whether the answer is another's (1 or 0), and how much more of the question another's sentence has than any
        of one's own."""
        talks = {number: Talk.of(passage.text, passage.writers) for number, passage in passages.items()}
        total = sum(weights.values()) or 1.0
        most = {True: 0.0, False: 0.0}
        for sentence in found:
            told = self._is_anothers(talks[sentence.document], sentence)
            if told is not None:
                most[told] = max(most[told], sum(weights.get(s, 0.0) for s in sentence.covered) / total)
        is_anothers = self._is_anothers(talks[answer.document], answer) is True
        beyond = min(most[True], most[True] - most[False] + ALIKE) if is_anothers else 0.0
        return float(is_anothers), max(0.0, beyond)

    def named(self, heard: Sequence[Scored]) -> Scored | None:
        """Of the best sentences, where the best tells of somebody else, the first that names whoever asks and has as
        much of the question: "Eivind joined the board on 18 March", not when Ingrid did."""
        best, own = heard[0], self._first_names()
        if (
            best.turn is not None
            or self.question.asks_who
            or _OF_US.search(best.says)
            or _SOMEBODY.search(best.says) is None
        ):
            return None
        if not own.isdisjoint(stems_of(best.says)):
            return None
        named = (one for one in heard[1:] if best.covered <= one.covered and not own.isdisjoint(stems_of(one.says)))
        return next((one for one in named if one.turn is None), None)

    def _first_names(self) -> frozenset[str]:
        return frozenset(stem(plain(name.split()[0].lower())) for name in self.me)

    def _is_anothers(self, talk: Talk, sentence: Scored) -> bool | None:
        """None where it does not tell."""
        says = sentence.says
        if not self._first_names().isdisjoint(stems_of(says)):
            return False
        speaker = talk.speaker(sentence.start)
        of_i, of_you = _OF_I.search(says) is not None, _OF_YOU.search(says) is not None
        if speaker is None:
            return False if of_i else self._is_of_a_third(says)
        if is_me(speaker, self.me):
            return True if of_you and not of_i else False if of_i else self._is_of_a_third(says)
        if any(talk.has_such(mine, sentence.start, sentence.end) for mine in mine_in(self.question.text[:LONGEST])):
            return True
        if (mine := self.question.mine) is not None and mine.is_somebody:
            return False if of_you else _THEIR_OWN.search(says) is not None or None
        if of_you:
            return False
        return _OF_ONE.search(says) is not None or self._is_of_a_third(says) or None

    def _is_of_a_third(self, says: str) -> bool:
        """Whether a sentence tells that somebody else does what is asked whether "I" do, or has what is "my"."""
        text = self.question.text[:LONGEST]
        asked, things = _DO_I.search(text), frozenset[str]().union(*(one.stems for one in mine_in(text)))
        does = _verb(asked["verb"].lower()) if asked is not None else ""
        told = [one for form in (_DOES, _DID) for one in form.finditer(says) if _verb(one["verb"]) == does]
        told += [one for one in _HAS.finditer(says) if not things.isdisjoint(stems_of(one["what"]))]
        return any(self._is_other(one["who"]) and not self._is_of_us(says, one.start()) for one in told)

    def _is_other(self, name: str) -> bool:
        return self.question.names.isdisjoint(stems_of(name))

    def _is_of_us(self, says: str, at: int) -> bool:
        return _OF_US.search(says, *clause(says, at)) is not None


def _verb(word: str) -> str:
    return stem(_FORMS.get(word, word))
