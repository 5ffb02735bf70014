"""What is told of whoever asks, where "I" or "my" is asked of: what they say of themselves, what others tell them by
"you", and what is told of them by name. What others say of themselves, or of a third, is another's.

A true answer that is refused is worse than another's that is shown: a third is only somebody known as a person (who
talks or writes, has a title, or is named in full), and does what is asked of "I" by the same verb."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from engine.answering.evidence.sentences import Scored
from engine.answering.evidence.shares import Shares
from engine.answering.questions.question import Question
from engine.answering.texts.mine import Mine, is_me, mine_in
from engine.answering.texts.naming import CAPITAL
from engine.answering.texts.plans import clause, is_past
from engine.answering.texts.talk import Talk
from engine.answering.words.grammar import AUXILIARY, KIN, LONGEST, MONTH_NAME, WEEKDAY
from engine.answering.words.stems import stem, stems_of
from engine.library import Passage

_OF_US = re.compile(r"\b(?:I|me|my|mine|we|us|our|ours|you|your|yours)\b", re.IGNORECASE)
_WITH_ME = re.compile(r"\b(?:us|our|ours|we|u|ur|let['’]s|please|pls|(?:meet|send|give|pay|call|text|tell) me)\b", re.I)
_OF_YOU = re.compile(r"\b(?:you|your|yours|u|ur)\b", re.IGNORECASE)
_OF_ONE = re.compile(r"\b(?:I|me|my|mine)\b", re.IGNORECASE)  # "we" may be with whoever asks
_THEIR_OWN = re.compile(
    rf"\W*My (?:{KIN}|lads?|lass|girls?|boys?|kids?|twins|youngest|eldest|oldest|little one)\b", re.I
)
_DO_I = re.compile(rf"\b(?:{AUXILIARY}) I (?:ever |still |first |last |actually )?(?P<verb>[a-z]+)", re.IGNORECASE)
_TITLE = r"(?:Mr|Mrs|Ms|Miss|Dr|Prof|Sr|Sir|Coach|Aunt|Auntie|Uncle)\.?"
_WORD = rf"[{CAPITAL}][\w’-]++"
_NAME = rf"(?!(?:{WEEKDAY}|{MONTH_NAME})\b)(?P<who>(?:{_TITLE} )?{_WORD}(?: {_WORD}){{0,3}}+)"
_BEGINS = re.compile(rf"\W*{_NAME}")
_DOES = re.compile(rf"\b{_NAME}(?:,? who)?(?: (?:{AUXILIARY}|been|also|then|just|now)){{0,3}} (?P<verb>[a-z]++)")
_DID = re.compile(rf"\b{_NAME}(?:,? who)? (?P<verb>do|does|did|go|goes|went)\b")
_HAS = re.compile(rf"\b{_NAME}['’]s? (?P<what>(?:[\w-]++ ?){{1,4}})")
_ROW = re.compile(rf"\A(?i:name|who|member|person|driver|player): {_NAME}")
_FORMS = {form: verb for verb, *forms in (("do", "does", "did"), ("go", "goes", "went")) for form in forms}
_TOO_COMMON = frozenset("have need get be".split())  # verbs that anything does: "the exam has been moved"
_VOCATIVE = re.compile(rf"\W*(?:\w+[,!] )?(?P<who>{_WORD}), ")
PLAINLY = 0.35  # of what another's costs: of 92 such answers (tests/owners) 81 are to questions that have one
AS_GOOD = 0.5  # of the best sentence's score, that one which names whoever asks may have


@dataclass(frozen=True)
class Owner:
    """Whoever asks, and what of theirs is asked; people: first names of all who talk or write in what is open."""

    question: Question
    me: tuple[str, ...]
    people: frozenset[str]

    @classmethod
    def of(cls, question: Question, passages: Mapping[int, Passage]) -> Owner | None:
        me = tuple(name for name in next((one.me for one in passages.values()), ()) if name.strip())
        if not me or not question.asks_of_me:
            return None
        speakers = {turn.speaker for one in passages.values() for turn in Talk.of(one.text).turns}
        speakers |= {name for one in passages.values() for _, name in one.writers}
        return cls(question, me, frozenset(name.split()[0] for name in speakers if name.strip()))

    def told_of_another(
        self, weights: Mapping[str, float], passages: Mapping[int, Passage], found: Sequence[Scored], answer: Scored
    ) -> tuple[float, float]:
        """Whether the answer is another's (1 or 0, less where it is plainly the owner's: said by them or to them, or
        with their name), and how much more of the question another's sentence has than any of one's own."""
        talks = {number: Talk.of(passage.text, passage.writers) for number, passage in passages.items()}
        is_anothers = self._is_anothers(talks[answer.document], answer)
        if not is_anothers:
            has_owner = talks[answer.document].speaker(answer.start) is not None or self._names_me(answer.says)
            return (-PLAINLY if is_anothers is False and has_owner else 0.0), 0.0
        shares = Shares(weights)
        for sentence in found:
            if (told := self._is_anothers(talks[sentence.document], sentence)) is not None:
                shares.tell(sentence.covered, told)
        return 1.0, shares.beyond

    def named(self, heard: Sequence[Scored]) -> Scored | None:
        """Of the best sentences, where the best tells of a third, the first that names whoever asks and has as much of
        the question: "Eivind joined the board on 18 March", not when Ingrid did."""
        best = heard[0]
        if best.turn is not None or self._names_me(best.says) or not self._is_of_a_third(best.says, in_full=True):
            return None
        fitting = (one for one in heard[1:] if best.covered <= one.covered and one.score >= AS_GOOD * best.score)
        return next((one for one in fitting if one.turn is None and self._names_me(one.says)), None)

    def is_of_another(self, passage: Passage, sentence: Scored) -> bool:
        """Whether a sentence plainly tells of another, by all signs or by the name that it begins with."""
        first = _BEGINS.match(sentence.says)
        talk = Talk.of(passage.text, passage.writers)
        return self._is_anothers(talk, sentence) is True or (first is not None and self._is_other(first["who"]))

    def _is_anothers(self, talk: Talk, sentence: Scored) -> bool | None:
        """None where it does not tell."""
        says = sentence.says[:LONGEST]
        if self._names_me(says):
            return False
        speaker = talk.speaker(sentence.start)
        of_one, of_you = _OF_ONE.search(says) is not None, _OF_YOU.search(says) is not None
        if speaker is None:
            return False if of_one else self._is_of_a_third(says)
        if is_me(speaker, self.me):
            return self._is_of_you(says) if of_you else not of_one and self._is_of_a_third(says)
        has_such = any(talk.has_such(mine, sentence.start, sentence.end) for mine in self._mine)
        if of_you:
            return not self._is_of_you(says) and (has_such or self._is_to_another(says))
        if has_such:
            return True
        if any(mine.is_somebody for mine in self._mine[:1]) and self.question.mine is not None:
            return _THEIR_OWN.match(says) is not None or None
        if not of_one:
            return self._is_of_a_third(says) or None
        is_with_me = _WITH_ME.search(says) is not None or self._names_the_speaker(speaker)
        kind = self.question.kind.name if self.question.kind is not None else ""
        if is_with_me or self.question.asks_who or (self.question.mine is not None and kind == "place"):
            return None
        return True if talk.turns else self._does_i(says) or (self._is_past and is_past(says)) or None

    @cached_property
    def _mine(self) -> list[Mine]:
        return list(mine_in(self.question.text[:LONGEST]))

    @cached_property
    def _verb(self) -> str:
        asked = _DO_I.search(self.question.text[:LONGEST])
        return _verb(asked["verb"]) if asked is not None else ""

    @cached_property
    def _is_past(self) -> bool:
        return re.search(r"\b(?:did|was|were|had|have)\b", self.question.text[:LONGEST], re.I) is not None

    @cached_property
    def _my_name(self) -> re.Pattern[str]:
        """The first name, or the last one where no other first name stands before it."""
        forms = set[str]()
        for name in self.me:
            first, *rest = [re.escape(word) for word in name.split()]
            if "@" not in name and len(first) > 1:
                forms.add(rf"\b{first}\b")
                forms |= {rf"(?:\b{_TITLE} |\b\w\.? |(?<!\w )(?<!\w\. ))\b{rest[-1]}\b"} if rest else set()
        return re.compile("|".join(sorted(forms)) or r"(?!)")

    def _names_me(self, says: str) -> bool:
        return self._my_name.search(says) is not None

    def _names_the_speaker(self, speaker: str) -> bool:
        return not self.question.names.isdisjoint(stems_of(speaker))

    def _is_of_you(self, says: str) -> bool:
        """Whether "you" do what is asked of "I", or it is "your" thing that is asked of as "my"."""
        does = re.finditer(rf"\byou(?:['’]\w+| {AUXILIARY})?(?: \w+)?? (\w+)", says, re.I)
        if self._verb and any(_verb(one[1]) == self._verb for one in does):
            return True
        yours = re.findall(r"\byour ((?:[\w-]+ ?){1,3})", says, re.I)
        return any(not mine.stems.isdisjoint(stems_of(" ".join(yours))) for mine in self._mine)

    def _is_to_another(self, says: str) -> bool:
        """Whether "you" is somebody who is called by name: "Runa, you left your umbrella"."""
        called = _VOCATIVE.match(says)
        return called is not None and called["who"] in self.people

    def _does_i(self, says: str) -> bool:
        does = re.search(rf"\bI(?:['’]\w+| {AUXILIARY})?(?: (?:also|just|then|never))? (\w+)", says)
        return does is not None and _verb(does[1]) == self._verb != ""

    def _is_of_a_third(self, says: str, in_full: bool = False) -> bool:
        """Whether a sentence tells that somebody else does what is asked whether "I" do, or has what is "my". in_full:
        two capitals are somebody, where the owner stands beside them."""
        says = says[:LONGEST]
        told = list[re.Match[str]]()
        if self._verb and self._verb not in _TOO_COMMON:
            told = [one for form in (_DOES, _DID) for one in form.finditer(says) if _verb(one["verb"]) == self._verb]
        if (row := _ROW.match(says)) is not None:
            return self._is_other(row["who"], in_full=True)
        things = frozenset[str]().union(*(one.stems for one in self._mine if not one.is_somebody))
        told += [one for one in _HAS.finditer(says) if not things.isdisjoint(stems_of(one["what"]))]
        return any(self._is_other(one["who"], in_full) and not self._is_of_us(says, one.start()) for one in told)

    def _is_other(self, name: str, in_full: bool = False) -> bool:
        """Whether a name is one of a person, and of none the question has."""
        words = name.split()
        is_person = words[0] in self.people or re.fullmatch(_TITLE, words[0]) or (len(words) > 1 and in_full)
        return bool(is_person) and frozenset(self.question.stems).isdisjoint(stems_of(name))

    def _is_of_us(self, says: str, at: int) -> bool:
        return _OF_US.search(says, *clause(says, at)) is not None


def _verb(word: str) -> str:
    word = word.lower()
    return stem(_FORMS.get(word, word))
