"""Of whom what is said in a talk is told: of the one whom a question is about, or of another who talks.

"What is the name of Owen's dog?" finds the dog that Nadia calls hers, and nothing else it has tells that the answer is
wrong: all words of the question but the name are there.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from engine.answering.question import Question
from engine.answering.sentences import Scored
from engine.answering.stems import stems_of
from engine.answering.talk import Talk
from engine.library import Passage

ALIKE = 0.2  # of the question that another's sentence may have less than the best of one's own, and still tells


@dataclass(frozen=True, slots=True)
class Whose:
    """What a talk has of a question about one of those who talk."""

    is_anothers: float  # 1: the answer is another's of themselves; 0: it is not, or nobody knows
    told_of_another: float  # share of what is asked that another says of themselves, beyond what is said of the one


NOBODYS = Whose(0.0, 0.0)


def whose(
    question: Question,
    weights: Mapping[str, float],
    passages: Mapping[int, Passage],
    found: Sequence[Scored],
    answer: Scored,
) -> Whose:
    """Of an answer, and of all sentences found beside it; nothing where not just one who talks is asked of."""
    talks = {number: Talk.of(passage.text) for number, passage in passages.items()}
    me = passages[answer.document].me if question.asks_of_me else ()
    asked_of = _asked_of(question, talks.values(), me)
    if asked_of is None or not talks[answer.document].turns:
        return NOBODYS
    own_name = frozenset(stems_of(asked_of))
    asked = {s: weight for s, weight in weights.items() if s not in own_name}
    total = sum(asked.values()) or 1.0
    most = {True: 0.0, False: 0.0}  # of the question, by whether another tells it
    for sentence in found:
        told = _is_of_another(talks[sentence.document], sentence, asked_of, own_name)
        if told is not None:
            most[told] = max(most[told], sum(asked.get(s, 0.0) for s in sentence.covered) / total)
    is_anothers = _is_of_another(talks[answer.document], answer, asked_of, own_name, or_plainly=True)
    beyond = min(most[True], most[True] - most[False] + ALIKE)
    return Whose(float(is_anothers is True), max(0.0, beyond))


def _asked_of(question: Question, talks: Iterable[Talk], me: Sequence[str]) -> str | None:
    """The one of all who talk whom a question names, or who asks it of themselves."""
    known = {name.casefold() for name in me}
    speakers = {turn.speaker for talk in talks for turn in talk.turns}
    names = frozenset(question.stems) if question.text.islower() else question.names
    named = [name for name in speakers if not names.isdisjoint(stems_of(name)) or name.casefold() in known]
    return named[0] if len(named) == 1 else None


def _is_of_another(
    talk: Talk, sentence: Scored, asked_of: str, own_name: frozenset[str], or_plainly: bool = False
) -> bool | None:
    """Whether a sentence is said of another who talks, by its "I" or "you"; None where it does not tell. or_plainly:
    what one of two says without either is taken for theirs."""
    turn = talk.turn(sentence.start)
    if turn is None:
        return None
    if not own_name.isdisjoint(stems_of(sentence.says)):
        return False
    of_i, of_you = talk.speaks_of(sentence.start, sentence.end)
    if turn.speaker == asked_of:
        return of_you and not of_i
    if of_you:
        return False
    if of_i:
        return True
    return True if or_plainly and len({one.speaker for one in talk.turns}) == 2 else None
