"""Of whom what is said in a talk is told: of the one whom a question is about, or of another who talks.

"What is the name of Owen's dog?" finds the dog that Nadia calls hers, and nothing else it has tells that the answer is
wrong: all words of the question but the name are there.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from engine.answering.evidence.owner import Owner
from engine.answering.evidence.sentences import Scored
from engine.answering.evidence.shares import Shares
from engine.answering.questions.question import Question
from engine.answering.texts.mine import is_me
from engine.answering.texts.talk import Talk
from engine.answering.words.grammar import LONGEST
from engine.answering.words.stems import stems_of, unaccented
from engine.library import Passage


@dataclass(frozen=True, slots=True)
class Whose:
    """What a talk has of a question about one of those who talk."""

    is_anothers: float  # 1: the answer is another's of themselves; 0: not, or nobody knows; less: plainly one's own
    told_of_another: float  # share of what is asked that a sentence of theirs has beyond any own, and only theirs have


NOBODYS = Whose(0.0, 0.0)
_SAYING = re.compile(
    r"\b(?:said|sa(?:y|id|ys|ying)|tells?|told|recommend\w*|advi[sc]e\w*|suggest\w*|warn\w*|remind\w*)\b", re.IGNORECASE
)
_CAPITAL = re.compile(r"\b[A-Z][a-z]")
_THIRD = re.compile(r"\b(?:he|him|his|she|her|hers)\b", re.IGNORECASE)
_TOO = re.compile(r"\b(?:we|us|our|me too|same here|so am i|so do i)\b|\bsame[.!]", re.IGNORECASE)


def whose(
    question: Question,
    weights: Mapping[str, float],
    passages: Mapping[int, Passage],
    found: Sequence[Scored],
    answer: Scored,
) -> Whose:
    """Of an answer, and of all sentences found beside it; nothing where not just one who talks is asked of, or where it
    is asked what somebody said, which may be of the other."""
    if _SAYING.search(question.text) is not None:
        return NOBODYS
    if (owner := Owner.of(question, passages)) is not None:
        return Whose(*owner.told_of_another(weights, passages, found, answer))
    talks = {number: Talk.of(passage.text) for number, passage in passages.items()}
    asked_of = who_is_asked_of(question, talks.values())
    if asked_of is None or not talks[answer.document].is_of_people:
        return NOBODYS
    own_name = frozenset(stems_of(asked_of))
    shares = Shares({s: weight for s, weight in weights.items() if s not in own_name})
    for sentence in found:
        talk = talks[sentence.document]
        if (told := _is_of_another(talk, sentence, asked_of, own_name)) is not None:
            shares.tell(sentence.covered, told)
        speaks = _is_of_another(talk, sentence, asked_of, own_name, or_plainly=True)
        if not talk.is_of_two:  # of a group, and outside of talk, it may be anybody's
            shares.speak(sentence.covered, is_anothers=False)
        elif speaks is not None:
            shares.speak(sentence.covered, speaks)
    is_anothers = _is_of_another(talks[answer.document], answer, asked_of, own_name, or_plainly=True)
    return Whose(float(is_anothers is True), shares.beyond + shares.only)


def who_is_asked_of(question: Question, talks: Iterable[Talk], me: Sequence[str] = ()) -> str | None:
    """The first name of the one of all who talk whom a question names so, or who asks it of themselves."""
    text = unaccented(question.text[:LONGEST])
    is_low = _CAPITAL.search(text, 1) is None
    named = {
        first
        for name in {turn.speaker for talk in talks for turn in talk.turns}
        if (first := _first(name)) and (is_me(name, me) or (not first.isdigit() and _is_named(text, first, is_low)))
    }
    return named.pop() if len(named) == 1 else None


def _is_named(text: str, first: str, is_low: bool) -> bool:
    """Whether a text has a first name, and not as the place that somebody goes to."""
    name = first.capitalize() if first.isupper() else first
    return re.search(rf"(?<!\bto )(?<!\bin )\b{re.escape(name)}\b", text, re.IGNORECASE if is_low else 0) is not None


def _first(name: str) -> str:
    return unaccented(name.split()[0].rstrip("."))


def _is_of_another(
    talk: Talk, sentence: Scored, asked_of: str, own_name: frozenset[str], or_plainly: bool = False
) -> bool | None:
    """Whether a sentence is said of another who talks, by its "I" or "you"; None where it does not tell: the
    other has a part in it, or is "he". or_plainly: what one of two says without either is taken for theirs, unless it
    is an answer."""
    turn = talk.turn(sentence.start)
    if turn is None:
        return None
    if not own_name.isdisjoint(stems_of(sentence.says)):
        return False
    of_i, of_you = talk.speaks_of(sentence.start, sentence.end)
    if _first(turn.speaker) == asked_of:
        return None if of_you and not of_i else False
    if of_you:
        return False
    number = talk.number(sentence.start)
    beside = [talk.text[one.said : one.end] for one in talk.turns[max(0, number - 2) : number + 1] if one != turn]
    if any(map(_TOO.search, beside)) or (_THIRD.search(sentence.says) and _speaks_of(talk, number, own_name)):
        return None
    if of_i:
        return True
    if not or_plainly or not talk.is_of_two:
        return None
    is_answer = number > 1 and talk.text[: turn.start].rstrip().endswith("?")
    return None if is_answer or talk.speaks_of(turn.start, turn.end)[1] else True


def _speaks_of(talk: Talk, number: int, name: frozenset[str]) -> bool:
    """Whether somebody is named in a turn, counted from 1, or in the two before: "he" may be they."""
    said = (talk.text[one.said : one.end] for one in talk.turns[max(0, number - 3) : number])
    return any(not name.isdisjoint(stems_of(words)) for words in said)
