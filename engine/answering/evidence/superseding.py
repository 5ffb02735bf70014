"""What has taken the place of what the best sentence tells: a question for how things are is answered by the later
line that plainly says what changed ("New code is 9063", "the rent is raised to ..."), however old the fuller one is."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from engine.answering.evidence.sentences import Scored
from engine.answering.questions.kinds import SPECIFIC
from engine.answering.questions.question import Question
from engine.answering.words.grammar import LONGEST, MONTH
from engine.answering.words.stems import STOP, WORD, plain, stem
from engine.answering.words.times import times_in
from engine.answering.words.verbs import VERBS
from engine.library import Passage

AS_GOOD = 0.6  # of the best sentence's score, that of a change told in any file
_WAS = re.compile(r"\b(?:was|were|did|had)\b", re.I)
_DETERMINER = r"(?:(?:the|my|our|your|this|that|current|present|monthly|yearly|weekly|basic) )*"
_BEFORE = re.compile(  # of the thing: "New", "From 1 April 2025 the"; nothing of another: "the garage", "Tom says his"
    rf"(?:\A|[.;!?(\n])\W*(?P<new>{_DETERMINER}new )?"
    rf"(?:(?:as of|starting|effective|from) (?:on )?(?:the )?(?:[\w.]+ ){{0,2}}(?:{MONTH}|now|on|next \w+)"
    r"(?: \d{4})?,? )?"
    rf"(?P<new2>{_DETERMINER}new )?{_DETERMINER}\Z",
    re.I,
)
_OF = r"(?P<of> (?:of|for|to|at|in|on) (?:(?:the|my|our|your|his|her|their) )?[\w’'-]+(?: \d+)?)?"
_IS = re.compile(rf"{_OF},?(?: (?:is|are)(?: now)?| ?[:=]) ", re.I)
_CHANGES = re.compile(
    rf"{_OF} (?:(?:is|are|has been|have been|was|were)(?: \w+)? (?:raised|increased|reduced|lowered|changed|moved"
    r"|postponed|put (?:up|down|back)|brought forward)|(?:moves?|moved|rises|rose|falls|fell|drops|dropped|increases"
    r"|increased|(?:goes|went) (?:up|down|back))(?: up| down| back)?)\b(?: from [^.;!?]*?)? to ",
    re.I,
)
_PUT_OFF = re.compile(  # "had to be postponed: it is now on 29 June"
    rf"{_OF} (?:(?:is|are|was|were|has|have|had)(?: to)?(?: be(?:en)?)? )?(?:moved|postponed|rescheduled|changed"
    r"|put (?:off|back)|brought forward)(?:[:;,.]| [–—-])? (?:(?:it|this|that)(?:['’]s| is| will be| takes place)"
    r"(?: now)?|and (?:is|will be) now|now|new (?:date|time|day)(?: is|:)) ",
    re.I,
)
_IS_NOW = re.compile(rf"{_OF} (?:is|are) now ", re.I)
_INSTEAD = re.compile(r"\binstead(?: of)?\b|\bno longer\b", re.I)
_UNSURE = re.compile(
    r"\b(?:not|nobody|never|(?-i:may)|might|could|would|should|if|unless|maybe|perhaps|probably|proposed?|rumou?rs?|wants?|asked?"
    r"|says?|said|thinks?|wish|hopes?|draft\w*|drea\w+|novel|will be|next)\b|n['’]t\b|\?",
    re.I,
)
_AT = re.compile(r"(?:(?:on|at|only|about|just|the|a|from) )?(?:\d{1,2}(?:st|nd|rd|th)?(?: of)? )?", re.I)  # the value
_BESIDE = re.compile(
    r"\W*(?:higher|lower|more|less|above|below|late|due|in cash|for (?:our|the|his|her|their) \w+)\b", re.I
)
_YEAR = re.compile(r"\b(?:19|20)\d\d\b")


def newest(question: Question, heard: Sequence[Scored], passages: Mapping[int, Passage]) -> Scored | None:
    """The latest of the sentences that take the place of the first one, as sure as that; None where none does."""
    best, *others = heard
    if question.kind is None or question.kind.is_open or question.focus is None:
        return None
    if question.asks_before or question.times or _WAS.search(question.text[:LONGEST]) is not None:
        return None
    later = [one for one in others if _takes_its_place(question, best, one, passages)]
    if not later:
        return None
    last = max(later, key=lambda one: _written(one, passages))
    near = best.near | last.near
    return replace(last, score=best.score, logit=best.logit, features=best.features, near=near)


def moved(question: Question, heard: Sequence[Scored], passages: Mapping[int, Passage]) -> Scored | None:
    """Of a question whether something is at a time, the latest sentence that says that it is at another one now."""
    best, *others = heard
    if not question.is_yes_no or not question.times or _WAS.search(question.text[:LONGEST]) is not None:
        return None
    later = [
        one
        for one in others
        if _written(one, passages) > _written(best, passages)
        and question.focus in one.covered
        and any(_is_at_another_time(question, one.says[at:]) for at in _changes(question, one, passages))
    ]
    last = max(later, key=lambda one: _written(one, passages), default=None)
    return replace(last, score=best.score, logit=best.logit, features=best.features) if last is not None else None


def _is_at_another_time(question: Question, text: str) -> bool:
    return bool(times_in(text)) and not question.is_then_in(text)


def _takes_its_place(question: Question, best: Scored, other: Scored, passages: Mapping[int, Passage]) -> bool:
    """Of any file, where it has as much of what is asked; of the same one, or the same talk, where it has some."""
    if _written(other, passages) <= _written(best, passages) or question.focus not in other.covered:
        return False
    if not any(_is_told(question, other.says[at:]) for at in _changes(question, other, passages)):
        return False
    if other.near >= best.near and other.score >= AS_GOOD * best.score:
        return True
    assert question.kind is not None
    beside = (other.near & best.near) - question.kind_stems - {question.focus}
    same = question.kind.name in SPECIFIC and passages[other.document].title == passages[best.document].title != ""
    return same and bool(beside)


def _changes(question: Question, sentence: Scored, passages: Mapping[int, Passage]) -> Iterator[int]:
    """Places of a line behind what says that the thing asked for is something now: not what may be or was, nor what a
    thing of another is."""
    text, written = sentence.says[:LONGEST], _written(sentence, passages)
    if _UNSURE.search(text) is not None or any(year < written[:4] for year in _YEAR.findall(text)):
        return
    for word in WORD.finditer(text):
        if stem(plain(word.group().lower())) != question.focus:
            continue
        owned = _of_named(question, text[: word.start()])
        if (before := _BEFORE.search(owned)) is None:
            continue
        is_new = bool(before["new"] or before["new2"])
        forms = [_CHANGES, _PUT_OFF, _IS_NOW, *([_IS] if is_new or _INSTEAD.search(text) is not None else [])]
        found = next((match for form in forms if (match := form.match(text, word.end())) is not None), None)
        if found is not None and not _is_of_another(question, found["of"]):
            yield found.end()


def _is_told(question: Question, text: str) -> bool:
    """Whether a text begins with an answer of the kind asked for, and not with more or less of it."""
    assert question.kind is not None
    at = _AT.match(text if question.kind.name != "person" else "")
    found = next(iter(question.kind.looks.finditer(text)), None)
    if found is None or at is None or found.start() > at.end() or not question.expects(text[: found.end()]):
        return False
    return _BESIDE.match(text, found.end()) is None


def _of_named(question: Question, before: str) -> str:
    """What stands before the thing, without what the question has as well: "the" of "the container door"."""
    words = list(WORD.finditer(before))
    while words and before[words[-1].end() :].strip() in ("", "'s", "’s"):
        if stem(plain(words[-1].group().lower())) not in question.stems:
            break
        before = before[: words.pop().start()]
    return before


def _is_of_another(question: Question, of: str | None) -> bool:
    """Whether what the thing is of, or for, is not what the question names: the phone of the bank card's PIN."""
    words = {stem(plain(word.lower())) for word in WORD.findall(of or "")} - STOP
    things = {s for s in question.stems if s not in VERBS} - question.kind_stems - {question.focus}
    return bool(things) and not words <= set(question.stems) and any(not word.isdigit() for word in words)


def _written(sentence: Scored, passages: Mapping[int, Passage]) -> str:
    """When; what is written at no known time is older than anything."""
    passage = passages[sentence.document]
    return passage.written(sentence.start) or passage.date or ""
