"""Whether a sentence says what something is called, where its name is asked for.

Names stand everywhere, so that "What is the name of Thuy's dog?" finds one in any sentence about Thuy. One that tells
says that it is a name ("called Beryl", "her name is"), or has the thing and the name side by side.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from engine.answering.evidence.sentences import Scored
from engine.answering.questions.question import Question
from engine.answering.questions.things import things_for
from engine.answering.texts.talk import Talk
from engine.answering.words.grammar import LONGEST, MONTH_NAME, ROLE, WEEKDAY
from engine.answering.words.stems import STOP, plain, stem, stems_of
from engine.library import Passage

_ASKED = re.compile(
    r"\b(?:what|which)\b.*(?:\bnames? of\b|['’]s? (?:(?:first|last|middle|maiden|family|full|real) )?name\b"
    r"|\b(?:called|named)\W*\Z)"
    r"|\b(?:what|which) names?\b|\bwhat did\b.*\b(?:name|call) (?:his|her|its|their|my|our)\b",
    re.IGNORECASE,
)
_ONLY_ASKS = frozenset(
    map(stem, "name named call called first last full real exact title give gave choose chose pick picked".split())
)
_CALLS = re.compile(
    r"\b(?:called|named|names?|name['’]s|calls|calling (?:him|her|it)|naming|christened|baptised|titled|entitled"
    r"|known as)\b",
    re.IGNORECASE,
)
_NAME = re.compile(r"(?<![\w’'])(?:\w[\w-]*[./_]\w[\w./_-]*|[^\W\d_][\w’'-]*)|[\"“«][^\"”»\n]{2,60}[\"”»]")
_KIN = re.compile(rf"\b(?:{ROLE}|(?:girl|boy)?friend|twin|child(?:ren)?)s?\b", re.IGNORECASE)
_BEGINS = re.compile(r"(?:\A|[.!?:;\"“*<>(|-])\s*\Z")
_NO_PERSON = re.compile(r"\b(?:to|in|at|from|near|on|through|via|for|the)\s+\Z", re.IGNORECASE)  # to Tripoli
_NO_NAMES = frozenset(
    "guess congratulations two three four five six seven eight nine ten"
    " poor dear old little big sweet lovely happy good great nice oh ah hi hey hello yes no well thanks thank sorry"
    " please welcome mr mrs ms dr sir miss one first second next last new".split()
)
_WHEN = re.compile(r"\b(?:on|in|last|next|since|until|till|every|this|by|of|before|after)\s+\Z", re.IGNORECASE)
_DAYS = re.compile(rf"{WEEKDAY}|{MONTH_NAME}|christmas|easter", re.IGNORECASE)
_ADDRESS = re.compile(r"\w[./_]\w")
_SPOUSES = frozenset(map(stem, ("wife", "husband")))
_DOCTORS = frozenset(map(stem, "doctor gp vet dentist physio therapist".split()))
_DR = re.compile(r"\b(?:Dr|Doctor|Prof)\b")
_MARRIED = re.compile(r"\b(?:marr(?:y|ies|ied|ying)|wed(?:ding|ded)?)\b", re.IGNORECASE)
_IS_CALLED = re.compile(r"\b(?:names?|call(?:ed)?)\b[^?\n]*\?", re.IGNORECASE)
BACK = 2  # turns before a sentence in which the thing may be named: "Our dog is here!" "What's his name?" "Biscuit."
SHORT = 5  # words of a line that is no more than a name


def asks_a_name(question: Question) -> bool:
    """What something is called is asked for."""
    is_of_kind = question.kind is None or question.kind.name == "person" or question.kind.is_open
    return is_of_kind and _ASKED.search(question.text[:LONGEST]) is not None


def tells_the_name(question: Question, passage: Passage, sentence: Scored) -> bool:
    """Whether a sentence says what the thing that is asked of is called."""
    talk = Talk.of(passage.text, passage.writers)
    things = {s for s in question.stems if s not in question.names and s not in _ONLY_ASKS}
    kin = {stem(match.group().lower()) for match in _KIN.finditer(question.text)}
    if question.focus in things:  # of my son's school, the school
        things = {question.focus} if question.focus in kin else things - kin
    text = passage.text[talk.said(sentence.start, sentence.end) : sentence.end]
    near, far = _before(passage, talk, sentence)
    if text.lstrip()[:1].islower():  # whoever writes so does not care for capitals
        return not things or _has(text, things) or (_CALLS.search(f"{far} {text}") is not None and _has(far, things))
    if not (names := list(_names(question, passage, talk, text))):
        return False
    if things & kin:
        if told := [match for match in _KIN.finditer(text) if stem(match.group().lower()) in things]:
            return any(_may_be(text, name, one) for name in names for one in told)
        if (things & _SPOUSES and _MARRIED.search(text)) or (things & _DOCTORS and _DR.search(text)):
            return True
    if not things or (_has(text, things) and not all(_is_where(text, name, things) for name in names)):
        return True
    is_short = len(text.split()) <= SHORT
    if is_short and talk.turn(sentence.start) is None:  # "Ola Nilsson", and below it what he is
        near += next((f" {passage.text[a:b]}" for a, b in passage.sentences if a >= sentence.end), "")
    if _CALLS.search(text) is not None:
        is_of_named = not question.names.isdisjoint(stems_of(text))
        return is_of_named or not talk.turns or _has(near if things & kin else far, things)
    return is_short and (_has(near, things) or (_IS_CALLED.search(far) is not None and _has(far, things)))


def _before(passage: Passage, talk: Talk, sentence: Scored) -> tuple[str, str]:
    """What the thing may be named in before a sentence: the sentence before it, or its turn; and the turns before."""
    start = next((a for a, b in reversed(passage.sentences) if b <= sentence.start), sentence.start)
    if sentence.text.startswith("|"):  # a row: what it is of stands in the table
        start = 0
    first = start
    if number := talk.number(sentence.start):
        start = min(start, talk.turns[number - 1].start)
        first = min(start, talk.turns[max(0, number - 1 - BACK)].start)
    return (
        f"{passage.context} {passage.text[start : sentence.start]}",
        f"{passage.context} {passage.text[first : sentence.start]}",
    )


def _names(question: Question, passage: Passage, talk: Talk, text: str) -> Iterator[re.Match[str]]:
    """What may be a name in what a sentence says: none that the question has, nobody who talks, no day, no word that
    stands elsewhere without a capital."""
    talkers = frozenset(stems_of(" ".join({turn.speaker for turn in talk.turns})))
    for match in _NAME.finditer(text):
        name, before = match.group(), text[: match.start()]
        if name[0].isalpha() and not name[0].isupper() and _ADDRESS.search(name) is None:
            continue
        words = stems_of(name)
        if not words or _KIN.fullmatch(name) or question.names.issuperset(words) or talkers.issuperset(words):
            continue
        if _DAYS.fullmatch(name) and (_WHEN.search(before) or text[match.end() :].lstrip()[:1].isdigit()):
            continue
        if (
            name[0].isalpha()
            and _BEGINS.search(before)
            and (plain(name.lower()) in STOP | _NO_NAMES or re.search(rf"\b{re.escape(name.lower())}\b", passage.text))
        ):
            continue
        yield match


def _may_be(text: str, name: re.Match[str], kin: re.Match[str]) -> bool:
    """Whether a name in a sentence may be that of somebody who is told of there: not Declan in "Declan's mum", not a
    place that one goes to."""
    owns = name.group().endswith(("'s", "’s")) and name.end() <= kin.start()
    return not owns and _NO_PERSON.search(_before_name(text, name)) is None


def _before_name(text: str, name: re.Match[str]) -> str:
    """What stands before a name of several words: "on the" of the Overland Track."""
    before = text[: name.start()].split(" ")
    while len(before) > 1 and before[-2][:1].isupper():
        before.pop(-2)
    return " ".join(before)


def _is_where(text: str, name: re.Match[str], things: set[str]) -> bool:
    """Whether a name behind the thing only says where it is: "my choir was at Villa Ekudden"."""
    before = _before_name(text, name)
    return _NO_PERSON.search(before) is not None and _has(before, things)


def _has(text: str, things: set[str]) -> bool:
    """Whether a text names one of the things, or says what kind of one it is: a beagle where a dog is asked of."""
    if not things.isdisjoint(stems_of(text)):
        return True
    return any(kind.search(text) is not None for kind in map(things_for, things) if kind is not None)


def tells_a_brand(question: Question, passage: Passage, sentence: Scored) -> bool:
    """Whether a name stands in a sentence that is none of the question's and nobody's who talks."""
    talk = Talk.of(passage.text, passage.writers)
    return sentence.says == sentence.says.lower() or any(True for _ in _names(question, passage, talk, sentence.says))
